/*
 * A ring of lines: new ones push out the oldest.  kernel/debug/log_ring.c; the caller locks.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

enum { LOG_RING_SIZE = 1 << 16, LOG_SKIP = 0xffff };

/*
 * One line in the ring: this header and `length` bytes of text without newline, padded to 16.  A header
 * with length LOG_SKIP only fills the ring up to its end.
 */
struct log_record {
	u64 time_ns;       /* monotonic */
	u16 length;
	u8 level;          /* enum log_level */
	u8 cpu;
	u32 reserved;
	char text[];
};

/*
 * Lines from `oldest` up to `next`; both count all bytes ever used, and a position's place in the
 * buffer is its remainder by LOG_RING_SIZE.
 */
struct log_ring {
	u64 oldest;        /* position of the oldest whole record */
	u64 next;          /* position of the next record */
	u32 lines;         /* records between them */
	u64 lines_ever;
	u8 buffer[LOG_RING_SIZE] __aligned(16);
};

/* Adds a line; header->length is the text's, LOG_RING_SIZE / 4 at most. */
void log_ring_add(struct log_ring *ring, const struct log_record *header, const char *text);

/*
 * Copies the line at *position (moved on to the oldest one when that is gone) and advances: at most n
 * bytes, terminated; *header (may be NULL) gets the rest.  Length, or -ENOENT behind the last line.
 */
int log_ring_read(const struct log_ring *ring, u64 *position, char *text, size_t n,
		  struct log_record *header);

/* The position from which `lines` lines are left, or as many as there are. */
u64 log_ring_tail(const struct log_ring *ring, u32 lines);

/* Forgets all lines. */
void log_ring_clear(struct log_ring *ring);
