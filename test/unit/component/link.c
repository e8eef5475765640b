/*
 * What a hostile worker can answer: a port, and on the other end of its channel a handle that says
 * what it likes instead of a component.
 */
#include "component/link.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <sys/socket.h>

#include "cohort.h"
#include "component/bind.h"
#include "component/port.h"
#include "support/support.h"

static const struct cohort_type nothing = { .kind = COHORT_KIND_STRUCT, .name = "test.Nothing" };

static int invoke(const void *functions, void *self, struct cohort_job *job, const void *in,
		  void *out)
{
	(void)functions;
	(void)self;
	(void)job;
	(void)in;
	(void)out;
	return 0;
}

/* Parameters whose encoding lasts until there is somebody else. */
static int encode_late(struct cohort_encoder *to, const void *object);
static int decode_any(struct cohort_decoder *from, void *object);

static const struct cohort_custom late_custom = { sizeof(late_custom), encode_late, decode_any,
						  NULL };
static const struct cohort_type late_type = { .kind = COHORT_KIND_CUSTOM,
					      .size = 1,
					      .align = 1,
					      .name = "test.Late",
					      .custom = &late_custom };
static const struct cohort_field late_fields[] = { { "late", &late_type, 0, NULL } };
static const struct cohort_type late = { .kind = COHORT_KIND_STRUCT,
					 .size = 1,
					 .align = 1,
					 .count = 1,
					 .name = "test.LateInput",
					 .fields = late_fields };

static const struct cohort_method methods[] = { { "put", 0, -1, &nothing, &nothing, invoke },
						{ "late", 0, -1, &late, &nothing, invoke } };
static const struct cohort_interface interface = { "test.Put", 0, 2, methods };
static const struct cohort_interface *const uses[] = { &interface };

static struct cohort_port *port;
static struct cohort *worker;
static int32_t lie;
static struct event joined;

static int encode_late(struct cohort_encoder *to, const void *object)
{
	(void)to;
	(void)object;
	link_set_peer(port, link_peer(port) + 1);
	return 0;
}

static int decode_any(struct cohort_decoder *from, void *object)
{
	(void)from;
	(void)object;
	return 0;
}

static int answer(struct cohort_call *call, void *arg)
{
	struct cohort_message body = COHORT_MESSAGE(NULL, &lie, sizeof(lie));

	(void)arg;
	return cohort_call_reply(call, -EIO, &body);
}

static void on_joined(struct cohort *c, cohort_peer peer, void *user)
{
	(void)user;
	link_set_channel(port, c);
	link_set_peer(port, peer);
	event_signal(&joined);
}

static void set_up(void)
{
	struct cohort_config near = COHORT_CONFIG_INIT, far = COHORT_CONFIG_INIT;
	struct cohort_action actions[] = { COHORT_ACTION_INIT, COHORT_ACTION_INIT };
	int pair[2];

	event_init(&joined);
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	cr_assert_eq(port_new(&port, NULL, 0, uses, 1), 0);
	port->uses[0].methods = 2;
	port->wait_for_restart = true;
	near.role = COHORT_ROLE_PRIMARY;
	near.joined = on_joined;
	near.handshake_timeout = COHORT_MS(PATIENCE_MS);
	cr_assert_eq(link_open(port, pair[0], &near, NULL, 0), 0);
	for (int i = 0; i < 2; i++) {
		actions[i].name = port->uses[0].actions[i];
		actions[i].handler = answer;
	}
	far.actions = actions;
	far.nactions = 2;
	far.handshake_timeout = COHORT_MS(PATIENCE_MS);
	cr_assert_eq(cohort_open_fd(&worker, pair[1], &far), 0);
	cr_assert(event_wait_for(&joined, 1, PATIENCE_MS));
	port_set_gate(port, GATE_OPEN);
}

static void tear_down(void)
{
	port_set_gate(port, GATE_SHUT);
	port_drain(port);
	link_close(port);
	cr_assert_eq(cohort_close(worker), 0);
	port_free(port);
	event_deinit(&joined);
}

static int call(int32_t error)
{
	int status;

	lie = error;
	return cohort_port_call(port, &interface, 0, NULL, NULL, &status, COHORT_MS(PATIENCE_MS));
}

Test(link, the_runtimes_errors_are_those_of_the_call, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(call(-ENOMEM), -ENOMEM);
	cr_assert_eq(call(-EBADMSG), -EBADMSG);
	cr_assert_eq(call(-ECANCELED), -ECANCELED);
	cr_assert_eq(call(0), -EBADMSG);
	cr_assert_eq(call(7), -EBADMSG);
	cr_assert_eq(call(-4096), -EBADMSG);
}

/* Nor is the call made again, as it would be when the session had really ended. */
Test(link, the_other_side_cannot_say_that_its_session_is_over, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(call(-ENOTCONN), -EBADMSG);
	cr_assert_eq(call(-EPIPE), -EBADMSG);
	cr_assert_eq(call(-ESHUTDOWN), -EBADMSG);
	cr_assert_eq(call(-ETIMEDOUT), -EBADMSG);
}

/* It has passed the gate: to the next worker, which knows nothing yet, it would be open only later. */
Test(link, a_call_goes_to_whom_the_gate_was_open_to, .init = set_up, .fini = tear_down)
{
	int status;

	lie = -EBADMSG;
	cr_assert_eq(cohort_port_call(port, &interface, 1, "", NULL, &status,
				      COHORT_MS(PATIENCE_MS)),
		     -EBADMSG);
}
