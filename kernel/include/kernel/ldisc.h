/*
 * The line discipline: what a terminal does to bytes on their way in and out (POSIX chapter 11).
 * kernel/tty/ldisc.c.  Pure bookkeeping without locks or sleeping, tested on the host; the terminal
 * around it locks, wakes and sends signals.
 *
 *	tail ... canon ... head	  counters of bytes, modulo 2^32
 *	| lines to read | the line being edited |
 */
#pragma once

#include <kernel/bitmap.h>
#include <kernel/types.h>
#include <uapi/termios.h>

enum {
	LDISC_SIZE = 4096,   /* bytes of type-ahead; one place is kept for a line's end */
	LDISC_ECHO_MAX = 512, /* output that one input byte may cause; what is over it is lost */
	LDISC_OUT_MAX = 8,   /* bytes that one output byte may become (a tab) */
};

struct ldisc {
	struct ktermios termios;
	u32 head, canon, tail;
	u32 column;        /* of the cursor */
	u32 edit_column;   /* where the line being edited began */
	bool literal_next; /* ^V was typed */
	bool stopped;      /* ^S was typed: output waits */
	u8 buffer[LDISC_SIZE];
	u64 line_end[BITMAP_WORDS(LDISC_SIZE)]; /* a line is complete with this byte */
	u64 end_of_file[BITMAP_WORDS(LDISC_SIZE)]; /* ... which is ^D and no byte of it */
};

/* What one input byte led to besides what is in the buffer. */
struct ldisc_effect {
	int signal;                /* for the foreground group; 0: none */
	bool readable;             /* a reader may find something */
	bool flow;                 /* `stopped` changed: writers may go on */
	u32 echo_length;
	u8 echo[LDISC_ECHO_MAX];   /* to the output, as it is */
};

/* Linux's settings for a new terminal: canonical, echoing, signals on. */
void ldisc_init(struct ldisc *ld);

/* Other settings; what is typed already stays readable when the mode changes. */
void ldisc_set_termios(struct ldisc *ld, const struct ktermios *t);

/* A byte arrives.  *effect is overwritten. */
void ldisc_input(struct ldisc *ld, u8 byte, struct ldisc_effect *effect);

/* A byte goes out: what it becomes, up to LDISC_OUT_MAX bytes; returns how many. */
u32 ldisc_output(struct ldisc *ld, u8 byte, u8 out[LDISC_OUT_MAX]);

/* Whether read(2) may go on: a whole line, or `min` bytes (at least one) in raw mode. */
bool ldisc_readable(const struct ldisc *ld, u32 min);

/*
 * Takes up to n bytes, of one line in canonical mode.  Returns how many; *more says that the line goes on
 * (0 with !*more after ldisc_readable(): end of file).
 */
u32 ldisc_read(struct ldisc *ld, u8 *to, u32 n, bool *more);

/* Bytes for FIONREAD. */
u32 ldisc_available(const struct ldisc *ld);

/*
 * How many bytes may arrive now without one being lost.  A line that fills the buffer leaves room for one
 * at a time: it must still be possible to end, erase or interrupt it.
 */
u32 ldisc_room(const struct ldisc *ld);

/* Forgets all input. */
void ldisc_flush(struct ldisc *ld);
