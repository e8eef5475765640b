/*
 * cohort debug: what cohort_describe() says, laid out, and below it what stands out in it.
 *
 * A word stands below the same word of the line before, if both lines are about the same kind of
 * thing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "describe.h"
#include "event.h"
#include "json.h"
#include "options.h"
#include "parse.h"
#include "table.h"
#include "tool.h"

#define KINDS_MAX 16
#define LONG COHORT_SECONDS(1) /* what a handler or a request may take before it stands out */
#define FULL 90		       /* percent of a ring */

static const struct option_usage usage = {
	"debug [options] CHANNEL",
	"Prints the state of the primary: sessions, rings, slots, threads and the handlers that\n"
	"they run; then what stands out: handlers that run for long, rings that are full,\n"
	"requests that wait for long. Its control thread answers, also while every handler is\n"
	"stuck.\n",
	1,
	1,
};

/* The widest word in each place of the lines about one kind of thing. */
struct layout {
	const char *what;
	size_t count;
	size_t width[DESCRIBE_WORDS];
};

struct layouts {
	size_t count;
	struct layout kind[KINDS_MAX];
};

struct lines {
	size_t count;
	struct describe_line *line;
};

static size_t word_width(const struct describe_word *word)
{
	return strlen(word->key) + 1 + strlen(word->value);
}

static struct layout *layout_get(struct layouts *all, const char *what)
{
	for (size_t i = 0; i < all->count; i++) {
		if (strcmp(all->kind[i].what, what) == 0)
			return &all->kind[i];
	}
	if (all->count == KINDS_MAX)
		return NULL;
	all->kind[all->count].what = what;
	return &all->kind[all->count++];
}

static void layouts_find(struct layouts *all, const struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		const struct describe_line *line = &lines->line[i];
		struct layout *layout = layout_get(all, line->what);

		for (size_t k = 0; layout && k < line->count; k++) {
			size_t width = word_width(&line->word[k]);

			if (width > layout->width[k])
				layout->width[k] = width;
		}
	}
}

static void line_print(const struct describe_line *line, const struct layout *layout)
{
	printf("%s%-7s%s", colour_code(TABLE_BOLD), line->what, colour_code(TABLE_PLAIN));
	for (size_t i = 0; i < line->count; i++) {
		const struct describe_word *word = &line->word[i];
		bool last = i + 1 == line->count;
		size_t width = layout && !last ? layout->width[i] : 0;
		size_t used = word_width(word);

		printf("  %s%s=%s", colour_code(TABLE_DIM), word->key, colour_code(TABLE_PLAIN));
		print_escaped(stdout, word->value, strlen(word->value));
		printf("%*s", used < width ? (int)(width - used) : 0, "");
	}
	putchar('\n');
}

static void lines_print(const struct lines *lines)
{
	struct layouts all = { 0 };

	layouts_find(&all, lines);
	for (size_t i = 0; i < lines->count; i++)
		line_print(&lines->line[i], layout_get(&all, lines->line[i].what));
}

/* --- What stands out -------------------------------------------------------------------------- */

static bool age_is_long(const struct describe_line *line, char text[16])
{
	uint64_t age;

	if (!describe_number(line, "age_ns", &age) || age < (uint64_t)LONG || age > INT64_MAX)
		return false;
	format_duration((int64_t)age, text);
	return true;
}

static const char *value_or_none(const struct describe_line *line, const char *key)
{
	const char *value = describe_value(line, key);

	return value ? value : "-";
}

static size_t thread_judge(const struct describe_line *line)
{
	char age[16];

	if (!age_is_long(line, age))
		return 0;
	printf("! a thread has been in the handler of %s, called by peer %s, for %s\n",
	       value_or_none(line, "action"), value_or_none(line, "peer"), age);
	return 1;
}

static size_t slot_judge(const struct describe_line *line)
{
	char age[16];

	if (!age_is_long(line, age))
		return 0;
	printf("! a request of the primary to peer %s has been waiting for %s\n",
	       value_or_none(line, "peer"), age);
	return 1;
}

static size_t ring_judge(const struct describe_line *line)
{
	uint64_t size, head, tail, used;

	if (!describe_number(line, "size", &size) || !describe_number(line, "head", &head) ||
	    !describe_number(line, "tail", &tail) || size == 0)
		return 0;
	used = tail - head;
	if (used > size || used * 100 / size < FULL)
		return 0;
	printf("! the ring %s peer %s is full to %d %%\n",
	       strcmp(value_or_none(line, "direction"), "in") == 0 ? "from" : "to",
	       value_or_none(line, "peer"), (int)(used * 100 / size));
	return 1;
}

static bool is_handler_thread(const struct describe_line *line)
{
	return strcmp(line->what, "thread") == 0 &&
	       strcmp(value_or_none(line, "kind"), "handler") == 0;
}

/* Nobody is left who could serve: each thread for handlers has been in one for long. */
static size_t threads_judge(const struct lines *lines)
{
	size_t threads = 0, stuck = 0;
	char age[16];

	for (size_t i = 0; i < lines->count; i++) {
		if (!is_handler_thread(&lines->line[i]))
			continue;
		threads++;
		stuck += age_is_long(&lines->line[i], age);
	}
	if (threads == 0 || stuck < threads)
		return 0;
	printf("! no thread is free to serve: all %zu are in handlers\n", threads);
	return 1;
}

static void lines_judge(const struct lines *lines)
{
	size_t found = threads_judge(lines);

	for (size_t i = 0; i < lines->count; i++) {
		const struct describe_line *line = &lines->line[i];

		if (strcmp(line->what, "thread") == 0)
			found += thread_judge(line);
		else if (strcmp(line->what, "slot") == 0)
			found += slot_judge(line);
		else if (strcmp(line->what, "ring") == 0)
			found += ring_judge(line);
	}
	if (found == 0)
		puts("nothing stands out");
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* What may consist of digits without being a number. */
static bool is_text(const char *key)
{
	static const char *const texts[] = { "peer", "epoch", "program", "action" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		if (strcmp(key, texts[i]) == 0)
			return true;
	}
	return false;
}

static void line_print_json(const struct describe_line *line)
{
	struct json j;
	uint64_t number;

	json_begin(&j, stdout);
	json_text(&j, "what", line->what);
	for (size_t i = 0; i < line->count; i++) {
		const struct describe_word *word = &line->word[i];

		if (!is_text(word->key) && parse_number(word->value, &number) == 0)
			json_unsigned(&j, word->key, number);
		else
			json_text(&j, word->key, word->value);
	}
	json_end(&j);
}

static void lines_read(struct lines *lines, char *text)
{
	struct describe_line line;

	while (describe_next(&text, &line)) {
		lines->line = tool_realloc(lines->line, (lines->count + 1) * sizeof(*lines->line));
		lines->line[lines->count++] = line;
	}
}

static void text_print(char *text, bool json)
{
	struct lines lines = { 0 };

	lines_read(&lines, text);
	for (size_t i = 0; json && i < lines.count; i++)
		line_print_json(&lines.line[i]);
	if (!json) {
		lines_print(&lines);
		putchar('\n');
		lines_judge(&lines);
	}
	free(lines.line);
}

int cmd_debug(int argc, char **argv)
{
	bool json = false;
	int64_t timeout = CHANNEL_TIMEOUT;
	const struct option_spec specs[] = {
		OPTION_JSON(&json),
		OPTION_TIMEOUT(&timeout),
		OPTION_END,
	};
	struct option_words words;
	struct cohort *c;
	char *text;
	int err;

	if (!options_parse(&usage, specs, argc, argv, &words))
		return words.status;
	err = channel_observe(&c, words.word[0], timeout);
	if (err)
		return channel_fail(words.word[0], err);
	err = channel_describe(c, &text, timeout);
	if (err)
		return channel_close(c, tool_fail(err, "%s", words.word[0]));
	text_print(text, json);
	free(text);
	return channel_close(c, TOOL_DONE);
}
