/*
 * object.c: defaults, and the order of keys.
 */
#include "codec/object.h"

#include "codec/scalar.h"

static void fill(const struct cohort_type *type, void *object);

static void fill_elements(const struct cohort_type *of, uint32_t count, unsigned char *elements)
{
	for (uint32_t i = 0; i < count; i++)
		fill(of, elements + (size_t)i * of->size);
}

/* 0, or if that is no value the least: what was decoded must encode again. */
static void fill_enum(const struct cohort_type *type, void *object)
{
	int32_t value = 0;

	if (type->count && !codec_is_value(type, 0))
		value = (int32_t)type->values[0];
	memcpy(object, &value, sizeof(value));
}

static void fill_handle(void *object)
{
	memcpy(object, &(int){ -1 }, sizeof(int));
}

/* What is zero is zero already. */
static void fill(const struct cohort_type *type, void *object)
{
	if (type->kind == COHORT_KIND_STRUCT)
		for (uint32_t i = 0; i < type->count; i++)
			codec_init_field(&type->fields[i],
					 (unsigned char *)object + type->fields[i].offset);
	else if (type->kind == COHORT_KIND_FIXED)
		fill_elements(type->of, type->count, object);
	else if (type->kind == COHORT_KIND_ENUM)
		fill_enum(type, object);
	else if (type->kind == COHORT_KIND_STRING)
		codec_pointer_set(object, "");
	else if (type->kind == COHORT_KIND_HANDLE)
		fill_handle(object);
	else if (type->kind == COHORT_KIND_OPTIONAL && type->of->kind == COHORT_KIND_HANDLE)
		fill_handle(object);
}

void codec_init_field(const struct cohort_field *field, void *object)
{
	if (field->fallback)
		memcpy(object, field->fallback, field->type->size);
	else
		cohort_init(field->type, object);
}

void cohort_init(const struct cohort_type *type, void *object)
{
	memset(object, 0, type->size);
	fill(type, object);
}

static int64_t signed_of(enum cohort_kind kind, const void *object)
{
	int16_t i16;
	int32_t i32;
	int64_t i64;

	if (kind == COHORT_KIND_INT8)
		return *(const signed char *)object;
	if (kind == COHORT_KIND_INT16)
		return memcpy(&i16, object, sizeof(i16)), i16;
	if (kind == COHORT_KIND_INT64)
		return memcpy(&i64, object, sizeof(i64)), i64;
	return memcpy(&i32, object, sizeof(i32)), i32;
}

static uint64_t unsigned_of(enum cohort_kind kind, const void *object)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	if (kind == COHORT_KIND_UINT8 || kind == COHORT_KIND_BOOL)
		return *(const unsigned char *)object;
	if (kind == COHORT_KIND_UINT16)
		return memcpy(&u16, object, sizeof(u16)), u16;
	if (kind == COHORT_KIND_UINT64)
		return memcpy(&u64, object, sizeof(u64)), u64;
	return memcpy(&u32, object, sizeof(u32)), u32;
}

static bool is_signed(enum cohort_kind kind)
{
	return (kind >= COHORT_KIND_INT8 && kind <= COHORT_KIND_INT64) || kind == COHORT_KIND_ENUM;
}

int codec_compare(const struct cohort_type *type, const void *a, const void *b)
{
	if (type->kind == COHORT_KIND_STRING)
		return strcmp(codec_string_of(a), codec_string_of(b));
	if (is_signed(type->kind)) {
		int64_t x = signed_of(type->kind, a), y = signed_of(type->kind, b);

		return (x > y) - (x < y);
	} else {
		uint64_t x = unsigned_of(type->kind, a), y = unsigned_of(type->kind, b);

		return (x > y) - (x < y);
	}
}
