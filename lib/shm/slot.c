/*
 * How it works
 *
 *	requester                                        replier
 *	slot_open: word = seq, OPEN
 *	publishes the record ------------------------->  takes it, runs the handler
 *	spins: looks at the word                         slot_answer, under its lock for this slot:
 *	slot_sleep: CAS OPEN -> OPEN_SLEEPS, futex         word is still seq, OPEN or OPEN_SLEEPS?
 *	                                                   writes the answer
 *	slot_give_up: CAS OPEN* -> GIVEN_UP                CAS that word -> DONE   <- decides and publishes
 *	reads the answer only if DONE                      wakes if it was OPEN_SLEEPS
 *
 * Exactly one of the two swaps, to DONE and to GIVEN_UP, succeeds, so both sides know the same
 * outcome. After GIVEN_UP the requester may open the slot at once with the next sequence: a replier
 * of the old request that is still writing bytes holds its lock for the slot, so the replier of the
 * new request writes after it, and the old one's swap fails because the sequence differs. A
 * requester reads bytes only of its own DONE.
 *
 * No wake-up is lost: the requester swaps OPEN to OPEN_SLEEPS and the kernel compares the low half
 * of the word before it sleeps; the replier's swap changes that half, and a swap from OPEN_SLEEPS
 * tells it to wake. If the replier swapped first, the requester's swap to OPEN_SLEEPS fails and it
 * does not sleep.
 *
 * A hostile side can store what it likes: the requester takes any word that its request cannot have
 * as a violation, and sleeps also on its private word `over`, so that nobody can keep it.
 */
#include "shm/slot.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/futex.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	      "the futex is the word's low half, at its address");

static _Atomic uint32_t *low_half(struct slot *slot)
{
	return (_Atomic uint32_t *)(void *)&slot->word;
}

void slot_open(struct slot *slot, uint64_t sequence)
{
	/* Release is not needed: the record that names the slot is published after it. */
	atomic_store_explicit(&slot->word, slot_word(sequence, SLOT_OPEN), memory_order_relaxed);
}

static int judge(uint64_t word, uint64_t sequence)
{
	if (word == slot_word(sequence, SLOT_DONE))
		return 1;
	if (word == slot_word(sequence, SLOT_OPEN) || word == slot_word(sequence, SLOT_OPEN_SLEEPS))
		return 0;
	return -EPROTO;
}

int slot_look(struct slot *slot, uint64_t sequence)
{
	/* acquire: pairs with the swap in slot_answer() */
	return judge(atomic_load_explicit(&slot->word, memory_order_acquire), sequence);
}

int slot_sleep(struct slot *slot, uint64_t sequence, _Atomic uint32_t *over, int64_t deadline)
{
	uint64_t word = slot_word(sequence, SLOT_OPEN);

	if (!atomic_compare_exchange_strong(&slot->word, &word,
					    slot_word(sequence, SLOT_OPEN_SLEEPS)) &&
	    word != slot_word(sequence, SLOT_OPEN_SLEEPS))
		return 0;
	return futex_wait_two(low_half(slot), (uint32_t)slot_word(sequence, SLOT_OPEN_SLEEPS), over,
			      0, deadline);
}

int slot_give_up(struct slot *slot, uint64_t sequence)
{
	uint64_t word = slot_word(sequence, SLOT_OPEN);

	/*
	 * The first swap may fail because the word is OPEN_SLEEPS; a third round means that
	 * somebody plays with it.
	 */
	for (int round = 0; round < 2; round++) {
		if (atomic_compare_exchange_strong(&slot->word, &word,
						   slot_word(sequence, SLOT_GIVEN_UP)))
			return 0;
		if (judge(word, sequence))
			return judge(word, sequence);
	}
	return -EPROTO;
}

int slot_read(const struct slot *slot, struct slot_answer *answer)
{
	struct slot_answer copy = {
		.fence = slot->fence,
		.outcome = slot->outcome,
		.status = slot->status,
		.length = slot->length,
		.fds = slot->fds,
		.form = slot->form,
	};

	__asm__ volatile("" ::: "memory"); /* the checks are made on the copy */
	if (copy.form > SLOT_FRAME || copy.outcome > 0 || copy.outcome < -4095 || copy.status > 0 ||
	    copy.status < -4095 || copy.fds > 253)
		return -EPROTO;
	if (copy.form == SLOT_INLINE && copy.length > SLOT_INLINE_MAX)
		return -EPROTO;
	*answer = copy;
	return 0;
}

void slot_copy_body(const struct slot *slot, void *body, size_t length)
{
	memcpy(body, slot->body, length);
}

bool slot_is_open(struct slot *slot, uint64_t sequence)
{
	return judge(atomic_load_explicit(&slot->word, memory_order_acquire), sequence) == 0;
}

static void write_answer(struct slot *slot, const struct slot_answer *answer,
			 const struct iovec *parts, size_t nparts)
{
	size_t at = 0;

	slot->fence = answer->fence;
	slot->outcome = answer->outcome;
	slot->status = answer->status;
	slot->length = answer->length;
	slot->fds = answer->fds;
	slot->form = answer->form;
	slot->zero = 0;
	for (size_t i = 0; i < nparts && answer->form == SLOT_INLINE; i++) {
		if (parts[i].iov_len)
			memcpy(slot->body + at, parts[i].iov_base, parts[i].iov_len);
		at += parts[i].iov_len;
	}
}

int slot_answer(struct slot *slot, uint64_t sequence, const struct slot_answer *answer,
		const struct iovec *parts, size_t nparts)
{
	uint64_t word = atomic_load_explicit(&slot->word, memory_order_acquire);

	if (judge(word, sequence) != 0)
		return -ETIMEDOUT;
	write_answer(slot, answer, parts, nparts);
	for (int round = 0; round < 3; round++) {
		if (atomic_compare_exchange_strong(&slot->word, &word,
						   slot_word(sequence, SLOT_DONE)))
			return (word & 3) == SLOT_OPEN_SLEEPS;
		if (judge(word, sequence) != 0)
			break;
	}
	return -ETIMEDOUT;
}

void slot_wake(struct slot *slot)
{
	futex_wake(low_half(slot), INT_MAX, true);
}

void slot_announce(struct lane *lane, unsigned index)
{
	/* seq_cst: before asleep */
	atomic_fetch_or(&lane->completed[index / 64], UINT64_C(1) << (index % 64));
}
