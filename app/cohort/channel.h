/*
 * What several subcommands do with a channel. The calls that wait do so in short pieces, so that a
 * signal ends them: then they return -EINTR.
 */
#ifndef COHORT_TOOL_CHANNEL_H
#define COHORT_TOOL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cohort.h"

#define CHANNEL_TIMEOUT COHORT_SECONDS(5) /* what --timeout is by default */

/* cohort_open() with config->open_timeout, which may be long. 0 or a negative errno. */
int channel_open(struct cohort **c, const char *name, const struct cohort_config *config);

/* The same; the primary, when it is there, must answer within the timeout. */
int channel_open_answered(struct cohort **c, const char *name, const struct cohort_config *config,
			  int64_t timeout);

/*
 * Joins a channel that is there, as a secondary or as an observer; its primary must answer within
 * the timeout. 0 or a negative errno.
 */
int channel_join(struct cohort **c, const char *name, int64_t timeout);
int channel_observe(struct cohort **c, const char *name, int64_t timeout);

/* Whether an error of opening means that there is no primary. */
bool channel_is_absent(int error);

/* Says why a channel was not opened, and returns the status that goes with it (tool.h). */
int channel_fail(const char *name, int error);

/* For config.log: what the library has to say goes to standard error. */
void channel_log(struct cohort *c, enum cohort_log_level level, int error, const char *text,
		 void *user);

/*
 * Closes it. `status` is how the tool would end; returns that, or, if it was TOOL_DONE and closing
 * failed, says so and returns TOOL_ERROR.
 */
int channel_close(struct cohort *c, int status);

/* All peers, all actions, the whole text; *out is for free(). 0 or a negative errno. */
int channel_peers(struct cohort *c, struct cohort_peer_info **out, size_t *count, int64_t timeout);
int channel_actions(struct cohort *c, cohort_peer peer, struct cohort_action_info **out,
		    size_t *count, int64_t timeout);
int channel_describe(struct cohort *c, char **out, int64_t timeout);
/* As cohort_remote_stats(). */
int channel_counters(struct cohort *c, cohort_peer peer, struct cohort_counters *out,
		     int64_t timeout);

/*
 * Finds `key` in the first line of a description that begins with the word `what`, and copies its
 * value. -ENOENT: there is none.
 */
int channel_value(const char *description, const char *what, const char *key, char *out,
		  size_t size);
int channel_number(const char *description, const char *what, const char *key, uint64_t *out);

/* Whether this is the id of a primary: each has the same number. */
bool channel_is_primary(cohort_peer peer);

int64_t time_now(void); /* CLOCK_MONOTONIC */
int64_t time_deadline(int64_t timeout);
int64_t time_left(int64_t deadline);	 /* 0 when it has passed */
int64_t time_to_real(int64_t monotonic); /* CLOCK_REALTIME of a moment */

#endif
