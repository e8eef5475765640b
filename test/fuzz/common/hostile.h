/*
 * A hostile peer: it speaks the protocol with the library's own encoders and rings, so that it can
 * break any rule at any moment after having kept all the others.
 *
 * It lives in a forked child (hostile_start()), which joins, misbehaves, is thrown out, and joins
 * again, until it is killed: so it can do to shared memory what no thread of the test may. The
 * channel's handles are this process's: a primary, or a secondary, and always one honest peer.
 */
#ifndef COHORT_TEST_FUZZ_HOSTILE_H
#define COHORT_TEST_FUZZ_HOSTILE_H

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/sanitizer.h"
#include "cohort.h"
#include "shm/ring.h"
#include "shm/slot.h"
#include "support/support.h"
#include "wire/hello.h"

#define PATIENCE COHORT_MS(PATIENCE_MS)

/* --- Randomness: splitmix64; COHORT_FUZZ_SEED chooses, the seed is printed ----------------------- */

uint64_t fuzz_seed(void);
uint64_t draw(uint64_t *state);
uint64_t draw_below(uint64_t *state, uint64_t n);

/* How long a fuzzing test goes on: COHORT_SOAK=1 is two minutes. */
int64_t fuzz_end(void);

/* Until then, and on a slow machine until the hostile one has got in some times. */
struct hostile_board;
bool fuzz_goes_on(int64_t end, struct hostile_board *board);

/* --- The peer ---------------------------------------------------------------------------------- */

struct hostile {
	const char *path;
	int socket, bell, region_fd;
	bool is_primary;
	struct region region;
	struct ring_out out;
	struct ring_in in;
	uint64_t next_sidecar;
	uint64_t random;
};

void hostile_init(struct hostile *h, const char *path, uint64_t seed);

/* HELLO, WELCOME, MAPPED, READY, with the actions "echo" and "note". False: it was not let in. */
bool hostile_join(struct hostile *h);
/* HELLO and READY of an observer. */
bool hostile_observe(struct hostile *h);
void hostile_part(struct hostile *h);

/* Whether the other side has hung up, and whatever it sent is thrown away. */
bool hostile_is_out(struct hostile *h);

/* Waits for a packet: its length, or -1. Descriptors that come with it go to fds[0..1] or are closed. */
int hostile_receive(struct hostile *h, unsigned char *bytes, size_t size, int fds[2]);

/* One packet. False: it could not be sent. */
bool hostile_send(struct hostile *h, const void *bytes, int length, const int *fds, size_t nfds);

/* One record, with its name and body; the rest of the header is the caller's. False: no room. */
bool hostile_push(struct hostile *h, struct record *head, const char *name, const void *body);
void hostile_ring(struct hostile *h);

/* The lanes, and the slots of the requests made to it. */
struct lane *hostile_lane_out(struct hostile *h);
struct lane *hostile_lane_in(struct hostile *h);
struct slot *hostile_asked(struct hostile *h, unsigned i);

/* Takes every record that has come; answers requests well, of those it wants to answer. */
void hostile_serve(struct hostile *h, unsigned percent);

/* --- Its process ------------------------------------------------------------------------------- */

/* Shared by the two processes. */
struct hostile_board {
	_Atomic uint32_t stage;	   /* for tests that go step by step */
	_Atomic uint64_t sessions; /* how many times it got in */
	_Atomic uint64_t acts;
};

/* Forks before any handle is opened. The body never returns to the test. */
pid_t hostile_start(void (*body)(struct hostile *h, struct hostile_board *board), const char *path,
		    struct hostile_board **board);
/* Kills it; it must have lived until then (or have ended with 0). */
void hostile_stop(pid_t pid, struct hostile_board *board);

/* A word of the board: waits until it is at least `value`. */
bool board_await(_Atomic uint32_t *word, uint32_t value);

/* --- The other side ---------------------------------------------------------------------------- */

struct target {
	struct census before;
	char folder[TEMP_DIR_MAX];
	char path[TEMP_DIR_MAX + 4];
	struct cohort *primary, *honest;
	struct event joined, left, writable;
	cohort_peer honest_id;
	_Atomic cohort_peer last_joined;
	_Atomic bool is_over;	      /* the test's own threads shall end */
	_Atomic uint32_t reasons[8];  /* how many left with each */
	_Atomic uint64_t asked, done; /* asynchronous requests */
	_Atomic uint64_t lost, notes;
};

/* For a struct that is static, since a test that fails leaves threads that use it: a folder and a
 * census; then start the hostile one; then open the handles. */
void target_init(struct target *t);
void target_open(struct target *t);

/* Waits until there are two, and says which one is not the honest one. */
cohort_peer target_hostile_peer(struct target *t);

/* The honest peer and the primary ask one another: both must be answered, and well. */
void target_echo(struct target *t, size_t length, bool with_fd);

/* Everything that the primary can do to `peer`, once; each call must return by its deadline. */
void target_bother(struct target *t, cohort_peer peer, uint64_t *random);

/* Closes the handles; nothing may be left. */
void target_close(struct target *t);
void target_deinit(struct target *t);

#endif
