/*
 * A table: rows of cells, printed for people in aligned columns, or as JSON, one object a row.
 *
 * The caller puts the cells of a row one after another, in the order of the columns; the last one
 * ends the row. For people a table is printed when it is closed, as only then its widths are known;
 * a live one prints each row at once, at the columns' least widths.
 */
#ifndef COHORT_TABLE_H
#define COHORT_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cohort.h"
#include "json.h"

struct table_column {
	const char *head; /* for people; NULL: they do not see this column */
	const char *key;  /* in JSON */
	int width;	  /* at least; negative: the cells stand at the left */
};

enum table_colour {
	TABLE_PLAIN,
	TABLE_BOLD,
	TABLE_DIM,
	TABLE_RED,
	TABLE_GREEN,
	TABLE_YELLOW,
};

struct table {
	const struct table_column *columns;
	size_t ncolumns;
	bool json, live;
	enum table_colour colour; /* of the cells that follow */
	size_t at;		  /* the column of the next cell */
	struct json row;
	struct table_cell *cells; /* of whole rows, and of the one that is being made */
	size_t ncells, capacity;
	bool headed;
};

#define TABLE_JSON 1u
#define TABLE_LIVE 2u

void table_open(struct table *t, const struct table_column *columns, size_t ncolumns,
		unsigned flags);
/* Prints what was not printed yet, and frees it. */
void table_close(struct table *t);

void table_text(struct table *t, const char *text);
void table_unsigned(struct table *t, uint64_t value);
void table_signed(struct table *t, int64_t value);
void table_peer(struct table *t, cohort_peer peer);
void table_duration(struct table *t, int64_t ns); /* JSON: nanoseconds */
void table_time(struct table *t, int64_t ns);	  /* CLOCK_REALTIME; JSON: ISO 8601, UTC */
void table_bool(struct table *t, bool value);	  /* for people "yes" or "no" */
void table_none(struct table *t);		  /* for people "-", JSON: null */

/* A word for a colour on standard output; "" if that is no terminal. TABLE_PLAIN ends one. */
const char *colour_code(enum table_colour colour);

/* "1.25 ms": three digits and a unit. */
void format_duration(int64_t ns, char out[16]);

/* Text for people: control characters and what is not UTF-8 as \xNN. */
void print_escaped(FILE *file, const void *bytes, size_t length);

#endif
