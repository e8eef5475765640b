/*
 * Hash functions.
 *
 * hash_name() is part of the protocol: processes with different versions of the library compare
 * its results, so it can never change. It is FNV-1a with 32 bits: start with 2166136261; for each
 * byte of the name in order (taken as unsigned, without any terminating zero), xor the byte into
 * the low 8 bits and then multiply by 16777619, modulo 2^32. The empty name hashes to 2166136261.
 *
 * hash_mix() is for tables inside one process: a bijection of 64-bit words after which every bit
 * of the input has touched every bit of the output.
 */
#ifndef COHORT_BASE_HASH_H
#define COHORT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t hash_name(const char *name, size_t len)
{
	uint32_t h = UINT32_C(2166136261);

	for (size_t i = 0; i < len; i++) {
		h ^= (unsigned char)name[i];
		h *= UINT32_C(16777619);
	}
	return h;
}

static inline uint64_t hash_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return x;
}

#endif
