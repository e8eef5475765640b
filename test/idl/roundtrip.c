/*
 * Fills objects of each construct that the language has, encodes and decodes them, and looks at what
 * has arrived. Then calls through the tables of functions. Prints one line for each thing that is not
 * as it should be; the exit status says whether there was one.
 */
#include <everything.mojom.h>
#include <importing.mojom.h>
#include <names.mojom.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int wrong;

static void check(bool good, const char *what, int line)
{
	if (good)
		return;
	printf("roundtrip.c:%d: not so: %s\n", line, what);
	wrong = 1;
}

#define CHECK(condition) check(condition, #condition, __LINE__)

static struct cohort_arena *arena;

/* What arrives of an object; it lasts as long as the arena. */
static const void *arrived(const struct cohort_type *type, const void *object)
{
	struct cohort_encoder *encoder = NULL;
	struct cohort_encoded encoded;
	struct cohort_fault fault = { 0 };
	void *out = cohort_arena_alloc(arena, type->size + 1);
	int err = cohort_encoder_new(&encoder);

	if (!err)
		err = cohort_encode(encoder, type, object, &encoded, &fault);
	if (!err)
		err = cohort_decode(type, encoded.data, encoded.length, encoded.fds, encoded.nfds,
				    arena, out, &fault);
	cohort_encoder_free(encoder);
	if (!err)
		return out;
	printf("%s does not arrive: %s, %s.%s\n", type->name, strerror(-err),
	       fault.type ? fault.type : "", fault.field ? fault.field : "");
	exit(1);
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static void constants_are_what_was_written(void)
{
	CHECK(DEMO_EVERYTHING_MAX_GRID == 32768);
	CHECK(DEMO_EVERYTHING_LOWEST8 == INT8_MIN);
	CHECK(DEMO_EVERYTHING_LOWEST16 == INT16_MIN);
	CHECK(DEMO_EVERYTHING_LOWEST32 == INT32_MIN);
	CHECK(DEMO_EVERYTHING_LOWEST64 == INT64_MIN);
	CHECK(DEMO_EVERYTHING_MOST64 == UINT64_MAX);
	CHECK(DEMO_EVERYTHING_HEX == 0xdeadbeef);
	CHECK(DEMO_EVERYTHING_YES);
	CHECK(sizeof(DEMO_EVERYTHING_THIRD) == sizeof(float));
	CHECK(DEMO_EVERYTHING_THIRD >= 0.333333343F && DEMO_EVERYTHING_THIRD <= 0.333333343F);
	CHECK(DEMO_EVERYTHING_PI >= 3.141592653589793 && DEMO_EVERYTHING_PI <= 3.141592653589793);
	CHECK(same(DEMO_EVERYTHING_TEXT, "say \"hi\"\n?\?/ \303\251"));
	CHECK(DEMO_EVERYTHING_COLOR_BLUE == 6);
	CHECK(DEMO_EVERYTHING_COLOR_LOWEST == INT32_MIN);
	CHECK(DEMO_EVERYTHING_ACCESS_ALL == UINT32_C(0x80000000));
}

static void check_defaults(const struct demo_everything_scalars *s)
{
	CHECK(s->b);
	CHECK(s->i8 == -128 && s->i16 == -7 && s->i32 == 0 && s->i64 == INT64_MIN);
	CHECK(s->u8 == 255 && s->u16 == 0 && s->u32 == 32768 && s->u64 == UINT64_MAX);
	CHECK(s->f >= 1.5F && s->f <= 1.5F && s->d >= 1e300 && s->d <= 1e300);
	CHECK(same(s->s, "none"));
	CHECK(!s->maybe);
	CHECK(same(s->given, "given"));
	CHECK(s->spare == -1);
	CHECK(s->color == DEMO_EVERYTHING_COLOR_BLUE);
	CHECK(s->plain == DEMO_EVERYTHING_COLOR_RED);
	CHECK(s->access == DEMO_EVERYTHING_ACCESS_WRITE);
	CHECK(s->mix == DEMO_EVERYTHING_BITS_TWO);
	CHECK(!s->number);
	CHECK(s->seven && *s->seven == 7);
	CHECK(!s->shade);
}

static void defaults_are_what_was_written(void)
{
	struct demo_everything_scalars scalars;
	struct demo_everything_point point;
	struct demo_foo foo;
	struct demo_foo_bar foo_bar;
	struct demo_everything_isp_configure_in in;

	demo_everything_scalars_init(&scalars);
	check_defaults(&scalars);
	check_defaults(arrived(&demo_everything_scalars_type, &scalars));
	demo_everything_point_init(&point);
	CHECK(point.x == -3 && point.y == INT32_MIN);
	demo_foo_init(&foo);
	demo_foo_bar_init(&foo_bar);
	CHECK(foo.bar_baz == 1 && foo_bar.baz == 2);
	demo_everything_isp_configure_in_init(&in);
	CHECK(in.id == 4);
}

static void scalars_arrive(void)
{
	const int32_t number = INT32_MIN, eight = 8;
	const enum demo_everything_color shade = DEMO_EVERYTHING_COLOR_LOWEST;
	struct demo_everything_scalars sent = {
		.b = false,
		.i8 = 1,
		.i16 = INT16_MIN,
		.i32 = INT32_MAX,
		.i64 = INT64_MAX,
		.u8 = 7,
		.u16 = UINT16_MAX,
		.u32 = UINT32_MAX,
		.u64 = 5,
		.f = -0.25F,
		.d = 1e-300,
		.s = "\303\244",
		.maybe = "",
		.given = NULL,
		.spare = 17,
		.color = DEMO_EVERYTHING_COLOR_DARK,
		.plain = DEMO_EVERYTHING_COLOR_GREEN,
		.access = DEMO_EVERYTHING_ACCESS_ALL | DEMO_EVERYTHING_ACCESS_READ,
		.mix = DEMO_EVERYTHING_BITS_ONE | DEMO_EVERYTHING_BITS_FOUR,
		.number = &number,
		.seven = &eight,
		.shade = &shade,
	};
	const struct demo_everything_scalars *got = arrived(&demo_everything_scalars_type, &sent);

	CHECK(!got->b);
	CHECK(got->i8 == 1 && got->i16 == INT16_MIN && got->i32 == INT32_MAX);
	CHECK(got->i64 == INT64_MAX && got->u8 == 7 && got->u16 == UINT16_MAX);
	CHECK(got->u32 == UINT32_MAX && got->u64 == 5);
	CHECK(memcmp(&got->f, &sent.f, sizeof(sent.f)) == 0);
	CHECK(memcmp(&got->d, &sent.d, sizeof(sent.d)) == 0);
	CHECK(same(got->s, "\303\244") && same(got->maybe, "") && !got->given);
	CHECK(got->spare == 17);
	CHECK(got->color == DEMO_EVERYTHING_COLOR_DARK);
	CHECK(got->plain == DEMO_EVERYTHING_COLOR_GREEN);
	CHECK(got->access == sent.access && got->mix == sent.mix);
	CHECK(got->number && *got->number == number && got->seven && *got->seven == 8);
	CHECK(got->shade && *got->shade == shade);
}

/* Each array once with something in it. */
static void arrays_arrive(void)
{
	static const uint8_t bytes[] = { 1, 2, 255 };
	static const int32_t numbers[] = { -1, 0, INT32_MAX };
	static const char *const strings[] = { "a", "", "c" };
	static const char *const maybe[] = { NULL, "x" };
	static const int32_t *const optional[] = { &numbers[2], NULL };
	static const int fds[] = { 10, 11 }, maybe_fds[] = { -1, 12 };
	static const enum demo_everything_color colors[] = { DEMO_EVERYTHING_COLOR_DARK };
	static const uint32_t accesses[] = { 0, 3 };
	static const uint16_t deepest[] = { 7, 8 };
	static const struct cohort_of_array_of_uint16 deeper[] = { { deepest, 2 }, { NULL, 0 } };
	static const struct cohort_of_array_of_array_of_uint16 deep[] = { { deeper, 2 } };
	struct demo_everything_composites sent;
	const struct demo_everything_composites *got;

	demo_everything_composites_init(&sent);
	sent.bytes.data = bytes, sent.bytes.count = COUNT(bytes);
	sent.numbers.data = numbers, sent.numbers.count = COUNT(numbers);
	sent.short_text = "12345678";
	sent.strings.data = strings, sent.strings.count = COUNT(strings);
	sent.maybe_strings.data = maybe, sent.maybe_strings.count = COUNT(maybe);
	sent.maybe_numbers.data = optional, sent.maybe_numbers.count = COUNT(optional);
	sent.fds.data = fds, sent.fds.count = COUNT(fds);
	sent.maybe_fds.data = maybe_fds, sent.maybe_fds.count = COUNT(maybe_fds);
	sent.colors.data = colors, sent.colors.count = COUNT(colors);
	sent.accesses.data = accesses, sent.accesses.count = COUNT(accesses);
	sent.deep.data = deep, sent.deep.count = COUNT(deep);
	got = arrived(&demo_everything_composites_type, &sent);

	CHECK(got->bytes.count == 3 && memcmp(got->bytes.data, bytes, sizeof(bytes)) == 0);
	CHECK(got->numbers.count == 3);
	CHECK(memcmp(got->numbers.data, numbers, sizeof(numbers)) == 0);
	CHECK(same(got->short_text, "12345678"));
	CHECK(got->strings.count == 3 && same(got->strings.data[2], "c"));
	CHECK(got->maybe_strings.count == 2 && !got->maybe_strings.data[0]);
	CHECK(same(got->maybe_strings.data[1], "x"));
	CHECK(got->maybe_numbers.count == 2 && *got->maybe_numbers.data[0] == INT32_MAX);
	CHECK(!got->maybe_numbers.data[1]);
	CHECK(got->fds.count == 2 && got->fds.data[0] == 10 && got->fds.data[1] == 11);
	CHECK(got->maybe_fds.data[0] == -1 && got->maybe_fds.data[1] == 12);
	CHECK(got->colors.data[0] == DEMO_EVERYTHING_COLOR_DARK);
	CHECK(got->accesses.count == 2 && got->accesses.data[1] == 3);
	CHECK(got->deep.count == 1 && got->deep.data[0].count == 2);
	CHECK(got->deep.data[0].data[0].count == 2 && got->deep.data[0].data[0].data[1] == 8);
	CHECK(got->deep.data[0].data[1].count == 0);
}

static void fixed_arrays_and_optionals_arrive(void)
{
	static const uint8_t bytes[] = { 9 };
	static const struct cohort_of_array_of_uint8 blob = { bytes, 1 };
	static const struct cohort_of_entry_of_string_to_int32 entries[] = { { "one", 1 } };
	static const struct cohort_of_map_of_string_to_int32 dict = { entries, 1 };
	static const struct cohort_of_fixed_2_of_double pair = { { 0.5, -0.5 } };
	struct demo_everything_composites sent;
	struct demo_everything_scalars rest;
	const struct demo_everything_composites *got;

	demo_everything_composites_init(&sent);
	demo_everything_scalars_init(&rest);
	rest.u16 = 99;
	sent.four[3] = 4;
	sent.matrix[1].items[2] = 1.25F;
	sent.two[1] = "second";
	sent.points[1].x = 12;
	sent.blob = &blob;
	sent.dict = &dict;
	sent.pair = &pair;
	sent.all.u16 = 98;
	sent.rest = &rest;
	got = arrived(&demo_everything_composites_type, &sent);

	CHECK(got->four[0] == 0 && got->four[3] == 4);
	CHECK(got->matrix[1].items[2] > 1.2F && got->matrix[1].items[2] < 1.3F);
	CHECK(same(got->two[0], "") && same(got->two[1], "second"));
	CHECK(got->points[0].x == -3 && got->points[1].x == 12);
	CHECK(got->blob && got->blob->count == 1 && got->blob->data[0] == 9);
	CHECK(got->dict && got->dict->count == 1 && got->dict->entries[0].value == 1);
	CHECK(got->pair && got->pair->items[1] < -0.4);
	CHECK(got->all.u16 == 98 && got->rest && got->rest->u16 == 99);
	demo_everything_composites_init(&sent);
	got = arrived(&demo_everything_composites_type, &sent);
	CHECK(!got->blob && !got->dict && !got->pair && !got->rest);
}

static void maps_arrive(void)
{
	static const struct cohort_of_entry_of_string_to_string texts[] = { { "k", "v" },
									    { "l", "" } };
	static const struct demo_everything_point points[] = { { 1, 2 }, { 3, 4 } };
	static const struct cohort_of_entry_of_uint32_to_array_of_demo_everything_point groups[] = {
		{ 5, { points, 2 } },
	};
	static const struct cohort_of_entry_of_int64_to_fixed_4_of_uint8 inner[] = {
		{ INT64_MIN, { { 1, 2, 3, 4 } } },
	};
	static const struct
		cohort_of_entry_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8
			nested[] = { { DEMO_EVERYTHING_COLOR_GREEN, { inner, 1 } } };
	static const struct cohort_of_entry_of_bool_to_optional_of_demo_everything_point
		switches[] = { { false, NULL }, { true, &points[1] } };
	struct demo_everything_composites sent;
	const struct demo_everything_composites *got;

	demo_everything_composites_init(&sent);
	sent.texts.entries = texts, sent.texts.count = 2;
	sent.groups.entries = groups, sent.groups.count = 1;
	sent.nested.entries = nested, sent.nested.count = 1;
	sent.switches.entries = switches, sent.switches.count = 2;
	got = arrived(&demo_everything_composites_type, &sent);

	CHECK(got->texts.count == 2 && same(got->texts.entries[0].value, "v"));
	CHECK(got->groups.count == 1 && got->groups.entries[0].value.data[1].y == 4);
	CHECK(got->nested.entries[0].key == DEMO_EVERYTHING_COLOR_GREEN);
	CHECK(got->nested.entries[0].value.entries[0].value.items[3] == 4);
	CHECK(got->switches.count == 2);
	CHECK(got->switches.entries[0].value || got->switches.entries[1].value);
}

static void trees_arrive(void)
{
	struct demo_everything_node leaf, root;
	struct cohort_of_entry_of_string_to_demo_everything_node named = { .key = "leaf" };
	struct cohort_of_fixed_2_of_demo_everything_node pair;
	const struct demo_everything_node *got;

	demo_everything_node_init(&leaf);
	demo_everything_node_init(&root);
	leaf.name = "leaf";
	root.name = "root";
	named.value = pair.items[0] = pair.items[1] = leaf;
	root.left = &leaf;
	root.children.data = &leaf, root.children.count = 1;
	root.named.entries = &named, root.named.count = 1;
	root.pairs.data = &pair, root.pairs.count = 1;
	root.later.point.x = 77;
	got = arrived(&demo_everything_node_type, &root);

	CHECK(same(got->name, "root") && !got->right);
	CHECK(got->left && same(got->left->name, "leaf"));
	CHECK(got->children.count == 1 && same(got->children.data[0].name, "leaf"));
	CHECK(got->named.count == 1 && same(got->named.entries[0].value.name, "leaf"));
	CHECK(got->pairs.count == 1 && same(got->pairs.data[0].items[1].name, "leaf"));
	CHECK(got->later.point.x == 77 && got->left->later.point.x == -3);
}

static void types_of_the_application_arrive(void)
{
	static const struct demo_core_frame_buffer_plane planes[] = { { 21, 0, 4096 } };
	struct demo_pipeline_settings sent;
	const struct demo_pipeline_settings *got;

	demo_pipeline_settings_init(&sent);
	sent.size.width = 640;
	sent.size.height = 480;
	sent.switches = DEMO_CORE_MODE_ON;
	sent.controls.id = 3;
	sent.controls.value = -3;
	sent.stamp.seconds = 60;
	sent.buffers[0].fd = 20;
	sent.buffers[1].fd = 22;
	sent.buffers[0].planes.data = planes, sent.buffers[0].planes.count = 1;
	got = arrived(&demo_pipeline_settings_type, &sent);

	CHECK(got->size.width == 640 && got->size.height == 480);
	CHECK(got->mode == DEMO_CORE_MODE_ON && got->switches == 1);
	CHECK(got->controls.id == 3 && got->controls.value == -3);
	CHECK(got->stamp.seconds == 60);
	CHECK(got->buffers[0].fd == 20 && got->buffers[1].fd == 22);
	CHECK(got->buffers[0].planes.count == 1 && got->buffers[0].planes.data[0].fd == 21);
	CHECK(got->buffers[0].planes.data[0].length == 4096);
}

/* --- Tables of functions --------------------------------------------------------------------------- */

static int start(struct cohort_job *job, void *self, struct demo_everything_isp_start_out *out)
{
	CHECK(!job && self == &wrong);
	out->ret = 42;
	return -EAGAIN;
}

static int finish(struct cohort_job *job, void *self,
		  const struct demo_everything_isp_finish_in *in)
{
	CHECK(!job && self == &wrong && in->code == 6);
	return 0;
}

static void functions_are_called(void)
{
	static const struct demo_everything_isp_functions functions = {
		.start = start,
		.finish = finish,
	};
	const struct cohort_method *methods = demo_everything_isp_interface.methods;
	struct demo_everything_isp_start_out out = { 0 };
	struct demo_everything_isp_finish_in in = { 6 };

	CHECK(methods[DEMO_EVERYTHING_ISP_METHOD_START].invoke(&functions, &wrong, NULL, NULL,
							       &out) == -EAGAIN);
	CHECK(out.ret == 42);
	CHECK(methods[DEMO_EVERYTHING_ISP_METHOD_FINISH].invoke(&functions, &wrong, NULL, &in,
								NULL) == 0);
	CHECK(methods[DEMO_EVERYTHING_ISP_METHOD_STOP].invoke(&functions, &wrong, NULL, NULL,
							      NULL) == -ENOSYS);
}

static void interfaces_say_what_was_written(void)
{
	const struct cohort_interface *isp = &demo_everything_isp_interface;
	const struct cohort_method *configure = &isp->methods[DEMO_EVERYTHING_ISP_METHOD_CONFIGURE];

	CHECK(same(isp->name, "demo.everything.Isp") && isp->flags == 0 && isp->nmethods == 6);
	CHECK(same(configure->name, "configure") && configure->timeout == COHORT_MS(50));
	CHECK(isp->methods[DEMO_EVERYTHING_ISP_METHOD_START].timeout == -1);
	CHECK(isp->methods[DEMO_EVERYTHING_ISP_METHOD_PROCESS].flags == COHORT_METHOD_ONEWAY);
	CHECK(isp->methods[DEMO_EVERYTHING_ISP_METHOD_STOP].out->count == 0);
	CHECK(demo_everything_hints_interface.flags == COHORT_INTERFACE_EVENTS);
	CHECK(demo_everything_nothing_interface.nmethods == 0);
	CHECK(DEMO_EVERYTHING_RENUMBERED_METHOD_SOONER == 0);
	CHECK(same(demo_everything_renumbered_interface.methods[0].name, "sooner"));
	CHECK(same(demo_everything_ordered_type.fields[0].name, "first"));
}

int main(void)
{
	if (cohort_arena_new(&arena))
		return 1;
	constants_are_what_was_written();
	defaults_are_what_was_written();
	scalars_arrive();
	arrays_arrive();
	fixed_arrays_and_optionals_arrive();
	maps_arrive();
	trees_arrive();
	types_of_the_application_arrive();
	functions_are_called();
	interfaces_say_what_was_written();
	cohort_arena_free(arena);
	return wrong;
}
