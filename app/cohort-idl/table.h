/* A table from names to things, which also knows the order in which they came. */
#ifndef COHORT_IDL_TABLE_H
#define COHORT_IDL_TABLE_H

#include <stddef.h>

struct table_entry {
	struct table_entry *next;    /* in the order in which they were added */
	struct table_entry *chained; /* in the same slot */
	const char *key;
	void *value;
};

/* Zeroed it is empty. */
struct table {
	struct table_entry **slots;
	size_t nslots, count;
	struct table_entry *first, **end;
};

/* Or NULL. */
void *table_find(const struct table *t, const char *key);
/* Returns what has that key already, and changes nothing; or NULL. Key and value are borrowed. */
void *table_add(struct table *t, const char *key, void *value);

#endif
