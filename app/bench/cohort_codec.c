/*
 * cohort_codec.c: the encoding of interfaces, in one process: a struct of 20 scalars, two strings and an
 * array of 16, as a program that keeps an encoder and an arena would use it; and arrays of role->size
 * bytes in all.
 */
#include <stdlib.h>
#include <string.h>

#include <cohort/codec.h>

#include "cohort_bench.h"
#include "meter.h"
#include "wait.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- What is encoded ---------------------------------------------------------------------------- */

struct list {
	const void *data;
	size_t count;
};

struct sample {
	uint8_t a1, a2, a3, a4;
	uint16_t b1, b2, b3, b4;
	int32_t c1, c2, c3, c4, c5;
	uint64_t d1, d2, d3;
	float e1, e2;
	double f1, f2;
	const char *name, *path;
	struct list numbers; /* of int32_t */
};

#define SCALAR(KIND, ctype)                                                                 \
	{                                                                                   \
		.kind = COHORT_KIND_##KIND, .size = sizeof(ctype), .align = _Alignof(ctype) \
	}
#define ARRAY(element)                                                                             \
	{                                                                                          \
		.kind = COHORT_KIND_ARRAY, .size = sizeof(struct list), .align = _Alignof(void *), \
		.of = &(element)                                                                   \
	}
#define FIELD(member, its_type)                                                                 \
	{                                                                                       \
		.name = #member, .type = &(its_type), .offset = offsetof(struct sample, member) \
	}

static const struct cohort_type u8_type = SCALAR(UINT8, uint8_t);
static const struct cohort_type u16_type = SCALAR(UINT16, uint16_t);
static const struct cohort_type i32_type = SCALAR(INT32, int32_t);
static const struct cohort_type u64_type = SCALAR(UINT64, uint64_t);
static const struct cohort_type float_type = SCALAR(FLOAT, float);
static const struct cohort_type double_type = SCALAR(DOUBLE, double);
static const struct cohort_type string_type = SCALAR(STRING, const char *);
static const struct cohort_type u8_array = ARRAY(u8_type);
static const struct cohort_type i32_array = ARRAY(i32_type);

static const struct cohort_field sample_fields[] = {
	FIELD(a1, u8_type),	  FIELD(a2, u8_type),	     FIELD(a3, u8_type),
	FIELD(a4, u8_type),	  FIELD(b1, u16_type),	     FIELD(b2, u16_type),
	FIELD(b3, u16_type),	  FIELD(b4, u16_type),	     FIELD(c1, i32_type),
	FIELD(c2, i32_type),	  FIELD(c3, i32_type),	     FIELD(c4, i32_type),
	FIELD(c5, i32_type),	  FIELD(d1, u64_type),	     FIELD(d2, u64_type),
	FIELD(d3, u64_type),	  FIELD(e1, float_type),     FIELD(e2, float_type),
	FIELD(f1, double_type),	  FIELD(f2, double_type),    FIELD(name, string_type),
	FIELD(path, string_type), FIELD(numbers, i32_array),
};
static const struct cohort_type sample_type = {
	.kind = COHORT_KIND_STRUCT,
	.size = sizeof(struct sample),
	.align = _Alignof(struct sample),
	.count = COUNT(sample_fields),
	.name = "bench.Sample",
	.fields = sample_fields,
};
static const int32_t sample_numbers[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static const struct sample sample = {
	.a1 = 1,
	.b1 = 2,
	.c1 = 3,
	.d1 = 4,
	.e1 = 5,
	.f1 = 6,
	.name = "camera-0",
	.path = "/dev/v4l/by-path/pci-0000:00:14.0-usb",
	.numbers = { sample_numbers, COUNT(sample_numbers) },
};

/* --- How it is measured ------------------------------------------------------------------------- */

struct codec {
	struct cohort_encoder *encoder;
	struct cohort_arena *arena;
	const struct cohort_type *type;
	const void *object;
	struct cohort_encoded message;
	union {
		struct sample sample;
		struct list list;
	} decoded;
};

static int encode_once(void *arg)
{
	struct codec *c = arg;

	return cohort_encode(c->encoder, c->type, c->object, &c->message, NULL);
}

static int decode_once(void *arg)
{
	struct codec *c = arg;
	int r = cohort_decode(c->type, c->message.data, c->message.length, NULL, 0, c->arena,
			      &c->decoded, NULL);

	wait_sink(&c->decoded);
	cohort_arena_reset(c->arena);
	return r;
}

static int both_once(void *arg)
{
	int r = encode_once(arg);

	return r < 0 ? r : decode_once(arg);
}

/* As both, but with an arena that is new each time. */
static int both_with_new_arena_once(void *arg)
{
	struct codec c = *(struct codec *)arg;
	int r = cohort_arena_new(&c.arena);

	if (r < 0)
		return r;
	r = both_once(&c);
	cohort_arena_free(c.arena);
	return r;
}

static int codec_init(struct codec *c, const struct cohort_type *type, const void *object)
{
	int r;

	memset(c, 0, sizeof(*c));
	c->type = type;
	c->object = object;
	r = cohort_encoder_new(&c->encoder);
	if (r == 0)
		r = cohort_arena_new(&c->arena);
	return r < 0 ? r : encode_once(c);
}

static void codec_deinit(struct codec *c)
{
	cohort_encoder_free(c->encoder);
	cohort_arena_free(c->arena);
}

/* --- The systems -------------------------------------------------------------------------------- */

static int measure_struct(struct role *role, int (*once)(void *arg))
{
	struct codec c;
	double rate = 0;
	int r = codec_init(&c, &sample_type, &sample);

	if (r == 0)
		r = meter_repeat(role, once, &c, 256, &rate);
	codec_deinit(&c);
	if (r == 0)
		role_report(role, "time", "ns", 1e9 / rate);
	return r < 0 ? role_fail(role, "codec", r) : 0;
}

int cohort_codec_struct(struct role *role)
{
	return measure_struct(role, both_once);
}

int cohort_codec_struct_new_arena(struct role *role)
{
	return measure_struct(role, both_with_new_arena_once);
}

static int measure_array(struct role *role, int (*once)(void *arg))
{
	bool is_bytes = role->arg == COHORT_CODEC_BYTES;
	struct list list = { calloc(1, role->size), is_bytes ? role->size : role->size / 4 };
	struct codec c;
	double rate = 0;
	int r = codec_init(&c, is_bytes ? &u8_array : &i32_array, &list);

	if (r == 0)
		r = meter_repeat(role, once, &c, 8, &rate);
	codec_deinit(&c);
	free((void *)list.data);
	if (r == 0)
		role_report(role, "throughput", "GB/s", rate * (double)role->size / 1e9);
	return r < 0 ? role_fail(role, "codec", r) : 0;
}

int cohort_codec_encode_array(struct role *role)
{
	return measure_array(role, encode_once);
}

int cohort_codec_decode_array(struct role *role)
{
	return measure_array(role, decode_once);
}
