/*
 * The line of the source is printed as it is, tabs too, and the caret's line has the same tabs: so
 * they are in line whatever the width of a tab is. Of a long line the part around the caret is
 * shown. Bytes that a terminal could take for more than text are printed as '?'.
 */
#include "diagnostics.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "utf8.h"

#define SHOWN 20
#define KEPT 5000
#define BEFORE 60 /* bytes of a long line before the caret */
#define WIDTH 100

struct note {
	struct note *next;
	struct place place;
	const char *text;
};

struct diagnostic {
	struct note message; /* notes are linked from it */
	size_t number;
	size_t file; /* its number in the order of opening */
};

static struct diagnostic *kept[KEPT];
static size_t nkept, nerrors;
static struct note *last; /* the message or note to which the next note is linked, or NULL */
static bool incomplete;

static char *format_text(const char *format, va_list args)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = node_new((size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, args);
	return text;
}

void error_at(struct place place, const char *format, ...)
{
	struct diagnostic *d;
	va_list args;

	last = NULL;
	if (nerrors++ >= KEPT)
		return;
	d = node_new(sizeof(*d));
	d->number = nkept;
	d->message.place = place;
	va_start(args, format);
	d->message.text = format_text(format, args);
	va_end(args);
	kept[nkept++] = d;
	last = &d->message;
}

void note_at(struct place place, const char *format, ...)
{
	struct note *n;
	va_list args;

	if (!last)
		return;
	n = node_new(sizeof(*n));
	n->place = place;
	va_start(args, format);
	n->text = format_text(format, args);
	va_end(args);
	last->next = n;
	last = n;
}

size_t diagnostics_count(void)
{
	return nerrors;
}

void names_incomplete_set(void)
{
	incomplete = true;
}

bool names_incomplete(void)
{
	return incomplete;
}

static void print_clean(FILE *to, const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t n = utf8_length(text + i, length - i);
		unsigned char first = (unsigned char)text[i];

		if (n == 0 || (first < 0x20 && first != '\t') || first == 0x7f ||
		    utf8_turns_text(text + i, n)) {
			fputc('?', to);
			i += n ? n : 1;
		} else {
			fwrite(text + i, 1, n, to);
			i += n;
		}
	}
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The line at a place, without its end. */
static const char *line_find(const struct file *file, uint32_t line, size_t *length)
{
	const char *at = file->text, *end = file->text + file->length, *stop;

	for (; line > 1 && at < end; line--) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : end;
	}
	stop = memchr(at, '\n', (size_t)(end - at));
	if (!stop)
		stop = end;
	if (stop > at && stop[-1] == '\r')
		stop--;
	*length = (size_t)(stop - at);
	return at;
}

static void print_caret(FILE *to, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\t')
			fputc('\t', to);
		else if (!continues(text[i]))
			fputc(' ', to);
	fputs("^\n", to);
}

static void print_line(FILE *to, struct place place)
{
	size_t length, column = place.column - 1, from = 0, until;
	const char *line = line_find(place.file, place.line, &length);

	if (column > length)
		column = length;
	if (length > WIDTH && column > BEFORE)
		from = column - BEFORE;
	until = length - from > WIDTH ? from + WIDTH : length;
	while (from < column && continues(line[from]))
		from++;
	while (until < length && continues(line[until]))
		until++;
	fputs(from ? "..." : "", to);
	print_clean(to, line + from, until - from);
	fputs(until < length ? "...\n" : "\n", to);
	fputs(from ? "   " : "", to);
	print_caret(to, line + from, column - from);
}

static void print_one(FILE *to, const struct note *n, const char *kind)
{
	print_clean(to, n->place.file->path, strlen(n->place.file->path));
	if (n->place.line)
		fprintf(to, ":%u:%u", n->place.line, n->place.column);
	fprintf(to, ": %s: ", kind);
	print_clean(to, n->text, strlen(n->text));
	fputc('\n', to);
	if (n->place.line && n->place.file->text)
		print_line(to, n->place);
}

static int by_number(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int by_place(const struct diagnostic *a, const struct diagnostic *b)
{
	int order = by_number(a->file, b->file);

	if (!order)
		order = by_number(a->message.place.line, b->message.place.line);
	if (!order)
		order = by_number(a->message.place.column, b->message.place.column);
	return order;
}

static int by_place_and_number(const void *a, const void *b)
{
	const struct diagnostic *x = *(struct diagnostic *const *)a;
	const struct diagnostic *y = *(struct diagnostic *const *)b;
	int order = by_place(x, y);

	return order ? order : by_number(x->number, y->number);
}

static size_t without_repeats(void)
{
	size_t n = 0;

	for (size_t i = 0; i < nkept; i++)
		if (n == 0 || by_place(kept[n - 1], kept[i]) != 0)
			kept[n++] = kept[i];
	return n;
}

static size_t number_of(const struct file *files, const struct file *file)
{
	size_t n = 0;

	for (; files && files != file; files = files->next)
		n++;
	return n;
}

void diagnostics_print(const struct file *files, FILE *to)
{
	size_t n;

	for (size_t i = 0; i < nkept; i++)
		kept[i]->file = number_of(files, kept[i]->message.place.file);
	qsort(kept, nkept, sizeof(struct diagnostic *), by_place_and_number);
	n = without_repeats();
	for (size_t i = 0; i < n && i < SHOWN; i++) {
		print_one(to, &kept[i]->message, "error");
		for (const struct note *note = kept[i]->message.next; note; note = note->next)
			print_one(to, note, "note");
	}
	if (n > SHOWN)
		fprintf(to, "cohort-idl: %s%zu more error%s\n", nerrors > KEPT ? "at least " : "",
			n - SHOWN, n - SHOWN > 1 ? "s" : "");
}
