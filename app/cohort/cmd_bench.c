/*
 * cohort bench: measures requests and a stream of messages, one after the other, and prints what it
 * found.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "channel.h"
#include "interrupt.h"
#include "json.h"
#include "measure.h"
#include "options.h"
#include "parse.h"
#include "plot.h"
#include "table.h"
#include "tool.h"

#define TIME COHORT_SECONDS(2)
#define SIZE_MAX_BODY (UINT64_C(1) << 30) /* of any channel: config.max_body */

struct bench {
	const char *channel, *svg, *only;
	bool json;
	uint64_t size;
	struct measure measure;
	FILE *plot;
	struct cohort *c;
};

static const struct option_usage usage = {
	"bench [options] CHANNEL",
	"Measures a running channel with the action that every primary answers, cohort.echo:\n"
	"requests, each of which comes back with its body, and a stream of messages, which are\n"
	"dropped when the primary has taken them. The primary has to serve all that beside its\n"
	"own work.\n"
	"\n"
	"A quantile is at most 3 percent above the true one; least and worst are exact.\n",
	1,
	1,
};

static double seconds_of(const struct measured *m)
{
	return m->ended > m->began ? (double)(m->ended - m->began) / 1e9 : 0;
}

static double rate_of(const struct measured *m)
{
	double seconds = seconds_of(m);

	return seconds > 0 ? (double)m->count / seconds : 0;
}

static const struct quantile {
	const char *name, *key;
	double share;
} quantiles[] = {
	{ "p50", "p50_ns", 0.5 },
	{ "p90", "p90_ns", 0.9 },
	{ "p99", "p99_ns", 0.99 },
	{ "p99.9", "p999_ns", 0.999 },
};

#define NQUANTILES (sizeof(quantiles) / sizeof(*quantiles))

/* --- JSON ------------------------------------------------------------------------------------- */

static void json_latency(struct json *j, const struct histogram *h)
{
	json_signed(j, "least_ns", h->least);
	json_real(j, "mean_ns", histogram_mean(h));
	for (size_t i = 0; i < NQUANTILES; i++)
		json_signed(j, quantiles[i].key, histogram_quantile(h, quantiles[i].share));
	json_signed(j, "worst_ns", h->most);
}

static void result_json(const struct bench *b, const char *what, const struct measured *m)
{
	bool requests = m->latency.count > 0;
	struct json j;

	json_begin(&j, stdout);
	json_text(&j, "what", what);
	json_text(&j, "channel", b->channel);
	json_unsigned(&j, "size", b->measure.size);
	if (requests)
		json_unsigned(&j, "outstanding",
			      b->measure.outstanding ? b->measure.outstanding : 1);
	json_unsigned(&j, "count", m->count);
	json_real(&j, "seconds", seconds_of(m));
	json_real(&j, "rate", rate_of(m));
	json_real(&j, "bytes_rate", rate_of(m) * (double)b->measure.size);
	if (requests)
		json_latency(&j, &m->latency);
	json_end(&j);
}

/* --- For people ------------------------------------------------------------------------------- */

static size_t columns_of_output(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < 40)
		return 80;
	return size.ws_col;
}

static void latency_print(const struct histogram *h)
{
	char text[16];

	format_duration(h->least, text);
	printf("  least %s", text);
	for (size_t i = 0; i < NQUANTILES; i++) {
		format_duration(histogram_quantile(h, quantiles[i].share), text);
		printf("  %s%s %s%s", colour_code(TABLE_BOLD), quantiles[i].name, text,
		       colour_code(TABLE_PLAIN));
	}
	format_duration(h->most, text);
	printf("  worst %s\n", text);
	puts("\n      from   share     up to");
	plot_text(stdout, h, columns_of_output());
}

static void headline(const struct bench *b, const char *what, const struct measured *m, char *out,
		     size_t size)
{
	char at_once[40] = "", took[16];

	if (b->measure.outstanding && m->latency.count > 0)
		snprintf(at_once, sizeof(at_once), ", %" PRIu64 " at once", b->measure.outstanding);
	format_duration(m->ended - m->began, took);
	snprintf(out, size, "%s of %zu bytes%s: %" PRIu64 " in %s, %.0f a second, %.3g MB/s", what,
		 b->measure.size, at_once, m->count, took, rate_of(m),
		 rate_of(m) * (double)b->measure.size / 1e6);
}

static void result_print(const struct bench *b, const char *what, const struct measured *m)
{
	char line[160];

	headline(b, what, m, line, sizeof(line));
	puts(line);
	if (m->latency.count > 0)
		latency_print(&m->latency);
}

static void result_put(const struct bench *b, const char *what, const struct measured *m)
{
	if (b->json)
		result_json(b, what, m);
	else
		result_print(b, what, m);
}

static void result_plot(const struct bench *b, const struct measured *m)
{
	char title[200], caption[160];

	snprintf(title, sizeof(title), "cohort bench %s", b->channel);
	headline(b, "requests", m, caption, sizeof(caption));
	plot_svg(b->plot, &m->latency, title, caption);
}

/* --- What is done ----------------------------------------------------------------------------- */

static int wants(const struct bench *b, const char *what)
{
	return !b->only || strcmp(b->only, what) == 0;
}

static int bench_requests(struct bench *b)
{
	struct measured *m = tool_alloc(sizeof(*m));
	int err = measure_requests(b->c, &b->measure, m);

	if (m->count > 0) {
		result_put(b, "requests", m);
		if (b->plot)
			result_plot(b, m);
	}
	free(m);
	return err;
}

static int bench_stream(struct bench *b)
{
	struct measured *m = tool_alloc(sizeof(*m));
	int err = measure_stream(b->c, &b->measure, m);

	if (m->count > 0 && !err) {
		if (!b->json && !b->only)
			putchar('\n');
		result_put(b, "stream", m);
	}
	free(m);
	return err;
}

static int bench_all(struct bench *b)
{
	int err = 0;

	if (wants(b, "requests"))
		err = bench_requests(b);
	if (!err && !interrupted() && wants(b, "stream"))
		err = bench_stream(b);
	return err;
}

static int bench_channel(struct bench *b)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	int err;

	config.flags = COHORT_NO_RECONNECT;
	err = channel_open_answered(&b->c, b->channel, &config, b->measure.timeout);
	if (err)
		return channel_fail(b->channel, err);
	err = bench_all(b);
	return channel_close(b->c, err ? tool_fail(err, "%s", b->channel) : TOOL_DONE);
}

static int bench_plotted(struct bench *b)
{
	int status;

	if (!b->svg)
		return bench_channel(b);
	b->plot = fopen(b->svg, "we");
	if (!b->plot)
		return tool_fail(-errno, "%s", b->svg);
	status = bench_channel(b);
	if (fclose(b->plot) && status == TOOL_DONE)
		return tool_fail(-errno, "%s", b->svg);
	return status;
}

static int option_size(void *to, const char *text)
{
	uint64_t value;
	int err = parse_number(text, &value);

	if (!err && value > SIZE_MAX_BODY)
		err = -ERANGE;
	if (!err)
		*(uint64_t *)to = value;
	return err;
}

static int bench_check(struct bench *b, bool timed, bool counted)
{
	if (b->measure.outstanding > MEASURE_OUTSTANDING)
		return tool_usage("--async is at most %d", MEASURE_OUTSTANDING);
	if (b->only && strcmp(b->only, "requests") != 0 && strcmp(b->only, "stream") != 0)
		return tool_usage("--only is requests or stream");
	if (b->svg && !wants(b, "requests"))
		return tool_usage("--svg shows requests");
	if (!timed)
		b->measure.time = counted ? COHORT_FOREVER : TIME;
	if (!counted)
		b->measure.count = UINT64_MAX;
	b->measure.size = (size_t)b->size;
	return TOOL_DONE;
}

int cmd_bench(int argc, char **argv)
{
	struct bench b = { .size = 64, .measure = { .timeout = CHANNEL_TIMEOUT } };
	const struct option_spec specs[] = {
		{ "size", 's', "BYTES", "of each body (64)", option_size, &b.size },
		{ "count", 'n', "N", "end after so many", option_count, &b.measure.count },
		{ "time", 'd', "TIME", "end after so long (2 s, if there is no --count)",
		  option_time, &b.measure.time },
		{ "async", 'a', "N", "requests at once, up to 128", option_count,
		  &b.measure.outstanding },
		{ "only", 'o', "WHAT", "only requests, or only stream", option_text, &b.only },
		{ "svg", 'S', "FILE", "plot the times of the requests", option_text, &b.svg },
		{ "timeout", 't', "TIME", "how long to wait for each answer (5 s)", option_time,
		  &b.measure.timeout },
		OPTION_JSON(&b.json),
		OPTION_END,
	};
	struct option_words words;
	int status;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	status = bench_check(&b, b.measure.time > 0, b.measure.count > 0);
	if (status)
		return status;
	b.channel = words.word[0];
	interrupt_is_normal();
	return bench_plotted(&b);
}
