/*
 * What an error number means when this library returns it.
 */
#ifndef COHORT_BASE_ERROR_H
#define COHORT_BASE_ERROR_H

/* A static text for an errno of either sign; never NULL. Thread-safe, allocates nothing. */
const char *error_text(int e);

#endif
