/*
 * What a sensor could have seen: a scene of balls before a wall, in the yellow light of a lamp. The
 * same number gives the same frame.
 */
#ifndef DEMO_ISP_FRAME_H
#define DEMO_ISP_FRAME_H

#include <stdint.h>

/* Values of 10 bits; the colours of the first two rows are RGRG and GBGB. */
void frame_fill(uint16_t *values, uint32_t width, uint32_t height, uint32_t number);

#endif
