/*
 * The lists are made once, as arrays of the public structs, from the tables of this process. A
 * QUERY gets them in pages: the cursor is how many entries came before, and a page is made from the
 * list as it is when it is asked for.
 */
#include "engine/query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/announce.h"
#include "engine/channel.h"
#include "engine/describe.h"
#include "engine/outbox.h"
#include "wire/query.h"

/* Peers. */

static void describe_peer(struct session *s, struct cohort_peer_info *out)
{
	*out = (struct cohort_peer_info){ .size = sizeof(*out),
					  .id = s->id,
					  .pid = s->who.pid,
					  .uid = s->who.uid,
					  .gid = s->who.gid,
					  .since = s->since,
					  .actions = s->action_count };
	memcpy(out->program, s->program, sizeof(out->program));
}

static int by_id(const void *a, const void *b)
{
	const struct cohort_peer_info *p = a, *q = b;

	return p->id < q->id ? -1 : p->id > q->id;
}

static int list_peers(struct cohort *c, struct cohort_peer_info **out, size_t *count)
{
	struct cohort_peer_info *list;
	struct session **sessions;
	int err = channel_sessions(c, true, &sessions, count);

	if (err)
		return err;
	list = calloc(*count + 1, sizeof(*list));
	for (size_t i = 0; i < *count; i++) {
		if (list)
			describe_peer(sessions[i], &list[i]);
		session_unuse(sessions[i]);
	}
	free(sessions);
	if (!list)
		return -ENOMEM;
	qsort(list, *count, sizeof(*list), by_id);
	*out = list;
	return 0;
}

/* Actions. */

struct action_list {
	struct cohort_action_info *entry;
	size_t count, capacity;
	cohort_peer self;
};

static struct cohort_action_info *next_entry(struct action_list *list)
{
	struct cohort_action_info *e;

	if (list->count == list->capacity)
		return NULL;
	e = &list->entry[list->count++];
	*e = (struct cohort_action_info){ .size = sizeof(*e) };
	return e;
}

static void add_own_action(const struct action *a, void *arg)
{
	struct action_list *list = arg;
	struct cohort_action_info *e = next_entry(list);

	if (!e)
		return;
	memcpy(e->name, a->name, sizeof(e->name));
	memcpy(e->help, a->help, sizeof(a->help));
	e->peer = list->self;
	e->flags = a->flags;
	e->calls = atomic_load_explicit(&a->calls, memory_order_relaxed);
	e->errors = atomic_load_explicit(&a->errors, memory_order_relaxed);
	e->total_ns = atomic_load_explicit(&a->total_ns, memory_order_relaxed);
	e->worst_ns = atomic_load_explicit(&a->worst_ns, memory_order_relaxed);
}

static void add_remote_actions_locked(struct session *s, struct action_list *list)
{
	struct list_node *node;

	LIST_FOR_EACH(node, &s->actions) {
		struct remote_action *a = LIST_ENTRY(node, struct remote_action, node);
		struct cohort_action_info *e = next_entry(list);

		if (!e)
			return;
		memcpy(e->name, a->name, sizeof(e->name));
		memcpy(e->help, a->help, sizeof(a->help));
		e->peer = s->id;
		e->flags = a->flags;
	}
}

static bool wanted(cohort_peer asked, cohort_peer self, cohort_peer id)
{
	return asked == COHORT_ALL || asked == id || (asked == COHORT_PRIMARY && id == self);
}

/* Of the primary: its own actions, and those of its peers. */
static int list_actions(struct cohort *c, cohort_peer peer, struct action_list *list)
{
	struct session *s;
	size_t cursor = 0;
	bool found;

	list->self = (cohort_peer)c->epoch << 32 | COHORT_PRIMARY;
	found = wanted(peer, list->self, list->self);
	lock_take(&c->lock);
	list->capacity = c->actions.count + 16;
	while ((s = map_next(&c->sessions, &cursor)))
		list->capacity += s->action_count;
	list->entry = calloc(list->capacity, sizeof(*list->entry));
	if (list->entry && found)
		action_each(&c->actions, add_own_action, list);
	cursor = 0;
	while (list->entry && (s = map_next(&c->sessions, &cursor))) {
		if (!atomic_load(&s->is_live) || session_over(s) ||
		    !wanted(peer, list->self, s->id))
			continue;
		found = true;
		add_remote_actions_locked(s, list);
	}
	lock_drop(&c->lock);
	if (list->entry && found)
		return 0;
	free(list->entry);
	return found ? -ENOMEM : -ESTALE;
}

/* Counters. */

static void add_depth(struct session *s, struct cohort_counters *out)
{
	uint64_t head, tail;

	if (!atomic_load(&s->is_live) || !session_is_mapped(s))
		return;
	head = atomic_load_explicit(&s->in.head, memory_order_relaxed);
	tail = atomic_load_explicit(&session_lane_in(s)->tail, memory_order_relaxed);
	if (tail - head <= s->in.size)
		out->queue_depth += tail - head;
	if (atomic_load_explicit(&s->in.peak, memory_order_relaxed) > out->queue_peak)
		out->queue_peak = atomic_load_explicit(&s->in.peak, memory_order_relaxed);
}

static int channel_stats(struct cohort *c, struct cohort_counters *out)
{
	struct session **sessions;
	struct counters sum = { 0 };
	size_t count;
	int err = channel_sessions(c, false, &sessions, &count);

	if (err)
		return err;
	lock_take(&c->lock); /* none moves from a session to the channel meanwhile */
	counters_merge(&sum, &c->counters);
	for (size_t i = 0; i < count; i++)
		counters_merge(&sum, &sessions[i]->counters);
	lock_drop(&c->lock);
	counters_read(&sum, out);
	for (size_t i = 0; i < count; i++) {
		add_depth(sessions[i], out);
		session_unuse(sessions[i]);
	}
	free(sessions);
	lock_take(&c->executor.lock);
	out->threads = c->executor.total + 1;
	lock_drop(&c->executor.lock);
	return 0;
}

static int peer_stats(struct cohort *c, cohort_peer peer, struct cohort_counters *out)
{
	struct session *s;
	int err = channel_find(c, peer, &s);

	if (err)
		return err == -EOPNOTSUPP ? -EINVAL : err;
	counters_read(&s->counters, out);
	add_depth(s, out);
	session_unuse(s);
	return 0;
}

int query_stats(struct cohort *c, cohort_peer peer, struct cohort_counters *out)
{
	struct cohort_counters got = { .size = sizeof(got) };
	int err;

	if (!out || out->size != sizeof(*out))
		return -EINVAL;
	err = peer == COHORT_ALL ? channel_stats(c, &got) : peer_stats(c, peer, &got);
	if (!err)
		*out = got;
	return err;
}

/* Answering a QUERY. */

struct page {
	struct writer writer;
	uint32_t count;
	uint64_t next; /* cursor of the following page, 0: none */
	int fd;	       /* that goes with it, borrowed; -1 */
	unsigned char bytes[WIRE_ENTRIES_MAX];
};

static int page_of_peers(struct cohort *c, const struct wire_query *q, struct page *page)
{
	struct cohort_peer_info *list;
	size_t count, i;
	int err = list_peers(c, &list, &count);

	if (err)
		return err;
	for (i = (size_t)q->cursor; i < count; i++) {
		struct wire_peer_entry e = { .id = list[i].id,
					     .pid = (uint32_t)list[i].pid,
					     .uid = list[i].uid,
					     .gid = list[i].gid,
					     .since = list[i].since,
					     .nactions = list[i].actions,
					     .program = wire_text_of(list[i].program,
								     TEXT_PROGRAM_MAX) };

		if (wire_peer_entry_append(&page->writer, &page->count, &e))
			break;
	}
	page->next = i < count ? i : 0;
	free(list);
	return 0;
}

static int page_of_actions(struct cohort *c, const struct wire_query *q, struct page *page)
{
	struct action_list list = { 0 };
	size_t i;
	int err = list_actions(c, q->argument ? q->argument : COHORT_ALL, &list);

	if (err)
		return err;
	for (i = (size_t)q->cursor; i < list.count; i++) {
		const struct cohort_action_info *a = &list.entry[i];
		struct wire_action_entry e = { .peer = a->peer,
					       .flags = a->flags,
					       .calls = a->calls,
					       .errors = a->errors,
					       .ns_total = a->total_ns,
					       .ns_max = a->worst_ns,
					       .name = wire_text_of(a->name, COHORT_NAME_MAX),
					       .help = wire_text_of(a->help, TEXT_HELP_MAX) };

		if (wire_action_entry_append(&page->writer, &page->count, &e))
			break;
	}
	page->next = i < list.count ? i : 0;
	free(list.entry);
	return 0;
}

static int page_of_stats(struct cohort *c, const struct wire_query *q, struct page *page)
{
	struct cohort_counters got = { .size = sizeof(got) };
	const uint64_t *word = &got.messages_sent;
	int err = query_stats(c, q->what == WIRE_QUERY_STATS ? COHORT_ALL : q->argument, &got);

	for (uint16_t i = 0; !err && i < COUNTERS; i++) {
		struct wire_stat_entry e = { .index = i, .value = word[i] };

		err = wire_stat_entry_append(&page->writer, &page->count, &e);
	}
	return err;
}

/* Lines are cut where they are longer than an entry may be. */
static int page_of_text(struct cohort *c, const struct wire_query *q, struct page *page)
{
	char *text = describe_channel(c), *line, *rest;
	uint64_t n = 0;

	if (!text)
		return -ENOMEM;
	for (line = text; *line; line = rest + 1, n++) {
		rest = strchr(line, '\n');
		*rest = '\0';
		if (n >= q->cursor && wire_line_append(&page->writer, &page->count,
						       wire_text_of(line, WIRE_LINE_MAX)))
			break;
	}
	page->next = *line ? n : 0;
	free(text);
	return 0;
}

static int start_tap(struct session *s, const struct wire_query *q, struct page *page)
{
	static_assert(TAP_EVENTS == (int)WIRE_TAP_EVENTS && TAP_PAYLOAD == (int)WIRE_TAP_PAYLOAD,
		      "the levels are the wire's");
	int err = s->state == SESSION_OBSERVER ? tap_watch(s, (uint32_t)q->argument) : -EPERM;

	if (!err)
		page->fd = s->channel->tap.fd;
	return err;
}

static int make_page(struct session *s, const struct wire_query *q, struct page *page)
{
	struct cohort *c = s->channel;

	switch (q->what) {
	case WIRE_QUERY_TEXT:
		return page_of_text(c, q, page);
	case WIRE_QUERY_TAP:
		return start_tap(s, q, page);
	case WIRE_QUERY_PEERS:
		return page_of_peers(c, q, page);
	case WIRE_QUERY_ACTIONS:
		return page_of_actions(c, q, page);
	default:
		return page_of_stats(c, q, page);
	}
}

static int send_answer(struct session *s, const struct wire_query *q, int error,
		       const struct page *page)
{
	struct frame_buffer *buffer = channel_buffer_take(s->channel);
	struct wire_answer answer = { .key = q->key, .error = error, .what = q->what };
	int n;

	if (!buffer)
		return -ENOMEM;
	if (!error) {
		answer.next = page->next;
		answer.entries =
			(struct wire_entries){ page->bytes, page->writer.used, page->count };
	}
	n = wire_answer_encode(buffer->bytes, sizeof(buffer->bytes), &answer);
	if (n >= 0)
		n = outbox_send(s, buffer->bytes, (size_t)n, error ? NULL : &page->fd,
				!error && page->fd >= 0);
	channel_buffer_give(s->channel, buffer);
	return n;
}

int query_frame(struct session *s, struct control_frame *frame)
{
	struct wire_query q;
	struct page *page;
	int err;

	if (s->side != REGION_PRIMARY ||
	    (s->state != SESSION_LIVE && s->state != SESSION_OBSERVER) ||
	    wire_query_decode(frame->bytes, frame->length, &q))
		return -EPROTO;
	page = calloc(1, sizeof(*page));
	if (page) {
		writer_init(&page->writer, page->bytes, sizeof(page->bytes));
		page->fd = -1;
	}
	err = page ? make_page(s, &q, page) : -ENOMEM;
	err = send_answer(s, &q, err, page);
	free(page);
	return err == -EPIPE ? 0 : err;
}

/* Asking. */

int query_answer(struct session *s, struct control_frame *frame)
{
	struct control_frame *copy;
	struct wire_answer answer;

	if (wire_answer_decode(frame->bytes, frame->length, &answer))
		return -EPROTO;
	copy = malloc(sizeof(*copy) + frame->length);
	if (copy) {
		memcpy(copy, frame, offsetof(struct control_frame, fds));
		copy->pidfd = -1;
		copy->length = frame->length;
		fdlist_init(&copy->fds);
		fdlist_move(&copy->fds, &frame->fds);
		memcpy(copy->bytes, frame->bytes, frame->length);
	}
	if (!pending_finish(s, answer.key, copy ? answer.error : -ENOMEM, copy))
		control_frame_free(s->channel, copy);
	return 0;
}

static int send_query(struct session *s, const struct wire_query *q)
{
	unsigned char bytes[128];
	int n = wire_query_encode(bytes, sizeof(bytes), q);

	return n < 0 ? n : outbox_send(s, bytes, (size_t)n, NULL, 0);
}

static int ask_page(struct session *s, struct wire_query *q, int64_t deadline,
		    struct executor_wait *wait, struct control_frame **frame)
{
	struct pending p;
	int err;

	pending_begin(s->channel, &p, s);
	q->key = p.key;
	err = send_query(s, q);
	if (err) {
		lock_take(&s->channel->lock);
		list_remove(&p.node);
		lock_drop(&s->channel->lock);
		return err == -EDQUOT ? -ETIMEDOUT : err == -EPIPE ? -ENOTCONN : err;
	}
	err = pending_wait(s->channel, &p, deadline, wait);
	if (err)
		control_frame_free(s->channel, p.answer);
	else
		*frame = p.answer;
	return err;
}

/* Calls `take` for each page; it may take the descriptors. */
typedef void take_page(const struct wire_answer *answer, struct fdlist *fds, void *arg);

static int ask_pages(struct session *s, struct wire_query *q, int64_t deadline,
		     struct executor_wait *wait, take_page *take, void *arg)
{
	struct wire_answer answer;
	struct control_frame *frame;

	do {
		int err = ask_page(s, q, deadline, wait, &frame);

		if (err)
			return err;
		err = wire_answer_decode(frame->bytes, frame->length, &answer);
		if (!err && answer.what != q->what)
			err = -EPROTO;
		if (!err)
			take(&answer, &frame->fds, arg);
		control_frame_free(s->channel, frame);
		if (err)
			return err;
		if (answer.next && answer.next <= q->cursor)
			return -EPROTO; /* it would never end */
		q->cursor = answer.next;
	} while (q->cursor);
	return 0;
}

static int ask_primary(struct cohort *c, struct wire_query *q, int64_t timeout, take_page *take,
		       void *arg)
{
	struct executor_wait wait;
	struct session *s;
	int err = executor_wait_begin(&wait);

	if (err)
		return err;
	err = channel_find_primary(c, &s);
	if (!err) {
		err = ask_pages(s, q, deadline_after(clock_now(), timeout), &wait, take, arg);
		session_unuse(s);
	}
	executor_wait_end(&wait);
	return err;
}

static void copy_text(char *to, size_t size, struct wire_text text)
{
	size_t n = text.length < size ? text.length : size - 1;

	if (n)
		memcpy(to, text.data, n);
	to[n] = '\0';
}

struct peers_out {
	struct cohort_peer_info *peers;
	size_t capacity, count;
};

static void take_peers(const struct wire_answer *answer, struct fdlist *fds, void *arg)
{
	struct peers_out *out = arg;
	struct wire_peer_entry e;
	struct cursor cursor;

	(void)fds;
	cursor_init(&cursor, answer->entries.data, answer->entries.size);
	while (wire_peer_entry_next(&cursor, &e)) {
		struct cohort_peer_info *p =
			out->count < out->capacity ? &out->peers[out->count] : NULL;

		out->count++;
		if (!p)
			continue;
		*p = (struct cohort_peer_info){ .size = sizeof(*p),
						.id = e.id,
						.pid = (pid_t)e.pid,
						.uid = e.uid,
						.gid = e.gid,
						.since = e.since,
						.actions = e.nactions };
		copy_text(p->program, sizeof(p->program), e.program);
	}
}

int query_peers(struct cohort *c, struct cohort_peer_info *peers, size_t capacity, int64_t timeout)
{
	struct wire_query q = { .what = WIRE_QUERY_PEERS };
	struct peers_out out = { .peers = peers, .capacity = capacity };
	struct cohort_peer_info *list;
	size_t count;
	int err;

	if (timeout < 0 || (capacity && (!peers || peers->size != sizeof(*peers))))
		return -EINVAL;
	if (c->role != COHORT_ROLE_PRIMARY) {
		err = ask_primary(c, &q, timeout, take_peers, &out);
		return err ? err : (int)out.count;
	}
	err = list_peers(c, &list, &count);
	if (err)
		return err;
	if (capacity)
		memcpy(peers, list, (count < capacity ? count : capacity) * sizeof(*list));
	free(list);
	return (int)count;
}

struct actions_out {
	struct cohort_action_info *actions;
	size_t capacity, count;
};

static void take_actions(const struct wire_answer *answer, struct fdlist *fds, void *arg)
{
	struct actions_out *out = arg;
	struct wire_action_entry e;
	struct cursor cursor;

	(void)fds;
	cursor_init(&cursor, answer->entries.data, answer->entries.size);
	while (wire_action_entry_next(&cursor, &e)) {
		struct cohort_action_info *a =
			out->count < out->capacity ? &out->actions[out->count] : NULL;

		out->count++;
		if (!a)
			continue;
		*a = (struct cohort_action_info){ .size = sizeof(*a),
						  .peer = e.peer,
						  .flags = e.flags,
						  .calls = e.calls,
						  .errors = e.errors,
						  .total_ns = e.ns_total,
						  .worst_ns = e.ns_max };
		copy_text(a->name, sizeof(a->name), e.name);
		copy_text(a->help, sizeof(a->help), e.help);
	}
}

int query_actions(struct cohort *c, cohort_peer peer, struct cohort_action_info *actions,
		  size_t capacity, int64_t timeout)
{
	struct wire_query q = { .what = WIRE_QUERY_ACTIONS,
				.argument = peer == COHORT_ALL ? 0 : peer };
	struct actions_out out = { .actions = actions, .capacity = capacity };
	struct action_list list = { 0 };
	size_t count;
	int err;

	if (timeout < 0 || peer == COHORT_NOBODY ||
	    (capacity && (!actions || actions->size != sizeof(*actions))))
		return -EINVAL;
	if (c->role != COHORT_ROLE_PRIMARY) {
		err = ask_primary(c, &q, timeout, take_actions, &out);
		return err ? err : (int)out.count;
	}
	err = list_actions(c, peer, &list);
	if (err)
		return err;
	count = list.count;
	if (capacity)
		memcpy(actions, list.entry,
		       (count < capacity ? count : capacity) * sizeof(*actions));
	free(list.entry);
	return (int)count;
}

static void take_stats(const struct wire_answer *answer, struct fdlist *fds, void *arg)
{
	uint64_t *word = &((struct cohort_counters *)arg)->messages_sent;
	struct wire_stat_entry e;
	struct cursor cursor;

	(void)fds;
	cursor_init(&cursor, answer->entries.data, answer->entries.size);
	while (wire_stat_entry_next(&cursor, &e)) {
		if (e.index < COUNTERS)
			word[e.index] = e.value;
	}
}

int query_remote_stats(struct cohort *c, cohort_peer peer, struct cohort_counters *out,
		       int64_t timeout)
{
	struct wire_query q = { .what = peer == COHORT_ALL ? WIRE_QUERY_STATS
							   : WIRE_QUERY_PEER_STATS,
				.argument = peer == COHORT_ALL ? 0 : peer };
	struct cohort_counters got = { .size = sizeof(got) };
	int err;

	if (!out || out->size != sizeof(*out) || timeout < 0 || peer == COHORT_NOBODY)
		return -EINVAL;
	if (c->role == COHORT_ROLE_PRIMARY)
		return -EOPNOTSUPP;
	err = ask_primary(c, &q, timeout, take_stats, &got);
	if (!err)
		*out = got;
	return err;
}

struct text_out {
	char *text;
	size_t size, used;
};

static void add_text(struct text_out *out, const char *bytes, size_t length)
{
	if (out->used < out->size) {
		size_t room = out->size - out->used - 1;

		memcpy(out->text + out->used, bytes, length < room ? length : room);
		out->text[out->used + (length < room ? length : room)] = '\0';
	}
	out->used += length;
}

static void take_lines(const struct wire_answer *answer, struct fdlist *fds, void *arg)
{
	struct wire_text line;
	struct cursor cursor;

	(void)fds;
	cursor_init(&cursor, answer->entries.data, answer->entries.size);
	while (wire_line_next(&cursor, &line)) {
		add_text(arg, line.data, line.length);
		add_text(arg, "\n", 1);
	}
}

int query_describe(struct cohort *c, char *text, size_t size, int64_t timeout)
{
	struct wire_query q = { .what = WIRE_QUERY_TEXT };
	struct text_out out = { .text = text, .size = size };
	char *own;
	int err = 0;

	if ((size && !text) || timeout < 0)
		return -EINVAL;
	if (c->role != COHORT_ROLE_PRIMARY) {
		err = ask_primary(c, &q, timeout, take_lines, &out);
		return err ? err : (int)out.used;
	}
	own = describe_channel(c);
	if (!own)
		return -ENOMEM;
	add_text(&out, own, strlen(own));
	free(own);
	return (int)out.used;
}

static void take_tape(const struct wire_answer *answer, struct fdlist *fds, void *arg)
{
	(void)answer;
	fdlist_take(fds, 0, arg);
}

int query_tap(struct cohort *c, uint32_t level, int64_t timeout, uint32_t *session, int *fd)
{
	struct wire_query q = { .what = WIRE_QUERY_TAP, .argument = level };
	struct session *s;
	int err = channel_find_primary(c, &s);

	if (err)
		return err;
	*session = s->number;
	session_unuse(s);
	err = ask_primary(c, &q, timeout, take_tape, fd);
	return !err && *fd < 0 ? -EMFILE : err; /* it came, and this process had no room */
}
