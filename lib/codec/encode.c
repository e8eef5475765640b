/*
 * encode.c: walks an object along its table, depth first, and appends to one buffer that only grows
 * and is used again for each message. What is known only afterwards, the size of a struct or a custom
 * part, is left open and stored when its end is reached. doc/idl.md has the bytes.
 *
 *	struct   | size of what follows the header | fields | field, field, ...
 *	string   | length | bytes		array, map | count | element, element, ...
 *	optional | 0, or 1 and the value	handle	   | which of the descriptors
 *	custom   | length | bytes		others	   | themselves, little-endian
 *
 * An encoder that writes what no decoder takes would only move the error to where nobody can mend
 * it, so all that decode.c refuses is refused here, too.
 *
 * Where a fault was: the struct and field are noted as they are entered, which costs two stores, and
 * taken from there by the first who calls fault().
 */
#include <errno.h>
#include <stdlib.h>

#include "codec/object.h"
#include "codec/order.h"
#include "codec/scalar.h"
#include "codec/utf8.h"

#define FIRST_CAPACITY 1024
#define HEADER 8

struct cohort_encoder {
	uint8_t *data;
	size_t length, capacity;
	size_t nfds;
	unsigned depth;
	bool is_busy;		  /* within cohort_encode() */
	int error;		  /* the first of cohort_put() and its like */
	const char *type, *field; /* where it is */
	struct cohort_fault fault;
	uint32_t *order; /* of the maps that are not in order, the innermost last */
	size_t norder, order_capacity;
	int fds[COHORT_FDS_MAX];
};

int cohort_encoder_new(struct cohort_encoder **out)
{
	struct cohort_encoder *e;

	if (!out)
		return -EINVAL;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	*out = e;
	return 0;
}

void cohort_encoder_free(struct cohort_encoder *encoder)
{
	if (!encoder)
		return;
	free(encoder->data);
	free(encoder->order);
	free(encoder);
}

static int fault(struct cohort_encoder *e, int error, const char *what)
{
	if (!e->fault.what)
		e->fault = (struct cohort_fault){ e->length, e->type, e->field, what };
	return error;
}

/* --- The buffer --------------------------------------------------------------------------------- */

static int grow(struct cohort_encoder *e, size_t n)
{
	size_t capacity = e->capacity ? e->capacity : FIRST_CAPACITY;
	uint8_t *data;

	if (n > UINT32_MAX - e->length)
		return fault(e, -E2BIG, "the message is too long");
	while (capacity - e->length < n)
		capacity = capacity > UINT32_MAX / 2 ? UINT32_MAX : capacity * 2;
	data = realloc(e->data, capacity);
	if (!data)
		return -ENOMEM;
	e->data = data;
	e->capacity = capacity;
	return 0;
}

static inline int make_room(struct cohort_encoder *e, size_t n)
{
	return e->capacity - e->length >= n ? 0 : grow(e, n);
}

static inline int put(struct cohort_encoder *e, const void *from, size_t count, size_t width)
{
	int err = make_room(e, count * width);

	if (err)
		return err;
	codec_copy(e->data + e->length, from, count, width);
	e->length += count * width;
	return 0;
}

static inline int put8(struct cohort_encoder *e, uint8_t value)
{
	return put(e, &value, 1, 1);
}

static inline int put32(struct cohort_encoder *e, uint32_t value)
{
	int err = make_room(e, sizeof(value));

	if (err)
		return err;
	codec_store32(e->data + e->length, value);
	e->length += sizeof(value);
	return 0;
}

/* --- Values ------------------------------------------------------------------------------------- */

static int encode_value(struct cohort_encoder *e, const struct cohort_type *type,
			const void *object);

static int encode_packed(struct cohort_encoder *e, const struct cohort_type *of,
			 const void *elements, size_t count)
{
	const char *what = codec_scalars_fault(of, elements, count);

	if (what)
		return fault(e, -EINVAL, what);
	return put(e, elements, count, codec_width(of->kind));
}

static int encode_string(struct cohort_encoder *e, const struct cohort_type *type,
			 const void *object)
{
	const char *string = codec_string_of(object);
	size_t length = strlen(string);
	const char *what = codec_utf8_fault(string, length);
	int err;

	if (what)
		return fault(e, -EINVAL, what);
	if (length > UINT32_MAX - 4 || (type->max && length > type->max))
		return fault(e, -E2BIG, "a string is longer than it may be");
	err = make_room(e, length + 4);
	if (err)
		return err;
	put32(e, (uint32_t)length);
	return put(e, string, length, 1);
}

static int encode_handle(struct cohort_encoder *e, int fd)
{
	if (fd < 0)
		return fault(e, -EBADF, "a descriptor is negative");
	if (e->nfds == COHORT_FDS_MAX)
		return fault(e, -E2BIG, "there are too many descriptors");
	e->fds[e->nfds] = fd;
	return put32(e, (uint32_t)e->nfds++);
}

static int encode_fields(struct cohort_encoder *e, const struct cohort_type *type,
			 const void *object)
{
	const unsigned char *at = object;
	int err;

	for (uint32_t i = 0; i < type->count; i++) {
		const struct cohort_field *field = &type->fields[i];

		e->field = field->name;
		err = encode_value(e, field->type, at + field->offset);
		if (err)
			return err;
	}
	return 0;
}

static int encode_struct(struct cohort_encoder *e, const struct cohort_type *type,
			 const void *object)
{
	const char *outer_type = e->type, *outer_field = e->field;
	size_t start;
	int err = make_room(e, HEADER);

	if (err)
		return err;
	start = e->length;
	codec_store32(e->data + start + 4, type->count);
	e->length += HEADER;
	e->type = type->name;
	e->field = NULL;
	err = encode_fields(e, type, object);
	if (err)
		return err;
	codec_store32(e->data + start, (uint32_t)(e->length - start - HEADER));
	e->type = outer_type;
	e->field = outer_field;
	return 0;
}

static int encode_elements(struct cohort_encoder *e, const struct cohort_type *of,
			   const void *elements, size_t count)
{
	const unsigned char *at = elements;
	int err = 0;

	if (codec_is_packed(of->kind))
		return encode_packed(e, of, elements, count);
	for (size_t i = 0; i < count && !err; i++, at += of->size)
		err = encode_value(e, of, at);
	return err;
}

static int encode_count(struct cohort_encoder *e, const struct cohort_type *type,
			const struct codec_list *list)
{
	if (list->count && !list->data)
		return fault(e, -EINVAL, "a list has a count but no elements");
	if (list->count > UINT32_MAX || (type->max && list->count > type->max))
		return fault(e, -E2BIG, "a list is longer than it may be");
	return put32(e, (uint32_t)list->count);
}

static int encode_array(struct cohort_encoder *e, const struct cohort_type *type,
			const void *object)
{
	struct codec_list list = codec_list_of(object);
	int err = encode_count(e, type, &list);

	return err ? err : encode_elements(e, type->of, list.data, list.count);
}

static int encode_entry(struct cohort_encoder *e, const struct cohort_type *of, const void *entry)
{
	const unsigned char *at = entry;
	int err = encode_value(e, of->fields[0].type, at + of->fields[0].offset);

	return err ? err : encode_value(e, of->fields[1].type, at + of->fields[1].offset);
}

static int encode_entries(struct cohort_encoder *e, const struct cohort_type *of,
			  const struct codec_list *list)
{
	const unsigned char *at = list->data;
	int err = 0;

	for (size_t i = 0; i < list->count && !err; i++, at += of->size)
		err = encode_entry(e, of, at);
	return err;
}

static int order_reserve(struct cohort_encoder *e, size_t n)
{
	size_t capacity = e->order_capacity ? e->order_capacity : 64;
	uint32_t *order;

	while (capacity - e->norder < n)
		capacity *= 2;
	if (capacity == e->order_capacity)
		return 0;
	order = reallocarray(e->order, capacity, sizeof(*order));
	if (!order)
		return -ENOMEM;
	e->order = order;
	e->order_capacity = capacity;
	return 0;
}

/* Maps within this one may move e->order, not what is in it. */
static int encode_in_order(struct cohort_encoder *e, const struct cohort_type *of,
			   const struct codec_list *list)
{
	const unsigned char *entries = list->data;
	size_t base = e->norder;
	int err = order_reserve(e, list->count);

	if (err)
		return err;
	if (!codec_order(of, entries, e->order + base, (uint32_t)list->count))
		return fault(e, -EEXIST, "a map has a key twice");
	e->norder += list->count;
	for (size_t i = 0; i < list->count && !err; i++)
		err = encode_entry(e, of, entries + (size_t)e->order[base + i] * of->size);
	e->norder = base;
	return err;
}

static int encode_map(struct cohort_encoder *e, const struct cohort_type *type, const void *object)
{
	struct codec_list list = codec_list_of(object);
	int err = encode_count(e, type, &list);

	if (err || list.count == 0)
		return err;
	if (codec_is_ascending(type->of, list.data, list.count))
		return encode_entries(e, type->of, &list);
	return encode_in_order(e, type->of, &list);
}

static int encode_optional(struct cohort_encoder *e, const struct cohort_type *type,
			   const void *object)
{
	const void *value = codec_optional_of(type, object);
	int err = put8(e, value != NULL);

	return err || !value ? err : encode_value(e, type->of, value);
}

static int encode_custom(struct cohort_encoder *e, const struct cohort_type *type,
			 const void *object)
{
	size_t start = e->length;
	int err = put32(e, 0);

	if (err)
		return err;
	err = type->custom->encode(e, object);
	if (e->error)
		return e->error;
	if (err)
		return fault(e, err < 0 ? err : -EINVAL, "a custom type refuses its object");
	codec_store32(e->data + start, (uint32_t)(e->length - start - 4));
	return 0;
}

static int encode_composite(struct cohort_encoder *e, const struct cohort_type *type,
			    const void *object)
{
	switch (type->kind) {
	case COHORT_KIND_STRUCT:
		return encode_struct(e, type, object);
	case COHORT_KIND_ARRAY:
		return encode_array(e, type, object);
	case COHORT_KIND_FIXED:
		return encode_elements(e, type->of, object, type->count);
	case COHORT_KIND_MAP:
		return encode_map(e, type, object);
	case COHORT_KIND_OPTIONAL:
		return encode_optional(e, type, object);
	case COHORT_KIND_CUSTOM:
		return encode_custom(e, type, object);
	default:
		return fault(e, -EINVAL, "a type is of no known kind");
	}
}

static int encode_deeper(struct cohort_encoder *e, const struct cohort_type *type,
			 const void *object)
{
	int err;

	if (e->depth == CODEC_DEPTH_MAX)
		return fault(e, -ELOOP, "it is nested too deeply");
	e->depth++;
	err = encode_composite(e, type, object);
	e->depth--;
	return err;
}

/* The widths are written out so that each copy is one load and one store. */
static int encode_value(struct cohort_encoder *e, const struct cohort_type *type,
			const void *object)
{
	switch (type->kind) {
	case COHORT_KIND_INT8:
	case COHORT_KIND_UINT8:
		return put(e, object, 1, 1);
	case COHORT_KIND_INT16:
	case COHORT_KIND_UINT16:
		return put(e, object, 1, 2);
	case COHORT_KIND_INT32:
	case COHORT_KIND_UINT32:
	case COHORT_KIND_FLOAT:
		return put(e, object, 1, 4);
	case COHORT_KIND_INT64:
	case COHORT_KIND_UINT64:
	case COHORT_KIND_DOUBLE:
		return put(e, object, 1, 8);
	case COHORT_KIND_BOOL:
	case COHORT_KIND_ENUM:
	case COHORT_KIND_FLAGS:
		return encode_packed(e, type, object, 1);
	case COHORT_KIND_STRING:
		return encode_string(e, type, object);
	case COHORT_KIND_HANDLE:
		return encode_handle(e, codec_handle_of(object));
	default:
		return encode_deeper(e, type, object);
	}
}

/* --- Messages ----------------------------------------------------------------------------------- */

static void start(struct cohort_encoder *e)
{
	e->length = 0;
	e->nfds = 0;
	e->depth = 0;
	e->norder = 0;
	e->error = 0;
	e->type = e->field = NULL;
	e->fault = (struct cohort_fault){ 0 };
	e->is_busy = true;
}

int cohort_encode(struct cohort_encoder *encoder, const struct cohort_type *type,
		  const void *object, struct cohort_encoded *out, struct cohort_fault *fault)
{
	int err;

	if (fault)
		*fault = (struct cohort_fault){ 0 };
	if (!encoder || !type || !object || !out || encoder->is_busy)
		return -EINVAL;
	start(encoder);
	err = encode_value(encoder, type, object);
	encoder->is_busy = false;
	if (err && fault)
		*fault = encoder->fault;
	if (!err)
		*out = (struct cohort_encoded){ encoder->data, encoder->length, encoder->fds,
						encoder->nfds };
	return err;
}

/* --- For encodings of one's own -------------------------------------------------------------------- */

int cohort_put(struct cohort_encoder *to, const void *data, size_t length)
{
	if (!to || (length && !data) || !to->is_busy)
		return -EINVAL;
	if (!to->error)
		to->error = put(to, data, length, 1);
	return to->error;
}

int cohort_put_fd(struct cohort_encoder *to, int fd)
{
	if (!to || !to->is_busy)
		return -EINVAL;
	if (!to->error)
		to->error = encode_handle(to, fd);
	return to->error;
}
