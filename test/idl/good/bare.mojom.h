/* Made by cohort-idl from bare.mojom; what is changed here will be lost. */
#ifndef COHORT_IDL_FILE_BARE_MOJOM_H
#define COHORT_IDL_FILE_BARE_MOJOM_H

#include <cohort/component.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum x {
	X_A = 0,
};
extern const struct cohort_type x_type;

enum x_to {
	X_TO_A = 0,
};
extern const struct cohort_type x_to_type;

struct y;
struct to_y;
struct y_entry;
struct map_of_string_to_y;
struct entry_of_map_of_string_to_y;
struct y_in;
struct all;

struct y {
	int32_t value;
};
extern const struct cohort_type y_type;
static inline void y_init(struct y *object)
{
	cohort_init(&y_type, object);
}

struct to_y {
	const char *value;
};
extern const struct cohort_type to_y_type;
static inline void to_y_init(struct to_y *object)
{
	cohort_init(&to_y_type, object);
}

struct y_entry {
	uint8_t value;
};
extern const struct cohort_type y_entry_type;
static inline void y_entry_init(struct y_entry *object)
{
	cohort_init(&y_entry_type, object);
}

struct map_of_string_to_y {
	int64_t value;
};
extern const struct cohort_type map_of_string_to_y_type;
static inline void map_of_string_to_y_init(struct map_of_string_to_y *object)
{
	cohort_init(&map_of_string_to_y_type, object);
}

struct entry_of_map_of_string_to_y {
	int64_t value;
};
extern const struct cohort_type entry_of_map_of_string_to_y_type;
static inline void entry_of_map_of_string_to_y_init(struct entry_of_map_of_string_to_y *object)
{
	cohort_init(&entry_of_map_of_string_to_y_type, object);
}

struct y_in {
	float value;
};
extern const struct cohort_type y_in_type;
static inline void y_in_init(struct y_in *object)
{
	cohort_init(&y_in_type, object);
}

#ifndef COHORT_OF_MAP_OF_NAMED_4_X_TO_TO_Y
#define COHORT_OF_MAP_OF_NAMED_4_X_TO_TO_Y
struct cohort_of_entry_of_named_4_x_to_to_y;
struct cohort_of_map_of_named_4_x_to_to_y {
	const struct cohort_of_entry_of_named_4_x_to_to_y *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_X_TO_TO_Y
#define COHORT_OF_MAP_OF_X_TO_TO_Y
struct cohort_of_entry_of_x_to_to_y;
struct cohort_of_map_of_x_to_to_y {
	const struct cohort_of_entry_of_x_to_to_y *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_STRING_TO_Y
#define COHORT_OF_MAP_OF_STRING_TO_Y
struct cohort_of_entry_of_string_to_y;
struct cohort_of_map_of_string_to_y {
	const struct cohort_of_entry_of_string_to_y *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_STRING_TO_Y_ENTRY
#define COHORT_OF_MAP_OF_STRING_TO_Y_ENTRY
struct cohort_of_entry_of_string_to_y_entry;
struct cohort_of_map_of_string_to_y_entry {
	const struct cohort_of_entry_of_string_to_y_entry *entries;
	size_t count;
};
#endif

struct all {
	struct cohort_of_map_of_named_4_x_to_to_y first;
	struct cohort_of_map_of_x_to_to_y second;
	struct cohort_of_map_of_string_to_y third;
	struct cohort_of_map_of_string_to_y_entry fourth;
	struct map_of_string_to_y fifth;
	struct entry_of_map_of_string_to_y sixth;
};
extern const struct cohort_type all_type;
static inline void all_init(struct all *object)
{
	cohort_init(&all_type, object);
}

#ifndef COHORT_OF_ENTRY_OF_NAMED_4_X_TO_TO_Y
#define COHORT_OF_ENTRY_OF_NAMED_4_X_TO_TO_Y
struct cohort_of_entry_of_named_4_x_to_to_y {
	enum x_to key;
	struct y value;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_X_TO_TO_Y
#define COHORT_OF_ENTRY_OF_X_TO_TO_Y
struct cohort_of_entry_of_x_to_to_y {
	enum x key;
	struct to_y value;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_STRING_TO_Y
#define COHORT_OF_ENTRY_OF_STRING_TO_Y
struct cohort_of_entry_of_string_to_y {
	const char *key;
	struct y value;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_STRING_TO_Y_ENTRY
#define COHORT_OF_ENTRY_OF_STRING_TO_Y_ENTRY
struct cohort_of_entry_of_string_to_y_entry {
	const char *key;
	struct y_entry value;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_Y_IN
#define COHORT_OF_ARRAY_OF_Y_IN
struct cohort_of_array_of_y_in {
	const struct y_in *data;
	size_t count;
};
#endif

struct array_of_y_out {
	struct cohort_of_array_of_y_in list;
};
extern const struct cohort_type array_of_y_out_type;
static inline void array_of_y_out_init(struct array_of_y_out *object)
{
	cohort_init(&array_of_y_out_type, object);
}

extern const struct cohort_interface array_of_interface;

enum array_of_method {
	ARRAY_OF_METHOD_Y = 0,
};

/*
 * What serves ArrayOf. They return 0 or a negative errno, which is the call's status;
 * NULL: -ENOSYS.
 */
struct array_of_functions {
	int (*y)(struct cohort_job *job, void *self, struct array_of_y_out *out);
};

/*
 * Calls it and waits. 0: answered, and if *status is 0, *out is the results, for
 * cohort_out_free(); else as cohort_port_call().
 */
static inline int array_of_y(struct cohort_port *port, struct array_of_y_out **out, int *status,
			     int64_t timeout)
{
	void *results = NULL;
	int err = cohort_port_call(port, &array_of_interface, ARRAY_OF_METHOD_Y, NULL,
				   out ? &results : NULL, status, timeout);

	if (!err && out)
		*out = (struct array_of_y_out *)results;
	return err;
}

/*
 * Calls it without waiting: `done` gets the results, a struct array_of_y_out.
 * 0, or as cohort_port_call_async().
 */
static inline int array_of_y_async(struct cohort_port *port, int64_t timeout,
				   cohort_port_done *done, void *arg)
{
	return cohort_port_call_async(port, &array_of_interface, ARRAY_OF_METHOD_Y, NULL, timeout,
				      done, arg);
}

/* Calls it without an answer. 0: it will be served; else as cohort_port_send(). */
static inline int array_of_y_send(struct cohort_port *port, int64_t timeout)
{
	return cohort_port_send(port, &array_of_interface, ARRAY_OF_METHOD_Y, NULL, timeout);
}

#ifdef __cplusplus
}
#endif

#endif
