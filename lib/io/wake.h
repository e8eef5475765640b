/*
 * wake: wakes a thread of this process that waits in epoll. An eventfd, which is safe only
 * because it is never shared with another process: the file's flags are shared with it, and
 * O_NONBLOCK cleared over there would make our write block here.
 */
#ifndef COHORT_IO_WAKE_H
#define COHORT_IO_WAKE_H

struct wake {
	int fd;
};

#define WAKE_NONE ((struct wake){ .fd = -1 })

int wake_init(struct wake *wake);
void wake_deinit(struct wake *wake);

/* Readable from now on until wake_clear(). Any thread, never blocks, cannot fail. */
void wake_signal(struct wake *wake);
void wake_clear(struct wake *wake);
int wake_fd(const struct wake *wake);

#endif
