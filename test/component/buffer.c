/*
 * Buffers, in each mode: what may be shown, what the component can do with it, and when it is gone.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "component/common/viewer.h"
#include "support/support.h"

TestSuite(buffer, .timeout = 240);

#define READ COHORT_BUFFER_READ
#define WRITE (COHORT_BUFFER_READ | COHORT_BUFFER_WRITE)
#define PATIENCE COHORT_SECONDS(30)

struct stage {
	struct cohort_component *component;
	int fd; /* 4 pages, mapped here */
	uint64_t *memory;
	struct event running, replayed, removed;
	struct viewer_sight at_replay; /* of the buffer 1 */
	uint32_t id;		       /* for a thread */
};

#define DEATHS 8
#define IDS_MAX 4096 /* in that test */

static size_t page;

/* --- The stage --------------------------------------------------------------------------------------- */

static int memfd_of(size_t pages, int seals)
{
	int fd = memfd_create("buffer", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, (off_t)(pages * page)), 0);
	cr_assert_eq(fcntl(fd, F_ADD_SEALS, seals), 0);
	return fd;
}

static int view(struct stage *s, struct viewer_order order, struct viewer_sight *sight)
{
	struct cohort_port *port = cohort_component_port(s->component);
	void *out = NULL;
	int err = cohort_port_call(port, &viewer_interface, 0, &order, &out, NULL, PATIENCE);

	if (!err)
		*sight = *(const struct viewer_sight *)out;
	cohort_out_free(out);
	return err;
}

static struct viewer_sight sight_of(struct stage *s, enum viewer_deed deed, uint32_t id,
				    uint64_t number)
{
	struct viewer_sight sight;

	cr_assert_eq(view(s, (struct viewer_order){ deed, id, number }, &sight), 0);
	return sight;
}

static uint32_t add(struct stage *s, uint64_t offset, size_t length, uint32_t access)
{
	uint32_t id = 0;

	cr_assert_eq(cohort_buffer_add(s->component, s->fd, offset, length, access, &id), 0);
	cr_assert_neq(id, 0);
	return id;
}

/* The owner's function: it shows a buffer to a component that waits for it. */
static int give(void *self, struct cohort_job *job, const struct viewer_order *in,
		struct viewer_sight *out)
{
	struct stage *s = self;
	uint32_t id = 0;
	int err = cohort_buffer_add(s->component, s->fd, page, page, READ, &id);

	(void)job;
	(void)in;
	out->number = id;
	return err;
}

static int on_replay(struct cohort_component *component, uint32_t generation, void *user)
{
	struct stage *s = user;
	int err;

	(void)component;
	(void)generation;
	err = view(s, (struct viewer_order){ VIEWER_LOOK, 1, 0 }, &s->at_replay);
	event_signal(&s->replayed);
	return err;
}

static void on_changed(struct cohort_component *component, enum cohort_component_state state,
		       void *user)
{
	struct stage *s = user;

	(void)component;
	if (state == COHORT_COMPONENT_RUNNING)
		event_signal(&s->running);
}

static void configure(struct stage *s, struct cohort_component_config *config, char path[4096])
{
	static const struct cohort_interface *const uses[] = { &viewer_interface };
	static const struct viewer_functions functions = { give };
	static const struct cohort_service service = { &viewer_owner_interface, &functions };
	const char *folder = getenv("COHORT_TEST_PROGRAMS");

	if (strcmp(config->mode, "process") == 0) {
		snprintf(path, 4096, "%s/viewer",
			 folder ? folder : "build/debug-gcc/test/programs");
		config->executable = path;
	} else {
		config->component = &viewer_class;
	}
	config->uses = uses;
	config->nuses = 1;
	config->services = &service;
	config->nservices = 1;
	config->self = s;
	config->start_timeout = config->call_timeout = PATIENCE;
	config->restart = COHORT_RESTART_ALWAYS;
	config->restart_delay = COHORT_MS(1);
	config->wait_for_restart = true;
	config->replay = on_replay;
	config->changed = on_changed;
	config->user = s;
}

static void start(struct stage *s, const char *mode)
{
	struct cohort_component_config config = COHORT_COMPONENT_CONFIG_INIT;
	char path[4096];

	page = (size_t)sysconf(_SC_PAGESIZE);
	*s = (struct stage){ .fd = memfd_of(4, F_SEAL_SHRINK) };
	s->memory = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	cr_assert_neq(s->memory, MAP_FAILED);
	event_init(&s->running);
	event_init(&s->replayed);
	event_init(&s->removed);
	config.mode = mode;
	configure(s, &config, path);
	cr_assert_eq(cohort_component_start(&s->component, &config), 0, "%s", mode);
}

static void stop(struct stage *s)
{
	cr_assert_eq(cohort_component_stop(s->component), 0);
	event_deinit(&s->running);
	event_deinit(&s->replayed);
	event_deinit(&s->removed);
	munmap(s->memory, 4 * page);
	close(s->fd);
}

static void run(void (*scenario)(struct stage *s), const char *mode)
{
	struct census before;
	char why[CENSUS_NAMES_MAX];
	struct stage s;

	cr_assert_eq(census_take(&before, 0, NULL), 0);
	start(&s, mode);
	scenario(&s);
	stop(&s);
	cr_assert(census_settle(&before, why, sizeof(why)), "%s: %s", mode, why);
}

/* What the library keeps for the whole process is there after the first time. */
static void nothing(struct stage *s)
{
	(void)s;
}

static void in_each_mode(void (*scenario)(struct stage *s))
{
	static const char *const modes[] = { "direct", "thread", "loopback", "process" };
	struct stage s;

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		start(&s, modes[i]);
		nothing(&s);
		stop(&s);
		run(scenario, modes[i]);
	}
}

/* --- In each mode ------------------------------------------------------------------------------------- */

static void both_sides_see_it(struct stage *s)
{
	uint32_t id = add(s, page, page + 8, WRITE);
	struct viewer_sight sight;

	s->memory[page / 8] = 4711;
	sight = sight_of(s, VIEWER_LOOK, id, 0);
	cr_assert_eq(sight.error, 0);
	cr_assert_eq(sight.access, WRITE);
	cr_assert_eq(sight.length, page + 8);
	cr_assert_eq(sight.number, 4711);
	cr_assert_eq(sight_of(s, VIEWER_STORE, id, 815).error, 0);
	cr_assert_eq(s->memory[page / 8], 815);
}

Test(buffer, is_seen_by_both_sides)
{
	in_each_mode(both_sides_see_it);
}

static void stays_read_only(struct stage *s)
{
	uint32_t reading = add(s, 0, page, READ), writing = add(s, 0, page, WRITE);

	s->memory[0] = 7;
	cr_assert_eq(sight_of(s, VIEWER_LOOK, reading, 0).number, 7);
	cr_assert_eq(sight_of(s, VIEWER_LOOK, reading, 0).access, READ);
	cr_assert_eq(sight_of(s, VIEWER_PROTECT, reading, 0).error, -EACCES);
	cr_assert_eq(sight_of(s, VIEWER_PROTECT, writing, 0).error, 0);
}

Test(buffer, for_reading_cannot_be_made_writable)
{
	in_each_mode(stays_read_only);
}

static int try(struct stage *s, int fd, uint64_t offset, size_t length, uint32_t access)
{
	uint32_t id = 4711;
	int err = cohort_buffer_add(s->component, fd, offset, length, access, &id);

	cr_assert_eq(id, 4711);
	return err;
}

static void is_refused(struct stage *s)
{
	int loose = memfd_of(1, F_SEAL_GROW),
	    unwritable = memfd_of(1, F_SEAL_SHRINK | F_SEAL_WRITE);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	cr_assert_eq(try(s, loose, 0, page, READ), -EPERM);
	cr_assert_eq(try(s, null, 0, page, READ), -EPERM);
	cr_assert_eq(try(s, unwritable, 0, page, WRITE), -EPERM);
	cr_assert_eq(try(s, -1, 0, page, READ), -EBADF);
	cr_assert_eq(try(s, s->fd, 0, 4 * page + 1, READ), -EINVAL);
	cr_assert_eq(try(s, s->fd, 8, page, READ), -EINVAL);
	cr_assert_eq(try(s, s->fd, 4 * page, 1, READ), -EINVAL);
	cr_assert_eq(try(s, s->fd, 0, 0, READ), -EINVAL);
	cr_assert_eq(try(s, s->fd, 0, page, 0), -EINVAL);
	cr_assert_eq(try(s, s->fd, 0, page, 4), -EINVAL);
	cr_assert_eq(cohort_buffer_add(NULL, s->fd, 0, page, READ, &s->id), -EINVAL);
	cr_assert_eq(cohort_buffer_add(s->component, s->fd, 0, page, READ, NULL), -EINVAL);
	cr_assert_eq(add(s, 0, page, READ), 1, "none of them was anything");
	close(loose);
	close(unwritable);
	close(null);
}

Test(buffer, that_is_not_safe_is_refused)
{
	in_each_mode(is_refused);
}

static void is_gone(struct stage *s)
{
	uint32_t first = add(s, 0, page, READ), second = add(s, 0, page, READ);

	cr_assert_eq(cohort_buffer_remove(s->component, first), 0);
	cr_assert_eq(sight_of(s, VIEWER_LOOK, first, 0).error, -ENOENT);
	cr_assert_eq(sight_of(s, VIEWER_LOOK, second, 0).error, 0);
	cr_assert_eq(cohort_buffer_remove(s->component, first), -ENOENT);
	cr_assert_eq(cohort_buffer_remove(s->component, 0), -ENOENT);
	cr_assert_eq(cohort_buffer_remove(NULL, second), -EINVAL);
	cr_assert_eq(cohort_buffer_remove(s->component, second), 0);
	cr_assert_eq(add(s, 0, page, READ), 3);
}

Test(buffer, that_was_removed_is_gone_and_its_id_never_comes_back)
{
	in_each_mode(is_gone);
}

static void *remove_it(void *arg)
{
	struct stage *s = arg;
	int err = cohort_buffer_remove(s->component, s->id);

	event_signal(&s->removed);
	return (void *)(intptr_t)err;
}

static void *hold_it(void *arg)
{
	struct stage *s = arg;

	struct viewer_sight sight = { 0 };

	view(s, (struct viewer_order){ VIEWER_HOLD, s->id, 1 }, &sight);
	return (void *)(uintptr_t)sight.number;
}

static bool await_word(struct stage *s, uint64_t value)
{
	int64_t deadline = now_ns() + PATIENCE;
	_Atomic uint64_t *word = (_Atomic uint64_t *)s->memory;

	while (atomic_load(word) != value && now_ns() < deadline)
		sched_yield();
	return atomic_load(word) == value;
}

/* The short wait can only end too late: then it is the function that runs that is too early. */
static void removal_waits(struct stage *s)
{
	uint32_t words = add(s, 0, page, WRITE);
	pthread_t holder, remover;
	void *seen, *err;

	cr_assert_eq(words, 1);
	s->memory[page / 8] = 99;
	s->id = add(s, page, page, READ);
	cr_assert_eq(pthread_create(&holder, NULL, hold_it, s), 0);
	cr_assert(await_word(s, 1));
	cr_assert_eq(pthread_create(&remover, NULL, remove_it, s), 0);
	cr_assert_not(event_wait_for(&s->removed, 1, 50), "it did not wait");
	atomic_store((_Atomic uint64_t *)s->memory, 2);
	cr_assert(event_wait_for(&s->removed, 1, PATIENCE_MS));
	cr_assert_eq(atomic_load((_Atomic uint64_t *)s->memory), 3);
	cr_assert_eq(pthread_join(remover, &err), 0);
	cr_assert_eq(pthread_join(holder, &seen), 0);
	cr_assert_eq((intptr_t)err, 0);
	cr_assert_eq((uintptr_t)seen, 99);
}

Test(buffer, removal_waits_for_the_function_that_runs)
{
	in_each_mode(removal_waits);
}

static void can_be_asked_for(struct stage *s)
{
	s->memory[page / 8] = 31;
	cr_assert_eq(sight_of(s, VIEWER_ASK, 0, 0).number, 31);
	cr_assert_eq(cohort_buffer_remove(s->component, 1), 0);
}

Test(buffer, can_be_shown_to_a_function_that_asks_for_it)
{
	in_each_mode(can_be_asked_for);
}

static void are_limited(struct stage *s)
{
	for (uint32_t i = 1; i <= COHORT_BUFFERS_MAX; i++)
		cr_assert_eq(add(s, 0, page, READ), i);
	cr_assert_eq(try(s, s->fd, 0, page, READ), -EMFILE);
	cr_assert_eq(cohort_buffer_remove(s->component, 17), 0);
	cr_assert_eq(add(s, 0, page, READ), COHORT_BUFFERS_MAX + 1);
}

/* A worker that may be started again costs the caller a descriptor for each. */
static void allow_descriptors(rlim_t count)
{
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < count)
		cr_skip_test("no more than %ju descriptors are allowed here",
			     (uintmax_t)limit.rlim_max);
	limit.rlim_cur = count;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

Test(buffer, there_are_at_most_4096_of_a_component)
{
	allow_descriptors(COHORT_BUFFERS_MAX + 128);
	in_each_mode(are_limited);
}

/* --- Workers ------------------------------------------------------------------------------------------ */

static void kill_worker(struct stage *s)
{
	struct cohort_component_info info = { .size = sizeof(info) };

	if (!cohort_component_info(s->component, &info) && info.pid > 0)
		kill(info.pid, SIGKILL);
}

static void is_shown_again(struct stage *s)
{
	uint32_t first = add(s, page, page, READ), removed = add(s, 0, page, READ);
	uint32_t writing = add(s, 0, page, WRITE);

	s->memory[page / 8] = 12345;
	cr_assert_eq(cohort_buffer_remove(s->component, removed), 0);
	kill_worker(s);
	cr_assert(event_wait_for(&s->replayed, 1, PATIENCE_MS));
	cr_assert_eq(s->at_replay.error, 0, "it was there before replay()");
	cr_assert_eq(s->at_replay.number, 12345);
	cr_assert_eq(sight_of(s, VIEWER_PROTECT, first, 0).error, -EACCES);
	cr_assert_eq(sight_of(s, VIEWER_LOOK, removed, 0).error, -ENOENT);
	cr_assert_eq(sight_of(s, VIEWER_STORE, writing, 1).error, 0);
	cr_assert_eq(s->memory[0], 1);
	cr_assert_eq(add(s, 0, page, READ), 4);
}

Test(buffer, is_shown_to_the_next_worker_before_replay)
{
	run(is_shown_again, "process");
}

static void kills_who_writes(struct stage *s)
{
	uint32_t id = add(s, 0, page, READ);
	struct cohort_component_info info = { .size = sizeof(info) };
	struct viewer_sight sight;

	s->memory[0] = 5;
	cr_assert_eq(view(s, (struct viewer_order){ VIEWER_STORE, id, 6 }, &sight), -EPIPE);
	cr_assert_eq(sight_of(s, VIEWER_LOOK, id, 0).number, 5);
	cr_assert_eq(cohort_component_info(s->component, &info), 0);
	cr_assert_eq(info.generation, 2);
}

Test(buffer, for_reading_ends_the_worker_that_writes)
{
	run(kills_who_writes, "process");
}

static int given_up_with;

static void *add_in_vain(void *arg)
{
	struct stage *s = arg;

	given_up_with = cohort_buffer_add(s->component, s->fd, 0, page, READ, &s->id);
	event_signal(&s->removed);
	return NULL;
}

/* Lasts longer than whoever waits at the gate can. */
static int replay_slowly(struct cohort_component *component, uint32_t generation, void *user)
{
	struct stage *s = user;

	(void)component;
	(void)generation;
	return event_wait_for(&s->removed, 1, PATIENCE_MS) ? 0 : -ETIME;
}

static void begin_to_add(struct cohort_component *component, enum cohort_component_state state,
			 void *user)
{
	static pthread_t adder;
	struct stage *s = user;

	if (state == COHORT_COMPONENT_RESTARTING &&
	    pthread_create(&adder, NULL, add_in_vain, s) != 0)
		given_up_with = -EAGAIN;
	if (state == COHORT_COMPONENT_RUNNING && event_count(&s->running) == 1)
		pthread_join(adder, NULL);
	on_changed(component, state, user);
}

/* The worker got it when it was started, as it was wanted then. */
static void is_given_up(struct stage *s)
{
	struct cohort_component_config config = COHORT_COMPONENT_CONFIG_INIT;
	char path[4096];

	cr_assert_eq(cohort_component_stop(s->component), 0);
	event_deinit(&s->running);
	event_init(&s->running);
	config.mode = "process";
	configure(s, &config, path);
	config.call_timeout = COHORT_MS(100);
	config.replay = replay_slowly;
	config.changed = begin_to_add;
	cr_assert_eq(cohort_component_start(&s->component, &config), 0);
	kill_worker(s);
	cr_assert(event_wait_for(&s->running, 2, PATIENCE_MS));
	cr_assert_eq(given_up_with, -ETIMEDOUT);
	cr_assert_eq(sight_of(s, VIEWER_LOOK, 1, 0).error, -ENOENT);
}

Test(buffer, whose_addition_was_given_up_during_a_replay_is_gone)
{
	run(is_given_up, "process");
}

static void *disturb(void *arg)
{
	struct stage *s = arg;

	for (unsigned long i = 1; i <= DEATHS; i++) {
		if (!event_wait_for(&s->running, i, PATIENCE_MS))
			return s;
		kill_worker(s);
	}
	return event_wait_for(&s->running, DEATHS + 1, PATIENCE_MS) ? NULL : s;
}

/* Whatever became of the calls: what they said is what the worker has in the end. */
static void tables_agree(struct stage *s, const bool *there, uint32_t last)
{
	for (uint32_t id = 1; id <= last; id++)
		cr_assert_eq(sight_of(s, VIEWER_LOOK, id, 0).error, there[id] ? 0 : -ENOENT, "%u",
			     id);
}

/* False: there is no room for more ids. */
static bool add_one(struct stage *s, bool *there, uint32_t *last)
{
	uint32_t id;

	if (cohort_buffer_add(s->component, s->fd, 0, page, READ, &id))
		return true;
	cr_assert_gt(id, *last);
	if (id >= IDS_MAX)
		return false;
	there[id] = true;
	*last = id;
	return true;
}

/* A worker that dies meanwhile may have it, or not: so it is tried again, and then may be gone. */
static void remove_one(struct stage *s, bool *there, uint32_t id)
{
	int err = cohort_buffer_remove(s->component, id);
	bool may_be_gone = !there[id];

	while (err == -EPIPE || err == -ENOTCONN) {
		may_be_gone = true;
		err = cohort_buffer_remove(s->component, id);
	}
	cr_assert(!err || (err == -ENOENT && may_be_gone), "%u: %d", id, err);
	there[id] = false;
}

static void survives(struct stage *s)
{
	static bool there[IDS_MAX];
	uint32_t last = 0;
	pthread_t other;
	void *failed;

	memset(there, 0, sizeof(there));
	cr_assert_eq(pthread_create(&other, NULL, disturb, s), 0);
	while (event_count(&s->running) <= DEATHS && add_one(s, there, &last)) {
		if (last > 12 && last % 4)
			remove_one(s, there, last - 12);
	}
	cr_assert_eq(pthread_join(other, &failed), 0);
	cr_assert_eq(failed, NULL);
	tables_agree(s, there, last);
}

Test(buffer, tables_agree_after_workers_died_at_any_moment)
{
	allow_descriptors(COHORT_BUFFERS_MAX);
	run(survives, "process");
}
