#include "sample.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "describe.h"
#include "tool.h"

void sample_free(struct sample *sample)
{
	free(sample->peers);
	free(sample->actions);
	free(sample->running);
	*sample = (struct sample){ 0 };
}

static void peer_add(struct sample *sample, const struct cohort_peer_info *info,
		     const struct cohort_counters *counters)
{
	sample->peers[sample->npeers++] = (struct sample_peer){ *info, *counters };
}

static int take_peers(struct cohort *c, int64_t deadline, sample_between *between, void *arg,
		      struct sample *sample)
{
	struct cohort_peer_info *peers;
	size_t count;
	int err = channel_peers(c, &peers, &count, time_left(deadline));

	if (err)
		return err;
	sample->peers = tool_alloc(count * sizeof(*sample->peers));
	for (size_t i = 0; i < count && !err; i++) {
		struct cohort_counters counters = COHORT_COUNTERS_INIT;

		between(arg);
		err = channel_counters(c, peers[i].id, &counters, time_left(deadline));
		if (!err)
			peer_add(sample, &peers[i], &counters);
		else if (err == -ESTALE)
			err = 0; /* it has left since the list was made */
	}
	free(peers);
	return err;
}

static void thread_add(struct sample *sample, const struct describe_line *line)
{
	const char *kind = describe_value(line, "kind"), *state = describe_value(line, "state"),
		   *action = describe_value(line, "action");
	struct sample_running running = { 0 };
	uint64_t age;

	if (kind && strcmp(kind, "blocking") == 0)
		sample->blocking_threads++;
	else
		sample->handler_threads++;
	if (!state || strcmp(state, "running") != 0 || !action ||
	    !describe_number(line, "age_ns", &age) || age > INT64_MAX)
		return;
	describe_peer(line, "peer", &running.peer);
	running.age = (int64_t)age;
	snprintf(running.action, sizeof(running.action), "%s", action);
	sample->running =
		tool_realloc(sample->running, (sample->nrunning + 1) * sizeof(*sample->running));
	sample->running[sample->nrunning++] = running;
}

static void channel_set(struct sample *sample, const struct describe_line *line)
{
	const char *pid = describe_value(line, "pid"), *program = describe_value(line, "program");

	snprintf(sample->pid, sizeof(sample->pid), "%s", pid ? pid : "-");
	snprintf(sample->program, sizeof(sample->program), "%s", program ? program : "-");
}

static int take_threads(struct cohort *c, int64_t deadline, struct sample *sample)
{
	struct describe_line line;
	char *text, *rest;
	int err = channel_describe(c, &text, time_left(deadline));

	if (err)
		return err;
	rest = text;
	while (describe_next(&rest, &line)) {
		if (strcmp(line.what, "thread") == 0)
			thread_add(sample, &line);
		else if (strcmp(line.what, "channel") == 0)
			channel_set(sample, &line);
	}
	free(text);
	return 0;
}

/*
 * What runs is asked for after what has run: so a handler that ends in between is missing from the
 * sum of both until the next sample. The other way round it would count twice.
 */
static int take_actions(struct cohort *c, int64_t deadline, struct sample *sample)
{
	int err = channel_actions(c, COHORT_ALL, &sample->actions, &sample->nactions,
				  time_left(deadline));

	return err ? err : take_threads(c, deadline, sample);
}

int sample_take(struct cohort *c, int64_t timeout, sample_between *between, void *arg,
		struct sample *out)
{
	int64_t deadline = time_deadline(timeout);
	struct cohort_counters counters = COHORT_COUNTERS_INIT;
	struct sample sample = { 0 };
	int err;

	err = channel_counters(c, COHORT_ALL, &counters, time_left(deadline));
	sample.counters = counters;
	sample.time = time_now();
	if (!err)
		err = take_actions(c, deadline, &sample);
	if (!err)
		err = take_peers(c, deadline, between, arg, &sample);
	if (!err)
		*out = sample;
	else
		sample_free(&sample);
	return err;
}

const struct sample_peer *sample_find_peer(const struct sample *sample, cohort_peer id)
{
	for (size_t i = 0; i < sample->npeers; i++) {
		if (sample->peers[i].info.id == id)
			return &sample->peers[i];
	}
	return NULL;
}

const struct cohort_action_info *sample_find_action(const struct sample *sample, cohort_peer peer,
						    const char *name)
{
	for (size_t i = 0; i < sample->nactions; i++) {
		if (sample->actions[i].peer == peer && strcmp(sample->actions[i].name, name) == 0)
			return &sample->actions[i];
	}
	return NULL;
}

int64_t sample_running(const struct sample *sample, const char *action)
{
	int64_t sum = 0;

	for (size_t i = 0; i < sample->nrunning; i++) {
		if (strcmp(sample->running[i].action, action) == 0)
			sum += sample->running[i].age;
	}
	return sum;
}
