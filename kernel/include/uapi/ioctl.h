/* ioctl(2) requests of files and terminals (Linux, asm-generic/ioctls.h). */
#pragma once

enum ioctl_request {
	TCGETS     = 0x5401,
	TCSETS     = 0x5402,
	TCSETSW    = 0x5403,
	TCSETSF    = 0x5404,
	TCSBRK     = 0x5409,
	TCXONC     = 0x540a,
	TCFLSH     = 0x540b,
	TIOCEXCL   = 0x540c,
	TIOCNXCL   = 0x540d,
	TIOCSCTTY  = 0x540e,
	TIOCGPGRP  = 0x540f,
	TIOCSPGRP  = 0x5410,
	TIOCOUTQ   = 0x5411,
	TIOCSTI    = 0x5412,
	TIOCGWINSZ = 0x5413,
	TIOCSWINSZ = 0x5414,
	TIOCMGET   = 0x5415,
	FIONREAD   = 0x541b,
	TIOCPKT    = 0x5420,
	FIONBIO    = 0x5421,
	TIOCNOTTY  = 0x5422,
	TCSBRKP    = 0x5425,
	TIOCGSID   = 0x5429,
	TIOCGICOUNT = 0x545d,
	FIONCLEX   = 0x5450,
	FIOCLEX    = 0x5451,
	FIOASYNC   = 0x5452,
	FIOQSIZE   = 0x5460,
};

#define TIOCGPTN   0x80045430u
#define TIOCSPTLCK 0x40045431u
#define TIOCGPTLCK 0x80045439u
#define TIOCGPTPEER 0x5441u
