/*
 * copy_file_range(2): bytes from one regular file to another without the program in between.  Linux shares
 * blocks where a file system can; here they go through one kernel buffer.
 */
#include <kernel/file.h>

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

enum { COPY_CHUNK = 16384, COPY_MAX = 0x7ffff000 };

static int copy_check(const struct file *in, const struct file *out)
{
	if (!file_readable(in) || !file_writable(out) || (out->flags & O_APPEND))
		return -EBADF;
	if (!in->inode || !out->inode)
		return -EINVAL;
	if (S_ISDIR(in->inode->mode) || S_ISDIR(out->inode->mode))
		return -EISDIR;
	if (!S_ISREG(in->inode->mode) || !S_ISREG(out->inode->mode))
		return -EINVAL;
	return 0;
}

/* Within one file the two ranges must be apart. */
static int copy_check_overlap(const struct file *in, loff_t from, const struct file *out, loff_t to, size_t n)
{
	loff_t end;

	if (from < 0 || to < 0)
		return -EINVAL;
	if (__builtin_add_overflow(MAX(from, to), (loff_t)n, &end))
		return -EOVERFLOW;
	if (in->inode == out->inode && from < to + (loff_t)n && to < from + (loff_t)n)
		return -EINVAL;
	return 0;
}

/* Both positions follow what was written.  Bytes, or an errno when there are none. */
static ssize_t copy_bytes(struct file *in, loff_t *from, struct file *out, loff_t *to, size_t n)
{
	u8 *buf = kmalloc(COPY_CHUNK, 0);
	ssize_t got = 0, put, done = 0;

	if (!buf)
		return -ENOMEM;
	while ((size_t)done < n && !signal_pending(current)) {
		loff_t at = *from;

		got = file_read_kernel(in, buf, MIN(n - (size_t)done, (size_t)COPY_CHUNK), &at);
		if (got <= 0)
			break;
		put = file_write_kernel(out, buf, (size_t)got, to);
		if (put > 0) {
			*from += put;
			done += put;
		}
		if (put != got) {
			got = put;
			break;
		}
	}
	kfree(buf);
	return done ? done : got;
}

/* A position: the program's, or the file's own.  0 or -EFAULT. */
static int copy_pos_get(struct file *f, const loff_t __user *user, loff_t *pos)
{
	if (user)
		return get_user(*pos, user);
	mutex_lock(&f->pos_lock);
	*pos = f->pos;
	mutex_unlock(&f->pos_lock);
	return 0;
}

static int copy_pos_put(struct file *f, loff_t __user *user, loff_t pos)
{
	if (user)
		return put_user(pos, user);
	mutex_lock(&f->pos_lock);
	f->pos = pos;
	mutex_unlock(&f->pos_lock);
	return 0;
}

static ssize_t copy_files(struct file *in, loff_t __user *in_pos, struct file *out, loff_t __user *out_pos, size_t n)
{
	loff_t from, to;
	ssize_t done;
	int err = copy_check(in, out);

	n = MIN(n, (size_t)COPY_MAX);
	if (!err)
		err = copy_pos_get(in, in_pos, &from);
	if (!err)
		err = copy_pos_get(out, out_pos, &to);
	if (!err)
		err = copy_check_overlap(in, from, out, to, n);
	if (err)
		return err;
	done = copy_bytes(in, &from, out, &to, n);
	if (done <= 0)
		return done;
	err = copy_pos_put(in, in_pos, from);
	if (!err)
		err = copy_pos_put(out, out_pos, to);
	return err ? err : done;
}

long sys_copy_file_range(int in_fd, loff_t __user *in_pos, int out_fd, loff_t __user *out_pos, size_t length,
			 u32 flags)
{
	struct file *in, *out;
	ssize_t n;
	int err;

	if (flags)
		return -EINVAL;
	err = fd_get_file(in_fd, &in);
	if (err)
		return err;
	err = fd_get_file(out_fd, &out);
	if (err) {
		file_put(in);
		return err;
	}
	n = copy_files(in, in_pos, out, out_pos, length);
	file_put(out);
	file_put(in);
	return n;
}
