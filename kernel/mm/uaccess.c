/*
 * User memory for system calls: range checks and strings around the architecture's copies, whose faults
 * end in a short count.  Called in process context, no spin lock held.
 */
#include <kernel/uaccess.h>

#include <arch/arch.h>
#include <kernel/errno.h>
#include <kernel/string.h>

enum { STRING_PIECE = 64 };

bool user_range_ok(const void __user *p, size_t n)
{
	return n <= TASK_SIZE && (vaddr_t)p <= TASK_SIZE - n;
}

size_t copy_from_user_partial(void *dst, const void __user *src, size_t n)
{
	return user_range_ok(src, n) ? arch_copy_from_user(dst, src, n) : n;
}

size_t copy_to_user_partial(void __user *dst, const void *src, size_t n)
{
	return user_range_ok(dst, n) ? arch_copy_to_user(dst, src, n) : n;
}

size_t clear_user_partial(void __user *dst, size_t n)
{
	return user_range_ok(dst, n) ? arch_clear_user(dst, n) : n;
}

int copy_from_user(void *dst, const void __user *src, size_t n)
{
	size_t left = copy_from_user_partial(dst, src, n);

	if (unlikely(left)) {
		/* Whoever ignores the error must not see what was there before. */
		memset((u8 *)dst + (n - left), 0, left);
		return -EFAULT;
	}
	return 0;
}

int copy_to_user(void __user *dst, const void *src, size_t n)
{
	return copy_to_user_partial(dst, src, n) ? -EFAULT : 0;
}

int clear_user(void __user *dst, size_t n)
{
	return clear_user_partial(dst, n) ? -EFAULT : 0;
}

/* Bytes from p that may be read in one piece: within one page, so that they fault as one. */
static size_t string_piece(const char __user *p, size_t left)
{
	size_t in_page = PAGE_SIZE - (vaddr_t)p % PAGE_SIZE;

	return MIN(MIN(left, in_page), (size_t)STRING_PIECE);
}

ssize_t strncpy_from_user(char *dst, const char __user *src, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t piece = string_piece(src + done, n - done);
		const char *end;

		if (copy_from_user_partial(dst + done, src + done, piece))
			return -EFAULT;
		end = memchr(dst + done, 0, piece);
		if (end)
			return end - dst;
		done += piece;
	}
	return -ENAMETOOLONG;
}

ssize_t strnlen_user(const char __user *s, size_t n)
{
	char piece[STRING_PIECE];
	size_t done = 0;

	while (done < n) {
		size_t size = string_piece(s + done, n - done);
		const char *end;

		if (copy_from_user_partial(piece, s + done, size))
			return -EFAULT;
		end = memchr(piece, 0, size);
		if (end)
			return done + (end - piece);
		done += size;
	}
	return -ENAMETOOLONG;
}
