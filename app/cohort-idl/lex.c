/*
 * The text has been verified: it is UTF-8, without control characters, and behind its end is a NUL,
 * which no token contains; so one character may always be looked at.
 *
 * Doc comments go into generated comments. What would end or nest those there is taken apart here,
 * once: so nobody else has to think of it.
 */
#include "lex.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "diagnostics.h"
#include "memory.h"
#include "utf8.h"

#define LONGEST_NAME 128
#define SHOWN 40 /* bytes of a token in a message */

void lexer_init(struct lexer *lexer, const struct file *file)
{
	*lexer = (struct lexer){
		.file = file,
		.at = file->text,
		.end = file->text + file->length,
		.place = { file, 1, 1 },
	};
}

static char peek(const struct lexer *l, size_t n)
{
	return (size_t)(l->end - l->at) > n ? l->at[n] : '\0';
}

static void step(struct lexer *l)
{
	if (*l->at++ == '\n') {
		l->place.line++;
		l->place.column = 1;
	} else {
		l->place.column++;
	}
}

static void steps(struct lexer *l, size_t n)
{
	while (n-- > 0 && l->at < l->end)
		step(l);
}

/* --- Comments ---------------------------------------------------------------------------------- */

static const char *join(const char *a, const char *b, const char *between)
{
	if (!a || !b)
		return a ? a : b;
	return text_format("%s%s%s", a, between, b);
}

/* A line of a comment, without its margin: "  * text " is "text". */
static const char *without_margin(const char *line, const char *end, bool first)
{
	const char *at = line;

	while (!first && at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (!first && (at == end || *at != '*'))
		return line;
	if (!first)
		at++;
	return at < end && *at == ' ' ? at + 1 : at;
}

/* Copies, and takes comment signs apart. */
static char *harmless(char *to, const char *from, const char *end)
{
	for (; from < end; from++) {
		bool pair = from + 1 < end && ((from[0] == '*' && from[1] == '/') ||
					       (from[0] == '/' && from[1] == '*'));

		*to++ = *from;
		if (pair)
			*to++ = ' ';
	}
	return to;
}

static const char *without_empty_lines(char *text, char *end)
{
	while (*text == '\n')
		text++;
	while (end > text && end[-1] == '\n')
		end--;
	*end = '\0';
	return *text ? text : NULL;
}

static const char *doc_clean(const char *from, const char *end)
{
	char *text = node_new(2 * (size_t)(end - from) + 2), *to = text;
	bool first = true;

	while (from <= end) {
		const char *stop = memchr(from, '\n', (size_t)(end - from));

		if (!stop)
			stop = end;
		to = harmless(to, without_margin(from, stop, first), stop);
		while (to > text && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r'))
			to--;
		*to++ = '\n';
		from = stop + 1;
		first = false;
	}
	return without_empty_lines(text, to);
}

/* `from` is behind the sign of the doc comment; a '<' there makes it explain what is before. */
static void doc_take(struct token *t, const char *from, const char *end, const char *between)
{
	bool back = from < end && *from == '<';
	const char *doc = doc_clean(from + back, end);

	if (back)
		t->doc_back = join(t->doc_back, doc, "\n");
	else if (doc && (strncmp(doc, "\\file", 5) == 0 || strncmp(doc, "@file", 5) == 0))
		t->doc_file = join(t->doc_file, doc, "\n\n");
	else
		t->doc = join(t->doc, doc, between);
}

static void skip_line_comment(struct lexer *l, struct token *t, bool follows)
{
	const char *from = l->at;

	while (l->at < l->end && *l->at != '\n')
		step(l);
	if (l->at - from >= 3 && from[2] == '/' && !(l->at - from > 3 && from[3] == '/'))
		doc_take(t, from + 3, l->at, follows ? "\n" : "\n\n");
}

static void skip_block_comment(struct lexer *l, struct token *t)
{
	struct place place = l->place;
	const char *from = l->at;

	steps(l, 2);
	while (l->at < l->end && !(*l->at == '*' && peek(l, 1) == '/'))
		step(l);
	if (l->at == l->end) {
		error_at(place, "this comment does not end");
		t->cut = true;
		names_incomplete_set();
		return;
	}
	if (l->at - from >= 3 && from[2] == '*' && !(l->at - from > 3 && from[3] == '*'))
		doc_take(t, from + 3, l->at, "\n\n");
	steps(l, 2);
}

static void skip_space(struct lexer *l, struct token *t)
{
	bool follows = false; /* a line comment directly above */

	while (l->at < l->end) {
		if (isspace((unsigned char)*l->at)) {
			step(l);
		} else if (*l->at == '/' && peek(l, 1) == '/') {
			skip_line_comment(l, t, follows);
			follows = true;
		} else if (*l->at == '/' && peek(l, 1) == '*') {
			skip_block_comment(l, t);
			follows = false;
		} else {
			return;
		}
	}
}

/* --- Names and numbers --------------------------------------------------------------------------- */

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static void take_name(struct lexer *l, struct token *t)
{
	t->kind = TOKEN_NAME;
	while (l->at < l->end && in_name(*l->at))
		step(l);
	t->length = (size_t)(l->at - t->text);
	if (t->length > LONGEST_NAME)
		error_at(t->place, "a name is longer than %d characters", LONGEST_NAME);
	else if (t->text[0] == '_')
		error_at(t->place, "a name cannot begin with `_`");
	else if (memmem(t->text, t->length, "__", 2))
		error_at(t->place, "a name cannot have two `_` in a row");
	if (t->length > LONGEST_NAME)
		t->length = LONGEST_NAME;
}

/* Everything that runs on from a digit, so that `12ab` is one bad number. */
static void skip_number(struct lexer *l, bool hexadecimal)
{
	while (l->at < l->end) {
		bool exponent = !hexadecimal && (*l->at == 'e' || *l->at == 'E');

		if (!in_name(*l->at) && *l->at != '.')
			return;
		step(l);
		if (exponent && (peek(l, 0) == '+' || peek(l, 0) == '-'))
			step(l);
	}
}

static int digit_of(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	return isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10 : 99;
}

static void read_integer(struct token *t, const char *digits, unsigned int base)
{
	const char *end = t->text + t->length;
	bool overflow = false;

	if (digits == end)
		error_at(t->place, "there are no digits after `0x`");
	for (; digits < end; digits++) {
		unsigned int digit = (unsigned int)digit_of(*digits);

		if (digit >= base) {
			error_at(t->place, "`%s` is not a number", t->text);
			return;
		}
		overflow |= __builtin_mul_overflow(t->magnitude, base, &t->magnitude);
		overflow |= __builtin_add_overflow(t->magnitude, digit, &t->magnitude);
	}
	if (overflow)
		error_at(t->place, "the number does not fit 64 bits");
}

static void read_float(struct token *t)
{
	char *end;

	t->kind = TOKEN_FLOAT;
	t->number = strtod(t->text, &end);
	if (*end || end[-1] == '.')
		error_at(t->place, "`%s` is not a number", t->text);
	else if (isinf(t->number))
		error_at(t->place, "the number does not fit a double");
}

static void take_number(struct lexer *l, struct token *t)
{
	bool hexadecimal = *l->at == '0' && (peek(l, 1) == 'x' || peek(l, 1) == 'X');

	t->kind = TOKEN_INTEGER;
	skip_number(l, hexadecimal);
	t->length = (size_t)(l->at - t->text);
	if (t->length > LONGEST_NAME) {
		error_at(t->place, "a number is longer than %d characters", LONGEST_NAME);
		t->length = 1;
		return;
	}
	t->text = text_copy(t->text, t->length);
	if (hexadecimal)
		read_integer(t, t->text + 2, 16);
	else if (t->text[0] == '0' && isdigit((unsigned char)t->text[1]))
		error_at(t->place, "a number cannot begin with 0: there are no octal numbers");
	else if (strpbrk(t->text, ".eE"))
		read_float(t);
	else
		read_integer(t, t->text, 10);
}

/* --- Strings --------------------------------------------------------------------------------------- */

static const char escapes[] = "\\\\\"\"''n\nt\tr\r";

/* `l` is at the backslash. Returns the character, or '\0' if there was an error. */
static char take_escape(struct lexer *l)
{
	struct place place = l->place;
	char c;

	step(l);
	c = peek(l, 0);
	if (c == 'x' && isxdigit((unsigned char)peek(l, 1)) &&
	    isxdigit((unsigned char)peek(l, 2))) {
		int value = digit_of(peek(l, 1)) * 16 + digit_of(peek(l, 2));

		steps(l, 3);
		if (value == 0)
			error_at(place, "a string cannot have a NUL byte");
		return (char)value;
	}
	for (const char *e = escapes; *e; e += 2)
		if (*e == c) {
			step(l);
			return e[1];
		}
	error_at(place, "there is no such escape: a string has \\\\ \\\" \\' \\n \\t \\r \\xHH");
	return '\0';
}

static void check_string(const struct token *t)
{
	for (size_t i = 0; i < t->length;) {
		size_t n = utf8_length(t->text + i, t->length - i);

		if (n == 0) {
			error_at(t->place, "the escapes of this string do not make UTF-8");
			return;
		}
		i += n;
	}
}

static void take_string(struct lexer *l, struct token *t)
{
	const char *stop = memchr(l->at, '\n', (size_t)(l->end - l->at));
	char *to = node_new((size_t)((stop ? stop : l->end) - l->at) + 1);

	t->kind = TOKEN_STRING;
	t->text = to;
	step(l);
	while (l->at < l->end && *l->at != '"' && *l->at != '\n') {
		char c = *l->at;

		if (c == '\\')
			c = take_escape(l);
		else
			step(l);
		*to = c;
		to += c != '\0';
	}
	t->length = (size_t)(to - t->text);
	if (peek(l, 0) == '"')
		step(l);
	else {
		error_at(t->place, "this string does not end in its line");
		t->cut = true;
	}
	check_string(t);
}

/* --- Tokens ---------------------------------------------------------------------------------------- */

static void take_sign(struct lexer *l, struct token *t)
{
	t->kind = TOKEN_SIGN;
	t->sign = *l->at;
	t->length = 1;
	if (*l->at == '=' && peek(l, 1) == '>') {
		t->kind = TOKEN_ARROW;
		t->length = 2;
	}
	steps(l, t->length);
}

/* Says that once for all that follow each other. */
static bool skip_unknown(struct lexer *l)
{
	struct place place = l->place;
	const char *from = l->at;

	while (l->at < l->end && !isspace((unsigned char)*l->at) && !in_name(*l->at) &&
	       !strchr("{}()[]<>=,;.?@+-\"/", *l->at))
		step(l);
	if (l->at == from && *from == '/')
		step(l);
	if (l->at == from)
		return false;
	error_at(place, "unexpected `%.*s`",
		 (int)(l->at - from > SHOWN ? utf8_length(from, SHOWN) : (size_t)(l->at - from)),
		 from);
	return true;
}

struct token lexer_next(struct lexer *l)
{
	struct token t = { .kind = TOKEN_END };

	do
		skip_space(l, &t);
	while (l->at < l->end && skip_unknown(l));
	t.place = l->place;
	t.text = l->at;
	if (l->at == l->end)
		return t;
	if (isdigit((unsigned char)*l->at))
		take_number(l, &t);
	else if (in_name(*l->at))
		take_name(l, &t);
	else if (*l->at == '"')
		take_string(l, &t);
	else
		take_sign(l, &t);
	return t;
}

const char *token_describe(const struct token *t)
{
	if (t->kind == TOKEN_END)
		return "the end of the file";
	if (t->kind == TOKEN_STRING)
		return "a string";
	return text_format("`%.*s`", (int)(t->length > SHOWN ? SHOWN : t->length), t->text);
}
