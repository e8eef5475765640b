/*
 * A shelf: where the parcels of mode thread lie while their numbers travel over the channel.
 *
 * The caller puts the parameters down, and sends the number. The handler picks them up, and later
 * puts the results in their place. When the caller knows its outcome it clears the place. So
 * whatever happens, a timeout, a death, a request that nobody served: what lies there has one
 * owner, and goes when the last of the two has let go.
 */
#ifndef COMPONENT_SHELF_H
#define COMPONENT_SHELF_H

#include <stdint.h>

struct parcel;
struct shelf;

int shelf_new(struct shelf **out);
struct shelf *shelf_ref(struct shelf *shelf);
/* The last one frees what still lies there. NULL is allowed. */
void shelf_unref(struct shelf *shelf);

/* Takes the parcel on success, and returns its number, never used before. -ENOMEM */
int shelf_put(struct shelf *shelf, struct parcel *parcel, uint64_t *number);
/* What lies there, from then on the caller's of this. NULL: nothing, or nobody waits any more. */
struct parcel *shelf_pick(struct shelf *shelf, uint64_t number);
/*
 * Puts the results to a place that was picked. Takes them, in any case. -ETIMEDOUT: nobody waits
 * any more.
 */
int shelf_answer(struct shelf *shelf, uint64_t number, struct parcel *results);
/* Ends the place: returns the results, or NULL. Frees parameters that nobody picked. */
struct parcel *shelf_clear(struct shelf *shelf, uint64_t number);

/* Both at once, for a one-way call, whose results nobody awaits: returns the parameters. */
struct parcel *shelf_take(struct shelf *shelf, uint64_t number);

#endif
