/* The files of a run: one that was named, and what it imports, and what those import. */
#ifndef COHORT_IDL_IMPORTS_H
#define COHORT_IDL_IMPORTS_H

#include "ast.h"

/*
 * Reads and parses all of them. An import is looked for beside the file that has it, then in
 * `folders`. Returns the first file, with the others behind it.
 */
struct file *imports_load(const char *path, const char *const *folders, size_t nfolders);

#endif
