/*
 * Interfaces: what changes their hash, and which changes leave them compatible.
 */
#include <criterion/criterion.h>

#include "unit/codec/table.h"

/* An interface with two methods, and a copy of each part that a test may change. */
struct world {
	struct cohort_field point_fields[3], in_fields[4], out_fields[2], entry_fields[2];
	struct cohort_type point, points, in, out, empty, color, access, entry, map, maybe;
	int64_t values[4], mask[1];
	const char *names[4];
	struct cohort_method methods[3];
	struct cohort_interface interface;
};

static struct cohort_type structure(const char *name, const struct cohort_field *fields, uint32_t n)
{
	return (struct cohort_type){ .kind = COHORT_KIND_STRUCT,
				     .size = 64,
				     .align = 8,
				     .count = n,
				     .name = name,
				     .fields = fields };
}

static void make_types(struct world *w)
{
	w->values[0] = 1, w->values[1] = 3, w->values[2] = 5;
	w->names[0] = "ONE", w->names[1] = "THREE", w->names[2] = "FIVE";
	w->mask[0] = 3;
	w->color = color_type;
	w->color.values = w->values;
	w->color.value_names = w->names;
	w->color.count = 2;
	w->access = access_type;
	w->access.values = w->mask;
	w->point_fields[0] = (struct cohort_field){ "x", &i32_type, 0, NULL };
	w->point_fields[1] = (struct cohort_field){ "next", &w->maybe, 8, NULL };
	w->point_fields[2] = (struct cohort_field){ "added", &u8_type, 16, NULL };
	w->point = structure("t.Point", w->point_fields, 2);
	w->maybe = (struct cohort_type)OPTIONAL(w->point, const void *);
	w->points = (struct cohort_type)ARRAY(w->point);
	w->entry_fields[0] = (struct cohort_field){ "key", &string_type, 0, NULL };
	w->entry_fields[1] = (struct cohort_field){ "value", &w->points, 8, NULL };
	w->entry = structure(NULL, w->entry_fields, 2);
	w->map = (struct cohort_type)MAP(w->entry);
	w->empty = structure(NULL, NULL, 0);
}

static void world_init(struct world *w)
{
	memset(w, 0, sizeof(*w));
	make_types(w);
	w->in_fields[0] = (struct cohort_field){ "map", &w->map, 0, NULL };
	w->in_fields[1] = (struct cohort_field){ "color", &w->color, 16, NULL };
	w->in_fields[2] = (struct cohort_field){ "note", &note_type, 24, NULL };
	w->in_fields[3] = (struct cohort_field){ "added", &u8_type, 48, NULL };
	w->out_fields[0] = (struct cohort_field){ "access", &w->access, 0, NULL };
	w->out_fields[1] = (struct cohort_field){ "added", &u8_type, 8, NULL };
	w->in = structure(NULL, w->in_fields, 3);
	w->out = structure(NULL, w->out_fields, 1);
	w->methods[0] = (struct cohort_method){ .name = "get", .in = &w->in, .out = &w->out };
	w->methods[1] = (struct cohort_method){
		.name = "tell", .flags = COHORT_METHOD_ONEWAY, .in = &w->in, .out = &w->empty
	};
	w->methods[2] = (struct cohort_method){ .name = "more", .in = &w->in, .out = &w->empty };
	w->interface = (struct cohort_interface){ "t.Face", 0, 2, w->methods };
}

static struct world a, b;
static char what[64];

static void begin(void)
{
	world_init(&a);
	world_init(&b);
	memset(what, 0, sizeof(what));
}

static int accepts(const struct world *ours, const struct world *theirs)
{
	uint8_t description[4096];
	ssize_t size =
		cohort_interface_describe(&theirs->interface, description, sizeof(description));

	cr_assert_gt(size, 0);
	cr_assert_leq(size, (ssize_t)sizeof(description));
	return cohort_interface_accepts(&ours->interface, description, (size_t)size, what,
					sizeof(what));
}

static bool have_one_hash(void)
{
	cr_assert_neq(cohort_interface_hash(&a.interface), 0);
	return cohort_interface_hash(&a.interface) == cohort_interface_hash(&b.interface);
}

/* a and b differ, but talk. */
static void expect_compatible(void)
{
	cr_assert_not(have_one_hash());
	cr_assert_eq(accepts(&a, &b), 0, "b differs in %s", what);
	cr_assert_eq(accepts(&b, &a), 0, "a differs in %s", what);
}

/* One of the two refuses the other, and says what differs. */
static void expect_refused(const char *name)
{
	int forth = accepts(&a, &b), back;
	char forth_what[sizeof(what)];

	memcpy(forth_what, what, sizeof(what));
	what[0] = '\0';
	back = accepts(&b, &a);
	cr_assert_not(have_one_hash());
	cr_assert(forth == -EPROTO || back == -EPROTO);
	if (forth)
		cr_assert_str_eq(forth_what, name);
	if (back)
		cr_assert_str_eq(what, name);
}

Test(interface, what_is_alike_has_one_hash_and_is_accepted, .init = begin)
{
	b.methods[0].timeout = 77;
	b.in_fields[0].offset = 8;
	b.in_fields[0].fallback = "";
	b.map.max = 3;
	cr_assert(have_one_hash());
	cr_assert_eq(accepts(&a, &b), 0);
	cr_assert_eq(accepts(&b, &a), 0);
}

Test(interface, a_description_says_its_size_before_it_is_written, .init = begin)
{
	uint8_t small[8] = { 0 };
	ssize_t size = cohort_interface_describe(&a.interface, NULL, 0);

	cr_assert_eq(size, cohort_interface_describe(&a.interface, small, sizeof(small)));
	cr_assert_eq(small[0], 0, "nothing is written");
	/* Interface, two methods each way, t.Point, t.Color with two values, t.Access, t.Note. */
	cr_assert_eq(size, 8 + 6 * (13 + 8) + (13 + 24) + (13 + 4) + 13);
}

Test(interface, a_field_may_be_appended, .init = begin)
{
	b.point.count = 3;
	expect_compatible();
}

Test(interface, a_parameter_and_a_result_may_be_appended, .init = begin)
{
	b.in.count = 4;
	b.out.count = 2;
	expect_compatible();
}

Test(interface, a_method_may_be_appended, .init = begin)
{
	b.interface.nmethods = 3;
	expect_compatible();
}

Test(interface, an_enum_may_get_a_value_anywhere, .init = begin)
{
	b.color.count = 3;
	expect_compatible();
	b.values[1] = 2, b.values[2] = 3;
	b.names[1] = "TWO", b.names[2] = "THREE";
	expect_compatible();
}

Test(interface, an_enum_may_get_another_name_of_a_value, .init = begin)
{
	b.color.count = 3;
	b.values[1] = 1, b.values[2] = 3;
	b.names[1] = "EINS", b.names[2] = "THREE";
	expect_compatible();
	b.names[0] = "EINS", b.names[1] = "ONE";
	expect_compatible();
}

Test(interface, flags_may_grow, .init = begin)
{
	b.mask[0] = 7;
	expect_compatible();
}

Test(interface, each_side_may_have_appended_something_else, .init = begin)
{
	a.point.count = 3;
	b.interface.nmethods = 3;
	expect_compatible();
}

Test(interface, a_removed_method_in_the_middle_is_refused, .init = begin)
{
	b.methods[0] = b.methods[1];
	b.interface.nmethods = 1;
	expect_refused("t.Face");
}

Test(interface, reordered_methods_are_refused, .init = begin)
{
	b.methods[0] = a.methods[1];
	b.methods[1] = a.methods[0];
	expect_refused("t.Face");
}

Test(interface, a_method_that_became_oneway_is_refused, .init = begin)
{
	b.methods[0].flags = COHORT_METHOD_ONEWAY;
	expect_refused("t.Face");
}

Test(interface, methods_that_became_events_are_refused, .init = begin)
{
	b.interface.flags = COHORT_INTERFACE_EVENTS;
	expect_refused("t.Face");
}

Test(interface, a_removed_field_is_refused, .init = begin)
{
	b.in_fields[0] = a.in_fields[1];
	b.in_fields[1] = a.in_fields[2];
	b.in.count = 2;
	b.methods[1].in = &b.empty;
	a.methods[1].in = &a.empty;
	expect_refused("t.Face.get.in");
}

Test(interface, a_renamed_field_is_refused, .init = begin)
{
	b.point_fields[0].name = "y";
	expect_refused("t.Point");
}

Test(interface, reordered_fields_are_refused, .init = begin)
{
	b.point_fields[0] = a.point_fields[1];
	b.point_fields[1] = a.point_fields[0];
	expect_refused("t.Point");
}

Test(interface, a_retyped_field_is_refused, .init = begin)
{
	b.point_fields[0].type = &u32_type;
	expect_refused("t.Point");
}

Test(interface, a_retyped_result_is_refused, .init = begin)
{
	b.out_fields[0].type = &u32_type;
	expect_refused("t.Face.get.out");
}

Test(interface, an_array_of_another_type_is_refused_though_it_has_no_name, .init = begin)
{
	b.points.of = &i32_type;
	b.methods[1].in = &b.empty;
	a.methods[1].in = &a.empty;
	expect_refused("t.Face.get.in");
}

Test(interface, a_fixed_array_of_another_length_is_refused, .init = begin)
{
	struct cohort_type longer = i16_3;

	longer.count = 4;
	a.point_fields[0].type = &i16_3;
	b.point_fields[0].type = &longer;
	expect_refused("t.Point");
}

Test(interface, an_enumerator_with_another_value_is_refused, .init = begin)
{
	b.values[1] = 4;
	expect_refused("t.Color");
}

Test(interface, a_value_with_another_name_is_refused, .init = begin)
{
	b.names[1] = "DREI";
	expect_refused("t.Color");
}

Test(interface, flags_of_which_neither_has_all_are_refused, .init = begin)
{
	b.mask[0] = 5;
	expect_refused("t.Access");
}

Test(interface, an_enum_that_became_flags_is_refused, .init = begin)
{
	b.color = b.access;
	b.color.name = a.color.name;
	expect_refused("t.Color");
}

Test(interface, another_interface_is_refused, .init = begin)
{
	b.interface.name = "t.Other";
	cr_assert_eq(accepts(&a, &b), -EPROTO);
	cr_assert_str_eq(what, "t.Face");
}

Test(interface, the_name_is_cut_to_its_room, .init = begin)
{
	uint8_t description[4096];
	char small[4] = "xxx";
	ssize_t size;

	b.point_fields[0].name = "y";
	size = cohort_interface_describe(&b.interface, description, sizeof(description));
	cr_assert_eq(cohort_interface_accepts(&a.interface, description, (size_t)size, small, 4),
		     -EPROTO);
	cr_assert_str_eq(small, "t.P");
	cr_assert_eq(cohort_interface_accepts(&a.interface, description, (size_t)size, NULL, 0),
		     -EPROTO);
}

Test(interface, recursion_and_types_without_a_name_that_hold_themselves_come_to_an_end,
     .init = begin)
{
	b.entry_fields[1].type = &b.map;
	cr_assert_not(have_one_hash());
	cr_assert_eq(accepts(&b, &b), 0);
	b.points.of = &b.points;
	b.entry_fields[1].type = &b.points;
	cr_assert_eq(accepts(&b, &b), 0);
}

Test(interface, what_is_no_description_is_ebadmsg, .init = begin)
{
	uint8_t good[4096], bad[4096];
	size_t size = (size_t)cohort_interface_describe(&a.interface, good, sizeof(good));

	for (size_t i = 0; i < size; i++)
		cr_assert_eq(cohort_interface_accepts(&a.interface, good, i, what, sizeof(what)),
			     -EBADMSG, "cut to %zu bytes", i);
	cr_assert_eq(cohort_interface_accepts(&a.interface, good, size + 1, NULL, 0), -EBADMSG);
	for (size_t i = 0; i < 8; i++) {
		memcpy(bad, good, size);
		bad[i] ^= 0x40;
		cr_assert_eq(cohort_interface_accepts(&a.interface, bad, size, NULL, 0), -EBADMSG,
			     "byte %zu of the head", i);
	}
	memcpy(bad, good, size);
	bad[8 + 8] = 6; /* the kind of the first entry */
	cr_assert_eq(cohort_interface_accepts(&a.interface, bad, size, NULL, 0), -EBADMSG);
	memcpy(bad, good, size);
	memset(bad + 8, 0xff, 8); /* its name: no longer below the second's */
	cr_assert_eq(cohort_interface_accepts(&a.interface, bad, size, NULL, 0), -EBADMSG);
}

Test(interface, wrong_arguments_are_einval, .init = begin)
{
	cr_assert_eq(cohort_interface_describe(NULL, NULL, 0), -EINVAL);
	cr_assert_eq(cohort_interface_describe(&a.interface, NULL, 1), -EINVAL);
	cr_assert_eq(cohort_interface_accepts(NULL, "", 1, NULL, 0), -EINVAL);
	cr_assert_eq(cohort_interface_accepts(&a.interface, NULL, 1, NULL, 0), -EINVAL);
	cr_assert_eq(cohort_interface_accepts(&a.interface, NULL, 0, NULL, 0), -EBADMSG);
}
