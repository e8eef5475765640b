#include "describe.h"

#include <string.h>

#include "parse.h"

static bool is_key(const char *text)
{
	return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz_0123456789")] == '\0';
}

/* A word that is not of the form is left out: keys may be added, so may forms. */
static void word_add(struct describe_line *line, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || line->count == DESCRIBE_WORDS)
		return;
	*equals = '\0';
	if (is_key(text))
		line->word[line->count++] = (struct describe_word){ text, equals + 1 };
}

bool describe_next(char **text, struct describe_line *line)
{
	char *rest = strsep(text, "\n"), *word;

	while (rest && *rest == '\0')
		rest = strsep(text, "\n");
	if (!rest)
		return false;
	*line = (struct describe_line){ .what = strsep(&rest, " ") };
	while ((word = strsep(&rest, " ")))
		word_add(line, word);
	return true;
}

const char *describe_value(const struct describe_line *line, const char *key)
{
	for (size_t i = 0; i < line->count; i++) {
		if (strcmp(line->word[i].key, key) == 0)
			return line->word[i].value;
	}
	return NULL;
}

bool describe_number(const struct describe_line *line, const char *key, uint64_t *out)
{
	const char *value = describe_value(line, key);

	return value && parse_number(value, out) == 0;
}

bool describe_peer(const struct describe_line *line, const char *key, uint64_t *out)
{
	const char *value = describe_value(line, key);

	return value && parse_peer(value, out) == 0;
}
