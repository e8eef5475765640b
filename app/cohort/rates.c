/*
 * rates.c: time in handlers is counted when a handler returns. So that a long one does not show up
 * only then, all at once, what runs now is added to it: both samples have the sum of what has run
 * and what runs, and the difference is exactly the time between them.
 */
#include "rates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "tool.h"

static double per_second(uint64_t before, uint64_t now, double seconds)
{
	/* An action that was registered again begins from 0. */
	return (double)(now - (now >= before ? before : 0)) / seconds;
}

static void flow_make(struct rates_flow *f, const struct cohort_counters *a,
		      const struct cohort_counters *b, double seconds)
{
	f->messages_in = per_second(a->messages_received, b->messages_received, seconds);
	f->messages_out = per_second(a->messages_sent, b->messages_sent, seconds);
	f->requests_in = per_second(a->requests_received, b->requests_received, seconds);
	f->requests_out = per_second(a->requests_sent, b->requests_sent, seconds);
	f->bytes_in = per_second(a->bytes_received, b->bytes_received, seconds);
	f->bytes_out = per_second(a->bytes_sent, b->bytes_sent, seconds);
	f->lost_ever = b->lost_received + b->lost_sent;
	f->lost = per_second(a->lost_received + a->lost_sent, f->lost_ever, seconds);
	f->queue = b->queue_depth;
}

static void latency_make(struct rates_latency *l, const struct histogram *h)
{
	if (!h || h->count == 0)
		return;
	l->count = h->count;
	l->p50 = histogram_quantile(h, 0.5);
	l->p99 = histogram_quantile(h, 0.99);
}

static void peers_make(struct rates *r, const struct sample *before, const struct sample *now,
		       const struct tally *tally)
{
	static const struct cohort_counters zero;

	r->peers = tool_alloc(now->npeers * sizeof(*r->peers));
	for (size_t i = 0; i < now->npeers; i++) {
		const struct sample_peer *peer = &now->peers[i],
					 *was = sample_find_peer(before, peer->info.id);
		const struct tally_row *row = tally_find_peer(tally, peer->info.id);
		struct rates_peer *to = &r->peers[r->npeers++];

		to->info = peer->info;
		flow_make(&to->flow, was ? &was->counters : &zero, &peer->counters, r->seconds);
		latency_make(&to->latency, row ? row->h : NULL);
	}
}

static struct rates_action *action_get(struct rates *r, const char *name)
{
	for (size_t i = 0; i < r->nactions; i++) {
		if (strcmp(r->actions[i].name, name) == 0)
			return &r->actions[i];
	}
	r->actions = tool_realloc(r->actions, (r->nactions + 1) * sizeof(*r->actions));
	r->actions[r->nactions] = (struct rates_action){ 0 };
	snprintf(r->actions[r->nactions].name, sizeof(r->actions->name), "%s", name);
	return &r->actions[r->nactions++];
}

/* Nanoseconds that the primary has spent in the handler of one of its actions so far. */
static double time_spent(const struct sample *sample, const struct cohort_action_info *info,
			 const char *name)
{
	return (double)info->total_ns + (double)sample_running(sample, name);
}

static void primary_action(struct rates *r, const struct sample *before, const struct sample *now,
			   const struct cohort_action_info *info)
{
	static const struct cohort_action_info none;
	const struct cohort_action_info *was = sample_find_action(before, info->peer, info->name);
	struct rates_action *to = action_get(r, info->name);
	double spent;

	if (!was || was->calls > info->calls)
		was = &none;
	spent = time_spent(now, info, info->name) - time_spent(before, was, info->name);
	to->primary = true;
	to->calls = per_second(was->calls, info->calls, r->seconds);
	to->errors = per_second(was->errors, info->errors, r->seconds);
	to->busy = spent > 0 ? spent / (r->seconds * 1e9) : 0;
	if (info->calls > was->calls)
		to->mean = (int64_t)((info->total_ns - was->total_ns) / (info->calls - was->calls));
}

static void seen_action(struct rates *r, const struct tally_row *row, const char *name)
{
	struct rates_action *to = action_get(r, name);
	double scale = 1;

	latency_make(&to->latency, row->h);
	if (to->primary)
		return;
	if (r->seen > 0 && r->unseen > 0) {
		scale = (double)(r->seen + r->unseen) / (double)r->seen;
		to->estimated = true;
	}
	to->calls = scale * (double)row->calls / r->seconds;
	to->errors = scale * (double)row->errors / r->seconds;
	to->busy = scale * (double)row->busy / (r->seconds * 1e9);
}

static void actions_make(struct rates *r, const struct sample *before, const struct sample *now,
			 const struct tally *tally)
{
	for (size_t i = 0; i < now->nactions; i++) {
		const struct cohort_action_info *info = &now->actions[i];

		if (channel_is_primary(info->peer))
			primary_action(r, before, now, info);
		else
			action_get(r, info->name)->peers++;
	}
	for (size_t i = 0; i < 2 * TALLY_ROWS; i++) {
		const struct tally_row *row = &tally->actions.row[i];

		if (row->used)
			seen_action(r, row, row->name);
	}
	if (tally->actions.rest.calls > 0)
		seen_action(r, &tally->actions.rest, "(others)");
}

/* Handlers are all that the threads do. Rounding and the moments between answers are cut off. */
static void threads_make(struct rates *r, const struct sample *now)
{
	double busy = 0;

	r->threads = now->handler_threads + now->blocking_threads;
	r->running = (unsigned)now->nrunning;
	for (size_t i = 0; i < r->nactions; i++)
		busy += r->actions[i].busy;
	r->busy = r->threads ? busy / r->threads : 0;
	if (r->busy > 1)
		r->busy = 1;
}

static int by_value(double a, double b)
{
	return (a < b) - (a > b);
}

static int compare_peers(const void *a, const void *b)
{
	const struct rates_peer *p = a, *q = b;
	int order = by_value(p->flow.messages_in + p->flow.messages_out + p->flow.requests_in +
				     p->flow.requests_out,
			     q->flow.messages_in + q->flow.messages_out + q->flow.requests_in +
				     q->flow.requests_out);

	if (!order)
		order = by_value((double)p->flow.queue, (double)q->flow.queue);
	return order ? order : (p->info.id > q->info.id) - (p->info.id < q->info.id);
}

static int compare_actions(const void *a, const void *b)
{
	const struct rates_action *p = a, *q = b;
	int order = by_value(p->calls, q->calls);

	if (!order)
		order = by_value(p->busy, q->busy);
	return order ? order : strcmp(p->name, q->name);
}

void rates_make(struct rates *r, const struct sample *before, const struct sample *now,
		const struct tally *tally, uint64_t unseen)
{
	*r = (struct rates){ .seen = tally->seen, .unseen = unseen };
	r->seconds = (double)(now->time - before->time) / 1e9;
	if (r->seconds < 1e-6)
		r->seconds = 1e-6;
	flow_make(&r->flow, &before->counters, &now->counters, r->seconds);
	latency_make(&r->latency, &tally->latency);
	peers_make(r, before, now, tally);
	actions_make(r, before, now, tally);
	threads_make(r, now);
	qsort(r->peers, r->npeers, sizeof(*r->peers), compare_peers);
	if (r->nactions)
		qsort(r->actions, r->nactions, sizeof(*r->actions), compare_actions);
}

void rates_free(struct rates *r)
{
	free(r->peers);
	free(r->actions);
	*r = (struct rates){ 0 };
}
