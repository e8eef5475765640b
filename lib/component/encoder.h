/*
 * An encoder for the thread that asks: room that is used again for each message.
 */
#ifndef COMPONENT_ENCODER_H
#define COMPONENT_ENCODER_H

#include <stddef.h>

#include "cohort/codec.h"

/* This thread's, or a new one while that is in use. -ENOMEM */
int encoder_get(struct cohort_encoder **out);
/* `length` is what was encoded last: an encoder that has grown large does not stay. */
void encoder_put(struct cohort_encoder *encoder, size_t length);

#endif
