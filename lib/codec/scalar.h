/*
 * scalar: numbers in memory and on the wire, and which values of an enum, flags or a bool there are.
 *
 * The wire is little-endian. On such a host an array of numbers is copied as it is; on the others
 * each is turned around. Numbers of the encoding itself (counts, sizes) are put together byte by
 * byte, which compilers make one load or store of.
 */
#ifndef COHORT_CODEC_SCALAR_H
#define COHORT_CODEC_SCALAR_H

#include <string.h>

#include "cohort/codec.h"

/* Of one BOOL to DOUBLE, ENUM, FLAGS or HANDLE; 0 for the other kinds. */
static inline uint32_t codec_width(enum cohort_kind kind)
{
	static const uint8_t widths[] = {
		[COHORT_KIND_BOOL] = 1,	  [COHORT_KIND_INT8] = 1,   [COHORT_KIND_INT16] = 2,
		[COHORT_KIND_INT32] = 4,  [COHORT_KIND_INT64] = 8,  [COHORT_KIND_UINT8] = 1,
		[COHORT_KIND_UINT16] = 2, [COHORT_KIND_UINT32] = 4, [COHORT_KIND_UINT64] = 8,
		[COHORT_KIND_FLOAT] = 4,  [COHORT_KIND_DOUBLE] = 8, [COHORT_KIND_STRING] = 0,
		[COHORT_KIND_HANDLE] = 4, [COHORT_KIND_ENUM] = 4,   [COHORT_KIND_FLAGS] = 4,
	};

	return (size_t)kind < sizeof(widths) ? widths[kind] : 0;
}

/* Whether it is a number of which all values are good. */
static inline bool codec_is_plain(enum cohort_kind kind)
{
	return kind >= COHORT_KIND_INT8 && kind <= COHORT_KIND_DOUBLE;
}

/* Whether it is one of the above, or must only be looked at: copied in one go. */
static inline bool codec_is_packed(enum cohort_kind kind)
{
	return (kind >= COHORT_KIND_BOOL && kind <= COHORT_KIND_DOUBLE) ||
	       kind == COHORT_KIND_ENUM || kind == COHORT_KIND_FLAGS;
}

static inline uint32_t codec_load32(const void *from)
{
	const uint8_t *b = from;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline void codec_store32(void *to, uint32_t value)
{
	uint8_t *b = to;

	b[0] = (uint8_t)value;
	b[1] = (uint8_t)(value >> 8);
	b[2] = (uint8_t)(value >> 16);
	b[3] = (uint8_t)(value >> 24);
}

static inline void codec_copy_turned(void *to, const void *from, size_t count, size_t width)
{
	const uint8_t *f = from;
	uint8_t *t = to;

	for (size_t i = 0; i < count; i++, f += width, t += width)
		for (size_t k = 0; k < width; k++)
			t[k] = f[width - 1 - k];
}

/* Between memory and the wire, either way. `to` and `from` may be NULL if count is 0. */
static inline void codec_copy(void *to, const void *from, size_t count, size_t width)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	if (count)
		memcpy(to, from, count * width);
#else
	codec_copy_turned(to, from, count, width);
#endif
}

/* Whether an ENUM has it. */
bool codec_is_value(const struct cohort_type *type, int64_t value);

/*
 * Looks at `count` objects of a packed type, in memory: NULL, or what is wrong with one of them, in
 * words.
 */
const char *codec_scalars_fault(const struct cohort_type *type, const void *objects, size_t count);

#endif
