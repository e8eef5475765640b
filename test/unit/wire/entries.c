/*
 * Entries: a page is filled as far as it goes, and what was appended can be walked.
 */
#include "wire/entries.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "unit/wire/samples.h"

static uint8_t page[WIRE_ENTRIES_MAX];
static uint8_t frame[FRAME_MAX];

static const char long_text[TEXT_HELP_MAX + 2] =
	"................................................................................"
	".................................................................................";

static bool text_is(struct wire_text text, const char *string)
{
	return text.length == strlen(string) && memcmp(text.data, string, text.length) == 0;
}

Test(entries, actions_come_out_as_they_went_in)
{
	struct wire_action in[2] = { { .name = TEXT("play"), .flags = 3, .help = TEXT("Plays") },
				     { .name = TEXT("x") } };
	struct wire_action out;
	struct writer writer;
	struct cursor cursor;
	uint32_t count = 0;

	writer_init(&writer, page, sizeof(page));
	cr_assert(wire_action_append(&writer, &count, &in[0]) == 0);
	cr_assert(wire_action_append(&writer, &count, &in[1]) == 0);
	cr_assert(count == 2);
	cursor_init(&cursor, page, writer.used);
	cr_assert(wire_action_next(&cursor, &out));
	cr_assert(text_is(out.name, "play") && out.flags == 3 && text_is(out.help, "Plays"));
	cr_assert(wire_action_next(&cursor, &out));
	cr_assert(text_is(out.name, "x") && out.flags == 0 && text_is(out.help, ""));
	cr_assert_not(wire_action_next(&cursor, &out));
	cr_assert(cursor_done(&cursor) == 0);
}

Test(entries, an_action_that_does_not_fit_leaves_the_page_as_it_was)
{
	struct wire_action action = { .name = TEXT("play"), .help = TEXT("Plays") };
	struct writer writer, before;
	uint32_t count = 0;

	writer_init(&writer, page, 20);
	cr_assert(wire_action_append(&writer, &count, &action) == 0);
	before = writer;
	cr_assert(wire_action_append(&writer, &count, &action) == -EMSGSIZE);
	cr_assert(memcmp(&writer, &before, sizeof(writer)) == 0);
	cr_assert(count == 1);
}

Test(entries, an_action_with_a_bad_name_or_a_long_help_is_einval)
{
	struct wire_action nameless = { .name = TEXT("") };
	struct wire_action spaced = { .name = TEXT("a b") };
	struct wire_action wordy = { .name = TEXT("a"), .help = { long_text, TEXT_HELP_MAX } };
	struct writer writer;
	uint32_t count = 0;

	writer_init(&writer, page, sizeof(page));
	cr_assert(wire_action_append(&writer, &count, &nameless) == -EINVAL);
	cr_assert(wire_action_append(&writer, &count, &spaced) == -EINVAL);
	cr_assert(wire_action_append(&writer, &count, &wordy) == 0);
	wordy.help.length++;
	cr_assert(wire_action_append(&writer, &count, &wordy) == -EINVAL);
	cr_assert(count == 1);
}

static struct wire_entries full_page(void)
{
	struct wire_action action = { .name = TEXT("a") };
	struct writer writer;
	uint32_t count = 0;

	writer_init(&writer, page, sizeof(page));
	while (wire_action_append(&writer, &count, &action) == 0)
		continue;
	return (struct wire_entries){ page, writer.used, count };
}

Test(entries, a_full_page_fits_in_a_hello_with_the_longest_program_name)
{
	struct wire_hello hello = { .versions = { 1, 1 },
				    .program = { long_text, TEXT_PROGRAM_MAX },
				    .actions = full_page() };
	int len = wire_hello_encode(frame, sizeof(frame), &hello);

	cr_assert(hello.actions.count > 9000);
	cr_assert(len > 0 && len <= FRAME_MAX);
	cr_assert(verdict_on(frame, (size_t)len) == VERDICT_ACCEPTED);
}

Test(entries, a_full_page_fits_in_an_announce)
{
	struct wire_announce announce = { .op = WIRE_ANNOUNCE_REMOVE, .actions = full_page() };
	int len = wire_announce_encode(frame, sizeof(frame), &announce);

	cr_assert(len > 0 && verdict_on(frame, (size_t)len) == VERDICT_ACCEPTED);
}

Test(entries, a_full_page_fits_in_an_answer)
{
	struct wire_stat_entry stat = { .index = 1, .value = 2 };
	struct wire_answer answer = { .key = 1, .what = WIRE_QUERY_STATS };
	struct writer writer;
	uint32_t count = 0;
	int len;

	writer_init(&writer, page, sizeof(page));
	while (wire_stat_entry_append(&writer, &count, &stat) == 0)
		continue;
	answer.entries = (struct wire_entries){ page, writer.used, count };
	len = wire_answer_encode(frame, sizeof(frame), &answer);
	cr_assert(len > 0 && verdict_on(frame, (size_t)len) == VERDICT_ACCEPTED);
}

Test(entries, a_count_that_is_not_the_number_of_entries_is_refused)
{
	struct wire_entries entries = full_page();

	cr_assert(wire_entries_are_actions(&entries));
	entries.count++;
	cr_assert_not(wire_entries_are_actions(&entries));
	entries.count -= 2;
	cr_assert_not(wire_entries_are_actions(&entries));
}

Test(entries, names_have_neither_flags_nor_help)
{
	struct wire_entries plain = ENTRIES(SAMPLE_NAMES, 1);
	struct wire_entries flags = ENTRIES("\x01"
					    "x"
					    "\x01\0\0\0"
					    "\0",
					    1);
	struct wire_entries help = ENTRIES("\x01"
					   "x"
					   "\0\0\0\0"
					   "\x01"
					   "h",
					   1);

	cr_assert(wire_entries_are_names(&plain));
	cr_assert(wire_entries_are_actions(&flags) && !wire_entries_are_names(&flags));
	cr_assert(wire_entries_are_actions(&help) && !wire_entries_are_names(&help));
}

Test(entries, no_entries_are_entries_of_any_kind)
{
	struct wire_entries none = { 0 };

	cr_assert(wire_entries_are_actions(&none));
	cr_assert(wire_entries_are_names(&none));
}
