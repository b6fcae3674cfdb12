/* Terminal settings as TCGETS and TCSETS exchange them (Linux, asm-generic/termbits.h; POSIX ch. 11). */
#pragma once

#include <kernel/types.h>

enum { NCCS = 19 };

struct ktermios {
	u32 c_iflag;
	u32 c_oflag;
	u32 c_cflag;
	u32 c_lflag;
	u8 c_line;
	u8 c_cc[NCCS];
};
_Static_assert(sizeof(struct ktermios) == 36, "struct termios is part of the ABI");

struct winsize {
	u16 ws_row;
	u16 ws_col;
	u16 ws_xpixel;
	u16 ws_ypixel;
};

enum termios_cc {
	VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP, VSUSP, VEOL, VREPRINT,
	VDISCARD, VWERASE, VLNEXT, VEOL2,
};

enum termios_iflag {
	IGNBRK = 0000001,
	BRKINT = 0000002,
	ISTRIP = 0000040,
	INLCR  = 0000100,
	IGNCR  = 0000200,
	ICRNL  = 0000400,
	IXON   = 0002000,
	IXANY  = 0004000,
	IXOFF  = 0010000,
	IMAXBEL = 0020000,
	IUTF8  = 0040000,
};

enum termios_oflag {
	OPOST  = 0000001,
	OLCUC  = 0000002,
	ONLCR  = 0000004,
	OCRNL  = 0000010,
	ONOCR  = 0000020,
	ONLRET = 0000040,
	TABDLY = 0014000,
	XTABS  = 0014000,
};

enum termios_cflag {
	B38400 = 0000017,
	B115200 = 0010002,
	CS8    = 0000060,
	CREAD  = 0000200,
	HUPCL  = 0002000,
	CLOCAL = 0004000,
};

enum termios_lflag {
	ISIG    = 0000001,
	ICANON  = 0000002,
	ECHO    = 0000010,
	ECHOE   = 0000020,
	ECHOK   = 0000040,
	ECHONL  = 0000100,
	NOFLSH  = 0000200,
	TOSTOP  = 0000400,
	ECHOCTL = 0001000,
	ECHOPRT = 0002000,
	ECHOKE  = 0004000,
	IEXTEN  = 0100000,
};

/* tcflush(3), tcflow(3) */
enum { TCIFLUSH, TCOFLUSH, TCIOFLUSH };
enum { TCOOFF, TCOON, TCIOFF, TCION };

/* TIOCGICOUNT: what a serial port has counted. */
struct serial_counters {
	s32 cts, dsr, rng, dcd;
	s32 rx, tx;
	s32 frame, overrun, parity, brk, buf_overrun;
	s32 reserved[9];
};
