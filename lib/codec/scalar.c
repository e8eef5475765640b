/*
 * scalar.c: the loops have no branch inside, so that compilers look at many objects at a time.
 */
#include "codec/scalar.h"

static const char *bools_fault(const unsigned char *bools, size_t count)
{
	unsigned char all = 0;

	for (size_t i = 0; i < count; i++)
		all |= bools[i];
	return all > 1 ? "a bool is neither 0 nor 1" : NULL;
}

static const char *flags_fault(uint32_t mask, const uint32_t *flags, size_t count)
{
	uint32_t all = 0;

	for (size_t i = 0; i < count; i++)
		all |= flags[i];
	return all & ~mask ? "flags have a bit that is none of them" : NULL;
}

bool codec_is_value(const struct cohort_type *type, int64_t value)
{
	uint32_t low = 0, high = type->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (type->values[middle] < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low < type->count && type->values[low] == value;
}

/* Whether all between the least and the greatest are values. (Two names may have the same value.) */
static bool is_contiguous(const struct cohort_type *type)
{
	for (uint32_t i = 1; i < type->count; i++)
		if (type->values[i] > type->values[i - 1] + 1)
			return false;
	return true;
}

static bool are_within(int64_t least, int64_t most, const int32_t *enums, size_t count)
{
	uint32_t span = (uint32_t)most - (uint32_t)least;
	bool outside = false;

	for (size_t i = 0; i < count; i++)
		outside |= (uint32_t)enums[i] - (uint32_t)least > span;
	return !outside;
}

static bool are_values(const struct cohort_type *type, const int32_t *enums, size_t count)
{
	if (type->count && count > type->count && is_contiguous(type))
		return are_within(type->values[0], type->values[type->count - 1], enums, count);
	for (size_t i = 0; i < count; i++)
		if (!codec_is_value(type, enums[i]))
			return false;
	return true;
}

const char *codec_scalars_fault(const struct cohort_type *type, const void *objects, size_t count)
{
	if (type->kind == COHORT_KIND_BOOL)
		return bools_fault(objects, count);
	if (type->kind == COHORT_KIND_FLAGS)
		return flags_fault((uint32_t)type->values[0], objects, count);
	if (type->kind == COHORT_KIND_ENUM && !are_values(type, objects, count))
		return "an enum has none of its values";
	return NULL;
}
