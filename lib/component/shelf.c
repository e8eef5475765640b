/*
 * shelf.c: places in a hash table by their number, one lock, held for a few lines. A place has one
 * of three things: parameters, nothing (picked, or one-way and done), results. A place that was
 * cleared is not there any more, and its number is never used again, so whoever comes late finds
 * nothing.
 *
 * A one-way parcel has no caller that would clear it: picking it is the end of its place
 * (shelf_take()). If its message is lost on the way it lies there until the shelf goes.
 */
#include "component/shelf.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "component/parcel.h"

#define BUCKETS 64 /* numbers count up, so that they fill these evenly */

struct place {
	struct place *next;
	uint64_t number;
	struct parcel *in, *results;
};

struct shelf {
	atomic_uint refs; /* partner: shelf_unref() */
	pthread_mutex_t lock;
	uint64_t last;
	struct place *buckets[BUCKETS];
};

int shelf_new(struct shelf **out)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));

	if (!shelf)
		return -ENOMEM;
	pthread_mutex_init(&shelf->lock, NULL);
	atomic_init(&shelf->refs, 1);
	*out = shelf;
	return 0;
}

static void place_free(struct place *place)
{
	parcel_free(place->in);
	parcel_free(place->results);
	free(place);
}

struct shelf *shelf_ref(struct shelf *shelf)
{
	atomic_fetch_add_explicit(&shelf->refs, 1, memory_order_relaxed);
	return shelf;
}

void shelf_unref(struct shelf *shelf)
{
	/* acq_rel: what other holders put there happened before it is freed */
	if (!shelf || atomic_fetch_sub_explicit(&shelf->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (shelf->buckets[i]) {
			struct place *place = shelf->buckets[i];

			shelf->buckets[i] = place->next;
			place_free(place);
		}
	}
	pthread_mutex_destroy(&shelf->lock);
	free(shelf);
}

static struct place **find_locked(struct shelf *shelf, uint64_t number)
{
	struct place **at = &shelf->buckets[number % BUCKETS];

	while (*at && (*at)->number != number)
		at = &(*at)->next;
	return at;
}

int shelf_put(struct shelf *shelf, struct parcel *parcel, uint64_t *number)
{
	struct place *place = calloc(1, sizeof(*place));
	struct place **bucket;

	if (!place)
		return -ENOMEM;
	pthread_mutex_lock(&shelf->lock);
	place->number = ++shelf->last;
	place->in = parcel;
	*number = place->number;
	bucket = &shelf->buckets[place->number % BUCKETS];
	place->next = *bucket;
	*bucket = place;
	pthread_mutex_unlock(&shelf->lock);
	return 0;
}

struct parcel *shelf_pick(struct shelf *shelf, uint64_t number)
{
	struct parcel *parcel = NULL;
	struct place *place;

	pthread_mutex_lock(&shelf->lock);
	place = *find_locked(shelf, number);
	if (place) {
		parcel = place->in;
		place->in = NULL;
	}
	pthread_mutex_unlock(&shelf->lock);
	return parcel;
}

int shelf_answer(struct shelf *shelf, uint64_t number, struct parcel *results)
{
	struct place *place;
	bool taken = false;

	pthread_mutex_lock(&shelf->lock);
	place = *find_locked(shelf, number);
	if (place && !place->results) {
		place->results = results;
		taken = true;
	}
	pthread_mutex_unlock(&shelf->lock);
	if (!taken)
		parcel_free(results);
	return taken ? 0 : -ETIMEDOUT;
}

static struct place *remove_place(struct shelf *shelf, uint64_t number)
{
	struct place **at, *place;

	pthread_mutex_lock(&shelf->lock);
	at = find_locked(shelf, number);
	place = *at;
	if (place)
		*at = place->next;
	pthread_mutex_unlock(&shelf->lock);
	return place;
}

struct parcel *shelf_clear(struct shelf *shelf, uint64_t number)
{
	struct place *place = remove_place(shelf, number);
	struct parcel *results = place ? place->results : NULL;

	if (!place)
		return NULL;
	place->results = NULL;
	place_free(place);
	return results;
}

struct parcel *shelf_take(struct shelf *shelf, uint64_t number)
{
	struct place *place = remove_place(shelf, number);
	struct parcel *in = place ? place->in : NULL;

	if (!place)
		return NULL;
	place->in = NULL;
	place_free(place);
	return in;
}
