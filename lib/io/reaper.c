/*
 * How descriptors are closed elsewhere.
 *
 * The state lies on the heap, shared by the reaper and its thread: a close() that never returns
 * must not keep the handle, and a thread that comes back from it after the handle is gone must
 * find its memory. `references` counts the two; the last frees.
 *
 * The thread starts with the first descriptor that needs it and leaves after a second without
 * work, so that an idle handle has no thread more. Having left, it is still to be joined, which
 * whoever starts the next one does, or reaper_deinit().
 *
 * What can be closed on the spot? Only what is proved harmless by a call that cannot block
 * itself, and only one kind is: what answers F_GET_SEALS lives in shared memory, whose close
 * takes no more than freeing its pages (large ones go to the thread for that). For other kinds
 * there is no proof:
 *   - fstat() asks a FUSE or NFS server; so does the close() of such a file, even when it is not
 *     the last one (flush).
 *   - A pipe has a mutex, and who writes from memory of his own making (userfaultfd, FUSE) can
 *     hold it as long as he likes; the close() takes it, and F_GETPIPE_SZ, which would tell that
 *     it is a pipe, takes it too.
 *   - An AF_UNIX socket may have a TCP socket with SO_LINGER in its queue, which closing it
 *     closes.
 *   - An O_PATH descriptor may be the last reference of a deleted file, which is then removed,
 *     with I/O.
 */
#include "io/reaper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/sanitizer.h"
#include "base/thread.h"

#define REAPER_IDLE CLOCK_NS_PER_S

/* Freeing this much takes some hundred microseconds. */
#define REAPER_CHEAP_BLOCKS ((4 << 20) / 512)

#define REAPER_RUN_MAX 64u
#define REAPER_ASK_MAX 4u

struct reaper_state {
	struct lock lock;    /* LOCK_QUEUE; guards all below */
	struct cond work;    /* for the thread: something is queued, or `closing` */
	struct cond done;    /* for reaper_deinit(): the thread has left */
	unsigned references; /* the reaper's and the thread's */
	bool running;	     /* a thread serves the queue */
	bool joinable;	     /* `thread` has been started and not been joined yet */
	bool closing;	     /* the thread leaves once the queue is empty */
	pthread_t thread;
	unsigned first; /* the oldest one's place in the queue */
	unsigned count;
	int queue[REAPER_QUEUE_MAX];
};

static void state_free(struct reaper_state *state)
{
	cond_deinit(&state->work);
	cond_deinit(&state->done);
	lock_deinit(&state->lock);
	free(state);
}

/* Gives one reference and the lock up. */
static void state_unref_drop(struct reaper_state *state)
{
	bool last = --state->references == 0;

	lock_drop(&state->lock);
	if (last)
		state_free(state);
}

static bool queue_push_locked(struct reaper_state *state, int fd)
{
	if (state->count == REAPER_QUEUE_MAX)
		return false;
	state->queue[(state->first + state->count) % REAPER_QUEUE_MAX] = fd;
	state->count++;
	return true;
}

/*
 * Takes the first and those behind it that have the numbers after it, as the descriptors of one
 * message mostly do. The queue is not empty.
 */
static unsigned queue_pop_run_locked(struct reaper_state *state, int *first)
{
	unsigned n = 0;

	*first = state->queue[state->first];
	do {
		state->first = (state->first + 1) % REAPER_QUEUE_MAX;
		state->count--;
		n++;
	} while (state->count && n < REAPER_RUN_MAX &&
		 state->queue[state->first] == *first + (int)n);
	return n;
}

/*
 * One call for all of them, where the kernel (5.9) and the sandbox know it. ThreadSanitizer does not
 * see it, and would take the next use of the numbers for a race.
 */
static void close_run(int first, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		fd_disown(first + (int)i);
	if (!UNDER_TSAN && close_range((unsigned)first, (unsigned)first + n - 1, 0) == 0)
		return;
	for (unsigned i = 0; i < n; i++)
		close(first + (int)i);
}

/* False: nothing came for a while, or nothing will come. */
static bool thread_wait_locked(struct reaper_state *state)
{
	int64_t deadline = deadline_after(clock_now(), REAPER_IDLE);
	int err = 0;

	while (state->count == 0 && !state->closing && err == 0)
		err = cond_wait(&state->work, &state->lock, deadline);
	return state->count > 0;
}

static void thread_serve_locked(struct reaper_state *state)
{
	while (thread_wait_locked(state)) {
		int first;
		unsigned n = queue_pop_run_locked(state, &first);

		lock_drop(&state->lock);
		close_run(first, n);
		lock_take(&state->lock);
	}
}

/*
 * What it does last with the state it does under the lock: who finds `running` false may join it
 * with the lock held.
 */
static void *thread_run(void *arg)
{
	struct reaper_state *state = arg;

	lock_take(&state->lock);
	thread_serve_locked(state);
	state->running = false;
	cond_broadcast(&state->done);
	state_unref_drop(state);
	return NULL;
}

static void thread_join_locked(struct reaper_state *state)
{
	if (state->joinable)
		thread_join(state->thread);
	state->joinable = false;
}

/*
 * Starting and joining under the lock keep `thread` and its flags true together; it is a leaf,
 * and nobody holds it for long.
 */
static bool thread_ensure_locked(struct reaper_state *state)
{
	struct thread_attr attr = THREAD_ATTR_DEFAULT;

	if (state->running)
		return true;
	thread_join_locked(state);
	attr.name = "cohort-reaper";
	if (thread_start(&state->thread, &attr, thread_run, state) < 0)
		return false;
	state->references++;
	state->running = true;
	state->joinable = true;
	return true;
}

/* Returns how many it took: there may be no thread, or no room. */
static unsigned state_take(struct reaper_state *state, const int *fds, unsigned n)
{
	unsigned taken = 0;

	lock_take(&state->lock);
	if (thread_ensure_locked(state)) {
		while (taken < n && queue_push_locked(state, fds[taken]))
			taken++;
	}
	if (taken)
		cond_signal(&state->work);
	lock_drop(&state->lock);
	return taken;
}

static bool closes_at_once(int fd)
{
	struct stat st;

	return fcntl(fd, F_GET_SEALS) >= 0 && fstat(fd, &st) == 0 &&
	       st.st_blocks <= REAPER_CHEAP_BLOCKS;
}

int reaper_init(struct reaper *reaper)
{
	struct reaper_state *state = calloc(1, sizeof(*state));

	reaper->state = state;
	if (!state)
		return -ENOMEM;
	lock_init(&state->lock, LOCK_QUEUE);
	cond_init(&state->work);
	cond_init(&state->done);
	state->references = 1;
	return 0;
}

/*
 * Closes what may be closed here and returns how many of the rest are now in `slow`. The question
 * costs as much as a close: after a few descriptors of other kinds in a row the rest of a message is
 * taken to be of those kinds, too.
 */
static unsigned sort_out(const int *fds, unsigned n, int *slow)
{
	unsigned others = 0, in_a_row = 0;

	for (unsigned i = 0; i < n; i++) {
		int fd = fds[i];

		if (fd < 0)
			continue;
		if (in_a_row < REAPER_ASK_MAX && closes_at_once(fd)) {
			fd_close(&fd);
			in_a_row = 0;
		} else {
			slow[others++] = fd;
			in_a_row++;
		}
	}
	return others;
}

void reaper_close(struct reaper *reaper, const int *fds, unsigned n)
{
	int slow[FDLIST_MAX];

	while (n) {
		unsigned some = n < FDLIST_MAX ? n : FDLIST_MAX;
		unsigned others = sort_out(fds, some, slow);
		unsigned taken =
			others && reaper->state ? state_take(reaper->state, slow, others) : 0;

		for (; taken < others; taken++)
			fd_close(&slow[taken]);
		fds += some;
		n -= some;
	}
}

static void thread_stop_locked(struct reaper_state *state, int64_t deadline)
{
	int err = 0;

	state->closing = true;
	cond_signal(&state->work);
	while (state->running && err == 0)
		err = cond_wait(&state->done, &state->lock, deadline);
	if (state->running)
		pthread_detach(state->thread);
	else
		thread_join_locked(state);
}

void reaper_deinit(struct reaper *reaper, int64_t deadline)
{
	struct reaper_state *state;

	if (!reaper || !reaper->state)
		return;
	state = reaper->state;
	reaper->state = NULL;
	if (fork_is_child()) { /* thread and lock are the parent's, the descriptors are closed */
		free(state);
		return;
	}
	lock_take(&state->lock);
	thread_stop_locked(state, deadline);
	state_unref_drop(state);
}
