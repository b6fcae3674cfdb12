/*
 * A place for bytes: what read(2) and readv(2) fill and write(2) and writev(2) empty.  Every file's read
 * and write op moves its bytes through one of these and need not know whether they are a user's, in how
 * many pieces, or the kernel's own.
 *
 * A fault ends a copy early: the bytes moved so far count, and the caller reports -EFAULT when there are
 * none.
 */
#include <kernel/file.h>

#include <kernel/compiler.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>
#include <uapi/uio.h>

static void iov_init(struct iov_iter *it, struct iovec *single, void *p, size_t n, bool kernel)
{
	*single = (struct iovec){ .iov_base = p, .iov_len = n };
	*it = (struct iov_iter){ .kernel = kernel, .iov = single, .count = 1, .left = n };
}

void iov_init_user(struct iov_iter *it, struct iovec *single, void __user *p, size_t n)
{
	iov_init(it, single, p, n, false);
}

void iov_init_kernel(struct iov_iter *it, struct iovec *single, void *p, size_t n)
{
	iov_init(it, single, p, n, true);
}

/* Goes n bytes on inside the first segment; to the next when that is used up. */
static void iov_advance_segment(struct iov_iter *it, size_t n)
{
	it->offset += n;
	it->left -= n;
	if (it->offset == it->iov->iov_len && it->count > 1) {
		it->iov++;
		it->count--;
		it->offset = 0;
	}
}

/* The rest of the first segment that is not empty, at most n bytes. */
static size_t iov_segment(struct iov_iter *it, size_t n, u8 **p)
{
	while (it->offset == it->iov->iov_len && it->count > 1)
		iov_advance_segment(it, 0);
	*p = (u8 *)it->iov->iov_base + it->offset;
	return MIN(MIN(n, it->left), it->iov->iov_len - it->offset);
}

size_t iov_copy_to(struct iov_iter *it, const void *src, size_t n)
{
	size_t done = 0;
	size_t part, missed;
	u8 *p;

	while (done < n && it->left > 0) {
		part = iov_segment(it, n - done, &p);
		missed = 0;
		if (it->kernel)
			memcpy(p, (const u8 *)src + done, part);
		else
			missed = copy_to_user_partial(p, (const u8 *)src + done, part);
		iov_advance_segment(it, part - missed);
		done += part - missed;
		if (missed)
			break;
	}
	return done;
}

size_t iov_copy_from(struct iov_iter *it, void *dst, size_t n)
{
	size_t done = 0;
	size_t part, missed;
	u8 *p;

	while (done < n && it->left > 0) {
		part = iov_segment(it, n - done, &p);
		missed = 0;
		if (it->kernel)
			memcpy((u8 *)dst + done, p, part);
		else
			missed = copy_from_user_partial((u8 *)dst + done, p, part);
		iov_advance_segment(it, part - missed);
		done += part - missed;
		if (missed)
			break;
	}
	return done;
}

size_t iov_zero(struct iov_iter *it, size_t n)
{
	size_t done = 0;
	size_t part, missed;
	u8 *p;

	while (done < n && it->left > 0) {
		part = iov_segment(it, n - done, &p);
		missed = 0;
		if (it->kernel)
			memset(p, 0, part);
		else
			missed = clear_user_partial(p, part);
		iov_advance_segment(it, part - missed);
		done += part - missed;
		if (missed)
			break;
	}
	return done;
}
