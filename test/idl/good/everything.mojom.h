/* Made by cohort-idl from everything.mojom; what is changed here will be lost. */
/* Everything that the language has, so that the tables of everything are made and tried. */
#ifndef COHORT_IDL_DEMO_EVERYTHING_FILE_EVERYTHING_MOJOM_H
#define COHORT_IDL_DEMO_EVERYTHING_FILE_EVERYTHING_MOJOM_H

#include <cohort/component.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The most lines of a grid. */
#define DEMO_EVERYTHING_MAX_GRID UINT32_C(32768)
#define DEMO_EVERYTHING_LOWEST8 (-INT8_C(127) - 1)
#define DEMO_EVERYTHING_LOWEST16 (-INT16_C(32767) - 1)
#define DEMO_EVERYTHING_LOWEST32 (-INT32_C(2147483647) - 1)
#define DEMO_EVERYTHING_LOWEST64 (-INT64_C(9223372036854775807) - 1)
#define DEMO_EVERYTHING_MOST64 UINT64_C(18446744073709551615)
#define DEMO_EVERYTHING_HEX UINT64_C(3735928559)
#define DEMO_EVERYTHING_YES true
#define DEMO_EVERYTHING_THIRD 0.333333343F
#define DEMO_EVERYTHING_PI 3.1415926535897931
#define DEMO_EVERYTHING_TEXT "say \"hi\"\n?\?/ é"
#define DEMO_EVERYTHING_COUNT UINT16_C(3)

/* A colour. */
enum demo_everything_color {
	/* As blood. */
	DEMO_EVERYTHING_COLOR_RED = 0,
	DEMO_EVERYTHING_COLOR_GREEN = 5,
	DEMO_EVERYTHING_COLOR_BLUE = 6,
	DEMO_EVERYTHING_COLOR_DARK = -1,
	DEMO_EVERYTHING_COLOR_LOWEST = -2147483647 - 1,
	DEMO_EVERYTHING_COLOR_FIRST = 0,
};
extern const struct cohort_type demo_everything_color_type;

/* What may be done. */
/* demo.everything.Access: a uint32_t of these */
#define DEMO_EVERYTHING_ACCESS_READ UINT32_C(0x1)
#define DEMO_EVERYTHING_ACCESS_WRITE UINT32_C(0x2)
/* Also by others. */
#define DEMO_EVERYTHING_ACCESS_ALL UINT32_C(0x80000000)
extern const struct cohort_type demo_everything_access_type;

/* Numbers of bits, for [flags] of a field. */
enum demo_everything_bits {
	DEMO_EVERYTHING_BITS_ONE = 1,
	DEMO_EVERYTHING_BITS_TWO = 2,
	DEMO_EVERYTHING_BITS_FOUR = 4,
};
extern const struct cohort_type demo_everything_bits_type;

struct demo_everything_empty;
struct demo_everything_point;
struct demo_everything_scalars;
struct demo_everything_node;
struct demo_everything_later;
struct demo_everything_composites;
struct demo_everything_ordered;

struct demo_everything_empty {
	char nothing;
};
extern const struct cohort_type demo_everything_empty_type;
static inline void demo_everything_empty_init(struct demo_everything_empty *object)
{
	cohort_init(&demo_everything_empty_type, object);
}

/* A point, with a comment that would end: here. */
struct demo_everything_point {
	/* To the right. */
	int32_t x;
	int32_t y;
};
extern const struct cohort_type demo_everything_point_type;
static inline void demo_everything_point_init(struct demo_everything_point *object)
{
	cohort_init(&demo_everything_point_type, object);
}

struct demo_everything_scalars {
	bool b;
	int8_t i8;
	int16_t i16;
	int32_t i32;
	int64_t i64;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	float f;
	double d;
	const char *s;
	const char *maybe;
	const char *given;
	int spare;
	enum demo_everything_color color;
	enum demo_everything_color plain;
	uint32_t access;
	uint32_t mix;
	const int32_t *number;
	const int32_t *seven;
	const enum demo_everything_color *shade;
};
extern const struct cohort_type demo_everything_scalars_type;
static inline void demo_everything_scalars_init(struct demo_everything_scalars *object)
{
	cohort_init(&demo_everything_scalars_type, object);
}

#ifndef COHORT_OF_ARRAY_OF_DEMO_EVERYTHING_NODE
#define COHORT_OF_ARRAY_OF_DEMO_EVERYTHING_NODE
struct cohort_of_array_of_demo_everything_node {
	const struct demo_everything_node *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_STRING_TO_DEMO_EVERYTHING_NODE
#define COHORT_OF_MAP_OF_STRING_TO_DEMO_EVERYTHING_NODE
struct cohort_of_entry_of_string_to_demo_everything_node;
struct cohort_of_map_of_string_to_demo_everything_node {
	const struct cohort_of_entry_of_string_to_demo_everything_node *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_FIXED_2_OF_DEMO_EVERYTHING_NODE
#define COHORT_OF_ARRAY_OF_FIXED_2_OF_DEMO_EVERYTHING_NODE
struct cohort_of_array_of_fixed_2_of_demo_everything_node {
	const struct cohort_of_fixed_2_of_demo_everything_node *data;
	size_t count;
};
#endif

/* Used before it is declared. */
struct demo_everything_later {
	struct demo_everything_point point;
	struct demo_everything_empty empty;
};
extern const struct cohort_type demo_everything_later_type;
static inline void demo_everything_later_init(struct demo_everything_later *object)
{
	cohort_init(&demo_everything_later_type, object);
}

/* Contains itself in each way that ends. */
struct demo_everything_node {
	const char *name;
	const struct demo_everything_node *left;
	const struct demo_everything_node *right;
	struct cohort_of_array_of_demo_everything_node children;
	struct cohort_of_map_of_string_to_demo_everything_node named;
	struct cohort_of_array_of_fixed_2_of_demo_everything_node pairs;
	struct demo_everything_later later;
};
extern const struct cohort_type demo_everything_node_type;
static inline void demo_everything_node_init(struct demo_everything_node *object)
{
	cohort_init(&demo_everything_node_type, object);
}

#ifndef COHORT_OF_ENTRY_OF_STRING_TO_DEMO_EVERYTHING_NODE
#define COHORT_OF_ENTRY_OF_STRING_TO_DEMO_EVERYTHING_NODE
struct cohort_of_entry_of_string_to_demo_everything_node {
	const char *key;
	struct demo_everything_node value;
};
#endif

#ifndef COHORT_OF_FIXED_2_OF_DEMO_EVERYTHING_NODE
#define COHORT_OF_FIXED_2_OF_DEMO_EVERYTHING_NODE
struct cohort_of_fixed_2_of_demo_everything_node {
	struct demo_everything_node items[2];
};
#endif

#ifndef COHORT_OF_ARRAY_OF_UINT8
#define COHORT_OF_ARRAY_OF_UINT8
struct cohort_of_array_of_uint8 {
	const uint8_t *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_INT32
#define COHORT_OF_ARRAY_OF_INT32
struct cohort_of_array_of_int32 {
	const int32_t *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_STRING
#define COHORT_OF_ARRAY_OF_STRING
struct cohort_of_array_of_string {
	const char *const *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_OPTIONAL_OF_STRING
#define COHORT_OF_ARRAY_OF_OPTIONAL_OF_STRING
struct cohort_of_array_of_optional_of_string {
	const char *const *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_OPTIONAL_OF_INT32
#define COHORT_OF_ARRAY_OF_OPTIONAL_OF_INT32
struct cohort_of_array_of_optional_of_int32 {
	const int32_t *const *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_HANDLE
#define COHORT_OF_ARRAY_OF_HANDLE
struct cohort_of_array_of_handle {
	const int *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_OPTIONAL_OF_HANDLE
#define COHORT_OF_ARRAY_OF_OPTIONAL_OF_HANDLE
struct cohort_of_array_of_optional_of_handle {
	const int *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_DEMO_EVERYTHING_COLOR
#define COHORT_OF_ARRAY_OF_DEMO_EVERYTHING_COLOR
struct cohort_of_array_of_demo_everything_color {
	const enum demo_everything_color *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_DEMO_EVERYTHING_ACCESS
#define COHORT_OF_ARRAY_OF_DEMO_EVERYTHING_ACCESS
struct cohort_of_array_of_demo_everything_access {
	const uint32_t *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_ARRAY_OF_ARRAY_OF_UINT16
#define COHORT_OF_ARRAY_OF_ARRAY_OF_ARRAY_OF_UINT16
struct cohort_of_array_of_array_of_array_of_uint16 {
	const struct cohort_of_array_of_array_of_uint16 *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_FIXED_3_OF_FLOAT
#define COHORT_OF_FIXED_3_OF_FLOAT
struct cohort_of_fixed_3_of_float {
	float items[3];
};
#endif

#ifndef COHORT_OF_MAP_OF_STRING_TO_STRING
#define COHORT_OF_MAP_OF_STRING_TO_STRING
struct cohort_of_entry_of_string_to_string;
struct cohort_of_map_of_string_to_string {
	const struct cohort_of_entry_of_string_to_string *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_UINT32_TO_ARRAY_OF_DEMO_EVERYTHING_POINT
#define COHORT_OF_MAP_OF_UINT32_TO_ARRAY_OF_DEMO_EVERYTHING_POINT
struct cohort_of_entry_of_uint32_to_array_of_demo_everything_point;
struct cohort_of_map_of_uint32_to_array_of_demo_everything_point {
	const struct cohort_of_entry_of_uint32_to_array_of_demo_everything_point *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_DEMO_EVERYTHING_COLOR_TO_MAP_OF_INT64_TO_FIXED_4_OF_UINT8
#define COHORT_OF_MAP_OF_DEMO_EVERYTHING_COLOR_TO_MAP_OF_INT64_TO_FIXED_4_OF_UINT8
struct cohort_of_entry_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8;
struct cohort_of_map_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8 {
	const struct cohort_of_entry_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8 *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_BOOL_TO_OPTIONAL_OF_DEMO_EVERYTHING_POINT
#define COHORT_OF_MAP_OF_BOOL_TO_OPTIONAL_OF_DEMO_EVERYTHING_POINT
struct cohort_of_entry_of_bool_to_optional_of_demo_everything_point;
struct cohort_of_map_of_bool_to_optional_of_demo_everything_point {
	const struct cohort_of_entry_of_bool_to_optional_of_demo_everything_point *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_MAP_OF_STRING_TO_DEMO_EVERYTHING_SCALARS
#define COHORT_OF_ARRAY_OF_MAP_OF_STRING_TO_DEMO_EVERYTHING_SCALARS
struct cohort_of_array_of_map_of_string_to_demo_everything_scalars {
	const struct cohort_of_map_of_string_to_demo_everything_scalars *data;
	size_t count;
};
#endif

struct demo_everything_composites {
	struct cohort_of_array_of_uint8 bytes;
	struct cohort_of_array_of_int32 numbers;
	const char *short_text;
	struct cohort_of_array_of_string strings;
	struct cohort_of_array_of_optional_of_string maybe_strings;
	struct cohort_of_array_of_optional_of_int32 maybe_numbers;
	struct cohort_of_array_of_handle fds;
	struct cohort_of_array_of_optional_of_handle maybe_fds;
	struct cohort_of_array_of_demo_everything_color colors;
	struct cohort_of_array_of_demo_everything_access accesses;
	struct cohort_of_array_of_array_of_array_of_uint16 deep;
	int32_t four[4];
	struct cohort_of_fixed_3_of_float matrix[3];
	const char *two[2];
	struct demo_everything_point points[2];
	struct cohort_of_map_of_string_to_string texts;
	struct cohort_of_map_of_uint32_to_array_of_demo_everything_point groups;
	struct cohort_of_map_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8 nested;
	struct cohort_of_map_of_bool_to_optional_of_demo_everything_point switches;
	struct cohort_of_array_of_map_of_string_to_demo_everything_scalars tables;
	const struct cohort_of_array_of_uint8 *blob;
	const struct cohort_of_map_of_string_to_int32 *dict;
	const struct cohort_of_fixed_2_of_double *pair;
	struct demo_everything_scalars all;
	const struct demo_everything_scalars *rest;
};
extern const struct cohort_type demo_everything_composites_type;
static inline void demo_everything_composites_init(struct demo_everything_composites *object)
{
	cohort_init(&demo_everything_composites_type, object);
}

#ifndef COHORT_OF_ARRAY_OF_ARRAY_OF_UINT16
#define COHORT_OF_ARRAY_OF_ARRAY_OF_UINT16
struct cohort_of_array_of_array_of_uint16 {
	const struct cohort_of_array_of_uint16 *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_STRING_TO_STRING
#define COHORT_OF_ENTRY_OF_STRING_TO_STRING
struct cohort_of_entry_of_string_to_string {
	const char *key;
	const char *value;
};
#endif

#ifndef COHORT_OF_ARRAY_OF_DEMO_EVERYTHING_POINT
#define COHORT_OF_ARRAY_OF_DEMO_EVERYTHING_POINT
struct cohort_of_array_of_demo_everything_point {
	const struct demo_everything_point *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_UINT32_TO_ARRAY_OF_DEMO_EVERYTHING_POINT
#define COHORT_OF_ENTRY_OF_UINT32_TO_ARRAY_OF_DEMO_EVERYTHING_POINT
struct cohort_of_entry_of_uint32_to_array_of_demo_everything_point {
	uint32_t key;
	struct cohort_of_array_of_demo_everything_point value;
};
#endif

#ifndef COHORT_OF_MAP_OF_INT64_TO_FIXED_4_OF_UINT8
#define COHORT_OF_MAP_OF_INT64_TO_FIXED_4_OF_UINT8
struct cohort_of_entry_of_int64_to_fixed_4_of_uint8;
struct cohort_of_map_of_int64_to_fixed_4_of_uint8 {
	const struct cohort_of_entry_of_int64_to_fixed_4_of_uint8 *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_DEMO_EVERYTHING_COLOR_TO_MAP_OF_INT64_TO_FIXED_4_OF_UINT8
#define COHORT_OF_ENTRY_OF_DEMO_EVERYTHING_COLOR_TO_MAP_OF_INT64_TO_FIXED_4_OF_UINT8
struct cohort_of_entry_of_demo_everything_color_to_map_of_int64_to_fixed_4_of_uint8 {
	enum demo_everything_color key;
	struct cohort_of_map_of_int64_to_fixed_4_of_uint8 value;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_BOOL_TO_OPTIONAL_OF_DEMO_EVERYTHING_POINT
#define COHORT_OF_ENTRY_OF_BOOL_TO_OPTIONAL_OF_DEMO_EVERYTHING_POINT
struct cohort_of_entry_of_bool_to_optional_of_demo_everything_point {
	bool key;
	const struct demo_everything_point *value;
};
#endif

#ifndef COHORT_OF_MAP_OF_STRING_TO_DEMO_EVERYTHING_SCALARS
#define COHORT_OF_MAP_OF_STRING_TO_DEMO_EVERYTHING_SCALARS
struct cohort_of_entry_of_string_to_demo_everything_scalars;
struct cohort_of_map_of_string_to_demo_everything_scalars {
	const struct cohort_of_entry_of_string_to_demo_everything_scalars *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_MAP_OF_STRING_TO_INT32
#define COHORT_OF_MAP_OF_STRING_TO_INT32
struct cohort_of_entry_of_string_to_int32;
struct cohort_of_map_of_string_to_int32 {
	const struct cohort_of_entry_of_string_to_int32 *entries;
	size_t count;
};
#endif

#ifndef COHORT_OF_FIXED_2_OF_DOUBLE
#define COHORT_OF_FIXED_2_OF_DOUBLE
struct cohort_of_fixed_2_of_double {
	double items[2];
};
#endif

#ifndef COHORT_OF_ARRAY_OF_UINT16
#define COHORT_OF_ARRAY_OF_UINT16
struct cohort_of_array_of_uint16 {
	const uint16_t *data;
	size_t count;
};
#endif

#ifndef COHORT_OF_FIXED_4_OF_UINT8
#define COHORT_OF_FIXED_4_OF_UINT8
struct cohort_of_fixed_4_of_uint8 {
	uint8_t items[4];
};
#endif

#ifndef COHORT_OF_ENTRY_OF_INT64_TO_FIXED_4_OF_UINT8
#define COHORT_OF_ENTRY_OF_INT64_TO_FIXED_4_OF_UINT8
struct cohort_of_entry_of_int64_to_fixed_4_of_uint8 {
	int64_t key;
	struct cohort_of_fixed_4_of_uint8 value;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_STRING_TO_DEMO_EVERYTHING_SCALARS
#define COHORT_OF_ENTRY_OF_STRING_TO_DEMO_EVERYTHING_SCALARS
struct cohort_of_entry_of_string_to_demo_everything_scalars {
	const char *key;
	struct demo_everything_scalars value;
};
#endif

#ifndef COHORT_OF_ENTRY_OF_STRING_TO_INT32
#define COHORT_OF_ENTRY_OF_STRING_TO_INT32
struct cohort_of_entry_of_string_to_int32 {
	const char *key;
	int32_t value;
};
#endif

/* Another order on the wire than in C. */
struct demo_everything_ordered {
	uint8_t second;
	uint64_t first;
};
extern const struct cohort_type demo_everything_ordered_type;
static inline void demo_everything_ordered_init(struct demo_everything_ordered *object)
{
	cohort_init(&demo_everything_ordered_type, object);
}

struct demo_everything_isp_configure_in {
	struct demo_everything_composites config;
	uint32_t id;
};
extern const struct cohort_type demo_everything_isp_configure_in_type;
static inline void demo_everything_isp_configure_in_init(
	struct demo_everything_isp_configure_in *object)
{
	cohort_init(&demo_everything_isp_configure_in_type, object);
}

struct demo_everything_isp_configure_out {
	int32_t result;
	struct demo_everything_node tree;
};
extern const struct cohort_type demo_everything_isp_configure_out_type;
static inline void demo_everything_isp_configure_out_init(
	struct demo_everything_isp_configure_out *object)
{
	cohort_init(&demo_everything_isp_configure_out_type, object);
}

struct demo_everything_isp_start_out {
	int32_t ret;
};
extern const struct cohort_type demo_everything_isp_start_out_type;
static inline void demo_everything_isp_start_out_init(struct demo_everything_isp_start_out *object)
{
	cohort_init(&demo_everything_isp_start_out_type, object);
}

struct demo_everything_isp_finish_in {
	uint32_t code;
};
extern const struct cohort_type demo_everything_isp_finish_in_type;
static inline void demo_everything_isp_finish_in_init(struct demo_everything_isp_finish_in *object)
{
	cohort_init(&demo_everything_isp_finish_in_type, object);
}

struct demo_everything_isp_process_in {
	uint32_t frame;
	int buffer;
};
extern const struct cohort_type demo_everything_isp_process_in_type;
static inline void demo_everything_isp_process_in_init(
	struct demo_everything_isp_process_in *object)
{
	cohort_init(&demo_everything_isp_process_in_type, object);
}

struct demo_everything_hints_done_in {
	uint32_t frame;
	struct cohort_of_array_of_demo_everything_point points;
};
extern const struct cohort_type demo_everything_hints_done_in_type;
static inline void demo_everything_hints_done_in_init(struct demo_everything_hints_done_in *object)
{
	cohort_init(&demo_everything_hints_done_in_type, object);
}

struct demo_everything_renumbered_later_in {
	uint32_t number;
};
extern const struct cohort_type demo_everything_renumbered_later_in_type;
static inline void demo_everything_renumbered_later_in_init(
	struct demo_everything_renumbered_later_in *object)
{
	cohort_init(&demo_everything_renumbered_later_in_type, object);
}

struct demo_everything_renumbered_later_out {
	uint32_t number;
};
extern const struct cohort_type demo_everything_renumbered_later_out_type;
static inline void demo_everything_renumbered_later_out_init(
	struct demo_everything_renumbered_later_out *object)
{
	cohort_init(&demo_everything_renumbered_later_out_type, object);
}

struct demo_everything_renumbered_sooner_in {
	uint32_t number;
};
extern const struct cohort_type demo_everything_renumbered_sooner_in_type;
static inline void demo_everything_renumbered_sooner_in_init(
	struct demo_everything_renumbered_sooner_in *object)
{
	cohort_init(&demo_everything_renumbered_sooner_in_type, object);
}

struct demo_everything_renumbered_sooner_out {
	uint32_t number;
};
extern const struct cohort_type demo_everything_renumbered_sooner_out_type;
static inline void demo_everything_renumbered_sooner_out_init(
	struct demo_everything_renumbered_sooner_out *object)
{
	cohort_init(&demo_everything_renumbered_sooner_out_type, object);
}

/*
 * An image signal processor.
 *
 * Of two paragraphs.
 */
extern const struct cohort_interface demo_everything_isp_interface;

enum demo_everything_isp_method {
	DEMO_EVERYTHING_ISP_METHOD_CONFIGURE = 0,
	DEMO_EVERYTHING_ISP_METHOD_START = 1,
	DEMO_EVERYTHING_ISP_METHOD_STOP = 2,
	DEMO_EVERYTHING_ISP_METHOD_FINISH = 3,
	DEMO_EVERYTHING_ISP_METHOD_PROCESS = 4,
	DEMO_EVERYTHING_ISP_METHOD_POKE = 5,
};

/*
 * What serves demo.everything.Isp. They return 0 or a negative errno, which is the call's status;
 * NULL: -ENOSYS.
 */
struct demo_everything_isp_functions {
	/* Configures it. */
	int (*configure)(struct cohort_job *job, void *self,
			 const struct demo_everything_isp_configure_in *in,
			 struct demo_everything_isp_configure_out *out);
	int (*start)(struct cohort_job *job, void *self, struct demo_everything_isp_start_out *out);
	int (*stop)(struct cohort_job *job, void *self);
	int (*finish)(struct cohort_job *job, void *self,
		      const struct demo_everything_isp_finish_in *in);
	int (*process)(struct cohort_job *job, void *self,
		       const struct demo_everything_isp_process_in *in);
	int (*poke)(struct cohort_job *job, void *self);
};

/*
 * Configures it.
 *
 * Calls it and waits. 0: answered, and if *status is 0, *out is the results, for
 * cohort_out_free(); else as cohort_port_call().
 */
static inline int demo_everything_isp_configure(struct cohort_port *port,
						const struct demo_everything_isp_configure_in *in,
						struct demo_everything_isp_configure_out **out,
						int *status, int64_t timeout)
{
	void *results = NULL;
	int err = cohort_port_call(port, &demo_everything_isp_interface,
				   DEMO_EVERYTHING_ISP_METHOD_CONFIGURE, in, out ? &results : NULL,
				   status, timeout);

	if (!err && out)
		*out = (struct demo_everything_isp_configure_out *)results;
	return err;
}

/*
 * Calls it without waiting: `done` gets the results, a struct demo_everything_isp_configure_out.
 * 0, or as cohort_port_call_async().
 */
static inline int demo_everything_isp_configure_async(struct cohort_port *port,
						      const struct demo_everything_isp_configure_in *in,
						      int64_t timeout, cohort_port_done *done,
						      void *arg)
{
	return cohort_port_call_async(port, &demo_everything_isp_interface,
				      DEMO_EVERYTHING_ISP_METHOD_CONFIGURE, in, timeout, done, arg);
}

/* Calls it without an answer. 0: it will be served; else as cohort_port_send(). */
static inline int demo_everything_isp_configure_send(struct cohort_port *port,
						     const struct demo_everything_isp_configure_in *in,
						     int64_t timeout)
{
	return cohort_port_send(port, &demo_everything_isp_interface,
				DEMO_EVERYTHING_ISP_METHOD_CONFIGURE, in, timeout);
}

/*
 * Calls it and waits. 0: answered, and if *status is 0, *out is the results, for
 * cohort_out_free(); else as cohort_port_call().
 */
static inline int demo_everything_isp_start(struct cohort_port *port,
					    struct demo_everything_isp_start_out **out, int *status,
					    int64_t timeout)
{
	void *results = NULL;
	int err = cohort_port_call(port, &demo_everything_isp_interface,
				   DEMO_EVERYTHING_ISP_METHOD_START, NULL, out ? &results : NULL,
				   status, timeout);

	if (!err && out)
		*out = (struct demo_everything_isp_start_out *)results;
	return err;
}

/*
 * Calls it without waiting: `done` gets the results, a struct demo_everything_isp_start_out.
 * 0, or as cohort_port_call_async().
 */
static inline int demo_everything_isp_start_async(struct cohort_port *port, int64_t timeout,
						  cohort_port_done *done, void *arg)
{
	return cohort_port_call_async(port, &demo_everything_isp_interface,
				      DEMO_EVERYTHING_ISP_METHOD_START, NULL, timeout, done, arg);
}

/* Calls it without an answer. 0: it will be served; else as cohort_port_send(). */
static inline int demo_everything_isp_start_send(struct cohort_port *port, int64_t timeout)
{
	return cohort_port_send(port, &demo_everything_isp_interface,
				DEMO_EVERYTHING_ISP_METHOD_START, NULL, timeout);
}

/* Calls it and waits. 0: answered, with *status; else as cohort_port_call(). */
static inline int demo_everything_isp_stop(struct cohort_port *port, int *status, int64_t timeout)
{
	return cohort_port_call(port, &demo_everything_isp_interface,
				DEMO_EVERYTHING_ISP_METHOD_STOP, NULL, NULL, status, timeout);
}

/* Calls it without waiting. 0: `done` will be called; else as cohort_port_call_async(). */
static inline int demo_everything_isp_stop_async(struct cohort_port *port, int64_t timeout,
						 cohort_port_done *done, void *arg)
{
	return cohort_port_call_async(port, &demo_everything_isp_interface,
				      DEMO_EVERYTHING_ISP_METHOD_STOP, NULL, timeout, done, arg);
}

/* Calls it without an answer. 0: it will be served; else as cohort_port_send(). */
static inline int demo_everything_isp_stop_send(struct cohort_port *port, int64_t timeout)
{
	return cohort_port_send(port, &demo_everything_isp_interface,
				DEMO_EVERYTHING_ISP_METHOD_STOP, NULL, timeout);
}

/* Calls it and waits. 0: answered, with *status; else as cohort_port_call(). */
static inline int demo_everything_isp_finish(struct cohort_port *port,
					     const struct demo_everything_isp_finish_in *in,
					     int *status, int64_t timeout)
{
	return cohort_port_call(port, &demo_everything_isp_interface,
				DEMO_EVERYTHING_ISP_METHOD_FINISH, in, NULL, status, timeout);
}

/* Calls it without waiting. 0: `done` will be called; else as cohort_port_call_async(). */
static inline int demo_everything_isp_finish_async(struct cohort_port *port,
						   const struct demo_everything_isp_finish_in *in,
						   int64_t timeout, cohort_port_done *done,
						   void *arg)
{
	return cohort_port_call_async(port, &demo_everything_isp_interface,
				      DEMO_EVERYTHING_ISP_METHOD_FINISH, in, timeout, done, arg);
}

/* Calls it without an answer. 0: it will be served; else as cohort_port_send(). */
static inline int demo_everything_isp_finish_send(struct cohort_port *port,
						  const struct demo_everything_isp_finish_in *in,
						  int64_t timeout)
{
	return cohort_port_send(port, &demo_everything_isp_interface,
				DEMO_EVERYTHING_ISP_METHOD_FINISH, in, timeout);
}

/* Calls it one-way. 0: it will be served; else as cohort_port_send(). */
static inline int demo_everything_isp_process(struct cohort_port *port,
					      const struct demo_everything_isp_process_in *in,
					      int64_t timeout)
{
	return cohort_port_send(port, &demo_everything_isp_interface,
				DEMO_EVERYTHING_ISP_METHOD_PROCESS, in, timeout);
}

/* Calls it one-way. 0: it will be served; else as cohort_port_send(). */
static inline int demo_everything_isp_poke(struct cohort_port *port, int64_t timeout)
{
	return cohort_port_send(port, &demo_everything_isp_interface,
				DEMO_EVERYTHING_ISP_METHOD_POKE, NULL, timeout);
}

/* What it says by itself. */
extern const struct cohort_interface demo_everything_hints_interface;

enum demo_everything_hints_method {
	DEMO_EVERYTHING_HINTS_METHOD_DONE = 0,
	DEMO_EVERYTHING_HINTS_METHOD_IDLE = 1,
};

/* What is told of demo.everything.Hints. What they return is not heard; NULL: ignored. */
struct demo_everything_hints_functions {
	/* A frame is done. */
	int (*done)(struct cohort_job *job, void *self,
		    const struct demo_everything_hints_done_in *in);
	int (*idle)(struct cohort_job *job, void *self);
};

/*
 * A frame is done.
 *
 * Sends it without an answer. 0: it will be served; else as cohort_port_send().
 */
static inline int demo_everything_hints_done(struct cohort_port *port,
					     const struct demo_everything_hints_done_in *in,
					     int64_t timeout)
{
	return cohort_port_send(port, &demo_everything_hints_interface,
				DEMO_EVERYTHING_HINTS_METHOD_DONE, in, timeout);
}

/* Sends it without an answer. 0: it will be served; else as cohort_port_send(). */
static inline int demo_everything_hints_idle(struct cohort_port *port, int64_t timeout)
{
	return cohort_port_send(port, &demo_everything_hints_interface,
				DEMO_EVERYTHING_HINTS_METHOD_IDLE, NULL, timeout);
}

/* Methods in another order than they are numbered. */
extern const struct cohort_interface demo_everything_renumbered_interface;

enum demo_everything_renumbered_method {
	DEMO_EVERYTHING_RENUMBERED_METHOD_SOONER = 0,
	DEMO_EVERYTHING_RENUMBERED_METHOD_LATER = 1,
};

/*
 * What serves demo.everything.Renumbered. They return 0 or a negative errno, which is the call's status;
 * NULL: -ENOSYS.
 */
struct demo_everything_renumbered_functions {
	int (*later)(struct cohort_job *job, void *self,
		     const struct demo_everything_renumbered_later_in *in,
		     struct demo_everything_renumbered_later_out *out);
	int (*sooner)(struct cohort_job *job, void *self,
		      const struct demo_everything_renumbered_sooner_in *in,
		      struct demo_everything_renumbered_sooner_out *out);
};

/*
 * Calls it and waits. 0: answered, and if *status is 0, *out is the results, for
 * cohort_out_free(); else as cohort_port_call().
 */
static inline int demo_everything_renumbered_later(struct cohort_port *port,
						   const struct demo_everything_renumbered_later_in *in,
						   struct demo_everything_renumbered_later_out **out,
						   int *status, int64_t timeout)
{
	void *results = NULL;
	int err = cohort_port_call(port, &demo_everything_renumbered_interface,
				   DEMO_EVERYTHING_RENUMBERED_METHOD_LATER, in,
				   out ? &results : NULL, status, timeout);

	if (!err && out)
		*out = (struct demo_everything_renumbered_later_out *)results;
	return err;
}

/*
 * Calls it without waiting: `done` gets the results, a struct demo_everything_renumbered_later_out.
 * 0, or as cohort_port_call_async().
 */
static inline int demo_everything_renumbered_later_async(struct cohort_port *port,
							 const struct demo_everything_renumbered_later_in *in,
							 int64_t timeout, cohort_port_done *done,
							 void *arg)
{
	return cohort_port_call_async(port, &demo_everything_renumbered_interface,
				      DEMO_EVERYTHING_RENUMBERED_METHOD_LATER, in, timeout, done,
				      arg);
}

/* Calls it without an answer. 0: it will be served; else as cohort_port_send(). */
static inline int demo_everything_renumbered_later_send(struct cohort_port *port,
							const struct demo_everything_renumbered_later_in *in,
							int64_t timeout)
{
	return cohort_port_send(port, &demo_everything_renumbered_interface,
				DEMO_EVERYTHING_RENUMBERED_METHOD_LATER, in, timeout);
}

/*
 * Calls it and waits. 0: answered, and if *status is 0, *out is the results, for
 * cohort_out_free(); else as cohort_port_call().
 */
static inline int demo_everything_renumbered_sooner(struct cohort_port *port,
						    const struct demo_everything_renumbered_sooner_in *in,
						    struct demo_everything_renumbered_sooner_out **out,
						    int *status, int64_t timeout)
{
	void *results = NULL;
	int err = cohort_port_call(port, &demo_everything_renumbered_interface,
				   DEMO_EVERYTHING_RENUMBERED_METHOD_SOONER, in,
				   out ? &results : NULL, status, timeout);

	if (!err && out)
		*out = (struct demo_everything_renumbered_sooner_out *)results;
	return err;
}

/*
 * Calls it without waiting: `done` gets the results, a struct demo_everything_renumbered_sooner_out.
 * 0, or as cohort_port_call_async().
 */
static inline int demo_everything_renumbered_sooner_async(struct cohort_port *port,
							  const struct demo_everything_renumbered_sooner_in *in,
							  int64_t timeout, cohort_port_done *done,
							  void *arg)
{
	return cohort_port_call_async(port, &demo_everything_renumbered_interface,
				      DEMO_EVERYTHING_RENUMBERED_METHOD_SOONER, in, timeout, done,
				      arg);
}

/* Calls it without an answer. 0: it will be served; else as cohort_port_send(). */
static inline int demo_everything_renumbered_sooner_send(struct cohort_port *port,
							 const struct demo_everything_renumbered_sooner_in *in,
							 int64_t timeout)
{
	return cohort_port_send(port, &demo_everything_renumbered_interface,
				DEMO_EVERYTHING_RENUMBERED_METHOD_SOONER, in, timeout);
}

extern const struct cohort_interface demo_everything_nothing_interface;

/*
 * What serves demo.everything.Nothing. They return 0 or a negative errno, which is the call's status;
 * NULL: -ENOSYS.
 */
struct demo_everything_nothing_functions {
	char nothing;
};

#ifdef __cplusplus
}
#endif

#endif
