/*
 * workload.c: which system does which workload. The table is made before main(), as which systems
 * there are is known to the linker only.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "peer.h"
#include "raw.h"
#include "trial.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KIB(n) ((uint64_t)(n) << 10)
#define MIB(n) ((uint64_t)(n) << 20)
#define SYSTEMS_MAX 14
#define SKILLS_MAX 3

/* The raw systems of a workload: those that `bench` has too, and those over struct peer. */
enum kin {
	KIN_PING = 1,
	KIN_PING_ONE_CPU,
	KIN_SMALL,
	KIN_LARGE,
	KIN_BROADCAST,
	KIN_FDS,
	KIN_NONE
};

struct plan {
	const char *name;
	const char *question;
	int (*primary)(struct role *role);
	int (*secondary)(struct role *role);
	enum kin kin;
	enum bench_cpus cpus;
	unsigned secondaries;
	uint64_t size;
	uint64_t arg;
	enum peer_skill skills[SKILLS_MAX]; /* what it takes; those not given are CAN_BLOCK */
};

static const struct plan plans[] = {
	{ "rtt-block",
	  "round trip of a request, a CPU for each side, waiting in a blocking call",
	  trial_serve,
	  trial_ask,
	  KIN_PING,
	  BENCH_CPUS_TWO,
	  1,
	  0,
	  0,
	  { PEER_CAN_BLOCK } },
	{ "rtt-one-cpu",
	  "the same, both on one CPU",
	  trial_serve,
	  trial_ask,
	  KIN_PING_ONE_CPU,
	  BENCH_CPUS_ONE,
	  1,
	  0,
	  0,
	  { PEER_CAN_BLOCK } },
	{ "rtt-spin",
	  "round trip, both sides look again and again (cohort: up to 20 us)",
	  trial_serve,
	  trial_ask,
	  KIN_PING,
	  BENCH_CPUS_FREE,
	  1,
	  0,
	  1,
	  { PEER_CAN_SPIN } },
	{ "async-64",
	  "64 requests always outstanding",
	  trial_serve_async,
	  trial_ask_async,
	  KIN_NONE,
	  BENCH_CPUS_FREE,
	  1,
	  0,
	  64,
	  { PEER_CAN_ASYNC } },
	{ "stream-64",
	  "one-way messages of 64 bytes",
	  trial_receive,
	  trial_send,
	  KIN_SMALL,
	  BENCH_CPUS_FREE,
	  1,
	  64,
	  0,
	  { PEER_CAN_STREAM } },
	{ "stream-512",
	  "of 512 bytes",
	  trial_receive,
	  trial_send,
	  KIN_SMALL,
	  BENCH_CPUS_FREE,
	  1,
	  512,
	  0,
	  { PEER_CAN_STREAM, PEER_CAN_CARRY_4K } },
	{ "stream-4k",
	  "of 4 KiB",
	  trial_receive,
	  trial_send,
	  KIN_SMALL,
	  BENCH_CPUS_FREE,
	  1,
	  KIB(4),
	  0,
	  { PEER_CAN_STREAM, PEER_CAN_CARRY_4K } },
	{ "stream-32k",
	  "of 32 KiB",
	  trial_receive,
	  trial_send,
	  KIN_SMALL,
	  BENCH_CPUS_FREE,
	  1,
	  KIB(32),
	  0,
	  { PEER_CAN_STREAM, PEER_CAN_CARRY_4K } },
	{ "body-256k",
	  "of 256 KiB",
	  trial_receive,
	  trial_send,
	  KIN_LARGE,
	  BENCH_CPUS_FREE,
	  1,
	  KIB(256),
	  0,
	  { PEER_CAN_STREAM, PEER_CAN_CARRY_1M } },
	{ "body-1m",
	  "of 1 MiB",
	  trial_receive,
	  trial_send,
	  KIN_LARGE,
	  BENCH_CPUS_FREE,
	  1,
	  MIB(1),
	  0,
	  { PEER_CAN_STREAM, PEER_CAN_CARRY_1M } },
	{ "body-16m",
	  "of 16 MiB",
	  trial_receive,
	  trial_send,
	  KIN_LARGE,
	  BENCH_CPUS_FREE,
	  1,
	  MIB(16),
	  0,
	  { PEER_CAN_STREAM, PEER_CAN_CARRY_16M } },
	{ "broadcast-1",
	  "64 bytes to 1 secondary",
	  trial_broadcast,
	  trial_listen,
	  KIN_BROADCAST,
	  BENCH_CPUS_FREE,
	  1,
	  64,
	  0,
	  { PEER_CAN_BROADCAST } },
	{ "broadcast-4",
	  "to 4",
	  trial_broadcast,
	  trial_listen,
	  KIN_BROADCAST,
	  BENCH_CPUS_FREE,
	  4,
	  64,
	  0,
	  { PEER_CAN_BROADCAST } },
	{ "broadcast-16",
	  "to 16",
	  trial_broadcast,
	  trial_listen,
	  KIN_BROADCAST,
	  BENCH_CPUS_FREE,
	  16,
	  64,
	  0,
	  { PEER_CAN_BROADCAST } },
	{ "broadcast-64",
	  "to 64",
	  trial_broadcast,
	  trial_listen,
	  KIN_BROADCAST,
	  BENCH_CPUS_FREE,
	  64,
	  64,
	  0,
	  { PEER_CAN_BROADCAST } },
	{ "fds-1",
	  "one descriptor in each message of 64 bytes",
	  trial_receive,
	  trial_send,
	  KIN_FDS,
	  BENCH_CPUS_FREE,
	  1,
	  64,
	  1,
	  { PEER_CAN_STREAM, PEER_CAN_PASS_FDS } },
	{ "peers-1",
	  "round trip as rtt-one-cpu, beside 1 idle secondary",
	  trial_serve,
	  trial_ask,
	  KIN_NONE,
	  BENCH_CPUS_ONE,
	  2,
	  0,
	  0,
	  { PEER_CAN_BLOCK } },
	{ "peers-100",
	  "beside 100",
	  trial_serve,
	  trial_ask,
	  KIN_NONE,
	  BENCH_CPUS_ONE,
	  101,
	  0,
	  0,
	  { PEER_CAN_SERVE_100 } },
	{ "peers-500",
	  "beside 500",
	  trial_serve,
	  trial_ask,
	  KIN_NONE,
	  BENCH_CPUS_ONE,
	  501,
	  0,
	  0,
	  { PEER_CAN_SERVE_500 } },
};

/* Missing ones are NULL: the names are there also then, to say so. */
static struct {
	const char *name;
	const struct peer *peer;
	const char *lack; /* NULL, or what the machine had not got for it when the table was made */
} others[] = {
	{ .name = "zmq", .peer = &peer_zmq },
	{ .name = "nng", .peer = &peer_nng },
	{ .name = "nanomsg", .peer = &peer_nanomsg },
	{ .name = "libqb", .peer = &peer_qb },
	{ .name = "sd-bus", .peer = &peer_sdbus },
	{ .name = "dbus-broker", .peer = &peer_dbus_broker },
	{ .name = "iceoryx", .peer = &peer_iceoryx },
	{ .name = "dpdk-rte-mp", .peer = &peer_dpdk },
};

static const struct bench_baseline baselines[] = {
	{ "p50", "cohort", "p50" },
	{ "requests/s", "cohort", "requests/s" },
	{ "messages/s", "cohort", "messages/s" },
	{ "deliveries/s", "cohort", "deliveries/s" },
};

static struct bench_system systems[COUNT(plans)][SYSTEMS_MAX];
static struct bench_workload workloads[COUNT(plans)];

static const char *excuse_find(const struct plan *plan, const struct peer *peer)
{
	for (size_t i = 0; i < SKILLS_MAX; i++)
		if (peer->cannot[plan->skills[i]])
			return peer->cannot[plan->skills[i]];
	return NULL;
}

static struct bench_system *system_add(struct bench_workload *workload, const struct plan *plan,
				       const char *name)
{
	struct bench_system *system = &systems[plan - plans][workload->nsystems++];

	system->name = name;
	system->primary = plan->primary;
	system->secondary = plan->secondary;
	system->cpus = plan->cpus;
	system->secondaries = plan->secondaries;
	system->size = plan->size;
	system->arg = plan->arg;
	/* starting hundreds of processes takes seconds, and their number is the question */
	system->rounds_max = plan->secondaries > 300 ? 1 : 0;
	return system;
}

static void peer_add(struct bench_workload *workload, const struct plan *plan,
		     const struct peer *peer)
{
	struct bench_system *system = system_add(workload, plan, peer->name);

	system->peer = peer;
	system->excuse = excuse_find(plan, peer);
}

static void raw_add(struct bench_workload *workload, const struct plan *plan, const char *name,
		    int (*primary)(struct role *), int (*secondary)(struct role *))
{
	struct bench_system *system = system_add(workload, plan, name);

	system->primary = primary;
	system->secondary = secondary;
	system->sockets = true;
}

static void raw_peer_add(struct bench_workload *workload, const struct plan *plan,
			 const struct peer *peer)
{
	peer_add(workload, plan, peer);
	systems[plan - plans][workload->nsystems - 1].sockets = true;
}

/* Who spins for ever wants a CPU of its own, as in `bench`. */
static void spinner_bind(struct bench_workload *workload, const struct plan *plan)
{
	systems[plan - plans][workload->nsystems - 1].cpus = BENCH_CPUS_TWO;
}

static void kin_add(struct bench_workload *workload, const struct plan *plan)
{
	bool spins = plan->kin == KIN_PING && plan->arg;

	if (spins) {
		raw_add(workload, plan, "raw-spin", raw_spin_ask, raw_spin_answer);
		spinner_bind(workload, plan);
	}
	if ((plan->kin == KIN_PING && !spins) || plan->kin == KIN_PING_ONE_CPU) {
		raw_add(workload, plan, "raw-futex", raw_futex_ask, raw_futex_answer);
		raw_add(workload, plan, "raw-seqpacket", raw_seqpacket_ask, raw_seqpacket_answer);
	}
	if (plan->kin == KIN_SMALL || plan->kin == KIN_LARGE) {
		raw_peer_add(workload, plan, &peer_raw_ring);
		spinner_bind(workload, plan);
	}
	if (plan->kin == KIN_SMALL || plan->kin == KIN_BROADCAST)
		raw_peer_add(workload, plan, &peer_raw_seqpacket);
	if (plan->kin == KIN_LARGE)
		raw_peer_add(workload, plan, &peer_raw_memfd);
	if (plan->kin == KIN_FDS)
		raw_add(workload, plan, "raw-sendmsg", raw_fd_send, raw_fd_receive);
}

/* The library was there when this was built, and its daemon is there now. */
static bool other_there(size_t i)
{
	return others[i].peer && (!others[i].peer->there || others[i].peer->there());
}

static void other_add(struct bench_workload *workload, const struct plan *plan, size_t i)
{
	struct bench_system *system = &systems[plan - plans][workload->nsystems];

	peer_add(workload, plan, others[i].peer);
	if (!system->excuse)
		system->excuse = others[i].lack;
}

static void workload_make(struct bench_workload *workload, const struct plan *plan)
{
	workload->name = plan->name;
	workload->question = plan->question;
	workload->systems = systems[plan - plans];
	workload->baselines = baselines;
	workload->nbaselines = COUNT(baselines);
	kin_add(workload, plan);
	peer_add(workload, plan, &peer_cohort);
	if (plan->kin == KIN_LARGE)
		peer_add(workload, plan, &peer_cohort_in_place);
	for (size_t i = 0; i < COUNT(others); i++)
		if (other_there(i))
			other_add(workload, plan, i);
}

/*
 * What the launcher lacks is an excuse. The processes of a round look, too, but nobody asks them: the
 * others may have taken what they miss.
 */
static __attribute__((constructor)) void workloads_make(void)
{
	for (size_t i = 0; i < COUNT(others); i++)
		if (other_there(i) && others[i].peer->lacks)
			others[i].lack = others[i].peer->lacks();
	for (size_t i = 0; i < COUNT(plans); i++)
		workload_make(&workloads[i], &plans[i]);
}

static void other_describe(size_t i, char *text, size_t size)
{
	if (!other_there(i))
		snprintf(text, size, "not installed");
	else if (others[i].lack)
		snprintf(text, size, "not measured: %s", others[i].lack);
	else
		others[i].peer->version(text, size);
}

static void others_print(FILE *out)
{
	for (size_t i = 0; i < COUNT(others); i++) {
		char version[128];

		other_describe(i, version, sizeof(version));
		fprintf(out, "%-12s %s\n", others[i].name, version);
	}
	fputc('\n', out);
}

static void others_print_json(FILE *out)
{
	for (size_t i = 0; i < COUNT(others); i++) {
		char version[128];

		other_describe(i, version, sizeof(version));
		fprintf(out, "  {\"workload\": null, \"system\": \"%s\", ", others[i].name);
		if (other_there(i) && !others[i].lack)
			fprintf(out, "\"version\": \"%s\"},\n", version);
		else
			fprintf(out, "\"version\": null, \"why\": \"%s\"},\n", version);
	}
}

static void sweep(const struct bench_system *system, const char *channel)
{
	if (system->peer && system->peer->sweep)
		system->peer->sweep(channel);
}

struct bench_program bench_program = {
	.name = "bench-peers",
	.json = "build/bench-peers.json",
	.rounds = 3,
	.round_ns = 300000000,
	.spread = true,
	.workloads = workloads,
	.nworkloads = COUNT(workloads),
	.preface = others_print,
	.preface_json = others_print_json,
	.sweep = sweep,
};
