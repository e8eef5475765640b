/*
 * The encoding of generated interfaces: constant tables that say what a type looks like in memory,
 * and one encoder and one decoder that follow them.
 *
 * cohort-idl(1) writes the tables; programs rarely name anything here but cohort_init() and the
 * composite types. doc/idl.md has the encoding byte by byte.
 *
 * Objects in C: integers and floats are the types of <stdint.h>, float and double. A string is a
 * `const char *` to UTF-8 that ends with NUL; NULL is the empty one. A descriptor is an int. An
 * enum is its C enum; with [flags] a uint32_t. array<T> is { const T *data; size_t count; },
 * array<T, N> is T[N] (in other composites: in a struct), map<K, V> is { const entry *entries;
 * size_t count; } with entries { K key; V value; }. T? is a `const T *`, NULL when absent; but a
 * string? is NULL and a handle? is -1 when absent.
 *
 * The functions here are pure: any thread, no blocking, nothing kept between calls. They belong to
 * libcohort-component.
 */
#ifndef COHORT_CODEC_H
#define COHORT_CODEC_H

#include "cohort/types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum cohort_kind {
	COHORT_KIND_BOOL = 1,
	COHORT_KIND_INT8,
	COHORT_KIND_INT16,
	COHORT_KIND_INT32,
	COHORT_KIND_INT64,
	COHORT_KIND_UINT8,
	COHORT_KIND_UINT16,
	COHORT_KIND_UINT32,
	COHORT_KIND_UINT64,
	COHORT_KIND_FLOAT,
	COHORT_KIND_DOUBLE,
	COHORT_KIND_STRING,
	COHORT_KIND_HANDLE,   /* a file descriptor */
	COHORT_KIND_ENUM,     /* int32 */
	COHORT_KIND_FLAGS,    /* uint32, of which only the bits of a mask may be set */
	COHORT_KIND_STRUCT,   /* fields, in the order of their ids */
	COHORT_KIND_ARRAY,    /* any number */
	COHORT_KIND_FIXED,    /* always the same number */
	COHORT_KIND_MAP,      /* entries with different keys */
	COHORT_KIND_OPTIONAL, /* one or none */
	COHORT_KIND_CUSTOM,   /* of which the application has its own encoding */
};

struct cohort_field;
struct cohort_custom;

/* What an object looks like. Constant; the tables may refer to each other in cycles. */
struct cohort_type {
	enum cohort_kind kind;
	uint32_t size;	  /* bytes of the object in memory */
	uint32_t align;	  /* of the object in memory */
	uint32_t max;	  /* STRING bytes, ARRAY, MAP elements: the most, 0: no limit of its own */
	uint32_t count;	  /* STRUCT fields; FIXED elements; ENUM values */
	uint32_t version; /* reserved: 0 */
	const char *name; /* "module.Name" of a STRUCT, ENUM, FLAGS or CUSTOM, else NULL */
	const struct cohort_type
		*of; /* ARRAY, FIXED, OPTIONAL: the element; MAP: its entry, a STRUCT */
	const struct cohort_field *fields;  /* STRUCT */
	const int64_t *values;		    /* ENUM: ascending; FLAGS: the mask */
	const char *const *value_names;	    /* ENUM: beside values */
	const struct cohort_custom *custom; /* CUSTOM */
};

struct cohort_field {
	const char *name;
	const struct cohort_type *type;
	uint32_t offset; /* in the struct, as offsetof() */
	const void *
		fallback; /* an object of that type: the default; NULL: as cohort_init() makes it */
};

/* --- Memory --------------------------------------------------------------------------------------- */

/* Objects that go all at once. For one thread at a time. */
struct cohort_arena;

/* -ENOMEM. Free it with cohort_arena_free(). */
COHORT_API int cohort_arena_new(struct cohort_arena **out);
/* Zeroed, aligned for every type; or NULL: no memory. It lives as long as the arena. */
COHORT_API void *cohort_arena_alloc(struct cohort_arena *arena, size_t size);
/*
 * Ends its objects, but keeps memory for the next ones: as much as its largest block. NULL is
 * allowed.
 */
COHORT_API void cohort_arena_reset(struct cohort_arena *arena);
/* NULL is allowed. Descriptors in its objects are not closed. */
COHORT_API void cohort_arena_free(struct cohort_arena *arena);

/*
 * Makes `object` what an empty message would decode to: defaults, else zeroes, empty strings,
 * descriptors -1, and of an enum that has no 0 its least value.
 */
COHORT_API void cohort_init(const struct cohort_type *type, void *object);

/*
 * Copies an object and all that it refers to into an arena. Descriptors keep their numbers.
 * On an error `out` is as cohort_init() makes it.
 * -ENOMEM; -ELOOP: nested deeper than 64; -EOPNOTSUPP: it holds a CUSTOM that has no copy
 * -EINVAL: a list has a count, but no elements
 */
COHORT_API int cohort_copy(const struct cohort_type *type, const void *object,
			   struct cohort_arena *arena, void *out);

/* --- Encoding -------------------------------------------------------------------------------------- */

/* Where and why; the texts are constant. All zero when nothing is known. */
struct cohort_fault {
	size_t offset;	   /* in the message, bytes */
	const char *type;  /* the innermost struct, or NULL */
	const char *field; /* in it, or NULL */
	const char *what;  /* "a string is not UTF-8" */
};

/* Room for messages, used again for each. For one thread at a time. */
struct cohort_encoder;

COHORT_API int cohort_encoder_new(struct cohort_encoder **out);
COHORT_API void cohort_encoder_free(struct cohort_encoder *encoder);

/* A message. It is the encoder's, and lasts until that is used again or freed. */
struct cohort_encoded {
	const void *data;
	size_t length;
	const int *fds; /* the object's, borrowed, in the order in which they are referred to */
	size_t nfds;
};

/*
 * -EINVAL  a value that no decoder takes: see `fault`, which may be NULL
 * -EBADF   a handle is negative. (The same one twice is no problem: each counts.)
 * -E2BIG   more than 253 descriptors, or a string, array or map longer than its max, or 4 GiB
 * -EEXIST  a map has a key twice
 * -ELOOP   nested deeper than 64
 * -ENOMEM
 */
COHORT_API int cohort_encode(struct cohort_encoder *encoder, const struct cohort_type *type,
			     const void *object, struct cohort_encoded *out,
			     struct cohort_fault *fault);

/*
 * Decodes a message completely, or not at all. The object's parts lie in the arena and do not refer
 * to `data`; strings are never NULL. Its handles are numbers of `fds`, each exactly once; whose they
 * are does not change. What the arena takes is bounded: 64 times the length, and 64 KiB. On an error
 * `object` is as cohort_init() makes it.
 *
 * -EBADMSG the bytes or descriptors are not such an object: see `fault`, which may be NULL
 * -ELOOP   nested deeper than 64;  -E2BIG: larger in memory than is reasonable;  -ENOMEM
 */
COHORT_API int cohort_decode(const struct cohort_type *type, const void *data, size_t length,
			     const int *fds, size_t nfds, struct cohort_arena *arena, void *object,
			     struct cohort_fault *fault);

/* --- Encodings of one's own --------------------------------------------------------------------------- */

struct cohort_decoder;

/* How a CUSTOM travels. On the wire its bytes have their length before them. */
struct cohort_custom {
	size_t size; /* sizeof(struct cohort_custom) */
	/* 0 or -E; writes with cohort_put*(), any number of times */
	int (*encode)(struct cohort_encoder *to, const void *object);
	/* 0 or -E; must read all with cohort_get*(), else the message is refused; `object` is zeroed */
	int (*decode)(struct cohort_decoder *from, void *object);
	/* or NULL; all memory is of the arena */
	int (*copy)(const void *object, struct cohort_arena *arena, void *out);
};

/* -ENOMEM, -E2BIG */
COHORT_API int cohort_put(struct cohort_encoder *to, const void *data, size_t length);
COHORT_API int cohort_put_fd(struct cohort_encoder *to, int fd);
/* The next bytes, borrowed until decode() returns, not aligned; NULL: not so many are left. */
COHORT_API const void *cohort_get(struct cohort_decoder *from, size_t length);
/* How many are left. */
COHORT_API size_t cohort_get_left(const struct cohort_decoder *from);
/* A descriptor that the message refers to next, or -EBADMSG. */
COHORT_API int cohort_get_fd(struct cohort_decoder *from);
/* Memory that lasts as long as the object, or NULL. */
COHORT_API void *cohort_get_memory(struct cohort_decoder *from, size_t size);

/* --- Interfaces ---------------------------------------------------------------------------------------- */

struct cohort_job; /* component.h */

#define COHORT_METHOD_ONEWAY UINT32_C(0x1) /* there is no answer */

struct cohort_method {
	const char *name;
	uint32_t flags;
	int64_t timeout;	      /* nanoseconds, or -1: as the component is configured */
	const struct cohort_type *in; /* a STRUCT of the parameters, maybe without fields */
	const struct cohort_type
		*out; /* a STRUCT of the results, maybe without fields; never NULL */
	/* Calls the function of this method in a table of functions. */
	int (*invoke)(const void *functions, void *self, struct cohort_job *job, const void *in,
		      void *out);
};

#define COHORT_INTERFACE_EVENTS \
	UINT32_C(0x1) /* all methods are one-way: the component tells its caller */

struct cohort_interface {
	const char *name; /* "module.Name" */
	uint32_t flags;
	uint32_t nmethods;
	const struct cohort_method *methods; /* in the order of their ids, which count from 0 */
};

/*
 * A number that differs when anything differs that travels: methods, types, names, order, of the
 * interface and everything that it refers to. Not defaults, not max. 0: no memory.
 */
COHORT_API uint64_t cohort_interface_hash(const struct cohort_interface *interface);

/*
 * What cohort_interface_accepts() on the other side needs to know: for the interface and each named
 * type that it refers to, how many methods, fields or values it has and a hash of them. Returns its
 * size in bytes, and writes it if `capacity` is enough. -ENOMEM
 */
COHORT_API ssize_t cohort_interface_describe(const struct cohort_interface *interface, void *data,
					     size_t capacity);

/*
 * Whether this side can talk to one that described itself so: what both have must be alike, and each
 * may have fields, methods and values at the end that the other does not know. Each side must ask
 * for itself. `what` gets the name of what differs, 0-terminated, at most `size` bytes.
 * -EPROTO: they do not fit; -EBADMSG: that is no description; -ENOMEM
 */
COHORT_API int cohort_interface_accepts(const struct cohort_interface *interface,
					const void *theirs, size_t length, char *what, size_t size);

#ifdef __cplusplus
}
#endif

#endif
