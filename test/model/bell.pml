/*
 * The bell, the flag `asleep` and the session's claim.
 *
 *   producer   store tail; load asleep; if 1: exchange asleep 1 -> 0; who took it rings
 *   replier    set a bit of the completion bitmap; then as above
 *   act x 2    the bell is an edge of an epoll instance: one edge goes to one thread, a later one
 *              may go to the other.  Claim word: IDLE -> BUSY and serve, or BUSY -> AGAIN and
 *              leave.  The server serves, stores asleep = 1, looks at tail and bitmap again, and
 *              leaves by a swap BUSY -> IDLE; when that fails it makes the word BUSY and looks
 *              again.  A bell holds few rings, and one into a full bell makes no edge: it is
 *              drained before asleep = 1 if it was asked for before.
 *   yielding   the handler of the first record may block until the second one was handled.  Its
 *              thread then releases the claim first, and posts a local event so that the other
 *              thread looks at the session: asleep may be 0, so nobody would ring for what is
 *              left.  When the handler returns its thread has no claim any more.
 *
 * Property: when nobody can go on, every record and every completion was handled, records in
 * order; asleep is 1 and the claim IDLE, so that the next record rings.  At no time do two
 * threads serve the session.
 */
#define RECORDS 3
#define WAITS_FOR 2		/* the record that the first one's handler may wait for */

#define TAIL 0			/* written by the producer */
#define ASLEEP 1		/* set by the server, taken by producer and replier */
#define BITS 2			/* set by the replier, taken by the server */
#define CLAIM 3			/* private to the consumer's process, as is HEAD */
#define HEAD 4
#define WORDS 5

#define PRODUCER 0
#define REPLIER 1
#define ACT 2			/* and 3 */
#define BUFFERS 4
#define DEPTH 3

#include "tso.h"

#define ROOM 2			/* rings that the bell holds */

#define IDLE 0
#define BUSY 1
#define AGAIN 2

byte bell;			/* bytes that lie in the bell's socket */
byte asked;			/* how often it was asked for since it was drained */
bool edge;			/* epoll has an edge of it to deliver */
bool ready;			/* the local event: look at the session */

byte started, handled;		/* seen by the properties only, like the next two */
bool completed;
bool served;

#ifdef WEAK_TAIL		/* tail published by a relaxed store */
#define STORE_TAIL(value) store_plain(TAIL, value)
#else
#define STORE_TAIL(value) store(TAIL, value)
#endif

#ifdef WEAK_ASLEEP		/* asleep set by a relaxed store */
#define STORE_ASLEEP(value) store_plain(ASLEEP, value)
#else
#define STORE_ASLEEP(value) store(ASLEEP, value)
#endif

inline ring()
{
	if
	:: d_step { bell < ROOM -> bell++; edge = true }
	:: else
	fi;
	took = 0
}

inline ring_if_asleep()
{
	load(ASLEEP, took);
	if
	:: took ->
		exchange(ASLEEP, 0, took);
		if
		:: took -> ring()
		:: else
		fi
	:: else
	fi
}

proctype producer()
{
	byte me = PRODUCER, tail, took;

	do
	:: tail < RECORDS ->
		tail++;
		STORE_TAIL(tail);
		ring_if_asleep()
	:: else -> break
	od
}

proctype replier()
{
	byte me = REPLIER, took;

#ifdef WEAK_BIT			/* asleep looked at before the bit is set */
	load(ASLEEP, took);
	fetch_or(BITS, 1);
	if
	:: took ->
		exchange(ASLEEP, 0, took);
		if
		:: took -> ring()
		:: else
		fi
	:: else
	fi
#else
	fetch_or(BITS, 1);
	ring_if_asleep()
#endif
}

proctype act(byte me)
{
	byte head, seen, bits, word;
	bool won;

wait:
	atomic { head = 0; seen = 0; bits = 0; word = 0; won = false };
end_wait:
	if
	:: d_step { edge && bell > 0 -> edge = false }
	:: d_step { ready -> ready = false }
	fi;

claim:
	load(CLAIM, word);
	if
	:: word == IDLE ->
		cas(CLAIM, IDLE, BUSY, won);
		if
		:: won
		:: else -> goto claim
		fi
	:: word == BUSY ->
#ifdef WEAK_AGAIN		/* who finds the session served leaves without a word */
		goto wait
#else
		cas(CLAIM, BUSY, AGAIN, won);
		if
		:: won -> goto wait
		:: else -> goto claim
		fi
#endif
	:: word == AGAIN -> goto wait
	fi;
	d_step { assert(!served); served = true };

	load(HEAD, head);
serve:
#ifdef WEAK_DRAIN		/* drained after so many wakes, whatever was asked for */
	if
	:: asked > 1 -> d_step { bell = 0; asked = 0 }
	:: else -> asked++
	fi;
#endif
look:
	load(TAIL, seen);
	if
	:: head < seen ->
		head++;
		store_plain(HEAD, head);
		d_step { assert(head == started + 1); started = head };
		if
		:: head == 1 -> goto yield
		:: true
		fi;
		handled++;
		goto look
	:: else
	fi;
	load(BITS, bits);
	if
	:: bits ->
		exchange(BITS, 0, bits);
		completed = completed || bits;
		goto look
	:: else
	fi;

#ifndef WEAK_DRAIN
	if
	:: asked > 0 -> d_step { bell = 0; asked = 0 }
	:: else
	fi;
	asked++;
#endif
	STORE_ASLEEP(1);
#ifndef WEAK_LOOK		/* no second look once asleep is set */
	load(TAIL, seen);
	load(BITS, bits);
	if
	:: head < seen || bits ->
		exchange(ASLEEP, 0, word);
		goto look
	:: else
	fi;
#endif
	served = false;
#ifdef WEAK_LEAVE		/* leaves by a store: an AGAIN is overwritten */
	store_plain(CLAIM, IDLE);
	goto wait;
#else
	cas(CLAIM, BUSY, IDLE, won);
	if
	:: won -> goto wait
	:: else ->
		exchange(CLAIM, BUSY, word);
		served = true;
		goto serve
	fi;
#endif

yield:
	served = false;
	exchange(CLAIM, IDLE, word);
#ifndef WEAK_YIELD		/* the claim is released, but nobody is told to look */
	ready = true;
#endif
	handled >= WAITS_FOR - 1 && started >= WAITS_FOR;
	handled++;
#ifdef WEAK_RESUME		/* a handler that returns goes on serving without a claim */
	goto look;
#else
	goto wait;
#endif
}

active proctype rest()
{
	timeout;
	assert(started == RECORDS && handled == RECORDS);
	assert(completed && mem[BITS] == 0);
	assert(mem[ASLEEP] == 1 && mem[CLAIM] == IDLE)
}

init {
	atomic {
		mem[ASLEEP] = 1;
		run producer();
		run replier();
		run act(ACT);
		run act(ACT + 1)
	}
}
