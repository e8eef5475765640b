/*
 * pcapng.c: section header, interface description, an enhanced packet for each event, interface
 * statistics (draft-ietf-opsawg-pcapng).
 *
 * A block is put together in memory, because its length stands before and after its content. The
 * largest is that of an event with an action and a payload of full length.
 */
#include "pcapng.h"

#include <assert.h>
#include <string.h>

#define LINKTYPE_USER0 147

enum block_type {
	BLOCK_SECTION = 0x0A0D0D0A,
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
};

/* Their numbers are each block type's own. */
enum option_code {
	OPTION_LAST = 0,
	SECTION_APPLICATION = 4,
	INTERFACE_NAME = 2,
	INTERFACE_RESOLUTION = 9,
	PACKET_DROPPED = 4,
	STATISTICS_RECEIVED = 4,
	STATISTICS_DROPPED = 5,
};

struct block {
	size_t length;
	unsigned char bytes[1024];
};

static void put(struct block *b, const void *bytes, size_t length)
{
	assert(length <= sizeof(b->bytes) - b->length);
	if (length > 0)
		memcpy(b->bytes + b->length, bytes, length);
	b->length += length;
}

static void put_number(struct block *b, uint64_t value, size_t width)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < width; i++)
		bytes[i] = (unsigned char)(value >> (8 * i));
	put(b, bytes, width);
}

static void pad(struct block *b)
{
	while (b->length % 4)
		put_number(b, 0, 1);
}

static void put_option(struct block *b, enum option_code code, const void *bytes, size_t length)
{
	put_number(b, code, 2);
	put_number(b, length, 2);
	put(b, bytes, length);
	pad(b);
}

static void put_option_number(struct block *b, enum option_code code, uint64_t value)
{
	put_number(b, code, 2);
	put_number(b, sizeof(value), 2);
	put_number(b, value, sizeof(value));
}

/* Time counts in units of the interface's resolution; its upper half comes first. */
static void put_time(struct block *b, int64_t time)
{
	put_number(b, (uint64_t)time >> 32, 4);
	put_number(b, (uint64_t)time & UINT32_MAX, 4);
}

static void block_begin(struct block *b, enum block_type type)
{
	b->length = 0;
	put_number(b, type, 4);
	put_number(b, 0, 4); /* the length, which block_write() knows */
}

static void block_write(struct block *b, FILE *out)
{
	struct block length = { 0 };

	put_number(&length, b->length + 4, 4);
	put(b, length.bytes, 4);
	memcpy(b->bytes + 4, length.bytes, 4);
	fwrite(b->bytes, 1, b->length, out);
}

static void write_section(FILE *out)
{
	static const char application[] = "cohort monitor";
	struct block b;

	block_begin(&b, BLOCK_SECTION);
	put_number(&b, 0x1A2B3C4D, 4); /* says in which order the bytes are */
	put_number(&b, 1, 2);	       /* version 1.0 */
	put_number(&b, 0, 2);
	put_number(&b, UINT64_MAX, 8); /* the section's length is not known */
	put_option(&b, SECTION_APPLICATION, application, sizeof(application) - 1);
	put_option(&b, OPTION_LAST, NULL, 0);
	block_write(&b, out);
}

static void write_interface(FILE *out, const char *channel)
{
	static const unsigned char nanoseconds = 9; /* 10^-9 s */
	struct block b;

	block_begin(&b, BLOCK_INTERFACE);
	put_number(&b, LINKTYPE_USER0, 2);
	put_number(&b, 0, 2);
	put_number(&b, 0, 4); /* no limit to a packet's length */
	put_option(&b, INTERFACE_NAME, channel, strnlen(channel, 255));
	put_option(&b, INTERFACE_RESOLUTION, &nanoseconds, 1);
	put_option(&b, OPTION_LAST, NULL, 0);
	block_write(&b, out);
}

void pcapng_begin(FILE *out, const char *channel)
{
	write_section(out);
	write_interface(out, channel);
}

static void put_event(struct block *b, const struct cohort_event *event, size_t name)
{
	put_number(b, PCAPNG_VERSION, 1);
	put_number(b, event->kind, 1);
	put_number(b, name, 2);
	put_number(b, event->fds, 4);
	put_number(b, event->from, 8);
	put_number(b, event->to, 8);
	put_number(b, event->request, 8);
	put_number(b, (uint64_t)event->latency, 8);
	put_number(b, (uint64_t)event->busy, 8);
	put_number(b, event->length, 8);
	put_number(b, (uint32_t)event->outcome, 4);
	put_number(b, event->captured, 4);
	put(b, event->action, name);
	put(b, event->payload, event->captured);
}

/* Bytes of the packet, if nothing had been left out; `length` of a LOST is no length. */
static uint64_t original_length(const struct cohort_event *event, size_t name)
{
	uint64_t body = event->kind == COHORT_EVENT_LOST ? event->captured : event->length;
	uint64_t length = PCAPNG_HEADER + name + body;

	return length < UINT32_MAX ? length : UINT32_MAX;
}

void pcapng_event(FILE *out, const struct cohort_event *event, uint64_t lost)
{
	size_t name = strnlen(event->action, sizeof(event->action));
	struct block b;

	block_begin(&b, BLOCK_PACKET);
	put_number(&b, 0, 4); /* the interface */
	put_time(&b, event->time);
	put_number(&b, PCAPNG_HEADER + name + event->captured, 4);
	put_number(&b, original_length(event, name), 4);
	put_event(&b, event, name);
	pad(&b);
	if (lost > 0) {
		put_option_number(&b, PACKET_DROPPED, lost);
		put_option(&b, OPTION_LAST, NULL, 0);
	}
	block_write(&b, out);
}

void pcapng_end(FILE *out, int64_t time, uint64_t written, uint64_t lost)
{
	struct block b;

	block_begin(&b, BLOCK_STATISTICS);
	put_number(&b, 0, 4);
	put_time(&b, time);
	put_option_number(&b, STATISTICS_RECEIVED, written + lost);
	put_option_number(&b, STATISTICS_DROPPED, lost);
	put_option(&b, OPTION_LAST, NULL, 0);
	block_write(&b, out);
}
