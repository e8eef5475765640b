// Both sides of a channel in one C++ program: asks over a pair of sockets, and looks at the answer.

#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <string>

#include <cohort.h>

static int greet(struct cohort_call *call, void *)
{
	size_t length;
	auto name = static_cast<const char *>(cohort_call_data(call, &length));
	std::string text = "hello, " + std::string(name, length);
	struct cohort_message answer = COHORT_MESSAGE(nullptr, text.data(), text.size());

	return cohort_call_reply(call, 0, &answer);
}

static int ask(struct cohort *c, std::string &text)
{
	struct cohort_message question = COHORT_MESSAGE("greet", "world", 5);
	struct cohort_reply *reply;
	int err = cohort_request(c, COHORT_PRIMARY, &question, COHORT_SECONDS(5), &reply);

	if (err)
		return err;
	size_t length;
	auto data = static_cast<const char *>(cohort_reply_data(reply, &length));
	text.assign(data, length);
	cohort_reply_free(reply);
	return 0;
}

int main()
{
	struct cohort_config primary = COHORT_CONFIG_INIT, secondary = COHORT_CONFIG_INIT;
	struct cohort_action action = COHORT_ACTION_INIT;
	struct cohort *ours, *theirs;
	int pair[2];
	std::string text;

	action.name = "greet";
	action.handler = greet;
	primary.role = COHORT_ROLE_PRIMARY;
	primary.actions = &action;
	primary.nactions = 1;
	primary.handshake_timeout = secondary.handshake_timeout = COHORT_SECONDS(30);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ||
	    cohort_open_fd(&ours, pair[0], &primary) ||
	    cohort_open_fd(&theirs, pair[1], &secondary))
		return 1;
	int err = ask(theirs, text);
	std::printf("%s\n", err ? cohort_strerror(err) : text.c_str());
	return err || text != "hello, world" || cohort_close(theirs) || cohort_close(ours);
}
