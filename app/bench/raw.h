/*
 * raw.h: the raw systems: what the kernel and shared memory give to a program that wants no
 * library. Each is written as its best simple self, since it is what the library is measured
 * against.
 */
#ifndef COHORT_BENCH_RAW_H
#define COHORT_BENCH_RAW_H

#include "role.h"

/* Ping-pong of 64 bytes: the primary asks, the secondary answers. */
int raw_seqpacket_ask(struct role *role);
int raw_seqpacket_answer(struct role *role);
int raw_spin_ask(struct role *role);
int raw_spin_answer(struct role *role);
int raw_futex_ask(struct role *role);
int raw_futex_answer(struct role *role);

/* A one-way stream of role->size bytes a message: the primary sends, the secondary counts. */
int raw_ring_send(struct role *role);
int raw_ring_receive(struct role *role);
int raw_seqpacket_send(struct role *role);
int raw_seqpacket_receive(struct role *role);

/* The primary sends each message to every secondary, one socket after another. */
int raw_broadcast_send(struct role *role);
int raw_broadcast_receive(struct role *role);

/* Bodies of role->size bytes; the receiver adds up one word of each cache line. */
int raw_memfd_send(struct role *role);
int raw_memfd_receive(struct role *role);
int raw_pool_send(struct role *role);
int raw_pool_receive(struct role *role);

/* role->arg descriptors beside each message of 64 bytes. */
int raw_fd_send(struct role *role);
int raw_fd_receive(struct role *role);

/* Copies of role->size bytes within one process. */
int raw_copy(struct role *role);

#endif
