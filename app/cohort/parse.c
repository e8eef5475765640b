#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

int parse_number(const char *text, uint64_t *out)
{
	char *end;
	uint64_t value;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	value = strtoumax(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*out = value;
	return 0;
}

static int unit_find(const char *text, double *out)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "", 1e9 },  { "ns", 1 },   { "us", 1e3 },   { "ms", 1e6 },
		{ "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(text, units[i].name) == 0) {
			*out = units[i].ns;
			return 0;
		}
	}
	return -EINVAL;
}

int parse_time(const char *text, int64_t *out)
{
	size_t digits = strspn(text, "0123456789.");
	double value, unit;
	char *end;

	if (strcmp(text, "forever") == 0) {
		*out = COHORT_FOREVER;
		return 0;
	}
	/* strtod() alone would also take blanks, signs, exponents and names. */
	value = strtod(text, &end);
	if (!digits || end != text + digits || unit_find(end, &unit))
		return -EINVAL;
	if (value * unit >= 9e18)
		return -ERANGE;
	*out = (int64_t)(value * unit + 0.5);
	return 0;
}

int parse_peer(const char *text, cohort_peer *out)
{
	char *end;
	cohort_peer value;

	if (strcmp(text, "primary") == 0) {
		*out = COHORT_PRIMARY;
		return 0;
	}
	if (!isxdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	value = strtoumax(text, &end, 16);
	if (*end || value == COHORT_NOBODY || value == COHORT_ALL)
		return -EINVAL;
	if (errno)
		return -ERANGE;
	*out = value;
	return 0;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int parse_hex(const char *text, size_t length, unsigned char **out, size_t *out_length)
{
	unsigned char *bytes = tool_alloc(length / 2 + 1);
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		int high, low;

		if (isspace((unsigned char)text[i]))
			continue;
		high = digit_value(text[i]);
		low = i + 1 < length ? digit_value(text[i + 1]) : -1;
		if (high < 0 || low < 0) {
			free(bytes);
			return -EINVAL;
		}
		bytes[n++] = (unsigned char)(high << 4 | low);
		i++;
	}
	*out = bytes;
	*out_length = n;
	return 0;
}
