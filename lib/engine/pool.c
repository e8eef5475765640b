/*
 * The pool for COHORT_BLOCKING actions: up to 16 threads that start when a job finds none idle, and
 * end after a second without work. A peer may have 64 jobs here; past that its ring waits. A job
 * that makes requests waits on its own thread; the last thread that does not wait may not begin to
 * (pool_reserve()).
 */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "engine/channel.h"
#include "engine/executor.h"
#include "engine/session.h"

#define POOL_IDLE_NS COHORT_SECONDS(1)
#define POOL_QUEUE_MAX 64u

void pool_init(struct executor *e)
{
	lock_init(&e->pool.lock, LOCK_EXECUTOR);
	cond_init(&e->pool.work);
	list_init(&e->pool.queue);
}

void pool_deinit(struct executor *e)
{
	cond_deinit(&e->pool.work);
	lock_deinit(&e->pool.lock);
}

int pool_reserve(struct executor *e)
{
	int err = 0;

	lock_take(&e->pool.lock);
	if (e->pool.waiting + 1 >= COHORT_THREADS_MAX)
		err = -EDEADLK;
	else
		e->pool.waiting++;
	lock_drop(&e->pool.lock);
	return err;
}

void pool_unreserve(struct executor *e)
{
	lock_take(&e->pool.lock);
	e->pool.waiting--;
	lock_drop(&e->pool.lock);
}

struct pool_start {
	struct cohort *c;
	unsigned index;
};

/* The next job, or NULL: the thread shall end. The lock is held. */
static struct pool_job *wait_for_job_locked(struct executor *e)
{
	while (list_empty(&e->pool.queue)) {
		int err;

		if (e->pool.stop)
			return NULL;
		e->pool.idle++;
		err = cond_wait(&e->pool.work, &e->pool.lock,
				deadline_after(clock_now(), POOL_IDLE_NS));
		e->pool.idle--;
		if (err == -ETIMEDOUT && list_empty(&e->pool.queue))
			return NULL;
	}
	e->pool.queued--;
	return LIST_ENTRY(list_pop(&e->pool.queue), struct pool_job, node);
}

static void *pool_main(void *arg)
{
	struct pool_start start = *(struct pool_start *)arg;
	struct executor *e = &start.c->executor;
	struct pool_job *job;

	free(arg);
	running_attach(&e->pool.running[start.index]);
	lock_take(&e->pool.lock);
	while ((job = wait_for_job_locked(e))) {
		lock_drop(&e->pool.lock);
		job->run(job);
		lock_take(&e->pool.lock);
	}
	e->pool.total--;
	e->pool.finished[start.index] = true;
	lock_drop(&e->pool.lock);
	return NULL;
}

/* A free entry of the thread table, or -EAGAIN; whoever ended in it must be joined. */
static int free_entry_locked(struct executor *e, bool *must_join)
{
	for (int i = 0; i < COHORT_THREADS_MAX; i++) {
		if (e->pool.used[i] && !e->pool.finished[i])
			continue;
		*must_join = e->pool.used[i];
		e->pool.used[i] = true;
		e->pool.finished[i] = false;
		e->pool.total++;
		return i;
	}
	return -EAGAIN;
}

static int start_in_entry(struct cohort *c, unsigned index, bool must_join)
{
	struct executor *e = &c->executor;
	struct thread_attr attr = c->thread_attr;
	struct pool_start *start = malloc(sizeof(*start));
	int err = -ENOMEM;

	if (must_join)
		thread_join(e->pool.thread[index]);
	attr.name = c->pool_name;
	if (start) {
		*start = (struct pool_start){ .c = c, .index = index };
		err = thread_start(&e->pool.thread[index], &attr, pool_main, start);
	}
	if (err)
		free(start);
	return err;
}

static int start_pool_thread(struct cohort *c)
{
	struct executor *e = &c->executor;
	bool must_join = false;
	int index, err;

	lock_take(&e->pool.lock);
	index = e->pool.stop ? -ESHUTDOWN : free_entry_locked(e, &must_join);
	lock_drop(&e->pool.lock);
	if (index < 0)
		return index;
	err = start_in_entry(c, (unsigned)index, must_join);
	if (!err)
		return 0;
	lock_take(&e->pool.lock);
	e->pool.total--;
	e->pool.used[index] = false;
	lock_drop(&e->pool.lock);
	return err;
}

bool pool_is_full(struct session *s)
{
	return atomic_load(&s->blocking) >= POOL_QUEUE_MAX;
}

/*
 * If there is no thread that would take the job it comes out of the queue again; false: somebody
 * has it, or will. It may be gone, and another in its place: `turn` tells them apart.
 */
static bool take_back(struct executor *e, const struct pool_job *job, uint64_t turn)
{
	struct list_node *node, *following;
	bool found = false;

	lock_take(&e->pool.lock);
	LIST_FOR_EACH_SAFE(node, following, &e->pool.queue) {
		if (e->pool.total > 0 || node != &job->node || job->turn != turn)
			continue;
		list_remove(node);
		e->pool.queued--;
		found = true;
	}
	lock_drop(&e->pool.lock);
	return found;
}

/*
 * Queued first, under the lock that a thread holds when it finds the queue empty and leaves: an
 * idle one that is counted upon cannot go meanwhile.
 */
int pool_submit(struct cohort *c, struct pool_job *job)
{
	struct executor *e = &c->executor;
	uint64_t turn;
	bool need;

	lock_take(&e->pool.lock);
	turn = job->turn = e->pool.turns++;
	list_add_tail(&e->pool.queue, &job->node);
	need = ++e->pool.queued > e->pool.idle;
	cond_signal(&e->pool.work);
	lock_drop(&e->pool.lock);
	return need && start_pool_thread(c) && take_back(e, job, turn) ? -ENOMEM : 0;
}

void pool_stop(struct cohort *c)
{
	struct executor *e = &c->executor;

	lock_take(&e->pool.lock);
	e->pool.stop = true;
	cond_broadcast(&e->pool.work);
	lock_drop(&e->pool.lock);
	for (unsigned i = 0; i < COHORT_THREADS_MAX; i++) {
		if (e->pool.used[i])
			thread_join(e->pool.thread[i]);
		e->pool.used[i] = false;
	}
}
