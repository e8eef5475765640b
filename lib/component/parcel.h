/*
 * A parcel: an object that owns all that it refers to: its memory is one arena, its descriptors are
 * closed with it unless they were taken. Parameters arrive in one, results leave in one; the `out` of a
 * call is the object in a parcel.
 *
 * An object that its user still has becomes a parcel as a copy (parcel_copy()), or, where the tables of
 * the two sides differ, by way of the encoding (parcel_translate()).
 */
#ifndef COMPONENT_PARCEL_H
#define COMPONENT_PARCEL_H

#include <stdbool.h>
#include <stddef.h>

#include "cohort/codec.h"

struct parcel {
	struct cohort_arena *arena; /* the parcel itself lies in it */
	const struct cohort_type *type;
	int *fds; /* -1: taken */
	size_t nfds;
	void *object;
};

/* With an object as cohort_init() makes it. -ENOMEM */
int parcel_new(struct parcel **out, const struct cohort_type *type);
/* NULL is allowed. */
void parcel_free(struct parcel *parcel);

/*
 * Copies: the descriptors are duplicates, those of the object stay its owner's. -ENOMEM, -ELOOP,
 * -EMFILE,
 * -EBADF
 */
int parcel_copy(struct parcel **out, const struct cohort_type *type, const void *object);
/* So, but encodes as one type and decodes as another. The errors of both, too. */
int parcel_translate(struct parcel **out, const struct cohort_type *from, const void *object,
		     const struct cohort_type *to);
/* Decodes. The descriptors are the parcel's on success only. The errors of cohort_decode(). */
int parcel_decode(struct parcel **out, const struct cohort_type *type, const void *data,
		  size_t length, const int *fds, size_t nfds);

/* Takes a descriptor out of it: returns it, or -EINVAL. */
int parcel_fd_take(struct parcel *parcel, int fd);
/* Memory that goes with it, or NULL. */
void *parcel_alloc(struct parcel *parcel, size_t size);
/* The parcel of an object that parcel_*() made. */
struct parcel *parcel_of(void *object);
/* Whether it owns this descriptor. */
bool parcel_has_fd(const struct parcel *parcel, int fd);

#endif
