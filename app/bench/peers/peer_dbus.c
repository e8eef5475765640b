/*
 * peer_dbus.c: D-Bus, through dbus-broker. The primary starts a broker of its own, as a child.
 *
 * The broker's usual launcher wants systemd. What it does is small: it hands the broker, over a
 * D-Bus connection between the two, a socket to listen on and a policy. Ours allows everything.
 *
 * A bus does not slow a sender down: when a receiver's queue is full the broker disconnects it. So
 * there are no streams and no broadcasts here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "sdbus.h"

#define BACKLOG 1024
#define BROKER "dbus-broker"

/* Who may connect, own names, send, receive: dbus-broker's policy, one batch for each user. */
#define BATCH "bta(btbs)a(btssssuutt)a(btssssuutt)"
#define USERS "a(u(" BATCH "))"
#define CONSOLE_USERS "a(buu(" BATCH "))"
#define POLICY USERS CONSOLE_USERS "a(ss)bs"

#define EVERYBODY ((uint32_t)-1)
#define PRIORITY ((uint64_t)1)

static int policy_append(sd_bus_message *message)
{
	int r = sd_bus_message_open_container(message, 'v', "(" POLICY ")");

	if (r >= 0)
		r = sd_bus_message_open_container(message, 'r', POLICY);
	if (r >= 0)
		r = sd_bus_message_append(message, USERS, 1, EVERYBODY, 1, PRIORITY, 1, 1, PRIORITY,
					  1, "", 1, 1, PRIORITY, "", "", "", "", 0, 0, (uint64_t)0,
					  UINT64_MAX, 1, 1, PRIORITY, "", "", "", "", 0, 0,
					  (uint64_t)0, UINT64_MAX);
	if (r >= 0)
		r = sd_bus_message_append(message, CONSOLE_USERS "a(ss)bs", 0, 0, 0, "session");
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int listener_add(sd_bus *controller, int listener)
{
	sd_bus_message *message = NULL;
	int r = sd_bus_message_new_method_call(controller, &message, NULL, "/org/bus1/DBus/Broker",
					       "org.bus1.DBus.Broker", "AddListener");

	if (r >= 0)
		r = sd_bus_message_append(message, "oh", "/org/bus1/DBus/Listener/0", listener);
	if (r >= 0)
		r = policy_append(message);
	if (r >= 0)
		r = sd_bus_call(controller, message, 0, NULL, NULL);
	sd_bus_message_unref(message);
	return r < 0 ? r : 0;
}

static int broker_start(int controller)
{
	char number[16];
	char *argv[] = { BROKER,
			 "--controller",
			 number,
			 "--machine-id",
			 "0123456789abcdef0123456789abcdef",
			 "--max-bytes",
			 "536870912",
			 "--max-fds",
			 "4096",
			 "--max-matches",
			 "131072",
			 "--max-objects",
			 "131072",
			 NULL };

	snprintf(number, sizeof(number), "%d", controller);
	return peer_daemon_start(argv, NULL);
}

static int controller_connect(struct sdbus *own)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	fcntl(pair[1], F_SETFD, 0);
	own->broker = broker_start(pair[1]);
	close(pair[1]);
	if (own->broker < 0)
		return own->broker;
	r = sd_bus_new(&own->controller);
	if (r >= 0)
		r = sd_bus_set_fd(own->controller, pair[0], pair[0]);
	return r < 0 ? r : sd_bus_start(own->controller);
}

static int bus_start(struct sdbus *own)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int r;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", own->side->role->channel);
	own->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (own->listener < 0 ||
	    bind(own->listener, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(own->listener, BACKLOG))
		return -errno;
	r = controller_connect(own);
	return r < 0 ? r : listener_add(own->controller, own->listener);
}

static int primary_open(struct sdbus *own)
{
	int r = bus_start(own);

	if (r == 0)
		r = sdbus_connect(own, true);
	if (r == 0)
		r = sd_bus_request_name(own->buses[0], SDBUS_NAME, 0);
	return r < 0 ? r : sdbus_listen_to(own, own->buses[0]);
}

static int dbus_open(struct peer_side *side)
{
	struct sdbus *own;
	const char *name;
	int r = sdbus_new(side, &own);

	if (r < 0)
		return r;
	own->destination = SDBUS_NAME;
	if (side->role->index == 0)
		return primary_open(own);
	r = sdbus_connect(own, true);
	/* answered by the bus: now it knows us */
	return r < 0 ? r : sd_bus_get_unique_name(own->buses[0], &name);
}

static bool dbus_there(void)
{
	return access("/usr/bin/" BROKER, X_OK) == 0;
}

static void dbus_version(char *text, size_t size)
{
	char line[64] = "";
	FILE *pipe = popen(BROKER " --version", "re");

	if (pipe && !fgets(line, sizeof(line), pipe))
		line[0] = '\0';
	if (pipe)
		pclose(pipe);
	line[strcspn(line, "\n")] = '\0';
	snprintf(text, size, "%s", line);
}

#define NO_FLOW "a bus has no flow control: it disconnects a receiver whose queue is full"

const struct peer peer_dbus_broker = {
	.name = "dbus-broker",
	.cannot[PEER_CAN_STREAM] = NO_FLOW,
	.cannot[PEER_CAN_BROADCAST] = NO_FLOW,
	.there = dbus_there,
	.version = dbus_version,
	.open = dbus_open,
	.close = sdbus_close,
	.ask = sdbus_ask,
	.serve = sdbus_loop,
	.ask_many = sdbus_ask_many,
};
