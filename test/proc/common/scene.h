/*
 * What the tests with real processes have in common.
 *
 * A scene is a temporary folder with a socket's path in it, and a census of this process: scene_close() asserts that
 * the folder is empty again and that this process holds what it held before. A member is a child that runs
 * programs/member.c. A host is a handle of this process that counts what happens to it, with a few actions that both
 * sides of most tests need.
 *
 * All of these assert: what they do is not what is tested.
 */
#ifndef COHORT_PROC_SCENE_H
#define COHORT_PROC_SCENE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>

#include "cohort.h"
#include "proc/common/sequence.h"
#include "support/support.h"

#define PATIENCE COHORT_MS(PATIENCE_MS)
#define NOBODY_UID 65534

/* Whether the long form was asked for. */
bool soak(void);

/* How often: so many times, or in the long form so many. */
unsigned rounds(unsigned ordinary, unsigned in_soak);

struct scene {
	char folder[TEMP_DIR_MAX];
	char path[TEMP_DIR_MAX];
	struct census before;
};

void scene_open(struct scene *s);
void scene_close(struct scene *s);

/* Removes what a primary left that was killed, as the next primary does: by being it, once, and leaving in order. */
void scene_sweep(const struct scene *s);

/* A scene whose folder every user can reach, and in which this user can make files. */
void scene_open_for(struct scene *s, uid_t owner);

/* --- Children --------------------------------------------------------------------------------------------- */

/* Spawns a program: its role, the scene's path, then words up to a NULL. */
void program_start(struct child *child, const char *program, const char *role,
		   const struct scene *s, ...) __attribute__((sentinel));

/* The same for a member, and waits until its channel is open. Returns its number. */
unsigned member_open(struct child *child, const char *role, const struct scene *s, ...)
	__attribute__((sentinel));

/* It leaves in order: its close() returns 0 and it exits with 0. */
void member_close(struct child *child);

/* Tells it a command and waits for the line that begins with `answer`. */
void member_do(struct child *child, const char *answer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Waits for a line; says what came last if it does not come. */
void member_expect(struct child *child, const char *line);

/* The number that follows `word` in the child's last line. */
long long number_after(const struct child *child, const char *word);

/* Waits until the member has handled or missed so many messages of its sequence, all in order. */
void member_await_sequence(struct child *child, uint64_t count);

/* Waits until `word` of the member's events has this value, and asserts that nothing is out of order. */
void member_await(struct child *child, const char *word, long long value);

/* Stops it, and returns when all of it has stopped; lets it go on. */
void member_stop(struct child *child);
void member_go_on(struct child *child);

/* Kills it with SIGKILL and waits for it. */
void member_kill(struct child *child);

/* Kills and collects a process that is no child of ours by birth: see scene_open(). */
void orphan_end(pid_t pid);

/* --- A handle of this process ------------------------------------------------------------------------------ */

#define HOST_PEERS_MAX 64

struct host {
	struct cohort *c;
	struct cohort_config config;
	struct cohort_action actions[16];
	struct event joined, left, calls, held;
	sem_t release;	      /* lets one handler of "hold" return */
	pthread_mutex_t lock; /* guards what follows */
	cohort_peer last_joined, last_left;
	enum cohort_reason reason;
	uint64_t handled_at_left;
	struct sequence sequence;
	uint64_t descriptors;
	unsigned long ticks;
};

/* host_init() gives it the role, the callbacks and the common actions; then change host->config, host_add(), open. */
void host_init(struct host *host, enum cohort_role role);
void host_add(struct host *host, const char *name, cohort_handler *handler, void *arg,
	      uint32_t flags);
void host_open(struct host *host, const struct scene *s);
void host_close(struct host *host);

/* A peer's id by its number. */
cohort_peer host_peer(struct host *host, unsigned number);

/* Asks, and returns the outcome; *status gets the answer's status when it is 0. */
int host_ask(struct host *host, cohort_peer peer, const char *action, const char *text,
	     int64_t timeout, int *status);

/* Asks for "echo" and asserts that it comes back. */
void host_echo(struct host *host, cohort_peer peer);

/* Sends one message that carries `nfds` descriptors. */
int host_send(struct host *host, cohort_peer peer, const char *action, uint64_t number, size_t nfds,
	      int64_t timeout);

/* Who left last, and why. */
cohort_peer host_last_left(struct host *host);
enum cohort_reason host_reason(struct host *host);

struct cohort_counters host_counters(struct host *host);

#endif
