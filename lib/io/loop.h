/*
 * loop: an epoll set with 64-bit tags and absolute deadlines. It knows no callbacks: whoever
 * waits decides what a tag means.
 */
#ifndef COHORT_IO_LOOP_H
#define COHORT_IO_LOOP_H

#include <stdint.h>
#include <sys/epoll.h>

struct loop {
	int fd;
};

#define LOOP_NONE ((struct loop){ .fd = -1 })

struct loop_event {
	uint32_t events;
	uint64_t tag;
};

int loop_init(struct loop *loop);
void loop_deinit(struct loop *loop);

int loop_add(struct loop *loop, int fd, uint32_t events, uint64_t tag);
int loop_change(struct loop *loop, int fd, uint32_t events, uint64_t tag);
int loop_remove(struct loop *loop, int fd);

/*
 * Waits until something is ready or CLOCK_MONOTONIC reaches `deadline` (ns; DEADLINE_NEVER; one
 * in the past looks without waiting). Returns how many events are in `out`; 0 at the deadline and
 * also when a signal came; or a negative errno. `max` is at least 1 and what exceeds
 * LOOP_WAIT_MAX is left for the next call. Any number of threads may wait at once.
 */
#define LOOP_WAIT_MAX 64
int loop_wait(struct loop *loop, struct loop_event *out, int max, int64_t deadline);

#endif
