#include "json.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* Ranges of the second byte that exclude overlong forms, surrogates and what is past U+10FFFF. */
static size_t sequence_length(unsigned char first, unsigned char *least, unsigned char *most)
{
	*least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	*most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t utf8_length(const unsigned char *bytes, size_t length)
{
	unsigned char least, most;
	size_t n;

	if (length == 0)
		return 0;
	n = sequence_length(bytes[0], &least, &most);
	if (n > length)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (bytes[i] < least || bytes[i] > most)
			return 0;
		least = 0x80;
		most = 0xbf;
	}
	return n;
}

static bool is_utf8(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0, n; i < length; i += n) {
		n = utf8_length(bytes + i, length - i);
		if (n == 0)
			return false;
	}
	return true;
}

static void quote(FILE *file, const unsigned char *bytes, size_t length)
{
	size_t n;

	putc('"', file);
	for (size_t i = 0; i < length; i += n) {
		n = utf8_length(bytes + i, length - i);
		if (n == 0 || bytes[i] < 0x20 || bytes[i] == 0x7f)
			fprintf(file, "\\u%04x", bytes[i]);
		else if (bytes[i] == '"' || bytes[i] == '\\')
			fprintf(file, "\\%c", bytes[i]);
		else
			fwrite(bytes + i, 1, n, file);
		n = n ? n : 1;
	}
	putc('"', file);
}

static void quote_base64(FILE *file, const unsigned char *bytes, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	putc('"', file);
	for (size_t i = 0; i < length; i += 3) {
		size_t n = length - i < 3 ? length - i : 3;
		unsigned group = (unsigned)bytes[i] << 16;

		group |= n > 1 ? (unsigned)bytes[i + 1] << 8 : 0;
		group |= n > 2 ? (unsigned)bytes[i + 2] : 0;
		putc(digits[group >> 18], file);
		putc(digits[group >> 12 & 63], file);
		putc(n > 1 ? digits[group >> 6 & 63] : '=', file);
		putc(n > 2 ? digits[group & 63] : '=', file);
	}
	putc('"', file);
}

void json_begin(struct json *j, FILE *file)
{
	*j = (struct json){ .file = file };
	putc('{', file);
}

static void member(struct json *j, const char *key, const char *suffix)
{
	fprintf(j->file, "%s\"%s%s\":", j->more ? "," : "", key, suffix);
	j->more = true;
}

void json_text(struct json *j, const char *key, const char *text)
{
	member(j, key, "");
	quote(j->file, (const unsigned char *)text, strlen(text));
}

void json_bytes(struct json *j, const char *key, const void *bytes, size_t length)
{
	if (is_utf8(bytes, length)) {
		member(j, key, "");
		quote(j->file, bytes, length);
	} else {
		member(j, key, "_base64");
		quote_base64(j->file, bytes, length);
	}
}

void json_unsigned(struct json *j, const char *key, uint64_t value)
{
	member(j, key, "");
	fprintf(j->file, "%" PRIu64, value);
}

void json_signed(struct json *j, const char *key, int64_t value)
{
	member(j, key, "");
	fprintf(j->file, "%" PRId64, value);
}

void json_real(struct json *j, const char *key, double value)
{
	member(j, key, "");
	fprintf(j->file, "%.6g", value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	member(j, key, "");
	fputs(value ? "true" : "false", j->file);
}

void json_null(struct json *j, const char *key)
{
	member(j, key, "");
	fputs("null", j->file);
}

void json_peer(struct json *j, const char *key, cohort_peer peer)
{
	member(j, key, "");
	fprintf(j->file, "\"%" PRIx64 "\"", peer);
}

void json_time(struct json *j, const char *key, int64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	char text[32] = "";
	struct tm when;

	if (gmtime_r(&seconds, &when))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &when);
	member(j, key, "");
	fprintf(j->file, "\"%s.%06dZ\"", text, (int)(ns % 1000000000 / 1000));
}

void json_end(struct json *j)
{
	fputs("}\n", j->file);
}
