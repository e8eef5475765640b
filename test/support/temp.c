/*
 * Temporary folders. test/support/run-tests hands each program a folder of its own,
 * COHORT_TEST_DIR, and looks afterwards whether it is empty; a program that runs alone uses /tmp.
 */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/support.h"

/* How many folders nftw() may hold open. */
#define WALK_DESCRIPTORS 8

int temp_dir_make(char path[TEMP_DIR_MAX])
{
	const char *parent = getenv("COHORT_TEST_DIR");
	char made[TEMP_DIR_MAX];
	int length;

	length = snprintf(made, sizeof(made), "%s/ct-XXXXXX", parent ? parent : "/tmp");
	if (length >= (int)sizeof(made))
		return -ENAMETOOLONG;
	if (!mkdtemp(made))
		return -errno;
	snprintf(path, TEMP_DIR_MAX, "%s", made);
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

int temp_dir_remove(const char *path)
{
	return nftw(path, remove_entry, WALK_DESCRIPTORS, FTW_DEPTH | FTW_PHYS) ? -errno : 0;
}
