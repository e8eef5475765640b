/*
 * Calls made while nobody is there: a port whose gate the test opens and shuts, and whose way only
 * writes down what leaves.
 */
#include "component/park.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "component/clock.h"
#include "component/port.h"
#include "support/support.h"

struct number {
	uint32_t value;
};

static const struct cohort_type u32 = { .kind = COHORT_KIND_UINT32, .size = 4, .align = 4 };
static const struct cohort_field fields[] = { { "value", &u32, 0, NULL } };
static const struct cohort_type number = {
	.kind = COHORT_KIND_STRUCT,
	.size = sizeof(struct number),
	.align = 4,
	.count = 1,
	.name = "test.Number",
	.fields = fields,
};

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

static const struct cohort_method methods[] = { { "put", 0, -1, &number, &number, invoke } };
static const struct cohort_interface interface = { "test.Put", 0, 1, methods };
static const struct cohort_interface *const uses[] = { &interface };

#define ROOM 64

static struct {
	struct event event;
	pthread_mutex_t lock;
	uint32_t values[ROOM];
	int errors[ROOM];
	size_t count;
} left = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void write_down(uint32_t value, int error)
{
	pthread_mutex_lock(&left.lock);
	left.values[left.count] = value;
	left.errors[left.count++] = error;
	pthread_mutex_unlock(&left.lock);
	event_signal(&left.event);
}

static int way_call(struct cohort_port *port, const struct port_call *call, struct parcel **results,
		    int *status)
{
	(void)port;
	(void)results;
	*status = -EDOM;
	write_down(((const struct number *)call->in)->value, 0);
	return 0;
}

static int way_async(struct cohort_port *port, const struct port_call *call)
{
	(void)port;
	write_down(((const struct number *)call->in)->value, 0);
	return 0;
}

static const struct way way = { .call = way_call, .call_async = way_async };
static struct cohort_port *port;

static void set_up(void)
{
	event_init(&left.event);
	cr_assert_eq(port_new(&port, NULL, 0, uses, 1), 0);
	port->way = &way;
	port->wait_for_restart = true;
	port->uses[0].methods = 1;
	port_set_gate(port, GATE_WAIT);
}

static void tear_down(void)
{
	port_set_gate(port, GATE_SHUT);
	port_drain(port);
	port_free(port);
	event_deinit(&left.event);
}

static void on_done(struct cohort_port *of, int error, int status, void *out, void *arg)
{
	cr_assert_eq(of, port);
	(void)status;
	(void)out;
	write_down(*(uint32_t *)arg, error);
}

static uint32_t numbers[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static int call_async(uint32_t value, int64_t timeout)
{
	struct number in = { value };

	return cohort_port_call_async(port, &interface, 0, &in, timeout, on_done, &numbers[value]);
}

static void *call(void *arg)
{
	struct number in = { 9 };

	(void)arg;
	cohort_port_call(port, &interface, 0, &in, NULL, NULL, COHORT_FOREVER);
	return NULL;
}

Test(park, asynchronous_calls_leave_in_order_and_before_who_waits, .init = set_up,
     .fini = tear_down)
{
	pthread_t thread;

	for (uint32_t i = 0; i < 9; i++)
		cr_assert_eq(call_async(i, COHORT_FOREVER), 0);
	cr_assert_eq(pthread_create(&thread, NULL, call, NULL), 0);
	cr_assert_eq(event_count(&left.event), 0);
	port_set_gate(port, GATE_OPEN);
	cr_assert(event_wait_for(&left.event, 10, PATIENCE_MS));
	pthread_join(thread, NULL);
	for (uint32_t i = 0; i < 10; i++)
		cr_assert_eq(left.values[i], i, "%u: %u", i, left.values[i]);
}

Test(park, a_call_for_which_nobody_comes_in_time_times_out, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(call_async(3, COHORT_MS(20)), 0);
	cr_assert(event_wait_for(&left.event, 1, PATIENCE_MS));
	cr_assert_eq(left.values[0], 3);
	cr_assert_eq(left.errors[0], -ETIMEDOUT);
}

Test(park, a_call_times_out_behind_one_that_waits_longer, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(call_async(0, COHORT_FOREVER), 0);
	cr_assert_eq(call_async(1, COHORT_MS(20)), 0);
	cr_assert(event_wait_for(&left.event, 1, PATIENCE_MS));
	cr_assert_eq(left.values[0], 1);
	cr_assert_eq(left.errors[0], -ETIMEDOUT);
	port_set_gate(port, GATE_OPEN);
	cr_assert(event_wait_for(&left.event, 2, PATIENCE_MS));
	cr_assert_eq(left.values[1], 0);
	cr_assert_eq(left.errors[1], 0);
}

Test(park, the_end_is_told_to_each, .init = set_up, .fini = tear_down)
{
	cr_assert_eq(call_async(1, COHORT_FOREVER), 0);
	cr_assert_eq(call_async(2, COHORT_FOREVER), 0);
	port_set_gate(port, GATE_SHUT);
	port_drain(port);
	cr_assert_eq(event_count(&left.event), 2);
	cr_assert_eq(left.errors[0], -ESHUTDOWN);
	cr_assert_eq(left.errors[1], -ESHUTDOWN);
	cr_assert_eq(call_async(1, COHORT_FOREVER), -ESHUTDOWN);
}

Test(park, without_waiting_for_a_restart_a_call_fails_at_once, .init = set_up, .fini = tear_down)
{
	port_set_gate(port, GATE_ABSENT);
	cr_assert_eq(call_async(1, COHORT_FOREVER), -ENOTCONN);
	cr_assert_eq(event_count(&left.event), 0);
}
