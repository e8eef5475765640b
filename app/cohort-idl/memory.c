/*
 * Chunks, each with a pointer to the one before it: so none is ever lost, and a sanitizer that looks
 * for lost memory is right to find none.
 */
#include "memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)64 << 10)

struct chunk {
	struct chunk *before;
	alignas(max_align_t) char bytes[];
};

static struct chunk *newest;
static char *room;
static size_t left;

static void *memory(size_t size)
{
	void *p = calloc(1, size);

	if (!p) {
		fputs("cohort-idl: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

static char *chunk_new(size_t size)
{
	struct chunk *c = memory(sizeof(*c) + size);

	c->before = newest;
	newest = c;
	return c->bytes;
}

void *node_new(size_t size)
{
	size_t whole = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);

	if (whole > CHUNK / 4)
		return chunk_new(whole);
	if (whole > left) {
		room = chunk_new(CHUNK);
		left = CHUNK;
	}
	left -= whole;
	room += whole;
	return room - whole;
}

char *text_copy(const char *text, size_t length)
{
	return memcpy(node_new(length + 1), text, length);
}

char *text_format(const char *format, ...)
{
	va_list args, again;
	char *text;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = node_new((size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}
