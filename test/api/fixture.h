/*
 * The stage that the tests of the public interface play on: one primary and some secondaries in
 * this process, over a socket in a temporary folder, each with a few common actions and a journal
 * of what happened to it.
 *
 *	struct stage *s = stage_open(2);
 *	cr_assert_eq(tell(&s->secondary[0], COHORT_PRIMARY, "note", 7), 0);
 *	cr_assert(journal_await(&s->primary.journal, CALLED, 1));
 *	stage_close(s);
 *
 * stage_new() without stage_start() leaves room to change configurations and to add actions before
 * anything is open. stage_close() closes what is still open, and then everything must be as it was
 * before stage_new(): descriptors, threads, mappings of shared memory, files in the folder.
 */
#ifndef COHORT_API_FIXTURE_H
#define COHORT_API_FIXTURE_H

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/journal.h"
#include "cohort.h"
#include "support/support.h"

#define STAGE_MAX 16
#define SIDE_ACTIONS 16

struct stage;

/* One handle. The configuration's user, and the argument of every handler, is the side. */
struct side {
	struct stage *stage;
	struct cohort *c;
	struct cohort_config config;
	struct cohort_action actions[SIDE_ACTIONS];
	struct journal journal;
};

struct stage {
	struct census before;
	char folder[TEMP_DIR_MAX];
	char path[TEMP_DIR_MAX + 2];
	struct gate gate; /* holds the handlers of "hold" */
	struct side primary;
	struct side secondary[STAGE_MAX];
	size_t nsecondaries;
};

static inline bool soak(void)
{
	return getenv("COHORT_SOAK") != NULL;
}

/* The common handlers and callbacks. */

static inline uint64_t call_number(const struct cohort_call *call)
{
	uint64_t number = 0;
	size_t length;
	const void *data = cohort_call_data(call, &length);

	memcpy(&number, data, length < sizeof(number) ? length : sizeof(number));
	return number;
}

static inline void side_write_call(struct side *side, const struct cohort_call *call)
{
	struct entry e = { .deed = CALLED };

	e.detail = cohort_call_is_request(call);
	e.peer = cohort_call_peer(call);
	e.number = call_number(call);
	cohort_call_data(call, &e.length);
	e.fds = cohort_call_fds(call);
	journal_write(&side->journal, e);
}

static inline int on_note(struct cohort_call *call, void *arg)
{
	side_write_call(arg, call);
	return 0;
}

/* Answers with the same bytes and descriptors. */
static inline int on_echo(struct cohort_call *call, void *arg)
{
	struct cohort_message body = COHORT_MESSAGE_INIT;
	int fds[COHORT_FDS_MAX];

	(void)arg;
	body.data = cohort_call_data(call, &body.length);
	body.nfds = cohort_call_fds(call);
	body.fds = fds;
	body.flags = COHORT_GIVE_FDS;
	for (size_t i = 0; i < body.nfds; i++)
		fds[i] = cohort_call_fd_take(call, i);
	return cohort_call_reply(call, 0, &body) < 0 ? -EIO : 0;
}

/* Fails with the number in the body, taken as negative. */
static inline int on_fail(struct cohort_call *call, void *arg)
{
	(void)arg;
	return -(int)call_number(call);
}

static inline int on_hold(struct cohort_call *call, void *arg)
{
	struct side *side = arg;

	side_write_call(side, call);
	return gate_pass(&side->stage->gate) ? 0 : -EIO;
}

static inline void on_joined(struct cohort *c, cohort_peer peer, void *user)
{
	(void)c;
	journal_write(&((struct side *)user)->journal,
		      (struct entry){ .deed = JOINED, .peer = peer });
}

static inline void on_left(struct cohort *c, cohort_peer peer, enum cohort_reason reason,
			   void *user)
{
	(void)c;
	journal_write(&((struct side *)user)->journal,
		      (struct entry){ .deed = LEFT, .peer = peer, .number = reason });
}

static inline void on_lost(struct cohort *c, cohort_peer peer, uint64_t count,
			   enum cohort_lost_reason reason, void *user)
{
	(void)c;
	journal_write(&((struct side *)user)->journal,
		      (struct entry){
			      .deed = LOST, .peer = peer, .number = count, .detail = (int)reason });
}

static inline void on_writable(struct cohort *c, cohort_peer peer, void *user)
{
	(void)c;
	journal_write(&((struct side *)user)->journal,
		      (struct entry){ .deed = WRITABLE, .peer = peer });
}

static inline void on_released(void *arg)
{
	journal_write(&((struct side *)arg)->journal, (struct entry){ .deed = RELEASED });
}

static inline void on_done(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply,
			   void *arg)
{
	struct entry e = { .deed = DONE, .detail = error, .number = id };

	(void)c;
	if (reply)
		cohort_reply_data(reply, &e.length);
	cohort_reply_free(reply);
	journal_write(&((struct side *)arg)->journal, e);
}

/* Sides and the stage. */

static inline struct cohort_action *side_add(struct side *side, const char *name,
					     cohort_handler *handler)
{
	struct cohort_action *action = &side->actions[side->config.nactions++];

	cr_assert_leq(side->config.nactions, SIDE_ACTIONS);
	*action = (struct cohort_action)COHORT_ACTION_INIT;
	action->name = name;
	action->handler = handler;
	action->arg = side;
	return action;
}

static inline void side_init(struct side *side, struct stage *s, enum cohort_role role)
{
	struct cohort_config config = COHORT_CONFIG_INIT;

	side->stage = s;
	side->config = config;
	side->config.role = role;
	side->config.user = side;
	side->config.actions = side->actions;
	side->config.joined = on_joined;
	side->config.left = on_left;
	side->config.lost = on_lost;
	side->config.close_timeout = PATIENCE;
	side->config.handshake_timeout = PATIENCE;
	side->config.open_timeout = role == COHORT_ROLE_PRIMARY ? 0 : PATIENCE;
	journal_init(&side->journal);
	side_add(side, "note", on_note);
	side_add(side, "echo", on_echo);
	side_add(side, "fail", on_fail);
	side_add(side, "hold", on_hold);
}

static inline int side_open(struct side *side)
{
	return cohort_open(&side->c, side->stage->path, &side->config);
}

static inline void side_close(struct side *side)
{
	cr_assert_eq(cohort_close(side->c), 0);
	side->c = NULL;
}

static inline struct stage *stage_new(void)
{
	struct stage *s = calloc(1, sizeof(*s));

	cr_assert_not_null(s);
	s->gate = (struct gate)GATE_INIT;
	cr_assert_eq(temp_dir_make(s->folder), 0);
	cr_assert_eq(census_take(&s->before, 0, s->folder), 0);
	strcat(strcpy(s->path, s->folder), "/s");
	side_init(&s->primary, s, COHORT_ROLE_PRIMARY);
	for (size_t i = 0; i < STAGE_MAX; i++)
		side_init(&s->secondary[i], s, COHORT_ROLE_SECONDARY);
	return s;
}

static inline void stage_start(struct stage *s, size_t nsecondaries)
{
	int err = side_open(&s->primary);

	cr_assert_eq(err, 0, "the primary cannot open: %d", err);
	s->nsecondaries = nsecondaries;
	for (size_t i = 0; i < nsecondaries; i++) {
		err = side_open(&s->secondary[i]);
		cr_assert_eq(err, 0, "secondary %zu cannot open: %d", i, err);
	}
	err = cohort_wait(s->primary.c, NULL, nsecondaries, PATIENCE);
	cr_assert_eq(err, 0, "the secondaries do not appear: %d", err);
}

static inline struct stage *stage_open(size_t nsecondaries)
{
	struct stage *s = stage_new();

	stage_start(s, nsecondaries);
	return s;
}

/* The same without a file: one secondary over a pair of sockets. */
static inline void stage_start_pair(struct stage *s)
{
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	cr_assert_eq(cohort_open_fd(&s->primary.c, pair[0], &s->primary.config), 0);
	cr_assert_eq(cohort_open_fd(&s->secondary[0].c, pair[1], &s->secondary[0].config), 0);
	s->nsecondaries = 1;
	cr_assert_eq(cohort_wait(s->primary.c, NULL, 1, PATIENCE), 0);
}

/* Closes everything; then nothing may be left. */
static inline void stage_close(struct stage *s)
{
	char why[1024] = "";

	gate_open(&s->gate);
	for (size_t i = 0; i < STAGE_MAX; i++)
		side_close(&s->secondary[i]);
	side_close(&s->primary);
	cr_assert(census_settle(&s->before, why, sizeof(why)), "left behind: %s", why);
	for (size_t i = 0; i < STAGE_MAX; i++)
		journal_deinit(&s->secondary[i].journal);
	journal_deinit(&s->primary.journal);
	cr_assert_eq(temp_dir_remove(s->folder), 0);
	free(s);
}

#endif
