/*
 * A journal is what happened to one handle: each callback and each handler writes an entry, in the
 * order in which they ran, and a test waits until enough entries of a kind are there.
 *
 * A gate holds handlers until a test opens it. Both wait with a deadline and then say so: a test
 * that fails must not hang. Each test is a program of its own, so these are functions in a header.
 */
#ifndef COHORT_API_JOURNAL_H
#define COHORT_API_JOURNAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "cohort.h"

/* How long a test waits for what must come: far longer than any machine needs. */
#define PATIENCE_SECONDS 30
#define PATIENCE COHORT_SECONDS(PATIENCE_SECONDS)

enum deed {
	CALLED,	  /* a handler began; number is the body's, detail whether it is a request */
	JOINED,	  /* number: 0 */
	LEFT,	  /* number: the reason */
	LOST,	  /* number: how many, detail: the reason */
	WRITABLE, /* number: 0 */
	ASKED,	  /* allow was called; number: the pid */
	LOGGED,	  /* number: the level, detail: the error */
	RELEASED, /* number: 0 */
	DONE,	  /* an asynchronous request ended; number: its id, detail: its error */
	DEEDS,
};

struct entry {
	enum deed deed;
	int detail;
	cohort_peer peer;
	uint64_t number;
	size_t length;
	size_t fds;
};

struct journal {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct entry *entries;
	size_t count;
	size_t capacity;
	size_t of[DEEDS];
};

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
};

#define GATE_INIT                                                          \
	{                                                                  \
		PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false \
	}

static inline struct timespec patience_end(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += PATIENCE_SECONDS;
	return t;
}

static inline void journal_init(struct journal *j)
{
	*j = (struct journal){ .lock = PTHREAD_MUTEX_INITIALIZER,
			       .changed = PTHREAD_COND_INITIALIZER };
}

static inline void journal_deinit(struct journal *j)
{
	free(j->entries);
	pthread_cond_destroy(&j->changed);
	pthread_mutex_destroy(&j->lock);
}

/* Forgets everything, for tests of many rounds. */
static inline void journal_clear(struct journal *j)
{
	pthread_mutex_lock(&j->lock);
	j->count = 0;
	for (size_t i = 0; i < DEEDS; i++)
		j->of[i] = 0;
	pthread_mutex_unlock(&j->lock);
}

static inline void journal_write(struct journal *j, struct entry e)
{
	pthread_mutex_lock(&j->lock);
	if (j->count == j->capacity) {
		size_t capacity = j->capacity ? 2 * j->capacity : 64;
		struct entry *entries = realloc(j->entries, capacity * sizeof(*entries));

		if (!entries)
			abort();
		j->entries = entries;
		j->capacity = capacity;
	}
	j->entries[j->count++] = e;
	j->of[e.deed]++;
	pthread_cond_broadcast(&j->changed);
	pthread_mutex_unlock(&j->lock);
}

/* Waits until at least n entries of this kind are there. */
static inline bool journal_await(struct journal *j, enum deed deed, size_t n)
{
	struct timespec end = patience_end();
	bool there;
	int err = 0;

	pthread_mutex_lock(&j->lock);
	while (j->of[deed] < n && !err)
		err = pthread_cond_clockwait(&j->changed, &j->lock, CLOCK_MONOTONIC, &end);
	there = j->of[deed] >= n;
	pthread_mutex_unlock(&j->lock);
	return there;
}

/* Waits until the numbers of all entries of this kind add up to at least `sum`; returns the sum. */
static inline uint64_t journal_await_sum(struct journal *j, enum deed deed, uint64_t sum)
{
	struct timespec end = patience_end();
	uint64_t found = 0;
	size_t seen = 0;
	int err = 0;

	pthread_mutex_lock(&j->lock);
	for (;;) {
		for (; seen < j->count; seen++)
			if (j->entries[seen].deed == deed)
				found += j->entries[seen].number;
		if (found >= sum || err)
			break;
		err = pthread_cond_clockwait(&j->changed, &j->lock, CLOCK_MONOTONIC, &end);
	}
	pthread_mutex_unlock(&j->lock);
	return found;
}

static inline size_t journal_count(struct journal *j, enum deed deed)
{
	size_t n;

	pthread_mutex_lock(&j->lock);
	n = j->of[deed];
	pthread_mutex_unlock(&j->lock);
	return n;
}

/* The numbers of the *n entries of this kind, in their order; the caller frees them. */
static inline uint64_t *journal_numbers(struct journal *j, enum deed deed, size_t *n)
{
	uint64_t *numbers;

	pthread_mutex_lock(&j->lock);
	numbers = calloc(j->of[deed] + 1, sizeof(*numbers));
	if (!numbers)
		abort();
	*n = 0;
	for (size_t i = 0; i < j->count; i++)
		if (j->entries[i].deed == deed)
			numbers[(*n)++] = j->entries[i].number;
	pthread_mutex_unlock(&j->lock);
	return numbers;
}

/* Where the entry number `index` of this kind stands among all, or -1. */
static inline long journal_find(struct journal *j, enum deed deed, size_t index)
{
	long found = -1;

	pthread_mutex_lock(&j->lock);
	for (size_t i = 0; i < j->count && found < 0; i++)
		if (j->entries[i].deed == deed && index-- == 0)
			found = (long)i;
	pthread_mutex_unlock(&j->lock);
	return found;
}

/* Entry number `index` of this kind; with deed DEEDS if there is none. */
static inline struct entry journal_entry(struct journal *j, enum deed deed, size_t index)
{
	struct entry e = { .deed = DEEDS };
	long found = journal_find(j, deed, index);

	if (found >= 0) {
		pthread_mutex_lock(&j->lock);
		e = j->entries[found];
		pthread_mutex_unlock(&j->lock);
	}
	return e;
}

static inline void gate_open(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->open = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

static inline void gate_shut(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->open = false;
	pthread_mutex_unlock(&g->lock);
}

static inline bool gate_pass(struct gate *g)
{
	struct timespec end = patience_end();
	bool open;
	int err = 0;

	pthread_mutex_lock(&g->lock);
	while (!g->open && !err)
		err = pthread_cond_clockwait(&g->changed, &g->lock, CLOCK_MONOTONIC, &end);
	open = g->open;
	pthread_mutex_unlock(&g->lock);
	return open;
}

#endif
