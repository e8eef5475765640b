/*
 * handshake: how a session begins and what its control frames do: HELLO, WELCOME, MAPPED, READY,
 * REFUSED, ANNOUNCE, ACK, BYE. Runs on the io thread.
 */
#ifndef COHORT_ENGINE_HANDSHAKE_H
#define COHORT_ENGINE_HANDSHAKE_H

#include "engine/receive.h"
#include "engine/session.h"
#include "wire/hello.h"

/* A secondary: the first frame. */
int handshake_begin(struct session *s);

/* One control frame. 0, or what the peer did wrong: it must go. */
int handshake_frame(struct session *s, struct control_frame *frame);

/* The application's verdict on a HELLO: 0 or a negative errno. */
void handshake_allowed(struct session *s, int verdict);

/* Our own want of resources as a reason. */
enum wire_refusal handshake_refusal_of(int err);

/* Says why not, as well as it can be said; does not end the session. */
void handshake_refuse(struct session *s, enum wire_refusal reason, int code, const char *text);
/* The same to a socket that has no session yet. */
void handshake_refuse_socket(int fd, enum wire_refusal reason, int code, const char *text);

/* Says goodbye on a live session and stops our side of the ring. */
void handshake_bye(struct session *s, uint32_t wire_reason, const char *text);

/* Whether a secondary that could not connect need not try again during cohort_open(). */
bool handshake_error_is_final(int error);

#endif
