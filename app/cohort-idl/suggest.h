/* What was meant by a name that is not known: the most similar one of those that are. */
#ifndef COHORT_IDL_SUGGEST_H
#define COHORT_IDL_SUGGEST_H

/* Zeroed but for `wanted`. */
struct suggestion {
	const char *wanted;
	const char *best; /* or NULL */
	unsigned int distance;
};

void suggestion_consider(struct suggestion *s, const char *name);
/* "; did you mean `x`?", or "". */
const char *suggestion_text(const struct suggestion *s);

#endif
