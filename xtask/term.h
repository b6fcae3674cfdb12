/* What xtask shows while it works: a live line, and colour, both only where they are seen. */
#pragma once

#include "util.h"

enum colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_BAD, COLOUR_DIM, COLOUR_BOLD };

/* The sequence that begins a colour on standard output, COLOUR_NONE ends it; "" where it is no terminal. */
const char *term_colour(enum colour c);
/* Shows the text in the last line, in place of the one before.  Nothing where there is no terminal. */
void term_live(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Takes the live line away, before something is printed that stays. */
void term_clear(void);
