/*
 * Words of C up to C23 and of C++ up to C++20, of GNU C; macros and types of the headers. All in order,
 * to be searched.
 */
#include "reserved.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
	"BIG_ENDIAN",
	"BUFSIZ",
	"BYTE_ORDER",
	"EOF",
	"FD_CLR",
	"FD_ISSET",
	"FD_SET",
	"FD_SETSIZE",
	"FD_ZERO",
	"HUGE_VAL",
	"INFINITY",
	"LITTLE_ENDIAN",
	"NAN",
	"NFDBITS",
	"NULL",
	"PDP_ENDIAN",
	"alignas",
	"alignof",
	"and",
	"and_eq",
	"asm",
	"assert",
	"auto",
	"be16toh",
	"be32toh",
	"be64toh",
	"bitand",
	"bitor",
	"blkcnt64_t",
	"blkcnt_t",
	"blksize_t",
	"bool",
	"break",
	"caddr_t",
	"case",
	"catch",
	"char",
	"char16_t",
	"char32_t",
	"char8_t",
	"class",
	"clock_t",
	"clockid_t",
	"co_await",
	"co_return",
	"co_yield",
	"compl",
	"concept",
	"const",
	"const_cast",
	"consteval",
	"constexpr",
	"constinit",
	"continue",
	"daddr_t",
	"decltype",
	"default",
	"delete",
	"dev_t",
	"do",
	"double",
	"dynamic_cast",
	"else",
	"enum",
	"errno",
	"error_t",
	"explicit",
	"export",
	"extern",
	"false",
	"fd_mask",
	"fd_set",
	"float",
	"for",
	"friend",
	"fsblkcnt64_t",
	"fsblkcnt_t",
	"fsfilcnt64_t",
	"fsfilcnt_t",
	"fsid_t",
	"gid_t",
	"goto",
	"htobe16",
	"htobe32",
	"htobe64",
	"htole16",
	"htole32",
	"htole64",
	"i386",
	"id_t",
	"if",
	"inline",
	"ino64_t",
	"ino_t",
	"int",
	"int16_t",
	"int32_t",
	"int64_t",
	"int8_t",
	"int_fast16_t",
	"int_fast32_t",
	"int_fast64_t",
	"int_fast8_t",
	"int_least16_t",
	"int_least32_t",
	"int_least64_t",
	"int_least8_t",
	"intmax_t",
	"intptr_t",
	"key_t",
	"le16toh",
	"le32toh",
	"le64toh",
	"linux",
	"loff_t",
	"long",
	"max_align_t",
	"mode_t",
	"mutable",
	"namespace",
	"new",
	"nlink_t",
	"noexcept",
	"noreturn",
	"not",
	"not_eq",
	"nullptr",
	"off64_t",
	"off_t",
	"offsetof",
	"operator",
	"or",
	"or_eq",
	"pid_t",
	"private",
	"protected",
	"pthread_attr_t",
	"pthread_barrier_t",
	"pthread_barrierattr_t",
	"pthread_cond_t",
	"pthread_condattr_t",
	"pthread_key_t",
	"pthread_mutex_t",
	"pthread_mutexattr_t",
	"pthread_once_t",
	"pthread_rwlock_t",
	"pthread_rwlockattr_t",
	"pthread_spinlock_t",
	"pthread_t",
	"ptrdiff_t",
	"public",
	"quad_t",
	"register",
	"register_t",
	"reinterpret_cast",
	"requires",
	"restrict",
	"return",
	"short",
	"signed",
	"sigset_t",
	"size_t",
	"sizeof",
	"ssize_t",
	"static",
	"static_assert",
	"static_cast",
	"stderr",
	"stdin",
	"stdout",
	"struct",
	"suseconds_t",
	"switch",
	"template",
	"this",
	"thread_local",
	"throw",
	"time_t",
	"timer_t",
	"true",
	"try",
	"typedef",
	"typeid",
	"typename",
	"typeof",
	"typeof_unqual",
	"u_int16_t",
	"u_int32_t",
	"u_int64_t",
	"u_int8_t",
	"u_quad_t",
	"uid_t",
	"uint16_t",
	"uint32_t",
	"uint64_t",
	"uint8_t",
	"uint_fast16_t",
	"uint_fast32_t",
	"uint_fast64_t",
	"uint_fast8_t",
	"uint_least16_t",
	"uint_least32_t",
	"uint_least64_t",
	"uint_least8_t",
	"uintmax_t",
	"uintptr_t",
	"union",
	"unix",
	"unsigned",
	"useconds_t",
	"using",
	"virtual",
	"void",
	"volatile",
	"wchar_t",
	"while",
	"xor",
	"xor_eq",
};

static int compare(const void *key, const void *word)
{
	return strcmp(key, *(const char *const *)word);
}

static bool begins(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

static bool ends(const char *name, const char *with)
{
	size_t n = strlen(name), m = strlen(with);

	return n >= m && strcmp(name + n - m, with) == 0;
}

/* EINVAL and its like. */
static bool is_errno(const char *name)
{
	if (name[0] != 'E' || !name[1])
		return false;
	for (; *name; name++)
		if (!isupper((unsigned char)*name) && !isdigit((unsigned char)*name))
			return false;
	return true;
}

/* INT32_MAX, UINT_LEAST8_MAX, UINTMAX_C, SIZE_MAX, ... */
static bool is_limit(const char *name)
{
	static const char *const types[] = { "CHAR", "INT",  "LLONG",  "LONG",	 "PTRDIFF", "SCHAR",
					     "SHRT", "SIG_", "SIZE_",  "SSIZE_", "UCHAR",   "UINT",
					     "ULLO", "ULON", "USHRT_", "WCHAR",	 "WINT" };

	if (!ends(name, "_MIN") && !ends(name, "_MAX") && !ends(name, "_C") &&
	    !ends(name, "_WIDTH"))
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (begins(name, types[i]))
			return true;
	return false;
}

/* Prefixes of the library, and of what generated code has for itself. */
static bool is_ours(const char *name)
{
	static const char *const prefixes[] = { "COHORT_",   "cohort_",	 "fields_of_",
						"invoke_",   "mask_of_", "methods_of_",
						"names_of_", "type_of_", "values_of_" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (begins(name, prefixes[i]))
			return true;
	return false;
}

bool name_is_reserved(const char *c_name)
{
	return bsearch(c_name, words, sizeof(words) / sizeof(*words), sizeof(*words), compare) ||
	       is_errno(c_name) || is_limit(c_name) || is_ours(c_name);
}
