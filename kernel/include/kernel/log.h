/*
 * The kernel log: a ring that keeps the boot's lines, and the console that shows them.
 * kernel/debug/log.c.  The ring (struct log_ring kernel_log) is readable by a debugger.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/spinlock.h>

enum log_level {
	LOG_EMERG,
	LOG_ALERT,
	LOG_CRIT,
	LOG_ERR,
	LOG_WARN,
	LOG_NOTICE,
	LOG_INFO,
	LOG_DEBUG,
};

enum { LOG_LINE_MAX = 512, LOG_RING_SIZE = 1 << 16 };

/*
 * Formats one line (no newline needed; one is added where it is missing) into the ring and onto the
 * console.  Any context, interrupts too; never sleeps, never fails; long lines are cut at 512 bytes.
 * The console shows the text alone; time, CPU and level are kept in the ring.
 */
void log_print(enum log_level level, const char *fmt, ...) __printf(2, 3);
void log_vprint(enum log_level level, const char *fmt, va_list args) __printf(2, 0);

#define log_err(...)   log_print(LOG_ERR, __VA_ARGS__)
#define log_warn(...)  log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)

/* Lines of this level and more important ones go to the console.  At first LOG_INFO. */
void log_set_console_level(enum log_level level);

/* A console: where log lines go. */
struct console {
	const char *name;
	/* A whole line, begun at column 0, interrupts off; may use the interrupt path, must not log. */
	void (*write)(const char *s, size_t n);
	/* The same by polling, without locks: for a panic. */
	void (*write_polled)(const char *s, size_t n);
};

/* Registers the console and replays what the ring already holds.  A second one replaces the first. */
void console_register(const struct console *con);

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

enum { LOG_SKIP = 0xffff };

/*
 * Lines from `oldest` up to `next`; both count all bytes ever used, and a position's place in the
 * buffer is its remainder by LOG_RING_SIZE.  Fields: (l) log_ring.lock
 */
struct log_ring {
	struct spinlock lock;
	u64 oldest;        /* (l) position of the oldest whole record */
	u64 next;          /* (l) position of the next record */
	u32 lines;         /* (l) records between them */
	u64 lines_ever;    /* (l) */
	u8 buffer[LOG_RING_SIZE] __aligned(16); /* (l) */
};

extern struct log_ring kernel_log;

/*
 * Copies the line at *position (0 at first; moved on to the oldest one when that is gone) and advances.
 * At most n bytes, terminated; *header (may be NULL) gets time and level.  Length, or -ENOENT at the end.
 * Any context.
 */
int log_read(u64 *position, char *text, size_t n, struct log_record *header);

/* Forgets all lines (syslog(2) action 5).  Any context. */
void log_clear(void);

/* From now on lines are printed with write_polled and no lock is taken: this CPU is the last one. */
void log_enter_panic(void);

/* Prints the last n lines of the ring with write_polled.  For a dying kernel: takes no lock. */
void log_dump_tail(int lines);
