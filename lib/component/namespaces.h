/*
 * Namespaces of this process: views of the system in which there is less. The one for processes is
 * of component/keeper.h.
 *
 * Each function returns 0 or a negative errno. -EPERM, -ENOSPC, -EINVAL, -ENOSYS: the kernel does
 * not have it, or does not let this process.
 */
#ifndef COHORT_COMPONENT_NAMESPACES_H
#define COHORT_COMPONENT_NAMESPACES_H

/* A user namespace in which this user is itself, and nobody else is. On an error nothing changed. */
int namespaces_enter_user(void);

/* No network interface but a loopback that is down, and no abstract sockets of others. */
int namespaces_enter_network(void);

/* No System V objects and message queues of others. */
int namespaces_enter_ipc(void);

/* Mounts of its own, and an empty root in reserve for namespaces_empty_root(). */
int namespaces_enter_mount(void);

/* Makes the empty root the root and the current folder. */
int namespaces_empty_root(void);

/* Gives up every capability, for good: a namespace is worth nothing to who may leave it. */
int namespaces_drop_capabilities(void);

#endif
