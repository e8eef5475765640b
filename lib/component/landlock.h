/*
 * Landlock: what of the file system this thread, and each that it starts, may still open. Rights
 * only ever go away. Files that are open stay open.
 */
#ifndef COHORT_COMPONENT_LANDLOCK_H
#define COHORT_COMPONENT_LANDLOCK_H

/*
 * From now on only the folders of shared objects can be read: the system's, those that this
 * process has loaded from, and the object's (may be NULL). No TCP, no abstract sockets and no
 * signals to others, if the kernel can do that. Needs no_new_privs. -ENOSYS, -EOPNOTSUPP: there is
 * no Landlock
 */
int landlock_only_libraries(const char *object);

/* From now on no file at all, and the same else. Errors as above. */
int landlock_no_files(void);

#endif
