/*
 * From what a sensor saw to a picture: white balance, the colours that each point lacks, brightness.
 * Integers only, so that the same frame gives the same picture wherever it is made.
 */
#ifndef DEMO_ISP_IMAGE_H
#define DEMO_ISP_IMAGE_H

#include <stdint.h>

#define IMAGE_HISTOGRAM 32
#define IMAGE_WHITE 1023 /* the largest value of a raw frame */

/* A frame of a sensor with a mosaic of colours: RGRG, GBGB. Width and height are even, 4 at least. */
struct raw {
	const uint16_t *values;
	uint32_t width, height;
};

struct measurement {
	uint32_t gain[3]; /* of red, green and blue, in 256ths */
	uint32_t histogram[IMAGE_HISTOGRAM];
};

/* Grey world: on average a scene has no colour; what colour there is comes from the light. */
void image_measure(const struct raw *raw, struct measurement *measurement);

/* Three bytes for each point. */
void image_make(const struct raw *raw, const struct measurement *measurement, uint8_t *rgb);

#endif
