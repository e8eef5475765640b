/*
 * top_view.c: both forms for people are made of the same lines; only the screen knows how many of
 * them there is room for. If not all rows fit, peers and actions get half of it each, and what one of
 * them does not need goes to the other.
 */
#include "top_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "channel.h"
#include "json.h"
#include "screen.h"
#include "table.h"

#define LINE 320 /* bytes: a line is not longer */
#define HEAD_LINES 3

typedef void put_line(enum screen_style style, const char *text);

struct view {
	put_line *put;
	size_t columns;
	size_t peers, actions; /* rows that there is room for */
};

/* At most six characters. */
static const char *format_count(double value, char out[16])
{
	static const char units[] = "\0kMGTP";
	size_t unit = 0;

	while (value >= 9999.5 || (unit > 0 && value >= 999.5)) {
		value /= 1000;
		unit++;
	}
	snprintf(out, 16, "%.*f%.1s",
		 value == 0 || value >= 99.95 ? 0
		 : value >= 9.995	      ? 1
					      : 2,
		 value, &units[unit]);
	return out;
}

static const char *format_bytes(uint64_t bytes, char out[16])
{
	static const char units[] = "\0KMGTPE";
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1023.5) {
		value /= 1024;
		unit++;
	}
	snprintf(out, 16, "%.*f%.1s", unit == 0 || value >= 9.95 ? 0 : 1, value, &units[unit]);
	return out;
}

static const char *format_latency(const struct rates_latency *l, int64_t ns, char out[16])
{
	if (l->count == 0)
		return "-";
	format_duration(ns, out);
	return out;
}

/* The names come from other processes: what is not printable ASCII would disturb the screen. */
static const char *plain(const char *name, char out[64])
{
	size_t n = 0;

	for (; name[n] && n < 63; n++)
		out[n] = name[n] >= ' ' && name[n] <= '~' ? name[n] : '?';
	out[n] = '\0';
	return out;
}

static double flow_in(const struct rates_flow *f)
{
	return f->messages_in + f->requests_in;
}

static double flow_out(const struct rates_flow *f)
{
	return f->messages_out + f->requests_out;
}

/* --- Lines ------------------------------------------------------------------------------------ */

static void head_put(const struct view *v, const char *channel, const struct rates *r,
		     const struct sample *now)
{
	char line[LINE], program[64], in[16], out[16], queue[16], lost[16], p50[16], p99[16];

	snprintf(line, sizeof(line),
		 "%s: %s, pid %s, %zu peers, %u of %u threads in handlers, %.0f%% busy", channel,
		 plain(now->program, program), now->pid, r->npeers, r->running, r->threads,
		 r->busy * 100);
	v->put(SCREEN_BOLD, line);
	snprintf(line, sizeof(line),
		 "in %s/s  out %s/s  queue %s  p50 %s  p99 %s  lost %s/s, %" PRIu64,
		 format_count(flow_in(&r->flow), in), format_count(flow_out(&r->flow), out),
		 format_bytes(r->flow.queue, queue),
		 format_latency(&r->latency, r->latency.p50, p50),
		 format_latency(&r->latency, r->latency.p99, p99), format_count(r->flow.lost, lost),
		 r->flow.lost_ever);
	v->put(r->flow.lost > 0 ? SCREEN_BAD : SCREEN_PLAIN, line);
	*line = '\0';
	if (r->unseen > 0)
		snprintf(line, sizeof(line),
			 "latencies are of %.0f%% of the events, the others passed too fast",
			 100 * (double)r->seen / (double)(r->seen + r->unseen));
	v->put(SCREEN_PLAIN, line);
}

#define PEER_FIXED 55 /* columns of a peer's line besides id and program */

static int peer_width(const struct view *v)
{
	return v->columns >= VIEW_WIDE ? 16 : 8;
}

/* What the first columns leave of the line, but not more than a name may need. */
static int name_width(const struct view *v, int fixed)
{
	int width = (int)v->columns - fixed;

	return width < 8 ? 8 : width > 40 ? 40 : width;
}

static void peer_put(const struct view *v, const struct rates_peer *p)
{
	char line[LINE], id[20], program[64], in[16], out[16], queue[16], p50[16], p99[16],
		lost[16];
	int width = peer_width(v), name = name_width(v, PEER_FIXED + width);

	/* All peers of a channel have the upper half in common. */
	snprintf(id, sizeof(id), "%" PRIx64, width < 16 ? p->info.id & UINT32_MAX : p->info.id);
	snprintf(line, sizeof(line), "%-*s %7d %-*.*s %7s %7s %6s %7s %7s %6s", width, id,
		 (int)p->info.pid, name, name, plain(p->info.program, program),
		 format_count(flow_in(&p->flow), in), format_count(flow_out(&p->flow), out),
		 format_bytes(p->flow.queue, queue),
		 format_latency(&p->latency, p->latency.p50, p50),
		 format_latency(&p->latency, p->latency.p99, p99),
		 format_count((double)p->flow.lost_ever, lost));
	v->put(p->flow.lost > 0 ? SCREEN_BAD : SCREEN_PLAIN, line);
}

static void peers_put(const struct view *v, const struct rates *r)
{
	char line[LINE];
	int width = peer_width(v);

	snprintf(line, sizeof(line), "%-*s %7s %-*s %7s %7s %6s %7s %7s %6s", width, "PEER", "PID",
		 name_width(v, PEER_FIXED + width), "PROGRAM", "IN/s", "OUT/s", "QUEUE", "P50",
		 "P99", "LOST");
	v->put(SCREEN_HEAD, line);
	for (size_t i = 0; i < v->peers; i++)
		peer_put(v, &r->peers[i]);
}

#define ACTION_FIXED 57

static const char *format_owners(const struct rates_action *a, char out[24])
{
	if (a->primary)
		snprintf(out, 24, a->peers ? "primary+%u" : "primary", a->peers);
	else if (a->peers)
		snprintf(out, 24, "%u peer%s", a->peers, a->peers == 1 ? "" : "s");
	else
		return "-";
	return out;
}

/* Time in handlers is known of the primary's own actions, and of what the tap saw there. */
static const char *format_busy(const struct rates_action *a, char out[16])
{
	if (!a->primary && a->busy <= 0)
		return "-";
	snprintf(out, 16, "%.0f%%", a->busy * 100);
	return out;
}

static const char *format_mean(const struct rates_action *a, char out[16])
{
	if (a->mean <= 0)
		return "-";
	format_duration(a->mean, out);
	return out;
}

static void action_put(const struct view *v, const struct rates_action *a)
{
	char line[LINE], text[64], owners[24], number[16], calls[20], errors[16], busy[16];
	char mean[16], p50[16], p99[16];
	int name = name_width(v, ACTION_FIXED);

	snprintf(calls, sizeof(calls), "%s%s", a->estimated ? "~" : "",
		 format_count(a->calls, number));
	snprintf(line, sizeof(line), "%-*.*s %-9s %7s %6s %6s %7s %7s %7s", name, name,
		 plain(a->name, text), format_owners(a, owners), calls,
		 format_count(a->errors, errors), format_busy(a, busy), format_mean(a, mean),
		 format_latency(&a->latency, a->latency.p50, p50),
		 format_latency(&a->latency, a->latency.p99, p99));
	v->put(a->errors > 0 ? SCREEN_BAD : SCREEN_PLAIN, line);
}

static void actions_put(const struct view *v, const struct rates *r)
{
	char line[LINE];

	snprintf(line, sizeof(line), "%-*s %-9s %7s %6s %6s %7s %7s %7s",
		 name_width(v, ACTION_FIXED), "ACTION", "OF", "CALLS/s", "ERR/s", "BUSY", "MEAN",
		 "P50", "P99");
	v->put(SCREEN_HEAD, line);
	for (size_t i = 0; i < v->actions; i++)
		action_put(v, &r->actions[i]);
}

static void lines_put(const struct view *v, const char *channel, const struct rates *r,
		      const struct sample *now)
{
	head_put(v, channel, r, now);
	peers_put(v, r);
	v->put(SCREEN_PLAIN, "");
	actions_put(v, r);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* `rows` is what the whole frame may have. */
static void room_share(struct view *v, const struct rates *r, size_t rows)
{
	size_t fixed = HEAD_LINES + 3, room = rows > fixed ? rows - fixed : 0;

	v->peers = least(r->npeers, room / 2);
	v->actions = least(r->nactions, room - v->peers);
	v->peers = least(r->npeers, room - v->actions);
}

void view_draw(const char *channel, const struct rates *r, const struct sample *now)
{
	struct view v = { .put = screen_line };
	size_t rows;

	screen_size(&rows, &v.columns);
	room_share(&v, r, rows);
	screen_begin();
	lines_put(&v, channel, r, now);
	screen_end();
}

static void print_line(enum screen_style style, const char *text)
{
	int length = (int)strlen(text);

	(void)style;
	while (length > 0 && text[length - 1] == ' ')
		length--;
	printf("%.*s\n", length, text);
}

void view_print(const char *channel, const struct rates *r, const struct sample *now)
{
	struct view v = { print_line, VIEW_WIDE, r->npeers, r->nactions };

	lines_put(&v, channel, r, now);
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void json_flow(struct json *j, const struct rates_flow *f)
{
	json_real(j, "messages_in_rate", f->messages_in);
	json_real(j, "messages_out_rate", f->messages_out);
	json_real(j, "requests_in_rate", f->requests_in);
	json_real(j, "requests_out_rate", f->requests_out);
	json_real(j, "bytes_in_rate", f->bytes_in);
	json_real(j, "bytes_out_rate", f->bytes_out);
	json_real(j, "lost_rate", f->lost);
	json_unsigned(j, "lost", f->lost_ever);
	json_unsigned(j, "queue", f->queue);
}

static void json_latency(struct json *j, const struct rates_latency *l)
{
	json_unsigned(j, "replies", l->count);
	if (l->count == 0) {
		json_null(j, "p50_ns");
		json_null(j, "p99_ns");
		return;
	}
	json_signed(j, "p50_ns", l->p50);
	json_signed(j, "p99_ns", l->p99);
}

static void json_channel(const char *channel, const struct rates *r, const struct sample *now)
{
	struct json j;

	json_begin(&j, stdout);
	json_text(&j, "row", "channel");
	json_text(&j, "channel", channel);
	json_text(&j, "program", now->program);
	json_real(&j, "seconds", r->seconds);
	json_unsigned(&j, "peers", r->npeers);
	json_unsigned(&j, "threads", r->threads);
	json_unsigned(&j, "running", r->running);
	json_real(&j, "busy", r->busy);
	json_flow(&j, &r->flow);
	json_latency(&j, &r->latency);
	json_unsigned(&j, "events_seen", r->seen);
	json_unsigned(&j, "events_lost", r->unseen);
	json_end(&j);
}

static void json_peer_row(const struct rates_peer *p)
{
	struct json j;

	json_begin(&j, stdout);
	json_text(&j, "row", "peer");
	json_peer(&j, "peer", p->info.id);
	json_signed(&j, "pid", p->info.pid);
	json_text(&j, "program", p->info.program);
	json_flow(&j, &p->flow);
	json_latency(&j, &p->latency);
	json_end(&j);
}

static void json_action(const struct rates_action *a)
{
	struct json j;

	json_begin(&j, stdout);
	json_text(&j, "row", "action");
	json_text(&j, "action", a->name);
	json_bool(&j, "primary", a->primary);
	json_unsigned(&j, "peers", a->peers);
	json_real(&j, "calls_rate", a->calls);
	json_real(&j, "errors_rate", a->errors);
	json_bool(&j, "estimated", a->estimated);
	json_real(&j, "busy", a->busy);
	json_signed(&j, "mean_ns", a->mean);
	json_latency(&j, &a->latency);
	json_end(&j);
}

void view_print_json(const char *channel, const struct rates *r, const struct sample *now)
{
	json_channel(channel, r, now);
	for (size_t i = 0; i < r->npeers; i++)
		json_peer_row(&r->peers[i]);
	for (size_t i = 0; i < r->nactions; i++)
		json_action(&r->actions[i]);
}
