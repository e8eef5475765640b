#include "cohort/types.h"

#include "base/error.h"

#define TEXT(x) #x
#define VERSION(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

const char *cohort_strerror(int e)
{
	return error_text(e);
}

const char *cohort_version(void)
{
	return VERSION(COHORT_VERSION_MAJOR, COHORT_VERSION_MINOR, COHORT_VERSION_PATCH);
}
