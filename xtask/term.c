/* What xtask shows while it works: a live line, and colour, both only where they are seen. */
#include "term.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TERM_WIDTH = 80 };

static bool live;

static bool term_is_tty(void)
{
	static int tty = -1;

	if (tty < 0) {
		const char *term = getenv("TERM");

		tty = isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") && !getenv("NO_COLOR");
	}
	return tty;
}

const char *term_colour(enum colour c)
{
	static const char *const sequence[] = {
		[COLOUR_NONE] = "\033[0m", [COLOUR_GOOD] = "\033[32m", [COLOUR_BAD] = "\033[1;31m",
		[COLOUR_DIM] = "\033[2m",  [COLOUR_BOLD] = "\033[1m",
	};

	return term_is_tty() ? sequence[c] : "";
}

static int term_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return TERM_WIDTH;
	return size.ws_col;
}

void term_live(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	if (!term_is_tty())
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	printf("\r\033[K%.*s", term_width() - 1, line);
	fflush(stdout);
	live = true;
}

void term_clear(void)
{
	if (!live)
		return;
	fputs("\r\033[K", stdout);
	fflush(stdout);
	live = false;
}
