/*
 * The kernel log.  Everybody calls log_print(), in any context.
 *
 * One lock covers ring and console, so that both have the same order.  Its holder calls nothing that
 * logs, sleeps or wakes.  A line from a context that interrupted the holder on its own CPU (a fault
 * inside this file) goes to the console by polling and skips the ring; so does every line of a panic.
 * Linux has a lockless ring and console threads; we have short lines and a fast console.
 */
#include <kernel/log.h>
#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/printf.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>

enum { LOG_RECORD_ALIGN = 16 };
STATIC_ASSERT(sizeof(struct log_record) == LOG_RECORD_ALIGN, "a header fits wherever one may start");

struct log_ring kernel_log = { .lock = SPINLOCK_INIT("kernel_log") };

static const struct console *log_console;
static enum log_level log_console_level = LOG_INFO;
static bool log_panicking;

static struct log_record *log_at(u64 position)
{
	return (struct log_record *)&kernel_log.buffer[position % LOG_RING_SIZE];
}

static u64 log_record_size(u32 length)
{
	return ALIGN_UP(sizeof(struct log_record) + length, (size_t)LOG_RECORD_ALIGN);
}

/* `position`, or the start of the buffer behind it when only filler is left there. */
static u64 log_skip_filler(u64 position)
{
	if (position < kernel_log.next && log_at(position)->length == LOG_SKIP)
		return ALIGN_UP(position + 1, (u64)LOG_RING_SIZE);
	return position;
}

/* The position of the record that follows the one at `position`. */
static u64 log_after(u64 position)
{
	return log_skip_filler(position + log_record_size(log_at(position)->length));
}

/* Drops the oldest lines until `size` more bytes fit. */
static void log_make_room(u64 size) REQUIRES(kernel_log.lock)
{
	struct log_ring *l = &kernel_log;

	while (l->lines && l->next + size - l->oldest > LOG_RING_SIZE) {
		l->oldest = log_after(l->oldest);
		l->lines--;
	}
	if (!l->lines)
		l->oldest = l->next;
}

static void log_append(enum log_level level, const char *text, u32 length) REQUIRES(kernel_log.lock)
{
	struct log_ring *l = &kernel_log;
	u64 to_end = LOG_RING_SIZE - l->next % LOG_RING_SIZE;
	u64 size = log_record_size(length);
	struct log_record *r;

	if (to_end < size) {
		log_make_room(to_end);
		log_at(l->next)->length = LOG_SKIP;
		l->next += to_end;
		l->oldest = l->lines ? l->oldest : l->next;
	}
	log_make_room(size);
	r = log_at(l->next);
	r->time_ns = time_mono();
	r->length = length;
	r->level = level;
	r->cpu = this_cpu()->id;
	memcpy(r->text, text, length);
	l->next += size;
	l->lines++;
	l->lines_ever++;
}

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

void log_vprint(enum log_level level, const char *fmt, va_list args)
{
	char text[LOG_LINE_MAX + 1];
	int length = kvsnprintf(text, LOG_LINE_MAX, fmt, args);
	irqflags_t flags;

	length = MIN(length, LOG_LINE_MAX - 1);
	while (length > 0 && text[length - 1] == '\n')
		length--;
	if (log_panicking || spin_held(&kernel_log.lock)) {
		log_show(text, length, true);
		return;
	}
	flags = spin_lock_irqsave(&kernel_log.lock);
	log_append(level, text, length);
	if (level <= log_console_level)
		log_show(text, length, false);
	spin_unlock_irqrestore(&kernel_log.lock, flags);
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

/* Copies a record's text, terminated, as far as it fits.  Returns its length. */
static u32 log_copy(u64 position, char *text, size_t n)
{
	const struct log_record *r = log_at(position);
	u32 length = MIN((size_t)r->length, n - 1);

	memcpy(text, r->text, length);
	text[length] = 0;
	return length;
}

void console_register(const struct console *con)
{
	char text[LOG_LINE_MAX + 1];
	bool first;
	irqflags_t flags = spin_lock_irqsave(&kernel_log.lock);

	first = !log_console;
	log_console = con;
	for (u64 p = kernel_log.oldest; first && p < kernel_log.next; p = log_after(p)) {
		if (log_at(p)->level <= log_console_level)
			log_show(text, log_copy(p, text, LOG_LINE_MAX), false);
	}
	spin_unlock_irqrestore(&kernel_log.lock, flags);
}

int log_read(u64 *position, char *text, size_t n, struct log_record *header)
{
	irqflags_t flags = spin_lock_irqsave(&kernel_log.lock);
	int length = -ENOENT;

	if (*position < kernel_log.oldest)
		*position = kernel_log.oldest;
	if (*position < kernel_log.next) {
		if (header)
			*header = *log_at(*position);
		length = log_copy(*position, text, n);
		*position = log_after(*position);
	}
	spin_unlock_irqrestore(&kernel_log.lock, flags);
	return length;
}

void log_clear(void)
{
	irqflags_t flags = spin_lock_irqsave(&kernel_log.lock);

	kernel_log.oldest = kernel_log.next;
	kernel_log.lines = 0;
	spin_unlock_irqrestore(&kernel_log.lock, flags);
}

void log_enter_panic(void)
{
	log_panicking = true;
}

void log_dump_tail(int lines)
{
	char text[LOG_LINE_MAX + 1];
	u64 p = kernel_log.oldest;

	for (u32 skip = kernel_log.lines; skip > (u32)lines && p < kernel_log.next; skip--)
		p = log_after(p);
	for (; p < kernel_log.next; p = log_after(p))
		log_show(text, log_copy(p, text, LOG_LINE_MAX), true);
}
