#include "component/common/viewer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

/* --- Interfaces ------------------------------------------------------------------------------------ */

static const struct cohort_type u32 = { .kind = COHORT_KIND_UINT32, .size = 4, .align = 4 };
static const struct cohort_type i32 = { .kind = COHORT_KIND_INT32, .size = 4, .align = 4 };
static const struct cohort_type u64 = { .kind = COHORT_KIND_UINT64, .size = 8, .align = 8 };

static const struct cohort_field order_fields[] = {
	{ "deed", &u32, offsetof(struct viewer_order, deed), NULL },
	{ "id", &u32, offsetof(struct viewer_order, id), NULL },
	{ "number", &u64, offsetof(struct viewer_order, number), NULL },
};

static const struct cohort_field sight_fields[] = {
	{ "error", &i32, offsetof(struct viewer_sight, error), NULL },
	{ "access", &u32, offsetof(struct viewer_sight, access), NULL },
	{ "length", &u64, offsetof(struct viewer_sight, length), NULL },
	{ "number", &u64, offsetof(struct viewer_sight, number), NULL },
};

static const struct cohort_type order_type = {
	.kind = COHORT_KIND_STRUCT,
	.size = sizeof(struct viewer_order),
	.align = _Alignof(struct viewer_order),
	.count = 3,
	.name = "test.Order",
	.fields = order_fields,
};

static const struct cohort_type sight_type = {
	.kind = COHORT_KIND_STRUCT,
	.size = sizeof(struct viewer_sight),
	.align = _Alignof(struct viewer_sight),
	.count = 4,
	.name = "test.Sight",
	.fields = sight_fields,
};

static int invoke(const void *functions, void *self, struct cohort_job *job, const void *in,
		  void *out)
{
	return ((const struct viewer_functions *)functions)->view(self, job, in, out);
}

static const struct cohort_method view = { "view", 0, -1, &order_type, &sight_type, invoke };

const struct cohort_interface viewer_interface = { "test.Viewer", 0, 1, &view };
const struct cohort_interface viewer_owner_interface = { "test.ViewerOwner", 0, 1, &view };

/* --- The component ----------------------------------------------------------------------------------- */

static int find(struct cohort_port *caller, uint32_t id, struct cohort_buffer *buffer)
{
	*buffer = (struct cohort_buffer){ .size = sizeof(*buffer) };
	return cohort_buffer_find(caller, id, buffer);
}

static void look(struct cohort_port *caller, uint32_t id, struct viewer_sight *sight)
{
	struct cohort_buffer buffer;

	sight->error = find(caller, id, &buffer);
	if (sight->error)
		return;
	sight->access = buffer.access;
	sight->length = buffer.length;
	sight->number = *(const uint64_t *)buffer.data;
}

static void store(struct cohort_port *caller, const struct viewer_order *order,
		  struct viewer_sight *sight)
{
	struct cohort_buffer buffer;

	sight->error = find(caller, order->id, &buffer);
	if (!sight->error)
		*(volatile uint64_t *)buffer.data = order->number;
}

static void protect(struct cohort_port *caller, uint32_t id, struct viewer_sight *sight)
{
	struct cohort_buffer buffer;

	sight->error = find(caller, id, &buffer);
	if (!sight->error && mprotect(buffer.data, buffer.length, PROT_READ | PROT_WRITE))
		sight->error = -errno;
}

static void await(_Atomic uint64_t *word, uint64_t value)
{
	const struct timespec step = { .tv_nsec = 1000000 };

	/* half a minute, so that a test that fails ends; acquire: what was written before is seen */
	for (int i = 0; i < 30000; i++) {
		if (atomic_load_explicit(word, memory_order_acquire) == value)
			return;
		nanosleep(&step, NULL);
	}
}

static void hold(struct cohort_port *caller, const struct viewer_order *order,
		 struct viewer_sight *sight)
{
	struct cohort_buffer held, words;
	_Atomic uint64_t *word;

	sight->error = find(caller, order->id, &held);
	if (!sight->error)
		sight->error = find(caller, (uint32_t)order->number, &words);
	if (sight->error)
		return;
	word = words.data;
	atomic_store_explicit(word, 1, memory_order_release);
	await(word, 2);
	sight->number = *(const uint64_t *)held.data;
	atomic_store_explicit(word, 3, memory_order_release);
}

static int ask(struct cohort_port *caller, struct viewer_sight *sight)
{
	struct viewer_order order = { 0 };
	void *out;
	int status;
	int err = cohort_port_call(caller, &viewer_owner_interface, 0, &order, &out, &status,
				   COHORT_METHOD_TIMEOUT);

	if (err || status)
		return err ? err : status;
	look(caller, (uint32_t)((const struct viewer_sight *)out)->number, sight);
	cohort_out_free(out);
	return 0;
}

static int on_view(void *self, struct cohort_job *job, const struct viewer_order *in,
		   struct viewer_sight *out)
{
	struct cohort_port *caller = cohort_job_port(job);

	(void)self;
	switch (in->deed) {
	case VIEWER_LOOK:
		return look(caller, in->id, out), 0;
	case VIEWER_STORE:
		return store(caller, in, out), 0;
	case VIEWER_PROTECT:
		return protect(caller, in->id, out), 0;
	case VIEWER_HOLD:
		return hold(caller, in, out), 0;
	case VIEWER_ASK:
		return ask(caller, out);
	}
	return -EINVAL;
}

static int create(struct cohort_port *caller, const char *options, void **self)
{
	(void)options;
	*self = caller;
	return 0;
}

static const struct viewer_functions functions = { on_view };
static const struct cohort_service service = { &viewer_interface, &functions };
static const struct cohort_interface *const uses[] = { &viewer_owner_interface };

const struct cohort_component_class viewer_class = {
	.size = sizeof(struct cohort_component_class),
	.name = "viewer",
	.services = &service,
	.nservices = 1,
	.uses = uses,
	.nuses = 1,
	.create = create,
};
