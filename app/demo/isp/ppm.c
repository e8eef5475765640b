#include "ppm.h"

#include <errno.h>
#include <stdio.h>

int ppm_write(const char *path, const uint8_t *rgb, uint32_t width, uint32_t height)
{
	size_t length = (size_t)width * height * 3;
	FILE *file = fopen(path, "wbe");
	int err;

	if (!file)
		return -errno;
	errno = EIO;
	err = fprintf(file, "P6\n%u %u\n255\n", width, height) < 0 ||
			      fwrite(rgb, 1, length, file) != length
		      ? -errno
		      : 0;
	if (fclose(file) && !err)
		err = -errno;
	return err;
}
