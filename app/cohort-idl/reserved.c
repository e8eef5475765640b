/* Words of C up to C23 and of C++ up to C++20, of GNU C, and macros. All in order, to be searched. */
#include "reserved.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
	"BIG_ENDIAN", "BUFSIZ",	       "BYTE_ORDER",	"EOF",
	"FD_CLR",     "FD_ISSET",      "FD_SET",	"FD_SETSIZE",
	"FD_ZERO",    "HUGE_VAL",      "INFINITY",	"LITTLE_ENDIAN",
	"NAN",	      "NFDBITS",       "NULL",		"PDP_ENDIAN",
	"alignas",    "alignof",       "and",		"and_eq",
	"asm",	      "assert",	       "auto",		"be16toh",
	"be32toh",    "be64toh",       "bitand",	"bitor",
	"bool",	      "break",	       "case",		"catch",
	"char",	      "char16_t",      "char32_t",	"char8_t",
	"class",      "co_await",      "co_return",	"co_yield",
	"compl",      "concept",       "const",		"const_cast",
	"consteval",  "constexpr",     "constinit",	"continue",
	"decltype",   "default",       "delete",	"do",
	"double",     "dynamic_cast",  "else",		"enum",
	"errno",      "explicit",      "export",	"extern",
	"false",      "float",	       "for",		"friend",
	"goto",	      "htobe16",       "htobe32",	"htobe64",
	"htole16",    "htole32",       "htole64",	"i386",
	"if",	      "inline",	       "int",		"int16_t",
	"int32_t",    "int64_t",       "int8_t",	"intmax_t",
	"intptr_t",   "le16toh",       "le32toh",	"le64toh",
	"linux",      "long",	       "mutable",	"namespace",
	"new",	      "noexcept",      "noreturn",	"not",
	"not_eq",     "nullptr",       "offsetof",	"operator",
	"or",	      "or_eq",	       "private",	"protected",
	"ptrdiff_t",  "public",	       "register",	"reinterpret_cast",
	"requires",   "restrict",      "return",	"short",
	"signed",     "size_t",	       "sizeof",	"ssize_t",
	"static",     "static_assert", "static_cast",	"stderr",
	"stdin",      "stdout",	       "struct",	"switch",
	"template",   "this",	       "thread_local",	"throw",
	"true",	      "try",	       "typedef",	"typeid",
	"typename",   "typeof",	       "typeof_unqual", "uint16_t",
	"uint32_t",   "uint64_t",      "uint8_t",	"uintmax_t",
	"uintptr_t",  "union",	       "unix",		"unsigned",
	"using",      "virtual",       "void",		"volatile",
	"wchar_t",    "while",	       "xor",		"xor_eq",
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
