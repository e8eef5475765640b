#include "event.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "hexdump.h"
#include "json.h"
#include "table.h"

#define PAYLOAD_INDENT 4
#define VERDICT 15 /* columns: EPROTONOSUPPORT */

static const char *kind_name(enum cohort_event_kind kind)
{
	switch (kind) {
	case COHORT_EVENT_MESSAGE:
		return "message";
	case COHORT_EVENT_REQUEST:
		return "request";
	case COHORT_EVENT_REPLY:
		return "reply";
	case COHORT_EVENT_LOST:
		return "lost";
	case COHORT_EVENT_JOINED:
		return "joined";
	case COHORT_EVENT_LEFT:
		return "left";
	}
	return "?";
}

static const char *reason_name(int reason)
{
	switch ((enum cohort_reason)reason) {
	case COHORT_LEFT_CLOSED:
		return "closed";
	case COHORT_LEFT_DIED:
		return "died";
	case COHORT_LEFT_VIOLATION:
		return "violation";
	case COHORT_LEFT_OVERRUN:
		return "overrun";
	case COHORT_LEFT_EVICTED:
		return "evicted";
	case COHORT_LEFT_REFUSED:
		return "refused";
	case COHORT_LEFT_SHUTDOWN:
		return "shutdown";
	}
	return "?";
}

const char *peer_name(cohort_peer peer, char out[20])
{
	if (peer == COHORT_NOBODY)
		return "-";
	if ((peer & UINT32_MAX) == COHORT_PRIMARY)
		return "primary";
	snprintf(out, 20, "%" PRIx64, peer);
	return out;
}

const char *outcome_name(int outcome, char out[20])
{
	const char *name = outcome == 0 ? "ok" : strerrorname_np(-outcome);

	if (name)
		return name;
	snprintf(out, 20, "%d", outcome);
	return out;
}

static bool is_exchange(const struct cohort_event *event)
{
	return event->kind == COHORT_EVENT_MESSAGE || event->kind == COHORT_EVENT_REQUEST ||
	       event->kind == COHORT_EVENT_REPLY;
}

/* The day is of no interest while one looks: the time of day, in microseconds. */
static const char *time_of_day(int64_t ns, char out[24])
{
	static time_t last = -1; /* most events are of the same second */
	static char text[12];
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm when;

	if (seconds != last && localtime_r(&seconds, &when)) {
		strftime(text, sizeof(text), "%H:%M:%S", &when);
		last = seconds;
	}
	snprintf(out, 24, "%s.%06d", text, (int)(ns % 1000000000 / 1000));
	return out;
}

/* What stands in the column of the outcome, and whether it is bad news. */
static const char *verdict(const struct cohort_event *event, char out[32], bool *bad)
{
	*bad = event->kind == COHORT_EVENT_LOST;
	switch (event->kind) {
	case COHORT_EVENT_REPLY:
		*bad = event->outcome != 0;
		return outcome_name(event->outcome, out);
	case COHORT_EVENT_LOST:
		snprintf(out, 32, "%" PRIu64 " lost", event->length);
		return out;
	case COHORT_EVENT_LEFT:
		*bad = event->outcome != COHORT_LEFT_CLOSED;
		return reason_name(event->outcome);
	case COHORT_EVENT_MESSAGE:
	case COHORT_EVENT_REQUEST:
	case COHORT_EVENT_JOINED:
		break;
	}
	return "";
}

/* A name is printable by the rules, but it was another process that told it. */
static void print_name(FILE *out, const char *name, int width)
{
	size_t length = strnlen(name, sizeof(((struct cohort_event *)NULL)->action));

	print_escaped(out, name, length);
	fprintf(out, "%*s", (int)length < width ? width - (int)length : 0, "");
}

void event_print_head(FILE *out)
{
	fprintf(out, "%s%-15s  %-16s  %-16s  %-7s  %-20s  %8s  %3s  %-*s  %9s%s\n",
		colour_code(TABLE_BOLD), "TIME", "FROM", "TO", "KIND", "ACTION", "SIZE", "FDS",
		VERDICT, "OUTCOME", "LATENCY", colour_code(TABLE_PLAIN));
}

static void print_size(FILE *out, const struct cohort_event *event)
{
	if (is_exchange(event))
		fprintf(out, "  %8" PRIu64 "  %3" PRIu32, event->length, event->fds);
	else
		fprintf(out, "  %8s  %3s", "-", "-");
}

static void print_verdict(FILE *out, const struct cohort_event *event)
{
	char text[32], latency[16];
	bool bad;
	const char *word = verdict(event, text, &bad);

	fprintf(out, "  %s%s%s", bad ? colour_code(TABLE_RED) : "", word,
		bad ? colour_code(TABLE_PLAIN) : "");
	if (event->kind == COHORT_EVENT_REPLY) {
		format_duration(event->latency, latency);
		fprintf(out, "%*s  %9s", VERDICT - (int)strlen(word), "", latency);
	}
	putc('\n', out);
}

void event_print(FILE *out, const struct cohort_event *event, bool payload)
{
	char when[24], from[20], to[20];

	fprintf(out, "%s  %-16s  %-16s  %-7s  ", time_of_day(event->time, when),
		peer_name(event->from, from), peer_name(event->to, to), kind_name(event->kind));
	print_name(out, event->action, 20);
	print_size(out, event);
	print_verdict(out, event);
	if (payload)
		hexdump(out, event->payload, event->captured, PAYLOAD_INDENT);
}

static void json_exchange(struct json *j, const struct cohort_event *event)
{
	json_text(j, "action", event->action);
	json_unsigned(j, "bytes", event->length);
	json_unsigned(j, "fds", event->fds);
	json_signed(j, "busy_ns", event->busy);
	if (event->kind != COHORT_EVENT_MESSAGE)
		json_unsigned(j, "request", event->request);
	if (event->kind == COHORT_EVENT_REPLY) {
		json_signed(j, "latency_ns", event->latency);
		json_signed(j, "outcome", event->outcome);
	}
}

void event_print_json(FILE *out, const struct cohort_event *event, bool payload)
{
	struct json j;

	json_begin(&j, out);
	json_time(&j, "time", event->time);
	json_text(&j, "kind", kind_name(event->kind));
	json_peer(&j, "from", event->from);
	json_peer(&j, "to", event->to);
	if (is_exchange(event))
		json_exchange(&j, event);
	if (event->kind == COHORT_EVENT_LOST)
		json_unsigned(&j, "lost", event->length);
	if (event->kind == COHORT_EVENT_LEFT)
		json_text(&j, "reason", reason_name(event->outcome));
	if (payload && is_exchange(event))
		json_bytes(&j, "data", event->payload, event->captured);
	json_end(&j);
}
