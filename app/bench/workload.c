/*
 * workload.c: the table of workloads. To add a system to a workload, add a line.
 *
 * In each system the raw primary asks or sends and the raw secondary answers or receives; in ours a
 * secondary asks or sends, and the primary serves, except for broadcasts. The ways are symmetrical. What
 * the encoding costs is measured in one process: there is only a primary.
 */
#include "bench.h"
#include "cohort_bench.h"
#include "raw.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)

static const struct bench_system rtt_free[] = {
	{ .name = "raw-spin",
	  .primary = raw_spin_ask,
	  .secondary = raw_spin_answer,
	  .secondaries = 1,
	  .cpus = BENCH_CPUS_TWO },
	{ .name = "raw-seqpacket",
	  .primary = raw_seqpacket_ask,
	  .secondary = raw_seqpacket_answer,
	  .secondaries = 1,
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_rtt_serve,
	  .secondary = cohort_rtt_ask,
	  .secondaries = 1 },
};
static const struct bench_baseline rtt_free_baselines[] = {
	{ "p50", "raw-spin", "p50" },
	{ "p99", "raw-seqpacket", "p50" },
};

static const struct bench_system rtt_one_cpu[] = {
	{ .name = "raw-futex",
	  .primary = raw_futex_ask,
	  .secondary = raw_futex_answer,
	  .secondaries = 1,
	  .cpus = BENCH_CPUS_ONE },
	{ .name = "raw-seqpacket",
	  .primary = raw_seqpacket_ask,
	  .secondary = raw_seqpacket_answer,
	  .secondaries = 1,
	  .cpus = BENCH_CPUS_ONE,
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_rtt_serve,
	  .secondary = cohort_rtt_ask,
	  .secondaries = 1,
	  .cpus = BENCH_CPUS_ONE },
};
static const struct bench_baseline rtt_one_cpu_baselines[] = {
	{ "p50", "raw-futex", "p50" },
};

static const struct bench_system rtt_no_spin[] = {
	{ .name = "raw-futex",
	  .primary = raw_futex_ask,
	  .secondary = raw_futex_answer,
	  .secondaries = 1,
	  .cpus = BENCH_CPUS_TWO },
	{ .name = "raw-seqpacket",
	  .primary = raw_seqpacket_ask,
	  .secondary = raw_seqpacket_answer,
	  .secondaries = 1,
	  .cpus = BENCH_CPUS_TWO,
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_rtt_serve_no_spin,
	  .secondary = cohort_rtt_ask_no_spin,
	  .secondaries = 1,
	  .cpus = BENCH_CPUS_TWO },
};
static const struct bench_baseline rtt_no_spin_baselines[] = {
	{ "p50", "raw-futex", "p50" },
};

static const struct bench_system stream_64[] = {
	{ .name = "raw-ring",
	  .primary = raw_ring_send,
	  .secondary = raw_ring_receive,
	  .secondaries = 1,
	  .size = BENCH_PAYLOAD,
	  .cpus = BENCH_CPUS_TWO },
	{ .name = "raw-seqpacket",
	  .primary = raw_seqpacket_send,
	  .secondary = raw_seqpacket_receive,
	  .secondaries = 1,
	  .size = BENCH_PAYLOAD,
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_stream_receive,
	  .secondary = cohort_stream_send,
	  .secondaries = 1,
	  .size = BENCH_PAYLOAD },
};
static const struct bench_baseline stream_64_baselines[] = {
	{ "messages/s", "raw-ring", "messages/s" },
	{ "messages/s", "raw-seqpacket", "messages/s" },
};

static const struct bench_system stream_4k[] = {
	{ .name = "raw-ring",
	  .primary = raw_ring_send,
	  .secondary = raw_ring_receive,
	  .secondaries = 1,
	  .size = KIB(4),
	  .cpus = BENCH_CPUS_TWO },
	{ .name = "raw-seqpacket",
	  .primary = raw_seqpacket_send,
	  .secondary = raw_seqpacket_receive,
	  .secondaries = 1,
	  .size = KIB(4),
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_stream_receive,
	  .secondary = cohort_stream_send,
	  .secondaries = 1,
	  .size = KIB(4) },
};
static const struct bench_baseline stream_4k_baselines[] = {
	{ "messages/s", "raw-ring", "messages/s" },
	{ "messages/s", "raw-seqpacket", "messages/s" },
};

static const struct bench_system broadcast_1[] = {
	{ .name = "raw-seqpacket",
	  .primary = raw_broadcast_send,
	  .secondary = raw_broadcast_receive,
	  .secondaries = 1,
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_broadcast_send,
	  .secondary = cohort_broadcast_receive,
	  .secondaries = 1 },
};
static const struct bench_baseline broadcast_1_baselines[] = {
	{ "deliveries/s", "raw-seqpacket", "deliveries/s" },
};

static const struct bench_system broadcast_4[] = {
	{ .name = "raw-seqpacket",
	  .primary = raw_broadcast_send,
	  .secondary = raw_broadcast_receive,
	  .secondaries = 4,
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_broadcast_send,
	  .secondary = cohort_broadcast_receive,
	  .secondaries = 4 },
};
static const struct bench_baseline broadcast_4_baselines[] = {
	{ "deliveries/s", "raw-seqpacket", "deliveries/s" },
};

static const struct bench_system broadcast_16[] = {
	{ .name = "raw-seqpacket",
	  .primary = raw_broadcast_send,
	  .secondary = raw_broadcast_receive,
	  .secondaries = 16,
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_broadcast_send,
	  .secondary = cohort_broadcast_receive,
	  .secondaries = 16 },
};
static const struct bench_baseline broadcast_16_baselines[] = {
	{ "deliveries/s", "raw-seqpacket", "deliveries/s" },
};

static const struct bench_system broadcast_64[] = {
	{ .name = "raw-seqpacket",
	  .primary = raw_broadcast_send,
	  .secondary = raw_broadcast_receive,
	  .secondaries = 64,
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_broadcast_send,
	  .secondary = cohort_broadcast_receive,
	  .secondaries = 64 },
};
static const struct bench_baseline broadcast_64_baselines[] = {
	{ "deliveries/s", "raw-seqpacket", "deliveries/s" },
};

static const struct bench_system threads_8[] = {
	{ .name = "cohort",
	  .primary = cohort_rtt_serve,
	  .secondary = cohort_threads_ask,
	  .secondaries = 1,
	  .arg = 8 },
};

static const struct bench_system async_64[] = {
	{ .name = "cohort",
	  .primary = cohort_rtt_serve,
	  .secondary = cohort_async_ask,
	  .secondaries = 1,
	  .arg = 64 },
};

static const struct bench_system fds_1[] = {
	{ .name = "raw-sendmsg",
	  .primary = raw_fd_send,
	  .secondary = raw_fd_receive,
	  .secondaries = 1,
	  .arg = 1,
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_fd_receive,
	  .secondary = cohort_fd_send,
	  .secondaries = 1,
	  .size = BENCH_PAYLOAD,
	  .arg = 1 },
};
static const struct bench_baseline fds_1_baselines[] = {
	{ "messages/s", "raw-sendmsg", "messages/s" },
};

static const struct bench_system fds_64[] = {
	{ .name = "raw-sendmsg",
	  .primary = raw_fd_send,
	  .secondary = raw_fd_receive,
	  .secondaries = 1,
	  .arg = 64,
	  .sockets = true },
	{ .name = "cohort",
	  .primary = cohort_fd_receive,
	  .secondary = cohort_fd_send,
	  .secondaries = 1,
	  .size = BENCH_PAYLOAD,
	  .arg = 64 },
};
static const struct bench_baseline fds_64_baselines[] = {
	{ "messages/s", "raw-sendmsg", "messages/s" },
};

static const struct bench_system body_1m[] = {
	{ .name = "raw-memfd",
	  .primary = raw_memfd_send,
	  .secondary = raw_memfd_receive,
	  .secondaries = 1,
	  .size = MIB(1),
	  .sockets = true },
	{ .name = "raw-pool",
	  .primary = raw_pool_send,
	  .secondary = raw_pool_receive,
	  .secondaries = 1,
	  .size = MIB(1) },
	{ .name = "cohort-copied",
	  .primary = cohort_body_receive,
	  .secondary = cohort_body_send,
	  .secondaries = 1,
	  .size = MIB(1) },
	{ .name = "cohort-in-place",
	  .primary = cohort_body_receive_in_place,
	  .secondary = cohort_body_send,
	  .secondaries = 1,
	  .size = MIB(1) },
};
static const struct bench_baseline body_1m_baselines[] = {
	{ "throughput", "raw-memfd", "throughput" },
};

static const struct bench_system body_16m[] = {
	{ .name = "raw-memfd",
	  .primary = raw_memfd_send,
	  .secondary = raw_memfd_receive,
	  .secondaries = 1,
	  .size = MIB(16),
	  .sockets = true },
	{ .name = "raw-pool",
	  .primary = raw_pool_send,
	  .secondary = raw_pool_receive,
	  .secondaries = 1,
	  .size = MIB(16) },
	{ .name = "cohort",
	  .primary = cohort_body_receive,
	  .secondary = cohort_body_send,
	  .secondaries = 1,
	  .size = MIB(16) },
	{ .name = "cohort-bulk-64m",
	  .primary = cohort_body_receive,
	  .secondary = cohort_body_send,
	  .secondaries = 1,
	  .size = MIB(16),
	  .arg = MIB(64) },
	{ .name = "cohort-bulk-64m-in-place",
	  .primary = cohort_body_receive_in_place,
	  .secondary = cohort_body_send,
	  .secondaries = 1,
	  .size = MIB(16),
	  .arg = MIB(64) },
};
static const struct bench_baseline body_16m_baselines[] = {
	{ "throughput", "raw-memfd", "throughput" },
};

static const struct bench_system idle[] = {
	{ .name = "cohort",
	  .primary = cohort_idle_lead,
	  .secondary = cohort_idle_follow,
	  .secondaries = 16 },
};

static const struct bench_system scale[] = {
	{ .name = "cohort-1-idle",
	  .primary = cohort_scale_lead,
	  .secondary = cohort_scale_follow,
	  .secondaries = 2 },
	{ .name = "cohort-500-idle",
	  .primary = cohort_scale_lead,
	  .secondary = cohort_scale_follow,
	  .secondaries = 501 },
};
static const struct bench_baseline scale_baselines[] = {
	{ "p50", "cohort-1-idle", "p50" },
	{ "p99", "cohort-1-idle", "p99" },
};

static const struct bench_system cost[] = {
	{ .name = "cohort-64",
	  .primary = cohort_stream_receive,
	  .secondary = cohort_stream_send,
	  .secondaries = 1,
	  .size = BENCH_PAYLOAD,
	  .arg = COHORT_STREAM_ALLOCS },
	{ .name = "cohort-4k",
	  .primary = cohort_stream_receive,
	  .secondary = cohort_stream_send,
	  .secondaries = 1,
	  .size = KIB(4),
	  .arg = COHORT_STREAM_ALLOCS },
	{ .name = "cohort-requests",
	  .primary = cohort_allocs_serve,
	  .secondary = cohort_allocs_ask,
	  .secondaries = 1 },
	{ .name = "raw-seqpacket-strace",
	  .primary = raw_seqpacket_send,
	  .secondary = raw_seqpacket_receive,
	  .secondaries = 1,
	  .size = BENCH_PAYLOAD,
	  .sockets = true,
	  .traced = true },
	{ .name = "cohort-strace",
	  .primary = cohort_stream_receive,
	  .secondary = cohort_stream_send,
	  .secondaries = 1,
	  .size = BENCH_PAYLOAD,
	  .arg = COHORT_STREAM_CALLS,
	  .traced = true },
};
static const struct bench_baseline cost_baselines[] = {
	{ "syscalls", "raw-seqpacket-strace", "syscalls" },
};

static const struct bench_system codec_struct[] = {
	{ .name = "cohort", .primary = cohort_codec_struct },
	{ .name = "cohort-new-arena", .primary = cohort_codec_struct_new_arena },
};

static const struct bench_system codec_bytes[] = {
	{ .name = "raw-memcpy", .primary = raw_copy, .size = MIB(1) },
	{ .name = "cohort-encode",
	  .primary = cohort_codec_encode_array,
	  .size = MIB(1),
	  .arg = COHORT_CODEC_BYTES },
	{ .name = "cohort-decode",
	  .primary = cohort_codec_decode_array,
	  .size = MIB(1),
	  .arg = COHORT_CODEC_BYTES },
};
static const struct bench_baseline codec_bytes_baselines[] = {
	{ "throughput", "raw-memcpy", "throughput" },
};

static const struct bench_system codec_scalars[] = {
	{ .name = "raw-memcpy", .primary = raw_copy, .size = MIB(1) },
	{ .name = "cohort-encode",
	  .primary = cohort_codec_encode_array,
	  .size = MIB(1),
	  .arg = COHORT_CODEC_SCALARS },
	{ .name = "cohort-decode",
	  .primary = cohort_codec_decode_array,
	  .size = MIB(1),
	  .arg = COHORT_CODEC_SCALARS },
};
static const struct bench_baseline codec_scalars_baselines[] = {
	{ "throughput", "raw-memcpy", "throughput" },
};

static const struct bench_workload workloads[] = {
	{ "rtt-free", "round trip of a request, scheduler free, spinning allowed", rtt_free,
	  COUNT(rtt_free), rtt_free_baselines, COUNT(rtt_free_baselines) },
	{ "rtt-one-cpu", "round trip of a request, everything on one CPU", rtt_one_cpu,
	  COUNT(rtt_one_cpu), rtt_one_cpu_baselines, COUNT(rtt_one_cpu_baselines) },
	{ "rtt-no-spin", "round trip of a request, two CPUs, spinning forbidden", rtt_no_spin,
	  COUNT(rtt_no_spin), rtt_no_spin_baselines, COUNT(rtt_no_spin_baselines) },
	{ "stream-64", "one-way messages of 64 bytes", stream_64, COUNT(stream_64),
	  stream_64_baselines, COUNT(stream_64_baselines) },
	{ "stream-4k", "one-way messages of 4 KiB", stream_4k, COUNT(stream_4k),
	  stream_4k_baselines, COUNT(stream_4k_baselines) },
	{ "broadcast-1", "64 bytes to 1 secondary", broadcast_1, COUNT(broadcast_1),
	  broadcast_1_baselines, COUNT(broadcast_1_baselines) },
	{ "broadcast-4", "64 bytes to 4 secondaries", broadcast_4, COUNT(broadcast_4),
	  broadcast_4_baselines, COUNT(broadcast_4_baselines) },
	{ "broadcast-16", "64 bytes to 16 secondaries", broadcast_16, COUNT(broadcast_16),
	  broadcast_16_baselines, COUNT(broadcast_16_baselines) },
	{ "broadcast-64", "64 bytes to 64 secondaries", broadcast_64, COUNT(broadcast_64),
	  broadcast_64_baselines, COUNT(broadcast_64_baselines) },
	{ "threads-8", "requests from 8 threads of one process at once", threads_8,
	  COUNT(threads_8), NULL, 0 },
	{ "async-64", "64 asynchronous requests always outstanding", async_64, COUNT(async_64),
	  NULL, 0 },
	{ "fds-1", "1 descriptor in each message", fds_1, COUNT(fds_1), fds_1_baselines,
	  COUNT(fds_1_baselines) },
	{ "fds-64", "64 descriptors in each message", fds_64, COUNT(fds_64), fds_64_baselines,
	  COUNT(fds_64_baselines) },
	{ "body-1m", "bodies of 1 MiB, one word of each line touched", body_1m, COUNT(body_1m),
	  body_1m_baselines, COUNT(body_1m_baselines) },
	{ "body-16m", "bodies of 16 MiB, one word of each line touched", body_16m, COUNT(body_16m),
	  body_16m_baselines, COUNT(body_16m_baselines) },
	{ "idle", "what a channel of 16 idle secondaries costs", idle, COUNT(idle), NULL, 0 },
	{ "scale", "a round trip beside idle secondaries; how long they take to join", scale,
	  COUNT(scale), scale_baselines, COUNT(scale_baselines) },
	{ "cost", "heap allocations, switches and system calls for each message of a stream", cost,
	  COUNT(cost), cost_baselines, COUNT(cost_baselines) },
	{ "codec-struct", "20 scalars, two strings and an array of 16, encoded and decoded",
	  codec_struct, COUNT(codec_struct), NULL, 0 },
	{ "codec-bytes", "1 MiB of array<uint8>, encoded or decoded", codec_bytes,
	  COUNT(codec_bytes), codec_bytes_baselines, COUNT(codec_bytes_baselines) },
	{ "codec-scalars", "1 MiB of array<int32>, encoded or decoded", codec_scalars,
	  COUNT(codec_scalars), codec_scalars_baselines, COUNT(codec_scalars_baselines) },
};

struct bench_program bench_program = {
	.name = "bench",
	.json = "build/bench.json",
	.rounds = 5,
	.round_ns = 150000000,
	.workloads = workloads,
	.nworkloads = COUNT(workloads),
};
