#include <time.h>

#include "support/support.h"

void event_init(struct event *event)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&event->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&event->lock, NULL);
	event->count = 0;
}

void event_deinit(struct event *event)
{
	pthread_mutex_destroy(&event->lock);
	pthread_cond_destroy(&event->changed);
}

void event_signal(struct event *event)
{
	pthread_mutex_lock(&event->lock);
	event->count++;
	pthread_cond_broadcast(&event->changed);
	pthread_mutex_unlock(&event->lock);
}

unsigned long event_count(struct event *event)
{
	unsigned long count;

	pthread_mutex_lock(&event->lock);
	count = event->count;
	pthread_mutex_unlock(&event->lock);
	return count;
}

bool event_wait_for(struct event *event, unsigned long n, int timeout_ms)
{
	int64_t end = now_ns() + (int64_t)timeout_ms * 1000000;
	struct timespec deadline = { .tv_sec = end / 1000000000, .tv_nsec = end % 1000000000 };
	int error = 0;
	bool reached;

	pthread_mutex_lock(&event->lock);
	while (event->count < n && !error)
		error = pthread_cond_timedwait(&event->changed, &event->lock, &deadline);
	reached = event->count >= n;
	pthread_mutex_unlock(&event->lock);
	return reached;
}
