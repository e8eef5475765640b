/*
 * Joins, hears at least one broadcast, leaves; rounds=N times. Within each visit broadcasts must come in order. At
 * the end: "visited ROUNDS disorder N".
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "proc/common/sequence.h"
#include "proc/programs/program.h"

struct visit {
	pthread_mutex_t lock; /* guards the sequence */
	struct sequence sequence;
	sem_t heard;
};

static int on_sequence(struct cohort_call *call, void *arg)
{
	struct visit *visit = arg;

	pthread_mutex_lock(&visit->lock);
	sequence_handle(&visit->sequence, call_number(call));
	pthread_mutex_unlock(&visit->lock);
	sem_post(&visit->heard);
	return 0;
}

static void on_lost(struct cohort *c, cohort_peer peer, uint64_t count,
		    enum cohort_lost_reason reason, void *user)
{
	struct visit *visit = user;

	(void)c;
	(void)peer;
	(void)reason;
	pthread_mutex_lock(&visit->lock);
	sequence_lose(&visit->sequence, count);
	pthread_mutex_unlock(&visit->lock);
}

static int visit_once(struct options *o, uint64_t *disorder)
{
	struct visit visit = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct cohort_action action = { sizeof(action), "sequence", on_sequence, &visit, 0,
					NULL,		NULL };
	struct timespec until;
	struct cohort *c;
	int err;

	sem_init(&visit.heard, 0, 0);
	o->config.actions = &action;
	o->config.nactions = 1;
	o->config.lost = on_lost;
	o->config.user = &visit;
	err = cohort_open(&c, o->path, &o->config);
	if (err)
		return err;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += 20;
	while (sem_clockwait(&visit.heard, CLOCK_MONOTONIC, &until) && !err)
		err = errno == EINTR ? 0 : -errno;
	if (!err)
		err = cohort_close(c);
	*disorder += visit.sequence.disorder;
	sem_destroy(&visit.heard);
	return err;
}

int main(int argc, char **argv)
{
	struct options options;
	uint64_t disorder = 0;
	unsigned n;
	int err = 0;

	options_parse(&options, argc, argv);
	for (n = 0; n < options.rounds && !err; n++)
		err = visit_once(&options, &disorder);
	say("visited %u disorder %llu error %d", n, (unsigned long long)disorder, err);
	return err != 0;
}
