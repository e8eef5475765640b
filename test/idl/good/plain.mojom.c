/* Made by cohort-idl from plain.mojom; what is changed here will be lost. */
#include "plain.mojom.h"

#include <assert.h>
#include <errno.h>
#include <stdalign.h>

static const struct cohort_type type_of_uint32 = {
	COHORT_KIND_UINT32, sizeof(uint32_t), alignof(uint32_t), 0, 0, 0, NULL, NULL, NULL, NULL,
	NULL, NULL
};

static const struct cohort_field fields_of_pair[] = {
	{ "a", &type_of_uint32, offsetof(struct pair, a), NULL },
	{ "b", &type_of_uint32, offsetof(struct pair, b), NULL },
};
const struct cohort_type pair_type = {
	COHORT_KIND_STRUCT, sizeof(struct pair), alignof(struct pair), 0, 2, 0, "Pair", NULL,
	fields_of_pair, NULL, NULL, NULL
};

static const struct cohort_field fields_of_adder_add_in[] = {
	{ "pair", &pair_type, offsetof(struct adder_add_in, pair), NULL },
};
const struct cohort_type adder_add_in_type = {
	COHORT_KIND_STRUCT, sizeof(struct adder_add_in), alignof(struct adder_add_in), 0, 1, 0,
	"Adder.add.in", NULL, fields_of_adder_add_in, NULL, NULL, NULL
};

static const struct cohort_type type_of_uint64 = {
	COHORT_KIND_UINT64, sizeof(uint64_t), alignof(uint64_t), 0, 0, 0, NULL, NULL, NULL, NULL,
	NULL, NULL
};

static const struct cohort_field fields_of_adder_add_out[] = {
	{ "sum", &type_of_uint64, offsetof(struct adder_add_out, sum), NULL },
};
const struct cohort_type adder_add_out_type = {
	COHORT_KIND_STRUCT, sizeof(struct adder_add_out), alignof(struct adder_add_out), 0, 1, 0,
	"Adder.add.out", NULL, fields_of_adder_add_out, NULL, NULL, NULL
};

static int invoke_adder_add(const void *functions, void *self, struct cohort_job *job,
			    const void *in, void *out)
{
	const struct adder_functions *table =
		(const struct adder_functions *)functions;

	if (!table->add)
		return -ENOSYS;
	return table->add(job, self, (const struct adder_add_in *)in, (struct adder_add_out *)out);
}

static const struct cohort_method methods_of_adder[] = {
	{ "add", 0, -1, &adder_add_in_type, &adder_add_out_type, invoke_adder_add },
};

const struct cohort_interface adder_interface = {
	"Adder", 0, 1, methods_of_adder
};

