/*
 * The frames of a running session: what each may say and what not.
 */
#include "wire/control.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "unit/wire/samples.h"

static uint8_t frame[FRAME_MAX];
static uint8_t bytes[FRAME_INLINE_MAX + 1];

Test(control, an_announce_adds_or_removes)
{
	cr_assert(verdict_poked("announce-add", 16, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("announce-add", 16, 3) == VERDICT_REJECTED);
	cr_assert(verdict_poked("announce-add", 17, 2) == VERDICT_REJECTED);
	cr_assert(verdict_poked("announce-add", 8, 0) == VERDICT_ACCEPTED);
}

Test(control, a_removal_has_neither_flags_nor_help)
{
	cr_assert(verdict_poked("announce-remove", 16, WIRE_ANNOUNCE_ADD) == VERDICT_ACCEPTED);
	cr_assert(verdict_poked("announce-add", 16, WIRE_ANNOUNCE_REMOVE) == VERDICT_REJECTED);
}

Test(control, an_announce_that_nobody_takes_is_not_encoded)
{
	struct wire_announce op = { .op = 3 };
	struct wire_announce help = { .op = WIRE_ANNOUNCE_REMOVE,
				      .actions = ENTRIES(SAMPLE_ACTIONS, 2) };

	cr_assert(wire_announce_encode(frame, sizeof(frame), &op) == -EINVAL);
	cr_assert(wire_announce_encode(frame, sizeof(frame), &help) == -EINVAL);
}

Test(control, an_announce_of_nothing_is_taken)
{
	struct wire_announce announce = { .op = WIRE_ANNOUNCE_ADD };
	int len = wire_announce_encode(frame, sizeof(frame), &announce);

	cr_assert(len == 20 && verdict_on(frame, 20) == VERDICT_ACCEPTED);
}

static int ack_encode(int32_t error)
{
	struct wire_ack ack = { .key = 1, .error = error };

	return wire_ack_encode(frame, sizeof(frame), &ack);
}

static enum verdict ack_verdict(int32_t error)
{
	ack_encode(0);
	for (size_t i = 0; i < 4; i++)
		frame[16 + i] = (uint8_t)((uint32_t)error >> 8 * i);
	return verdict_on(frame, 20);
}

Test(control, an_ack_is_0_or_a_negative_errno)
{
	const int32_t good[] = { 0, -1, -4095 }, bad[] = { 1, -4096, INT32_MIN, INT32_MAX };

	for (size_t i = 0; i < 3; i++) {
		cr_assert(ack_encode(good[i]) == 20);
		cr_assert(ack_verdict(good[i]) == VERDICT_ACCEPTED);
	}
	for (size_t i = 0; i < 4; i++) {
		cr_assert(ack_encode(bad[i]) == -EINVAL);
		cr_assert(ack_verdict(bad[i]) == VERDICT_REJECTED);
	}
}

Test(control, a_body_and_a_bulk_ring_have_a_length_that_a_file_can_have)
{
	struct wire_body body = { .length = INT64_MAX };
	struct wire_bulk bulk = { .size = INT64_MAX };

	cr_assert(wire_body_encode(frame, sizeof(frame), &body) == 24);
	cr_assert(wire_bulk_encode(frame, sizeof(frame), &bulk) == 24);
	body.length++;
	bulk.size = 0;
	cr_assert(wire_body_encode(frame, sizeof(frame), &body) == -EINVAL);
	cr_assert(wire_bulk_encode(frame, sizeof(frame), &bulk) == -EINVAL);
	cr_assert(verdict_poked("body", 18, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("body", 23, 0x80) == VERDICT_REJECTED);
	cr_assert(verdict_poked("bulk", 18, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("bulk", 23, 0x80) == VERDICT_REJECTED);
}

static int reply_encode(unsigned int form, unsigned int fds, bool more, uint64_t length)
{
	struct wire_reply reply = { .form = (uint8_t)form,
				    .fds = (uint16_t)fds,
				    .more = more,
				    .length = length,
				    .data = bytes };

	return wire_reply_encode(frame, sizeof(frame), &reply);
}

Test(control, a_reply_of_descriptors_has_some_and_no_body)
{
	cr_assert(reply_encode(WIRE_REPLY_FDS, 1, false, 0) == 32);
	cr_assert(reply_encode(WIRE_REPLY_FDS, 253, false, 0) == 32);
	cr_assert(reply_encode(WIRE_REPLY_FDS, 254, false, 0) == -EINVAL);
	cr_assert(reply_encode(WIRE_REPLY_FDS, 0, false, 0) == -EINVAL);
	cr_assert(reply_encode(WIRE_REPLY_FDS, 1, true, 0) == -EINVAL);
	cr_assert(reply_encode(WIRE_REPLY_FDS, 1, false, 1) == -EINVAL);
	cr_assert(verdict_poked("reply-fds", 6, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("reply-fds", 16, 3) == VERDICT_REJECTED);
}

Test(control, a_reply_in_the_frame_has_up_to_65536_bytes_and_253_descriptors)
{
	cr_assert(reply_encode(WIRE_REPLY_INLINE, 0, false, 0) == 32);
	cr_assert(reply_encode(WIRE_REPLY_INLINE, 253, false, 65536) == 32 + 65536);
	cr_assert(verdict_on(frame, 32 + 65536) == VERDICT_ACCEPTED);
	cr_assert(reply_encode(WIRE_REPLY_INLINE, 0, false, 65537) < 0);
	cr_assert(reply_encode(WIRE_REPLY_INLINE, 0, true, 1) == -EINVAL);
	cr_assert(verdict_poked("reply-inline", 24, 4) == VERDICT_REJECTED);
	cr_assert(verdict_poked("reply-inline", 24, 6) == VERDICT_REJECTED);
	cr_assert(verdict_poked("reply-inline", 31, 0xff) == VERDICT_REJECTED);
}

Test(control, one_byte_more_than_65536_is_rejected_though_the_frame_would_be_long_enough)
{
	static uint8_t large[32 + 65537];

	cr_assert(sizeof(large) <= FRAME_MAX);
	cr_assert(reply_encode(WIRE_REPLY_INLINE, 0, false, 65536) > 0);
	memcpy(large, frame, 32 + 65536);
	length_fix(large, sizeof(large));
	large[24] = 1;
	cr_assert(verdict_on(large, sizeof(large)) == VERDICT_REJECTED);
}

Test(control, a_reply_in_a_memfd_is_that_descriptor_alone)
{
	cr_assert(reply_encode(WIRE_REPLY_MEMFD, 1, false, 1) == 32);
	cr_assert(reply_encode(WIRE_REPLY_MEMFD, 1, true, INT64_MAX) == 32);
	cr_assert(reply_encode(WIRE_REPLY_MEMFD, 0, false, 1) == -EINVAL);
	cr_assert(reply_encode(WIRE_REPLY_MEMFD, 2, false, 1) == -EINVAL);
	cr_assert(reply_encode(WIRE_REPLY_MEMFD, 1, false, 0) == -EINVAL);
	cr_assert(reply_encode(WIRE_REPLY_MEMFD, 1, false, UINT64_MAX) == -EINVAL);
	cr_assert(verdict_poked("reply-memfd", 6, 2) == VERDICT_REJECTED);
	cr_assert(verdict_poked("reply-memfd", 17, 2) == VERDICT_REJECTED);
}

Test(control, a_replys_status_is_the_handlers_own)
{
	struct wire_reply reply = { .form = WIRE_REPLY_INLINE, .status = INT32_MIN };

	cr_assert(wire_reply_encode(frame, sizeof(frame), &reply) == 32);
	cr_assert(wire_reply_decode(frame, 32, &reply) == 0);
	cr_assert(reply.status == INT32_MIN);
}

Test(control, a_replys_key_is_slot_and_sequence)
{
	uint64_t key = wire_reply_key(65535, (UINT64_C(1) << 48) - 1);

	cr_assert(key == UINT64_MAX);
	cr_assert(wire_reply_key_slot(key) == 65535);
	cr_assert(wire_reply_key_sequence(key) == (UINT64_C(1) << 48) - 1);
	key = wire_reply_key(5, 10);
	cr_assert(wire_reply_key_slot(key) == 5 && wire_reply_key_sequence(key) == 10);
}

Test(control, a_bye_has_a_known_reason)
{
	struct wire_bye bye = { .reason = 0 };

	cr_assert(wire_bye_encode(frame, sizeof(frame), &bye) == -EINVAL);
	bye.reason = WIRE_BYE_RESOURCES + 1;
	cr_assert(wire_bye_encode(frame, sizeof(frame), &bye) == -EINVAL);
	cr_assert(verdict_poked("bye", 16, 0) == VERDICT_REJECTED);
	cr_assert(verdict_poked("bye", 16, WIRE_BYE_RESOURCES + 1) == VERDICT_REJECTED);
	for (uint32_t reason = WIRE_BYE_CLOSING; reason <= WIRE_BYE_RESOURCES; reason++)
		cr_assert(verdict_poked("bye", 16, reason) == VERDICT_ACCEPTED);
}

Test(control, a_byes_text_has_up_to_200_bytes)
{
	static char letters[256];
	struct wire_bye bye = { .reason = WIRE_BYE_CLOSING, .text = { letters, 200 } };
	int len;

	memset(letters, 'a', sizeof(letters));
	len = wire_bye_encode(frame, sizeof(frame), &bye);
	cr_assert(len == 33 + 200 && verdict_on(frame, (size_t)len) == VERDICT_ACCEPTED);
	bye.text.length = 201;
	cr_assert(wire_bye_encode(frame, sizeof(frame), &bye) == -EINVAL);
	frame[32] = 201;
	frame[33 + 200] = 'a';
	length_fix(frame, 33 + 201);
	cr_assert(verdict_on(frame, 33 + 201) == VERDICT_REJECTED);
}

Test(control, each_bye_reason_has_a_name_of_its_own)
{
	for (uint32_t a = WIRE_BYE_CLOSING; a <= WIRE_BYE_RESOURCES; a++)
		for (uint32_t b = a + 1; b <= WIRE_BYE_RESOURCES + 1; b++)
			cr_assert_str_neq(wire_bye_reason_name(a), wire_bye_reason_name(b));
	cr_assert_str_eq(wire_bye_reason_name(0), "unknown");
}
