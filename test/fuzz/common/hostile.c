/*
 * The peer uses the library's modules below the engine; what it does is in the tests. Its child
 * process has no handle, and ends with _exit() or by SIGKILL.
 */
#include "fuzz/common/hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/futex.h"
#include "base/hash.h"
#include "io/bell.h"
#include "io/sock.h"
#include "io/xfer.h"
#include "wire/control.h"
#include "wire/frame.h"

#define SESSION_MS 2000
#define CALL_SLACK COHORT_SECONDS(8) /* past its deadline, with sanitizers on a busy machine */

uint64_t fuzz_seed(void)
{
	const char *string = getenv("COHORT_FUZZ_SEED");
	uint64_t seed = string ? strtoull(string, NULL, 0) : (uint64_t)now_ns();

	printf("COHORT_FUZZ_SEED=%#jx\n", (uintmax_t)seed);
	fflush(stdout);
	return seed;
}

uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t draw_below(uint64_t *state, uint64_t n)
{
	return draw(state) % n;
}

int64_t fuzz_end(void)
{
	return now_ns() + (getenv("COHORT_SOAK") ? COHORT_SECONDS(120) : COHORT_SECONDS(4));
}

bool fuzz_goes_on(int64_t end, struct hostile_board *board)
{
	int64_t now = now_ns();

	return now < end || (atomic_load(&board->sessions) <= 2 && now < end + PATIENCE);
}

/* --- The peer ---------------------------------------------------------------------------------- */

void hostile_init(struct hostile *h, const char *path, uint64_t seed)
{
	*h = (struct hostile){
		.path = path, .socket = -1, .bell = -1, .region_fd = -1, .random = seed
	};
	h->region.shared_with = -1;
}

bool hostile_send(struct hostile *h, const void *bytes, int length, const int *fds, size_t nfds)
{
	struct iovec part = { (void *)(uintptr_t)bytes, length > 0 ? (size_t)length : 0 };

	return length >= 0 && xfer_send(h->socket, &part, 1, fds, nfds, 0) == 0;
}

static bool readable(int fd, int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout) > 0;
}

int hostile_receive(struct hostile *h, unsigned char *bytes, size_t size, int fds[2])
{
	struct xfer_in in;
	int n;

	xfer_in_init(&in);
	if (!readable(h->socket, SESSION_MS))
		return -1;
	n = xfer_recv(h->socket, bytes, size, &in);
	for (unsigned i = 0; i < 2 && fds && n == 1; i++)
		fdlist_take(&in.fds, i, &fds[i]);
	n = n == 1 ? (int)in.length : -1;
	xfer_in_deinit(&in);
	return n;
}

static bool say_hello(struct hostile *h)
{
	struct wire_hello hello = { .versions = { 1, 1 },
				    .pid = (uint32_t)getpid(),
				    .t1 = now_ns(),
				    .program = wire_text_of("hostile", TEXT_PROGRAM_MAX) };
	static const char *const names[] = { "echo", "note" };
	unsigned char page[512], bytes[1024];
	struct writer writer;
	uint32_t count = 0;

	writer_init(&writer, page, sizeof(page));
	for (int i = 0; i < 2; i++) {
		struct wire_action a = { .name = wire_text_of(names[i], COHORT_NAME_MAX) };

		wire_action_append(&writer, &count, &a);
	}
	hello.actions = (struct wire_entries){ page, writer.used, count };
	return hostile_send(h, bytes, wire_hello_encode(bytes, sizeof(bytes), &hello), NULL, 0);
}

static bool map_welcome(struct hostile *h, const unsigned char *bytes, int n, int fds[2])
{
	struct wire_welcome w;
	struct region_shape shape;

	h->region_fd = fds[0];
	h->bell = fds[1];
	if (n < 0 || wire_welcome_decode(bytes, (size_t)n, &w))
		return false;
	region_shape(&shape, w.ring_to_primary, w.ring_to_secondary);
	if (region_map(&h->region, h->region_fd, &shape))
		return false;
	ring_out_init(&h->out, h->region.lane[0], h->region.data[0], shape.ring_size[0]);
	ring_in_init(&h->in, h->region.lane[1], h->region.data[1], shape.ring_size[1]);
	return true;
}

bool hostile_join(struct hostile *h)
{
	struct wire_mapped mapped = { .t4 = now_ns() };
	unsigned char bytes[4096];
	int fds[2] = { -1, -1 }, n;

	h->next_sidecar = 0;
	if (sock_connect(h->path, &h->socket) || !say_hello(h))
		return false;
	n = hostile_receive(h, bytes, sizeof(bytes), fds);
	if (!map_welcome(h, bytes, n, fds))
		return false;
	if (!hostile_send(h, bytes, wire_mapped_encode(bytes, sizeof(bytes), &mapped), NULL, 0))
		return false;
	n = hostile_receive(h, bytes, sizeof(bytes), NULL);
	return n > 0 && wire_ready_decode(bytes, (size_t)n) == 0;
}

bool hostile_observe(struct hostile *h)
{
	struct wire_hello hello = { .versions = { 1, 1 },
				    .flags = WIRE_HELLO_OBSERVER,
				    .program = wire_text_of("hostile", TEXT_PROGRAM_MAX) };
	unsigned char bytes[1024];
	int n;

	h->next_sidecar = 0;
	if (sock_connect(h->path, &h->socket))
		return false;
	n = wire_hello_encode(bytes, sizeof(bytes), &hello);
	if (!hostile_send(h, bytes, n, NULL, 0))
		return false;
	n = hostile_receive(h, bytes, sizeof(bytes), NULL);
	return n > 0 && wire_ready_decode(bytes, (size_t)n) == 0;
}

void hostile_part(struct hostile *h)
{
	region_unmap(&h->region);
	fd_close(&h->socket);
	fd_close(&h->bell);
	fd_close(&h->region_fd);
}

bool hostile_is_out(struct hostile *h)
{
	struct pollfd p = { .fd = h->socket, .events = POLLIN | POLLRDHUP };
	unsigned char bytes[4096];
	struct xfer_in in;

	while (poll(&p, 1, 0) > 0) {
		if (p.revents & (POLLRDHUP | POLLHUP | POLLERR))
			return true;
		xfer_in_init(&in);
		xfer_recv(h->socket, bytes, sizeof(bytes), &in);
		xfer_in_deinit(&in);
	}
	return false;
}

struct lane *hostile_lane_out(struct hostile *h)
{
	return h->region.lane[h->is_primary ? REGION_PRIMARY : REGION_SECONDARY];
}

struct lane *hostile_lane_in(struct hostile *h)
{
	return h->region.lane[h->is_primary ? REGION_SECONDARY : REGION_PRIMARY];
}

struct slot *hostile_asked(struct hostile *h, unsigned i)
{
	return &h->region.slots[h->is_primary ? REGION_SECONDARY : REGION_PRIMARY][i];
}

void hostile_ring(struct hostile *h)
{
	if (ring_take_bell(hostile_lane_out(h)))
		bell_ring(h->bell);
}

bool hostile_push(struct hostile *h, struct record *head, const char *name, const void *body)
{
	bool elsewhere = head->flags & (RECORD_IN_BULK | RECORD_IN_MEMFD);
	size_t length = strlen(name);
	unsigned char *at;

	head->name = (uint8_t)length;
	head->hash = hash_name(name, length);
	head->length = (uint32_t)record_size(length, elsewhere ? 0 : head->body);
	if (ring_room(&h->out, head->length))
		return false;
	at = ring_place(&h->out);
	memcpy(at, head, sizeof(*head));
	memcpy(at + RECORD_HEADER, name, length);
	if (head->body && !elsewhere)
		memcpy(at + RECORD_HEADER + record_pad(length), body, head->body);
	ring_publish(&h->out, head->length);
	hostile_ring(h);
	return true;
}

static void answer_well(struct hostile *h, const struct record *r)
{
	struct slot_answer a = { .form = SLOT_INLINE };
	struct slot *slot = hostile_asked(h, r->slot);

	if (slot_answer(slot, r->sequence, &a, NULL, 0) == 1)
		slot_wake(slot);
	if (r->flags & RECORD_ANNOUNCE) {
		slot_announce(hostile_lane_in(h), r->slot);
		hostile_ring(h);
	}
}

void hostile_serve(struct hostile *h, unsigned percent)
{
	struct record r;
	uint32_t how;

	while (ring_peek(&h->in, &r) == 1) {
		if (r.kind == RECORD_REQUEST && draw_below(&h->random, 100) < percent)
			answer_well(h, &r);
		how = ring_advance(&h->in, &r);
		if (how & LANE_WAIT_FUTEX)
			futex_wake(&hostile_lane_in(h)->waiting, 99, true);
		if (how & LANE_WAIT_BELL)
			bell_ring(h->bell);
	}
	how = ring_sleep(&h->in);
	if (how & LANE_WAIT_FUTEX)
		futex_wake(&hostile_lane_in(h)->waiting, 99, true);
	if (how & LANE_WAIT_BELL)
		bell_ring(h->bell);
}

/* --- Its process ------------------------------------------------------------------------------- */

pid_t hostile_start(void (*body)(struct hostile *h, struct hostile_board *board), const char *path,
		    struct hostile_board **board)
{
	uint64_t seed = fuzz_seed();
	struct hostile h;
	pid_t pid;

	*board = mmap(NULL, sizeof(**board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	cr_assert_neq(*board, MAP_FAILED);
	pid = fork();
	cr_assert_geq(pid, 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	hostile_init(&h, path, seed);
	body(&h, *board);
	_exit(0);
}

void hostile_stop(pid_t pid, struct hostile_board *board)
{
	int status = 0;

	kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) ||
			  (WIFEXITED(status) && WEXITSTATUS(status) == 0),
		  "the hostile process itself ended with status %#x", status);
	munmap(board, sizeof(*board));
}

bool board_await(_Atomic uint32_t *word, uint32_t value)
{
	int64_t deadline = deadline_after(clock_now(), PATIENCE);
	uint32_t seen;

	while ((seen = atomic_load(word)) < value) {
		if (futex_wait(word, seen, deadline_min(deadline, clock_now() + COHORT_MS(5)),
			       true) &&
		    clock_now() >= deadline)
			return false;
	}
	return true;
}

/* --- The other side ---------------------------------------------------------------------------- */

static int on_echo(struct cohort_call *call, void *arg)
{
	struct cohort_message body = COHORT_MESSAGE_INIT;
	int fds[COHORT_FDS_MAX];

	(void)arg;
	if (!cohort_call_is_request(call))
		return 0;
	body.data = cohort_call_data(call, &body.length);
	body.fds = fds;
	for (size_t i = 0; i < cohort_call_fds(call); i++) {
		fds[body.nfds] = cohort_call_fd_take(call, i);
		body.nfds += fds[body.nfds] >= 0;
	}
	body.flags = COHORT_GIVE_FDS;
	if (cohort_call_reply(call, 0, &body) >= 0)
		return 0;
	for (size_t i = 0; i < body.nfds; i++)
		close(fds[i]);
	return 0;
}

static int on_note(struct cohort_call *call, void *arg)
{
	struct target *t = arg;

	(void)call;
	atomic_fetch_add(&t->notes, 1);
	return 0;
}

static void on_joined(struct cohort *c, cohort_peer peer, void *user)
{
	struct target *t = user;

	(void)c;
	atomic_store(&t->last_joined, peer);
	event_signal(&t->joined);
}

static void on_left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	struct target *t = user;

	(void)c;
	(void)peer;
	atomic_fetch_add(&t->reasons[reason], 1);
	event_signal(&t->left);
}

static void on_lost(struct cohort *c, cohort_peer peer, uint64_t count,
		    enum cohort_lost_reason reason, void *user)
{
	struct target *t = user;

	(void)c;
	(void)peer;
	(void)reason;
	atomic_fetch_add(&t->lost, count);
}

static void on_writable(struct cohort *c, cohort_peer peer, void *user)
{
	(void)c;
	(void)peer;
	event_signal(&((struct target *)user)->writable);
}

static void on_done(struct cohort *c, uint64_t id, int error, struct cohort_reply *reply, void *arg)
{
	struct target *t = arg;

	(void)c;
	(void)id;
	(void)error;
	cohort_reply_free(reply);
	atomic_fetch_add(&t->done, 1);
}

void target_init(struct target *t)
{
	memset(t, 0, sizeof(*t));
	cr_assert_eq(temp_dir_make(t->folder), 0);
	cr_assert_eq(census_take(&t->before, 0, t->folder), 0);
	snprintf(t->path, sizeof(t->path), "%s/s", t->folder);
	event_init(&t->joined);
	event_init(&t->left);
	event_init(&t->writable);
}

static struct cohort *open_handle(struct target *t, enum cohort_role role)
{
	struct cohort_config config = COHORT_CONFIG_INIT;
	struct cohort_action actions[2] = { COHORT_ACTION_INIT, COHORT_ACTION_INIT };
	struct cohort *c = NULL;
	int err;

	actions[0].name = "echo";
	actions[0].handler = on_echo;
	actions[1].name = "note";
	actions[1].handler = on_note;
	actions[0].arg = actions[1].arg = t;
	config.role = role;
	config.actions = actions;
	config.nactions = 2;
	config.ring_size = 65536;
	config.bulk_size = 262144;
	config.max_body = 1 << 20;
	config.open_timeout = role == COHORT_ROLE_PRIMARY ? 0 : PATIENCE;
	config.handshake_timeout = PATIENCE;
	if (role == COHORT_ROLE_PRIMARY) {
		config.user = t;
		config.joined = on_joined;
		config.left = on_left;
		config.lost = on_lost;
		config.writable = on_writable;
	}
	err = cohort_open(&c, t->path, &config);
	cr_assert_eq(err, 0, "open: %s", cohort_strerror(err));
	return c;
}

void target_open(struct target *t)
{
	t->primary = open_handle(t, COHORT_ROLE_PRIMARY);
	t->honest = open_handle(t, COHORT_ROLE_SECONDARY);
	t->honest_id = cohort_self(t->honest);
	cr_assert_neq(t->honest_id, COHORT_NOBODY);
	target_echo(t, 10, false);
}

cohort_peer target_hostile_peer(struct target *t)
{
	struct cohort_peer_info peers[2] = { { .size = sizeof(peers[0]) } };

	cr_assert_eq(cohort_wait(t->primary, NULL, 2, PATIENCE), 0);
	cr_assert_eq(cohort_peers(t->primary, peers, 2, 0), 2);
	return peers[peers[0].id == t->honest_id].id;
}

static void echo_one(struct cohort *c, cohort_peer to, size_t length, bool with_fd)
{
	struct cohort_message m = COHORT_MESSAGE_INIT;
	struct cohort_reply *reply = NULL;
	unsigned char *body = malloc(length + 1);
	size_t got;
	int err, fd;

	memset(body, 'e', length + 1);
	m.action = "echo";
	m.data = body;
	m.length = length;
	m.fds = (int[]){ STDOUT_FILENO };
	m.nfds = with_fd;
	err = cohort_request(c, to, &m, PATIENCE, &reply);
	cr_assert_eq(err, 0, "the honest peer is not served: %s", cohort_strerror(err));
	cr_assert_eq(memcmp(cohort_reply_data(reply, &got), body, length), 0);
	cr_assert_eq(got, length);
	cr_assert_eq(cohort_reply_fds(reply), (size_t)with_fd);
	fd = with_fd ? cohort_reply_fd_take(reply, 0) : -1;
	if (fd >= 0)
		close(fd);
	cohort_reply_free(reply);
	free(body);
}

void target_echo(struct target *t, size_t length, bool with_fd)
{
	echo_one(t->honest, COHORT_PRIMARY, length, with_fd);
	echo_one(t->primary, t->honest_id, length, with_fd);
}

static void expect_by(int64_t deadline, const char *what, int result)
{
	cr_assert_leq(clock_now(), deadline + CALL_SLACK, "%s (%d) came %lld ms late", what, result,
		      (long long)((clock_now() - deadline) / 1000000));
}

static struct cohort_message random_message(const char *action, uint64_t *random, int *fds)
{
	static const size_t lengths[] = { 0, 1, 100, 992, 993, 16384, 16385, 70000, 200000 };
	static unsigned char bytes[200000];
	struct cohort_message m = COHORT_MESSAGE_INIT;

	m.action = action;
	m.data = bytes;
	m.length = lengths[draw_below(random, draw_below(random, 2) ? 3 : 9)];
	m.fds = fds;
	m.nfds = draw_below(random, 4) ? 0 : draw_below(random, 20);
	for (size_t i = 0; i < m.nfds; i++)
		fds[i] = STDOUT_FILENO;
	return m;
}

void target_bother(struct target *t, cohort_peer peer, uint64_t *random)
{
	int64_t timeout = (int64_t)draw_below(random, COHORT_MS(15)), deadline;
	struct cohort_replies *replies = NULL;
	struct cohort_reply *reply = NULL;
	int fds[20], err;
	struct cohort_message m =
		random_message(draw_below(random, 2) ? "echo" : "note", random, fds);

	deadline = clock_now() + timeout;
	switch (draw_below(random, 6)) {
	case 0:
		err = cohort_send(t->primary, peer, &m, timeout);
		expect_by(deadline, "send", err);
		break;
	case 1:
	case 2:
		err = cohort_request(t->primary, peer, &m, timeout, &reply);
		expect_by(deadline, "request", err);
		cohort_reply_free(reply);
		break;
	case 3:
		err = cohort_request_async(t->primary, peer, &m, timeout, on_done, t, NULL);
		expect_by(clock_now(), "request_async", err);
		atomic_fetch_add(&t->asked, err == 0);
		break;
	case 4:
		m.action = "note";
		err = cohort_broadcast(t->primary, &m, timeout, NULL);
		expect_by(deadline, "broadcast", err);
		break;
	default:
		err = cohort_request_all(t->primary, &m, timeout, &replies);
		expect_by(deadline, "request_all", err);
		cohort_replies_free(replies);
	}
}

void target_close(struct target *t)
{
	cr_assert_eq(cohort_close(t->honest), 0);
	cr_assert_eq(cohort_close(t->primary), 0);
	t->honest = t->primary = NULL;
	cr_assert_eq(atomic_load(&t->asked), atomic_load(&t->done),
		     "each asynchronous request is called back once");
}

void target_deinit(struct target *t)
{
	char why[2048] = "";

	cr_assert(census_settle(&t->before, why, sizeof(why)), "left behind: %s", why);
	event_deinit(&t->joined);
	event_deinit(&t->left);
	event_deinit(&t->writable);
	cr_assert_eq(temp_dir_remove(t->folder), 0);
}
