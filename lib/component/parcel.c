/*
 * parcel.c: an object in an arena, with the descriptors that it refers to beside it.
 *
 * The parcel itself lies at the beginning of its arena, and right before the object there is a
 * pointer back to it: so that `out`, which a caller of the public interface holds, leads to everything.
 *
 *	arena: | parcel | back pointer, padded | object | strings, arrays ... | fds |
 *
 * cohort_copy() keeps the numbers of descriptors. handles_of() walks the copy along its type and
 * lists where they are. In a CUSTOM type nobody but its own functions can see descriptors: an
 * object with one that has no copy function goes through the encoding, which asks them.
 */
#include "component/parcel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "component/handles.h"

#define BACK _Alignof(max_align_t) /* bytes before the object, for the pointer */
#define FD_MIN 3

static int new_in(struct cohort_arena *arena, const struct cohort_type *type, struct parcel **out)
{
	struct parcel *parcel = cohort_arena_alloc(arena, sizeof(*parcel));
	unsigned char *memory = cohort_arena_alloc(arena, BACK + type->size + 1);

	if (!parcel || !memory)
		return -ENOMEM;
	memcpy(memory, &parcel, sizeof(struct parcel *));
	*parcel = (struct parcel){ .arena = arena, .type = type, .object = memory + BACK };
	cohort_init(type, parcel->object);
	*out = parcel;
	return 0;
}

int parcel_new(struct parcel **out, const struct cohort_type *type)
{
	struct cohort_arena *arena;
	int err = cohort_arena_new(&arena);

	if (err)
		return err;
	err = new_in(arena, type, out);
	if (err)
		cohort_arena_free(arena);
	return err;
}

void parcel_free(struct parcel *parcel)
{
	if (!parcel)
		return;
	for (size_t i = 0; i < parcel->nfds; i++)
		if (parcel->fds[i] >= 0)
			close(parcel->fds[i]);
	cohort_arena_free(parcel->arena);
}

struct parcel *parcel_of(void *object)
{
	struct parcel *parcel;

	memcpy(&parcel, (unsigned char *)object - BACK, sizeof(struct parcel *));
	return parcel;
}

void *parcel_alloc(struct parcel *parcel, size_t size)
{
	return cohort_arena_alloc(parcel->arena, size);
}

int parcel_fd_take(struct parcel *parcel, int fd)
{
	for (size_t i = 0; fd >= 0 && i < parcel->nfds; i++) {
		if (parcel->fds[i] != fd)
			continue;
		parcel->fds[i] = -1;
		return fd;
	}
	return -EINVAL;
}

bool parcel_has_fd(const struct parcel *parcel, int fd)
{
	for (size_t i = 0; fd >= 0 && i < parcel->nfds; i++)
		if (parcel->fds[i] == fd)
			return true;
	return false;
}

/* The descriptors of a parcel from now on: room for `count`, none yet. */
static int make_room(struct parcel *parcel, size_t count)
{
	parcel->fds = cohort_arena_alloc(parcel->arena, (count + 1) * sizeof(int));
	return parcel->fds ? 0 : -ENOMEM;
}

static int dup_handle(int *handle, void *arg)
{
	struct parcel *parcel = arg;
	int fd = fcntl(*handle, F_DUPFD_CLOEXEC, FD_MIN);

	if (fd < 0)
		return -errno;
	parcel->fds[parcel->nfds++] = fd;
	*handle = fd;
	return 0;
}

static int dup_handles(struct parcel *parcel)
{
	size_t count = handles_count(parcel->type, parcel->object);
	int err = make_room(parcel, count);

	if (err)
		return err;
	return handles_each(parcel->type, parcel->object, dup_handle, parcel);
}

static int copy(struct parcel **out, const struct cohort_type *type, const void *object)
{
	struct parcel *parcel;
	int err = parcel_new(&parcel, type);

	if (err)
		return err;
	err = cohort_copy(type, object, parcel->arena, parcel->object);
	if (!err)
		err = dup_handles(parcel);
	if (err) {
		parcel_free(parcel);
		return err;
	}
	*out = parcel;
	return 0;
}

int parcel_copy(struct parcel **out, const struct cohort_type *type, const void *object)
{
	int err = copy(out, type, object);

	return err == -EOPNOTSUPP ? parcel_translate(out, type, object, type) : err;
}

static int dup_all(const int *fds, size_t nfds, int *dups)
{
	for (size_t i = 0; i < nfds; i++) {
		dups[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, FD_MIN);
		if (dups[i] >= 0)
			continue;
		int err = -errno;
		while (i-- > 0)
			close(dups[i]);
		return err;
	}
	return 0;
}

static int decode_dups(struct parcel **out, const struct cohort_type *type,
		       const struct cohort_encoded *message)
{
	int dups[COHORT_FDS_MAX];
	int err = dup_all(message->fds, message->nfds, dups);

	if (err)
		return err;
	err = parcel_decode(out, type, message->data, message->length, dups, message->nfds);
	for (size_t i = 0; err && i < message->nfds; i++)
		close(dups[i]);
	return err;
}

int parcel_translate(struct parcel **out, const struct cohort_type *from, const void *object,
		     const struct cohort_type *to)
{
	struct cohort_encoder *encoder;
	struct cohort_encoded message;
	int err = cohort_encoder_new(&encoder);

	if (!err) {
		err = cohort_encode(encoder, from, object, &message, NULL);
		if (!err)
			err = decode_dups(out, to, &message);
		cohort_encoder_free(encoder);
	}
	return err;
}

int parcel_decode(struct parcel **out, const struct cohort_type *type, const void *data,
		  size_t length, const int *fds, size_t nfds)
{
	struct parcel *parcel;
	int err = parcel_new(&parcel, type);

	if (err)
		return err;
	err = make_room(parcel, nfds);
	if (!err)
		err = cohort_decode(type, data, length, fds, nfds, parcel->arena, parcel->object,
				    NULL);
	if (err) {
		parcel_free(parcel);
		return err;
	}
	if (nfds)
		memcpy(parcel->fds, fds, nfds * sizeof(int));
	parcel->nfds = nfds;
	*out = parcel;
	return 0;
}
