/*
 * decode.c: reads what somebody else wrote, and may have written to do harm.
 *
 * One cursor: take() is the only place that compares with the end, and the end is that of the
 * innermost struct or custom part, so that nothing reads outside its own bytes. Before an array is
 * allocated, its count is held against what is left: so many elements of the least size that they
 * have on the wire must fit. What they take in memory is paid from a budget of 64 times the length of
 * the message, since an absent field or element may be larger in memory than on the wire. Depth is
 * limited. So time, memory and stack are bounded by the length, whatever the bytes are.
 *
 * Compatibility: the header of a struct says how many fields its writer knew. Those that we do not
 * know lie at its end and are skipped; those that the writer did not know get defaults. Skipped bytes
 * may have referred to descriptors, so only in a message without any must all be referred to.
 */
#include <errno.h>

#include "codec/arena.h"
#include "codec/object.h"
#include "codec/scalar.h"
#include "codec/utf8.h"

#define BUDGET_FACTOR 64
#define BUDGET_LEAST ((size_t)65536)
#define HEADER 8

struct cohort_decoder {
	const uint8_t *at, *end;
	const uint8_t *first;
	struct cohort_arena *arena;
	size_t budget; /* that the arena may still give */
	const int *fds;
	size_t nfds, nused;
	uint64_t used[4]; /* a bit for each of fds */
	bool has_skipped;
	unsigned depth;
	int error;		  /* the first of cohort_get_fd() and cohort_get_memory() */
	const char *type, *field; /* where it is */
	struct cohort_fault fault;
};

_Static_assert(COHORT_FDS_MAX <= 256, "a bit for each descriptor");

static int fault(struct cohort_decoder *d, int error, const char *what)
{
	if (!d->fault.what)
		d->fault = (struct cohort_fault){ (size_t)(d->at - d->first), d->type, d->field,
						  what };
	return error;
}

/* --- The cursor, and memory ----------------------------------------------------------------------- */

static inline size_t left(const struct cohort_decoder *d)
{
	return (size_t)(d->end - d->at);
}

/* NULL: so many are not left. */
static inline const uint8_t *take(struct cohort_decoder *d, size_t n)
{
	const uint8_t *bytes = d->at;

	if (n > left(d))
		return NULL;
	d->at += n;
	return bytes;
}

static int missing(struct cohort_decoder *d)
{
	return fault(d, -EBADMSG, "bytes are missing");
}

static inline int get(struct cohort_decoder *d, void *to, size_t width)
{
	const uint8_t *bytes = take(d, width);

	if (!bytes)
		return missing(d);
	codec_copy(to, bytes, 1, width);
	return 0;
}

static inline int get32(struct cohort_decoder *d, uint32_t *value)
{
	const uint8_t *bytes = take(d, 4);

	if (!bytes)
		return missing(d);
	*value = codec_load32(bytes);
	return 0;
}

/* For `count` objects, not zeroed. */
static int allocate(struct cohort_decoder *d, size_t count, size_t size, size_t align, void **out)
{
	size_t total;
	void *memory;

	if (__builtin_mul_overflow(count, size, &total) || total > d->budget ||
	    d->budget - total < align)
		return fault(d, -E2BIG, "it takes too much memory");
	d->budget -= total + align - 1;
	memory = codec_arena_take(d->arena, total, align);
	if (!memory)
		return -ENOMEM;
	*out = memory;
	return 0;
}

/* --- Values ------------------------------------------------------------------------------------- */

static int decode_value(struct cohort_decoder *d, const struct cohort_type *type, void *object);

static int decode_packed(struct cohort_decoder *d, const struct cohort_type *of, void *elements,
			 size_t count)
{
	size_t width = codec_width(of->kind);
	const uint8_t *bytes = count <= left(d) / width ? take(d, count * width) : NULL;
	const char *what;

	if (!bytes)
		return missing(d);
	codec_copy(elements, bytes, count, width);
	what = codec_scalars_fault(of, elements, count);
	return what ? fault(d, -EBADMSG, what) : 0;
}

static int decode_string(struct cohort_decoder *d, const struct cohort_type *type, void *object)
{
	const char *bytes, *what;
	uint32_t length = 0;
	void *copy;
	int err = get32(d, &length);

	if (err)
		return err;
	if (type->max && length > type->max)
		return fault(d, -EBADMSG, "a string is longer than it may be");
	bytes = (const char *)take(d, length);
	if (!bytes)
		return missing(d);
	what = codec_utf8_fault(bytes, length);
	if (what)
		return fault(d, -EBADMSG, what);
	if (length == 0) {
		codec_pointer_set(object, "");
		return 0;
	}
	err = allocate(d, (size_t)length + 1, 1, 1, &copy);
	if (err)
		return err;
	memcpy(copy, bytes, length);
	((char *)copy)[length] = '\0';
	codec_pointer_set(object, copy);
	return 0;
}

static int decode_handle(struct cohort_decoder *d, void *object)
{
	uint32_t index = 0;
	uint64_t bit;
	int err = get32(d, &index);

	if (err)
		return err;
	if (index >= d->nfds)
		return fault(d, -EBADMSG, "a descriptor is not there");
	bit = UINT64_C(1) << index % 64;
	if (d->used[index / 64] & bit)
		return fault(d, -EBADMSG, "a descriptor is used twice");
	d->used[index / 64] |= bit;
	d->nused++;
	memcpy(object, &d->fds[index], sizeof(int));
	return 0;
}

static int decode_fields(struct cohort_decoder *d, const struct cohort_type *type, uint32_t count,
			 void *object)
{
	unsigned char *at = object;
	int err;

	for (uint32_t i = 0; i < count; i++) {
		const struct cohort_field *field = &type->fields[i];

		d->field = field->name;
		err = decode_value(d, field->type, at + field->offset);
		if (err)
			return err;
	}
	return 0;
}

static void default_fields(const struct cohort_type *type, uint32_t from, void *object)
{
	unsigned char *at = object;

	for (uint32_t i = from; i < type->count; i++)
		codec_init_field(&type->fields[i], at + type->fields[i].offset);
}

/* Each field takes at least a byte. */
static int skip_fields(struct cohort_decoder *d, uint32_t count)
{
	if (count > left(d))
		return missing(d);
	d->at = d->end;
	d->has_skipped = true;
	return 0;
}

/* From the first field to the end of the struct, which is d->end. */
static int decode_content(struct cohort_decoder *d, const struct cohort_type *type, uint32_t count,
			  void *object)
{
	uint32_t known = count < type->count ? count : type->count;
	int err;

	d->type = type->name;
	d->field = NULL;
	err = decode_fields(d, type, known, object);
	if (err)
		return err;
	if (count > known)
		return skip_fields(d, count - known);
	if (d->at != d->end)
		return fault(d, -EBADMSG, "a struct has bytes that belong to no field");
	default_fields(type, known, object);
	return 0;
}

static int decode_struct(struct cohort_decoder *d, const struct cohort_type *type, void *object)
{
	const char *outer_type = d->type, *outer_field = d->field;
	const uint8_t *outer_end = d->end, *header = take(d, HEADER);
	uint32_t size;
	int err;

	if (!header)
		return missing(d);
	size = codec_load32(header);
	if (size > left(d))
		return missing(d);
	d->end = d->at + size;
	err = decode_content(d, type, codec_load32(header + 4), object);
	if (err)
		return err;
	d->end = outer_end;
	d->type = outer_type;
	d->field = outer_field;
	return 0;
}

static int decode_elements(struct cohort_decoder *d, const struct cohort_type *of, void *elements,
			   size_t count)
{
	unsigned char *at = elements;
	int err = 0;

	if (codec_is_packed(of->kind))
		return decode_packed(d, of, elements, count);
	for (size_t i = 0; i < count && !err; i++, at += of->size)
		err = decode_value(d, of, at);
	return err;
}

/*
 * The fewest bytes that such an object has on the wire; never 0. A struct may have no fields, so
 * that recursion ends there; FIXED in FIXED is finite, as by value nothing contains itself.
 */
static uint64_t least_size(const struct cohort_type *type)
{
	uint64_t times = 1;

	for (; type->kind == COHORT_KIND_FIXED && times <= UINT32_MAX; type = type->of)
		times *= type->count ? type->count : 1;
	if (type->kind == COHORT_KIND_OPTIONAL)
		return times;
	if (type->kind == COHORT_KIND_STRUCT)
		return times * HEADER;
	return times * (codec_width(type->kind) ? codec_width(type->kind) : 4);
}

/* The count of an array or map, whose elements have at least `least` bytes each. */
static int decode_count(struct cohort_decoder *d, const struct cohort_type *type, uint64_t least,
			uint32_t *count)
{
	uint32_t n = 0;
	int err = get32(d, &n);

	if (err)
		return err;
	if (type->max && n > type->max)
		return fault(d, -EBADMSG, "a list is longer than it may be");
	if (n > left(d) / least)
		return fault(d, -EBADMSG, "a list has more elements than there are bytes");
	*count = n;
	return 0;
}

/* Memory for the elements of a list; zeroed, unless each byte will be written. */
static int allocate_list(struct cohort_decoder *d, const struct cohort_type *of, size_t count,
			 void *object)
{
	void *elements;
	int err = allocate(d, count, of->size, of->align, &elements);

	if (err)
		return err;
	if (!codec_is_packed(of->kind))
		memset(elements, 0, count * of->size);
	memcpy(object, &(struct codec_list){ elements, count }, sizeof(struct codec_list));
	return 0;
}

static int decode_array(struct cohort_decoder *d, const struct cohort_type *type, void *object)
{
	uint32_t count = 0;
	int err = decode_count(d, type, least_size(type->of), &count);

	if (err)
		return err;
	if (count == 0)
		return memset(object, 0, sizeof(struct codec_list)), 0;
	err = allocate_list(d, type->of, count, object);
	if (err)
		return err;
	return decode_elements(d, type->of, (void *)codec_list_of(object).data, count);
}

/* An entry, whose key must be above that of the one before, if there is one. */
static int decode_entry(struct cohort_decoder *d, const struct cohort_type *of,
			unsigned char *entry, bool is_first)
{
	const struct cohort_field *key = &of->fields[0], *value = &of->fields[1];
	int order, err = decode_value(d, key->type, entry + key->offset);

	if (err)
		return err;
	if (!is_first) {
		order = codec_compare(key->type, entry - of->size + key->offset,
				      entry + key->offset);
		if (order == 0)
			return fault(d, -EBADMSG, "a map has a key twice");
		if (order > 0)
			return fault(d, -EBADMSG, "the keys of a map are not in order");
	}
	return decode_value(d, value->type, entry + value->offset);
}

static int decode_map(struct cohort_decoder *d, const struct cohort_type *type, void *object)
{
	const struct cohort_type *of = type->of;
	uint64_t least = least_size(of->fields[0].type) + least_size(of->fields[1].type);
	unsigned char *entries;
	uint32_t count = 0;
	int err = decode_count(d, type, least, &count);

	if (err)
		return err;
	if (count == 0)
		return memset(object, 0, sizeof(struct codec_list)), 0;
	err = allocate_list(d, of, count, object);
	entries = err ? NULL : (unsigned char *)codec_list_of(object).data;
	for (uint32_t i = 0; i < count && !err; i++)
		err = decode_entry(d, of, entries + (size_t)i * of->size, i == 0);
	return err;
}

/* What lies in the optional's own place is -1 or NULL when absent. */
static void decode_absent(const struct cohort_type *type, void *object)
{
	if (type->of->kind == COHORT_KIND_HANDLE)
		memcpy(object, &(int){ -1 }, sizeof(int));
	else
		codec_pointer_set(object, NULL);
}

static int decode_present(struct cohort_decoder *d, const struct cohort_type *of, void *object)
{
	void *value;
	int err;

	if (of->kind == COHORT_KIND_HANDLE || of->kind == COHORT_KIND_STRING)
		return decode_value(d, of, object);
	err = allocate(d, 1, of->size, of->align, &value);
	if (err)
		return err;
	memset(value, 0, of->size);
	codec_pointer_set(object, value);
	return decode_value(d, of, value);
}

static int decode_optional(struct cohort_decoder *d, const struct cohort_type *type, void *object)
{
	const uint8_t *mark = take(d, 1);

	if (!mark)
		return missing(d);
	if (*mark > 1)
		return fault(d, -EBADMSG, "an optional is neither there nor absent");
	if (*mark == 1)
		return decode_present(d, type->of, object);
	decode_absent(type, object);
	return 0;
}

static int decode_custom(struct cohort_decoder *d, const struct cohort_type *type, void *object)
{
	const uint8_t *outer_end = d->end;
	uint32_t length = 0;
	int err = get32(d, &length);

	if (err)
		return err;
	if (length > left(d))
		return missing(d);
	d->end = d->at + length;
	memset(object, 0, type->size);
	err = type->custom->decode(d, object);
	if (d->error)
		return d->error;
	if (err == -ENOMEM)
		return err;
	if (err)
		return fault(d, -EBADMSG, "a custom type refuses its bytes");
	if (d->at != d->end)
		return fault(d, -EBADMSG, "a custom type leaves bytes unread");
	d->end = outer_end;
	return 0;
}

static int decode_composite(struct cohort_decoder *d, const struct cohort_type *type, void *object)
{
	switch (type->kind) {
	case COHORT_KIND_STRUCT:
		return decode_struct(d, type, object);
	case COHORT_KIND_ARRAY:
		return decode_array(d, type, object);
	case COHORT_KIND_FIXED:
		return decode_elements(d, type->of, object, type->count);
	case COHORT_KIND_MAP:
		return decode_map(d, type, object);
	case COHORT_KIND_OPTIONAL:
		return decode_optional(d, type, object);
	case COHORT_KIND_CUSTOM:
		return decode_custom(d, type, object);
	default:
		return fault(d, -EBADMSG, "a type is of no known kind");
	}
}

static int decode_deeper(struct cohort_decoder *d, const struct cohort_type *type, void *object)
{
	int err;

	if (d->depth == CODEC_DEPTH_MAX)
		return fault(d, -ELOOP, "it is nested too deeply");
	d->depth++;
	err = decode_composite(d, type, object);
	d->depth--;
	return err;
}

/* The widths are written out so that each copy is one load and one store. */
static int decode_value(struct cohort_decoder *d, const struct cohort_type *type, void *object)
{
	switch (type->kind) {
	case COHORT_KIND_INT8:
	case COHORT_KIND_UINT8:
		return get(d, object, 1);
	case COHORT_KIND_INT16:
	case COHORT_KIND_UINT16:
		return get(d, object, 2);
	case COHORT_KIND_INT32:
	case COHORT_KIND_UINT32:
	case COHORT_KIND_FLOAT:
		return get(d, object, 4);
	case COHORT_KIND_INT64:
	case COHORT_KIND_UINT64:
	case COHORT_KIND_DOUBLE:
		return get(d, object, 8);
	case COHORT_KIND_BOOL:
	case COHORT_KIND_ENUM:
	case COHORT_KIND_FLAGS:
		return decode_packed(d, type, object, 1);
	case COHORT_KIND_STRING:
		return decode_string(d, type, object);
	case COHORT_KIND_HANDLE:
		return decode_handle(d, object);
	default:
		return decode_deeper(d, type, object);
	}
}

/* --- Messages ----------------------------------------------------------------------------------- */

static size_t budget_of(size_t length)
{
	return length > (SIZE_MAX - BUDGET_LEAST) / BUDGET_FACTOR
		       ? SIZE_MAX
		       : length * BUDGET_FACTOR + BUDGET_LEAST;
}

static int decode_message(struct cohort_decoder *d, const struct cohort_type *type, void *object)
{
	int err;

	if (d->nfds > COHORT_FDS_MAX)
		return fault(d, -EBADMSG, "there are too many descriptors");
	err = decode_value(d, type, object);
	if (err)
		return err;
	if (d->at != d->end)
		return fault(d, -EBADMSG, "bytes follow the object");
	if (d->nused < d->nfds && !d->has_skipped)
		return fault(d, -EBADMSG, "a descriptor is not used");
	return 0;
}

int cohort_decode(const struct cohort_type *type, const void *data, size_t length, const int *fds,
		  size_t nfds, struct cohort_arena *arena, void *object, struct cohort_fault *fault)
{
	const uint8_t *first = length ? data : (const uint8_t *)"";
	struct cohort_decoder d;
	int err;

	if (fault)
		*fault = (struct cohort_fault){ 0 };
	if (!type || (length && !data) || (nfds && !fds) || !arena || !object)
		return -EINVAL;
	d = (struct cohort_decoder){ .at = first,
				     .end = first + length,
				     .first = first,
				     .arena = arena,
				     .budget = budget_of(length),
				     .fds = fds,
				     .nfds = nfds };
	memset(object, 0, type->size);
	err = decode_message(&d, type, object);
	if (err)
		cohort_init(type, object);
	if (err && fault)
		*fault = d.fault;
	return err;
}

/* --- For encodings of one's own -------------------------------------------------------------------- */

const void *cohort_get(struct cohort_decoder *from, size_t length)
{
	return from ? take(from, length) : NULL;
}

size_t cohort_get_left(const struct cohort_decoder *from)
{
	return from ? left(from) : 0;
}

int cohort_get_fd(struct cohort_decoder *from)
{
	int fd;

	if (!from)
		return -EINVAL;
	if (!from->error)
		from->error = decode_handle(from, &fd);
	return from->error ? from->error : fd;
}

void *cohort_get_memory(struct cohort_decoder *from, size_t size)
{
	void *memory = NULL;

	if (from && !from->error)
		from->error = allocate(from, 1, size, _Alignof(max_align_t), &memory);
	return memory ? memset(memory, 0, size) : NULL;
}
