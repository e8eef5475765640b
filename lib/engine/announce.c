/*
 * A secondary's actions exist at the primary from the first instant: HELLO has them all. Whoever
 * registers one later adds it to the table first and then tells the session that `current` names;
 * announce_all() sets `current` and reads the table under the same lock, so each change is either
 * in HELLO or told after it. Hearing of an action twice does no harm.
 */
#include "engine/announce.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "engine/bulk.h"
#include "engine/outbox.h"
#include "wire/control.h"
#include "wire/entries.h"
#include "wire/name.h"

#define REMOTE_ACTIONS_MAX 1024u
#define ACK_TIMEOUT COHORT_SECONDS(1)

struct snapshot {
	size_t count, capacity;
	struct snapshot_entry {
		uint32_t flags;
		char name[COHORT_NAME_MAX + 1];
		char help[COHORT_HELP_MAX + 1];
	} * entry;
};

static void add_to_snapshot(const struct action *action, void *arg)
{
	struct snapshot *shot = arg;
	struct snapshot_entry *e;

	if (shot->count == shot->capacity)
		return;
	e = &shot->entry[shot->count++];
	e->flags = action->flags;
	memcpy(e->name, action->name, sizeof(e->name));
	memcpy(e->help, action->help, sizeof(e->help));
}

static void count_action(const struct action *action, void *arg)
{
	(void)action;
	++*(size_t *)arg;
}

static int take_snapshot(struct action_table *table, struct snapshot *shot)
{
	*shot = (struct snapshot){ 0 };
	action_each(table, count_action, &shot->capacity);
	shot->capacity += 16; /* what is added meanwhile is announced by who adds it */
	shot->entry = calloc(shot->capacity, sizeof(*shot->entry));
	if (!shot->entry)
		return -ENOMEM;
	action_each(table, add_to_snapshot, shot);
	return 0;
}

/* As many entries as fit on one page, from *next on. */
static void fill_page(const struct snapshot *shot, size_t *next, unsigned char *page,
		      struct wire_entries *entries)
{
	struct writer writer;
	uint32_t count = 0;

	writer_init(&writer, page, WIRE_ENTRIES_MAX);
	for (; *next < shot->count; ++*next) {
		const struct snapshot_entry *e = &shot->entry[*next];
		struct wire_action action = { .name = wire_text_of(e->name, COHORT_NAME_MAX),
					      .flags = e->flags,
					      .help = wire_text_of(e->help, TEXT_HELP_MAX) };

		if (wire_action_append(&writer, &count, &action))
			break;
	}
	*entries = (struct wire_entries){ .data = page, .size = writer.used, .count = count };
}

static int send_page(struct session *s, struct wire_hello *hello,
		     const struct wire_entries *entries, bool more, struct frame_buffer *buffer)
{
	struct wire_announce announce = { .op = WIRE_ANNOUNCE_ADD,
					  .more = more,
					  .actions = *entries };
	int n;

	if (hello) {
		hello->actions = *entries;
		hello->more = more;
		n = wire_hello_encode(buffer->bytes, sizeof(buffer->bytes), hello);
	} else {
		n = wire_announce_encode(buffer->bytes, sizeof(buffer->bytes), &announce);
	}
	return n < 0 ? n : outbox_send(s, buffer->bytes, (size_t)n, NULL, 0);
}

static int send_pages(struct session *s, struct wire_hello *hello, const struct snapshot *shot,
		      unsigned char *page, struct frame_buffer *buffer)
{
	struct wire_entries entries;
	size_t next = 0;
	int err;

	do {
		fill_page(shot, &next, page, &entries);
		err = send_page(s, hello, &entries, next < shot->count, buffer);
		hello = NULL;
	} while (!err && next < shot->count);
	return err;
}

int announce_all(struct session *s, struct wire_hello *hello, struct frame_buffer *buffer)
{
	struct cohort *c = s->channel;
	unsigned char *page = malloc(WIRE_ENTRIES_MAX);
	struct snapshot shot = { 0 };
	int err = page ? 0 : -ENOMEM;

	lock_take(&c->lock);
	if (!err)
		err = take_snapshot(&c->actions, &shot);
	if (!err) {
		c->current = s;
		err = send_pages(s, hello, &shot, page, buffer);
	}
	lock_drop(&c->lock);
	free(shot.entry);
	free(page);
	return err;
}

/* The primary's side. c->lock is held in the next three. */

static struct remote_action *find_remote_locked(struct session *s, struct wire_text name)
{
	uint32_t hash = hash_name(name.data, name.length);
	struct list_node *node;

	LIST_FOR_EACH(node, &s->actions) {
		struct remote_action *a = LIST_ENTRY(node, struct remote_action, node);

		if (a->hash == hash && a->length == name.length &&
		    !memcmp(a->name, name.data, name.length))
			return a;
	}
	return NULL;
}

static int add_locked(struct session *s, const struct wire_action *action)
{
	struct remote_action *a;
	int err = 0;

	if (find_remote_locked(s, action->name))
		return 0;
	if (s->action_count == REMOTE_ACTIONS_MAX)
		return -ENOBUFS;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->length = (uint8_t)action->name.length;
	a->hash = hash_name(action->name.data, action->name.length);
	a->flags = action->flags;
	memcpy(a->name, action->name.data, action->name.length);
	if (action->help.length)
		memcpy(a->help, action->help.data, action->help.length);
	if (atomic_load(&s->is_live))
		err = audience_add(&s->channel->audience, a->name, a->length, s);
	if (err) {
		free(a);
		return err;
	}
	list_add_tail(&s->actions, &a->node);
	s->action_count++;
	return 0;
}

static void remove_locked(struct session *s, const struct wire_action *action)
{
	struct remote_action *a = find_remote_locked(s, action->name);

	if (!a)
		return;
	while (audience_remove(&s->channel->audience, a->name, a->length, s) == -ENOMEM)
		usleep(1000);
	list_remove(&a->node);
	s->action_count--;
	free(a);
}

int announce_add(struct session *s, const struct wire_entries *entries)
{
	struct wire_action action;
	struct cursor cursor;
	int err = 0;

	cursor_init(&cursor, entries->data, entries->size);
	lock_take(&s->channel->lock);
	while (!err && wire_action_next(&cursor, &action))
		err = add_locked(s, &action);
	cond_broadcast(&s->channel->changed);
	lock_drop(&s->channel->lock);
	return err;
}

static void announce_remove(struct session *s, const struct wire_entries *entries)
{
	struct wire_action action;
	struct cursor cursor;

	cursor_init(&cursor, entries->data, entries->size);
	lock_take(&s->channel->lock);
	while (wire_action_next(&cursor, &action))
		remove_locked(s, &action);
	lock_drop(&s->channel->lock);
}

int announce_join_locked(struct session *s)
{
	struct list_node *node;
	int err = 0;

	LIST_FOR_EACH(node, &s->actions) {
		struct remote_action *a = LIST_ENTRY(node, struct remote_action, node);

		if (!err)
			err = audience_add(&s->channel->audience, a->name, a->length, s);
	}
	return err;
}

int announce_send_ack(struct session *s, uint64_t key, int error)
{
	struct wire_ack ack = { .key = key, .error = error };
	unsigned char bytes[64];
	int n = wire_ack_encode(bytes, sizeof(bytes), &ack);

	return n < 0 ? n : outbox_send(s, bytes, (size_t)n, NULL, 0);
}

int announce_frame(struct session *s, struct control_frame *frame)
{
	struct wire_announce announce;
	int err = 0;

	if (s->side != REGION_PRIMARY || s->state == SESSION_HELLO ||
	    s->state == SESSION_OBSERVER ||
	    wire_announce_decode(frame->bytes, frame->length, &announce))
		return -EPROTO;
	if (announce.op == WIRE_ANNOUNCE_ADD)
		err = announce_add(s, &announce.actions);
	else
		announce_remove(s, &announce.actions);
	if (!announce.more)
		s->actions_complete = true;
	return announce.key ? announce_send_ack(s, announce.key, err) : 0;
}

/* Waiting for a frame. */

int pending_begin(struct cohort *c, struct pending *p, struct session *s)
{
	*p = (struct pending){ .session = s };
	lock_take(&c->lock);
	p->key = c->next_key++;
	list_add_tail(&c->pending_keys, &p->node);
	lock_drop(&c->lock);
	return 0;
}

static bool still_waits(struct cohort *c, struct pending *p, int *err)
{
	if (p->done) {
		*err = p->error;
		return false;
	}
	if (atomic_load(&c->closing))
		*err = -ESHUTDOWN;
	else if (session_over(p->session))
		*err = -ENOTCONN;
	return !*err;
}

int pending_wait(struct cohort *c, struct pending *p, int64_t deadline, struct executor_wait *wait)
{
	struct cohort *loop = executor_wait_loop(wait);
	int err = 0;

	lock_take(&c->lock);
	while (still_waits(c, p, &err)) {
		if (clock_now() >= deadline) {
			err = -ETIMEDOUT;
			break;
		}
		lock_drop(&c->lock);
		executor_wait_yield(wait);
		if (loop)
			executor_wait_dispatch(
				loop,
				deadline_min(deadline, deadline_after(clock_now(), COHORT_MS(5))));
		lock_take(&c->lock);
		if (!loop && still_waits(c, p, &err))
			cond_wait(&c->changed, &c->lock, deadline);
	}
	list_remove(&p->node);
	lock_drop(&c->lock);
	return err;
}

bool pending_finish(struct session *s, uint64_t key, int error, struct control_frame *answer)
{
	struct cohort *c = s->channel;
	struct list_node *node;
	bool found = false;

	lock_take(&c->lock);
	LIST_FOR_EACH(node, &c->pending_keys) {
		struct pending *p = LIST_ENTRY(node, struct pending, node);

		if (p->key != key || p->session != s || p->done)
			continue;
		p->done = true;
		p->error = error;
		p->answer = answer;
		found = true;
		break;
	}
	cond_broadcast(&c->changed);
	lock_drop(&c->lock);
	return found;
}

int announce_ack(struct session *s, struct control_frame *frame)
{
	struct wire_ack ack;

	if (wire_ack_decode(frame->bytes, frame->length, &ack))
		return -EPROTO;
	if (ack.key == WIRE_KEY_BULK_AGAIN)
		bulk_offer_again(s);
	else
		pending_finish(s, ack.key, ack.error, NULL);
	return 0;
}

/* A change after HELLO. */

static int send_change(struct session *s, uint8_t op, uint64_t key,
		       const struct cohort_action *action)
{
	struct wire_action entry = { .name = wire_text_of(action->name, COHORT_NAME_MAX) };
	struct wire_announce announce = { .key = key, .op = op };
	unsigned char page[512], bytes[640];
	struct writer writer;
	int n;

	if (op == WIRE_ANNOUNCE_ADD) {
		entry.flags = action->flags;
		entry.help = wire_text_of(action->help, TEXT_HELP_MAX);
	}
	writer_init(&writer, page, sizeof(page));
	n = wire_action_append(&writer, &announce.actions.count, &entry);
	if (n)
		return n;
	announce.actions.data = page;
	announce.actions.size = writer.used;
	n = wire_announce_encode(bytes, sizeof(bytes), &announce);
	return n < 0 ? n : outbox_send(s, bytes, (size_t)n, NULL, 0);
}

static struct session *current_session(struct cohort *c)
{
	struct session *s;

	lock_take(&c->lock);
	s = c->current;
	if (s)
		session_use(s);
	lock_drop(&c->lock);
	return s;
}

/* 0 also when the session ends meanwhile: the next HELLO has it. */
static int tell_primary(struct cohort *c, struct session *s, const struct cohort_action *action,
			struct executor_wait *wait)
{
	struct pending p;
	int err;

	pending_begin(c, &p, s);
	err = send_change(s, WIRE_ANNOUNCE_ADD, p.key, action);
	if (err == -EDQUOT)
		err = -ETIMEDOUT; /* it does not read */
	if (err || !atomic_load(&s->is_live)) {
		lock_take(&c->lock);
		list_remove(&p.node);
		lock_drop(&c->lock);
	} else {
		err = pending_wait(c, &p, deadline_after(clock_now(), ACK_TIMEOUT), wait);
	}
	return err == -ENOTCONN || err == -EPIPE ? 0 : err;
}

int announce_register(struct cohort *c, const struct cohort_action *action)
{
	struct executor_wait wait;
	struct session *s;
	int err = action_check(action);

	if (!err)
		err = executor_wait_begin(&wait);
	if (err)
		return err;
	err = action_add(&c->actions, action);
	s = err || c->role != COHORT_ROLE_SECONDARY ? NULL : current_session(c);
	if (s) {
		err = tell_primary(c, s, action, &wait);
		if (err) {
			send_change(s, WIRE_ANNOUNCE_REMOVE, 0, action);
			action_forget(&c->actions, action->name);
		}
		session_unuse(s);
	}
	executor_wait_end(&wait);
	return err;
}

int announce_unregister(struct cohort *c, const char *name)
{
	struct frame frame = { .channel = c, .deadline = DEADLINE_NEVER };
	struct cohort_action action = { .name = name };
	struct session *s;
	bool wait;
	int n;

	if (!name_valid(name, strnlen(name, COHORT_NAME_MAX + 1)))
		return -EINVAL;
	/* `released` is a callback: cohort_close() in it is -EDEADLK. */
	wait = !executor_frame();
	executor_push_frame(&frame);
	n = action_remove(&c->actions, name, wait);
	executor_pop_frame(&frame);
	if (n < 0)
		return n;
	s = c->role == COHORT_ROLE_SECONDARY ? current_session(c) : NULL;
	if (s) {
		send_change(s, WIRE_ANNOUNCE_REMOVE, 0, &action);
		session_unuse(s);
	}
	return n;
}
