/*
 *	primary                                   secondary
 *	HELLO      <- HELLO                       sends HELLO, state HELLO
 *	(ALLOW     the application decides)
 *	MAPPED     WELCOME + region, bell ->      maps, state MAPPED
 *	           <- MAPPED
 *	LIVE       seals, READY ->                checks the seal, state LIVE
 *
 *	HELLO      <- HELLO, an observer's        sends HELLO, state HELLO
 *	OBSERVER   READY ->                       state LIVE, nothing is mapped
 *
 * The region is sealed against shrinking and growing before it is sent, and against new writable
 * mappings after both have mapped it, so that from then on nobody can punch holes into it or fault
 * the other side. Clocks: with t1 <= t2 <= t3 <= t4 both processes read one clock; else they live
 * in different time namespaces, and the secondary translates deadlines.
 */
#include "engine/handshake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/announce.h"
#include "engine/channel.h"
#include "engine/outbox.h"
#include "engine/query.h"
#include "io/bell.h"
#include "io/memfd.h"
#include "io/xfer.h"
#include "wire/control.h"
#include "wire/frame.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

#define SEALS_BEFORE ((unsigned)(F_SEAL_SHRINK | F_SEAL_GROW))
#define SEALS_AFTER (SEALS_BEFORE | (unsigned)F_SEAL_FUTURE_WRITE)

#define OUR_VERSIONS ((struct wire_versions){ .min = WIRE_VERSION_MIN, .max = WIRE_VERSION_MAX })

static int send_or_fail(struct session *s, const void *bytes, int length, const int *fds,
			size_t nfds)
{
	int err = length < 0 ? length : outbox_send(s, bytes, (size_t)length, fds, nfds);

	return err == -EPIPE ? 0 : err; /* its end will be noticed */
}

static int encode_refusal(void *bytes, size_t size, enum wire_refusal reason, int code,
			  const char *text)
{
	struct wire_refused frame = { .reason = reason,
				      .code = (uint32_t)code,
				      .versions = OUR_VERSIONS,
				      .text = wire_text_of(text, TEXT_REASON_MAX) };

	return wire_refused_encode(bytes, size, &frame);
}

void handshake_refuse_socket(int fd, enum wire_refusal reason, int code, const char *text)
{
	unsigned char bytes[512];
	int n = encode_refusal(bytes, sizeof(bytes), reason, code, text);
	struct iovec part = { .iov_base = bytes, .iov_len = n > 0 ? (size_t)n : 0 };

	if (n > 0)
		xfer_send(fd, &part, 1, NULL, 0, 0);
}

void handshake_refuse(struct session *s, enum wire_refusal reason, int code, const char *text)
{
	unsigned char bytes[512];

	send_or_fail(s, bytes, encode_refusal(bytes, sizeof(bytes), reason, code, text), NULL, 0);
}

static int refuse_and_end(struct session *s, enum wire_refusal reason, int code, const char *text)
{
	io_count_refusal(s->channel);
	handshake_refuse(s, reason, code, text);
	io_end_session(s, COHORT_LEFT_REFUSED, text);
	return 0;
}

void handshake_bye(struct session *s, uint32_t reason, const char *text)
{
	struct wire_bye frame = { .reason = reason, .text = wire_text_of(text, TEXT_REASON_MAX) };
	unsigned char bytes[512];

	if (s->bye_sent)
		return;
	s->bye_sent = true;
	lock_take(&s->out.lock);
	s->out.stopped = true;
	frame.position = s->out.ring.tail;
	lock_drop(&s->out.lock);
	send_or_fail(s, bytes, wire_bye_encode(bytes, sizeof(bytes), &frame), NULL, 0);
}

bool handshake_error_is_final(int error)
{
	return error == -EACCES || error == -EPROTO || error == -EPROTONOSUPPORT ||
	       error == -EUSERS || error == -ENAMETOOLONG || error == -ENOTDIR || error == -ELOOP;
}

/* The secondary. */

int handshake_begin(struct session *s)
{
	struct cohort *c = s->channel;
	struct frame_buffer *buffer = channel_buffer_take(c);
	struct wire_hello hello = { .versions = OUR_VERSIONS,
				    .features = WIRE_FEATURES,
				    .flags = c->observes ? WIRE_HELLO_OBSERVER : 0,
				    .pid = (uint32_t)getpid(),
				    .t1 = clock_now(),
				    .program = wire_text_of(c->program, TEXT_PROGRAM_MAX) };
	int err;

	if (!buffer)
		return -ENOMEM;
	err = announce_all(s, &hello, buffer);
	channel_buffer_give(c, buffer);
	return err;
}

static bool sizes_are_sound(const struct wire_welcome *w, struct region_shape *shape)
{
	uint32_t sizes[2] = { w->ring_to_primary, w->ring_to_secondary };

	for (int i = 0; i < 2; i++) {
		if (sizes[i] < 16384 || sizes[i] > CHANNEL_RING_MAX || (sizes[i] & (sizes[i] - 1)))
			return false;
	}
	if (w->slots_secondary != SLOT_COUNT || w->slots_primary != SLOT_COUNT ||
	    w->slot_size != SLOT_SIZE)
		return false;
	if (w->max_body == 0 || w->max_body > (UINT64_C(1) << 30) || w->bulk_size < 65536 ||
	    w->bulk_size > (UINT64_C(1) << 30) || (w->bulk_size & (w->bulk_size - 1)))
		return false;
	if (w->id >> 32 == 0 || w->id >> 32 != w->primary_id >> 32 || w->id == w->primary_id)
		return false;
	region_shape(shape, sizes[0], sizes[1]);
	return shape->size == w->region_size;
}

static void set_text(char to[64], struct wire_text text)
{
	size_t n = text.length < 63 ? text.length : 63;

	if (n)
		memcpy(to, text.data, n);
	to[n] = '\0';
}

static int64_t clock_offset(const struct wire_welcome *w, int64_t t4)
{
	if (w->t1 <= w->t2 && w->t2 <= w->t3 && w->t3 <= t4)
		return 0;
	return deadline_shift(w->t2, w->t1, -1) / 2 + deadline_shift(w->t3, t4, -1) / 2;
}

static int take_welcome(struct session *s, const struct wire_welcome *w,
			struct control_frame *frame, int64_t t4)
{
	struct region_shape shape;
	int err;

	if (w->version != WIRE_VERSION_MAX || !sizes_are_sound(w, &shape))
		return -EPROTO;
	fdlist_take(&frame->fds, 0, &s->region_fd);
	fdlist_take(&frame->fds, 1, &s->bell);
	if (memfd_check_region(s->region_fd, shape.size, SEALS_BEFORE))
		return -EPROTO;
	err = session_map(s, s->region_fd, &shape);
	if (err)
		return err;
	/* in vain if the peer changes it back: each call says MSG_DONTWAIT */
	fcntl(s->bell, F_SETFL, O_NONBLOCK);
	s->id = w->primary_id;
	s->self = w->id;
	s->max_body = w->max_body;
	s->bulk_size = (size_t)w->bulk_size;
	s->clock_offset = clock_offset(w, t4);
	set_text(s->program, w->program);
	return loop_add(&s->channel->executor.loop, s->bell, EPOLLIN | EPOLLET, s->number);
}

/*
 * Over a socketpair the primary is who sent the frame. In a pid namespace from which it cannot be
 * seen its number is 0; a pidfd the kernel gives all the same, since Linux 6.5.
 */
static int identify_sender(struct session *s, struct control_frame *frame)
{
	struct sock_identity who = SOCK_IDENTITY_NONE;

	if (!s->connected_by_fd || s->who.pidfd >= 0)
		return 0;
	if (frame->credentials.pid < 0)
		return -EPROTO;
	who.pid = frame->credentials.pid;
	who.uid = frame->credentials.uid;
	who.gid = frame->credentials.gid;
	who.pidfd = fd_steal(&frame->pidfd);
	if (who.pidfd < 0 && who.pid > 0)
		who.pidfd = fd_own((int)syscall(SYS_pidfd_open, who.pid, 0));
	s->who = who;
	return who.pidfd >= 0 ? io_watch_pidfd(s) : 0;
}

static int on_welcome(struct session *s, struct control_frame *frame)
{
	int64_t t4 = clock_now();
	struct wire_welcome welcome;
	struct wire_mapped mapped = { .t4 = t4 };
	unsigned char bytes[64];
	int err;

	if (s->side != REGION_SECONDARY || s->state != SESSION_HELLO || s->channel->observes ||
	    wire_welcome_decode(frame->bytes, frame->length, &welcome) ||
	    frame->fds.count != WIRE_WELCOME_FDS)
		return -EPROTO;
	err = identify_sender(s, frame);
	if (!err)
		err = take_welcome(s, &welcome, frame, t4);
	if (err)
		return err;
	session_set_state(s, SESSION_MAPPED);
	mapped.offset = s->clock_offset;
	return send_or_fail(s, bytes, wire_mapped_encode(bytes, sizeof(bytes), &mapped), NULL, 0);
}

static int on_ready(struct session *s, struct control_frame *frame)
{
	if (s->channel->observes)
		return s->state != SESSION_HELLO || wire_ready_decode(frame->bytes, frame->length)
			       ? -EPROTO
			       : io_session_live(s);
	if (s->side != REGION_SECONDARY || s->state != SESSION_MAPPED ||
	    wire_ready_decode(frame->bytes, frame->length))
		return -EPROTO;
	if (memfd_check_region(s->region_fd, s->region.shape.size, SEALS_AFTER))
		return -EPROTO;
	fd_close(&s->region_fd);
	return io_session_live(s);
}

static int error_of_refusal(const struct wire_refused *r)
{
	switch (r->reason) {
	case WIRE_REFUSED_VERSION:
		return -EPROTO;
	case WIRE_REFUSED_NOT_ALLOWED:
		return r->code ? -(int)r->code : -EACCES;
	case WIRE_REFUSED_FULL:
		return -EUSERS;
	case WIRE_REFUSED_SHUTTING_DOWN:
		return -ECONNREFUSED;
	default:
		return r->code ? -(int)r->code : -EACCES;
	}
}

static int on_refused(struct session *s, struct control_frame *frame)
{
	struct cohort *c = s->channel;
	struct wire_refused refused;
	char text[TEXT_REASON_MAX + 1] = "";
	int err;

	if (s->side != REGION_SECONDARY || atomic_load(&s->is_live) ||
	    wire_refused_decode(frame->bytes, frame->length, &refused))
		return -EPROTO;
	err = error_of_refusal(&refused);
	if (refused.text.length)
		memcpy(text, refused.text.data, refused.text.length);
	lock_take(&c->lock);
	c->connect_error = err;
	lock_drop(&c->lock);
	channel_log(c, LOG_WARNING, err,
		    "the primary refused: %s (%s), versions %u to %u there, %u to %u here",
		    wire_refusal_name(refused.reason), text, refused.versions.min,
		    refused.versions.max, WIRE_VERSION_MIN, WIRE_VERSION_MAX);
	io_count_refusal(c);
	io_end_session(s, COHORT_LEFT_REFUSED, text);
	return 0;
}

/* The primary. */

static bool uid_listed(const struct cohort_config *g, uid_t uid)
{
	for (size_t i = 0; i < g->nallow_uids; i++) {
		if (g->allow_uids[i] == uid)
			return true;
	}
	return false;
}

static bool gid_listed(const struct cohort_config *g, gid_t gid)
{
	for (size_t i = 0; i < g->nallow_gids; i++) {
		if (g->allow_gids[i] == gid)
			return true;
	}
	return false;
}

static bool is_admitted(struct session *s)
{
	const struct cohort_config *g = &s->channel->config;

	if (!g->nallow_uids && !g->nallow_gids)
		return true;
	return s->who.uid == 0 || s->who.uid == geteuid() || uid_listed(g, s->who.uid) ||
	       gid_listed(g, s->who.gid);
}

static int make_region(struct session *s, struct region_shape *shape)
{
	struct cohort *c = s->channel;
	int bells[2] = { -1, -1 }, err;

	region_shape(shape, c->config.ring_size, c->config.ring_size);
	err = memfd_make("cohort-region", shape->size, &s->region_fd);
	if (!err)
		err = memfd_seal(s->region_fd, SEALS_BEFORE);
	if (!err)
		err = session_map(s, s->region_fd, shape);
	if (!err)
		err = bell_pair(bells);
	if (err)
		return err;
	s->bell = bells[0];
	s->bell_theirs = bells[1];
	return loop_add(&c->executor.loop, s->bell, EPOLLIN | EPOLLET, s->number);
}

static int send_welcome(struct session *s, const struct region_shape *shape)
{
	struct cohort *c = s->channel;
	struct wire_welcome welcome = {
		.version = WIRE_VERSION_MAX,
		.features = WIRE_FEATURES,
		.id = s->id,
		.primary_id = s->self,
		.ring_to_primary = (uint32_t)shape->ring_size[0],
		.ring_to_secondary = (uint32_t)shape->ring_size[1],
		.slots_secondary = SLOT_COUNT,
		.slots_primary = SLOT_COUNT,
		.slot_size = SLOT_SIZE,
		.max_body = c->config.max_body,
		.bulk_size = c->config.bulk_size,
		.region_size = shape->size,
		.t1 = s->t1,
		.t2 = s->t2,
		.t3 = clock_now(),
		.program = wire_text_of(c->program, TEXT_PROGRAM_MAX),
	};
	unsigned char bytes[512];
	int fds[2] = { s->region_fd, s->bell_theirs };

	return send_or_fail(s, bytes, wire_welcome_encode(bytes, sizeof(bytes), &welcome), fds, 2);
}

enum wire_refusal handshake_refusal_of(int err)
{
	if (err == -ESHUTDOWN)
		return WIRE_REFUSED_SHUTTING_DOWN;

	return err == -EMFILE || err == -ENFILE ? WIRE_REFUSED_NO_DESCRIPTORS
						: WIRE_REFUSED_NO_MEMORY;
}

static int welcome(struct session *s)
{
	struct region_shape shape;
	int err = make_region(s, &shape);

	if (!err)
		err = send_welcome(s, &shape);
	fd_close(&s->bell_theirs);
	if (err)
		return refuse_and_end(s, handshake_refusal_of(err), -err,
				      "the primary has no resources left");
	session_set_state(s, SESSION_MAPPED);
	return 0;
}

static void ask_application(struct session *s)
{
	session_set_state(s, SESSION_ALLOW);
	atomic_fetch_or(&s->events, EVENT_ALLOW);
	executor_kick(s);
}

void handshake_allowed(struct session *s, int verdict)
{
	if (s->state != SESSION_ALLOW)
		return;
	s->handshake_deadline = deadline_after(clock_now(), s->channel->config.handshake_timeout);
	atomic_store(&s->verdict, 0);
	if (verdict)
		refuse_and_end(s, WIRE_REFUSED_NOT_ALLOWED, verdict < -4095 ? EACCES : -verdict,
			       "not allowed");
	else
		welcome(s);
}

static int read_hello(struct control_frame *frame, struct wire_hello *hello)
{
	struct wire_versions theirs;

	if (wire_hello_peek(frame->bytes, frame->length, &theirs))
		return -EPROTO;
	if (wire_versions_choose(OUR_VERSIONS, theirs) < 0)
		return -EPROTONOSUPPORT;
	return wire_hello_decode(frame->bytes, frame->length, hello);
}

/* It is shown what everybody sends: the primary's own user may see that, whoever else may join. */
static int admit_observer(struct session *s, const struct wire_hello *hello)
{
	unsigned char bytes[64];

	if (hello->more || hello->actions.count)
		return -EPROTO;
	if (s->who.uid != 0 && s->who.uid != geteuid())
		return refuse_and_end(s, WIRE_REFUSED_NOT_ALLOWED, EACCES,
				      "only root and its own user may observe");
	set_text(s->program, hello->program);
	if (!io_session_observes(s))
		return refuse_and_end(s, WIRE_REFUSED_FULL, EUSERS, "it has too many observers");
	return send_or_fail(s, bytes, wire_ready_encode(bytes, sizeof(bytes)), NULL, 0);
}

static int on_hello(struct session *s, struct control_frame *frame)
{
	struct wire_hello hello;
	int err;

	s->t2 = clock_now();
	if (s->side != REGION_PRIMARY || s->state != SESSION_HELLO)
		return -EPROTO;
	err = read_hello(frame, &hello);
	if (err == -EPROTONOSUPPORT)
		return refuse_and_end(s, WIRE_REFUSED_VERSION, EPROTONOSUPPORT,
				      "no common version");
	if (!err)
		err = identify_sender(s, frame);
	if (err)
		return err;
	if (hello.flags & WIRE_HELLO_OBSERVER)
		return admit_observer(s, &hello);
	s->t1 = hello.t1;
	s->self = (uint64_t)s->channel->epoch << 32 | COHORT_PRIMARY;
	set_text(s->program, hello.program);
	s->actions_complete = !hello.more;
	if (!is_admitted(s))
		return refuse_and_end(s, WIRE_REFUSED_NOT_ALLOWED, EACCES,
				      "its uid and gid are not allowed");
	err = announce_add(s, &hello.actions);
	if (err)
		return refuse_and_end(s, WIRE_REFUSED_NO_MEMORY, -err,
				      "its actions could not be taken");
	if (s->channel->config.allow) {
		ask_application(s);
		return 0;
	}
	return welcome(s);
}

static int on_mapped(struct session *s, struct control_frame *frame)
{
	struct wire_mapped mapped;
	unsigned char bytes[64];
	int err;

	if (s->side != REGION_PRIMARY || s->state != SESSION_MAPPED || !s->actions_complete ||
	    wire_mapped_decode(frame->bytes, frame->length, &mapped))
		return -EPROTO;
	err = memfd_seal(s->region_fd, (unsigned)F_SEAL_FUTURE_WRITE | (unsigned)F_SEAL_SEAL);
	if (!err)
		err = memfd_check_region(s->region_fd, s->region.shape.size, SEALS_AFTER);
	if (err)
		return -EPROTO;
	fd_close(&s->region_fd);
	err = io_session_live(s);
	if (err)
		return refuse_and_end(s, WIRE_REFUSED_NO_MEMORY, -err, "no memory for its actions");
	return send_or_fail(s, bytes, wire_ready_encode(bytes, sizeof(bytes)), NULL, 0);
}

/* Either. */

static int on_bye(struct session *s, struct control_frame *frame)
{
	struct wire_bye bye;

	if ((!atomic_load(&s->is_live) && s->state != SESSION_OBSERVER) ||
	    wire_bye_decode(frame->bytes, frame->length, &bye))
		return -EPROTO;
	s->bye_reason = bye.reason;
	return 0;
}

int handshake_frame(struct session *s, struct control_frame *frame)
{
	struct frame_header header;

	if (frame_peek(frame->bytes, frame->length, &header))
		return -EPROTO;
	switch (header.kind) {
	case FRAME_HELLO:
		return on_hello(s, frame);
	case FRAME_WELCOME:
		return on_welcome(s, frame);
	case FRAME_MAPPED:
		return on_mapped(s, frame);
	case FRAME_READY:
		return on_ready(s, frame);
	case FRAME_REFUSED:
		return on_refused(s, frame);
	case FRAME_ANNOUNCE:
		return announce_frame(s, frame);
	case FRAME_ACK:
		return announce_ack(s, frame);
	case FRAME_BYE:
		return on_bye(s, frame);
	case FRAME_QUERY:
		return query_frame(s, frame);
	case FRAME_ANSWER:
		return query_answer(s, frame);
	default:
		return -EPROTO;
	}
}
