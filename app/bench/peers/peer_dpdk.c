/*
 * peer_dpdk.c: rte_mp of DPDK, the messages between a primary and its secondaries.
 *
 * A message is a datagram of one size on a unix socket. A thread of the library takes it and calls
 * the action of its name, so the sinks are called in that thread, and answers are sent there, while
 * the thread that called us waits for the last one. A sender waits while the receiver's socket is
 * full. A broadcast is a message to each socket found in a folder.
 *
 * Many asynchronous requests need a name each, and the library holds a lock while it sends one,
 * without which its thread takes no answer: when both sockets are full (10 messages, if
 * net.unix.max_dgram_qlen is as the kernel has it), both sides wait for ever.
 *
 * The messages need no huge pages, but EAL has no secondaries without. What it leaves in files lies
 * in the folder of this run and, with its name, in a hugetlbfs.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_version.h>

#include "peer.h"

#define ACTION "bench"
#define MEMORY_MIB 64
#define TEXT_OF(number) #number
#define TEXT(macro) TEXT_OF(macro)

struct own {
	struct rte_mp_msg message; /* to be sent, by one thread only */
	sem_t over;
	int error; /* of the library's thread; valid after `over` */
};

/* Where this run has its files, and the prefix that EAL shall give to those elsewhere. */
struct place {
	char folder[64];
	const char *prefix;
};

/* An action has no argument that is ours. */
static struct peer_side *receiver;

static void place_init(struct place *place, const char *channel)
{
	const char *end = strrchr(channel, '/');

	snprintf(place->folder, sizeof(place->folder), "%.*s", (int)(end - channel), channel);
	place->prefix = strrchr(place->folder, '/') + 1;
}

/* The next hugetlbfs in which we may have files, or NULL. */
static const char *huge_next(FILE *mounts)
{
	const struct mntent *mount;

	while ((mount = getmntent(mounts)))
		if (strcmp(mount->mnt_type, "hugetlbfs") == 0 && access(mount->mnt_dir, W_OK) == 0)
			return mount->mnt_dir;
	return NULL;
}

static unsigned long huge_free_mib(const char *folder)
{
	unsigned long pages = 0;
	struct statfs info;
	char path[96];
	FILE *file;

	if (statfs(folder, &info))
		return 0;
	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%lukB/free_hugepages",
		 (unsigned long)info.f_bsize >> 10);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * ((unsigned long)info.f_bsize >> 20);
}

/* Finds a folder for huge pages; returns NULL, or what is missing. */
static const char *huge_find(char *folder, size_t size)
{
	const char *lack = "no hugetlbfs that we may write to is mounted", *at;
	FILE *mounts = setmntent("/proc/mounts", "re");

	while (mounts && (at = huge_next(mounts))) {
		snprintf(folder, size, "%s", at);
		lack = huge_free_mib(at) < MEMORY_MIB
			       ? "less than " TEXT(MEMORY_MIB) " MiB of huge pages are free"
			       : NULL;
		if (!lack)
			break;
	}
	if (mounts)
		endmntent(mounts);
	return lack;
}

static const char *dpdk_lacks(void)
{
	char folder[256];

	return huge_find(folder, sizeof(folder));
}

static void files_remove(const char *folder, const char *prefix)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
}

static void dpdk_sweep(const char *channel)
{
	FILE *mounts = setmntent("/proc/mounts", "re");
	struct place place;
	char path[160];
	const char *at;

	place_init(&place, channel);
	while (mounts && (at = huge_next(mounts)))
		files_remove(at, place.prefix);
	if (mounts)
		endmntent(mounts);
	snprintf(path, sizeof(path), "%s/dpdk/%s", place.folder, place.prefix);
	files_remove(path, "");
	rmdir(path);
	snprintf(path, sizeof(path), "%s/dpdk", place.folder);
	rmdir(path);
}

/*
 * One lcore that may run wherever this process may: the threads of EAL, this one and those that it
 * starts, then stay there, too.
 */
static void lcores_format(char *text, size_t size)
{
	size_t length = (size_t)snprintf(text, size, "--lcores=0@(");
	cpu_set_t set;

	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (unsigned cpu = 0; cpu < CPU_SETSIZE && length < size; cpu++)
		if (CPU_ISSET(cpu, &set))
			length += (size_t)snprintf(text + length, size - length, "%u,", cpu);
	text[length - 1] = ')';
}

static int error_last(void)
{
	return rte_errno ? -rte_errno : -EIO;
}

static int eal_init(const struct role *role, const struct place *place)
{
	char lcores[8 * CPU_SETSIZE], prefix[96], huge[300], folder[256];
	char *argv[] = { "bench-peers",
			 role->index ? "--proc-type=secondary" : "--proc-type=primary",
			 lcores,
			 prefix,
			 "--no-pci",
			 "--no-telemetry",
			 "--log-level=1",
			 "-m",
			 TEXT(MEMORY_MIB),
			 huge,
			 NULL };
	int argc = (int)(sizeof(argv) / sizeof(argv[0])) - 1;

	lcores_format(lcores, sizeof(lcores));
	snprintf(prefix, sizeof(prefix), "--file-prefix=%s", place->prefix);
	if (role->index)
		argv[--argc] = NULL; /* it takes what the primary has taken */
	else if (huge_find(folder, sizeof(folder)))
		return -ENOMEM;
	else
		snprintf(huge, sizeof(huge), "--huge-dir=%s", folder);
	return rte_eal_init(argc, argv) < 0 ? error_last() : 0;
}

/*
 * One process after another: at the end of its start each removes the files that nobody has locked,
 * also those that another one has made and not yet locked.
 */
static int eal_start(const struct role *role)
{
	struct place place;
	int fd, r = 0;

	place_init(&place, role->channel);
	/* in place of /var/run */
	if (setenv("RUNTIME_DIRECTORY", place.folder, 1))
		return -errno;
	fd = open(place.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX))
		r = -errno;
	if (r == 0)
		r = eal_init(role, &place);
	if (fd >= 0)
		close(fd);
	return r;
}

static int answer(struct own *own, const struct rte_mp_msg *question, const void *from)
{
	memcpy(own->message.param, question->param, (size_t)question->len_param);
	own->message.len_param = question->len_param;
	return rte_mp_reply(&own->message, from) ? error_last() : 0;
}

static int on_message(const struct rte_mp_msg *message, const void *from)
{
	struct own *own = receiver->own;
	int r = peer_fds_close(receiver, message->fds, (size_t)message->num_fds);
	bool last = false;

	if (r == 0)
		last = receiver->sink(receiver->arg, message->param, (size_t)message->len_param);
	if (r == 0 && receiver->pattern == PEER_REQUEST)
		r = answer(own, message, from);
	if (r < 0)
		own->error = r;
	if (last || r < 0)
		sem_post(&own->over);
	return r;
}

static int dpdk_open(struct peer_side *side)
{
	struct own *own = calloc(1, sizeof(*own));
	char why[128];
	int r;

	if (!own)
		return -ENOMEM;
	side->own = own;
	sem_init(&own->over, 0, 0);
	snprintf(own->message.name, sizeof(own->message.name), ACTION);
	own->message.num_fds = (int)side->nfds;
	memcpy(own->message.fds, side->fds, sizeof(own->message.fds));
	r = eal_start(side->role);
	/* huge pages that were free before may be somebody's now: that is no failure of rte_mp */
	if (r < 0) {
		snprintf(why, sizeof(why), "EAL does not start: %s", strerror(-r));
		_exit(role_skip(side->role, why));
	}
	receiver = side;
	return side->sink && rte_mp_action_register(ACTION, on_message) ? error_last() : 0;
}

static void dpdk_close(struct peer_side *side)
{
	struct own *own = side->own;

	/* the primary removes what all use */
	if (side->role->index == 0)
		role_barrier(side->role);
	rte_eal_cleanup();
	if (side->role->index == 0)
		dpdk_sweep(side->role->channel);
	else
		role_barrier(side->role);
	sem_destroy(&own->over);
	free(own);
}

static int dpdk_ask(struct peer_side *side, const void *question, void *out, size_t size)
{
	const struct timespec timeout = { .tv_sec = PEER_TIMEOUT_MS / 1000 };
	struct rte_mp_reply reply = { 0 };
	struct own *own = side->own;
	int r = 0;

	memcpy(own->message.param, question, size);
	own->message.len_param = (int)size;
	if (rte_mp_request_sync(&own->message, &reply, &timeout))
		r = error_last();
	else if (reply.nb_received != 1 || reply.msgs[0].len_param != (int)size)
		r = -EBADMSG;
	else
		memcpy(out, reply.msgs[0].param, size);
	free(reply.msgs);
	return r;
}

static int dpdk_wait(struct peer_side *side)
{
	struct own *own = side->own;

	while (sem_wait(&own->over))
		continue;
	return own->error;
}

static void *dpdk_loan(struct peer_side *side, size_t size)
{
	struct own *own = side->own;

	return size <= sizeof(own->message.param) ? own->message.param : NULL;
}

static int dpdk_send(struct peer_side *side, const void *data, size_t size)
{
	struct own *own = side->own;

	(void)data; /* it is what was loaned */
	own->message.len_param = (int)size;
	return rte_mp_sendmsg(&own->message) ? error_last() : 0;
}

static void dpdk_version(char *text, size_t size)
{
	snprintf(text, size, "%s", rte_version());
}

const struct peer peer_dpdk = {
	.name = "dpdk-rte-mp",
	.cannot[PEER_CAN_SPIN] = "a thread of its own receives, and waits in the kernel",
	.cannot[PEER_CAN_ASYNC] = "one request of a name at a time; many names lock both sides up",
	.cannot[PEER_CAN_CARRY_4K] = "a message has at most 256 bytes",
	.cannot[PEER_CAN_CARRY_1M] = "a message has at most 256 bytes",
	.cannot[PEER_CAN_CARRY_16M] = "a message has at most 256 bytes",
	.cannot[PEER_CAN_SERVE_500] = "500 secondaries do not start within 40 s",
	.lacks = dpdk_lacks,
	.version = dpdk_version,
	.open = dpdk_open,
	.close = dpdk_close,
	.sweep = dpdk_sweep,
	.ask = dpdk_ask,
	.serve = dpdk_wait,
	.loan = dpdk_loan,
	.send = dpdk_send,
	.receive = dpdk_wait,
};
