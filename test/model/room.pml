/*
 * Senders that wait for room.
 *
 *   senders    take turns under the ring's lock and queue in the order in which they got it.  The
 *              first of the queue, without room: load head, store waiting = 1, give the lock
 *              back, futex_wait(head, the value it judged by), start again.  Who is served clears
 *              `waiting` and leaves the queue before it gives the lock back.
 *   consumer   store head; load waiting; if set, and half of the ring is free or it is empty:
 *              futex_wake(head).
 *
 * The kernel's comparison is the second look: head moved after the judgement means no sleep.
 * "store waiting, compare head" against "store head, load waiting" leaves no gap.  The ring's
 * lock is given back by a release store only, so nothing here leans on a barrier in an unlock.
 *
 * A record has at most half of the ring's cells (in truth: a quarter), so a wake always means
 * room.  The consumer advances by one cell or by all that it saw.  The sender's own look after 1,
 * 2, 4 .. 20 ms is left out: nothing may need it.
 *
 * Property: all senders get through (none sleeps for ever), and records are published in the
 * order of the queue.
 */
#define SENDERS 3
#define CELLS 4

#define TAIL 0			/* written by the producer, as is WAITING */
#define WAITING 1
#define HEAD 2			/* written by the consumer */
#define LOCK 3			/* private to the producer's process */
#define WORDS 4

#define CONSUMER SENDERS	/* the senders are 0 .. SENDERS - 1 */
#define BUFFERS (SENDERS + 1)
#define DEPTH 3

#include "tso.h"

byte tail, copy;		/* guarded by LOCK, as is the queue */
byte first, last;		/* tickets: the one whose turn it is, the next to be drawn */
bool sleeps[SENDERS];		/* in the kernel, on head */
byte published;			/* seen by the properties only */

#define FITS (tail + cells - copy <= CELLS)
#define HALF_FREE (CELLS - (tail_seen - head) >= CELLS / 2)

#ifdef WEAK_WAITING		/* waiting by a relaxed store */
#define STORE_WAITING(value) store_plain(WAITING, value)
#else
#define STORE_WAITING(value) store(WAITING, value)
#endif

#ifdef WEAK_HEAD		/* head by a relaxed store */
#define STORE_HEAD(value) store_plain(HEAD, value)
#else
#define STORE_HEAD(value) store(HEAD, value)
#endif

#ifdef WEAK_COMPARE		/* sleeps without a comparison */
#define UNCHANGED true
#else
#define UNCHANGED mem[HEAD] == judged
#endif

inline futex_wait_head()
{
	if
	:: d_step { UNCHANGED -> sleeps[me] = true };
		!sleeps[me]
	:: !(UNCHANGED)
	fi
}

inline futex_wake_head()
{
	d_step { sleeps[0] = false; sleeps[1] = false; sleeps[2] = false }
}

proctype sender(byte me; byte messages)
{
	byte cells, ticket, judged;

	do
	:: messages > 0 ->
		messages--;
		if
		:: cells = 1
		:: cells = 2
		fi;
		lock(LOCK);
		d_step { ticket = last; last++ };
#ifdef WEAK_QUEUE		/* who finds room takes it, whoever waits */
		if
		:: FITS -> goto fits
		:: else
		fi;
#endif
		if
		:: first == ticket
		:: else ->
			unlock(LOCK);
			first == ticket;
			lock(LOCK)
		fi;
room:
		if
		:: FITS -> goto fits
		:: else
		fi;
		load(HEAD, copy);
		if
		:: FITS -> goto fits
		:: else
		fi;
		judged = copy;
		STORE_WAITING(1);
		unlock(LOCK);
		futex_wait_head();
		lock(LOCK);
		goto room;
fits:
		atomic { assert(ticket == published); published++ };
		tail = tail + cells;
		store(TAIL, tail);
#ifdef WEAK_CLEAR		/* waiting cleared after the next one got the ring */
		first++;
		unlock(LOCK);
		store_plain(WAITING, 0);
#else
		store_plain(WAITING, 0);
		first++;
		unlock(LOCK);
#endif
		d_step { ticket = 0; judged = 0; cells = 0 }
	:: else -> break
	od
}

active proctype consumer()
{
	byte me = CONSUMER, head, tail_seen;
	bool waiting;

end:
	do
	:: mem[TAIL] != head ->
		if
		:: head++
		:: load(TAIL, head)
		fi;
#ifdef WEAK_ORDER		/* waiting loaded before head is stored */
		load(WAITING, waiting);
		STORE_HEAD(head);
#else
		STORE_HEAD(head);
		load(WAITING, waiting);
#endif
		if
		:: waiting ->
			load(TAIL, tail_seen);
			if
			:: HALF_FREE || tail_seen == head -> futex_wake_head()
			:: else
			fi
		:: else
		fi;
		d_step { tail_seen = 0; waiting = false }
	od
}

init {
	atomic {
		run sender(0, 2);
		run sender(1, 2);
		run sender(2, 1)
	}
}
