/*
 * A process under load: as a secondary it sends numbered messages to the primary and asks it; as the primary it
 * broadcasts numbered messages and asks every peer in turn. Some messages and requests carry descriptors, some are
 * large. It watches what it gets for order and gaps, and each answer for being that of its own question.
 *
 * Commands: go, pause, report, quit. It may be killed at any moment: how many messages it tried to send, and how many
 * were accepted, stands in the file given as tally=FILE.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>

#include "proc/common/sequence.h"
#include "proc/common/tally.h"
#include "proc/programs/program.h"

#define PEERS_MAX 64
#define LARGE 100000 /* bytes: more than a quarter of the ring */
#define LARGE_EVERY 64
#define HEARD 2 /* large messages of a peer, and whatever they need is there */
#define DESCRIPTOR_EVERY 16
#define PATIENCE COHORT_SECONDS(30)

struct stream {
	cohort_peer peer;
	struct sequence sequence;
	uint64_t large; /* of those handled */
};

struct work {
	struct options options;
	struct cohort *c;
	struct tally *tally;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t changed;
	bool running, quit;
	unsigned parked;		  /* threads that wait for `go` */
	struct stream streams[PEERS_MAX]; /* of the peers that are here; peer 0: free */
	uint64_t disorder, wrong; /* wrong: answers that are another's, errors that must not be */
	int first_wrong;
	uint64_t answered, failed;
};

static struct work me = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

/* --- What comes ------------------------------------------------------------------------------------------- */

static struct stream *stream_of(cohort_peer peer)
{
	for (unsigned i = 0; i < PEERS_MAX; i++)
		if (me.streams[i].peer == peer)
			return &me.streams[i];
	return NULL;
}

static void on_joined(struct cohort *c, cohort_peer peer, void *user)
{
	struct stream *stream;

	(void)c;
	(void)user;
	pthread_mutex_lock(&me.lock);
	stream = stream_of(COHORT_NOBODY);
	if (stream)
		*stream = (struct stream){ .peer = peer };
	pthread_mutex_unlock(&me.lock);
	say("joined %u", peer_number(peer));
}

static void on_left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	struct sequence sequence = { .disorder = 1 }; /* `left` without `joined` */
	struct stream *stream;

	(void)c;
	(void)user;
	pthread_mutex_lock(&me.lock);
	stream = stream_of(peer);
	if (stream) {
		sequence = stream->sequence;
		*stream = (struct stream){ .peer = COHORT_NOBODY };
	}
	me.disorder += sequence.disorder;
	pthread_mutex_unlock(&me.lock);
	say("left %u %d first %llu handled %llu lost %llu disorder %llu", peer_number(peer),
	    (int)reason, (unsigned long long)sequence.first, (unsigned long long)sequence.handled,
	    (unsigned long long)sequence.lost, (unsigned long long)sequence.disorder);
}

static void on_lost(struct cohort *c, cohort_peer peer, uint64_t count,
		    enum cohort_lost_reason reason, void *user)
{
	struct stream *stream;

	(void)c;
	(void)user;
	(void)reason;
	pthread_mutex_lock(&me.lock);
	stream = stream_of(peer);
	if (stream)
		sequence_lose(&stream->sequence, count);
	me.disorder += !stream;
	pthread_mutex_unlock(&me.lock);
}

static int on_sequence(struct cohort_call *call, void *arg)
{
	struct stream *stream;
	size_t length;

	(void)arg;
	cohort_call_data(call, &length);
	pthread_mutex_lock(&me.lock);
	stream = stream_of(cohort_call_peer(call));
	if (stream) {
		sequence_handle(&stream->sequence, call_number(call));
		stream->large += length > LARGE;
	}
	me.disorder += !stream;
	pthread_mutex_unlock(&me.lock);
	return 0;
}

static int on_echo(struct cohort_call *call, void *arg)
{
	struct cohort_message answer = COHORT_MESSAGE_INIT;
	int fd = -1;
	int err;

	(void)arg;
	answer.data = cohort_call_data(call, &answer.length);
	answer.nfds = cohort_call_fds(call);
	if (answer.nfds)
		fd = cohort_call_fd_take(call, 0);
	answer.fds = &fd;
	err = cohort_call_reply(call, 0, &answer);
	if (fd >= 0)
		close(fd);
	return err < 0 ? err : 0;
}

/* --- What goes -------------------------------------------------------------------------------------------- */

/* Waits while paused. False when it is time to end. */
static bool may_go_on(void)
{
	bool quit;

	pthread_mutex_lock(&me.lock);
	me.parked++;
	pthread_cond_broadcast(&me.changed);
	while (!me.running && !me.quit)
		pthread_cond_wait(&me.changed, &me.lock);
	me.parked--;
	quit = me.quit;
	pthread_mutex_unlock(&me.lock);
	return !quit;
}

static bool running(void)
{
	bool yes;

	pthread_mutex_lock(&me.lock);
	yes = me.running && !me.quit;
	pthread_mutex_unlock(&me.lock);
	return yes;
}

/* Errors that a death in the middle explains; the time limits are such that no timeout has an excuse. */
static bool error_is_fair(int error)
{
	return error == -EPIPE || error == -ENOTCONN || error == -ESTALE || error == -ESHUTDOWN ||
	       error == -EAGAIN || error == -ECANCELED;
}

static void note_outcome(int error, bool right)
{
	pthread_mutex_lock(&me.lock);
	me.answered += !error;
	me.failed += error != 0;
	if (!right && !me.wrong++)
		me.first_wrong = error;
	pthread_mutex_unlock(&me.lock);
}

static char large[LARGE];

/* Message `number`: some carry a descriptor, some are large. */
static int push_one(uint64_t number)
{
	int fd = STDERR_FILENO;
	struct iovec parts[2] = { { &number, sizeof(number) },
				  { large, number % LARGE_EVERY == LARGE_EVERY - 1 ? LARGE : 0 } };
	struct cohort_message message = { .size = sizeof(message),
					  .action = "sequence",
					  .iov = parts,
					  .niov = 2,
					  .fds = &fd,
					  .nfds = number % DESCRIPTOR_EVERY == 1 };
	int err;

	if (me.options.config.role == COHORT_ROLE_PRIMARY)
		return cohort_broadcast(me.c, &message, 0, NULL);
	atomic_store(&me.tally->tried, number + 1);
	err = cohort_send(me.c, COHORT_PRIMARY, &message, COHORT_MS(50));
	if (!err)
		atomic_store(&me.tally->accepted, number + 1);
	if (err == -ENOTCONN || err == -ESTALE)
		cohort_wait(me.c, NULL, 1, COHORT_MS(100));
	return err;
}

static void *pusher(void *arg)
{
	uint64_t number = 0;

	while (may_go_on()) {
		while (running()) {
			int err = push_one(number);

			number += !err;
			if (err && !error_is_fair(err))
				note_outcome(err, false);
		}
	}
	return arg;
}

static bool answer_fits(struct cohort_reply *reply, const struct cohort_message *question)
{
	size_t length;
	const void *data = cohort_reply_data(reply, &length);

	return cohort_reply_status(reply) == 0 && length == question->length &&
	       !memcmp(data, question->data, length) && cohort_reply_fds(reply) == question->nfds;
}

static void ask_one(cohort_peer peer, uint64_t number)
{
	uint64_t body[400] = { 0 };
	int fd = STDERR_FILENO;
	struct cohort_message question = COHORT_MESSAGE("echo", body, number % 6 * 640 / 8 * 8);
	struct cohort_reply *reply;
	int err;

	for (size_t i = 0; i < sizeof(body) / sizeof(*body); i++)
		body[i] = number + i;
	question.fds = &fd;
	question.nfds = number % 8 == 7;
	err = cohort_request(me.c, peer, &question, PATIENCE, &reply);
	if (err) {
		note_outcome(err, error_is_fair(err));
		return;
	}
	note_outcome(0, answer_fits(reply, &question));
	cohort_reply_free(reply);
}

/* The next peer to ask; nobody is worth asking while nobody is there. */
static cohort_peer next_peer(unsigned *place)
{
	cohort_peer found = COHORT_NOBODY;

	if (me.options.config.role != COHORT_ROLE_PRIMARY)
		return COHORT_PRIMARY;
	pthread_mutex_lock(&me.lock);
	for (unsigned i = 0; i < PEERS_MAX && !found; i++) {
		*place = (*place + 1) % PEERS_MAX;
		found = me.streams[*place].peer;
	}
	pthread_mutex_unlock(&me.lock);
	return found;
}

static void *asker(void *arg)
{
	uint64_t number = 0;
	unsigned place = 0;

	while (may_go_on()) {
		while (running()) {
			cohort_peer peer = next_peer(&place);

			if (peer != COHORT_NOBODY)
				ask_one(peer, number++);
			else
				cohort_wait(me.c, NULL, 1, COHORT_MS(100));
		}
	}
	return arg;
}

/* --- Commands --------------------------------------------------------------------------------------------- */

static void set_running(bool on, bool quit)
{
	pthread_mutex_lock(&me.lock);
	me.running = on;
	me.quit = quit;
	pthread_cond_broadcast(&me.changed);
	while (!on && !quit && me.parked < 2)
		pthread_cond_wait(&me.changed, &me.lock);
	pthread_mutex_unlock(&me.lock);
}

/* Of how many peers it has handled large messages. Needs the lock. */
static unsigned peers_heard(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PEERS_MAX; i++)
		n += me.streams[i].peer != COHORT_NOBODY && me.streams[i].large >= HEARD;
	return n;
}

static void report(void)
{
	uint64_t disorder, handled = 0, lost = 0;

	pthread_mutex_lock(&me.lock);
	disorder = me.disorder;
	for (unsigned i = 0; i < PEERS_MAX; i++) {
		disorder += me.streams[i].sequence.disorder;
		handled += me.streams[i].sequence.handled;
		lost += me.streams[i].sequence.lost;
	}
	say("report disorder %llu wrong %llu error %d handled %llu lost %llu answered %llu failed %llu "
	    "heard %u",
	    (unsigned long long)disorder, (unsigned long long)me.wrong, me.first_wrong,
	    (unsigned long long)handled, (unsigned long long)lost, (unsigned long long)me.answered,
	    (unsigned long long)me.failed, peers_heard());
	pthread_mutex_unlock(&me.lock);
}

static void command(const char *line)
{
	if (!strcmp(line, "go\n"))
		set_running(true, false);
	else if (!strcmp(line, "pause\n"))
		set_running(false, false), say("paused");
	else if (!strcmp(line, "report\n"))
		report();
}

static struct tally *tally_map(const char *path)
{
	static struct tally own;
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (!path)
		return &own;
	if (fd < 0)
		_exit(126);
	map = mmap(NULL, sizeof(own), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		_exit(126);
	return map;
}

int main(int argc, char **argv)
{
	static const struct cohort_action actions[] = {
		{ sizeof(*actions), "sequence", on_sequence, NULL, 0, NULL, NULL },
		{ sizeof(*actions), "echo", on_echo, NULL, 0, NULL, NULL },
	};
	pthread_t threads[2];
	char line[64];
	int err;

	options_parse(&me.options, argc, argv);
	me.tally = tally_map(me.options.tally);
	me.options.config.actions = actions;
	me.options.config.nactions = 2;
	me.options.config.joined = on_joined;
	me.options.config.left = on_left;
	me.options.config.lost = on_lost;
	err = cohort_open(&me.c, me.options.path, &me.options.config);
	if (err) {
		say("failed %d", err);
		return 1;
	}
	say("open %u", peer_number(cohort_self(me.c)));
	if (pthread_create(&threads[0], NULL, pusher, NULL) ||
	    pthread_create(&threads[1], NULL, asker, NULL))
		_exit(119);
	while (fgets(line, sizeof(line), stdin) && strcmp(line, "quit\n"))
		command(line);
	set_running(false, true);
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	say("close %d", cohort_close(me.c));
	return 0;
}
