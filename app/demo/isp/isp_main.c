/*
 * The caller: lets the component make pictures of frames, in the mode that it is told, and prints
 * how fast that was and a checksum of everything that came out.
 *
 *	demo-isp MODE FOLDER [PICTURE]	FOLDER has isp.so and cohort-worker; the last image goes to PICTURE
 *
 * In mode process the worker is killed in the middle. The next one is brought to the same state by
 * replay(), which also sends again what the one before had not finished.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"
#include "isp.mojom.h"
#include "ppm.h"

#define WIDTH 640u
#define HEIGHT 480u
#define RAW_LENGTH ((size_t)WIDTH * HEIGHT * 2)
#define IMAGE_LENGTH ((size_t)WIDTH * HEIGHT * 3)
#define SLOTS 4u /* frames that the component knows */
#define AHEAD 2u /* sent, and not done */
#define COUNT 100u
#define PATIENCE 10 /* seconds for a frame */

/* A frame in memory. What it shows never changes: to process it twice does no harm. */
struct slot {
	uint16_t *raw;
	uint8_t *image;
	struct demo_frame ids;
};

struct app {
	struct cohort_component *component;
	struct slot slots[SLOTS];
	pthread_mutex_t lock; /* what is below */
	pthread_cond_t changed;
	uint32_t sent, done; /* numbers below are: images come in the order of the frames */
	int64_t sent_at[COUNT];
	int64_t latency[COUNT]; /* -1: the worker was killed meanwhile */
	uint64_t checksum;
	struct demo_gains gains;
	int64_t killed_at, back_at; /* 0: was not */
	uint32_t left;		    /* when it was killed: numbers below had been sent */
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int failed(const char *what, int err)
{
	if (err)
		fprintf(stderr, "demo-isp: %s: %s\n", what, cohort_strerror(err));
	return err;
}

/* --- Memory --------------------------------------------------------------------------------------- */

/* A file in memory that cannot shrink, mapped here. */
static int memory_make(size_t length, void **data)
{
	int fd = memfd_create("frame", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	*data = MAP_FAILED;
	if (!ftruncate(fd, (off_t)length) && !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK))
		*data = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*data != MAP_FAILED)
		return fd;
	close(fd);
	return -ENOMEM;
}

/* The same, and shown to the component. */
static int memory_show(struct app *app, size_t length, uint32_t access, void **data, uint32_t *id)
{
	int fd = memory_make(length, data), err;

	if (fd < 0)
		return fd;
	err = cohort_buffer_add(app->component, fd, 0, length, access, id);
	close(fd);
	return err;
}

static int slot_make(struct app *app, uint32_t number)
{
	struct slot *slot = &app->slots[number];
	void *raw, *image;
	int err = memory_show(app, RAW_LENGTH, COHORT_BUFFER_READ, &raw, &slot->ids.raw);

	if (!err)
		err = memory_show(app, IMAGE_LENGTH, COHORT_BUFFER_READ | COHORT_BUFFER_WRITE,
				  &image, &slot->ids.image);
	if (err)
		return failed("a buffer", err);
	slot->ids.id = number;
	slot->raw = raw;
	slot->image = image;
	frame_fill(slot->raw, WIDTH, HEIGHT, number);
	return 0;
}

/* --- What the component tells ------------------------------------------------------------------------ */

static uint64_t checksum_add(uint64_t checksum, const void *data, size_t length)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < length; i++)
		checksum = (checksum ^ bytes[i]) * UINT64_C(0x100000001b3);
	return checksum;
}

static void note_done_locked(struct app *app, uint32_t number)
{
	int64_t now = now_ns();
	bool dead_meanwhile = app->killed_at && app->sent_at[number] <= app->killed_at;

	app->latency[number] = dead_meanwhile ? -1 : now - app->sent_at[number];
	if (app->killed_at && !app->back_at && number + 1 >= app->left)
		app->back_at = now;
	app->done = number + 1;
	pthread_cond_broadcast(&app->changed);
}

/* What was sent again may come twice. */
static int on_frame_done(struct cohort_job *job, void *self,
			 const struct demo_isp_events_frame_done_in *in)
{
	struct app *app = self;
	uint64_t checksum = app->checksum; /* events come one at a time */

	(void)job;
	if (in->number != app->done)
		return 0;
	checksum = checksum_add(checksum, app->slots[in->number % SLOTS].image, IMAGE_LENGTH);
	checksum = checksum_add(checksum, &in->statistics, sizeof(in->statistics));
	pthread_mutex_lock(&app->lock);
	app->checksum = checksum;
	app->gains = in->statistics.gains;
	note_done_locked(app, in->number);
	pthread_mutex_unlock(&app->lock);
	return 0;
}

/* --- What the component is told ---------------------------------------------------------------------- */

static int tell_configuration(struct cohort_port *port)
{
	struct demo_isp_init_in init = { .sensor = "synthetic" };
	struct demo_isp_configure_in configure = { .format = { WIDTH, HEIGHT } };
	struct demo_isp_configure_out *out = NULL;
	int err = demo_isp_init(port, &init, NULL, COHORT_METHOD_TIMEOUT);

	if (!err)
		err = demo_isp_configure(port, &configure, &out, NULL, COHORT_METHOD_TIMEOUT);
	if (!err && (out->raw_length != RAW_LENGTH || out->image_length != IMAGE_LENGTH))
		err = -EPROTO;
	cohort_out_free(out);
	return err;
}

static int tell_frames(struct app *app, struct cohort_port *port)
{
	struct demo_frame frames[SLOTS];
	struct demo_isp_map_buffers_in map = { .frames = { frames, SLOTS } };

	for (size_t i = 0; i < SLOTS; i++)
		frames[i] = app->slots[i].ids;
	return demo_isp_map_buffers(port, &map, NULL, COHORT_METHOD_TIMEOUT);
}

static int prepare(struct app *app)
{
	struct cohort_port *port = cohort_component_port(app->component);
	int err = tell_configuration(port);

	if (!err)
		err = tell_frames(app, port);
	if (!err)
		err = demo_isp_start(port, NULL, COHORT_METHOD_TIMEOUT);
	return failed("preparing the component", err);
}

static int process(struct app *app, uint32_t number)
{
	struct demo_isp_process_in in = { .number = number, .frame = number % SLOTS };

	return failed("a frame", demo_isp_process(cohort_component_port(app->component), &in,
						  COHORT_METHOD_TIMEOUT));
}

static int on_replay(struct cohort_component *component, uint32_t generation, void *user)
{
	struct app *app = user;
	uint32_t number, end;
	int err;

	(void)component;
	(void)generation;
	err = prepare(app);
	pthread_mutex_lock(&app->lock);
	number = app->done;
	end = app->sent;
	pthread_mutex_unlock(&app->lock);
	for (; number < end && !err; number++)
		err = process(app, number);
	return err;
}

/* --- All frames -------------------------------------------------------------------------------------- */

/* Waits until all below `number` are done. */
static int await(struct app *app, uint32_t number)
{
	struct timespec deadline;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += PATIENCE;
	pthread_mutex_lock(&app->lock);
	while (app->done < number && !err)
		err = pthread_cond_clockwait(&app->changed, &app->lock, CLOCK_MONOTONIC, &deadline);
	pthread_mutex_unlock(&app->lock);
	return failed("waiting for a frame", -err);
}

static int send_one(struct app *app, uint32_t number)
{
	int err = await(app, number < AHEAD ? 0 : number - AHEAD + 1);

	if (err)
		return err;
	pthread_mutex_lock(&app->lock);
	app->sent = number + 1;
	app->sent_at[number] = now_ns();
	pthread_mutex_unlock(&app->lock);
	return process(app, number);
}

static int kill_worker(struct app *app)
{
	struct cohort_component_info info = { .size = sizeof(info) };
	int err = cohort_component_info(app->component, &info);

	if (err || !info.pid)
		return err;
	pthread_mutex_lock(&app->lock);
	app->killed_at = now_ns();
	app->left = app->sent;
	pthread_mutex_unlock(&app->lock);
	return kill(info.pid, SIGKILL) ? -errno : 0;
}

static int run(struct app *app)
{
	int err = 0;

	for (uint32_t i = 0; i < COUNT && !err; i++) {
		err = send_one(app, i);
		if (!err && i == COUNT / 2)
			err = failed("killing the worker", kill_worker(app));
	}
	return err ? err : await(app, COUNT);
}

static int finish(struct app *app)
{
	struct cohort_port *port = cohort_component_port(app->component);
	uint32_t numbers[SLOTS];
	struct demo_isp_unmap_buffers_in unmap = { .ids = { numbers, SLOTS } };
	int err = demo_isp_stop(port, NULL, COHORT_METHOD_TIMEOUT);

	for (uint32_t i = 0; i < SLOTS; i++)
		numbers[i] = app->slots[i].ids.id;
	if (!err)
		err = demo_isp_unmap_buffers(port, &unmap, NULL, COHORT_METHOD_TIMEOUT);
	for (size_t i = 0; i < SLOTS && !err; i++) {
		err = cohort_buffer_remove(app->component, app->slots[i].ids.raw);
		if (!err)
			err = cohort_buffer_remove(app->component, app->slots[i].ids.image);
	}
	return failed("finishing", err);
}

/* --- What is printed --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_speed(struct app *app, const char *mode, int64_t elapsed)
{
	uint32_t killed = 0;
	int64_t *measured;

	qsort(app->latency, COUNT, sizeof(*app->latency), compare);
	while (killed < COUNT && app->latency[killed] < 0)
		killed++;
	measured = app->latency + killed;
	printf("%-9s %7.1f frames/s   latency p50 %6.2f ms, p99 %6.2f ms   checksum %016" PRIx64
	       "\n",
	       mode, (double)COUNT * 1e9 / (double)elapsed,
	       (double)measured[(COUNT - killed) / 2] / 1e6,
	       (double)measured[(COUNT - killed) * 99 / 100] / 1e6, app->checksum);
}

static void print_sandbox(const struct cohort_component_info *info)
{
	static const char *const outcomes[] = { "not asked", "applied", "not available", "FAILED" };

	for (uint32_t i = 0; i < COHORT_SANDBOX_COUNT; i++)
		printf("          %-22s %s\n", cohort_sandbox_name(UINT32_C(1) << i),
		       outcomes[info->sandbox[i]]);
}

static int print_worker(struct app *app)
{
	struct cohort_component_info info = { .size = sizeof(info) };
	int err = cohort_component_info(app->component, &info);

	if (err || !info.pid)
		return err;
	printf("          worker killed, the next one had done what was left %.0f ms later: generation %u\n",
	       (double)(app->back_at - app->killed_at) / 1e6, info.generation);
	print_sandbox(&info);
	return info.generation == 2 ? 0 : failed("the restart", -EPROTO);
}

static int work(struct app *app, const char *mode, const char *picture)
{
	int64_t began;
	int err = 0;

	for (uint32_t i = 0; i < SLOTS && !err; i++)
		err = slot_make(app, i);
	if (!err)
		err = prepare(app);
	began = now_ns();
	if (!err)
		err = run(app);
	if (err)
		return err;
	print_speed(app, mode, now_ns() - began - (app->back_at - app->killed_at));
	err = print_worker(app);
	if (!err && picture)
		err = failed(picture, ppm_write(picture, app->slots[0].image, WIDTH, HEIGHT));
	return err ? err : finish(app);
}

static void on_log(struct cohort_component *component, const char *text, void *user)
{
	(void)component;
	(void)user;
	fprintf(stderr, "demo-isp: %s\n", text);
}

static int start(struct app *app, const char *mode, const char *folder)
{
	static const struct demo_isp_events_functions events = { .frame_done = on_frame_done };
	static const struct cohort_service service = { &demo_isp_events_interface, &events };
	static const struct cohort_interface *const uses[] = { &demo_isp_interface };
	struct cohort_component_config config = COHORT_COMPONENT_CONFIG_INIT;
	char path[4096], worker[4096];

	snprintf(path, sizeof(path), "%s/isp.so", folder);
	snprintf(worker, sizeof(worker), "%s/cohort-worker", folder);
	config.mode = mode;
	if (strcmp(mode, "process") == 0) {
		config.path = path;
		config.worker = worker;
	} else {
		config.component = &COHORT_COMPONENT;
	}
	config.uses = uses;
	config.nuses = 1;
	config.services = &service;
	config.nservices = 1;
	config.self = app;
	config.sandbox.options = COHORT_SANDBOX_FULL;
	config.sandbox.policy = COHORT_SANDBOX_WEAKEN;
	config.log_fd = STDERR_FILENO;
	config.restart = COHORT_RESTART_ON_FAILURE;
	config.restart_limit = 1;
	config.wait_for_restart = true;
	config.replay = on_replay;
	config.log = on_log;
	config.user = app;
	return failed("starting the component", cohort_component_start(&app->component, &config));
}

int main(int argc, char **argv)
{
	static struct app app = { .lock = PTHREAD_MUTEX_INITIALIZER,
				  .changed = PTHREAD_COND_INITIALIZER,
				  .checksum = UINT64_C(0xcbf29ce484222325) };
	int err, stopped;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: demo-isp MODE FOLDER [PICTURE]\n");
		return 2;
	}
	err = start(&app, argv[1], argv[2]);
	if (err)
		return 1;
	err = work(&app, argv[1], argv[3]);
	stopped = failed("stopping the component", cohort_component_stop(app.component));
	return err || stopped;
}
