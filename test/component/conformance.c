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

static void notes(struct bench *bench)
{
	struct part_nothing in = { 0 };
	struct part_table *out;

	for (uint32_t i = 0; i < 6; i++) {
		struct part_value value = { i };

		cr_assert_eq(cohort_port_send(bench->port, &part_interface, PART_NOTE, &value,
					      FOREVER),
			     0);
		if (i % 3 == 0)
			bench_call(bench, PART_NEST, 0, FOREVER);
	}
	cr_assert_eq(cohort_port_call(bench->port, &part_interface, PART_NOTES, &in, (void **)&out,
				      NULL, FOREVER),
		     0);
	for (size_t i = 0; i < out->numbers.count; i++)
		bench_say(bench, "note %u", out->numbers.data[i]);
	cohort_out_free(out);
}

Test(conformance, one_way_calls_keep_their_order_with_others)
{
	bench_run(notes, STARTED "nest 0: 0 0 1\nnest 0: 0 0 1\n"
				 "note 0\nnote 1\nnote 2\nnote 3\nnote 4\nnote 5\n" STOPPED);
}

/* Asynchronous calls: what they came to is said when it is waited for. */

struct answer {
	struct event event;
	int error, status;
	uint32_t value;
	unsigned times;
};

static void on_done(struct cohort_port *port, int error, int status, void *out, void *arg)
{
	struct answer *answer = arg;

	(void)port;
	answer->error = error;
	answer->status = status;
	answer->value = out ? ((struct part_value *)out)->value : 0;
	answer->times++;
	cohort_out_free(out);
	event_signal(&answer->event);
}

static void ask_async(struct bench *bench, struct answer *answer, enum part_method method,
		      uint32_t value, int64_t timeout)
{
	struct part_value in = { value };

	memset(answer, 0, sizeof(*answer));
	event_init(&answer->event);
	cr_assert_eq(cohort_port_call_async(bench->port, &part_interface, method, &in, timeout,
					    on_done, answer),
		     0);
}

static void say_answer(struct bench *bench, struct answer *answer)
{
	cr_assert(event_wait_for(&answer->event, 1, PATIENCE_MS));
	bench_say(bench, "done %d %d %u, %u times", answer->error, answer->status, answer->value,
		  answer->times);
	event_deinit(&answer->event);
}

static void answers_later(struct bench *bench)
{
	struct answer answer;

	for (uint32_t how = 0; how < 3; how++) {
		ask_async(bench, &answer, PART_KEEP, 40 + how, FOREVER);
		bench_call(bench, PART_RELEASE, how, FOREVER);
		say_answer(bench, &answer);
	}
	bench_call(bench, PART_RELEASE, 0, FOREVER);
}

Test(conformance, a_kept_job_is_answered_once_from_anywhere_or_dropped)
{
	bench_run(answers_later, STARTED "release 0: 0 0 0\ndone 0 0 40, 1 times\n"
					 "release 1: 0 0 0\ndone -125 0 0, 1 times\n"
					 "release 2: 0 0 0\ndone 0 0 42, 1 times\n"
					 "release 0: 0 -2 0\n" STOPPED);
}

/* What the release of a job said whose caller had given up: the errno. */
static int release_late(struct bench *bench)
{
	struct part_value how = { 0 }, *out;
	int status;

	cr_assert_eq(cohort_port_call(bench->port, &part_interface, PART_RELEASE, &how,
				      (void **)&out, &status, FOREVER),
		     0);
	if (status)
		return status;
	status = (int)out->value;
	cohort_out_free(out);
	return status;
}

/* On a busy machine a short timeout ends before the job was kept: then a longer one. */
static void answers_late(struct bench *bench)
{
	struct part_value in = { 1 };
	int said = -ENOENT;

	for (int64_t timeout = COHORT_MS(50); said == -ENOENT; timeout *= 2) {
		cr_assert_eq(cohort_port_call(bench->port, &part_interface, PART_KEEP, &in, NULL,
					      NULL, timeout),
			     -ETIMEDOUT);
		said = release_late(bench);
	}
	bench_say(bench, "%d", said);
}

static void answers_async_late(struct bench *bench)
{
	struct answer answer;
	int said = -ENOENT;

	for (int64_t timeout = COHORT_MS(50); said == -ENOENT; timeout *= 2) {
		ask_async(bench, &answer, PART_KEEP, 2, timeout);
		cr_assert(event_wait_for(&answer.event, 1, PATIENCE_MS));
		said = release_late(bench);
		event_deinit(&answer.event);
	}
	bench_say(bench, "%d %d", answer.error, said);
}

Test(conformance, who_answers_too_late_learns_it)
{
	bench_run(answers_late, STARTED "110\n" STOPPED);
	bench_run(answers_async_late, STARTED "-110 110\n" STOPPED);
}

static void lingers(struct bench *bench)
{
	struct answer answer;

	bench_call(bench, PART_LINGER, 0, COHORT_MS(50));
	bench_call(bench, PART_NEST, 2, FOREVER);
	bench_call(bench, PART_NEST, 2, 0);
	ask_async(bench, &answer, PART_LINGER, 0, COHORT_MS(50));
	say_answer(bench, &answer);
	ask_async(bench, &answer, PART_NEST, 4, FOREVER);
	say_answer(bench, &answer);
}

Test(conformance, a_call_that_does_not_return_in_time_times_out)
{
	bench_run(lingers, STARTED "linger 0: -110 0 0\nnest 2: 0 0 3\nnest 2: -110 0 0\n"
				   "done -110 0 0, 1 times\ndone 0 0 5, 1 times\n" STOPPED);
}

static void passes_descriptors(struct bench *bench)
{
	struct part_handle in = { memfd_create("forward", MFD_CLOEXEC) }, *out;
	char text[8] = "";
	int fd = -1;

	cr_assert_eq(pwrite(in.handle, "abc", 3, 0), 3);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(cohort_port_call(bench->port, &part_interface, PART_FD, &in,
					      (void **)&out, NULL, FOREVER),
			     0);
		cr_assert_neq(out->handle, in.handle);
		if (i == 1) { /* others are closed with the results */
			fd = cohort_out_fd_take(out, out->handle);
			cr_assert_eq(fd, out->handle);
			bench_say(bench, "again %d", cohort_out_fd_take(out, fd));
		}
		cohort_out_free(out);
	}
	cr_assert_eq(pread(fd, text, sizeof(text), 0), 3);
	bench_say(bench, "%s", text);
	cr_assert_eq(pread(in.handle, text, sizeof(text), 0), 3);
	bench_say(bench, "%s", text);
	close(fd);
	close(in.handle);
}

Test(conformance, descriptors_travel_both_ways_and_each_has_one_owner)
{
	bench_run(passes_descriptors, STARTED "again -22\ncba\nabc\n" STOPPED);
}

static struct part_table *table(struct bench *bench, uint32_t which)
{
	struct part_value in = { which };
	struct part_table *out;

	cr_assert_eq(cohort_port_call(bench->port, &part_interface, PART_TABLE, &in, (void **)&out,
				      NULL, FOREVER),
		     0);
	return out;
}

static void tables(struct bench *bench)
{
	struct part_table *ones = table(bench, 0), *tens = table(bench, 1);

	bench_say(bench, "%s %u %u %u", ones->text, ones->numbers.data[0], ones->numbers.data[1],
		  ones->numbers.data[2]);
	bench_say(bench, "%s %u %u %u", tens->text, tens->numbers.data[0], tens->numbers.data[1],
		  tens->numbers.data[2]);
	cohort_out_free(ones);
	cohort_out_free(tens);
}

Test(conformance, results_may_be_static_memory_of_the_component)
{
	bench_run(tables, STARTED "ones 1 2 3\ntens 10 20 30\n" STOPPED);
}

static void asks(struct bench *bench)
{
	struct part_nothing in = { 0 };
	struct part_table *out;

	bench_call(bench, PART_ASK, 0, FOREVER);
	bench_call(bench, PART_ASK, 1, FOREVER);
	cr_assert_eq(cohort_port_call(bench->port, &part_interface, PART_NOTES, &in, (void **)&out,
				      NULL, FOREVER),
		     0);
	bench_say(bench, "%zu notes, %u", out->numbers.count, out->numbers.data[0]);
	cohort_out_free(out);
	bench_call(bench, PART_ASK, 2, FOREVER);
	bench_call(bench, PART_ASK, 9, FOREVER);
}

Test(conformance, callbacks_send_call_fail_and_cannot_stop_their_component)
{
	bench_run(asks, STARTED "asked 0\nask 0: 0 0 100\n"
				"asked 1\nsend 0\nnest 0: 0 0 1\nask 1: 0 0 101\n1 notes, 5\n"
				"asked 2\nstop inside -35\nask 2: 0 0 102\n"
				"asked 9\nask 9: 0 -33 0\n" STOPPED);
}

static void deadlines(struct bench *bench)
{
	bench_call(bench, PART_DEADLINE, 0, COHORT_SECONDS(1000));
	bench_call(bench, PART_DEADLINE, 0, COHORT_FOREVER);
}

Test(conformance, a_function_sees_the_deadline_of_its_call)
{
	bench_run(deadlines, STARTED "deadline 0: 0 0 10\ndeadline 0: 0 0 0\n" STOPPED);
}

/* The end. */

static void leaves_kept(struct bench *bench)
{
	struct answer *answer = bench->own = malloc(sizeof(*answer));

	ask_async(bench, answer, PART_KEEP, 1, FOREVER);
	bench_call(bench, PART_NEST, 0, FOREVER);
}

Test(conformance, a_call_that_waits_when_the_component_stops_ends)
{
	struct bench *bench = malloc(sizeof(*bench));

	for (const struct bench_mode *mode = bench_modes; mode->name; mode++) {
		bench_init(bench);
		bench_start(bench, mode);
		leaves_kept(bench);
		bench_stop(bench);
		say_answer(bench, bench->own);
		cr_assert_str_eq(bench->journal,
				 STARTED "nest 0: 0 0 1\n" STOPPED "done -108 0 0, 1 times\n",
				 "%s:\n%s", mode->name, bench->journal);
		free(bench->own);
		bench_deinit(bench);
	}
	free(bench);
}

static void stop_with_kept(struct bench *bench, const struct bench_mode *mode)
{
	bench_init(bench);
	bench_start(bench, mode);
	leaves_kept(bench);
	bench_stop(bench);
	event_deinit(&((struct answer *)bench->own)->event);
	free(bench->own);
	bench_deinit(bench);
}

/* What the library keeps for the whole process is there after the first time. */
Test(conformance, nothing_of_a_component_is_left_at_the_moment_its_stop_returns)
{
	struct bench *bench = malloc(sizeof(*bench));

	for (const struct bench_mode *mode = bench_modes; mode->name; mode++) {
		struct census before, after;
		char why[1024] = "";

		stop_with_kept(bench, mode);
		cr_assert_eq(census_take(&before, 0, NULL), 0);
		for (int i = 0; i < 30; i++) {
			stop_with_kept(bench, mode);
			cr_assert_eq(census_take(&after, 0, NULL), 0);
			cr_assert(census_equal(&before, &after, why, sizeof(why)), "%s, %d: %s",
				  mode->name, i, why);
		}
	}
	free(bench);
}

struct user {
	pthread_t thread;
	struct bench bench;
	int result, stopped;
};

static void *call_and_linger(void *arg)
{
	struct user *user = arg;
	struct part_value in = { 3 };

	user->result = cohort_port_call(user->bench.port, &part_interface, PART_ASK, &in, NULL,
					NULL, FOREVER);
	return NULL;
}

static void *stop(void *arg)
{
	struct user *user = arg;

	user->stopped = cohort_component_stop(user->bench.component);
	return NULL;
}

#define USERS 4

/*
 * Each asks its part, which asks its owner, which lets the next one's part linger; but not before
 * all parts wait for their owners, for one that lingers serves nobody else.
 */
static void stop_together(const struct bench_mode *mode)
{
	struct user *users = calloc(USERS, sizeof(*users));
	pthread_t stoppers[USERS];
	pthread_barrier_t all;

	pthread_barrier_init(&all, NULL, USERS);
	for (size_t i = 0; i < USERS; i++) {
		bench_init(&users[i].bench);
		bench_start(&users[i].bench, mode);
		users[i].bench.own = &users[(i + 1) % USERS].bench;
		users[i].bench.all = &all;
	}
	for (size_t i = 0; i < USERS; i++)
		cr_assert_eq(pthread_create(&users[i].thread, NULL, call_and_linger, &users[i]), 0);
	for (size_t i = 0; i < USERS; i++)
		cr_assert(event_wait_for(&users[i].bench.event, 1, PATIENCE_MS), "%s %zu",
			  mode->name, i);
	for (size_t i = 0; i < USERS; i++)
		cr_assert_eq(pthread_create(&stoppers[i], NULL, stop, &users[i]), 0);
	for (size_t i = 0; i < USERS; i++) {
		pthread_join(stoppers[i], NULL);
		pthread_join(users[i].thread, NULL);
		cr_assert_eq(users[i].stopped, 0, "%s: %d", mode->name, users[i].stopped);
		cr_assert_eq(users[i].result, -ESHUTDOWN, "%s: %d", mode->name, users[i].result);
		cr_assert_str_eq(users[i].bench.journal, STARTED "event 99\n" STOPPED, "%s:\n%s",
				 mode->name, users[i].bench.journal);
		bench_deinit(&users[i].bench);
	}
	pthread_barrier_destroy(&all);
	free(users);
}

Test(conformance, four_components_that_call_each_other_stop_at_the_same_time)
{
	struct census before;
	char why[1024] = "";

	cr_assert_eq(census_take(&before, 0, NULL), 0);
	for (const struct bench_mode *mode = bench_modes; mode->name; mode++) {
		stop_together(mode);
		cr_assert(census_settle(&before, why, sizeof(why)), "%s: %s", mode->name, why);
	}
	cr_assert_eq(part_instances(), 0);
}

/* Many threads. */

#define CALLERS 4
#define CALLS 200

static void *call_often(void *arg)
{
	struct bench *bench = arg;

	for (uint32_t i = 0; i < CALLS; i++) {
		struct part_value in = { i % 3 }, *out = NULL;

		if (cohort_port_call(bench->port, &part_interface, PART_NEST, &in, (void **)&out,
				     NULL, FOREVER) ||
		    out->value != in.value + 1)
			return arg;
		cohort_out_free(out);
	}
	return NULL;
}

static void called_by_many(struct bench *bench)
{
	pthread_t threads[CALLERS];
	size_t bad = 0;

	for (size_t i = 0; i < CALLERS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, call_often, bench), 0);
	for (size_t i = 0; i < CALLERS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		bad += failed != NULL;
	}
	bench_say(bench, "%zu failed", bad);
}

Test(conformance, many_threads_call_at_the_same_time)
{
	bench_run(called_by_many, STARTED "0 failed\n" STOPPED);
}
