/*
 * object: parts of objects in memory, as the tables describe them.
 */
#ifndef COHORT_CODEC_OBJECT_H
#define COHORT_CODEC_OBJECT_H

#include <string.h>

#include "cohort/codec.h"

/* Levels of STRUCT, ARRAY, FIXED, MAP, OPTIONAL and CUSTOM within one another. */
#define CODEC_DEPTH_MAX 64

/* What every array and map is in memory. */
struct codec_list {
	const void *data;
	size_t count;
};

static inline struct codec_list codec_list_of(const void *object)
{
	struct codec_list list;

	memcpy(&list, object, sizeof(list));
	return list;
}

static inline const void *codec_pointer_of(const void *object)
{
	const void *pointer;

	memcpy(&pointer, object, sizeof(pointer));
	return pointer;
}

static inline void codec_pointer_set(void *object, const void *pointer)
{
	memcpy(object, &pointer, sizeof(pointer));
}

static inline int codec_handle_of(const void *object)
{
	int fd;

	memcpy(&fd, object, sizeof(fd));
	return fd;
}

/* NULL is the empty string. */
static inline const char *codec_string_of(const void *object)
{
	const char *string = codec_pointer_of(object);

	return string ? string : "";
}

/* Whether an OPTIONAL has something; where that is, since strings and handles lie in its place. */
static inline const void *codec_optional_of(const struct cohort_type *type, const void *object)
{
	if (type->of->kind == COHORT_KIND_HANDLE)
		return codec_handle_of(object) == -1 ? NULL : object;
	if (type->of->kind == COHORT_KIND_STRING)
		return codec_pointer_of(object) ? object : NULL;
	return codec_pointer_of(object);
}

/* Makes one field what cohort_init() makes it. */
void codec_init_field(const struct cohort_field *field, void *object);

/* The order of two keys of a map: below, equal to, or above 0. */
int codec_compare(const struct cohort_type *type, const void *a, const void *b);

#endif
