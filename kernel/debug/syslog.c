/*
 * syslog(2), through which dmesg reads the kernel log: by line, "<level>[seconds] text".  Reading what is
 * new (type 2) does not wait, as Linux's does: it says -EAGAIN when there is nothing.
 */
#include <kernel/syscall.h>

#include <kernel/errno.h>
#include <kernel/log.h>
#include <kernel/printf.h>
#include <kernel/proc.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>

enum syslog_type {
	SYSLOG_CLOSE,
	SYSLOG_OPEN,
	SYSLOG_READ,
	SYSLOG_READ_ALL,
	SYSLOG_READ_CLEAR,
	SYSLOG_CLEAR,
	SYSLOG_CONSOLE_OFF,
	SYSLOG_CONSOLE_ON,
	SYSLOG_CONSOLE_LEVEL,
	SYSLOG_SIZE_UNREAD,
	SYSLOG_SIZE_BUFFER,
};

enum { SYSLOG_LINE_MAX = LOG_LINE_MAX + 32 };

static u64 syslog_read_position;  /* what type 2 reads next */
static u64 syslog_clear_position; /* where types 3 and 4 begin */

/* The line at *position as text, newline included.  Its length, or -ENOENT. */
static int syslog_line(u64 *position, char *text)
{
	struct log_record header;
	char line[LOG_LINE_MAX];

	if (log_read(position, line, sizeof(line), &header) < 0)
		return -ENOENT;
	return kscnprintf(text, SYSLOG_LINE_MAX, "<%u>[%5lu.%06lu] %s\n", header.level,
			  header.time_ns / NSEC_PER_SEC,
			  header.time_ns % NSEC_PER_SEC / NSEC_PER_USEC, line);
}

/* Bytes of all lines from `position` to the end. */
static u64 syslog_size(u64 position)
{
	char text[SYSLOG_LINE_MAX];
	u64 size = 0;
	int n;

	while ((n = syslog_line(&position, text)) > 0)
		size += n;
	return size;
}

/* Copies whole lines from *position on, as many as fit.  Bytes, or -EFAULT. */
static long syslog_copy(u64 *position, char __user *buf, u64 size)
{
	char text[SYSLOG_LINE_MAX];
	u64 next = *position, done = 0;
	int n;

	while ((n = syslog_line(&next, text)) > 0 && done + n <= size) {
		if (copy_to_user(buf + done, text, n))
			return -EFAULT;
		done += n;
		*position = next;
	}
	return (long)done;
}

/* The newest lines that fit, since the last clear. */
static long syslog_copy_last(char __user *buf, u64 size, bool clear)
{
	u64 position = syslog_clear_position, total = syslog_size(position);
	char text[SYSLOG_LINE_MAX];
	long done;
	int n;

	while (total > size && (n = syslog_line(&position, text)) > 0)
		total -= n;
	done = syslog_copy(&position, buf, size);
	if (clear && done >= 0)
		syslog_clear_position = position;
	return done;
}

static long syslog_copy_new(char __user *buf, u64 size)
{
	long done = syslog_copy(&syslog_read_position, buf, size);

	return done ? done : -EAGAIN;
}

long sys_syslog(int type, char __user *buf, int size)
{
	char text[SYSLOG_LINE_MAX];

	if (!current_privileged())
		return -EPERM;
	if (type >= SYSLOG_READ && type <= SYSLOG_READ_CLEAR && (!buf || size < 0))
		return -EINVAL;
	switch ((enum syslog_type)type) {
	case SYSLOG_CLOSE:
	case SYSLOG_OPEN:
		return 0;
	case SYSLOG_READ:
		return syslog_copy_new(buf, size);
	case SYSLOG_READ_ALL:
	case SYSLOG_READ_CLEAR:
		return syslog_copy_last(buf, size, type == SYSLOG_READ_CLEAR);
	case SYSLOG_CLEAR:
		while (syslog_line(&syslog_clear_position, text) > 0)
			;
		return 0;
	case SYSLOG_CONSOLE_OFF:
		log_set_console_level(LOG_EMERG);
		return 0;
	case SYSLOG_CONSOLE_ON:
		log_set_console_level(LOG_INFO);
		return 0;
	case SYSLOG_CONSOLE_LEVEL:
		if (size < 1 || size > 8)
			return -EINVAL;
		/* Linux shows what is below the number, we what is up to the level. */
		log_set_console_level((enum log_level)(size - 1));
		return 0;
	case SYSLOG_SIZE_UNREAD:
		return (long)syslog_size(syslog_read_position);
	case SYSLOG_SIZE_BUFFER:
		return LOG_RING_SIZE;
	}
	return -EINVAL;
}
