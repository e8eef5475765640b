/*
 * Small replies live in objects that are used again: a few of them wait in a row of places, each
 * taken and filled with one exchange, so that a round trip costs no allocation.
 */
#include "engine/reply.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "engine/executor.h"
#include "engine/receive.h"
#include "engine/session.h"
#include "io/memfd.h"

#define CACHE_SIZE 16u

static struct cohort_reply *_Atomic cache[CACHE_SIZE];

static struct cohort_reply *new_reply(void)
{
	for (unsigned i = 0; i < CACHE_SIZE; i++) {
		struct cohort_reply *r;

		if (!atomic_load_explicit(&cache[i], memory_order_relaxed))
			continue;
		/* acquire: pairs with the release in recycle() */
		r = atomic_exchange_explicit(&cache[i], NULL, memory_order_acquire);
		if (r)
			return r;
	}
	return malloc(sizeof(struct cohort_reply));
}

static void recycle(struct cohort_reply *r)
{
	for (unsigned i = 0; i < CACHE_SIZE; i++) {
		struct cohort_reply *empty = NULL;

		if (atomic_load_explicit(&cache[i], memory_order_relaxed))
			continue;
		if (atomic_compare_exchange_strong_explicit(
			    &cache[i], &empty, r, memory_order_release, memory_order_relaxed))
			return;
	}
	free(r);
}

void reply_drop(struct cohort *c, struct cohort_reply *r)
{
	if (!r)
		return;
	reply_part_discard(c, r->part);
	r->part = NULL;
	cohort_reply_free(r);
}

/*
 * In a callback a close() that takes its time would keep the thread from other peers. The handle of
 * the callback is there until it returns; that of the reply may have been closed.
 */
void cohort_reply_free(struct cohort_reply *r)
{
	struct frame *frame;

	if (!r)
		return;
	if (r->map)
		munmap(r->map, r->length);
	frame = r->part ? executor_frame() : NULL;
	if (frame)
		reply_part_discard(frame->channel, r->part);
	else
		reply_part_free(r->part);
	recycle(r);
}

void cohort_replies_free(struct cohort_replies *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++)
		cohort_reply_free(all->entry[i].reply);
	free(all);
}

static int map_body(struct cohort_reply *r, struct reply_part *part)
{
	void *map;

	if (part->memfd < 0 || memfd_check_body(part->memfd, (size_t)part->length))
		return -EPROTO;
	map = mmap(NULL, (size_t)part->length, PROT_READ, MAP_PRIVATE, part->memfd, 0);
	if (map == MAP_FAILED)
		return -ENOBUFS;
	fd_close(&part->memfd);
	r->map = map;
	r->data = map;
	return 0;
}

static int attach_part(struct session *s, unsigned index, const struct slot_answer *a,
		       struct cohort_reply *r)
{
	int err = receive_reply(s, index, &r->part);

	if (err)
		return err == -ENOMEM ? -ENOBUFS : -EPROTO;
	if (r->part->missing_fds)
		return -ENOBUFS;
	if (r->part->fds.count != a->fds)
		return -EPROTO;
	if (a->form != SLOT_FRAME)
		return r->part->length ? -EPROTO : 0;
	if (r->part->length != a->length)
		return -EPROTO;
	r->data = r->part->bytes;
	return r->part->memfd >= 0 ? map_body(r, r->part) : 0;
}

static int fill(struct session *s, unsigned index, const struct slot_answer *a,
		struct cohort_reply *r)
{
	r->status = a->status;
	r->length = a->length;
	r->data = r->body;
	r->map = NULL;
	r->part = NULL;
	if (a->form == SLOT_INLINE)
		slot_copy_body(session_slot_ours(s, index), r->body, a->length);
	return a->form == SLOT_FRAME || a->fds ? attach_part(s, index, a, r) : 0;
}

int reply_collect(struct session *s, unsigned index, struct cohort_reply **reply, uint64_t *fence)
{
	struct slot_answer answer;
	struct cohort_reply *r;
	int err = slot_read(session_slot_ours(s, index), &answer);

	if (err)
		return err;
	*fence = answer.fence;
	if (answer.outcome)
		return answer.outcome;
	r = new_reply();
	if (!r)
		return -ENOBUFS;
	err = fill(s, index, &answer, r);
	if (err) {
		reply_drop(s->channel, r);
		return err;
	}
	*reply = r;
	return 0;
}
