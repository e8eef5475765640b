/*
 * What the tests of the codec share: one encoder, and one arena to decode into.
 */
#ifndef COHORT_TEST_CODEC_CODEC_H
#define COHORT_TEST_CODEC_CODEC_H

#include <criterion/criterion.h>

#include "codec/arena.h"
#include "unit/codec/table.h"

static struct cohort_encoder *encoder;
static struct cohort_arena *arena;
static struct cohort_fault fault;

static inline void codec_begin(void)
{
	cr_assert_eq(cohort_encoder_new(&encoder), 0);
	cr_assert_eq(cohort_arena_new(&arena), 0);
}

static inline void codec_end(void)
{
	cohort_encoder_free(encoder);
	cohort_arena_free(arena);
}

/* The bytes of an object that encodes. */
static inline struct cohort_encoded encoded(const struct cohort_type *type, const void *object)
{
	struct cohort_encoded m = { NULL, 0, NULL, 0 };
	int err = cohort_encode(encoder, type, object, &m, &fault);

	cr_assert_eq(err, 0, "%d: %s", err, fault.what ? fault.what : "");
	cr_assert_null(fault.what);
	return m;
}

static inline int decode(const struct cohort_type *type, const void *data, size_t length,
			 void *object)
{
	return cohort_decode(type, data, length, NULL, 0, arena, object, &fault);
}

/* Both ways: the object has exactly these bytes, and they make one that has them again. */
static inline void golden(const struct cohort_type *type, const void *object, const void *bytes,
			  size_t length)
{
	struct cohort_encoded m = encoded(type, object);
	void *copy = malloc(type->size);
	int fds[COHORT_FDS_MAX] = { 0 }, err;
	size_t nfds = m.nfds;

	cr_assert_eq(m.length, length, "%zu bytes, not %zu", m.length, length);
	cr_assert_eq(memcmp(m.data, bytes, length), 0);
	for (size_t i = 0; i < nfds; i++)
		fds[i] = m.fds[i];
	err = cohort_decode(type, bytes, length, fds, nfds, arena, copy, &fault);
	cr_assert_eq(err, 0, "%d: %s", err, fault.what ? fault.what : "");
	m = encoded(type, copy);
	cr_assert_eq(m.length, length);
	cr_assert_eq(memcmp(m.data, bytes, length), 0);
	cr_assert_eq(m.nfds, nfds);
	cr_assert_eq(memcmp(m.fds, fds, nfds * sizeof(int)), 0);
	free(copy);
}

#define GOLDEN(type, object, bytes) golden(&(type), object, bytes, sizeof(bytes) - 1)

/* The fault that was just reported. */
static inline void expect_fault(const char *what, const char *type, const char *field,
				size_t offset)
{
	cr_assert_not_null(fault.what, "there is no fault, not: %s", what);
	cr_assert_str_eq(fault.what, what);
	cr_assert_str_eq(fault.type ? fault.type : "-", type);
	cr_assert_str_eq(fault.field ? fault.field : "-", field);
	cr_assert_eq(fault.offset, offset, "at %zu, not %zu", fault.offset, offset);
}

#endif
