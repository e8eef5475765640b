/*
 * One page for one word: wiping is by the page. It is never unmapped, for a handle of the library
 * may be asked about until the process ends. Nothing else is done in the child, because between
 * fork and exec of a threaded process only async-signal-safe calls are allowed.
 */
#include "base/fork.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"

_Atomic uint32_t *_Atomic fork_word;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int once_result; /* written inside `once`, read after it */

static int wiped_page_map(size_t size, void **out)
{
	void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int err;

	if (page == MAP_FAILED)
		return -errno;
	if (madvise(page, size, MADV_WIPEONFORK) < 0) {
		err = -errno;
		munmap(page, size);
		return err;
	}
	*out = page;
	return 0;
}

static void fork_setup_once(void)
{
	once_result = -pthread_atfork(NULL, NULL, fd_close_owned);
}

/* Two threads may come at once: the page that is published first stays. */
static int fork_word_renew(_Atomic uint32_t *old)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	_Atomic uint32_t *word;
	void *page;
	int err = wiped_page_map(size, &page);

	if (err)
		return err;
	word = page;
	atomic_store_explicit(word, 1, memory_order_relaxed);
	if (!atomic_compare_exchange_strong(&fork_word, &old, word))
		munmap(page, size);
	return 0;
}

int fork_init(void)
{
	_Atomic uint32_t *word = atomic_load(&fork_word);
	int err = pthread_once(&once, fork_setup_once);

	if (err || once_result)
		return err ? -err : once_result;
	return word && !fork_was_wiped(word) ? 0 : fork_word_renew(word);
}
