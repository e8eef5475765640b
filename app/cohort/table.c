#include "table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

struct table_cell {
	char *text;
	enum table_colour colour;
};

const char *colour_code(enum table_colour colour)
{
	static const char *const codes[] = {
		[TABLE_PLAIN] = "\033[0m", [TABLE_BOLD] = "\033[1m",   [TABLE_DIM] = "\033[2m",
		[TABLE_RED] = "\033[31m",  [TABLE_GREEN] = "\033[32m", [TABLE_YELLOW] = "\033[33m",
	};
	static int wanted = -1;

	if (wanted < 0) {
		const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

		wanted = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0 && !(no && *no);
	}
	return wanted ? codes[colour] : "";
}

void format_duration(int64_t ns, char out[16])
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "h", 3600e9 }, { "m", 60e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		double value = (double)ns / units[i].ns;

		if (value < 0.9995)
			continue;
		snprintf(out, 16, "%.*f %s",
			 value < 9.995	 ? 2
			 : value < 99.95 ? 1
					 : 0,
			 value, units[i].name);
		return;
	}
	snprintf(out, 16, "%d ns", (int)ns);
}

/* Some bytes above 0x7f are controls to a terminal, too: U+0080 to U+009F. */
static bool is_control(const unsigned char *bytes, size_t n)
{
	return n == 0 || bytes[0] < 0x20 || bytes[0] == 0x7f ||
	       (n == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0);
}

void print_escaped(FILE *file, const void *data, size_t length)
{
	const unsigned char *bytes = data;
	size_t n;

	for (size_t i = 0; i < length; i += n) {
		n = utf8_length(bytes + i, length - i);
		if (!is_control(bytes + i, n)) {
			fwrite(bytes + i, 1, n, file);
			continue;
		}
		n = n ? n : 1;
		for (size_t k = 0; k < n; k++)
			fprintf(file, "\\x%02x", bytes[i + k]);
	}
}

/* Columns on the terminal: a character each, which is right for what programs are called. */
static int text_width(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

void table_open(struct table *t, const struct table_column *columns, size_t ncolumns,
		unsigned flags)
{
	*t = (struct table){
		.columns = columns,
		.ncolumns = ncolumns,
		.json = flags & TABLE_JSON,
		.live = flags & TABLE_LIVE,
	};
}

static size_t column_next(const struct table *t, size_t column)
{
	do
		column = (column + 1) % t->ncolumns;
	while (!t->columns[column].head);
	return column;
}

static void widths_find(const struct table *t, int *widths)
{
	size_t column = t->ncolumns - 1;

	for (size_t c = 0; c < t->ncolumns; c++) {
		const struct table_column *known = &t->columns[c];

		widths[c] = abs(known->width);
		if (known->head && text_width(known->head) > widths[c])
			widths[c] = text_width(known->head);
	}
	for (size_t i = 0; i < t->ncells; i++) {
		int width = text_width(t->cells[i].text);

		column = column_next(t, column);
		if (width > widths[column])
			widths[column] = width;
	}
}

static void cell_print(const struct table *t, size_t column, int width, const char *text,
		       enum table_colour colour)
{
	bool left = t->columns[column].width < 0, last = column_next(t, column) <= column;
	int pad = width - text_width(text);

	if (!left)
		printf("%*s", pad, "");
	if (colour)
		fputs(colour_code(colour), stdout);
	fputs(text, stdout);
	if (colour)
		fputs(colour_code(TABLE_PLAIN), stdout);
	if (left && !last)
		printf("%*s", pad, "");
	fputs(last ? "\n" : "  ", stdout);
}

static void rows_print(struct table *t)
{
	int *widths = tool_alloc(t->ncolumns * sizeof(*widths));
	size_t column = t->ncolumns - 1;

	widths_find(t, widths);
	for (size_t c = 0; !t->headed && c < t->ncolumns; c++)
		if (t->columns[c].head)
			cell_print(t, c, widths[c], t->columns[c].head, TABLE_BOLD);
	t->headed = true;
	for (size_t i = 0; i < t->ncells; i++) {
		column = column_next(t, column);
		cell_print(t, column, widths[column], t->cells[i].text, t->cells[i].colour);
		free(t->cells[i].text);
	}
	t->ncells = 0;
	free(widths);
}

void table_close(struct table *t)
{
	if (!t->json)
		rows_print(t);
	free(t->cells);
	*t = (struct table){ 0 };
}

/* Returns the key of the column that is next, or NULL if the output is for people. */
static const char *json_key(struct table *t)
{
	if (!t->json)
		return NULL;
	if (t->at == 0)
		json_begin(&t->row, stdout);
	return t->columns[t->at].key;
}

/* Ends the row with its last cell. */
static void cell_end(struct table *t)
{
	t->at = (t->at + 1) % t->ncolumns;
	if (t->at == 0 && t->json)
		json_end(&t->row);
	if (t->at == 0 && t->live && !t->json)
		rows_print(t);
}

static void cell_put(struct table *t, const char *text)
{
	struct table_cell *cell;
	size_t length;
	FILE *escaped;

	if (t->ncells == t->capacity) {
		t->capacity = t->capacity ? 2 * t->capacity : 64;
		t->cells = tool_realloc(t->cells, t->capacity * sizeof(*t->cells));
	}
	cell = &t->cells[t->ncells++];
	*cell = (struct table_cell){ .colour = t->colour };
	escaped = open_memstream(&cell->text, &length);
	if (escaped) {
		print_escaped(escaped, text, strlen(text));
		fclose(escaped);
	}
	if (!cell->text)
		cell->text = tool_alloc(1);
}

static void cell_add(struct table *t, const char *text)
{
	if (t->columns[t->at].head)
		cell_put(t, text);
	cell_end(t);
}

void table_text(struct table *t, const char *text)
{
	const char *key = json_key(t);

	if (!key) {
		cell_add(t, text);
		return;
	}
	json_text(&t->row, key, text);
	cell_end(t);
}

void table_unsigned(struct table *t, uint64_t value)
{
	const char *key = json_key(t);
	char text[24];

	if (!key) {
		snprintf(text, sizeof(text), "%" PRIu64, value);
		cell_add(t, text);
		return;
	}
	json_unsigned(&t->row, key, value);
	cell_end(t);
}

void table_signed(struct table *t, int64_t value)
{
	const char *key = json_key(t);
	char text[24];

	if (!key) {
		snprintf(text, sizeof(text), "%" PRId64, value);
		cell_add(t, text);
		return;
	}
	json_signed(&t->row, key, value);
	cell_end(t);
}

void table_peer(struct table *t, cohort_peer peer)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIx64, peer);
	table_text(t, text);
}

void table_duration(struct table *t, int64_t ns)
{
	char text[16];

	if (t->json) {
		table_signed(t, ns);
		return;
	}
	format_duration(ns, text);
	cell_add(t, text);
}

static bool is_today(const struct tm *when)
{
	time_t now = time(NULL);
	struct tm today;

	return localtime_r(&now, &today) && today.tm_year == when->tm_year &&
	       today.tm_yday == when->tm_yday;
}

void table_time(struct table *t, int64_t ns)
{
	const char *key = json_key(t);
	time_t seconds = (time_t)(ns / 1000000000);
	char text[40] = "-";
	struct tm when;

	if (!key) {
		if (localtime_r(&seconds, &when))
			strftime(text, sizeof(text),
				 is_today(&when) ? "%H:%M:%S" : "%Y-%m-%d %H:%M", &when);
		cell_add(t, text);
		return;
	}
	json_time(&t->row, key, ns);
	cell_end(t);
}

void table_bool(struct table *t, bool value)
{
	const char *key = json_key(t);

	if (!key) {
		cell_add(t, value ? "yes" : "no");
		return;
	}
	json_bool(&t->row, key, value);
	cell_end(t);
}

void table_none(struct table *t)
{
	const char *key = json_key(t);

	if (!key) {
		cell_add(t, "-");
		return;
	}
	json_null(&t->row, key);
	cell_end(t);
}
