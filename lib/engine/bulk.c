/*
 * Bodies are handed over in order, but handlers that read them in place may finish in another one
 * (one waits inside the library, the next runs). So each body is a hold in a list, and what is
 * given back is what lies before the first hold that is in use.
 */
#include "engine/bulk.h"

#include <errno.h>
#include <stdlib.h>
#include <fcntl.h>

#include "base/fd.h"
#include "engine/receive.h"
#include "engine/session.h"
#include "io/memfd.h"
#include "shm/region.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define BULK_SEALS ((unsigned)(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE))
#define BULK_MAX (UINT64_C(1) << 30)

uint64_t bulk_padded(size_t length)
{
	return ((uint64_t)length + BULK_ALIGN - 1) & ~(uint64_t)(BULK_ALIGN - 1);
}

static void free_out(struct bulk_out *bulk)
{
	if (!bulk)
		return;
	region_unmap_twice(bulk->base, bulk->size);
	fd_close(&bulk->fd);
	free(bulk);
}

static int make_out(size_t size, struct bulk_out **out)
{
	struct bulk_out *bulk = calloc(1, sizeof(*bulk));
	int err;

	if (!bulk)
		return -ENOMEM;
	bulk->fd = -1;
	bulk->size = size;
	err = memfd_make("cohort-bulk", size, &bulk->fd);
	if (err)
		goto fail;
	bulk->base = region_map_twice(bulk->fd, 0, size, true);
	err = bulk->base ? memfd_seal(bulk->fd, BULK_SEALS | F_SEAL_SEAL) : -errno;
	if (err)
		goto fail;
	*out = bulk;
	return 0;
fail:
	free_out(bulk);
	return err;
}

int bulk_prepare(struct session *s)
{
	struct bulk_out *made = NULL;
	bool there;
	int err;

	lock_take(&s->out.lock);
	there = s->out.bulk;
	lock_drop(&s->out.lock);
	if (there)
		return 0;
	err = make_out(s->bulk_size, &made);
	if (err)
		return err;
	lock_take(&s->out.lock);
	if (!s->out.bulk) {
		s->out.bulk = made;
		made = NULL;
	}
	lock_drop(&s->out.lock);
	free_out(made);
	return 0;
}

void bulk_offer_again(struct session *s)
{
	lock_take(&s->out.lock);
	if (s->out.bulk)
		s->out.bulk->offered = false;
	lock_drop(&s->out.lock);
}

int bulk_room(struct session *s, size_t length)
{
	struct bulk_out *bulk = s->out.bulk;
	uint64_t head;

	if (bulk->size - (bulk->tail - bulk->head_seen) >= bulk_padded(length) + s->out.held_bulk)
		return 0;
	/* pairs with the store in bulk_release() */
	head = atomic_load(&session_lane_out(s)->bulk_head);
	if (head < bulk->head_seen || head > bulk->tail)
		return -EPROTO;
	bulk->head_seen = head;
	return bulk->size - (bulk->tail - head) >= bulk_padded(length) + s->out.held_bulk ? 0
											  : -EAGAIN;
}

unsigned char *bulk_place(struct session *s)
{
	return s->out.bulk->base + (s->out.bulk->tail & (s->out.bulk->size - 1));
}

void bulk_push(struct session *s, size_t length)
{
	s->out.bulk->tail += bulk_padded(length);
}

static int open_in(struct session *s)
{
	struct bulk_in *bulk;
	uint64_t size;
	int fd, err;

	err = receive_bulk(s, &fd, &size);
	if (err)
		return err;
	bulk = calloc(1, sizeof(*bulk));
	err = bulk ? 0 : -ENOMEM;
	if (!err && (size < 4096 || size > BULK_MAX || (size & (size - 1))))
		err = -EPROTO;
	if (!err)
		err = memfd_check_region(fd, (size_t)size, BULK_SEALS);
	if (!err) {
		bulk->size = (size_t)size;
		bulk->base = region_map_twice(fd, 0, bulk->size, false);
		err = bulk->base ? 0 : -errno;
	}
	if (err == -ENOMEM) {
		free(bulk);
		receive_bulk_return(s, fd);
		return err;
	}
	if (err) {
		struct fdlist bad = { .count = 1, .fd = { fd } };

		receive_discard(s->channel, &bad);
		free(bulk);
		return err;
	}
	fd_close(&fd);
	lock_init(&bulk->lock, LOCK_QUEUE);
	list_init(&bulk->holds);
	bulk->tail = s->bulk_passed;
	s->bulk_in = bulk;
	return 0;
}

int bulk_take(struct session *s, size_t length, struct bulk_hold *hold, const void **data)
{
	struct bulk_in *bulk;
	int err = s->bulk_in ? 0 : open_in(s);

	if (err) {
		/* Not mapped yet: nobody reads there, and these bytes are passed. */
		s->bulk_passed += bulk_padded(length);
		atomic_store(&session_lane_in(s)->bulk_head, s->bulk_passed); /* bulk_room() */
		return err;
	}
	bulk = s->bulk_in;
	if (length > bulk->size)
		return -EPROTO;
	lock_take(&bulk->lock);
	*data = bulk->base + (bulk->tail & (bulk->size - 1));
	bulk->tail += bulk_padded(length);
	hold->end = bulk->tail;
	list_add_tail(&bulk->holds, &hold->node);
	lock_drop(&bulk->lock);
	return 0;
}

/*
 * Takes the hold out. If it was the first, everything up to the next hold, or to the end, is free;
 * if not, its bytes go to the hold before it, which frees them with its own.
 */
void bulk_release(struct session *s, struct bulk_hold *hold)
{
	struct bulk_in *bulk = s->bulk_in;

	lock_take(&bulk->lock);
	if (list_first(&bulk->holds) == &hold->node)
		atomic_store(&session_lane_in(s)->bulk_head, hold->end); /* bulk_room() */
	else
		LIST_ENTRY(hold->node.prev, struct bulk_hold, node)->end = hold->end;
	list_remove(&hold->node);
	lock_drop(&bulk->lock);
	session_wake_sender(s, ring_room_made(&s->in));
}

void bulk_deinit(struct session *s)
{
	free_out(s->out.bulk);
	s->out.bulk = NULL;
	if (s->bulk_in) {
		region_unmap_twice(s->bulk_in->base, s->bulk_in->size);
		lock_deinit(&s->bulk_in->lock);
		free(s->bulk_in);
		s->bulk_in = NULL;
	}
}
