/*
 * Frames at random: the corpus as it is, and then mutated. The judge is that decoding is
 * canonical: whatever is accepted must encode to the very same bytes, so nothing malformed can
 * be; whatever is rejected must be -EPROTO with nothing touched.
 *
 * The run is bounded, and the same for the same seed, which is printed. COHORT_FUZZ_SEED and
 * COHORT_FUZZ_ROUNDS change it. The corpus lies beside this file; COHORT_FUZZ_CORPUS names
 * another folder, and a packet that was found to be judged wrongly is added there, as
 * <anything>.bin.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "unit/wire/samples.h"

enum {
	SEEDS_MAX = 256,
	ROUNDS = 200000,
	PACKET_MAX = 1024
};

struct packet {
	size_t len;
	uint8_t bytes[PACKET_MAX];
};

static struct packet corpus[SEEDS_MAX];
static size_t ncorpus;

static uint64_t state;

/* splitmix64: one word of state, every seed is a good one. */
static uint64_t draw(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static size_t draw_below(size_t n)
{
	return (size_t)(draw() % n);
}

static uint64_t number_from_environment(const char *name, uint64_t otherwise)
{
	const char *string = getenv(name);

	return string ? strtoull(string, NULL, 0) : otherwise;
}

static void corpus_folder(char folder[PATH_MAX])
{
	const char *set = getenv("COHORT_FUZZ_CORPUS");
	const char *slash = strrchr(__FILE__, '/');

	if (set)
		snprintf(folder, PATH_MAX, "%s", set);
	else
		snprintf(folder, PATH_MAX, "%.*s/corpus/frame", slash ? (int)(slash - __FILE__) : 1,
			 slash ? __FILE__ : ".");
}

static void packet_load(struct packet *packet, const char *folder, const char *name)
{
	char path[PATH_MAX + NAME_MAX + 2];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	cr_assert_not_null(file, "%s: %s", path, strerror(errno));
	packet->len = fread(packet->bytes, 1, sizeof(packet->bytes), file);
	cr_assert_eq(fgetc(file), EOF, "%s is longer than %d bytes", path, PACKET_MAX);
	fclose(file);
}

static int is_packet(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && strcmp(entry->d_name + length - 4, ".bin") == 0;
}

/* Sorted by name, since the order is part of what a seed means. */
static void corpus_load(void)
{
	char folder[PATH_MAX];
	struct dirent **entries;
	int n;

	corpus_folder(folder);
	n = scandir(folder, &entries, is_packet, alphasort);
	cr_assert(n > 0, "no corpus in %s", folder);
	cr_assert(n <= SEEDS_MAX);
	for (ncorpus = 0; ncorpus < (size_t)n; ncorpus++) {
		packet_load(&corpus[ncorpus], folder, entries[ncorpus]->d_name);
		free(entries[ncorpus]);
	}
	free(entries);
}

static void packet_dump(const struct packet *packet)
{
	for (size_t i = 0; i < packet->len; i++)
		fprintf(stderr, "%02x%s", packet->bytes[i], i % 32 == 31 ? "\n" : " ");
	fputc('\n', stderr);
}

static bool judge(const struct packet *packet)
{
	enum verdict verdict = verdict_on(packet->bytes, packet->len);

	if (verdict > VERDICT_REJECTED)
		packet_dump(packet);
	cr_assert(verdict != VERDICT_AMBIGUOUS, "accepted, but not canonical");
	cr_assert(verdict != VERDICT_UNCLEAN, "rejected, but not cleanly");
	return verdict == VERDICT_ACCEPTED;
}

static void flip_bit(struct packet *packet)
{
	if (packet->len)
		packet->bytes[draw_below(packet->len)] ^= (uint8_t)(1u << draw_below(8));
}

static void set_byte(struct packet *packet)
{
	static const uint8_t values[] = { 0,  1,  2,   3,   4,	 14,  15,  16, 32,
					  63, 64, 127, 128, 160, 253, 254, 255 };

	if (packet->len)
		packet->bytes[draw_below(packet->len)] = values[draw_below(sizeof(values))];
}

static void cut(struct packet *packet)
{
	packet->len = draw_below(packet->len + 1);
}

static void extend(struct packet *packet)
{
	size_t n = 1 + draw_below(16);

	for (; n > 0 && packet->len < PACKET_MAX; n--)
		packet->bytes[packet->len++] = (uint8_t)(draw_below(2) ? draw() : 0);
}

/* A run of bytes again at another place, over what is there: lengths and entries move. */
static void copy_within(struct packet *packet)
{
	size_t from, to, n;

	if (packet->len < 2)
		return;
	from = draw_below(packet->len);
	to = draw_below(packet->len);
	n = draw_below(packet->len - (from > to ? from : to));
	memmove(packet->bytes + to, packet->bytes + from, n);
}

/* The tail of another packet of the corpus. */
static void splice(struct packet *packet)
{
	const struct packet *other = &corpus[draw_below(ncorpus)];
	size_t at = draw_below(packet->len + 1);

	if (at >= other->len)
		return;
	memcpy(packet->bytes + at, other->bytes + at, other->len - at);
	packet->len = other->len;
}

static void mutate(struct packet *packet)
{
	static void (*const ways[])(struct packet *) = { flip_bit, set_byte,	cut,
							 extend,   copy_within, splice };

	for (size_t n = 1 + draw_below(4); n > 0; n--)
		ways[draw_below(sizeof(ways) / sizeof(ways[0]))](packet);
	if (draw_below(8))
		length_fix(packet->bytes, packet->len);
}

static void randomize(struct packet *packet)
{
	packet->len = draw_below(128);
	for (size_t i = 0; i < packet->len; i++)
		packet->bytes[i] = (uint8_t)(draw_below(3) ? 0 : draw());
	length_fix(packet->bytes, packet->len);
	if (packet->len > 4)
		packet->bytes[4] = (uint8_t)draw_below(17);
}

Test(fuzz_frame, each_packet_of_the_corpus_is_judged_as_its_name_says)
{
	char folder[PATH_MAX];
	struct dirent **entries;
	int n;

	corpus_folder(folder);
	n = scandir(folder, &entries, is_packet, alphasort);
	cr_assert(n > 0, "no corpus in %s", folder);
	for (int i = 0; i < n; i++) {
		bool good = strncmp(entries[i]->d_name, "bad-", 4) != 0;

		packet_load(&corpus[0], folder, entries[i]->d_name);
		cr_assert(judge(&corpus[0]) == good, "%s", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

Test(fuzz_frame, no_random_or_mutated_packet_crashes_or_is_misjudged)
{
	uint64_t rounds = number_from_environment("COHORT_FUZZ_ROUNDS", ROUNDS), accepted = 0;
	static struct packet packet;

	state = number_from_environment("COHORT_FUZZ_SEED", 1);
	fprintf(stderr, "fuzz frame: COHORT_FUZZ_SEED=%" PRIu64 " COHORT_FUZZ_ROUNDS=%" PRIu64 "\n",
		state, rounds);
	corpus_load();
	for (uint64_t i = 0; i < rounds; i++) {
		packet = corpus[draw_below(ncorpus)];
		if (draw_below(8))
			mutate(&packet);
		else
			randomize(&packet);
		accepted += judge(&packet);
	}
	/* Else the mutations never get past the header, and the run proves nothing. */
	cr_assert(accepted > rounds / 100, "only %" PRIu64 " accepted", accepted);
	cr_assert(accepted < rounds / 2 + 1, "%" PRIu64 " accepted", accepted);
}
