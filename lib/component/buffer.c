/*
 * buffer.c: two tables, one on each side, with the same ids.
 *
 *	caller                              component
 *	id  extent  descriptor, wanted      id  extent  mapping
 *
 * The caller's table says what is meant to be there. It keeps descriptors only where a worker may be
 * started again, and gives out the ids, which count up: 0 is none of them, and none comes twice. The
 * component's table says what is mapped. It changes in the order of the calls, as its functions do:
 * in the handler of "component.buffer", or with the component's turn where there is no channel. So a
 * removal waits for the function that runs. The component believes nothing: it looks at the descriptor
 * and at the numbers as if nobody had before.
 *
 * On the channel, in the byte order of the machine that both are on:
 *
 *	0       4       8               16              24      28      32
 *	| deed  | id    | offset        | length        | access| 0     |
 *
 * and with an addition its descriptor. An addition of what is there already is none, and no error.
 *
 * Restarts are what is hard, as additions and removals go on meanwhile. Each of them changes the
 * table first (an entry is there and wanted; or no longer wanted), then calls, then draws its
 * conclusion from how that ended. buffers_replay() shows each entry that is wanted, and looks again
 * afterwards whether it still is; entries that are not wanted any more go. So whichever comes
 * first:
 *
 *	an addition waits for the next worker    it was shown already, and is there
 *	an addition fails                        its entry is not wanted: not shown, or taken back
 *	a removal waits, or fails                the same. Its entry is left to the next try
 *
 * An addition that got no answer in time may have gone on to its end. So a removal is sent after it,
 * which nobody waits for.
 */
#include "component/buffer.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cohort/message.h"
#include "component/clock.h"
#include "component/component.h"
#include "component/frame.h"
#include "component/link.h"
#include "component/mapping.h"
#include "component/port.h"

#define ACTION "component.buffer"

enum deed {
	DEED_ADD = 1,
	DEED_REMOVE = 2,
};

struct order {
	uint32_t deed;
	uint32_t id;
	uint64_t offset;
	uint64_t length;
	uint32_t access;
	uint32_t zero;
};

static_assert(sizeof(struct order) == 32, "as drawn");
static_assert(offsetof(struct order, offset) == 8, "as drawn");
static_assert(offsetof(struct order, access) == 24, "as drawn");

struct buffer {
	uint32_t id;
	bool wanted; /* caller */
	int fd;	     /* caller: narrowed, for the next worker, or -1 */
	struct extent extent;
	struct mapping mapping; /* component */
};

/* A table. */
struct buffers {
	pthread_mutex_t lock;
	uint32_t last; /* caller: the last id that was given out */
	size_t count, capacity;
	struct buffer *list; /* by ascending id */
};

/* --- The table -------------------------------------------------------------------------------------- */

static void buffers_free(struct buffers *buffers)
{
	if (!buffers)
		return;
	for (size_t i = 0; i < buffers->count; i++) {
		mapping_close(&buffers->list[i].mapping);
		if (buffers->list[i].fd >= 0)
			close(buffers->list[i].fd);
	}
	pthread_mutex_destroy(&buffers->lock);
	free(buffers->list);
	free(buffers);
}

static struct buffers *buffers_new(void)
{
	struct buffers *buffers = calloc(1, sizeof(*buffers));

	if (buffers && pthread_mutex_init(&buffers->lock, NULL)) {
		free(buffers);
		return NULL;
	}
	return buffers;
}

/* The table that *place refers to; the lock guards that. NULL: there is none yet. */
static struct buffers *buffers_at(struct buffers **place, pthread_mutex_t *lock)
{
	struct buffers *buffers;

	pthread_mutex_lock(lock);
	buffers = *place;
	pthread_mutex_unlock(lock);
	return buffers;
}

/* As above, but makes one. NULL: no memory. */
static struct buffers *buffers_ensure(struct buffers **place, pthread_mutex_t *lock)
{
	struct buffers *buffers = buffers_at(place, lock), *spare;

	if (buffers)
		return buffers;
	spare = buffers_new();
	pthread_mutex_lock(lock);
	if (!*place) {
		*place = spare;
		spare = NULL;
	}
	buffers = *place;
	pthread_mutex_unlock(lock);
	buffers_free(spare);
	return buffers;
}

/* The first place whose id is not below: where this id stands or would stand. */
static size_t place_locked(const struct buffers *buffers, uint32_t id)
{
	size_t low = 0, high = buffers->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (buffers->list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct buffer *find_locked(struct buffers *buffers, uint32_t id)
{
	size_t place = place_locked(buffers, id);

	return place < buffers->count && buffers->list[place].id == id ? &buffers->list[place]
								       : NULL;
}

static int grow_locked(struct buffers *buffers)
{
	size_t capacity = buffers->capacity ? 2 * buffers->capacity : 16;
	struct buffer *list;

	if (buffers->count == COHORT_BUFFERS_MAX)
		return -EMFILE;
	list = realloc(buffers->list, capacity * sizeof(*list));
	if (!list)
		return -ENOMEM;
	buffers->list = list;
	buffers->capacity = capacity;
	return 0;
}

static int insert_locked(struct buffers *buffers, const struct buffer *buffer)
{
	size_t place = place_locked(buffers, buffer->id);
	int err = 0;

	if (find_locked(buffers, buffer->id))
		return -EEXIST;
	if (buffers->count == buffers->capacity)
		err = grow_locked(buffers);
	if (err)
		return err;
	memmove(&buffers->list[place + 1], &buffers->list[place],
		(buffers->count - place) * sizeof(*buffers->list));
	buffers->list[place] = *buffer;
	buffers->count++;
	return 0;
}

/* Takes it out. What it owns is the caller's. */
static bool take(struct buffers *buffers, uint32_t id, struct buffer *taken)
{
	struct buffer *found;

	pthread_mutex_lock(&buffers->lock);
	found = find_locked(buffers, id);
	if (found) {
		*taken = *found;
		buffers->count--;
		memmove(found, found + 1,
			(size_t)(&buffers->list[buffers->count] - found) * sizeof(*found));
	}
	pthread_mutex_unlock(&buffers->lock);
	return found;
}

/* --- The component's side ---------------------------------------------------------------------------- */

static bool same_extent(const struct extent *a, const struct extent *b)
{
	return a->offset == b->offset && a->length == b->length && a->access == b->access;
}

/* Puts it into the table, which owns the mapping if 0 is returned. */
static int keep_mapped(struct buffers *buffers, const struct buffer *buffer)
{
	struct buffer *there;
	int err;

	pthread_mutex_lock(&buffers->lock);
	err = insert_locked(buffers, buffer);
	there = err == -EEXIST ? find_locked(buffers, buffer->id) : NULL;
	if (there && same_extent(&there->extent, &buffer->extent))
		err = -EALREADY;
	pthread_mutex_unlock(&buffers->lock);
	return err;
}

static int far_add(struct cohort_port *port, const struct order *order, int fd)
{
	struct buffers *buffers = buffers_ensure(&port->buffers, &port->lock);
	struct buffer buffer = { .id = order->id,
				 .fd = -1,
				 .extent = { order->offset, order->length, order->access } };
	int err;

	if (!buffers)
		return -ENOMEM;
	err = mapping_open(&buffer.mapping, fd, &buffer.extent);
	if (err)
		return err;
	err = keep_mapped(buffers, &buffer);
	if (err)
		mapping_close(&buffer.mapping);
	return err == -EALREADY ? 0 : err;
}

static int far_remove(struct cohort_port *port, uint32_t id)
{
	struct buffers *buffers = buffers_at(&port->buffers, &port->lock);
	struct buffer taken;

	if (!buffers || !take(buffers, id, &taken))
		return -ENOENT;
	mapping_close(&taken.mapping);
	return 0;
}

/* Does what is ordered. `fd` is -1 if none came along. */
static int far_do(struct cohort_port *port, const struct order *order, int fd)
{
	if (!order->id || order->zero)
		return -EBADMSG;
	switch (order->deed) {
	case DEED_ADD:
		return fd < 0 ? -EBADMSG : far_add(port, order, fd);
	case DEED_REMOVE:
		return fd < 0 ? far_remove(port, order->id) : -EBADMSG;
	}
	return -EBADMSG;
}

int buffer_serve(struct cohort_call *call, void *arg)
{
	struct order order;
	size_t length, nfds = cohort_call_fds(call);
	const void *data = cohort_call_data(call, &length);
	int fd = -1, err;

	if (length != sizeof(order) || nfds > 1)
		return -EBADMSG;
	memcpy(&order, data, sizeof(order));
	if (nfds)
		fd = cohort_call_fd_take(call, 0);
	if (nfds && fd < 0)
		return fd;
	err = far_do(arg, &order, fd);
	if (fd >= 0)
		close(fd);
	return err;
}

void buffers_free_mapped(struct buffers *mapped)
{
	buffers_free(mapped);
}

int cohort_buffer_find(struct cohort_port *caller, uint32_t id, struct cohort_buffer *buffer)
{
	struct buffers *buffers;
	struct buffer *found;

	if (!caller || !buffer || buffer->size != sizeof(*buffer))
		return -EINVAL;
	buffers = buffers_at(&caller->buffers, &caller->lock);
	if (!buffers)
		return -ENOENT;
	pthread_mutex_lock(&buffers->lock);
	found = find_locked(buffers, id);
	if (found)
		*buffer = (struct cohort_buffer){ sizeof(*buffer), found->mapping.data,
						  found->mapping.length, found->extent.access };
	pthread_mutex_unlock(&buffers->lock);
	return found ? 0 : -ENOENT;
}

/* --- The caller's side: the way to the other ------------------------------------------------------------ */

static struct order order_of(enum deed deed, const struct buffer *buffer)
{
	struct order order = { .deed = deed, .id = buffer->id };

	if (deed == DEED_ADD) {
		order.offset = buffer->extent.offset;
		order.length = buffer->extent.length;
		order.access = buffer->extent.access;
	}
	return order;
}

/* Without a channel: in the component's turn, as its functions. */
static int order_in_turn(struct cohort_port *far, const struct order *order, int fd,
			 int64_t deadline)
{
	bool held;
	int err = turn_take(far->turn, deadline, &held);

	if (err)
		return err;
	err = far_do(far, order, fd);
	if (held)
		turn_give(far->turn);
	return err;
}

static int order_directly(struct cohort_component *component, const struct order *order, int fd,
			  int64_t deadline)
{
	struct frame *frame = frame_top();
	struct turn *home = frame ? frame->home : NULL;
	int err = turn_wait_begin(home);

	if (err)
		return err;
	err = order_in_turn(component->port->other, order, fd, deadline);
	turn_wait_end(home);
	return err;
}

/* To whoever is connected now, past the gate. */
static int order_now(struct cohort_component *component, const struct order *order, int fd,
		     int64_t deadline)
{
	return component_request(component, ACTION, order, sizeof(*order), &fd, fd >= 0, deadline,
				 NULL);
}

static int order_and_wait(struct cohort_component *component, const struct order *order, int fd)
{
	struct cohort_port *port = component->port;
	int64_t deadline = frame_inherit(clock_after(component->config.call_timeout));
	int err = port_enter(port, deadline);

	if (err)
		return err;
	err = port->channel ? order_now(component, order, fd, deadline)
			    : order_directly(component, order, fd, deadline);
	port_leave(port);
	return err;
}

/*
 * Sends a removal that nobody waits for, after what was sent before. Past the gate: it may have
 * been shown to a worker that replay() is busy with.
 */
static void order_removal(struct cohort_component *component, const struct buffer *buffer)
{
	struct order order = order_of(DEED_REMOVE, buffer);
	struct cohort_message message = COHORT_MESSAGE(ACTION, &order, sizeof(order));
	struct cohort_port *port = component->port;

	if (!port->channel || port_enter_anyway(port))
		return;
	cohort_send(port->channel, link_peer(port), &message, 0);
	port_leave(port);
}

/* --- The caller's side: what is shown -------------------------------------------------------------------- */

static bool shows_again(const struct cohort_component *component)
{
	return component->mode->worker && component->config.restart != COHORT_RESTART_NEVER;
}

/* Enters it under a new id. The table owns buffer->fd if 0 is returned. */
static int keep_shown(struct buffers *shown, struct buffer *buffer)
{
	int err;

	pthread_mutex_lock(&shown->lock);
	buffer->id = shown->last + 1;
	err = shown->last == UINT32_MAX ? -EMFILE : insert_locked(shown, buffer);
	if (!err)
		shown->last++;
	pthread_mutex_unlock(&shown->lock);
	return err;
}

static void drop(struct buffers *shown, uint32_t id)
{
	struct buffer taken;

	if (take(shown, id, &taken) && taken.fd >= 0)
		close(taken.fd);
}

/* Whether it was there. */
static bool unwant(struct buffers *shown, uint32_t id)
{
	struct buffer *found;

	pthread_mutex_lock(&shown->lock);
	found = find_locked(shown, id);
	if (found)
		found->wanted = false;
	pthread_mutex_unlock(&shown->lock);
	return found;
}

/* Shows what is in the table. Takes it out again if that fails. */
static int show(struct cohort_component *component, struct buffers *shown,
		const struct buffer *buffer, int fd)
{
	struct order order = order_of(DEED_ADD, buffer);
	int err = order_and_wait(component, &order, fd);

	if (!err)
		return 0;
	drop(shown, buffer->id);
	if (err == -ETIMEDOUT || err == -EPIPE || err == -ENOTCONN)
		order_removal(component, buffer);
	return err;
}

static int add_narrowed(struct cohort_component *component, int fd, const struct extent *extent,
			uint32_t *id)
{
	struct buffers *shown = buffers_ensure(&component->buffers, &component->lock);
	struct buffer buffer = { .wanted = true, .fd = -1, .extent = *extent };
	int err;

	if (!shown)
		return -ENOMEM;
	if (shows_again(component)) {
		buffer.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (buffer.fd < 0)
			return -errno;
	}
	err = keep_shown(shown, &buffer);
	if (err) {
		if (buffer.fd >= 0)
			close(buffer.fd);
		return err;
	}
	err = show(component, shown, &buffer, fd);
	if (!err)
		*id = buffer.id;
	return err;
}

int cohort_buffer_add(struct cohort_component *component, int fd, uint64_t offset, size_t length,
		      uint32_t access, uint32_t *id)
{
	struct extent extent = { offset, length, access };
	int narrowed, err;

	if (!component || !id)
		return -EINVAL;
	err = memory_narrow(fd, &extent, &narrowed);
	if (err)
		return err;
	err = add_narrowed(component, narrowed, &extent, id);
	close(narrowed);
	return err;
}

int cohort_buffer_remove(struct cohort_component *component, uint32_t id)
{
	struct buffer buffer = { .id = id };
	struct order order = order_of(DEED_REMOVE, &buffer);
	struct buffers *shown;
	int err;

	if (!component)
		return -EINVAL;
	shown = buffers_at(&component->buffers, &component->lock);
	if (!shown || !unwant(shown, id))
		return -ENOENT;
	err = order_and_wait(component, &order, -1);
	if (err && err != -ENOENT)
		return err;
	drop(shown, id);
	return 0;
}

void buffers_free_shown(struct buffers *shown)
{
	buffers_free(shown);
}

/* --- The caller's side: restarts --------------------------------------------------------------------------- */

/*
 * The first whose id is above `last`, with a descriptor of its own. 0; -ENOENT: there is none;
 * -EMFILE.
 */
static int next_after(struct buffers *shown, uint32_t last, struct buffer *next)
{
	int err = -ENOENT;
	size_t place;

	pthread_mutex_lock(&shown->lock);
	place = last == UINT32_MAX ? shown->count : place_locked(shown, last + 1);
	if (place < shown->count) {
		*next = shown->list[place];
		next->fd = fcntl(next->fd, F_DUPFD_CLOEXEC, 3);
		err = next->fd < 0 ? -errno : 0;
	}
	pthread_mutex_unlock(&shown->lock);
	return err;
}

static bool is_wanted(struct buffers *shown, uint32_t id)
{
	struct buffer *found;
	bool wanted;

	pthread_mutex_lock(&shown->lock);
	found = find_locked(shown, id);
	wanted = found && found->wanted;
	pthread_mutex_unlock(&shown->lock);
	return wanted;
}

/* The next worker has not got it, or no longer when this returns 0. */
static int take_back(struct cohort_component *component, struct buffers *shown,
		     const struct buffer *buffer, int64_t deadline)
{
	struct order order = order_of(DEED_REMOVE, buffer);
	int err = order_now(component, &order, -1, deadline);

	if (err && err != -ENOENT)
		return err;
	drop(shown, buffer->id);
	return 0;
}

static int replay_one(struct cohort_component *component, struct buffers *shown,
		      const struct buffer *buffer, int64_t deadline)
{
	struct order order = order_of(DEED_ADD, buffer);
	int err = 0;

	if (buffer->wanted)
		err = order_now(component, &order, buffer->fd, deadline);
	if (!err && !is_wanted(shown, buffer->id))
		err = take_back(component, shown, buffer, deadline);
	return err;
}

int buffers_replay(struct cohort_component *component, int64_t deadline)
{
	struct buffers *shown = buffers_at(&component->buffers, &component->lock);
	struct buffer buffer = { .id = 0 };
	int err = 0;

	if (!shown)
		return 0;
	while (!err) {
		err = next_after(shown, buffer.id, &buffer);
		if (err)
			return err == -ENOENT ? 0 : err;
		err = replay_one(component, shown, &buffer, deadline);
		close(buffer.fd);
	}
	return err;
}
