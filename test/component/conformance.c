/*
 * What a component does does not depend on its mode: each scenario runs in all of them, and each time
 * the journal of what happened must be the same.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "component/common/bench.h"

#define STARTED "state 1\nstate 2\n"
#define STOPPED "state 5\n"

#define FOREVER COHORT_METHOD_TIMEOUT

static void say_all(struct bench *bench, const struct part_all *all)
{
	bench_say(bench, "%d %d %d %d %lld", all->yes, all->i8, all->i16, all->i32,
		  (long long)all->i64);
	bench_say(bench, "%u %u %u %llu", all->u8, all->u16, all->u32,
		  (unsigned long long)all->u64);
	bench_say(bench, "%g %g %s %d %u", (double)all->f, all->d, all->text, (int)all->colour,
		  all->flags);
	for (size_t i = 0; i < all->numbers.count; i++)
		bench_say(bench, "number %u", all->numbers.data[i]);
	bench_say(bench, "four %u %u %u %u", all->four[0], all->four[1], all->four[2],
		  all->four[3]);
	for (size_t i = 0; i < all->entries.count; i++)
		bench_say(bench, "entry %s %u", all->entries.entries[i].key,
			  all->entries.entries[i].value);
	if (all->point)
		bench_say(bench, "point %d %d", all->point->x, all->point->y);
	bench_say(bench, "maybe %s, handle %d", all->maybe ? all->maybe : "none",
		  all->handle >= 0 ? 1 : all->handle);
}

static void echoes(struct bench *bench)
{
	const uint32_t numbers[] = { 4, 5, 6 };
	const struct part_entry entries[] = { { "a", 1 }, { "b", 2 } };
	const struct part_point point = { -3, 9 };
	struct part_all in = {
		.yes = true,
		.i8 = -8,
		.i16 = -1600,
		.i32 = -320000,
		.i64 = INT64_MIN,
		.u8 = 200,
		.u16 = 60000,
		.u32 = UINT32_MAX,
		.u64 = UINT64_MAX,
		.f = 1.5F,
		.d = -2.25,
		.text = "h\xc3\xa4",
		.colour = PART_GREEN,
		.flags = 5,
		.numbers = { numbers, 3 },
		.four = { 1, 2, 3, 4 },
		.entries = { entries, 2 },
		.point = &point,
		.maybe = "yes",
		.handle = STDERR_FILENO,
	};
	struct part_all *out;

	cr_assert_eq(cohort_port_call(bench->port, &part_interface, PART_ECHO, &in, (void **)&out,
				      NULL, FOREVER),
		     0);
	say_all(bench, out);
	cr_assert_neq((void *)out->numbers.data, (void *)numbers);
	cohort_out_free(out);
	in.point = NULL;
	in.maybe = NULL;
	in.handle = -1;
	in.numbers.count = 0;
	in.entries.count = 0;
	cr_assert_eq(cohort_port_call(bench->port, &part_interface, PART_ECHO, &in, (void **)&out,
				      NULL, FOREVER),
		     0);
	say_all(bench, out);
	cohort_out_free(out);
}

#define SCALARS                                       \
	"1 -8 -1600 -320000 -9223372036854775808\n"   \
	"200 60000 4294967295 18446744073709551615\n" \
	"1.5 -2.25 h\xc3\xa4 7 5\n"

Test(conformance, every_kind_of_value_comes_back_as_it_went)
{
	bench_run(echoes,
		  STARTED SCALARS "number 4\nnumber 5\nnumber 6\nfour 1 2 3 4\n"
				  "entry a 1\nentry b 2\npoint -3 9\nmaybe yes, handle 1\n" SCALARS
				  "four 1 2 3 4\nmaybe none, handle -1\n" STOPPED);
}

static void fails(struct bench *bench)
{
	static const int statuses[] = { 0, -EDOM, -4095, -4096, 7, -ESHUTDOWN };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		struct part_status in = { statuses[i] };
		int status = 1;
		void *out = bench;
		int err = cohort_port_call(bench->port, &part_interface, PART_FAIL, &in, &out,
					   &status, FOREVER);

		bench_say(bench, "%d: %d %d %s", statuses[i], err, status, out ? "out" : "none");
		cohort_out_free(out);
		err = cohort_port_call(bench->port, &part_interface, PART_FAIL, &in, NULL, NULL,
				       FOREVER);
		bench_say(bench, "%d", err);
	}
}

Test(conformance, a_functions_error_is_its_status)
{
	bench_run(fails, STARTED "0: 0 0 out\n0\n-33: 0 -33 none\n-33\n-4095: 0 -4095 none\n-4095\n"
				 "-4096: 0 -22 none\n-22\n7: 0 -22 none\n-22\n"
				 "-108: 0 -108 none\n-108\n" STOPPED);
}

static void nests(struct bench *bench)
{
	bench_call(bench, PART_NEST, 0, FOREVER);
	bench_call(bench, PART_NEST, 1, FOREVER);
	bench_call(bench, PART_NEST, 8, FOREVER);
	bench_call(bench, PART_NEST, 13, FOREVER);
	bench_call(bench, PART_NEST, 40, FOREVER);
	bench_call(bench, PART_NEST, 3, FOREVER);
}

Test(conformance, calls_nest_in_both_directions_to_the_same_depth)
{
	bench_run(nests, STARTED "nest 0: 0 0 1\nnest 1: 0 0 2\nnest 8: 0 0 9\nnest 13: 0 0 14\n"
				 "nest 40: 0 -35 0\nnest 3: 0 0 4\n" STOPPED);
}

static void bursts(struct bench *bench)
{
	bench_call(bench, PART_BURST, 5, FOREVER);
	bench_call(bench, PART_BURST, 2, FOREVER);
}

Test(conformance, events_are_handled_in_order_before_the_call_returns)
{
	bench_run(bursts, STARTED "event 0\nevent 1\nevent 2\nevent 3\nevent 4\nburst 5: 0 0 0\n"
				  "event 0\nevent 1\nburst 2: 0 0 0\n" STOPPED);
}
