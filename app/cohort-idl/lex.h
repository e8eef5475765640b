/*
 * A text as tokens, one after another. What is wrong in a token is said here; the token is then the
 * nearest that could be meant, so that the parser goes on.
 */
#ifndef COHORT_IDL_LEX_H
#define COHORT_IDL_LEX_H

#include "ast.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NAME,
	TOKEN_INTEGER,
	TOKEN_FLOAT,
	TOKEN_STRING,
	TOKEN_ARROW, /* => */
	TOKEN_SIGN   /* any other character: see `sign` */
};

struct token {
	struct place place;
	enum token_kind kind;
	char sign;
	const char *text; /* as written; a string's without quotes and escapes, and ends with NUL */
	size_t length;
	uint64_t magnitude;
	double number;
	bool cut;	      /* it does not end: a string, or a comment at the end of the file */
	const char *doc;      /* the doc comments before it, or NULL */
	const char *doc_file; /* those that say `\file`, or NULL */
	const char *doc_back; /* those that explain what was before them, or NULL */
};

struct lexer {
	const struct file *file;
	const char *at, *end;
	struct place place; /* of `at` */
};

void lexer_init(struct lexer *lexer, const struct file *file);
struct token lexer_next(struct lexer *lexer);

/* What is found, for a message: "`struct`", "the end of the file". */
const char *token_describe(const struct token *token);

#endif
