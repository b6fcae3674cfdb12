/*
 * The kernel log.  Everybody calls log_print(), in any context.
 *
 * One lock covers ring and console, so that both have the same order.  Its holder calls nothing that
 * logs, sleeps or wakes.  A line from a context that interrupted the holder on its own CPU (a fault
 * inside this file) goes to the console by polling and skips the ring; so does every line of a panic.
 * The watchdog's interrupt may come anywhere, even inside the console's own lock: it polls as well.
 * Linux has a lockless ring and console threads; we have short lines and a fast console.
 */
#include <kernel/log.h>
#include <kernel/cpu.h>
#include <kernel/printf.h>
#include <kernel/spinlock.h>
#include <kernel/task.h>
#include <kernel/time.h>

struct log_ring kernel_log;

static struct spinlock kernel_log_lock = SPINLOCK_INIT("kernel_log");
static const struct console *log_console;
static enum log_level log_console_level = LOG_INFO;
static bool log_panicking;

/* Prints text and a newline.  `text` has room for one byte behind its length. */
static void log_show(char *text, u32 length, bool polled)
{
	const struct console *con = log_console;

	if (!con)
		return;
	text[length] = '\n';
	if (polled)
		con->write_polled(text, length + 1);
	else
		con->write(text, length + 1);
}

static void log_add(enum log_level level, const char *text, u32 length) REQUIRES(kernel_log_lock)
{
	struct log_record header = { .time_ns = time_mono(), .length = length, .level = level,
				     .cpu = this_cpu()->id };

	log_ring_add(&kernel_log, &header, text);
}

/* From an interrupt that nothing masks: waits for no lock that this CPU may hold. */
static void log_print_nmi(enum log_level level, char *text, u32 length)
{
	if (spin_trylock(&kernel_log_lock)) {
		log_add(level, text, length);
		spin_unlock(&kernel_log_lock);
	}
	log_show(text, length, true);
}

void log_vprint(enum log_level level, const char *fmt, va_list args)
{
	char text[LOG_LINE_MAX + 1];
	int length = kvsnprintf(text, LOG_LINE_MAX, fmt, args);
	irqflags_t flags;

	length = MIN(length, LOG_LINE_MAX - 1);
	while (length > 0 && text[length - 1] == '\n')
		length--;
	/* Preemption off, or the answer could be about the CPU that we were on. */
	preempt_disable();
	if (log_panicking || spin_held(&kernel_log_lock)) {
		log_show(text, length, true);
	} else if (this_cpu()->in_nmi) {
		log_print_nmi(level, text, length);
	} else {
		flags = spin_lock_irqsave(&kernel_log_lock);
		log_add(level, text, length);
		if (level <= log_console_level)
			log_show(text, length, false);
		spin_unlock_irqrestore(&kernel_log_lock, flags);
	}
	preempt_enable();
}

void log_print(enum log_level level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	log_vprint(level, fmt, args);
	va_end(args);
}

void log_set_console_level(enum log_level level)
{
	log_console_level = level;
}

void console_register(const struct console *con)
{
	char text[LOG_LINE_MAX + 1];
	struct log_record header;
	u64 position = 0;
	int length;
	bool first;
	irqflags_t flags = spin_lock_irqsave(&kernel_log_lock);

	first = !log_console;
	log_console = con;
	while (first &&
	       (length = log_ring_read(&kernel_log, &position, text, LOG_LINE_MAX, &header)) >= 0) {
		if (header.level <= log_console_level)
			log_show(text, length, false);
	}
	spin_unlock_irqrestore(&kernel_log_lock, flags);
}

int log_read(u64 *position, char *text, size_t n, struct log_record *header)
{
	irqflags_t flags = spin_lock_irqsave(&kernel_log_lock);
	int length = log_ring_read(&kernel_log, position, text, n, header);

	spin_unlock_irqrestore(&kernel_log_lock, flags);
	return length;
}

void log_enter_panic(void)
{
	log_panicking = true;
}

void log_dump_tail(int lines)
{
	u64 position = log_ring_tail(&kernel_log, lines);
	char text[LOG_LINE_MAX + 1];
	int length;

	/* Set in, so that no repeated line looks like a new one. */
	text[0] = text[1] = ' ';
	while ((length = log_ring_read(&kernel_log, &position, text + 2, LOG_LINE_MAX - 2, NULL)) >= 0)
		log_show(text, length + 2, true);
}
