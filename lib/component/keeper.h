/*
 * The keeper: what stays behind when the worker moves to a namespace of its own for processes.
 *
 *	spawner --- keeper		the process that was spawned: its pid, its exit status
 *	             |--- worker	pid 2 in there: loads and runs the component
 *	             '--- init		pid 1 in there: sleeps
 */
#ifndef COHORT_COMPONENT_KEEPER_H
#define COHORT_COMPONENT_KEEPER_H

/*
 * Returns in the worker: 0. The calling process stays behind and never returns. On an error there is
 * no other process, and the caller goes on: -EPERM, -ENOSPC, -EINVAL: not possible here; -EAGAIN,
 * -ENOMEM, -EMFILE
 */
int keeper_fork(void);

#endif
