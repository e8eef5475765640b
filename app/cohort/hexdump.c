#include "hexdump.h"

#define BYTES_A_LINE 16

static char printable(unsigned char byte)
{
	return byte >= ' ' && byte <= '~' ? (char)byte : '.';
}

static void hexdump_line(FILE *out, const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < BYTES_A_LINE; i++) {
		if (i == BYTES_A_LINE / 2)
			putc(' ', out);
		if (i < length)
			fprintf(out, " %02x", bytes[i]);
		else
			fputs("   ", out);
	}
	fputs("  |", out);
	for (size_t i = 0; i < length; i++)
		putc(printable(bytes[i]), out);
	fputs("|\n", out);
}

void hexdump(FILE *out, const void *bytes, size_t length, int indent)
{
	const unsigned char *b = bytes;

	for (size_t at = 0; at < length; at += BYTES_A_LINE) {
		size_t rest = length - at;

		fprintf(out, "%*s%06zx", indent, "", at);
		hexdump_line(out, b + at, rest < BYTES_A_LINE ? rest : BYTES_A_LINE);
	}
}
