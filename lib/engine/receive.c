/*
 * A visible record's sidecar is already in our socket: the sender sent it first. So whoever meets
 * the record either finds it in the table, because another thread has read it, or reads the socket
 * itself; if it is then not there, the peer lied. Frames and records have the same order, so the
 * table is a queue. A body that says that descriptors follow, and is followed by something
 * else, belongs to no record: its sender gave up between the two frames.
 *
 * The queue is bounded: an honest sender keeps to its credit (SIDECAR_CREDIT), and who sends more than
 * the queue has places for is in violation. A descriptor that could not be received (EMFILE) leaves an entry with fewer
 * descriptors than declared; its record fails with that reason, and the channel lives.
 */
#include "engine/receive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/channel.h"
#include "wire/control.h"
#include "wire/frame.h"

#define INBOX_MAX 1024u
#define PACKETS_MAX 64 /* read at a time, so that a flood keeps no thread */
#define READS_MAX 32   /* times that, to find what a record names */

void reply_part_free(struct reply_part *part)
{
	if (!part)
		return;
	fdlist_close(&part->fds);
	fd_close(&part->memfd);
	free(part);
}

void receive_discard(struct cohort *c, struct fdlist *fds)
{
	int live[FDLIST_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < fds->count; i++) {
		if (fds->fd[i] >= 0)
			live[n++] = fds->fd[i];
	}
	fds->count = 0;
	if (n)
		reaper_close(&c->reaper, live, n);
}

void control_frame_free(struct cohort *c, struct control_frame *frame)
{
	if (!frame)
		return;
	receive_discard(c, &frame->fds);
	fd_close(&frame->pidfd);
	free(frame);
}

/* Not fdlist_close(): its descriptors are the peer's choice. */
void reply_part_discard(struct cohort *c, struct reply_part *part)
{
	struct fdlist memfd = { .count = 1, .fd = { -1 } };

	if (!part)
		return;
	memfd.fd[0] = fd_steal(&part->memfd);
	receive_discard(c, &memfd);
	receive_discard(c, &part->fds);
	reply_part_free(part);
}

static void discard_one(struct session *s, int fd)
{
	reaper_close(&s->channel->reaper, &fd, 1);
}

static int fail(struct session *s, int error)
{
	if (!s->receive.error)
		s->receive.error = error;
	return error;
}

/* The receive lock is held in all that follows, up to receive_drain(). */

/* A body whose descriptors do not follow belongs to a record that was never published. */
static void drop_half(struct session *s, struct sidecars *q, const struct sidecar *next)
{
	struct sidecar *last = &q->entry[(q->first + q->count - 1) % SIDECARS_MAX];

	if (!q->count || !last->more || (!next->length && next->key == last->key + 1))
		return;
	for (unsigned i = 0; i < last->fds; i++)
		discard_one(s, q->fd[(q->first_fd + --q->count_fds) % (2 * SIDECAR_FDS)]);
	q->count--;
}

static int queue_sidecar(struct session *s, const struct sidecar *frame, struct xfer_in *in)
{
	struct sidecars *q = s->receive.sidecars;
	struct sidecar *entry;

	if (!q) {
		q = s->receive.sidecars = calloc(1, sizeof(*q));
		if (!q)
			return fail(s, -ENOMEM);
	}
	drop_half(s, q, frame);
	if (q->count == SIDECARS_MAX || q->count_fds + in->fds.count > 2 * SIDECAR_FDS)
		return fail(s, -EDQUOT);
	entry = &q->entry[(q->first + q->count++) % SIDECARS_MAX];
	*entry = *frame;
	entry->fds = (uint16_t)in->fds.count;
	for (unsigned i = 0; i < in->fds.count; i++)
		q->fd[(q->first_fd + q->count_fds++) % (2 * SIDECAR_FDS)] = in->fds.fd[i];
	in->fds.count = 0;
	return 0;
}

static int on_sidecar(struct session *s, const unsigned char *bytes, size_t length,
		      struct xfer_in *in, bool missing)
{
	struct wire_sidecar frame;

	if (wire_sidecar_decode(bytes, length, &frame) || (!missing && in->fds.count != frame.fds))
		return fail(s, -EPROTO);
	return queue_sidecar(s, &(struct sidecar){ .key = frame.key, .declared = frame.fds }, in);
}

static int on_body(struct session *s, const unsigned char *bytes, size_t length, struct xfer_in *in)
{
	struct sidecar entry = { .declared = 1 };
	struct wire_body frame;

	if (wire_body_decode(bytes, length, &frame) || frame.length > s->max_body)
		return fail(s, -EPROTO);
	entry.key = frame.key & ~WIRE_SIDECAR_FOLLOWS;
	entry.more = frame.key & WIRE_SIDECAR_FOLLOWS;
	entry.length = frame.length;
	return queue_sidecar(s, &entry, in);
}

static int on_bulk(struct session *s, const unsigned char *bytes, size_t length, struct xfer_in *in,
		   bool missing)
{
	struct wire_bulk frame;

	if (wire_bulk_decode(bytes, length, &frame) ||
	    (s->receive.bulk_size && !s->receive.bulk_lost))
		return fail(s, -EPROTO);
	s->receive.bulk_size = frame.size;
	s->receive.bulk_lost = missing;
	if (missing) {
		/* until it comes again records that need it fail with -EMFILE */
		session_chore(s, CHORE_BULK);
		return 0;
	}
	return fdlist_take(&in->fds, 0, &s->receive.bulk_fd);
}

static struct reply_part *new_part(uint64_t key, size_t bytes)
{
	struct reply_part *part = malloc(sizeof(*part) + bytes);

	if (!part)
		return NULL;
	part->key = key;
	part->complete = part->missing_fds = false;
	part->length = 0;
	part->memfd = -1;
	fdlist_init(&part->fds);
	return part;
}

/*
 * The frames of one reply: [memfd, more] then descriptors, or one frame with bytes and descriptors.
 */
static int fill_part(struct reply_part *part, const struct wire_reply *frame, struct xfer_in *in,
		     bool missing)
{
	part->missing_fds |= missing;
	part->complete = !frame->more;
	if (frame->form == WIRE_REPLY_MEMFD) {
		part->length = frame->length;
		if (!missing)
			fdlist_take(&in->fds, 0, &part->memfd);
		return 0;
	}
	if (frame->form == WIRE_REPLY_INLINE) {
		part->length = frame->length;
		if (frame->length)
			memcpy(part->bytes, frame->data, (size_t)frame->length);
	}
	fdlist_move(&part->fds, &in->fds);
	return 0;
}

/*
 * Who frees a slot stores its state before it takes the receive lock to drop what came: so nothing
 * is kept after that.
 */
static bool is_asked(const struct ask *ask, uint64_t key)
{
	uint64_t sequence = atomic_load_explicit(&ask->sequence, memory_order_relaxed);

	return atomic_load_explicit(&ask->state, memory_order_relaxed) != ASK_FREE &&
	       key == wire_reply_key(wire_reply_key_slot(key), sequence);
}

static int on_reply(struct session *s, const unsigned char *bytes, size_t length,
		    struct xfer_in *in, bool missing)
{
	struct wire_reply frame;
	struct reply_part *part;
	struct ask *ask;

	if (wire_reply_decode(bytes, length, &frame) || frame.length > s->max_body ||
	    (!missing && in->fds.count != frame.fds))
		return fail(s, -EPROTO);
	if (wire_reply_key_slot(frame.key) >= SLOT_COUNT)
		return fail(s, -EPROTO);
	ask = &s->ask[wire_reply_key_slot(frame.key)];
	if (!is_asked(ask, frame.key))
		return 0; /* too late, or never asked for: read_one() closes what came */
	part = ask->part;
	if (!part || part->complete || part->key != frame.key || frame.form != WIRE_REPLY_FDS) {
		part = new_part(frame.key,
				frame.form == WIRE_REPLY_INLINE ? (size_t)frame.length : 0);
		if (!part)
			return fail(s, -ENOMEM);
		reply_part_discard(s->channel, ask->part);
		ask->part = part;
	}
	return fill_part(part, &frame, in, missing);
}

static int on_control(struct session *s, const unsigned char *bytes, size_t length,
		      struct xfer_in *in)
{
	struct control_frame *frame;

	if (s->receive.inbox_count == INBOX_MAX)
		return fail(s, -EDQUOT);
	frame = malloc(sizeof(*frame) + length);
	if (!frame)
		return fail(s, -ENOMEM);
	memset(&frame->node, 0, sizeof(frame->node));
	frame->credentials = in->credentials;
	frame->pidfd = fd_steal(&in->pidfd);
	frame->length = length;
	memcpy(frame->bytes, bytes, length);
	fdlist_init(&frame->fds);
	fdlist_move(&frame->fds, &in->fds);
	list_add_tail(&s->receive.inbox, &frame->node);
	s->receive.inbox_count++;
	return 0;
}

/* Observers have no records, nor has a session before its handshake is done. */
static bool belongs_to_records(enum frame_kind kind)
{
	return kind == FRAME_SIDECAR || kind == FRAME_BODY || kind == FRAME_REPLY ||
	       kind == FRAME_BULK;
}

static int on_frame(struct session *s, const unsigned char *bytes, struct xfer_in *in, bool missing)
{
	struct frame_header header;
	size_t length = in->length;

	if (in->truncated || frame_peek(bytes, length, &header))
		return fail(s, -EPROTO);
	if (!missing && in->fds.count != header.fds)
		return fail(s, -EPROTO);
	if (log_trace_on())
		log_trace("frame in peer=%llx kind=%s size=%zu fds=%u key=%llu",
			  (unsigned long long)s->id, frame_kind_name(header.kind), length,
			  header.fds, (unsigned long long)header.key);
	if (belongs_to_records(header.kind) && !session_is_mapped(s))
		return fail(s, -EPROTO);
	switch (header.kind) {
	case FRAME_SIDECAR:
		return on_sidecar(s, bytes, length, in, missing);
	case FRAME_BODY:
		return on_body(s, bytes, length, in);
	case FRAME_REPLY:
		return on_reply(s, bytes, length, in, missing);
	case FRAME_BULK:
		return on_bulk(s, bytes, length, in, missing);
	default:
		return missing ? fail(s, -EMFILE) : on_control(s, bytes, length, in);
	}
}

/* One packet. 1: go on; 0: nothing more now; or the error. */
static int read_one(struct session *s, unsigned char *buffer)
{
	struct xfer_in in;
	int n, err;

	xfer_in_init(&in);
	n = xfer_recv(s->socket, buffer, FRAME_MAX, &in);
	if (n == -EAGAIN || n == -EINTR)
		return n == -EINTR;
	if (n == 0 || (n < 0 && n != -EMFILE)) {
		atomic_store(&s->receive.hangup, true);
		return 0;
	}
	err = on_frame(s, buffer, &in, n == -EMFILE || in.fds_truncated);
	receive_discard(s->channel, &in.fds);
	xfer_in_deinit(&in);
	return err ? err : 1;
}

static int drain_locked(struct session *s)
{
	struct frame_buffer *buffer;
	int n = 1;

	if (s->receive.error || s->receive.hangup)
		return s->receive.error;
	buffer = channel_buffer_take(s->channel);
	if (!buffer)
		return -ENOMEM;
	for (int i = 0; i < PACKETS_MAX && n == 1 && !s->receive.hangup; i++)
		n = read_one(s, buffer->bytes);
	channel_buffer_give(s->channel, buffer);
	if (s->receive.error)
		return s->receive.error;
	return n == 1 && !s->receive.hangup ? RECEIVE_MORE : 0;
}

/* Control frames that this thread has read are the io thread's. */
static void tell_io(struct session *s, bool news)
{
	if (news)
		session_chore(s, CHORE_INBOX);
}

int receive_drain(struct session *s)
{
	int err;

	lock_take(&s->receive.lock);
	err = drain_locked(s);
	lock_drop(&s->receive.lock);
	return err;
}

struct control_frame *receive_pop(struct session *s)
{
	struct list_node *node;

	lock_take(&s->receive.lock);
	node = list_pop(&s->receive.inbox);
	if (node)
		s->receive.inbox_count--;
	lock_drop(&s->receive.lock);
	return node ? LIST_ENTRY(node, struct control_frame, node) : NULL;
}

static int pop_fd(struct sidecars *q)
{
	int fd = q->fd[q->first_fd];

	q->first_fd = (q->first_fd + 1) % (2 * SIDECAR_FDS);
	q->count_fds--;
	return fd;
}

static void pop_entry(struct sidecars *q)
{
	q->first = (q->first + 1) % SIDECARS_MAX;
	q->count--;
}

/* Credit: tells the sender what was taken, with what was dropped. */
static void credit(struct session *s, unsigned fds, uint64_t bytes)
{
	struct lane *lane = session_lane_in(s);

	/* Only this side writes them; under the receive lock. Pairs with the look in send.c. */
	atomic_store(&lane->fds_taken,
		     atomic_load_explicit(&lane->fds_taken, memory_order_relaxed) + fds);
	atomic_store(&lane->body_taken,
		     atomic_load_explicit(&lane->body_taken, memory_order_relaxed) + bytes);
}

/* Of no record: its sender did not count it either. */
static void drop_entry(struct session *s, struct sidecars *q)
{
	struct sidecar entry = q->entry[q->first];

	for (unsigned i = 0; i < entry.fds; i++)
		discard_one(s, pop_fd(q));
	pop_entry(q);
}

/* The entry with this key at the front of the queue, or NULL; what stands before it is dropped. */
static struct sidecar *front(struct session *s, uint32_t key)
{
	struct sidecars *q = s->receive.sidecars;

	while (q && q->count && (int32_t)((uint32_t)q->entry[q->first].key - key) < 0)
		drop_entry(s, q);
	if (!q || !q->count || (uint32_t)q->entry[q->first].key != key)
		return NULL;
	return &q->entry[q->first];
}

static int find_or_read(struct session *s, uint32_t key, struct sidecar **out)
{
	int more = RECEIVE_MORE;

	for (int i = 0; i <= READS_MAX; i++) {
		*out = front(s, key);
		if (*out)
			return 0;
		if (more != RECEIVE_MORE)
			break;
		more = drain_locked(s);
		if (more < 0)
			return more;
	}
	return -ENODATA;
}

static int take_body(struct session *s, uint32_t key, struct sidecar_taken *out)
{
	struct sidecar *entry;
	int err = find_or_read(s, key, &entry);

	if (err)
		return err;
	if (!entry->length)
		return -EPROTO;
	out->missing_fds |= entry->fds < entry->declared;
	out->body_length = entry->length;
	if (entry->fds)
		out->body = pop_fd(s->receive.sidecars);
	credit(s, 1, entry->length);
	pop_entry(s->receive.sidecars);
	return 0;
}

static int take_fds(struct session *s, uint32_t key, unsigned fds, struct sidecar_taken *out)
{
	struct sidecar *entry;
	int err = find_or_read(s, key, &entry);

	if (err)
		return err;
	if (entry->length || entry->declared != fds)
		return -EPROTO;
	out->missing_fds |= entry->fds < fds;
	for (unsigned i = 0; i < entry->fds; i++)
		fdlist_push(&out->fds, pop_fd(s->receive.sidecars));
	pop_entry(s->receive.sidecars);
	credit(s, fds, 0);
	return 0;
}

int receive_take(struct session *s, uint32_t key, bool body, unsigned fds,
		 struct sidecar_taken *out)
{
	unsigned inbox;
	int err = 0;

	out->body = -1;
	out->body_length = 0;
	out->missing_fds = false;
	fdlist_init(&out->fds);
	lock_take(&s->receive.lock);
	inbox = s->receive.inbox_count;
	if (body)
		err = take_body(s, key++, out);
	if (!err && fds)
		err = take_fds(s, key, fds, out);
	inbox = s->receive.inbox_count != inbox || s->receive.hangup;
	lock_drop(&s->receive.lock);
	tell_io(s, inbox);
	if (err) {
		receive_discard(s->channel, &out->fds);
		if (out->body >= 0)
			discard_one(s, fd_steal(&out->body));
	}
	return err;
}

static bool reply_is_there(const struct ask *ask, uint64_t key)
{
	return ask->part && ask->part->key == key && ask->part->complete;
}

int receive_reply(struct session *s, unsigned index, struct reply_part **out)
{
	struct ask *ask = &s->ask[index];
	uint64_t key = wire_reply_key((uint16_t)index, ask->sequence);
	unsigned inbox;
	bool news;
	int more = RECEIVE_MORE;

	lock_take(&s->receive.lock);
	inbox = s->receive.inbox_count;
	for (int i = 0; i < READS_MAX && !reply_is_there(ask, key) && more == RECEIVE_MORE; i++)
		more = drain_locked(s);
	news = s->receive.inbox_count != inbox || s->receive.hangup;
	if (reply_is_there(ask, key)) {
		*out = ask->part;
		ask->part = NULL;
		more = 0;
	} else if (more >= 0) {
		more = -ENODATA;
	}
	lock_drop(&s->receive.lock);
	tell_io(s, news);
	return more;
}

void receive_drop_reply(struct session *s, unsigned index)
{
	struct reply_part *part;

	lock_take(&s->receive.lock);
	part = s->ask[index].part;
	s->ask[index].part = NULL;
	lock_drop(&s->receive.lock);
	reply_part_discard(s->channel, part);
}

int receive_bulk(struct session *s, int *fd, uint64_t *size)
{
	int more = RECEIVE_MORE;

	lock_take(&s->receive.lock);
	for (int i = 0; i < READS_MAX && s->receive.bulk_fd < 0 && more == RECEIVE_MORE; i++)
		more = drain_locked(s);
	if (s->receive.bulk_fd >= 0) {
		*fd = fd_steal(&s->receive.bulk_fd);
		*size = s->receive.bulk_size;
		more = 0;
	} else if (more >= 0) {
		more = s->receive.bulk_lost ? -EMFILE : -ENODATA;
	}
	lock_drop(&s->receive.lock);
	tell_io(s, true);
	return more;
}

void receive_bulk_return(struct session *s, int fd)
{
	lock_take(&s->receive.lock);
	s->receive.bulk_fd = fd;
	lock_drop(&s->receive.lock);
}

static void drop_sidecars(struct session *s)
{
	struct sidecars *q = s->receive.sidecars;

	while (q && q->count_fds)
		discard_one(s, pop_fd(q));
	free(q);
	s->receive.sidecars = NULL;
}

void receive_deinit(struct session *s)
{
	struct list_node *node;

	while ((node = list_pop(&s->receive.inbox)))
		control_frame_free(s->channel, LIST_ENTRY(node, struct control_frame, node));
	drop_sidecars(s);
	for (unsigned i = 0; i < SLOT_COUNT; i++)
		receive_drop_reply(s, i);
	if (s->receive.bulk_fd >= 0)
		discard_one(s, fd_steal(&s->receive.bulk_fd));
}
