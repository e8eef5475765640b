/*
 * frame.c: for each point the light that the scene has there, of the colour that the sensor sees there.
 */
#include "frame.h"

#define BALLS 6

struct ball {
	int32_t x, y, radius; /* in 640ths of the width */
	uint16_t colour[3];   /* under white light, of 1000 */
};

static const struct ball balls[BALLS] = {
	{ 110, 140, 70, { 800, 120, 100 } }, { 320, 140, 70, { 120, 700, 150 } },
	{ 530, 140, 70, { 110, 160, 800 } }, { 110, 340, 70, { 120, 700, 750 } },
	{ 320, 340, 70, { 750, 150, 700 } }, { 530, 340, 70, { 780, 740, 130 } },
};

/* What a lamp gives of each colour, of 1000. */
static const uint32_t lamp[3] = { 1000, 760, 430 };

/* A wall that is darker to the left and below, with lines every 40 points. */
static uint32_t wall(int32_t x, int32_t y)
{
	uint32_t light = 250 + (uint32_t)x / 2 + (480 - (uint32_t)y) / 3;

	return x % 40 && y % 40 ? light : light * 2 / 3;
}

/* How much light a ball reflects, of 1000, lit from the upper left; 0: the point is outside. */
static int32_t shade(const struct ball *ball, int32_t x, int32_t y)
{
	int32_t dx = x - ball->x, dy = y - ball->y, r = ball->radius;
	int32_t distance = dx * dx + dy * dy;

	if (distance >= r * r)
		return 0;
	return 1000 - 350 * distance / (r * r) - 300 * (dx + dy) / (2 * r);
}

static uint32_t scene(int32_t x, int32_t y, int colour)
{
	int32_t light;

	for (int i = 0; i < BALLS; i++) {
		light = shade(&balls[i], x, y);
		if (light > 0)
			return (uint32_t)light * balls[i].colour[colour] / 1000;
	}
	return wall(x, y);
}

void frame_fill(uint16_t *values, uint32_t width, uint32_t height, uint32_t number)
{
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			int colour = (int)((x & 1) + (y & 1));
			int32_t at_x = (int32_t)((x * 640 / width + 3 * number) % 640);
			int32_t at_y = (int32_t)(y * 480 / height);

			*values++ = (uint16_t)(scene(at_x, at_y, colour) * lamp[colour] / 1000);
		}
	}
}
