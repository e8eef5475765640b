/*
 * A terminal as a screen: text that is drawn again and again in place, and single keys.
 *
 * Plain ANSI escapes. The terminal is restored when the process ends by exit() at the latest.
 */
#ifndef COHORT_SCREEN_H
#define COHORT_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* Whether there is one: standard input and output are terminals that know escapes. */
bool screen_possible(void);

int screen_open(void); /* 0 or a negative errno */
void screen_close(void);

void screen_size(size_t *rows, size_t *columns);
bool screen_resized(void); /* since it was asked last */

/* A key that was pressed, or 0: there is none. */
int screen_key(void);

/*
 * A frame is drawn line by line, from the top; lines that are too many are left out, and what is too
 * long is cut off. They are printable ASCII.
 */
enum screen_style {
	SCREEN_PLAIN,
	SCREEN_BOLD,
	SCREEN_HEAD, /* reverse, over the whole width */
	SCREEN_BAD,
};

void screen_begin(void);
void screen_line(enum screen_style style, const char *text);
void screen_end(void);

#endif
