/*
 * samples: one frame of each kind (two of those with forms), as structs and as the bytes that
 * they must be; and decode and encode by kind, so that a test can treat all frames alike.
 *
 * The bytes are written out field by field, as doc/protocol.md has them.
 */
#ifndef COHORT_TEST_WIRE_SAMPLES_H
#define COHORT_TEST_WIRE_SAMPLES_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/control.h"
#include "wire/frame.h"
#include "wire/hello.h"
#include "wire/query.h"

union any_frame {
	struct wire_hello hello;
	struct wire_welcome welcome;
	struct wire_mapped mapped;
	struct wire_refused refused;
	struct wire_announce announce;
	struct wire_ack ack;
	struct wire_sidecar sidecar;
	struct wire_body body;
	struct wire_reply reply;
	struct wire_bulk bulk;
	struct wire_bye bye;
	struct wire_query query;
	struct wire_answer answer;
};

static inline int any_decode(unsigned int kind, const void *buf, size_t len, union any_frame *any)
{
	switch ((enum frame_kind)kind) {
	case FRAME_HELLO:
		return wire_hello_decode(buf, len, &any->hello);
	case FRAME_WELCOME:
		return wire_welcome_decode(buf, len, &any->welcome);
	case FRAME_MAPPED:
		return wire_mapped_decode(buf, len, &any->mapped);
	case FRAME_READY:
		return wire_ready_decode(buf, len);
	case FRAME_REFUSED:
		return wire_refused_decode(buf, len, &any->refused);
	case FRAME_ANNOUNCE:
		return wire_announce_decode(buf, len, &any->announce);
	case FRAME_ACK:
		return wire_ack_decode(buf, len, &any->ack);
	case FRAME_SIDECAR:
		return wire_sidecar_decode(buf, len, &any->sidecar);
	case FRAME_BODY:
		return wire_body_decode(buf, len, &any->body);
	case FRAME_REPLY:
		return wire_reply_decode(buf, len, &any->reply);
	case FRAME_BULK:
		return wire_bulk_decode(buf, len, &any->bulk);
	case FRAME_BYE:
		return wire_bye_decode(buf, len, &any->bye);
	case FRAME_QUERY:
		return wire_query_decode(buf, len, &any->query);
	case FRAME_ANSWER:
		return wire_answer_decode(buf, len, &any->answer);
	}
	return -EPROTO;
}

static inline int any_encode(unsigned int kind, void *buf, size_t size, const union any_frame *any)
{
	switch ((enum frame_kind)kind) {
	case FRAME_HELLO:
		return wire_hello_encode(buf, size, &any->hello);
	case FRAME_WELCOME:
		return wire_welcome_encode(buf, size, &any->welcome);
	case FRAME_MAPPED:
		return wire_mapped_encode(buf, size, &any->mapped);
	case FRAME_READY:
		return wire_ready_encode(buf, size);
	case FRAME_REFUSED:
		return wire_refused_encode(buf, size, &any->refused);
	case FRAME_ANNOUNCE:
		return wire_announce_encode(buf, size, &any->announce);
	case FRAME_ACK:
		return wire_ack_encode(buf, size, &any->ack);
	case FRAME_SIDECAR:
		return wire_sidecar_encode(buf, size, &any->sidecar);
	case FRAME_BODY:
		return wire_body_encode(buf, size, &any->body);
	case FRAME_REPLY:
		return wire_reply_encode(buf, size, &any->reply);
	case FRAME_BULK:
		return wire_bulk_encode(buf, size, &any->bulk);
	case FRAME_BYE:
		return wire_bye_encode(buf, size, &any->bye);
	case FRAME_QUERY:
		return wire_query_encode(buf, size, &any->query);
	case FRAME_ANSWER:
		return wire_answer_encode(buf, size, &any->answer);
	}
	return -EINVAL;
}

enum verdict {
	VERDICT_ACCEPTED,  /* and encoding it again gave the same bytes */
	VERDICT_REJECTED,  /* with -EPROTO, and nothing was touched */
	VERDICT_AMBIGUOUS, /* accepted, but encoding it gives something else */
	VERDICT_UNCLEAN,   /* rejected with another error, or something was touched */
};

static inline enum verdict verdict_on_accepted(unsigned int kind, const uint8_t *buf, size_t len,
					       const union any_frame *any)
{
	uint8_t *again = malloc(FRAME_MAX);
	int size = again ? any_encode(kind, again, FRAME_MAX, any) : -ENOMEM;
	enum verdict verdict = VERDICT_AMBIGUOUS;

	if (size >= 0 && (size_t)size == len && memcmp(again, buf, len) == 0)
		verdict = VERDICT_ACCEPTED;
	free(again);
	return verdict;
}

/* Decodes a copy of exactly `len` bytes, so that a sanitizer sees any read past it. */
static inline enum verdict verdict_as(unsigned int kind, const uint8_t *buf, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	union any_frame any, untouched;
	enum verdict verdict;
	int err;

	if (!copy)
		return VERDICT_UNCLEAN;
	if (len)
		memcpy(copy, buf, len);
	memset(&untouched, 0xa5, sizeof(untouched));
	memset(&any, 0xa5, sizeof(any));
	err = any_decode(kind, copy, len, &any);
	if (err == 0)
		verdict = verdict_on_accepted(kind, copy, len, &any);
	else if (err == -EPROTO && memcmp(&any, &untouched, sizeof(any)) == 0)
		verdict = VERDICT_REJECTED;
	else
		verdict = VERDICT_UNCLEAN;
	free(copy);
	return verdict;
}

/* The same by the kind in the header; what has no header is rejected. */
static inline enum verdict verdict_on(const uint8_t *buf, size_t len)
{
	return verdict_as(len >= 6 ? buf[4] | (unsigned int)buf[5] << 8 : 0, buf, len);
}

static inline void length_fix(uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < 4 && i < len; i++)
		buf[i] = (uint8_t)(len >> 8 * i);
}

/* clang-format off */

/* One literal is one field. */

#define TEXT(literal) { literal, sizeof(literal) - 1 }

/* Entries written out as bytes. */
#define ENTRIES(literal, n) { (const uint8_t *)(literal), sizeof(literal) - 1, n }

struct sample {
	const char *name;
	unsigned int kind;
	union any_frame any;
	const char *bytes;
	size_t size;
	uint8_t reserved[24]; /* offsets of bytes that must be zero, ended by 0 */
};

#define NO_KEY 8, 9, 10, 11, 12, 13, 14, 15
#define NO_FDS 6, 7

#define BYTES(literal) .bytes = literal, .size = sizeof(literal) - 1

#define SAMPLE_ACTIONS \
	"\x04" "play" "\x03\0\0\0" "\x0c" "Plays a file" \
	"\x01" "x" "\0\0\0\0" "\0"

#define SAMPLE_NAMES "\x04" "play" "\0\0\0\0" "\0"

#define SAMPLE_PEER \
	"\x02\0\0\0\x44\x33\x22\x11" "\x92\x10\0\0" "\xe8\x03\0\0" "\x64\0\0\0" "\x03\0\0\0" \
	"\x08\x07\x06\x05\x04\x03\x02\x01" "\x05\0\0\0" "\x04" "demo"

#define SAMPLE_ACTION_ENTRY \
	"\x02\0\0\0\x44\x33\x22\x11" "\x01\0\0\0" "\x0a\0\0\0\0\0\0\0" "\x01\0\0\0\0\0\0\0" \
	"\x40\x42\x0f\0\0\0\0\0" "\xa0\x86\x01\0\0\0\0\0" "\x04" "play" "\x05" "Plays"

#define SAMPLE_STATS "\x01\0" "\x0a\0\0\0\0\0\0\0" "\x02\0" "\xff\xff\xff\xff\xff\xff\xff\xff"

static const struct sample samples[] = {
	{
		.name = "hello",
		.kind = FRAME_HELLO,
		.any.hello = {
			.versions = { 1, 2 },
			.features = 0x80000001,
			.flags = WIRE_HELLO_OBSERVER,
			.pid = 4242,
			.t1 = 0x0102030405060708,
			.more = true,
			.program = TEXT("demo"),
			.actions = ENTRIES(SAMPLE_ACTIONS, 2),
		},
		BYTES("\x56\0\0\0" "\x01\0" "\0\0" "\0\0\0\0\0\0\0\0"
		      "COHT" "\x01\0" "\x02\0" "\x01\0\0\x80" "\x01\0\0\0" "\x92\x10\0\0"
		      "\0\0\0\0" "\x08\x07\x06\x05\x04\x03\x02\x01" "\x01" "\0" "\x02\0" "\x04"
		      "demo" SAMPLE_ACTIONS),
		.reserved = { NO_FDS, NO_KEY, 36, 37, 38, 39, 49 },
	},
	{
		.name = "welcome",
		.kind = FRAME_WELCOME,
		.any.welcome = {
			.version = 1,
			.features = 1,
			.id = 0x1122334400000002,
			.primary_id = 0x1122334400000001,
			.ring_to_primary = 262144,
			.ring_to_secondary = 131072,
			.slots_secondary = 128,
			.slots_primary = 64,
			.slot_size = 1024,
			.max_body = 64 << 20,
			.bulk_size = 4 << 20,
			.region_size = 1 << 20,
			.t1 = 1,
			.t2 = 2,
			.t3 = -1,
			.program = TEXT("p"),
		},
		BYTES("\x6a\0\0\0" "\x02\0" "\x02\0" "\0\0\0\0\0\0\0\0"
		      "\x01\0" "\0\0" "\x01\0\0\0" "\x02\0\0\0\x44\x33\x22\x11"
		      "\x01\0\0\0\x44\x33\x22\x11" "\0\0\x04\0" "\0\0\x02\0" "\x80\0" "\x40\0"
		      "\0\x04\0\0" "\0\0\0\x04\0\0\0\0" "\0\0\x40\0\0\0\0\0"
		      "\0\0\x10\0\0\0\0\0" "\x01\0\0\0\0\0\0\0" "\x02\0\0\0\0\0\0\0"
		      "\xff\xff\xff\xff\xff\xff\xff\xff" "\x01" "p"),
		.reserved = { 7, NO_KEY, 18, 19 },
	},
	{
		.name = "mapped",
		.kind = FRAME_MAPPED,
		.any.mapped = { .t4 = 5, .offset = -2 },
		BYTES("\x20\0\0\0" "\x03\0" "\0\0" "\0\0\0\0\0\0\0\0"
		      "\x05\0\0\0\0\0\0\0" "\xfe\xff\xff\xff\xff\xff\xff\xff"),
		.reserved = { NO_FDS, NO_KEY },
	},
	{
		.name = "ready",
		.kind = FRAME_READY,
		BYTES("\x10\0\0\0" "\x04\0" "\0\0" "\0\0\0\0\0\0\0\0"),
		.reserved = { NO_FDS, NO_KEY },
	},
	{
		.name = "refused",
		.kind = FRAME_REFUSED,
		.any.refused = {
			.reason = WIRE_REFUSED_FULL,
			.code = EUSERS,
			.versions = { 1, 3 },
			.text = TEXT("full"),
		},
		BYTES("\x21\0\0\0" "\x05\0" "\0\0" "\0\0\0\0\0\0\0\0"
		      "\x04\0\0\0" "\x57\0\0\0" "\x01\0" "\x03\0" "\x04" "full"),
		.reserved = { NO_FDS, NO_KEY },
	},
	{
		.name = "announce-add",
		.kind = FRAME_ANNOUNCE,
		.any.announce = {
			.key = 7,
			.op = WIRE_ANNOUNCE_ADD,
			.more = true,
			.actions = ENTRIES(SAMPLE_ACTIONS, 2),
		},
		BYTES("\x31\0\0\0" "\x06\0" "\0\0" "\x07\0\0\0\0\0\0\0"
		      "\x01" "\x01" "\x02\0" SAMPLE_ACTIONS),
		.reserved = { NO_FDS },
	},
	{
		.name = "announce-remove",
		.kind = FRAME_ANNOUNCE,
		.any.announce = {
			.op = WIRE_ANNOUNCE_REMOVE,
			.actions = ENTRIES(SAMPLE_NAMES, 1),
		},
		BYTES("\x1e\0\0\0" "\x06\0" "\0\0" "\0\0\0\0\0\0\0\0"
		      "\x02" "\0" "\x01\0" SAMPLE_NAMES),
		.reserved = { NO_FDS, 25, 26, 27, 28 },
	},
	{
		.name = "ack",
		.kind = FRAME_ACK,
		.any.ack = { .key = 7, .error = -2 },
		BYTES("\x14\0\0\0" "\x07\0" "\0\0" "\x07\0\0\0\0\0\0\0"
		      "\xfe\xff\xff\xff"),
		.reserved = { NO_FDS },
	},
	{
		.name = "sidecar",
		.kind = FRAME_SIDECAR,
		.any.sidecar = { .key = 9, .fds = 253 },
		BYTES("\x10\0\0\0" "\x08\0" "\xfd\0" "\x09\0\0\0\0\0\0\0"),
		.reserved = { 7 },
	},
	{
		.name = "body",
		.kind = FRAME_BODY,
		.any.body = { .key = 9, .length = 5 << 20 },
		BYTES("\x18\0\0\0" "\x09\0" "\x01\0" "\x09\0\0\0\0\0\0\0"
		      "\0\0\x50\0\0\0\0\0"),
		.reserved = { 7 },
	},
	{
		.name = "reply-fds",
		.kind = FRAME_REPLY,
		.any.reply = {
			.key = 0x00000000000a0005,
			.fds = 3,
			.form = WIRE_REPLY_FDS,
			.status = -5,
		},
		BYTES("\x20\0\0\0" "\x0a\0" "\x03\0" "\x05\0\x0a\0\0\0\0\0"
		      "\0" "\0" "\0\0" "\xfb\xff\xff\xff" "\0\0\0\0\0\0\0\0"),
		.reserved = { 7, 17, 18, 19, 24, 25, 26, 27, 28, 29, 30, 31 },
	},
	{
		.name = "reply-inline",
		.kind = FRAME_REPLY,
		.any.reply = {
			.key = 0x00000000000a0005,
			.fds = 1,
			.form = WIRE_REPLY_INLINE,
			.length = 5,
			.data = (const uint8_t *)"a\0b\0c",
		},
		BYTES("\x25\0\0\0" "\x0a\0" "\x01\0" "\x05\0\x0a\0\0\0\0\0"
		      "\x01" "\0" "\0\0" "\0\0\0\0" "\x05\0\0\0\0\0\0\0" "a\0b\0c"),
		.reserved = { 7, 17, 18, 19 },
	},
	{
		.name = "reply-memfd",
		.kind = FRAME_REPLY,
		.any.reply = {
			.key = 0x00000000000a0005,
			.fds = 1,
			.form = WIRE_REPLY_MEMFD,
			.more = true,
			.length = 1 << 20,
		},
		BYTES("\x20\0\0\0" "\x0a\0" "\x01\0" "\x05\0\x0a\0\0\0\0\0"
		      "\x02" "\x01" "\0\0" "\0\0\0\0" "\0\0\x10\0\0\0\0\0"),
		.reserved = { 7, 18, 19 },
	},
	{
		.name = "bulk",
		.kind = FRAME_BULK,
		.any.bulk = { .size = 4 << 20 },
		BYTES("\x18\0\0\0" "\x0b\0" "\x01\0" "\0\0\0\0\0\0\0\0"
		      "\0\0\x40\0\0\0\0\0"),
		.reserved = { 7, NO_KEY },
	},
	{
		.name = "bye",
		.kind = FRAME_BYE,
		.any.bye = {
			.reason = WIRE_BYE_PROTOCOL,
			.position = 0x1000,
			.text = TEXT("bad record"),
		},
		BYTES("\x2b\0\0\0" "\x0c\0" "\0\0" "\0\0\0\0\0\0\0\0"
		      "\x02\0\0\0" "\0\0\0\0" "\0\x10\0\0\0\0\0\0" "\x0a" "bad record"),
		.reserved = { NO_FDS, NO_KEY, 20, 21, 22, 23 },
	},
	{
		.name = "query-peers",
		.kind = FRAME_QUERY,
		.any.query = { .key = 3, .what = WIRE_QUERY_PEERS, .cursor = 17 },
		BYTES("\x28\0\0\0" "\x0d\0" "\0\0" "\x03\0\0\0\0\0\0\0"
		      "\x01" "\0\0\0\0\0\0\0" "\x11\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0"),
		.reserved = { NO_FDS, 17, 18, 19, 20, 21, 22, 23, 32, 33, 34, 35, 36, 37, 38, 39 },
	},
	{
		.name = "query-peer-stats",
		.kind = FRAME_QUERY,
		.any.query = {
			.key = 3,
			.what = WIRE_QUERY_PEER_STATS,
			.argument = 0x1122334400000002,
		},
		BYTES("\x28\0\0\0" "\x0d\0" "\0\0" "\x03\0\0\0\0\0\0\0"
		      "\x04" "\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0" "\x02\0\0\0\x44\x33\x22\x11"),
		.reserved = { NO_FDS, 17, 18, 19, 20, 21, 22, 23 },
	},
	{
		.name = "answer-peers",
		.kind = FRAME_ANSWER,
		.any.answer = {
			.key = 3,
			.what = WIRE_QUERY_PEERS,
			.next = 18,
			.entries = ENTRIES(SAMPLE_PEER, 1),
		},
		BYTES("\x4d\0\0\0" "\x0e\0" "\0\0" "\x03\0\0\0\0\0\0\0"
		      "\0\0\0\0" "\x01" "\0\0\0" "\x12\0\0\0\0\0\0\0" "\x01\0\0\0" SAMPLE_PEER),
		.reserved = { NO_FDS, 21, 22, 23 },
	},
	{
		.name = "answer-actions",
		.kind = FRAME_ANSWER,
		.any.answer = {
			.key = 3,
			.what = WIRE_QUERY_ACTIONS,
			.entries = ENTRIES(SAMPLE_ACTION_ENTRY, 1),
		},
		BYTES("\x5b\0\0\0" "\x0e\0" "\0\0" "\x03\0\0\0\0\0\0\0"
		      "\0\0\0\0" "\x02" "\0\0\0" "\0\0\0\0\0\0\0\0" "\x01\0\0\0"
		      SAMPLE_ACTION_ENTRY),
		.reserved = { NO_FDS, 21, 22, 23 },
	},
	{
		.name = "answer-stats",
		.kind = FRAME_ANSWER,
		.any.answer = {
			.key = 3,
			.what = WIRE_QUERY_STATS,
			.entries = ENTRIES(SAMPLE_STATS, 2),
		},
		BYTES("\x38\0\0\0" "\x0e\0" "\0\0" "\x03\0\0\0\0\0\0\0"
		      "\0\0\0\0" "\x03" "\0\0\0" "\0\0\0\0\0\0\0\0" "\x02\0\0\0" SAMPLE_STATS),
		.reserved = { NO_FDS, 21, 22, 23 },
	},
	{
		.name = "answer-error",
		.kind = FRAME_ANSWER,
		.any.answer = { .key = 3, .error = -116, .what = WIRE_QUERY_PEER_STATS },
		BYTES("\x24\0\0\0" "\x0e\0" "\0\0" "\x03\0\0\0\0\0\0\0"
		      "\x8c\xff\xff\xff" "\x04" "\0\0\0" "\0\0\0\0\0\0\0\0" "\0\0\0\0"),
		.reserved = { NO_FDS, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35 },
	},
};

/* clang-format on */

enum {
	SAMPLES = sizeof(samples) / sizeof(samples[0])
};

static inline const struct sample *sample_find(const char *name)
{
	for (size_t i = 0; i < SAMPLES; i++)
		if (strcmp(samples[i].name, name) == 0)
			return &samples[i];
	return NULL;
}

/* The verdict on a sample with one byte replaced. */
static inline enum verdict verdict_poked(const char *name, size_t at, unsigned int value)
{
	const struct sample *sample = sample_find(name);
	uint8_t buf[256];

	if (!sample || sample->size > sizeof(buf) || at >= sample->size)
		return VERDICT_UNCLEAN;
	memcpy(buf, sample->bytes, sample->size);
	buf[at] = (uint8_t)value;
	return verdict_on(buf, sample->size);
}

#endif
