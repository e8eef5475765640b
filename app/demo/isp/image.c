/*
 * image.c: each point of a raw frame has one of three colours. The other two are the average of its
 * neighbours that have them. At the edges the frame is mirrored, which keeps the mosaic.
 */
#include "image.h"

#include <string.h>

enum {
	RED,
	GREEN,
	BLUE
};

/* Of a point and the eight around it. */
struct neighbours {
	const uint16_t *above, *here, *below; /* rows */
	uint32_t left, x, right;
};

static int colour_at(uint32_t x, uint32_t y)
{
	return (int)((x & 1) + (y & 1));
}

static uint32_t gain_of(uint64_t green, uint64_t sum)
{
	uint64_t gain = sum ? green * 256 / sum : 256;

	return gain < 16 * 256 ? (uint32_t)gain : 16 * 256;
}

static uint32_t limited(uint32_t value)
{
	return value < IMAGE_WHITE ? value : IMAGE_WHITE;
}

void image_measure(const struct raw *raw, struct measurement *measurement)
{
	uint64_t sum[3] = { 0, 0, 0 };
	uint32_t value;
	int colour;

	memset(measurement, 0, sizeof(*measurement));
	for (uint32_t y = 0; y < raw->height; y++) {
		for (uint32_t x = 0; x < raw->width; x++) {
			value = limited(raw->values[(uint64_t)y * raw->width + x]);
			colour = colour_at(x, y);
			sum[colour] += value;
			if (colour == GREEN)
				measurement
					->histogram[value * IMAGE_HISTOGRAM / (IMAGE_WHITE + 1)]++;
		}
	}
	sum[GREEN] /= 2; /* there are twice as many */
	for (colour = RED; colour <= BLUE; colour++)
		measurement->gain[colour] = gain_of(sum[GREEN], sum[colour]);
}

static uint32_t across(const struct neighbours *n)
{
	return (n->here[n->left] + n->here[n->right]) / 2u;
}

static uint32_t along(const struct neighbours *n)
{
	return (n->above[n->x] + n->below[n->x]) / 2u;
}

static uint32_t corners(const struct neighbours *n)
{
	uint32_t above = (uint32_t)n->above[n->left] + n->above[n->right];
	uint32_t below = (uint32_t)n->below[n->left] + n->below[n->right];

	return (above + below) / 4;
}

static void complete(const struct neighbours *n, uint32_t y, uint32_t value[3])
{
	int colour = colour_at(n->x, y);

	value[colour] = n->here[n->x];
	if (colour == GREEN) {
		value[y & 1 ? BLUE : RED] = across(n);
		value[y & 1 ? RED : BLUE] = along(n);
	} else {
		value[GREEN] = (across(n) + along(n)) / 2;
		value[colour == RED ? BLUE : RED] = corners(n);
	}
}

/* About what a screen expects: the root of the light, 255 for white. */
static void fill_curve(uint8_t curve[IMAGE_WHITE + 1])
{
	uint32_t root = 0;

	for (uint32_t value = 0; value <= IMAGE_WHITE; value++) {
		while ((root + 1) * (root + 1) * IMAGE_WHITE <= value * 255 * 255)
			root++;
		curve[value] = (uint8_t)root;
	}
}

static void make_row(const struct raw *raw, uint32_t y, const struct measurement *measurement,
		     const uint8_t *curve, uint8_t *rgb)
{
	struct neighbours n;
	uint32_t value[3];

	n.here = raw->values + (uint64_t)y * raw->width;
	n.above = y ? n.here - raw->width : n.here + raw->width;
	n.below = y + 1 < raw->height ? n.here + raw->width : n.here - raw->width;
	for (n.x = 0; n.x < raw->width; n.x++) {
		n.left = n.x ? n.x - 1 : 1;
		n.right = n.x + 1 < raw->width ? n.x + 1 : n.x - 1;
		complete(&n, y, value);
		for (int colour = RED; colour <= BLUE; colour++)
			*rgb++ = curve[limited(value[colour] * measurement->gain[colour] / 256)];
	}
}

void image_make(const struct raw *raw, const struct measurement *measurement, uint8_t *rgb)
{
	uint8_t curve[IMAGE_WHITE + 1];

	fill_curve(curve);
	for (uint32_t y = 0; y < raw->height; y++)
		make_row(raw, y, measurement, curve, rgb + (uint64_t)y * raw->width * 3);
}
