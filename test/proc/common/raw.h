/*
 * A raw client: speaks to a channel's socket without the library, byte by byte, so that it can say what no library
 * would. doc/protocol.md draws the frames.
 */
#ifndef COHORT_PROC_RAW_H
#define COHORT_PROC_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/common/scene.h"

#define RAW_FDS_MAX 4

enum {
	RAW_HEADER = 16,
	RAW_HELLO = 1,
	RAW_WELCOME = 2,
	RAW_MAPPED = 3,
	RAW_READY = 4,
	RAW_REFUSED = 5,
	RAW_HELLO_SIZE = 53, /* with no name and no action */
};

/* Connects; blocks while the listener's queue is full. The descriptor is the caller's. */
int raw_connect(const struct scene *s);

/* Sends one packet, with `fd` if it is not negative. False if the other side has gone. */
bool raw_send(int sock, const void *data, size_t length, int fd);

/*
 * Receives a packet and closes the descriptors that came with it. Its length; 0 at the end; -1 if nothing comes for
 * a long time.
 */
long raw_receive(int sock, uint8_t *data, size_t size);

/* Reads until the other side has hung up. False if it does not. */
bool raw_ended(int sock);

/* Lays out a header, or a whole HELLO, and returns its length. */
size_t raw_header(uint8_t *frame, uint32_t length, uint16_t kind, uint16_t fds, uint64_t key);
size_t raw_hello(uint8_t *frame, uint16_t version, uint32_t pid);

/* Does all that it takes to become a peer: HELLO, WELCOME, MAPPED, READY. */
bool raw_join(int sock, uint32_t pid);

#endif
