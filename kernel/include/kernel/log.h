/*
 * The kernel log: a ring that keeps the boot's lines, and the console that shows them.
 * kernel/debug/log.c.  The ring (struct log_ring kernel_log) is readable by a debugger.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/log_ring.h>

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

enum { LOG_LINE_MAX = 512 };

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

/* The lines of this boot, at least the last 64 KiB of them.  (l) kernel_log_lock */
extern struct log_ring kernel_log;

/*
 * Copies the line at *position (0 at first; moved on to the oldest one when that is gone) and advances.
 * At most n bytes, terminated; *header (may be NULL) gets time and level.  Length, or -ENOENT at the end.
 * Any context.
 */
int log_read(u64 *position, char *text, size_t n, struct log_record *header);

/* From now on lines are printed with write_polled and no lock is taken: this CPU is the last one. */
void log_enter_panic(void);

/* Prints the last n lines of the ring with write_polled.  For a dying kernel: takes no lock. */
void log_dump_tail(int lines);
