/* Made by cohort-idl from names.mojom; what is changed here will be lost. */
#ifndef COHORT_IDL_DEMO_FILE_NAMES_MOJOM_H
#define COHORT_IDL_DEMO_FILE_NAMES_MOJOM_H

#include <cohort/component.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DEMO_NAMES_MOJOM_H UINT32_C(1)

enum demo_a {
	DEMO_A_X = 0,
};
extern const struct cohort_type demo_a_type;

struct demo_array_of_int32;
struct demo_a_to_b;
struct demo_to_b_to_c;
struct demo_foo;
struct demo_foo_bar;
struct demo_all;

struct demo_array_of_int32 {
	int32_t value;
};
extern const struct cohort_type demo_array_of_int32_type;
static inline void demo_array_of_int32_init(struct demo_array_of_int32 *object)
{
	cohort_init(&demo_array_of_int32_type, object);
}

struct demo_a_to_b {
	int32_t value;
};
extern const struct cohort_type demo_a_to_b_type;
static inline void demo_a_to_b_init(struct demo_a_to_b *object)
{
	cohort_init(&demo_a_to_b_type, object);
}

struct demo_to_b_to_c {
	int32_t value;
};
extern const struct cohort_type demo_to_b_to_c_type;
static inline void demo_to_b_to_c_init(struct demo_to_b_to_c *object)
{
	cohort_init(&demo_to_b_to_c_type, object);
}

struct demo_foo {
	uint32_t bar_baz;
};
extern const struct cohort_type demo_foo_type;
static inline void demo_foo_init(struct demo_foo *object)
{
	cohort_init(&demo_foo_type, object);
}

struct demo_foo_bar {
	uint32_t baz;
};
extern const struct cohort_type demo_foo_bar_type;
static inline void demo_foo_bar_init(struct demo_foo_bar *object)
{
	cohort_init(&demo_foo_bar_type, object);
}

#ifndef COHORT_OF_ARRAY_OF_NAMED_19_DEMO_ARRAY_OF_INT32
#define COHORT_OF_ARRAY_OF_NAMED_19_DEMO_ARRAY_OF_INT32
struct cohort_of_array_of_named_19_demo_array_of_int32 {
	const struct demo_array_of_int32 *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_ARRAY_OF_INT32
#define COHORT_OF_ARRAY_OF_ARRAY_OF_INT32
struct cohort_of_array_of_array_of_int32 {
	const struct cohort_of_array_of_int32 *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_DEMO_A_TO_NAMED_14_DEMO_TO_B_TO_C
#define COHORT_OF_MAP_OF_DEMO_A_TO_NAMED_14_DEMO_TO_B_TO_C
struct cohort_of_entry_of_demo_a_to_named_14_demo_to_b_to_c;
struct cohort_of_map_of_demo_a_to_named_14_demo_to_b_to_c {
	const struct cohort_of_entry_of_demo_a_to_named_14_demo_to_b_to_c *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_DEMO_A_TO_NAMED_11_DEMO_A_TO_B
#define COHORT_OF_MAP_OF_DEMO_A_TO_NAMED_11_DEMO_A_TO_B
struct cohort_of_entry_of_demo_a_to_named_11_demo_a_to_b;
struct cohort_of_map_of_demo_a_to_named_11_demo_a_to_b {
	const struct cohort_of_entry_of_demo_a_to_named_11_demo_a_to_b *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_NAMED_11_DEMO_A_TO_B
#define COHORT_OF_ARRAY_OF_NAMED_11_DEMO_A_TO_B
struct cohort_of_array_of_named_11_demo_a_to_b {
	const struct demo_a_to_b *data;
	size_t count;
};
#endif

struct demo_all {
	struct cohort_of_array_of_named_19_demo_array_of_int32 first;
	struct cohort_of_array_of_array_of_int32 second;
	struct cohort_of_map_of_demo_a_to_named_14_demo_to_b_to_c third;
	struct cohort_of_map_of_demo_a_to_named_11_demo_a_to_b fourth;
	struct cohort_of_array_of_named_11_demo_a_to_b fifth;
	uint32_t nothing;
	uint32_t functions;
	uint32_t object;
	uint32_t count;
	uint32_t data;
};
extern const struct cohort_type demo_all_type;
static inline void demo_all_init(struct demo_all *object)
{
	cohort_init(&demo_all_type, object);
}

#ifndef COHORT_OF_ARRAY_OF_INT32
#define COHORT_OF_ARRAY_OF_INT32
struct cohort_of_array_of_int32 {
	const int32_t *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_DEMO_A_TO_NAMED_14_DEMO_TO_B_TO_C
#define COHORT_OF_ENTRY_OF_DEMO_A_TO_NAMED_14_DEMO_TO_B_TO_C
struct cohort_of_entry_of_demo_a_to_named_14_demo_to_b_to_c {
	enum demo_a key;
	struct demo_to_b_to_c value;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_DEMO_A_TO_NAMED_11_DEMO_A_TO_B
#define COHORT_OF_ENTRY_OF_DEMO_A_TO_NAMED_11_DEMO_A_TO_B
struct cohort_of_entry_of_demo_a_to_named_11_demo_a_to_b {
	enum demo_a key;
	struct demo_a_to_b value;
};
#endif

#ifdef __cplusplus
}
#endif

#endif
