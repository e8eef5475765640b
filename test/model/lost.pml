/*
 * The LOST marker: losses are reported exactly, in order, also when nothing follows them.
 *
 *   producer   A record of 1 or 2 cells needs one cell more, for a marker.  It publishes one with
 *              the number of messages lost so far in its header.  If there is no room it is a
 *              miss: store lost_total, load head, publish an empty marker unless the last record
 *              is a marker not yet taken.
 *   consumer   copies the header, stores head, then: an ordinary record has its difference
 *              reported before its handler; past a marker it loads lost_total, then tail, and
 *              reports if nothing follows.
 *
 * Why it holds: "store lost_total, load head" against "store head, load lost_total": either the
 * producer sees that its marker was taken, and publishes another one, or the consumer sees the
 * loss.  And lost_total before tail: if nothing follows *afterwards*, all that was counted before
 * comes before whatever will follow.
 *
 * The consumer's sleep is bell.pml's matter; here it is woken by tail itself.
 *
 * Property: before each record exactly the messages lost before it were reported; when nobody can
 * go on, all.
 */
#define MESSAGES 5
#define CELLS 4

#define TAIL 0			/* written by the producer, as are LOST and the cells */
#define LOST 1
#define HEAD 2			/* written by the consumer */
#define CELL 3
#define WORDS (CELL + CELLS)

#define PRODUCER 0
#define CONSUMER 1
#define BUFFERS 2
#define DEPTH 4

#include "tso.h"

/* A header in one byte: total lost << 2 | cells of an ordinary record, 0 for a marker. */
#define HEADER(total, cells) ((total) << 2 | (cells))
#define MARKER_CELLS 1

#define FITS(cells) (tail + (cells) - copy <= CELLS)

byte sent, missed;		/* seen by the properties only, like the rest */
byte missed_before[MESSAGES];
byte handled, reported;

#ifdef WEAK_LOST		/* lost_total by a relaxed store */
#define STORE_LOST(value) store_plain(LOST, value)
#else
#define STORE_LOST(value) store(LOST, value)
#endif

#ifdef WEAK_HEAD		/* head by a relaxed store */
#define STORE_HEAD(value) store_plain(HEAD, value)
#else
#define STORE_HEAD(value) store(HEAD, value)
#endif

#ifdef WEAK_ROOM		/* ordinary records leave no room for a marker */
#define RESERVED 0
#else
#define RESERVED MARKER_CELLS
#endif

#ifdef WEAK_TAKEN		/* no marker after a marker, taken or not */
#define MARKER_LIES marker_is_last
#else
#define MARKER_LIES (marker_is_last && copy != tail)
#endif

inline publish(header, cells)
{
	store_plain(CELL + tail % CELLS, header);
	tail = tail + cells;
	store(TAIL, tail)
}

active proctype producer()
{
	byte me = PRODUCER, tail, copy, lost, cells;
	bool marker_is_last;

	do
	:: sent + missed < MESSAGES ->
		if
		:: cells = 1
		:: cells = 2
		fi;
		if
		:: FITS(cells + RESERVED)
		:: else -> load(HEAD, copy)
		fi;
		if
		:: FITS(cells + RESERVED) ->
			d_step { missed_before[sent] = missed; sent++ };
			publish(HEADER(lost, cells), cells);
			marker_is_last = false
		:: else ->
			missed++;
			lost++;
			STORE_LOST(lost);
			load(HEAD, copy);
			if
			:: MARKER_LIES
			:: !(MARKER_LIES) && FITS(MARKER_CELLS) ->
				publish(HEADER(lost, 0), MARKER_CELLS);
				marker_is_last = true
			:: else		/* never, as long as ordinary records leave room */
			fi
		fi
	:: else -> break
	od
}

inline report(total)
{
	d_step { assert(total >= reported); reported = total }
}

active proctype consumer()
{
	byte me = CONSUMER, head, tail, header, total;

end:
	do
	:: mem[TAIL] != head ->
		load(CELL + head % CELLS, header);
		if
		:: header & 3 ->
			head = head + (header & 3);
			STORE_HEAD(head);
#ifdef WEAK_HEADER		/* lost_total is reported, not the header's number */
			load(LOST, total);
			report(total);
#else
			report(header >> 2);
#endif
			d_step { assert(reported == missed_before[handled]); handled++ }
		:: else ->
			head = head + MARKER_CELLS;
#ifdef WEAK_LATE		/* lost_total loaded before head is stored */
			load(LOST, total);
			STORE_HEAD(head);
			load(TAIL, tail);
#else
			STORE_HEAD(head);
#ifdef WEAK_ORDER		/* tail loaded before lost_total */
			load(TAIL, tail);
			load(LOST, total);
#else
			load(LOST, total);
			load(TAIL, tail);
#endif
#endif
			if
			:: tail == head -> report(total)
			:: else
			fi
		fi;
		d_step { header = 0; total = 0; tail = 0 }
	od
}

active proctype rest()
{
	timeout;
	assert(sent + missed == MESSAGES);
	assert(handled == sent && reported == missed)
}
