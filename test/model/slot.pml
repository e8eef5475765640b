/*
 * One reply slot over three sequences, with requesters that give up and repliers that come late.
 *
 * One word: sequence << 2 | OPEN, OPEN_SLEEPS, DONE, GIVEN_UP.
 *
 *   requester  knows the sequence privately.  Stores OPEN, publishes the record, and then: DONE?
 *              over? deadline?  Else a swap OPEN -> OPEN_SLEEPS and futex_waitv(the word is
 *              OPEN_SLEEPS, over is 0).  It gives up (deadline or session over) by a swap to
 *              GIVEN_UP; when that fails it was answered.  It reuses the slot at once.
 *   repliers   two threads, each with any of the requests, under a private lock for the slot:
 *              look that the word is this request's OPEN or OPEN_SLEEPS, write the reply, then
 *              one swap of just what was seen to DONE.  If it fails because the requester went to
 *              sleep meanwhile it is tried again; else it has lost.  Who swapped OPEN_SLEEPS away
 *              wakes.
 *   io         may end the session at any time, and then the repliers need not answer: store over
 *              = 1, wake.
 *
 * The lock is why a late replier that has looked already cannot scribble over a later request's
 * reply: that one's replier waits for the lock, and the requester reads only after that one's
 * swap.
 *
 * Whether a request has a deadline is chosen when it is made: one without must be woken.
 *
 * Property: each request ends once, answered exactly if its replier's swap won; the bytes read
 * are its own.
 */
#define SEQUENCES 3

#define WORD 0			/* swapped by both sides */
#define BYTE0 1			/* the reply, written by the repliers */
#define BYTE1 2
#define OVER 3			/* private to the requester's process */
#define LOCK 4			/* private to the repliers' process */
#define WORDS 5

#define REQUESTER 0
#define IO 1
#define REPLIER 2		/* and 3 */
#define BUFFERS 4
#define DEPTH 4

#include "tso.h"

#ifdef WEAK_SEQUENCE		/* no sequence in the word */
#define WORD_OF(sequence, state) (state)
#else
#define WORD_OF(sequence, state) ((sequence) << 2 | (state))
#endif
#define OPEN 0
#define OPEN_SLEEPS 1
#define DONE 2
#define GIVEN_UP 3

/* What futex_waitv compares. */
#define MAY_SLEEP (mem[WORD] == WORD_OF(sequence, OPEN_SLEEPS) && !mem[OVER])

chan requests = [SEQUENCES] of { byte };
bool sleeps;			/* in the kernel */
bool ending;			/* from here on the peer may do nothing any more */

byte ended;			/* seen by the properties only, like the rest */
bool answered[SEQUENCES + 1];
bool won_by_replier[SEQUENCES + 1];

#ifdef WEAK_OVER		/* over by a relaxed store */
#define STORE_OVER(value) store_plain(OVER, value)
#else
#define STORE_OVER(value) store(OVER, value)
#endif

inline swap_to_sleeps()
{
#ifdef WEAK_SLEEPS		/* OPEN_SLEEPS by a store: a DONE is overwritten */
	store(WORD, WORD_OF(sequence, OPEN_SLEEPS));
	won = true
#else
	cas(WORD, WORD_OF(sequence, OPEN), WORD_OF(sequence, OPEN_SLEEPS), won)
#endif
}

inline swap_to_given_up()
{
#ifdef WEAK_GIVE_UP		/* gives up by a store */
	store(WORD, WORD_OF(sequence, GIVEN_UP));
	won = true
#else
	cas(WORD, WORD_OF(sequence, state), WORD_OF(sequence, GIVEN_UP), won)
#endif
}

active proctype requester()
{
	byte me = REQUESTER, sequence, word, byte0, byte1, state;
	bool over, won, deadline;

	do
	:: sequence < SEQUENCES ->
		load(OVER, over);
		if
		:: over -> break	/* -ENOTCONN: not sent */
		:: else
		fi;
		sequence++;
		state = OPEN;
		if
		:: deadline = false
		:: deadline = true
		fi;
		store(WORD, WORD_OF(sequence, OPEN));
		requests ! sequence;
look:
		load(WORD, word);
		if
		:: word == WORD_OF(sequence, DONE) -> goto done
		:: else
		fi;
		load(OVER, over);
		if
		:: over || deadline -> goto give_up
		:: !over
		fi;
		if
		:: state == OPEN ->
			swap_to_sleeps();
			if
			:: won -> state = OPEN_SLEEPS
			:: else -> goto look
			fi
		:: else
		fi;
		if
		:: d_step { MAY_SLEEP -> sleeps = true };
			if
			:: !sleeps
			:: d_step { deadline -> sleeps = false }
			fi
		:: !(MAY_SLEEP)
		fi;
		goto look;
give_up:
		swap_to_given_up();
		if
		:: won -> goto next
		:: else -> goto look
		fi;
done:
		load(BYTE0, byte0);
		load(BYTE1, byte1);
		assert(byte0 == sequence && byte1 == sequence);
		answered[sequence] = true;
next:
		skip;
		d_step {
			ended++;
			word = 0; byte0 = 0; byte1 = 0; state = OPEN; deadline = false; won = false
		}
	:: else -> break
	od;
	atomic { ended = SEQUENCES; over = false }
}

inline write_reply()
{
	store_plain(BYTE0, sequence);
	store_plain(BYTE1, sequence)
}

inline swap_to_done()
{
#ifdef WEAK_SWAP		/* DONE by an exchange that compares nothing */
	exchange(WORD, WORD_OF(sequence, DONE), word);
	won = (word == WORD_OF(sequence, OPEN) || word == WORD_OF(sequence, OPEN_SLEEPS))
#else
	cas(WORD, word, WORD_OF(sequence, DONE), won)
#endif
}

proctype replier(byte me)
{
	byte sequence, word;
	bool won, wake;

end:
	do
	:: requests ? sequence ->
		if
		:: true
		:: ending -> goto next
		fi;
#ifndef WEAK_LOCK		/* repliers of one slot do not exclude each other */
		lock(LOCK);
#endif
		load(WORD, word);
#ifdef WEAK_WAKE		/* whether somebody sleeps is judged by the first look */
		wake = (word == WORD_OF(sequence, OPEN_SLEEPS));
#endif
		if
		:: word == WORD_OF(sequence, OPEN) || word == WORD_OF(sequence, OPEN_SLEEPS)
		:: else -> goto out
		fi;
#ifndef WEAK_BYTES		/* the reply is written after the swap */
		write_reply();
#endif
swap:
		swap_to_done();
		if
		:: won -> won_by_replier[sequence] = true
		:: else ->
			load(WORD, word);
			if
			:: word == WORD_OF(sequence, OPEN_SLEEPS) -> goto swap
			:: else -> goto out
			fi
		fi;
#ifdef WEAK_BYTES
		write_reply();
#endif
#ifndef WEAK_WAKE
		wake = (word == WORD_OF(sequence, OPEN_SLEEPS));
#endif
out:
#ifndef WEAK_LOCK
		unlock(LOCK);
#endif
		if
		:: wake -> d_step { sleeps = false; wake = false }
		:: else
		fi;
next:
		atomic { sequence = 0; word = 0; won = false }
	od
}

active proctype io()
{
	byte me = IO;

	if
	:: ending = true;
		STORE_OVER(1);
		sleeps = false
	:: true
	fi
}

active proctype rest()
{
	timeout;
	assert(ended == SEQUENCES);
	assert(answered[1] == won_by_replier[1]);
	assert(answered[2] == won_by_replier[2]);
	assert(answered[3] == won_by_replier[3])
}

init {
	atomic {
		run replier(REPLIER);
		run replier(REPLIER + 1)
	}
}
