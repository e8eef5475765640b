/*
 * The frames that begin a session: versions, flags, actions.
 */
#include "wire/hello.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "unit/wire/samples.h"

enum {
	AT_MAGIC = 16,
	AT_MIN = 20,
	AT_MAX = 22,
	AT_FEATURES = 24,
	AT_FLAGS = 28,
	AT_MORE = 48,
	AT_COUNT = 50,
	AT_PROGRAM = 52,
	AT_ENTRIES = 57,
	AT_HELP = 66
};

static int choose(unsigned int a, unsigned int b, unsigned int c, unsigned int d)
{
	struct wire_versions ours = { (uint16_t)a, (uint16_t)b };
	struct wire_versions theirs = { (uint16_t)c, (uint16_t)d };

	return wire_versions_choose(ours, theirs);
}

Test(hello, the_highest_common_version_is_chosen)
{
	cr_assert(choose(1, 1, 1, 1) == 1);
	cr_assert(choose(1, 3, 2, 5) == 3);
	cr_assert(choose(2, 5, 1, 3) == 3);
	cr_assert(choose(1, 9, 4, 5) == 5);
	cr_assert(choose(65535, 65535, 1, 65535) == 65535);
}

Test(hello, ranges_that_do_not_meet_have_no_version)
{
	cr_assert(choose(1, 2, 3, 4) == -EPROTONOSUPPORT);
	cr_assert(choose(3, 4, 1, 2) == -EPROTONOSUPPORT);
}

Test(hello, all_fields_arrive)
{
	const struct sample *sample = sample_find("hello");
	struct wire_action action;
	struct wire_hello hello;
	struct cursor cursor;

	cr_assert(wire_hello_decode(sample->bytes, sample->size, &hello) == 0);
	cr_assert(hello.versions.min == 1 && hello.versions.max == 2);
	cr_assert(hello.features == 0x80000001 && hello.flags == WIRE_HELLO_OBSERVER);
	cr_assert(hello.pid == 4242 && hello.t1 == 0x0102030405060708 && hello.more);
	cr_assert(hello.program.length == 4 && memcmp(hello.program.data, "demo", 4) == 0);
	cr_assert(hello.actions.count == 2);
	cursor_init(&cursor, hello.actions.data, hello.actions.size);
	cr_assert(wire_action_next(&cursor, &action) && action.flags == 3);
	cr_assert(action.name.length == 4 && memcmp(action.name.data, "play", 4) == 0);
	cr_assert(wire_action_next(&cursor, &action) && action.name.length == 1);
	cr_assert_not(wire_action_next(&cursor, &action));
}

Test(hello, texts_are_borrowed_from_the_packet)
{
	const struct sample *sample = sample_find("hello");
	struct wire_hello hello;

	cr_assert(wire_hello_decode(sample->bytes, sample->size, &hello) == 0);
	cr_assert(hello.program.data == sample->bytes + AT_PROGRAM + 1);
	cr_assert(hello.actions.data == (const uint8_t *)sample->bytes + AT_ENTRIES);
}

Test(hello, a_hello_without_actions_and_program_is_the_shortest)
{
	struct wire_hello hello = { .versions = { 1, 1 } };
	uint8_t buf[64];

	cr_assert(wire_hello_encode(buf, sizeof(buf), &hello) == AT_PROGRAM + 1);
	cr_assert(verdict_on(buf, AT_PROGRAM + 1) == VERDICT_ACCEPTED);
}

Test(hello, unknown_features_are_kept_and_unknown_flags_rejected)
{
	for (unsigned int bit = 0; bit < 8; bit++) {
		cr_assert(verdict_poked("hello", AT_FEATURES + 1, 1u << bit) == VERDICT_ACCEPTED);
		cr_assert(verdict_poked("hello", AT_FLAGS, 1u << bit) ==
			  (bit == 0 ? VERDICT_ACCEPTED : VERDICT_REJECTED));
		cr_assert(verdict_poked("hello", AT_FLAGS + 3, 1u << bit) == VERDICT_REJECTED);
	}
}

Test(hello, a_wrong_magic_or_an_empty_range_is_rejected)
{
	for (size_t at = AT_MAGIC; at < AT_MIN; at++)
		cr_assert(verdict_poked("hello", at, 'x') == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_MIN, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_MIN, 3) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_MAX, 0) == VERDICT_REJECTED);
}

Test(hello, more_is_0_or_1)
{
	cr_assert(verdict_poked("hello", AT_MORE, 0) == VERDICT_ACCEPTED);
	cr_assert(verdict_poked("hello", AT_MORE, 2) == VERDICT_REJECTED);
}

Test(hello, a_count_of_actions_that_is_not_theirs_is_rejected)
{
	cr_assert(verdict_poked("hello", AT_COUNT, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_COUNT, 1) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_COUNT, 3) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_COUNT + 1, 0xff) == VERDICT_REJECTED);
}

Test(hello, bad_names_and_texts_are_rejected)
{
	cr_assert(verdict_poked("hello", AT_ENTRIES, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_ENTRIES, 64) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_ENTRIES + 1, ' ') == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_ENTRIES + 1, '\t') == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_ENTRIES + 1, 0xe4) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_ENTRIES + 1, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_PROGRAM + 1, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_PROGRAM, 64) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_HELP + 1, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("hello", AT_HELP + 1, 0xe4) == VERDICT_ACCEPTED);
}

Test(hello, names_of_1_to_63_bytes_and_helps_of_0_to_160_are_taken_by_both_sides)
{
	static char letters[256];
	uint8_t entry[300], buf[400];

	memset(letters, 'a', sizeof(letters));
	for (size_t i = 0; i <= 70 + 170; i++) {
		size_t name = i <= 70 ? i : 1, help = i <= 70 ? 0 : i - 70;
		bool good = name >= 1 && name <= 63 && help <= 160;
		struct wire_hello hello = { .versions = { 1, 1 } };
		struct writer writer;
		int len;

		writer_init(&writer, entry, sizeof(entry));
		writer_u8(&writer, (uint8_t)name);
		writer_bytes(&writer, letters, name);
		writer_u32(&writer, 0);
		writer_u8(&writer, (uint8_t)help);
		writer_bytes(&writer, letters, help);
		hello.actions = (struct wire_entries){ entry, writer.used, 1 };
		len = wire_hello_encode(buf, sizeof(buf), &hello);
		cr_assert(good ? len > 0 : len == -EINVAL, "%zu %zu", name, help);
		if (good)
			cr_assert(verdict_on(buf, (size_t)len) == VERDICT_ACCEPTED);
	}
}

Test(hello, encode_refuses_what_decode_would)
{
	struct wire_hello versions = { .versions = { 2, 1 } };
	struct wire_hello flags = { .versions = { 1, 1 }, .flags = 2 };
	struct wire_hello count = { .versions = { 1, 1 }, .actions = { NULL, 0, 65536 } };
	struct wire_hello entries = { .versions = { 1, 1 }, .actions = ENTRIES("\x01 ", 1) };
	struct wire_welcome welcome = { .version = 0 };
	struct wire_refused reason = { .reason = 0, .versions = { 1, 1 } };
	struct wire_refused code = { .reason = 1, .code = 4096, .versions = { 1, 1 } };
	uint8_t buf[256];

	cr_assert(wire_hello_encode(buf, sizeof(buf), &versions) == -EINVAL);
	cr_assert(wire_hello_encode(buf, sizeof(buf), &flags) == -EINVAL);
	cr_assert(wire_hello_encode(buf, sizeof(buf), &count) == -EINVAL);
	cr_assert(wire_hello_encode(buf, sizeof(buf), &entries) == -EINVAL);
	cr_assert(wire_welcome_encode(buf, sizeof(buf), &welcome) == -EINVAL);
	cr_assert(wire_refused_encode(buf, sizeof(buf), &reason) == -EINVAL);
	cr_assert(wire_refused_encode(buf, sizeof(buf), &code) == -EINVAL);
	code.code = 4095;
	cr_assert(wire_refused_encode(buf, sizeof(buf), &code) == 29);
}

Test(hello, peek_reads_the_versions_of_a_hello_that_a_later_version_extended)
{
	const struct sample *sample = sample_find("hello");
	struct wire_versions versions;
	uint8_t buf[256] = { 0 };
	size_t len = sample->size + 8;

	memcpy(buf, sample->bytes, sample->size);
	length_fix(buf, len);
	buf[AT_FLAGS + 3] = 0x80;
	cr_assert(verdict_on(buf, len) == VERDICT_REJECTED);
	cr_assert(wire_hello_peek(buf, len, &versions) == 0);
	cr_assert(versions.min == 1 && versions.max == 2);
}

Test(hello, peek_rejects_what_is_not_a_hello)
{
	const struct sample *ready = sample_find("ready"), *hello = sample_find("hello");
	struct wire_versions versions = { 7, 7 };
	uint8_t buf[256];

	cr_assert(wire_hello_peek(ready->bytes, ready->size, &versions) == -EPROTO);
	memcpy(buf, hello->bytes, hello->size);
	buf[AT_MAGIC] = 'x';
	cr_assert(wire_hello_peek(buf, hello->size, &versions) == -EPROTO);
	for (size_t len = 0; len < AT_FEATURES; len++) {
		memcpy(buf, hello->bytes, hello->size);
		length_fix(buf, len);
		cr_assert(wire_hello_peek(buf, len, &versions) == -EPROTO, "%zu", len);
	}
	cr_assert(versions.min == 7 && versions.max == 7);
}

Test(hello, a_welcome_without_a_version_is_rejected)
{
	cr_assert(verdict_poked("welcome", 16, 0) == VERDICT_REJECTED);
}

Test(hello, a_refusal_for_a_reason_of_a_later_version_is_still_understood)
{
	cr_assert(verdict_poked("refused", 19, 0x80) == VERDICT_ACCEPTED);
	cr_assert(verdict_poked("refused", 16, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("refused", 21, 0x10) == VERDICT_REJECTED);
	cr_assert(verdict_poked("refused", 24, 0) == VERDICT_REJECTED);
}

Test(hello, each_refusal_has_a_name_of_its_own)
{
	for (uint32_t a = WIRE_REFUSED_VERSION; a <= WIRE_REFUSED_TIMEOUT; a++)
		for (uint32_t b = a + 1; b <= WIRE_REFUSED_TIMEOUT + 1; b++)
			cr_assert_str_neq(wire_refusal_name(a), wire_refusal_name(b));
	cr_assert_str_eq(wire_refusal_name(0), "unknown");
}
