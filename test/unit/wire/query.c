/*
 * QUERY and ANSWER: pages of peers, actions, statistics.
 */
#include "wire/query.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "unit/wire/samples.h"

static uint8_t frame[FRAME_MAX];
static uint8_t page[WIRE_ENTRIES_MAX];

static int query_encode(unsigned int what, uint64_t argument)
{
	struct wire_query query = { .key = 1, .what = (uint8_t)what, .argument = argument };

	return wire_query_encode(frame, sizeof(frame), &query);
}

Test(query, only_what_needs_a_peer_may_name_one)
{
	cr_assert(query_encode(WIRE_QUERY_PEERS, 0) == 40);
	cr_assert(query_encode(WIRE_QUERY_PEERS, 1) == -EINVAL);
	cr_assert(query_encode(WIRE_QUERY_ACTIONS, 0) == 40);
	cr_assert(query_encode(WIRE_QUERY_ACTIONS, 1) == 40);
	cr_assert(query_encode(WIRE_QUERY_STATS, 0) == 40);
	cr_assert(query_encode(WIRE_QUERY_STATS, 1) == -EINVAL);
	cr_assert(query_encode(WIRE_QUERY_PEER_STATS, 0) == -EINVAL);
	cr_assert(query_encode(WIRE_QUERY_PEER_STATS, 1) == 40);
	cr_assert(query_encode(WIRE_QUERY_TEXT, 0) == 40);
	cr_assert(query_encode(WIRE_QUERY_TEXT, 1) == -EINVAL);
	cr_assert(query_encode(WIRE_QUERY_TAP, 0) == -EINVAL);
	cr_assert(query_encode(WIRE_QUERY_TAP, 2) == 40);
	cr_assert(query_encode(WIRE_QUERY_TAP, 3) == -EINVAL);
	cr_assert(verdict_poked("query-peer-stats", 16, WIRE_QUERY_STATS) == VERDICT_REJECTED);
	cr_assert(verdict_poked("query-peers", 16, WIRE_QUERY_PEER_STATS) == VERDICT_REJECTED);
}

Test(query, an_unknown_question_is_rejected)
{
	cr_assert(query_encode(0, 0) == -EINVAL);
	cr_assert(query_encode(7, 0) == -EINVAL);
	cr_assert(verdict_poked("query-peers", 16, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("query-peers", 16, 7) == VERDICT_REJECTED);
	cr_assert(verdict_poked("answer-error", 20, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("answer-error", 20, 7) == VERDICT_REJECTED);
}

Test(query, peers_come_out_as_they_went_in)
{
	const struct sample *sample = sample_find("answer-peers");
	struct wire_peer_entry peer;
	struct wire_answer answer;
	struct cursor cursor;
	struct writer writer;
	uint32_t count = 0;

	cr_assert(wire_answer_decode(sample->bytes, sample->size, &answer) == 0);
	cr_assert(answer.key == 3 && answer.next == 18 && answer.entries.count == 1);
	cursor_init(&cursor, answer.entries.data, answer.entries.size);
	cr_assert(wire_peer_entry_next(&cursor, &peer));
	cr_assert(peer.id == 0x1122334400000002 && peer.pid == 4242 && peer.uid == 1000);
	cr_assert(peer.gid == 100 && peer.state == 3 && peer.nactions == 5);
	cr_assert(peer.since == 0x0102030405060708);
	cr_assert(peer.program.length == 4 && memcmp(peer.program.data, "demo", 4) == 0);
	writer_init(&writer, page, sizeof(page));
	cr_assert(wire_peer_entry_append(&writer, &count, &peer) == 0);
	cr_assert(count == 1 && writer.used == answer.entries.size);
	cr_assert(memcmp(page, answer.entries.data, writer.used) == 0);
	cr_assert_not(wire_peer_entry_next(&cursor, &peer));
}

Test(query, actions_come_out_as_they_went_in)
{
	const struct sample *sample = sample_find("answer-actions");
	struct wire_action_entry action;
	struct wire_answer answer;
	struct cursor cursor;
	struct writer writer;
	uint32_t count = 0;

	cr_assert(wire_answer_decode(sample->bytes, sample->size, &answer) == 0);
	cursor_init(&cursor, answer.entries.data, answer.entries.size);
	cr_assert(wire_action_entry_next(&cursor, &action));
	cr_assert(action.peer == 0x1122334400000002 && action.flags == 1);
	cr_assert(action.calls == 10 && action.errors == 1);
	cr_assert(action.ns_total == 1000000 && action.ns_max == 100000);
	cr_assert(action.name.length == 4 && action.help.length == 5);
	writer_init(&writer, page, sizeof(page));
	cr_assert(wire_action_entry_append(&writer, &count, &action) == 0);
	cr_assert(memcmp(page, answer.entries.data, writer.used) == 0);
	cr_assert_not(wire_action_entry_next(&cursor, &action));
	action.name.length = 0;
	cr_assert(wire_action_entry_append(&writer, &count, &action) == -EINVAL);
	cr_assert(count == 1);
}

Test(query, statistics_come_out_as_they_went_in)
{
	const struct sample *sample = sample_find("answer-stats");
	struct wire_stat_entry stat;
	struct wire_answer answer;
	struct cursor cursor;

	cr_assert(wire_answer_decode(sample->bytes, sample->size, &answer) == 0);
	cursor_init(&cursor, answer.entries.data, answer.entries.size);
	cr_assert(wire_stat_entry_next(&cursor, &stat) && stat.index == 1 && stat.value == 10);
	cr_assert(wire_stat_entry_next(&cursor, &stat) && stat.index == 2);
	cr_assert(stat.value == UINT64_MAX);
	cr_assert_not(wire_stat_entry_next(&cursor, &stat));
}

Test(query, lines_come_out_as_they_went_in)
{
	struct wire_answer answer = { .key = 1, .what = WIRE_QUERY_TEXT }, found;
	static const char *const lines[] = { "channel pid=1", "", "thread index=0" };
	struct wire_text line;
	struct writer writer;
	struct cursor cursor;
	int n;

	writer_init(&writer, page, sizeof(page));
	for (size_t i = 0; i < 3; i++)
		cr_assert(wire_line_append(&writer, &answer.entries.count,
					   wire_text_of(lines[i], WIRE_LINE_MAX)) == 0);
	answer.entries.data = page;
	answer.entries.size = writer.used;
	n = wire_answer_encode(frame, sizeof(frame), &answer);
	cr_assert(n > 0);
	cr_assert(wire_answer_decode(frame, (size_t)n, &found) == 0);
	cursor_init(&cursor, found.entries.data, found.entries.size);
	for (size_t i = 0; i < 3; i++) {
		cr_assert(wire_line_next(&cursor, &line));
		cr_assert(line.length == strlen(lines[i]));
		cr_assert(line.length == 0 || !memcmp(line.data, lines[i], line.length));
	}
	cr_assert_not(wire_line_next(&cursor, &line));
}

Test(query, a_tape_comes_with_its_descriptor_and_nothing_else_does)
{
	struct wire_answer answer = { .key = 1, .what = WIRE_QUERY_TAP };
	int n = wire_answer_encode(frame, sizeof(frame), &answer);

	cr_assert(n > 0 && frame[6] == 1);
	cr_assert(wire_answer_decode(frame, (size_t)n, &answer) == 0);
	frame[6] = 0;
	cr_assert(wire_answer_decode(frame, (size_t)n, &answer) == -EPROTO);
	answer.next = 1;
	cr_assert(wire_answer_encode(frame, sizeof(frame), &answer) == -EINVAL);
	answer.next = 0;
	answer.error = -EPERM;
	n = wire_answer_encode(frame, sizeof(frame), &answer);
	cr_assert(n > 0 && frame[6] == 0);
	answer = (struct wire_answer){ .key = 1, .what = WIRE_QUERY_STATS };
	n = wire_answer_encode(frame, sizeof(frame), &answer);
	cr_assert(n > 0);
	frame[6] = 1;
	cr_assert(wire_answer_decode(frame, (size_t)n, &answer) == -EPROTO);
}

Test(query, entries_of_another_type_are_rejected)
{
	cr_assert(verdict_poked("answer-peers", 20, WIRE_QUERY_ACTIONS) == VERDICT_REJECTED);
	cr_assert(verdict_poked("answer-actions", 20, WIRE_QUERY_PEERS) == VERDICT_REJECTED);
	cr_assert(verdict_poked("answer-stats", 20, WIRE_QUERY_PEERS) == VERDICT_REJECTED);
	cr_assert(verdict_poked("answer-stats", 20, WIRE_QUERY_PEER_STATS) == VERDICT_ACCEPTED);
}

Test(query, a_count_that_is_not_the_number_of_entries_is_rejected)
{
	cr_assert(verdict_poked("answer-stats", 32, 1) == VERDICT_REJECTED);
	cr_assert(verdict_poked("answer-stats", 32, 3) == VERDICT_REJECTED);
	cr_assert(verdict_poked("answer-stats", 35, 0xff) == VERDICT_REJECTED);
}

Test(query, an_answer_with_an_error_is_otherwise_empty)
{
	struct wire_answer answer = { .key = 1, .what = WIRE_QUERY_PEERS, .error = -ESTALE };

	cr_assert(wire_answer_encode(frame, sizeof(frame), &answer) == 36);
	answer.next = 1;
	cr_assert(wire_answer_encode(frame, sizeof(frame), &answer) == -EINVAL);
	answer.next = 0;
	answer.error = -4095;
	cr_assert(wire_answer_encode(frame, sizeof(frame), &answer) == 36);
	answer.error = 1;
	cr_assert(wire_answer_encode(frame, sizeof(frame), &answer) == -EINVAL);
	answer.error = -4096;
	cr_assert(wire_answer_encode(frame, sizeof(frame), &answer) == -EINVAL);
	cr_assert(verdict_poked("answer-peers", 16, 0xff) == VERDICT_REJECTED);
}

Test(query, an_error_with_entries_is_rejected)
{
	const struct sample *sample = sample_find("answer-stats");
	uint8_t buf[256];

	memcpy(buf, sample->bytes, sample->size);
	memset(buf + 16, 0xff, 4);
	cr_assert(verdict_on(buf, sample->size) == VERDICT_REJECTED);
}

Test(query, an_action_with_a_bad_name_is_rejected)
{
	enum {
		AT_NAME = 36 + 44
	};

	cr_assert(verdict_poked("answer-actions", AT_NAME + 1, 'P') == VERDICT_ACCEPTED);
	cr_assert(verdict_poked("answer-actions", AT_NAME + 1, ' ') == VERDICT_REJECTED);
	cr_assert(verdict_poked("answer-actions", AT_NAME + 1, 0x80) == VERDICT_REJECTED);
	cr_assert(verdict_poked("answer-actions", AT_NAME, 0) == VERDICT_REJECTED);
}

Test(query, an_answer_longer_than_the_longest_frame_is_emsgsize_in_any_buffer)
{
	static uint8_t stats[6560 * 10], large[sizeof(stats) + 100];
	struct wire_answer answer = { .key = 1, .what = WIRE_QUERY_STATS };

	answer.entries = (struct wire_entries){ stats, 6556 * 10, 6556 };
	cr_assert(wire_answer_encode(large, sizeof(large), &answer) == 36 + 65560);
	answer.entries = (struct wire_entries){ stats, 6557 * 10, 6557 };
	cr_assert(wire_answer_encode(large, sizeof(large), &answer) == -EMSGSIZE);
}
