/*
 * query: looking at a channel: peers, actions, counters; answered from this process's own tables,
 * and by the primary's io thread for a secondary that asks.
 */
#ifndef COHORT_ENGINE_QUERY_H
#define COHORT_ENGINE_QUERY_H

#include "engine/receive.h"
#include "engine/session.h"

int query_frame(struct session *s, struct control_frame *frame);
int query_answer(struct session *s, struct control_frame *frame);

int query_peers(struct cohort *c, struct cohort_peer_info *peers, size_t capacity, int64_t timeout);
int query_actions(struct cohort *c, cohort_peer peer, struct cohort_action_info *actions,
		  size_t capacity, int64_t timeout);
int query_stats(struct cohort *c, cohort_peer peer, struct cohort_counters *out);
/* cohort_describe() */
int query_describe(struct cohort *c, char *text, size_t size, int64_t timeout);
/* Has the primary write a tape; its descriptor, and the number of our session. */
int query_tap(struct cohort *c, uint32_t level, int64_t timeout, uint32_t *session, int *fd);
int query_remote_stats(struct cohort *c, cohort_peer peer, struct cohort_counters *out,
		       int64_t timeout);

#endif
