#include "utf8.h"

#include <stdint.h>

/* What the least character of each length is: a shorter one is not written longer. */
static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };

static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

size_t utf8_length(const char *text, size_t left)
{
	const unsigned char *t = (const unsigned char *)text;
	size_t n = length_of(t[0]);
	uint32_t c;

	if (n <= 1 || n > left)
		return n > left ? 0 : n;
	c = t[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((t[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (t[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return n;
}

/* U+202A to U+202E, and U+2066 to U+2069. */
bool utf8_turns_text(const char *text, size_t length)
{
	const unsigned char *t = (const unsigned char *)text;

	if (length != 3 || t[0] != 0xe2)
		return false;
	return (t[1] == 0x80 && t[2] >= 0xaa && t[2] <= 0xae) ||
	       (t[1] == 0x81 && t[2] >= 0xa6 && t[2] <= 0xa9);
}
