/* Pictures that most programs show: a line of text, then red, green and blue of each point. */
#ifndef DEMO_ISP_PPM_H
#define DEMO_ISP_PPM_H

#include <stdint.h>

/* 0 or a negative errno. */
int ppm_write(const char *path, const uint8_t *rgb, uint32_t width, uint32_t height);

#endif
