/*
 * peers: small questions and orders about single peers.
 */
#ifndef COHORT_ENGINE_PEERS_H
#define COHORT_ENGINE_PEERS_H

#include "engine/channel.h"

cohort_peer peers_self(struct cohort *c);
int peers_wait(struct cohort *c, const char *action, size_t npeers, int64_t timeout);
int peers_set_data(struct cohort *c, cohort_peer peer, void *data);
void *peers_data(struct cohort *c, cohort_peer peer);
int peers_pidfd(struct cohort *c, cohort_peer peer);
int peers_disconnect(struct cohort *c, cohort_peer peer);
int peers_want_writable(struct cohort *c, cohort_peer peer);

#endif
