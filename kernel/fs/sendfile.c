/*
 * sendfile(2): from one file to another without a trip through the program.  Linux passes pages along;
 * here the bytes go through one kernel buffer.
 */
#include <kernel/file.h>

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

enum { SENDFILE_CHUNK = 16384, SENDFILE_MAX = 0x7ffff000 };

/* Writes all of buf, or what the file takes.  Bytes, or an errno when there are none. */
static ssize_t sendfile_write(struct file *out, const u8 *buf, size_t n)
{
	size_t done = 0;
	ssize_t part;

	while (done < n) {
		if (out->ops->seek)
			mutex_lock(&out->pos_lock);
		part = file_write_kernel(out, buf + done, n - done, &out->pos);
		if (out->ops->seek)
			mutex_unlock(&out->pos_lock);
		if (part <= 0)
			return done ? (ssize_t)done : part;
		done += (size_t)part;
	}
	return (ssize_t)done;
}

/* *pos follows the bytes that were written, not those that were read ahead. */
static ssize_t sendfile_copy(struct file *out, struct file *in, loff_t *pos, size_t count, u8 *buf)
{
	size_t done = 0;
	ssize_t got = 0, put;
	loff_t at;

	while (done < count) {
		at = *pos;
		got = file_read_kernel(in, buf, MIN(count - done, (size_t)SENDFILE_CHUNK), &at);
		if (got <= 0)
			break;
		put = sendfile_write(out, buf, (size_t)got);
		if (put > 0) {
			done += (size_t)put;
			*pos += put;
		}
		if (put != got) {
			got = put;
			break;
		}
		if (signal_pending(current))
			break;
	}
	return done ? (ssize_t)done : got;
}

static ssize_t sendfile_files(struct file *out, struct file *in, loff_t *pos, size_t count)
{
	ssize_t n;
	u8 *buf;

	if (!file_readable(in) || !file_writable(out))
		return -EBADF;
	if (!in->ops->seek || !in->ops->read || (out->flags & O_APPEND))
		return -EINVAL;
	buf = kmalloc(SENDFILE_CHUNK, 0);
	if (!buf)
		return -ENOMEM;
	n = sendfile_copy(out, in, pos, MIN(count, (size_t)SENDFILE_MAX), buf);
	kfree(buf);
	return n;
}

/*
 * With a user's offset the file's own position stays; without one it moves.  As in Linux it is not locked
 * meanwhile: both descriptors may be one file, and two calls may go opposite ways.
 */
static ssize_t sendfile_from(struct file *out, struct file *in, loff_t __user *offset, size_t count)
{
	loff_t pos;
	ssize_t n;

	if (!offset) {
		pos = READ_ONCE(in->pos);
		n = sendfile_files(out, in, &pos, count);
		mutex_lock(&in->pos_lock);
		if (n > 0)
			in->pos = pos;
		mutex_unlock(&in->pos_lock);
		return n;
	}
	if (get_user(pos, offset))
		return -EFAULT;
	if (pos < 0)
		return -EINVAL;
	n = sendfile_files(out, in, &pos, count);
	return put_user(pos, offset) ? -EFAULT : n;
}

long sys_sendfile(int out_fd, int in_fd, loff_t __user *offset, size_t count)
{
	struct file *out, *in;
	ssize_t n;
	int err;

	err = fd_get_file(in_fd, &in);
	if (err)
		return err;
	err = fd_get_file(out_fd, &out);
	if (err) {
		file_put(in);
		return err;
	}
	n = sendfile_from(out, in, offset, count);
	file_put(out);
	file_put(in);
	return n;
}
