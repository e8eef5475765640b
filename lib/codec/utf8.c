/*
 * utf8.c: words of eight ASCII bytes at a time, then sequences one by one. Which second byte may
 * follow depends on the first: that excludes overlong forms, surrogates and what lies above U+10FFFF
 * (table 3-7 of the Unicode standard).
 */
#include "codec/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ONES UINT64_C(0x0101010101010101)
#define HIGH UINT64_C(0x8080808080808080)

/* Eight bytes of 0x01 to 0x7f. A byte above 0x80 may borrow from its neighbour; it is found anyway. */
static bool is_plain_word(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return ((word | (word - ONES)) & HIGH) == 0;
}

static bool is_within(unsigned char byte, unsigned low, unsigned high)
{
	return byte >= low && byte <= high;
}

/* Bytes of the sequence at `s`, of which `left` are there; 0: it is none. */
static size_t sequence(const unsigned char *s, size_t left)
{
	unsigned low = 0x80, high = 0xbf;
	size_t length;

	if (is_within(s[0], 0xc2, 0xdf))
		length = 2;
	else if (is_within(s[0], 0xe0, 0xef))
		length = 3;
	else if (is_within(s[0], 0xf0, 0xf4))
		length = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (left < length || !is_within(s[1], low, high))
		return 0;
	for (size_t i = 2; i < length; i++)
		if (!is_within(s[i], 0x80, 0xbf))
			return 0;
	return length;
}

const char *codec_utf8_fault(const char *text, size_t length)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i = 0, n;

	while (i < length) {
		if (length - i >= 8 && is_plain_word(text + i)) {
			i += 8;
			continue;
		}
		if (s[i] == 0)
			return "a string has a NUL in it";
		n = s[i] < 0x80 ? 1 : sequence(s + i, length - i);
		if (n == 0)
			return "a string is not UTF-8";
		i += n;
	}
	return NULL;
}
