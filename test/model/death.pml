/*
 * Death of the peer between any two of its steps.
 *
 *   peer       publishes two records (the first with a sidecar, sent before) and answers a
 *              waiting request (its reply may be a frame on the socket, sent before the swap) and
 *              an asynchronous one (swap, then the bit, then the bell), in any order.  It is
 *              killed at any moment, at the latest when it has done all.  Stores that it has
 *              executed reach memory before its pidfd is readable.
 *   app        makes the asynchronous request or the waiting one; giving up for a deadline is
 *              slot.pml's matter.
 *   io         may read the socket at any time.  pidfd -> drain the socket, close it -> over = 1,
 *              wake who waits, end the asynchronous slot -> let the server drain the ring and
 *              call `left`.
 *   server     serves records, completions, endings.  It stands for all act threads: the claim,
 *              which is bell.pml's matter, lets one of them serve at a time.  The first record's
 *              handler may yield and go on `beside` it.
 *
 * The waiting requester alone decides its own request: once over it looks for DONE, else it swaps
 * to GIVEN_UP.  The asynchronous one is ended by io: a swap to GIVEN_UP, and when that fails it
 * is DONE, though maybe without bit and bell, so io hands it to the server in both cases.  Its
 * private record is taken once by whoever comes first.  Making a request and ending all of them
 * exclude each other by a private lock.
 *
 * `left`: the session is held once until the ring was drained for the last time, and once by each
 * running handler; who lets go last calls it.  The last look is one that began after io's notice
 * had been seen.
 *
 * Property: each request ends once, with the answer if the peer's swap was done; every published
 * record is handled, its sidecar at hand; `left` comes once, after all handlers and callbacks.
 */
#define RECORDS 2

#define TAIL 0			/* written by the peer */
#define ASLEEP 1
#define WAITED 2		/* the word of the waiting request's slot */
#define ASYNC 3			/* the word of the asynchronous one's */
#define BITS 4
#define OVER 5			/* private to us */
#define LOCK 6
#define WORDS 7

#define PEER 0
#define IO 1
#define APP 2
#define SERVER 3
#define BUFFERS 4
#define DEPTH 2

#include "tso.h"

#define OPEN 1			/* 0: never used */
#define OPEN_SLEEPS 2
#define DONE 3
#define GIVEN_UP 4

#define SIDECAR 1		/* what may lie in the socket */
#define REPLY 2

bool exited;			/* the pidfd is readable */
chan socket = [2] of { byte };
bool closed;
bool table[3];			/* what was taken from the socket */
bool bell, notice = true;	/* the two events of the server's epoll */
bool sleeps;			/* app, in the kernel */
byte head;			/* private to the server */
bool yielded;			/* a handler goes on beside it */
bool async_open;		/* the private record of the asynchronous request */
bool async_ended;		/* io's hand-over */
bool draining;			/* io: the peer is dead, all else is done */
byte holds = 1;			/* the session's references */

bool finished;			/* seen by the properties only, like the rest */
byte handled, callbacks, left;
bool answered, refused, called, reply_in_frame;

#ifdef WEAK_OVER		/* over by a relaxed store */
#define STORE_OVER(value) store_plain(OVER, value)
#else
#define STORE_OVER(value) store(OVER, value)
#endif

/* What the peer has stored when it dies has left its buffer: all its stores here are seq_cst. */
inline dies()
{
	atomic {
		exited = true;
		tail = 0; took = 0; waited_done = false; async_done = false;
		goto gone
	}
}

#define STEP(action)	\
	if		\
	:: action	\
	:: dies()	\
	fi

inline ring_if_asleep()
{
	STEP(exchange(ASLEEP, 0, took));
	if
	:: took -> bell = true
	:: !took
	:: dies()
	fi
}

inline publish()
{
	tail++;
	STEP(store(TAIL, tail));
	ring_if_asleep()
}

active proctype peer()
{
	byte me = PEER, tail, took;
	bool waited_done, async_done;

	do
	:: tail == 0 ->
		STEP(socket ! SIDECAR);
		publish()
	:: tail == 1 -> publish()
	:: !waited_done && (mem[WAITED] == OPEN || mem[WAITED] == OPEN_SLEEPS) ->
		if
		:: true
		:: atomic { socket ! REPLY -> reply_in_frame = true }
		fi;
		STEP(exchange(WAITED, DONE, took));
		if
		:: took == OPEN_SLEEPS -> sleeps = false
		:: took == OPEN
		:: dies()
		fi;
		waited_done = true
	:: !async_done && mem[ASYNC] == OPEN ->
		STEP(exchange(ASYNC, DONE, took));
		STEP(fetch_or(BITS, 1));
		ring_if_asleep();
		async_done = true
	:: dies()
	od;
gone:
	skip
}

/* A frame that must be there: in the table, or in the socket, which may be read by who needs it. */
inline take_frame(frame)
{
	atomic {
		do
		:: table[frame] -> break
		:: !table[frame] ->
			assert(!closed && nempty(socket));
			socket ? got;
			table[got] = true
		od;
		got = 0
	}
}

active proctype app()
{
	byte me = APP, state, got;
	bool over, won;

	if
	:: goto waiting
	:: true
	fi;

#ifdef WEAK_CHECK		/* over is looked at before the lock is taken */
	load(OVER, over);
	lock(LOCK);
#else
	lock(LOCK);
	load(OVER, over);
#endif
	if
	:: over -> refused = true
	:: else ->
		called = true;
		async_open = true;
		store(ASYNC, OPEN)
	fi;
	unlock(LOCK);

	goto ended;

waiting:
	load(OVER, over);
	if
	:: over -> goto ended
	:: else
	fi;
	store(WAITED, OPEN);
	state = OPEN;
look:
	if
	:: mem[WAITED] == DONE -> goto done
	:: else
	fi;
	load(OVER, over);
	if
	:: over ->
#ifdef WEAK_LOOK		/* once over, the request is ended without a swap */
		goto ended;
#else
		cas(WAITED, state, GIVEN_UP, won);
		if
		:: won -> goto ended
		:: else -> goto look
		fi
#endif
	:: else
	fi;
	if
	:: state == OPEN ->
		cas(WAITED, OPEN, OPEN_SLEEPS, won);
		if
		:: won -> state = OPEN_SLEEPS
		:: else -> goto look
		fi
	:: else
	fi;
	if
	:: d_step { mem[WAITED] == OPEN_SLEEPS && !mem[OVER] -> sleeps = true };
		!sleeps
	:: mem[WAITED] != OPEN_SLEEPS || mem[OVER]
	fi;
	goto look;
done:
	if
	:: reply_in_frame -> take_frame(REPLY)
	:: else
	fi;
	answered = true;
ended:
	finished = true
}

active proctype io()
{
	byte me = IO, got;
	bool won;

	do
	:: atomic { nempty(socket) -> socket ? got; table[got] = true; got = 0 }
	:: exited -> break
	od;
#ifndef WEAK_SOCKET		/* closed without draining it */
	do
	:: atomic { nempty(socket) -> socket ? got; table[got] = true; got = 0 }
	:: empty(socket) -> break
	od;
#endif
	closed = true;

	lock(LOCK);
	STORE_OVER(1);
	won = async_open;
	unlock(LOCK);
#ifndef WEAK_WAKE		/* nobody is woken */
	sleeps = false;
#endif
	if
	:: won ->
		cas(ASYNC, OPEN, GIVEN_UP, won);
#ifdef WEAK_DONE		/* a slot that is DONE is left to its bit */
		if
		:: won -> async_ended = true
		:: else
		fi
#else
		async_ended = true
#endif
	:: else
	fi;
	draining = true;
	notice = true
}

inline call_back()
{
#ifdef WEAK_ONCE		/* bit and ending each call back */
	d_step { async_open = false; callbacks++ }
#else
	d_step {
		if
		:: async_open -> async_open = false; callbacks++
		:: else
		fi
	}
#endif
}

inline let_go()
{
	d_step {
		holds--;
		if
		:: holds == 0 ->
			assert(left == 0 && head == mem[TAIL] && handled == head);
			assert(!async_open);
			left++
		:: else
		fi
	}
}

inline let_go_of_handler()
{
#ifndef WEAK_RUNNING
	let_go()
#else
	skip
#endif
}

active proctype server()
{
	byte me = SERVER, tail, bits, got;
	bool last, ended;

end:
	if
	:: d_step { bell -> bell = false }
	:: d_step { notice -> notice = false }
	fi;
serve:
#ifndef WEAK_LAST		/* the notice is looked at after the ring */
	last = draining;
#endif
	ended = async_ended;
	load(TAIL, tail);
	if
	:: head < tail ->
		head++;
		if
		:: head == 1 -> take_frame(SIDECAR)
		:: else
		fi;
#ifndef WEAK_RUNNING		/* a running handler does not hold the session */
		holds++;
#endif
		if
		:: handled++;
			let_go_of_handler()
		:: head == 1 -> yielded = true
		fi;
		goto serve
	:: else
	fi;
	load(BITS, bits);
	if
	:: bits ->
		exchange(BITS, 0, bits);
		call_back();
		goto serve
	:: else
	fi;
	if
	:: ended ->
		async_ended = false;
		call_back();
		goto serve
	:: else
	fi;
#ifdef WEAK_LAST
	last = draining;
#endif
	if
	:: last ->
		draining = false;
		let_go();
		goto wait
	:: else
	fi;
	store(ASLEEP, 1);
	load(TAIL, tail);
	load(BITS, bits);
	if
	:: head < tail || bits || async_ended || draining ->
		exchange(ASLEEP, 0, got);
		goto serve
	:: else
	fi;
wait:
	atomic { tail = 0; bits = 0; got = 0; last = false; ended = false };
	goto end
}

active proctype beside()
{
end:
	yielded;
	handled++;
	let_go_of_handler()
}

active proctype rest()
{
	timeout;
	assert(left == 1 && handled == mem[TAIL]);
	assert(finished && answered == (mem[WAITED] == DONE));
	assert(!(called && refused) && callbacks == called)
}
