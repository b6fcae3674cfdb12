/*
 * Input editing, echo, special characters and output processing of a terminal.  Called by tty.c with the
 * terminal's lock held, byte by byte.  The rules are POSIX chapter 11, the extensions (word erase, reprint,
 * literal next, ECHOCTL, ECHOKE, IUTF8) as Linux has them.
 *
 * Simplified vs Linux: echo that does not fit is lost instead of delayed; ECHOPRT and parity are absent.
 */
#include <kernel/ldisc.h>

#include <kernel/compiler.h>
#include <kernel/string.h>
#include <uapi/signal.h>

enum {
	LDISC_MASK = LDISC_SIZE - 1,
	TAB_WIDTH = 8,
	CC_DISABLED = 0,   /* a c_cc of NUL matches nothing */
	ASCII_DEL = 0x7f,
	CONTROL_BIT = 0x40, /* ^A is 'A' without it */
	UTF8_MASK = 0xc0,
	UTF8_CONTINUATION = 0x80,
};

static const struct ktermios ldisc_defaults = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
	.c_cc = {
		[VINTR] = 'C' - CONTROL_BIT,
		[VQUIT] = '\\' - CONTROL_BIT,
		[VERASE] = ASCII_DEL,
		[VKILL] = 'U' - CONTROL_BIT,
		[VEOF] = 'D' - CONTROL_BIT,
		[VMIN] = 1,
		[VSTART] = 'Q' - CONTROL_BIT,
		[VSTOP] = 'S' - CONTROL_BIT,
		[VSUSP] = 'Z' - CONTROL_BIT,
		[VREPRINT] = 'R' - CONTROL_BIT,
		[VDISCARD] = 'O' - CONTROL_BIT,
		[VWERASE] = 'W' - CONTROL_BIT,
		[VLNEXT] = 'V' - CONTROL_BIT,
	},
};

void ldisc_init(struct ldisc *ld)
{
	memset(ld, 0, sizeof(*ld));
	ld->termios = ldisc_defaults;
}

static inline bool lflag(const struct ldisc *ld, u32 flag)
{
	return ld->termios.c_lflag & flag;
}

static inline bool iflag(const struct ldisc *ld, u32 flag)
{
	return ld->termios.c_iflag & flag;
}

static inline bool is_cc(const struct ldisc *ld, u8 c, enum termios_cc which)
{
	return c != CC_DISABLED && ld->termios.c_cc[which] == c;
}

static inline bool is_control(u8 c)
{
	return c < ' ' || c == ASCII_DEL;
}

static inline bool is_continuation(const struct ldisc *ld, u8 c)
{
	return iflag(ld, IUTF8) && (c & UTF8_MASK) == UTF8_CONTINUATION;
}

/* ---- output and echo ------------------------------------------------------------------------- */

/* Where the cursor is after c has gone out as it is. */
static u32 column_after(const struct ldisc *ld, u32 column, u8 c)
{
	switch (c) {
	case '\r': return 0;
	case '\n': return ld->termios.c_oflag & ONLRET ? 0 : column;
	case '\b': return column ? column - 1 : 0;
	case '\t': return (column / TAB_WIDTH + 1) * TAB_WIDTH;
	default: return column + (!is_control(c) && !is_continuation(ld, c));
	}
}

static u32 output_tab(struct ldisc *ld, u8 *out)
{
	u32 spaces = TAB_WIDTH - ld->column % TAB_WIDTH;

	memset(out, ' ', spaces);
	ld->column += spaces;
	return spaces;
}

u32 ldisc_output(struct ldisc *ld, u8 byte, u8 out[LDISC_OUT_MAX])
{
	u32 oflag = ld->termios.c_oflag;
	u32 n = 0;

	if (!(oflag & OPOST)) {
		out[0] = byte;
		return 1;
	}
	if (byte == '\n' && (oflag & ONLCR)) {
		out[n++] = '\r';
		ld->column = 0;
	} else if (byte == '\r' && (oflag & ONOCR) && ld->column == 0) {
		return 0;
	} else if (byte == '\r' && (oflag & OCRNL)) {
		byte = '\n';
	} else if (byte == '\t' && (oflag & TABDLY) == XTABS) {
		return output_tab(ld, out);
	} else if ((oflag & OLCUC) && byte >= 'a' && byte <= 'z') {
		byte = (u8)(byte - 'a' + 'A');
	}
	out[n++] = byte;
	ld->column = column_after(ld, ld->column, byte);
	return n;
}

static void echo_byte(struct ldisc *ld, struct ldisc_effect *e, u8 c)
{
	u8 out[LDISC_OUT_MAX];
	u32 n = ldisc_output(ld, c, out);

	if (e->echo_length + n > LDISC_ECHO_MAX)
		return;
	memcpy(e->echo + e->echo_length, out, n);
	e->echo_length += n;
}

/* A typed character as the user is shown it: controls as ^X. */
static void echo_typed(struct ldisc *ld, struct ldisc_effect *e, u8 c)
{
	if (lflag(ld, ECHOCTL) && is_control(c) && c != '\t' && c != '\n') {
		echo_byte(ld, e, '^');
		c ^= CONTROL_BIT;
	}
	echo_byte(ld, e, c);
}

/* ---- the buffer ------------------------------------------------------------------------------ */

static inline u8 ldisc_at(const struct ldisc *ld, u32 at)
{
	return ld->buffer[at & LDISC_MASK];
}

static inline bool ldisc_full(const struct ldisc *ld)
{
	return ld->head - ld->tail >= LDISC_SIZE - 1;
}

/* Stores a byte; an end goes into the place that is kept for it.  False: no room. */
static bool ldisc_put(struct ldisc *ld, u8 c, bool line_end, bool end_of_file)
{
	u32 at = ld->head & LDISC_MASK;
	u32 limit = line_end ? LDISC_SIZE : LDISC_SIZE - 1;

	if (ld->head - ld->tail >= limit)
		return false;
	ld->buffer[at] = c;
	bitmap_clear(ld->line_end, at);
	bitmap_clear(ld->end_of_file, at);
	if (line_end)
		bitmap_set(ld->line_end, at);
	if (end_of_file)
		bitmap_set(ld->end_of_file, at);
	ld->head++;
	return true;
}

static void ldisc_end_line(struct ldisc *ld, struct ldisc_effect *e, u8 c, bool end_of_file)
{
	if (!ldisc_put(ld, c, true, end_of_file))
		return;
	ld->canon = ld->head;
	ld->edit_column = ld->column;
	e->readable = true;
}

void ldisc_flush(struct ldisc *ld)
{
	ld->canon = ld->tail = ld->head;
	ld->edit_column = ld->column;
	ld->literal_next = false;
}

/* ---- editing --------------------------------------------------------------------------------- */

/* Where the cursor stood before the byte at `at`: the line so far, shown again in thought. */
static u32 column_before(const struct ldisc *ld, u32 at)
{
	u32 column = ld->edit_column;
	u32 i;
	u8 c;

	for (i = ld->canon; i != at; i++) {
		c = ldisc_at(ld, i);
		if (is_control(c) && c != '\t')
			column += lflag(ld, ECHOCTL) ? 2 : 0;
		else
			column = column_after(ld, column, c);
	}
	return column;
}

/* Drops the last character of the line, all bytes of it, and wipes it from the screen. */
static void erase_one(struct ldisc *ld, struct ldisc_effect *e, bool show)
{
	u32 column;

	do {
		ld->head--;
	} while (ld->head != ld->canon && is_continuation(ld, ldisc_at(ld, ld->head)));
	/* What would not fit into the echo need not be worked out: that takes a walk along the line. */
	if (!show || e->echo_length + LDISC_OUT_MAX > LDISC_ECHO_MAX)
		return;
	column = column_before(ld, ld->head);
	while (ld->column > column) {
		echo_byte(ld, e, '\b');
		/* A tab left nothing that must be wiped. */
		if (ldisc_at(ld, ld->head) != '\t') {
			echo_byte(ld, e, ' ');
			echo_byte(ld, e, '\b');
		}
	}
}

static void edit_erase(struct ldisc *ld, struct ldisc_effect *e, u8 c)
{
	if (ld->head == ld->canon)
		return;
	erase_one(ld, e, lflag(ld, ECHO) && lflag(ld, ECHOE));
	if (lflag(ld, ECHO) && !lflag(ld, ECHOE))
		echo_typed(ld, e, c);
}

static inline bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c >= UTF8_CONTINUATION;
}

/* Back over what is no word, then over the word. */
static void edit_erase_word(struct ldisc *ld, struct ldisc_effect *e)
{
	bool show = lflag(ld, ECHO);

	while (ld->head != ld->canon && !is_word(ldisc_at(ld, ld->head - 1)))
		erase_one(ld, e, show);
	while (ld->head != ld->canon && is_word(ldisc_at(ld, ld->head - 1)))
		erase_one(ld, e, show);
}

static void edit_kill(struct ldisc *ld, struct ldisc_effect *e, u8 c)
{
	bool wipe = lflag(ld, ECHO) && lflag(ld, ECHOK) && lflag(ld, ECHOKE) && lflag(ld, ECHOE);

	while (wipe && ld->head != ld->canon)
		erase_one(ld, e, true);
	ld->head = ld->canon;
	if (wipe || !lflag(ld, ECHO))
		return;
	echo_typed(ld, e, c);
	if (lflag(ld, ECHOK))
		echo_byte(ld, e, '\n');
}

static void edit_reprint(struct ldisc *ld, struct ldisc_effect *e, u8 c)
{
	u32 i;

	echo_typed(ld, e, c);
	echo_byte(ld, e, '\n');
	ld->edit_column = ld->column;
	for (i = ld->canon; i != ld->head; i++)
		echo_typed(ld, e, ldisc_at(ld, i));
}

/* An ordinary character of the line, or of raw input. */
static void input_plain(struct ldisc *ld, struct ldisc_effect *e, u8 c)
{
	if (ldisc_full(ld)) {
		if (iflag(ld, IMAXBEL))
			echo_byte(ld, e, '\a');
		return;
	}
	if (ld->head == ld->canon)
		ld->edit_column = ld->column;
	if (lflag(ld, ECHO))
		echo_typed(ld, e, c);
	ldisc_put(ld, c, false, false);
}

/* Characters that mean something with IEXTEN only.  True when c was one. */
static bool input_extended(struct ldisc *ld, struct ldisc_effect *e, u8 c)
{
	if (!lflag(ld, IEXTEN))
		return false;
	if (is_cc(ld, c, VWERASE)) {
		edit_erase_word(ld, e);
	} else if (is_cc(ld, c, VREPRINT) && lflag(ld, ECHO)) {
		edit_reprint(ld, e, c);
	} else if (is_cc(ld, c, VLNEXT)) {
		ld->literal_next = true;
		if (lflag(ld, ECHO) && lflag(ld, ECHOCTL)) {
			/* Shown until the next character takes its place. */
			echo_byte(ld, e, '^');
			echo_byte(ld, e, '\b');
		}
	} else {
		return false;
	}
	return true;
}

static void input_canonical(struct ldisc *ld, struct ldisc_effect *e, u8 c)
{
	if (is_cc(ld, c, VERASE)) {
		edit_erase(ld, e, c);
	} else if (is_cc(ld, c, VKILL)) {
		edit_kill(ld, e, c);
	} else if (is_cc(ld, c, VEOF)) {
		ldisc_end_line(ld, e, CC_DISABLED, true);
	} else if (c == '\n') {
		if (lflag(ld, ECHO | ECHONL))
			echo_byte(ld, e, c);
		ldisc_end_line(ld, e, c, false);
	} else if (is_cc(ld, c, VEOL) || (is_cc(ld, c, VEOL2) && lflag(ld, IEXTEN))) {
		if (lflag(ld, ECHO))
			echo_typed(ld, e, c);
		ldisc_end_line(ld, e, c, false);
	} else if (!input_extended(ld, e, c)) {
		input_plain(ld, e, c);
	}
}

/* ---- special characters of every mode -------------------------------------------------------- */

/* ^S and ^Q.  True when c was one. */
static bool input_flow(struct ldisc *ld, struct ldisc_effect *e, u8 c)
{
	bool was = ld->stopped;
	bool taken = true;

	if (!iflag(ld, IXON))
		return false;
	if (is_cc(ld, c, VSTART)) {
		ld->stopped = false;
	} else if (is_cc(ld, c, VSTOP)) {
		ld->stopped = true;
	} else {
		if (iflag(ld, IXANY))
			ld->stopped = false;
		taken = false;
	}
	e->flow = was != ld->stopped;
	return taken;
}

/* ^C, ^\ and ^Z.  True when c was one. */
static bool input_signal(struct ldisc *ld, struct ldisc_effect *e, u8 c)
{
	if (!lflag(ld, ISIG))
		return false;
	if (is_cc(ld, c, VINTR))
		e->signal = SIGINT;
	else if (is_cc(ld, c, VQUIT))
		e->signal = SIGQUIT;
	else if (is_cc(ld, c, VSUSP))
		e->signal = SIGTSTP;
	else
		return false;
	if (!lflag(ld, NOFLSH))
		ldisc_flush(ld);
	e->flow = ld->stopped;
	ld->stopped = false;
	if (lflag(ld, ECHO))
		echo_typed(ld, e, c);
	return true;
}

/* CR and NL by iflag.  False: the byte is dropped. */
static bool input_newline(const struct ldisc *ld, u8 *c)
{
	if (*c == '\r') {
		if (iflag(ld, IGNCR))
			return false;
		if (iflag(ld, ICRNL))
			*c = '\n';
	} else if (*c == '\n' && iflag(ld, INLCR)) {
		*c = '\r';
	}
	return true;
}

void ldisc_input(struct ldisc *ld, u8 byte, struct ldisc_effect *effect)
{
	u8 c = iflag(ld, ISTRIP) ? byte & ASCII_DEL : byte;

	effect->signal = 0;
	effect->readable = effect->flow = false;
	effect->echo_length = 0;
	if (ld->literal_next) {
		ld->literal_next = false;
		input_plain(ld, effect, c);
		return;
	}
	if (input_flow(ld, effect, c) || input_signal(ld, effect, c) || !input_newline(ld, &c))
		return;
	if (lflag(ld, ICANON)) {
		input_canonical(ld, effect, c);
		return;
	}
	if (c == '\n' && lflag(ld, ECHONL) && !lflag(ld, ECHO))
		echo_byte(ld, effect, c);
	input_plain(ld, effect, c);
	ld->canon = ld->head;
	effect->readable = true;
}

/* ---- reading --------------------------------------------------------------------------------- */

bool ldisc_readable(const struct ldisc *ld, u32 min)
{
	return ld->canon - ld->tail >= (lflag(ld, ICANON) ? 1 : MAX(min, 1u));
}

static inline bool ldisc_at_eof(const struct ldisc *ld, u32 at)
{
	return bitmap_test(ld->end_of_file, at & LDISC_MASK);
}

/* Raw: bytes are bytes; a ^D of an earlier canonical line is none. */
static u32 read_raw(struct ldisc *ld, u8 *to, u32 n)
{
	u32 done = 0;

	for (; done < n && ld->tail != ld->canon; ld->tail++) {
		if (!ldisc_at_eof(ld, ld->tail))
			to[done++] = ldisc_at(ld, ld->tail);
	}
	return done;
}

u32 ldisc_read(struct ldisc *ld, u8 *to, u32 n, bool *more)
{
	u32 done = 0;
	bool end;

	*more = false;
	if (!lflag(ld, ICANON))
		return read_raw(ld, to, n);
	while (ld->tail != ld->canon) {
		if (ldisc_at_eof(ld, ld->tail)) {
			/* Also when n bytes are full: the ^D that ended this read must not end the next. */
			ld->tail++;
			return done;
		}
		if (done == n) {
			*more = true;
			return done;
		}
		end = bitmap_test(ld->line_end, ld->tail & LDISC_MASK);
		to[done++] = ldisc_at(ld, ld->tail++);
		if (end)
			return done;
	}
	return done;
}

u32 ldisc_room(const struct ldisc *ld)
{
	if (!ldisc_full(ld))
		return LDISC_SIZE - 1 - (ld->head - ld->tail);
	return ld->canon == ld->tail ? 1 : 0;
}

u32 ldisc_available(const struct ldisc *ld)
{
	u32 n = 0;
	u32 at;

	for (at = ld->tail; at != ld->canon; at++)
		n += !ldisc_at_eof(ld, at);
	return n;
}

void ldisc_set_termios(struct ldisc *ld, const struct ktermios *t)
{
	bool was_canonical = lflag(ld, ICANON);

	ld->termios = *t;
	if (was_canonical == lflag(ld, ICANON))
		return;
	ld->literal_next = false;
	/* What was typed becomes readable at once; in canonical mode it counts as a line. */
	if (ld->head != ld->canon || !was_canonical) {
		if (ld->head != ld->tail)
			bitmap_set(ld->line_end, (ld->head - 1) & LDISC_MASK);
		ld->canon = ld->head;
	}
	ld->edit_column = ld->column;
}
