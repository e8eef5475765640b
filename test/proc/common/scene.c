/*
 * Scenes, members and hosts. A scene makes this process the one that inherits orphans of its children, so that a
 * process which a dead member left behind can be collected, too.
 */
#include "proc/common/scene.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

bool soak(void)
{
	return getenv("COHORT_SOAK") != NULL;
}

unsigned rounds(unsigned ordinary, unsigned in_soak)
{
	return soak() ? in_soak : ordinary;
}

static void scene_begin(struct scene *s)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	cr_assert_lt(snprintf(s->path, sizeof(s->path), "%s/s", s->folder), (int)sizeof(s->path));
	cr_assert_eq(census_take(&s->before, 0, s->folder), 0);
}

void scene_open(struct scene *s)
{
	int err = temp_dir_make(s->folder);

	cr_assert_eq(err, 0, "no folder: %d", err);
	scene_begin(s);
}

/* Right below /tmp: what the runner of the tests gives us is closed to other users. */
void scene_open_for(struct scene *s, uid_t owner)
{
	strcpy(s->folder, "/tmp/ct-XXXXXX");
	cr_assert_not_null(mkdtemp(s->folder));
	cr_assert_eq(chown(s->folder, owner, (gid_t)-1), 0);
	cr_assert_eq(chmod(s->folder, 0755), 0);
	scene_begin(s);
}

void scene_close(struct scene *s)
{
	char why[1024] = "";
	bool same = census_settle(&s->before, why, sizeof(why));

	temp_dir_remove(s->folder);
	cr_assert(same, "something is left: %s", why);
}

/* --- Children --------------------------------------------------------------------------------------------- */

#define WORDS_MAX 16

static void start(struct child *child, const char *program, const char *role, const struct scene *s,
		  va_list words)
{
	const char *argv[WORDS_MAX] = { program, role, s->path };
	int n = 3, err;

	while (n < WORDS_MAX && (argv[n] = va_arg(words, const char *)))
		n++;
	cr_assert_lt(n, WORDS_MAX);
	err = child_spawn(child, program, (char *const *)(uintptr_t)argv);
	cr_assert_eq(err, 0, "%s cannot be started: %d", program, err);
}

void program_start(struct child *child, const char *program, const char *role,
		   const struct scene *s, ...)
{
	va_list words;

	va_start(words, s);
	start(child, program, role, s, words);
	va_end(words);
}

unsigned member_open(struct child *child, const char *role, const struct scene *s, ...)
{
	va_list words;

	va_start(words, s);
	start(child, "member", role, s, words);
	va_end(words);
	member_expect(child, "open ");
	return (unsigned)number_after(child, "open");
}

void member_expect(struct child *child, const char *line)
{
	child->line[0] = '\0';
	cr_assert(child_expect(child, line, 3 * PATIENCE_MS),
		  "waited for \"%s\", the last line was \"%s\"", line, child->line);
}

void member_do(struct child *child, const char *answer, const char *format, ...)
{
	char line[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	cr_assert(child_say(child, "%s", line), "it has gone before: %s", line);
	member_expect(child, answer);
}

long long number_after(const struct child *child, const char *word)
{
	const char *place = strstr(child->line, word);

	cr_assert_not_null(place, "no \"%s\" in \"%s\"", word, child->line);
	return strtoll(place + strlen(word), NULL, 10);
}

void scene_sweep(const struct scene *s)
{
	struct child primary;

	member_open(&primary, "primary", s, NULL);
	member_close(&primary);
}

void member_close(struct child *child)
{
	int status;

	member_do(child, "close 0", "quit");
	status = child_wait(child, 3 * PATIENCE_MS);
	cr_assert_eq(status, 0, "it ended with %#x", (unsigned)status);
	child_end(child);
}

void member_await_sequence(struct child *child, uint64_t count)
{
	int64_t end = now_ns() + COHORT_MS(6 * PATIENCE_MS);
	uint64_t seen;

	do {
		member_do(child, "events", "events");
		cr_assert_eq(number_after(child, "disorder"), 0, "out of order: %s", child->line);
		seen = (uint64_t)(number_after(child, "handled") + number_after(child, "lost"));
	} while (seen < count && now_ns() < end);
	cr_assert_eq(seen, count, "not all %llu: %s", (unsigned long long)count, child->line);
}

void member_await(struct child *child, const char *word, long long value)
{
	int64_t end = now_ns() + COHORT_MS(3 * PATIENCE_MS);

	do {
		member_do(child, "events", "events");
		cr_assert_eq(number_after(child, "disorder"), 0, "out of order: %s", child->line);
	} while (number_after(child, word) != value && now_ns() < end);
	cr_assert_eq(number_after(child, word), value, "waited for %s %lld: %s", word, value,
		     child->line);
}

void member_stop(struct child *child)
{
	siginfo_t info;

	cr_assert_eq(child_kill(child, SIGSTOP), 0);
	cr_assert_eq(waitid(P_PID, (id_t)child->pid, &info, WSTOPPED), 0);
}

void member_go_on(struct child *child)
{
	cr_assert_eq(child_kill(child, SIGCONT), 0);
}

void member_kill(struct child *child)
{
	cr_assert_eq(child_kill(child, SIGKILL), 0);
	child_end(child);
}

void orphan_end(pid_t pid)
{
	cr_assert_gt(pid, 1);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

/* --- A handle of this process ------------------------------------------------------------------------------ */

static void on_joined(struct cohort *c, cohort_peer peer, void *user)
{
	struct host *host = user;

	(void)c;
	pthread_mutex_lock(&host->lock);
	host->last_joined = peer;
	pthread_mutex_unlock(&host->lock);
	event_signal(&host->joined);
}

static void on_left(struct cohort *c, cohort_peer peer, enum cohort_reason reason, void *user)
{
	struct host *host = user;

	(void)c;
	pthread_mutex_lock(&host->lock);
	host->last_left = peer;
	host->reason = reason;
	host->handled_at_left = host->sequence.handled;
	pthread_mutex_unlock(&host->lock);
	event_signal(&host->left);
}

static void on_lost(struct cohort *c, cohort_peer peer, uint64_t count,
		    enum cohort_lost_reason reason, void *user)
{
	struct host *host = user;

	(void)c;
	(void)peer;
	(void)reason;
	pthread_mutex_lock(&host->lock);
	sequence_lose(&host->sequence, count);
	pthread_mutex_unlock(&host->lock);
}

static int on_echo(struct cohort_call *call, void *arg)
{
	struct cohort_message answer = COHORT_MESSAGE_INIT;
	int fds[COHORT_FDS_MAX];
	int err;

	(void)arg;
	answer.data = cohort_call_data(call, &answer.length);
	answer.nfds = cohort_call_fds(call);
	answer.fds = fds;
	for (size_t i = 0; i < answer.nfds; i++)
		fds[i] = cohort_call_fd_take(call, i);
	err = cohort_call_reply(call, 0, &answer);
	for (size_t i = 0; i < answer.nfds; i++)
		close(fds[i]);
	return err < 0 ? err : 0;
}

static int on_sequence(struct cohort_call *call, void *arg)
{
	struct host *host = arg;
	uint64_t number = 0;
	size_t length;
	const void *data = cohort_call_data(call, &length);

	memcpy(&number, data, length < sizeof(number) ? length : sizeof(number));
	pthread_mutex_lock(&host->lock);
	sequence_handle(&host->sequence, number);
	host->descriptors += cohort_call_fds(call);
	pthread_mutex_unlock(&host->lock);
	event_signal(&host->calls);
	return 0;
}

/* Stays until the test lets it go. */
static int on_hold(struct cohort_call *call, void *arg)
{
	struct host *host = arg;

	(void)call;
	event_signal(&host->held);
	while (sem_wait(&host->release) && errno == EINTR)
		;
	return 0;
}

void host_add(struct host *host, const char *name, cohort_handler *handler, void *arg,
	      uint32_t flags)
{
	struct cohort_action action = { sizeof(action), name, handler, arg, flags, NULL, NULL };

	cr_assert_lt(host->config.nactions, sizeof(host->actions) / sizeof(*host->actions));
	host->actions[host->config.nactions++] = action;
}

void host_init(struct host *host, enum cohort_role role)
{
	struct cohort_config config = COHORT_CONFIG_INIT;

	*host = (struct host){ .config = config };
	pthread_mutex_init(&host->lock, NULL);
	sem_init(&host->release, 0, 0);
	event_init(&host->joined);
	event_init(&host->left);
	event_init(&host->calls);
	event_init(&host->held);
	host->config.role = role;
	host->config.handshake_timeout =
		PATIENCE; /* who is given up comes again: that would count */
	host->config.user = host;
	host->config.actions = host->actions;
	host->config.joined = on_joined;
	host->config.left = on_left;
	host->config.lost = on_lost;
	host_add(host, "echo", on_echo, host, 0);
	host_add(host, "sequence", on_sequence, host, 0);
	host_add(host, "hold", on_hold, host, 0);
	host_add(host, "hold-blocking", on_hold, host, COHORT_BLOCKING);
}

void host_open(struct host *host, const struct scene *s)
{
	int err = cohort_open(&host->c, s->path, &host->config);

	cr_assert_eq(err, 0, "cannot open: %d", err);
}

void host_close(struct host *host)
{
	int err = cohort_close(host->c);

	cr_assert_eq(err, 0, "cannot close: %d", err);
	event_deinit(&host->held);
	event_deinit(&host->calls);
	event_deinit(&host->left);
	event_deinit(&host->joined);
	sem_destroy(&host->release);
	pthread_mutex_destroy(&host->lock);
}

cohort_peer host_peer(struct host *host, unsigned number)
{
	struct cohort_peer_info peers[HOST_PEERS_MAX] = { { .size = sizeof(*peers) } };
	int n = cohort_peers(host->c, peers, HOST_PEERS_MAX, PATIENCE);

	for (int i = 0; i < n; i++)
		if ((peers[i].id & UINT32_MAX) == number)
			return peers[i].id;
	cr_assert_fail("no peer %u among %d", number, n);
	return COHORT_NOBODY;
}

int host_ask(struct host *host, cohort_peer peer, const char *action, const char *text,
	     int64_t timeout, int *status)
{
	struct cohort_message message = COHORT_MESSAGE(action, text, strlen(text));
	struct cohort_reply *reply = NULL;
	int err = cohort_request(host->c, peer, &message, timeout, &reply);

	if (!err && status)
		*status = cohort_reply_status(reply);
	cohort_reply_free(reply);
	return err;
}

void host_echo(struct host *host, cohort_peer peer)
{
	struct cohort_message message = COHORT_MESSAGE("echo", "hello", 5);
	struct cohort_reply *reply = NULL;
	int err = cohort_request(host->c, peer, &message, PATIENCE, &reply);
	size_t length;

	cr_assert_eq(err, 0, "no echo: %d", err);
	cr_assert_eq(cohort_reply_status(reply), 0);
	cr_assert_arr_eq(cohort_reply_data(reply, &length), "hello", 5);
	cr_assert_eq(length, 5);
	cohort_reply_free(reply);
}

int host_send(struct host *host, cohort_peer peer, const char *action, uint64_t number, size_t nfds,
	      int64_t timeout)
{
	struct cohort_message message = COHORT_MESSAGE(action, &number, sizeof(number));
	int fds[COHORT_FDS_MAX];

	for (size_t i = 0; i < nfds; i++)
		fds[i] = STDERR_FILENO;
	message.fds = fds;
	message.nfds = nfds;
	return cohort_send(host->c, peer, &message, timeout);
}

cohort_peer host_last_left(struct host *host)
{
	cohort_peer peer;

	pthread_mutex_lock(&host->lock);
	peer = host->last_left;
	pthread_mutex_unlock(&host->lock);
	return peer;
}

enum cohort_reason host_reason(struct host *host)
{
	enum cohort_reason reason;

	pthread_mutex_lock(&host->lock);
	reason = host->reason;
	pthread_mutex_unlock(&host->lock);
	return reason;
}

struct cohort_counters host_counters(struct host *host)
{
	struct cohort_counters counters = COHORT_COUNTERS_INIT;
	int err = cohort_stats(host->c, COHORT_ALL, &counters);

	cr_assert_eq(err, 0, "no statistics: %d", err);
	return counters;
}
