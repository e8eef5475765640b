/* Values as literals of C. */
#ifndef COHORT_IDL_EMIT_LITERAL_H
#define COHORT_IDL_EMIT_LITERAL_H

#include "ast.h"

/* A constant expression of that type, which must not be a pointer or a composite. */
const char *c_literal(const struct type *type, const struct value *value);
/* What is meant, through all names; NULL: an enumerator. */
const struct value *value_resolved(const struct value *value);
/* "text", with what C wants escaped. */
const char *c_string(const char *text, size_t length);
/* The same as the values of an array of char, for one that is longer than C promises to take. */
const char *const *c_characters(const char *text, size_t length);
#define C_STRING_MOST 4095
/* As the language writes it. */
const char *idl_literal(const struct value *value);

#endif
