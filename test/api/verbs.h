/*
 * What tests do all the time, in one line each: send a number, ask for something, expect an answer,
 * make descriptors and bodies that can be recognised.
 */
#ifndef COHORT_API_VERBS_H
#define COHORT_API_VERBS_H

#include <stdatomic.h>

#include "api/fixture.h"

/* Goes on after a surprise, so that one run shows them all. */
#define EXPECT(result, call)                                                 \
	do {                                                                 \
		int got_ = (call);                                           \
		cr_expect_eq(got_, (result), "%s returned %d", #call, got_); \
	} while (0)
#define INVALID(call) EXPECT(-EINVAL, call)

static inline cohort_peer id_of(const struct side *side)
{
	return cohort_self(side->c);
}

/* Sends a number; returns what cohort_send() returned. */
static inline int tell_within(const struct side *from, cohort_peer to, const char *action,
			      uint64_t number, int64_t timeout)
{
	struct cohort_message m = COHORT_MESSAGE(action, &number, sizeof(number));

	return cohort_send(from->c, to, &m, timeout);
}

static inline int tell(const struct side *from, cohort_peer to, const char *action, uint64_t number)
{
	return tell_within(from, to, action, number, PATIENCE);
}

/* Broadcasts a number; returns what cohort_broadcast() returned. */
static inline int tell_all(const struct side *from, const char *action, uint64_t number,
			   int64_t timeout, struct cohort_delivery *delivery)
{
	struct cohort_message m = COHORT_MESSAGE(action, &number, sizeof(number));

	return cohort_broadcast(from->c, &m, timeout, delivery);
}

/* Asks with a number; returns the outcome. */
static inline int ask_within(const struct side *from, cohort_peer to, const char *action,
			     uint64_t number, int64_t timeout)
{
	struct cohort_message m = COHORT_MESSAGE(action, &number, sizeof(number));

	return cohort_request(from->c, to, &m, timeout, NULL);
}

/* Asks with a number, must be answered, and returns the answer's status. */
static inline int ask(const struct side *from, cohort_peer to, const char *action, uint64_t number)
{
	struct cohort_message m = COHORT_MESSAGE(action, &number, sizeof(number));
	struct cohort_reply *reply = NULL;
	int err = cohort_request(from->c, to, &m, PATIENCE, &reply);
	int status;

	cr_assert_eq(err, 0, "%s was not answered: %d", action, err);
	status = cohort_reply_status(reply);
	cohort_reply_free(reply);
	return status;
}

static inline struct cohort_counters stats_of(const struct side *side, cohort_peer peer)
{
	struct cohort_counters counters = COHORT_COUNTERS_INIT;
	int err = cohort_stats(side->c, peer, &counters);

	cr_assert_eq(err, 0, "no counters: %d", err);
	return counters;
}

/*
 * A request that shall end by its timeout, but not before it is served: what nobody waits for any
 * more is not. On a busy machine a short timeout is too short: then it is made again, with twice as
 * much. That it is served is seen in a journal, that it is not in the counters.
 */
struct attempt {
	struct side *server;
	struct journal *served;
	size_t before;
	uint64_t expired;
	int64_t timeout;
};

static inline struct attempt attempt_first(struct side *server, struct journal *served)
{
	return (struct attempt){ server, served, journal_count(served, CALLED),
				 stats_of(server, COHORT_ALL).expired, COHORT_MS(250) };
}

/* Whether the one that has just ended was not served. */
static inline bool attempt_failed(struct attempt *a)
{
	int64_t end = now_ns() + PATIENCE;
	bool failed = false;

	while (!failed && journal_count(a->served, CALLED) == a->before) {
		failed = stats_of(a->server, COHORT_ALL).expired > a->expired;
		cr_assert_lt(now_ns(), end, "it was neither served nor did it expire");
		sched_yield();
	}
	a->expired += failed;
	a->timeout *= 2;
	return failed;
}

/* Asks for what lasts longer than its requester waits; returns the outcome of what was served. */
static inline int ask_in_vain(const struct side *from, struct side *server, const char *action,
			      struct journal *served)
{
	struct attempt a = attempt_first(server, served);
	int outcome;

	do
		outcome = ask_within(from, id_of(server), action, 0, a.timeout);
	while (attempt_failed(&a));
	return outcome;
}

/* Asks without waiting; the answer goes into the side's own journal as DONE. */
static inline int ask_async(struct side *from, cohort_peer to, const char *action, uint64_t number,
			    int64_t timeout, uint64_t *id)
{
	struct cohort_message m = COHORT_MESSAGE(action, &number, sizeof(number));

	return cohort_request_async(from->c, to, &m, timeout, on_done, from, id);
}

/* A thread that always has another message for "slow", until it is told to stop. */
struct sender {
	const struct side *side;
	cohort_peer to;
	atomic_bool stop;
};

static inline void *send_on(void *arg)
{
	static const unsigned char body[2000];
	struct sender *sender = arg;
	struct cohort_message m = COHORT_MESSAGE("slow", body, sizeof(body));

	while (!sender->stop)
		cohort_send(sender->side->c, sender->to, &m, PATIENCE);
	return NULL;
}

/* Registers. A busy primary may not acknowledge it in the one second that it has: then again. */
static inline int register_at(const struct side *side, const struct cohort_action *action)
{
	int64_t end = now_ns() + PATIENCE;
	int err;

	do
		err = cohort_register(side->c, action);
	while (err == -ETIMEDOUT && now_ns() < end);
	return err;
}

/* Fills and checks bodies: each place and each seed give another byte. */
static inline void pattern_fill(void *body, size_t length, uint32_t seed)
{
	unsigned char *b = body;

	for (size_t i = 0; i < length; i++)
		b[i] = (unsigned char)((i * 31 + (i >> 8) * 7 + seed) & 0xff);
}

static inline bool pattern_matches(const void *body, size_t length, uint32_t seed)
{
	const unsigned char *b = body;

	for (size_t i = 0; i < length; i++)
		if (b[i] != (unsigned char)((i * 31 + (i >> 8) * 7 + seed) & 0xff))
			return false;
	return true;
}

/*
 * Its number lies above all that the sides of the stage get, whose threads take the lowest that is
 * free: so nobody else gets it when it has been closed, and a test may look whether it was.
 */
static inline int make_memfd(void)
{
	int low = memfd_create("test", MFD_CLOEXEC);
	int fd = fcntl(low, F_DUPFD_CLOEXEC, 500);

	cr_assert_geq(fd, 500);
	close(low);
	return fd;
}

static inline bool same_file(int a, int b)
{
	struct stat sa, sb;

	return !fstat(a, &sa) && !fstat(b, &sb) && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

static inline bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static inline bool is_close_on_exec(int fd)
{
	return fcntl(fd, F_GETFD) & FD_CLOEXEC;
}

/* Runs something beside the test. */
static inline pthread_t thread_start(void *(*run)(void *), void *arg)
{
	pthread_t thread;

	cr_assert_eq(pthread_create(&thread, NULL, run, arg), 0);
	return thread;
}

static inline void thread_join(pthread_t thread)
{
	cr_assert_eq(pthread_join(thread, NULL), 0);
}

#endif
