/*
 * Messages at random: noise, and mutations of good ones over a table that uses every construct; and
 * descriptions of interfaces, the same way.
 *
 * The judge: whatever decodes has taken no more memory than is allowed, encodes again, and that message
 * is canonical: it decodes to an object that encodes to the very same bytes, as does a copy of it.
 * Whatever does not decode is one of the documented errors, with a reason. Each message lies in a
 * block of exactly its length, so that AddressSanitizer sees each byte that is read outside.
 *
 * The run is bounded, and the same for the same seed, which is printed. COHORT_FUZZ_SEED and
 * COHORT_FUZZ_ROUNDS change it.
 */
#include <inttypes.h>
#include <stdio.h>

#include <criterion/criterion.h>

#include "codec/arena.h"
#include "unit/codec/table.h"

enum {
	ROUNDS = 150000,
	MESSAGE_MAX = 4096
};

struct message {
	size_t length, nfds;
	uint8_t bytes[MESSAGE_MAX];
};

static struct message corpus[64];
static const struct cohort_type *corpus_types[COUNT(corpus)];
static size_t ncorpus;

static uint64_t state, rounds;
static struct cohort_encoder *encoder;

/* splitmix64: one word of state, every seed is a good one. */
static uint64_t draw(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t below(size_t n)
{
	return (size_t)(draw() % n);
}

static uint64_t number_from_environment(const char *name, uint64_t otherwise)
{
	const char *string = getenv(name);

	return string ? strtoull(string, NULL, 0) : otherwise;
}

static void begin(void)
{
	state = number_from_environment("COHORT_FUZZ_SEED", 1);
	rounds = number_from_environment("COHORT_FUZZ_ROUNDS", ROUNDS);
	fprintf(stderr, "fuzz codec: COHORT_FUZZ_SEED=%" PRIu64 " COHORT_FUZZ_ROUNDS=%" PRIu64 "\n",
		state, rounds);
	cr_assert_eq(cohort_encoder_new(&encoder), 0);
}

static void end(void)
{
	cohort_encoder_free(encoder);
}

/* --- Good messages ------------------------------------------------------------------------------ */

static void corpus_add(const struct cohort_type *type, const void *object)
{
	struct message *message = &corpus[ncorpus];
	struct cohort_encoded m;

	cr_assert_lt(ncorpus, COUNT(corpus));
	cr_assert_eq(cohort_encode(encoder, type, object, &m, NULL), 0);
	cr_assert_leq(m.length, sizeof(message->bytes));
	memcpy(message->bytes, m.data, m.length);
	message->length = m.length;
	message->nfds = m.nfds;
	corpus_types[ncorpus++] = type;
}

/* Everything at once, and each field of it alone: there a mutation hits what it is about. */
static void corpus_make(void)
{
	const unsigned char *sample = (const unsigned char *)&all_sample;
	struct all empty;

	corpus_add(&all_type, &all_sample);
	cohort_init(&all_type, &empty);
	corpus_add(&all_type, &empty);
	for (uint32_t i = 0; i < all_type.count; i++)
		corpus_add(all_fields[i].type, sample + all_fields[i].offset);
}

/* --- Bad ones ----------------------------------------------------------------------------------- */

static void flip_bit(struct message *m)
{
	if (m->length)
		m->bytes[below(m->length)] ^= (uint8_t)(1u << below(8));
}

static void set_byte(struct message *m)
{
	static const uint8_t values[] = { 0, 1, 2, 3, 4, 7, 8, 64, 127, 128, 0xc0, 0xed, 254, 255 };

	if (m->length)
		m->bytes[below(m->length)] = values[below(sizeof(values))];
}

/* Counts and sizes are words. */
static void set_word(struct message *m)
{
	static const uint32_t values[] = { 0,	  1,	      2,	  16,	     255,
					   65536, 0x7fffffff, 0x80000000, UINT32_MAX };
	uint32_t value = values[below(COUNT(values))];

	if (m->length >= sizeof(value))
		memcpy(m->bytes + below(m->length - 3), &value, sizeof(value));
}

static void add_to_byte(struct message *m)
{
	size_t at = m->length ? below(m->length) : 0;

	if (m->length)
		m->bytes[at] = (uint8_t)(m->bytes[at] + (below(2) ? 1 : 255));
}

static void cut(struct message *m)
{
	m->length = below(m->length + 1);
}

static void extend(struct message *m)
{
	for (size_t n = 1 + below(16); n > 0 && m->length < MESSAGE_MAX; n--)
		m->bytes[m->length++] = (uint8_t)(below(2) ? draw() : 0);
}

static void copy_within(struct message *m)
{
	size_t from, to;

	if (m->length < 2)
		return;
	from = below(m->length);
	to = below(m->length);
	memmove(m->bytes + to, m->bytes + from, below(m->length - (from > to ? from : to)));
}

static void change_fds(struct message *m)
{
	m->nfds = below(8);
}

static void mutate(struct message *m)
{
	static void (*const ways[])(struct message *) = { flip_bit, flip_bit,	 set_byte,
							  set_word, add_to_byte, cut,
							  extend,   copy_within, change_fds };

	for (size_t n = 1 + below(3); n > 0; n--)
		ways[below(COUNT(ways))](m);
}

static void randomize(struct message *m)
{
	m->length = below(200);
	for (size_t i = 0; i < m->length; i++)
		m->bytes[i] = (uint8_t)(below(3) ? 0 : draw());
	m->nfds = 0;
}

/* --- The judge ---------------------------------------------------------------------------------- */

static const int some_fds[8] = { 100, 101, 102, 103, 104, 105, 106, 107 };

/* Encodes to exactly those bytes. */
static void expect_bytes(const struct cohort_type *type, const void *object, const uint8_t *bytes,
			 size_t length)
{
	struct cohort_encoded m;

	cr_assert_eq(cohort_encode(encoder, type, object, &m, NULL), 0);
	cr_assert_eq(m.length, length);
	cr_assert_eq(memcmp(m.data, bytes, length), 0, "it is not canonical");
}

/* Decodes a message of the encoder's, and compares what comes back. */
static void expect_canonical(const struct cohort_type *type, const void *object,
			     struct cohort_arena *arena)
{
	struct cohort_fault fault = { 0 };
	struct cohort_encoded m;
	void *again = cohort_arena_alloc(arena, type->size);
	int err = cohort_encode(encoder, type, object, &m, &fault), fds[COUNT(some_fds)];
	size_t length = m.length;
	uint8_t *bytes;

	cr_assert_eq(err, 0, "it decodes, but: %s", fault.what ? fault.what : "");
	bytes = malloc(length);
	memcpy(bytes, m.data, length);
	memcpy(fds, m.fds, m.nfds * sizeof(int));
	err = cohort_decode(type, bytes, length, fds, m.nfds, arena, again, &fault);
	cr_assert_eq(err, 0, "it encodes, but: %s", fault.what ? fault.what : "");
	expect_bytes(type, again, bytes, length);
	cr_assert_eq(cohort_copy(type, object, arena, again), 0);
	expect_bytes(type, again, bytes, length);
	free(bytes);
}

/* Whether it decodes. */
static bool judge(const struct cohort_type *type, const struct message *m,
		  struct cohort_arena *arena)
{
	uint8_t *bytes = malloc(m->length ? m->length : 1);
	void *object = malloc(type->size);
	struct cohort_fault fault;
	int err;

	memcpy(bytes, m->bytes, m->length);
	err = cohort_decode(type, bytes, m->length, some_fds, m->nfds, arena, object, &fault);
	free(bytes);
	cr_assert_leq(codec_arena_used(arena), 64 * m->length + 65536);
	if (err) {
		cr_assert(err == -EBADMSG || err == -E2BIG || err == -ELOOP, "%d", err);
		cr_assert_not_null(fault.what);
		cr_assert_leq(fault.offset, m->length);
	} else {
		expect_canonical(type, object, arena);
	}
	free(object);
	return err == 0;
}

Test(fuzz_codec, no_random_or_mutated_message_crashes_or_is_misjudged, .init = begin, .fini = end)
{
	static struct message message;
	struct cohort_arena *arena;
	uint64_t accepted = 0;

	corpus_make();
	cr_assert_eq(cohort_arena_new(&arena), 0);
	for (uint64_t i = 0; i < rounds; i++) {
		size_t which = below(3) ? below(ncorpus) : 0;

		message = corpus[which];
		if (below(8))
			mutate(&message);
		else
			randomize(&message);
		accepted += judge(corpus_types[which], &message, arena);
		cohort_arena_reset(arena);
	}
	cohort_arena_free(arena);
	/* Else nothing gets past the first checks, or the mutations change nothing. */
	cr_assert(accepted > rounds / 100, "only %" PRIu64 " accepted", accepted);
	cr_assert(accepted < rounds / 2 + 1, "%" PRIu64 " accepted", accepted);
}

/* Old and new readers: the fields after the first n are not known, and are skipped. */
Test(fuzz_codec, each_older_reader_reads_each_mutated_message_or_refuses_it, .init = begin,
     .fini = end)
{
	static struct message message;
	struct cohort_type older = all_type;
	struct cohort_arena *arena;

	corpus_make();
	cr_assert_eq(cohort_arena_new(&arena), 0);
	for (uint64_t i = 0; i < rounds / 4; i++) {
		message = corpus[0];
		older.count = (uint32_t)below(all_type.count + 1);
		if (below(4))
			mutate(&message);
		judge(&older, &message, arena);
		cohort_arena_reset(arena);
	}
	cohort_arena_free(arena);
}

/* --- Descriptions ------------------------------------------------------------------------------- */

static const struct cohort_method methods[] = {
	{ .name = "all", .in = &all_type, .out = &all_type },
	{ .name = "tell", .flags = COHORT_METHOD_ONEWAY, .in = &point_type, .out = &node_type },
};
static const struct cohort_interface interface = { "t.Face", 0, COUNT(methods), methods };

/* Its bytes in a block of their own. */
static int accepts(const struct message *m)
{
	uint8_t *bytes = malloc(m->length ? m->length : 1);
	char what[24];
	int err;

	memcpy(bytes, m->bytes, m->length);
	memset(what, 'x', sizeof(what));
	err = cohort_interface_accepts(&interface, bytes, m->length, what, sizeof(what));
	free(bytes);
	cr_assert(err == 0 || err == -EPROTO || err == -EBADMSG, "%d", err);
	cr_assert(err != -EPROTO || memchr(what, 0, sizeof(what)));
	return err;
}

Test(fuzz_codec, no_random_or_mutated_description_crashes, .init = begin, .fini = end)
{
	static struct message good, message;
	uint64_t seen[3] = { 0 };
	ssize_t size = cohort_interface_describe(&interface, good.bytes, sizeof(good.bytes));

	cr_assert(size > 0 && size <= (ssize_t)sizeof(good.bytes));
	good.length = (size_t)size;
	cr_assert_eq(accepts(&good), 0);
	for (uint64_t i = 0; i < rounds; i++) {
		int err;

		message = good;
		if (below(8))
			mutate(&message);
		else
			randomize(&message);
		err = accepts(&message);
		seen[err == 0 ? 0 : err == -EPROTO ? 1 : 2]++;
	}
	cr_assert(seen[0] && seen[1] && seen[2], "each outcome occurs");
}
