/*
 * alloc.c: glibc lets a program define malloc() and keeps its own under the names __libc_malloc()
 * and so on. Only what takes memory counts; free() is not wrapped, as the memory is libc's.
 */
#include "alloc.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ALLOC_COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ALLOC_COUNTED 0
#endif
#endif
#ifndef ALLOC_COUNTED
#define ALLOC_COUNTED 1
#endif

static _Atomic uint64_t calls; /* relaxed: a count, which orders nothing */

bool alloc_counted(void)
{
	return ALLOC_COUNTED;
}

uint64_t alloc_count(void)
{
	return atomic_load_explicit(&calls, memory_order_relaxed);
}

#if ALLOC_COUNTED

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static void count(void)
{
	atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
}

void *malloc(size_t size)
{
	count();
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	count();
	return __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
	count();
	return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	count();
	return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
	void *got;

	count();
	got = __libc_memalign(alignment, size);
	if (!got)
		return ENOMEM;
	*memory = got;
	return 0;
}

#endif
