/* What getdents64 writes. */
#pragma once

#include <stdint.h>

struct dirent64 {
	uint64_t d_ino;
	int64_t  d_off;    /* the cookie to seek to for what follows */
	uint16_t d_reclen; /* a multiple of 8 */
	uint8_t  d_type;
	char     d_name[];
};

enum { DT_UNKNOWN = 0, DT_FIFO = 1, DT_CHR = 2, DT_DIR = 4, DT_BLK = 6, DT_REG = 8, DT_LNK = 10, DT_SOCK = 12 };
