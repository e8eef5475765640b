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
