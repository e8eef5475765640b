/*
 * How many messages a process tried to send and how many were accepted, in a file that it shares with the test: the
 * numbers are there whenever and however the process ends. The process writes, the test reads once it has ended.
 */
#ifndef COHORT_PROC_TALLY_H
#define COHORT_PROC_TALLY_H

#include <stdatomic.h>
#include <stdint.h>

struct tally {
	_Atomic uint64_t tried;
	_Atomic uint64_t accepted;
};

#endif
