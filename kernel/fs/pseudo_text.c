/*
 * The text of a made-up file: it grows as it is written to.
 */
#include <kernel/pseudo.h>

#include <kernel/errno.h>
#include <kernel/printf.h>
#include <kernel/slab.h>
#include <kernel/string.h>

enum { PSEUDO_TEXT_FIRST = 512 };

/* Room for n bytes more; false after -ENOMEM. */
static bool pseudo_text_reserve(struct pseudo_text *t, size_t n)
{
	size_t size = MAX(t->size, (size_t)PSEUDO_TEXT_FIRST);
	char *buf;

	if (t->err)
		return false;
	if (t->len + n <= t->size)
		return true;
	while (size < t->len + n)
		size *= 2;
	buf = krealloc(t->buf, size, 0);
	if (!buf) {
		t->err = -ENOMEM;
		return false;
	}
	t->buf = buf;
	t->size = size;
	return true;
}

void pseudo_append(struct pseudo_text *t, const void *data, size_t n)
{
	if (!pseudo_text_reserve(t, n))
		return;
	memcpy(t->buf + t->len, data, n);
	t->len += n;
}

void pseudo_printf(struct pseudo_text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	if (!pseudo_text_reserve(t, 1))
		return;
	va_start(args, fmt);
	n = kvsnprintf(t->buf + t->len, t->size - t->len, fmt, args);
	va_end(args);
	if (t->len + (size_t)n >= t->size) {
		if (!pseudo_text_reserve(t, (size_t)n + 1))
			return;
		va_start(args, fmt);
		kvsnprintf(t->buf + t->len, t->size - t->len, fmt, args);
		va_end(args);
	}
	t->len += (size_t)n;
}
