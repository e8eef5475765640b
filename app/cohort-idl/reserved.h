#ifndef COHORT_IDL_RESERVED_H
#define COHORT_IDL_RESERVED_H

#include <stdbool.h>

/*
 * Whether a name in C cannot be an interface's: a word of C or C++, a name that the headers claim
 * which generated code includes, or one that the compiler or the library might claim.
 */
bool name_is_reserved(const char *c_name);

#endif
