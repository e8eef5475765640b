/* Text for the outputs: the pieces that all of them lay out alike. */
#ifndef COHORT_IDL_EMIT_TEXT_H
#define COHORT_IDL_EMIT_TEXT_H

#include "ast.h"

#include "memory.h"

#include <stdio.h>

const char *text_upper(const char *text);
/* Behind the last '/'. */
const char *text_basename(const char *path);

/*
 * A list of text, broken before column 100 as our style has it: further lines begin below the first
 * item, and that is where `head` ends, or if that does not fit, one tab further in than `head`.
 */
void put_list(FILE *to, const char *head, const char *const *items, size_t nitems,
	      const char *tail);
/* A comment, on a line of its own if it is short; nothing for NULL or "". */
void put_comment(FILE *to, const char *indent, const char *text);

/* 0, or what writing to it failed with. */
int put_end(FILE *to);

#endif
