/*
 * sync, fsync and their kin, and the advice of fadvise64 and readahead.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/file.h>
#include <kernel/syscall.h>

#include "fs_internal.h"

long sys_sync(void)
{
	vfs_sync_all();
	return 0;
}

/* A file that lives in memory is where it will be: nothing to do is success.  Streams cannot. */
static int file_sync(struct file *f, bool data_only)
{
	if (f->ops->fsync)
		return f->ops->fsync(f, data_only);
	if (!f->inode || !(S_ISREG(f->inode->mode) || S_ISDIR(f->inode->mode)))
		return -EINVAL;
	return 0;
}

static long fd_sync(int fd, bool data_only)
{
	struct file *f;
	int err = fd_get_file(fd, &f);

	if (err)
		return err;
	err = file_sync(f, data_only);
	file_put(f);
	return err;
}

long sys_fsync(u32 fd)
{
	return fd_sync((int)fd, false);
}

long sys_fdatasync(u32 fd)
{
	return fd_sync((int)fd, true);
}

long sys_sync_file_range(int fd, loff_t offset, loff_t length, u32 flags)
{
	const u32 known = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
	struct file *f;
	loff_t end;
	int err;

	if ((flags & ~known) || offset < 0 || length < 0 || __builtin_add_overflow(offset, length, &end))
		return -EINVAL;
	err = fd_get_file(fd, &f);
	if (err)
		return err;
	if (!f->inode || !(S_ISREG(f->inode->mode) || S_ISDIR(f->inode->mode) || S_ISBLK(f->inode->mode)))
		err = -ESPIPE;
	else
		err = file_sync(f, true);
	file_put(f);
	return err;
}

long sys_syncfs(int fd)
{
	struct file *f;
	int err = fd_get_file(fd, &f);

	if (err)
		return err;
	if (f->inode && f->inode->sb->ops && f->inode->sb->ops->sync)
		err = f->inode->sb->ops->sync(f->inode->sb);
	file_put(f);
	return err;
}

/* Advice about pages that are in memory anyway: checked, then there is nothing to do. */
long sys_fadvise64(int fd, loff_t offset, loff_t length, int advice)
{
	struct file *f;
	int err = fd_get_file(fd, &f);

	if (err)
		return err;
	if (f->inode && S_ISFIFO(f->inode->mode))
		err = -ESPIPE;
	else if (length < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		err = -EINVAL;
	file_put(f);
	return err;
}

long sys_readahead(int fd, loff_t offset, size_t count)
{
	struct file *f;
	int err = fd_get_file(fd, &f);

	if (err)
		return err;
	if (!file_readable(f))
		err = -EBADF;
	else if (!f->inode || !S_ISREG(f->inode->mode))
		err = -EINVAL;
	file_put(f);
	return err;
}
