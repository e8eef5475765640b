/*
 * What holds for every kind of frame: its bytes, and that nothing but those bytes is taken.
 */
#include "wire/frame.h"

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "unit/wire/samples.h"

Test(frame, each_kind_has_its_golden_bytes)
{
	uint8_t buf[256];

	for (const struct sample *s = samples; s < samples + SAMPLES; s++) {
		int len = any_encode(s->kind, buf, sizeof(buf), &s->any);

		cr_assert(len == (int)s->size, "%s: length %d, not %zu", s->name, len, s->size);
		cr_assert(memcmp(buf, s->bytes, s->size) == 0, "%s", s->name);
	}
}

Test(frame, each_kind_decodes_and_encodes_to_itself)
{
	for (const struct sample *s = samples; s < samples + SAMPLES; s++)
		cr_assert(verdict_on((const uint8_t *)s->bytes, s->size) == VERDICT_ACCEPTED, "%s",
			  s->name);
}

Test(frame, every_kind_has_a_sample)
{
	for (unsigned int kind = FRAME_HELLO; kind <= FRAME_ANSWER; kind++) {
		bool found = false;

		for (const struct sample *s = samples; s < samples + SAMPLES; s++)
			found |= s->kind == kind;
		cr_assert(found, "%s", frame_kind_name(kind));
	}
}

Test(frame, every_truncation_is_rejected)
{
	uint8_t buf[256];

	for (const struct sample *s = samples; s < samples + SAMPLES; s++) {
		for (size_t len = 0; len < s->size; len++) {
			memcpy(buf, s->bytes, s->size);
			cr_assert(verdict_as(s->kind, buf, len) == VERDICT_REJECTED,
				  "%s cut to %zu", s->name, len);
			length_fix(buf, len);
			cr_assert(verdict_as(s->kind, buf, len) == VERDICT_REJECTED,
				  "%s cut to %zu, length and all", s->name, len);
		}
	}
}

Test(frame, a_trailing_byte_is_rejected)
{
	uint8_t buf[256];

	for (const struct sample *s = samples; s < samples + SAMPLES; s++) {
		for (unsigned int extra = 0; extra < 256; extra++) {
			memcpy(buf, s->bytes, s->size);
			buf[s->size] = (uint8_t)extra;
			cr_assert(verdict_on(buf, s->size + 1) == VERDICT_REJECTED, "%s", s->name);
			length_fix(buf, s->size + 1);
			cr_assert(verdict_on(buf, s->size + 1) == VERDICT_REJECTED,
				  "%s, length and all", s->name);
		}
	}
}

Test(frame, every_reserved_byte_must_be_zero)
{
	for (const struct sample *s = samples; s < samples + SAMPLES; s++)
		for (const uint8_t *at = s->reserved; *at; at++)
			for (unsigned int value = 1; value < 256; value++)
				cr_assert(verdict_poked(s->name, *at, value) == VERDICT_REJECTED,
					  "%s: byte %u is %u", s->name, *at, value);
}

Test(frame, every_other_value_of_any_byte_is_rejected_or_means_something_else)
{
	for (const struct sample *s = samples; s < samples + SAMPLES; s++) {
		for (size_t at = 0; at < s->size; at++) {
			for (unsigned int value = 0; value < 256; value++) {
				enum verdict verdict = verdict_poked(s->name, at, value);

				cr_assert(verdict <= VERDICT_REJECTED, "%s: byte %zu is %u",
					  s->name, at, value);
			}
		}
	}
}

Test(frame, a_frame_is_rejected_by_the_decoders_of_all_other_kinds)
{
	for (const struct sample *s = samples; s < samples + SAMPLES; s++)
		for (unsigned int kind = FRAME_HELLO; kind <= FRAME_ANSWER; kind++)
			if (kind != s->kind)
				cr_assert(verdict_as(kind, (const uint8_t *)s->bytes, s->size) ==
						  VERDICT_REJECTED,
					  "%s as %s", s->name, frame_kind_name(kind));
}

Test(frame, a_buffer_that_is_too_small_is_emsgsize_and_is_not_exceeded)
{
	for (const struct sample *s = samples; s < samples + SAMPLES; s++) {
		for (size_t size = 0; size < s->size; size++) {
			uint8_t *buf = malloc(size + 1);

			cr_assert_not_null(buf);
			buf[size] = 0xa5;
			cr_assert(any_encode(s->kind, buf, size, &s->any) == -EMSGSIZE,
				  "%s into %zu", s->name, size);
			cr_assert(buf[size] == 0xa5, "%s into %zu", s->name, size);
			free(buf);
		}
	}
}

static void header_make(uint8_t *buf, size_t len, unsigned int kind, unsigned int fds)
{
	memset(buf, 0, len);
	length_fix(buf, len);
	buf[4] = (uint8_t)kind;
	buf[5] = (uint8_t)(kind >> 8);
	buf[6] = (uint8_t)fds;
	buf[7] = (uint8_t)(fds >> 8);
}

Test(frame, peek_gives_the_header)
{
	const struct sample *sidecar = sample_find("sidecar");
	struct frame_header header;

	cr_assert(frame_peek(sidecar->bytes, sidecar->size, &header) == 0);
	cr_assert(header.length == 16);
	cr_assert(header.kind == FRAME_SIDECAR);
	cr_assert(header.fds == 253);
	cr_assert(header.key == 9);
}

Test(frame, peek_rejects_less_than_a_header)
{
	uint8_t buf[FRAME_HEADER_SIZE];
	struct frame_header header;

	for (size_t len = 0; len < sizeof(buf); len++) {
		header_make(buf, sizeof(buf), FRAME_READY, 0);
		length_fix(buf, len);
		cr_assert(frame_peek(buf, len, &header) == -EPROTO, "%zu", len);
	}
	cr_assert(frame_peek(NULL, 0, &header) == -EPROTO);
}

Test(frame, peek_rejects_a_length_that_is_not_the_packets)
{
	uint8_t buf[FRAME_HEADER_SIZE];
	struct frame_header header;

	for (unsigned int length = 0; length < 256; length++) {
		header_make(buf, sizeof(buf), FRAME_READY, 0);
		buf[0] = (uint8_t)length;
		cr_assert(frame_peek(buf, sizeof(buf), &header) == (length == 16 ? 0 : -EPROTO));
	}
	memset(buf, 0xff, 4);
	cr_assert(frame_peek(buf, sizeof(buf), &header) == -EPROTO);
}

Test(frame, peek_takes_the_longest_frame_and_rejects_one_byte_more)
{
	static uint8_t buf[FRAME_MAX + 1];
	struct frame_header header;

	header_make(buf, FRAME_MAX, FRAME_REPLY, 0);
	cr_assert(frame_peek(buf, FRAME_MAX, &header) == 0);
	header_make(buf, FRAME_MAX + 1, FRAME_REPLY, 0);
	cr_assert(frame_peek(buf, FRAME_MAX + 1, &header) == -EPROTO);
}

Test(frame, peek_rejects_unknown_kinds)
{
	uint8_t buf[FRAME_HEADER_SIZE];
	struct frame_header header;

	for (unsigned int kind = 0; kind <= UINT16_MAX; kind++) {
		if (kind >= FRAME_HELLO && kind <= FRAME_ANSWER)
			continue;
		header_make(buf, sizeof(buf), kind, 0);
		cr_assert(frame_peek(buf, sizeof(buf), &header) == -EPROTO, "%u", kind);
		cr_assert_str_eq(frame_kind_name(kind), "unknown");
	}
}

/* What doc/protocol.md says of each kind. */
static bool fds_allowed(unsigned int kind, unsigned int fds)
{
	switch (kind) {
	case FRAME_WELCOME:
		return fds == 2;
	case FRAME_SIDECAR:
		return fds >= 1 && fds <= 253;
	case FRAME_BODY:
	case FRAME_BULK:
		return fds == 1;
	case FRAME_ANSWER:
		return fds <= 1;
	case FRAME_REPLY:
		return fds <= 253;
	default:
		return fds == 0;
	}
}

Test(frame, peek_checks_the_number_of_descriptors_against_the_kind)
{
	uint8_t buf[FRAME_HEADER_SIZE];
	struct frame_header header;

	for (unsigned int kind = FRAME_HELLO; kind <= FRAME_ANSWER; kind++) {
		bool wants_key = kind == FRAME_ACK || kind == FRAME_QUERY || kind == FRAME_ANSWER;

		for (unsigned int fds = 0; fds <= 600; fds++) {
			header_make(buf, sizeof(buf), kind, fds);
			buf[8] = wants_key;
			cr_assert(frame_peek(buf, sizeof(buf), &header) ==
					  (fds_allowed(kind, fds) ? 0 : -EPROTO),
				  "%s with %u", frame_kind_name(kind), fds);
		}
	}
}

Test(frame, an_answer_without_a_key_is_rejected)
{
	uint8_t buf[FRAME_HEADER_SIZE];
	struct frame_header header;

	header_make(buf, sizeof(buf), FRAME_ACK, 0);
	cr_assert(frame_peek(buf, sizeof(buf), &header) == -EPROTO);
	header_make(buf, sizeof(buf), FRAME_QUERY, 0);
	cr_assert(frame_peek(buf, sizeof(buf), &header) == -EPROTO);
	header_make(buf, sizeof(buf), FRAME_ANSWER, 0);
	cr_assert(frame_peek(buf, sizeof(buf), &header) == -EPROTO);
}

Test(frame, encoders_refuse_headers_that_nobody_takes)
{
	struct wire_sidecar none = { .key = 1, .fds = 0 };
	struct wire_sidecar many = { .key = 1, .fds = FRAME_FDS_MAX + 1 };
	struct wire_ack keyless = { .error = 0 };
	uint8_t buf[64];

	cr_assert(wire_sidecar_encode(buf, sizeof(buf), &none) == -EINVAL);
	cr_assert(wire_sidecar_encode(buf, sizeof(buf), &many) == -EINVAL);
	cr_assert(wire_ack_encode(buf, sizeof(buf), &keyless) == -EINVAL);
}
