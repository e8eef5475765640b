#include "emit_text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define WIDTH 100
#define TAB 8

const char *text_upper(const char *text)
{
	size_t length = strlen(text);
	char *upper = text_copy(text, length);

	for (size_t i = 0; i < length; i++)
		upper[i] = (char)toupper((unsigned char)text[i]);
	return upper;
}

const char *text_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The column after `text`, when it begins at `column`. */
static size_t column_after(const char *text, size_t column)
{
	for (; *text; text++)
		column = *text == '\t' ? (column / TAB + 1) * TAB : column + 1;
	return column;
}

static void put_indent(FILE *to, size_t column)
{
	for (size_t i = 0; i < column / TAB; i++)
		putc('\t', to);
	fprintf(to, "%*s", (int)(column % TAB), "");
}

/* One tab more than the line of which `head` is the beginning. */
static size_t next_indent(const char *head)
{
	return (strspn(head, "\t") + 1) * TAB;
}

void put_list(FILE *to, const char *head, const char *const *items, size_t nitems, const char *tail)
{
	size_t start = column_after(head, 0), column = start;

	fputs(head, to);
	for (size_t i = 0; i < nitems; i++) {
		const char *after = i + 1 < nitems ? "," : tail;
		size_t length = strlen(items[i]) + strcspn(after, "\n");
		bool fits = column + (i > 0) + length <= WIDTH;

		if (i == 0 && !fits)
			start = next_indent(head);
		if (!fits) {
			putc('\n', to);
			put_indent(to, start);
			column = start;
		} else if (i > 0) {
			putc(' ', to);
			column++;
		}
		fprintf(to, "%s%s", items[i], after);
		column += length;
	}
	if (nitems == 0)
		fputs(tail, to);
}

/* What must not stand in a comment: its begin and end, and the trigraph that joins lines. */
static bool is_mark(const char *text)
{
	return strncmp(text, "*/", 2) == 0 || strncmp(text, "/*", 2) == 0 ||
	       strncmp(text, "?/", 2) == 0;
}

static void put_comment_line(FILE *to, const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		putc(line[i], to);
		if (is_mark(line + i))
			putc(' ', to);
	}
}

void put_comment(FILE *to, const char *indent, const char *text)
{
	if (!text || !*text)
		return;
	if (!strchr(text, '\n') && column_after(indent, 0) + strlen(text) + 6 <= WIDTH) {
		fprintf(to, "%s/* ", indent);
		put_comment_line(to, text, strlen(text));
		fputs(" */\n", to);
		return;
	}
	fprintf(to, "%s/*\n", indent);
	while (*text) {
		size_t length = strcspn(text, "\n");

		fprintf(to, "%s *%s", indent, length ? " " : "");
		put_comment_line(to, text, length);
		putc('\n', to);
		text += length + (text[length] == '\n');
	}
	fprintf(to, "%s */\n", indent);
}

int put_end(FILE *to)
{
	errno = 0;
	if (fflush(to) == 0 && !ferror(to))
		return 0;
	return errno ? -errno : -EIO;
}
