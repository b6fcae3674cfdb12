/*
 * The size of a file: truncate, ftruncate, fallocate.
 */
#include <kernel/filemap.h>

#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/fdtable.h>
#include <kernel/proc.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>

#include "fs_internal.h"

static int size_check_limit(loff_t size, loff_t old)
{
	u64 limit = current->proc ? current->proc->limits[RLIMIT_FSIZE].rlim_cur : RLIM_INFINITY;

	if (size > old && (u64)size > limit) {
		signal_kernel(current->proc, SIGXFSZ);
		return -EFBIG;
	}
	return 0;
}

static int inode_set_size_locked(struct inode *inode, loff_t size) REQUIRES(inode->lock)
{
	int err = size_check_limit(size, inode->size);

	if (err)
		return err;
	if (((inode->seals & F_SEAL_SHRINK) && size < inode->size) ||
	    ((inode->seals & F_SEAL_GROW) && size > inode->size))
		return -EPERM;
	if (!inode->ops || !inode->ops->truncate)
		return -EINVAL;
	err = inode->ops->truncate(inode, size);
	if (!err) {
		inode_touch(inode, false, true, true);
		inode_drop_setid_unprivileged(inode);
	}
	return err;
}

int inode_set_size(struct inode *inode, loff_t size)
{
	int err;

	mutex_lock(&inode->lock);
	err = inode_set_size_locked(inode, size);
	mutex_unlock(&inode->lock);
	return err;
}

static int path_truncate(const struct path *p, loff_t length)
{
	struct inode *inode = p->dentry->inode;
	int err;

	if (S_ISDIR(inode->mode))
		return -EISDIR;
	if (!S_ISREG(inode->mode))
		return -EINVAL;
	err = path_permission(p, MAY_WRITE);
	if (!err)
		err = inode_write_begin(inode);
	if (err)
		return err;
	err = inode_set_size(inode, length);
	inode_write_end(inode);
	return err;
}

long sys_truncate(const char __user *path, loff_t length)
{
	struct path p;
	int err;

	if (length < 0)
		return -EINVAL;
	err = path_lookup_user(AT_FDCWD, path, LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	err = path_truncate(&p, length);
	path_put(&p);
	return err;
}

long sys_ftruncate(u32 fd, loff_t length)
{
	struct file *f;
	int err;

	if (length < 0)
		return -EINVAL;
	err = fd_get_file((int)fd, &f);
	if (err)
		return err;
	if (!f->inode || !S_ISREG(f->inode->mode) || !file_writable(f))
		err = -EINVAL;
	else
		err = inode_set_size(f->inode, length);
	file_put(f);
	return err;
}

/* Makes every page of the range, so that no later write there fails for want of space. */
static int fallocate_fill(struct inode *inode, loff_t from, loff_t to) REQUIRES(inode->lock)
{
	struct page *p;
	int err = 0;

	for (u64 i = (u64)from >> PAGE_SHIFT; !err && i <= (u64)(to - 1) >> PAGE_SHIFT; i++) {
		err = page_mapping_get(&inode->mapping, i, true, &p);
		if (!err)
			page_put(p);
	}
	return err == -ENOMEM ? -ENOSPC : err;
}

static int fallocate_locked(struct inode *inode, int mode, loff_t from, loff_t to) REQUIRES(inode->lock)
{
	bool grow = to > inode->size && !(mode & FALLOC_FL_KEEP_SIZE);
	int err = 0;

	if ((inode->seals & F_SEAL_WRITE) || (grow && (inode->seals & F_SEAL_GROW)))
		return -EPERM;
	if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		err = filemap_zero(inode, from, to);
	if (!err && !(mode & FALLOC_FL_PUNCH_HOLE))
		err = fallocate_fill(inode, from, to);
	if (err)
		return err;
	if (grow)
		WRITE_ONCE(inode->size, to);
	inode_touch(inode, false, true, true);
	inode_drop_setid_unprivileged(inode);
	return 0;
}

/* 0, or why this range of this file cannot be allocated. */
static int fallocate_check(const struct file *f, int mode, loff_t offset, loff_t length, loff_t *end)
{
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (offset < 0 || length <= 0)
		return -EINVAL;
	if (!file_writable(f))
		return -EBADF;
	if (!f->inode || S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!S_ISREG(f->inode->mode))
		return -ENODEV;
	if (f->ops->write != filemap_write)
		return -EOPNOTSUPP;
	return __builtin_add_overflow(offset, length, end) ? -EFBIG : 0;
}

long sys_fallocate(int fd, int mode, loff_t offset, loff_t length)
{
	struct file *f;
	loff_t end;
	int err = fd_get_file(fd, &f);

	if (err)
		return err;
	err = fallocate_check(f, mode, offset, length, &end);
	if (!err)
		err = size_check_limit(end, f->inode->size);
	if (!err) {
		mutex_lock(&f->inode->lock);
		err = fallocate_locked(f->inode, mode, offset, end);
		mutex_unlock(&f->inode->lock);
	}
	file_put(f);
	return err;
}
