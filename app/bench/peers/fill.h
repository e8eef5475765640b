/*
 * fill.h: what every message carries, and what becomes of it: the sender writes each 64-bit word,
 * the receiver adds them all up and compares the sum. So every system pays for bringing all of the
 * payload to the other CPU, and a system that brings something else is found out.
 *
 * Word i is seed + i; the low byte of the seed is the phase, so it is the first byte as well.
 */
#ifndef COHORT_BENCH_FILL_H
#define COHORT_BENCH_FILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline void fill(void *data, size_t size, uint64_t seed)
{
	unsigned char *at = data;

	for (size_t i = 0; i < size / sizeof(seed); i++) {
		uint64_t word = seed + i;

		memcpy(at + i * sizeof(word), &word, sizeof(word));
	}
}

static inline bool fill_check(const void *data, size_t size)
{
	const unsigned char *at = data;
	uint64_t count = size / sizeof(uint64_t), sum = 0, seed;

	memcpy(&seed, data, sizeof(seed));
	for (size_t i = 0; i < count; i++) {
		uint64_t word;

		memcpy(&word, at + i * sizeof(word), sizeof(word));
		sum += word;
	}
	return sum == count * seed + count * (count - 1) / 2;
}

#endif
