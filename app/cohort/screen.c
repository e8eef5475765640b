/*
 * screen.c: a frame goes to the terminal with one write, from the upper left corner; each line ends
 * with "clear to the end of the line", the last one with "clear what is below". So nothing flickers.
 */
#include "screen.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l" /* the other screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"

static struct {
	bool open;
	struct termios before;
	size_t rows, columns, line;
} screen;

static volatile sig_atomic_t resized;

static void on_resize(int signal)
{
	(void)signal;
	resized = 1;
}

bool screen_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

void screen_close(void)
{
	if (!screen.open)
		return;
	screen.open = false;
	fputs(LEAVE, stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &screen.before);
}

/* Keys come at once and are not shown. Ctrl-C stays a signal; Ctrl-Z would leave the screen behind. */
static int keys_begin(void)
{
	struct termios keys;

	if (tcgetattr(STDIN_FILENO, &screen.before))
		return -errno;
	keys = screen.before;
	keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	keys.c_cc[VMIN] = 0;
	keys.c_cc[VTIME] = 0;
	keys.c_cc[VSUSP] = _POSIX_VDISABLE;
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &keys) ? -errno : 0;
}

int screen_open(void)
{
	static char frame[1 << 16];
	struct sigaction act = { .sa_handler = on_resize };
	int err = keys_begin();

	if (err)
		return err;
	screen.open = true;
	atexit(screen_close);
	sigaction(SIGWINCH, &act, NULL); /* not restarted: it ends a wait */
	setvbuf(stdout, frame, _IOFBF, sizeof(frame));
	fputs(ENTER, stdout);
	return 0;
}

void screen_size(size_t *rows, size_t *columns)
{
	struct winsize size;

	*rows = 24;
	*columns = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_row == 0 || size.ws_col == 0)
		return;
	*rows = size.ws_row;
	*columns = size.ws_col;
}

bool screen_resized(void)
{
	bool yes = resized;

	resized = 0;
	return yes;
}

int screen_key(void)
{
	unsigned char key;

	return read(STDIN_FILENO, &key, 1) == 1 ? key : 0;
}

void screen_begin(void)
{
	screen_size(&screen.rows, &screen.columns);
	screen.line = 0;
	fputs("\033[H", stdout);
}

void screen_line(enum screen_style style, const char *text)
{
	static const char *const codes[] = { "", "\033[1m", "\033[7m", "\033[31m" };
	int width = (int)screen.columns;

	if (screen.line == screen.rows)
		return;
	if (screen.line++ > 0)
		fputs("\n", stdout);
	fputs(codes[style], stdout);
	if (style == SCREEN_HEAD)
		printf("%-*.*s", width, width, text);
	else
		printf("%.*s", width, text);
	fputs(style == SCREEN_PLAIN ? "" : "\033[0m", stdout);
	/* A line of full width leaves the cursor on its last character, which this would clear. */
	if (style != SCREEN_HEAD && strlen(text) < screen.columns)
		fputs("\033[K", stdout);
}

void screen_end(void)
{
	if (screen.line < screen.rows)
		fputs("\n\033[J", stdout);
	fflush(stdout);
}
