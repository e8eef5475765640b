/* Levenshtein's distance, a row at a time; names are short. Of equally good ones the first wins. */
#include "suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "memory.h"

#define LONGEST 128

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Letters that differ in case only are half as far as others. */
static unsigned int differ(char a, char b)
{
	if (a == b)
		return 0;
	return tolower((unsigned char)a) == tolower((unsigned char)b) ? 1 : 2;
}

static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[LONGEST + 1];
	size_t n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = 2 * (unsigned int)j;
	for (size_t i = 0; a[i]; i++) {
		unsigned int before = row[0];

		row[0] += 2;
		for (size_t j = 0; j < n; j++) {
			unsigned int changed = before + differ(a[i], b[j]);

			before = row[j + 1];
			row[j + 1] = least(changed, least(row[j], before) + 2);
		}
	}
	return row[n];
}

/* The same but for the modules before it. */
static bool same_but_longer(const char *wanted, const char *name)
{
	size_t n = strlen(wanted), whole = strlen(name);

	return whole > n && name[whole - n - 1] == '.' && strcmp(name + whole - n, wanted) == 0;
}

void suggestion_consider(struct suggestion *s, const char *name)
{
	size_t wanted = strlen(s->wanted), length = strlen(name);
	unsigned int limit = wanted < 3 ? (unsigned int)wanted : 2 * (unsigned int)(wanted / 3), d;

	if (wanted > LONGEST || length > LONGEST)
		return;
	if (same_but_longer(s->wanted, name)) {
		d = 1;
	} else {
		if (2 * (wanted > length ? wanted - length : length - wanted) > limit)
			return;
		d = distance(s->wanted, name);
	}
	if (d > limit || (s->best && d >= s->distance))
		return;
	s->best = name;
	s->distance = d;
}

const char *suggestion_text(const struct suggestion *s)
{
	return s->best ? text_format("; did you mean `%s`?", s->best) : "";
}
