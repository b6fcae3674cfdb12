/*
 * read(2), write(2) and their relatives: from a descriptor and user pointers to file_read() and
 * file_write().  The position of a seekable file is read, used and written back under pos_lock, so that
 * threads that share it do not overlap; streams have none.
 *
 * At most IO_MAX bytes move in one call, as on Linux.  Not here: asynchronous I/O.
 */
#include <kernel/file.h>

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/uio.h>

enum { IO_MAX = 0x7ffff000 };

enum rw_direction { RW_READ, RW_WRITE };

static ssize_t rw_transfer(struct file *f, struct iov_iter *it, loff_t *pos, enum rw_direction dir)
{
	return dir == RW_READ ? file_read(f, it, pos) : file_write(f, it, pos);
}

/* At the file's own position. */
static ssize_t rw_here(struct file *f, struct iov_iter *it, enum rw_direction dir)
{
	loff_t unused = 0;
	ssize_t n;

	if (!f->ops->seek)
		return rw_transfer(f, it, &unused, dir);
	mutex_lock(&f->pos_lock);
	n = rw_transfer(f, it, &f->pos, dir);
	mutex_unlock(&f->pos_lock);
	return n;
}

/* At a given position, which stays the caller's. */
static ssize_t rw_at(struct file *f, struct iov_iter *it, loff_t pos, enum rw_direction dir)
{
	if (pos < 0)
		return -EINVAL;
	if (!f->ops->seek)
		return -ESPIPE;
	return rw_transfer(f, it, &pos, dir);
}

/* ---- one buffer ------------------------------------------------------------------------------ */

static ssize_t rw_buffer(u32 fd, void __user *buf, size_t n, enum rw_direction dir)
{
	struct iovec single;
	struct iov_iter it;
	struct file *f;
	ssize_t done;
	int err;

	err = fd_get_file((int)fd, &f);
	if (err)
		return err;
	done = -EFAULT;
	if (user_range_ok(buf, n)) {
		iov_init_user(&it, &single, buf, MIN(n, (size_t)IO_MAX));
		done = rw_here(f, &it, dir);
	}
	file_put(f);
	return done;
}

static ssize_t rw_buffer_at(u32 fd, void __user *buf, size_t n, loff_t pos, enum rw_direction dir)
{
	struct iovec single;
	struct iov_iter it;
	struct file *f;
	ssize_t done;
	int err;

	err = fd_get_file((int)fd, &f);
	if (err)
		return err;
	done = -EFAULT;
	if (user_range_ok(buf, n)) {
		iov_init_user(&it, &single, buf, MIN(n, (size_t)IO_MAX));
		done = rw_at(f, &it, pos, dir);
	}
	file_put(f);
	return done;
}

long sys_read(u32 fd, void __user *buf, size_t n)
{
	return rw_buffer(fd, buf, n, RW_READ);
}

long sys_write(u32 fd, const void __user *buf, size_t n)
{
	return rw_buffer(fd, (void __user *)buf, n, RW_WRITE);
}

long sys_pread64(u32 fd, void __user *buf, size_t n, loff_t pos)
{
	return rw_buffer_at(fd, buf, n, pos, RW_READ);
}

long sys_pwrite64(u32 fd, const void __user *buf, size_t n, loff_t pos)
{
	return rw_buffer_at(fd, (void __user *)buf, n, pos, RW_WRITE);
}

/* ---- many buffers ---------------------------------------------------------------------------- */

/* A user's iovec array, copied: small ones stay on the stack. */
struct rw_vector {
	struct iovec fast[UIO_FASTIOV];
	struct iovec *iov;
};

static void rw_vector_free(struct rw_vector *v)
{
	if (v->iov != v->fast)
		kfree(v->iov);
}

/* Checks the segments and cuts their sum at IO_MAX.  0, -EINVAL or -EFAULT. */
static int rw_vector_check(struct iovec *iov, u32 count, size_t *total)
{
	size_t left = IO_MAX;
	u32 i;

	for (i = 0; i < count; i++) {
		if ((s64)iov[i].iov_len < 0)
			return -EINVAL;
		if (!user_range_ok(iov[i].iov_base, iov[i].iov_len))
			return -EFAULT;
		iov[i].iov_len = MIN(iov[i].iov_len, left);
		left -= iov[i].iov_len;
	}
	*total = IO_MAX - left;
	return 0;
}

static int rw_vector_copy(struct rw_vector *v, const struct iovec __user *user, u64 count,
			  struct iov_iter *it)
{
	static struct iovec nothing;
	size_t total = 0;
	int err = 0;

	v->iov = v->fast;
	if (count > UIO_MAXIOV)
		return -EINVAL;
	if (count > UIO_FASTIOV)
		v->iov = kmalloc(count * sizeof(*user), 0);
	if (!v->iov)
		return -ENOMEM;
	if (count > 0)
		err = copy_from_user(v->iov, user, count * sizeof(*user));
	if (!err)
		err = rw_vector_check(v->iov, (u32)count, &total);
	if (err) {
		rw_vector_free(v);
		return err;
	}
	*it = (struct iov_iter){
		.iov = count ? v->iov : &nothing,
		.count = count ? (u32)count : 1,
		.left = total,
	};
	return 0;
}

/* pos is NULL for the file's own position. */
static ssize_t rw_vectors(u32 fd, const struct iovec __user *user, u64 count, const loff_t *pos,
			  u32 flags, enum rw_direction dir)
{
	struct rw_vector v;
	struct iov_iter it;
	struct file *f;
	ssize_t done;
	int err;

	err = fd_get_file((int)fd, &f);
	if (err)
		return err;
	err = rw_vector_copy(&v, user, count, &it);
	if (err) {
		file_put(f);
		return err;
	}
	it.flags = flags;
	done = pos ? rw_at(f, &it, *pos, dir) : rw_here(f, &it, dir);
	if (done > 0 && dir == RW_WRITE && (flags & (RWF_DSYNC | RWF_SYNC)) && f->ops->fsync) {
		err = f->ops->fsync(f, !(flags & RWF_SYNC));
		done = err ? err : done;
	}
	rw_vector_free(&v);
	file_put(f);
	return done;
}

long sys_readv(u32 fd, const struct iovec __user *iov, u64 count)
{
	return rw_vectors(fd, iov, count, NULL, 0, RW_READ);
}

long sys_writev(u32 fd, const struct iovec __user *iov, u64 count)
{
	return rw_vectors(fd, iov, count, NULL, 0, RW_WRITE);
}

long sys_preadv(u32 fd, const struct iovec __user *iov, u64 count, u64 pos, u64 pos_high)
{
	loff_t at = (loff_t)pos;

	return rw_vectors(fd, iov, count, &at, 0, RW_READ);
}

long sys_pwritev(u32 fd, const struct iovec __user *iov, u64 count, u64 pos, u64 pos_high)
{
	loff_t at = (loff_t)pos;

	return rw_vectors(fd, iov, count, &at, 0, RW_WRITE);
}

/* -1 as the position means the file's own.  The upper half of it is unused on 64-bit machines. */
static ssize_t rw_vectors2(u32 fd, const struct iovec __user *iov, u64 count, loff_t pos, u32 flags,
			   enum rw_direction dir)
{
	u32 known = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | (dir == RW_WRITE ? RWF_APPEND : 0);

	/* RWF_NOWAIT too: no file here can promise not to wait. */
	if (flags & ~known)
		return -EOPNOTSUPP;
	return rw_vectors(fd, iov, count, pos == -1 ? NULL : &pos, flags, dir);
}

long sys_preadv2(u32 fd, const struct iovec __user *iov, u64 count, u64 pos, u64 pos_high,
		 int flags)
{
	return rw_vectors2(fd, iov, count, (loff_t)pos, (u32)flags, RW_READ);
}

long sys_pwritev2(u32 fd, const struct iovec __user *iov, u64 count, u64 pos, u64 pos_high,
		  int flags)
{
	return rw_vectors2(fd, iov, count, (loff_t)pos, (u32)flags, RW_WRITE);
}

/* ---- the position ---------------------------------------------------------------------------- */

long sys_lseek(u32 fd, loff_t offset, u32 whence)
{
	struct file *f;
	loff_t pos;
	int err;

	err = fd_get_file((int)fd, &f);
	if (err)
		return err;
	if (whence > SEEK_HOLE) {
		pos = -EINVAL;
	} else if (!f->ops->seek) {
		pos = -ESPIPE;
	} else {
		mutex_lock(&f->pos_lock);
		pos = f->ops->seek(f, offset, (int)whence);
		mutex_unlock(&f->pos_lock);
	}
	file_put(f);
	return pos;
}
