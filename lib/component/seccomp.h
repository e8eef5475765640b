/*
 * The list of the system calls that a worker may make. All others fail with EPERM, those of another
 * architecture kill the process. Filters add up, and hold for every thread.
 *
 * Needs no_new_privs. -ENOSYS, -EINVAL: the kernel has no seccomp, or nobody wrote the list for this
 * architecture; -EBUSY: another thread has a filter of its own
 */
#ifndef COHORT_COMPONENT_SECCOMP_H
#define COHORT_COMPONENT_SECCOMP_H

/* While the component is loaded: the same as below, and files can be read and mapped. */
int seccomp_allow_loading(void);

/* While it works: memory, threads, time, and the descriptors that it has or is sent. */
int seccomp_allow_working(void);

#endif
