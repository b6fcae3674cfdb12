/*
 * The kernel log: a ring that keeps the boot's lines, and the console that shows them.
 * kernel/debug/log.c.  The ring (struct log_ring kernel_log) is readable by a debugger.
 */
#pragma once

#include <kernel/compiler.h>

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

/*
 * Formats one line (no newline needed; one is added where it is missing) into the ring and onto the
 * console.  Any context, interrupts too; never sleeps, never fails; long lines are cut at 512 bytes.
 */
void log_print(enum log_level level, const char *fmt, ...) __printf(2, 3);

#define log_err(...)   log_print(LOG_ERR, __VA_ARGS__)
#define log_warn(...)  log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)

/* A console: where log lines go.  write() must work in any context; poll-driven until up. */
struct console {
	const char *name;
	void (*write)(const char *s, size_t n);        /* may use the interrupt path */
	void (*write_polled)(const char *s, size_t n); /* no locks, for a panic */
};

/* Registers the console and replays what the ring already holds.  Once, at boot. */
void console_register(const struct console *con);

/* Prints the last n lines of the ring with write_polled.  For a dying kernel: takes no lock. */
void log_dump_tail(int lines);
