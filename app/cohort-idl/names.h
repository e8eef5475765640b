/* Which name means what: the declarations and enumerators of all files. */
#ifndef COHORT_IDL_NAMES_H
#define COHORT_IDL_NAMES_H

#include "ast.h"

struct symbol {
	struct declaration *declaration; /* of an enumerator: its enum */
	struct enumerator *enumerator;	 /* or NULL */
};

enum wanted {
	WANTED_TYPE,
	WANTED_VALUE
};

/* Gives all declarations their full names. One that has the name of another is taken away. */
void names_declare(struct file *files);

/*
 * What a name, as written, means in a file: relative to its module, then to what is around that, up
 * to nothing. NULL: nothing that the file can see.
 */
const struct symbol *name_find(const struct file *from, const char *name);
/* A value of that enum. */
struct enumerator *name_find_enumerator(const struct declaration *of, const char *name);

/* Says that a name is not known, and what might be meant. `of`: its values come first, or NULL. */
void name_unknown(const struct file *from, struct place place, const char *name, enum wanted wanted,
		  const struct declaration *of);

/* Whether such a dotted name can be of a type that is declared elsewhere. */
bool name_may_be_external(const struct file *from, const char *name);
/* Declares it in that file's module, as external, unless it is so already. */
struct declaration *name_add_external(struct file *file, struct place place, const char *name);

#endif
