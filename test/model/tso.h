/*
 * Memory as the processor shows it: total store order with one explicit store buffer a thread.
 *
 * `mem[]` is what all threads see.  A plain store (relaxed or release: on this machine they are
 * the same) goes into the thread's own FIFO buffer and reaches `mem[]` whenever the process
 * `memory` pleases, that is at any later moment.  A load looks at the thread's own buffer first,
 * youngest entry first, then at `mem[]`.  A seq_cst store and every read-modify-write wait until
 * the own buffer is empty and act on `mem[]` at once.  So "a store, then a load of something
 * else" can be seen in the other order exactly if the store was a plain one, which is what the
 * weakened variants rely on.  C11 promises less than that; what fails here fails everywhere.
 *
 * Entering the kernel is no barrier here: a send, an epoll_wait or a futex call drains nothing by
 * itself.
 *
 * Before the include a model defines WORDS, BUFFERS and DEPTH.  Each thread has a variable `me`,
 * its buffer's index.
 */
byte mem[WORDS];
chan buffer[BUFFERS] = [DEPTH] of { byte, byte };

hidden byte scan_word, scan_value, scan_left;

inline store_plain(at, what)
{
	buffer[me] ! at, what
}

inline store(at, what)
{
	d_step { empty(buffer[me]) -> mem[at] = what }
}

/* Turning the FIFO round once visits every entry, oldest first: the last match is the youngest. */
inline load(at, into)
{
	d_step {
		into = mem[at];
		scan_left = len(buffer[me]);
		do
		:: scan_left > 0 ->
			buffer[me] ? scan_word, scan_value;
			buffer[me] ! scan_word, scan_value;
			if
			:: scan_word == at -> into = scan_value
			:: else
			fi;
			scan_left--
		:: else -> break
		od
	}
}

inline exchange(at, what, was)
{
	d_step { empty(buffer[me]) -> was = mem[at]; mem[at] = what }
}

inline fetch_or(at, bits)
{
	d_step { empty(buffer[me]) -> mem[at] = mem[at] | bits }
}

inline cas(at, before, what, took_place)
{
	d_step {
		empty(buffer[me]);
		took_place = (mem[at] == before);
		if
		:: took_place -> mem[at] = what
		:: else
		fi
	}
}

/* A private lock: taken by a read-modify-write, given back by no more than a release store. */
inline lock(at)
{
	d_step { empty(buffer[me]) && mem[at] == 0 -> mem[at] = 1 }
}

inline unlock(at)
{
	store_plain(at, 0)
}

/* Flushes the oldest entry of any buffer, at any moment. */
active proctype memory()
{
	byte word, value;

end:
	do
	:: d_step { buffer[0] ? word, value -> mem[word] = value; word = 0; value = 0 }
#if BUFFERS > 1
	:: d_step { buffer[1] ? word, value -> mem[word] = value; word = 0; value = 0 }
#endif
#if BUFFERS > 2
	:: d_step { buffer[2] ? word, value -> mem[word] = value; word = 0; value = 0 }
#endif
#if BUFFERS > 3
	:: d_step { buffer[3] ? word, value -> mem[word] = value; word = 0; value = 0 }
#endif
#if BUFFERS > 4
	:: d_step { buffer[4] ? word, value -> mem[word] = value; word = 0; value = 0 }
#endif
	od
}
