/*
 * cohort_bench.h: the library as a system of the benchmark: the same questions, answered through
 * the public headers.
 */
#ifndef COHORT_BENCH_COHORT_BENCH_H
#define COHORT_BENCH_COHORT_BENCH_H

#include "role.h"

/* What a stream reports: role->arg. */
enum cohort_stream {
	COHORT_STREAM_RATE,
	COHORT_STREAM_ALLOCS,
	COHORT_STREAM_CALLS
};

/* What an encoded array consists of: role->arg. */
enum cohort_codec {
	COHORT_CODEC_BYTES,
	COHORT_CODEC_SCALARS
};

/*
 * A round trip: a secondary asks with 64 bytes, the primary's handler counts and answers with 64
 * bytes.
 */
int cohort_rtt_serve(struct role *role);
int cohort_rtt_ask(struct role *role);
int cohort_rtt_serve_no_spin(struct role *role);
int cohort_rtt_ask_no_spin(struct role *role);

/*
 * Requests in parallel: role->arg threads, or role->arg asynchronous requests that are always
 * outstanding.
 */
int cohort_threads_ask(struct role *role);
int cohort_async_ask(struct role *role);

/* Heap allocations for each request, on both sides. */
int cohort_allocs_serve(struct role *role);
int cohort_allocs_ask(struct role *role);

/* A one-way stream of role->size bytes a message: a secondary sends, the primary counts. */
int cohort_stream_receive(struct role *role);
int cohort_stream_send(struct role *role);

/* The primary broadcasts, every secondary counts. */
int cohort_broadcast_send(struct role *role);
int cohort_broadcast_receive(struct role *role);

/* Bodies of role->size bytes; the channel's bulk ring has role->arg bytes (0: the default). */
int cohort_body_receive(struct role *role);
int cohort_body_receive_in_place(struct role *role);
int cohort_body_send(struct role *role);

/* role->arg descriptors in each message. */
int cohort_fd_receive(struct role *role);
int cohort_fd_send(struct role *role);

/* What an idle channel costs. */
int cohort_idle_lead(struct role *role);
int cohort_idle_follow(struct role *role);

/* Many secondaries join, then the first makes round trips while the others are idle. */
int cohort_scale_lead(struct role *role);
int cohort_scale_follow(struct role *role);

/*
 * The encoding, in one process: a struct of 23 fields encoded and decoded, into an arena that is used
 * again or is new each time; an array of role->size bytes in all, one way.
 */
int cohort_codec_struct(struct role *role);
int cohort_codec_struct_new_arena(struct role *role);
int cohort_codec_encode_array(struct role *role);
int cohort_codec_decode_array(struct role *role);

#endif
