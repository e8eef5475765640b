/*
 * body.h: what a receiver does with a large body: it adds up one 64-bit word of each cache line.
 * The same for every system, so that each pays for bringing the payload to its CPU, and none for
 * more than that.
 */
#ifndef COHORT_BENCH_BODY_H
#define COHORT_BENCH_BODY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wait.h"

#define BODY_LINE 64

static inline void body_touch(const unsigned char *body, size_t size)
{
	uint64_t sum = 0;

	for (size_t at = 0; at + sizeof(sum) <= size; at += BODY_LINE) {
		uint64_t word;

		memcpy(&word, body + at, sizeof(word));
		sum += word;
	}
	wait_sink(&sum);
}

#endif
