/*
 * stat and statx, by name or by descriptor.
 */
#include <kernel/vfs.h>

#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/page.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

#include "fs_internal.h"

static int path_stat(const struct path *p, struct kstat *st)
{
	int err = inode_stat(p->dentry->inode, st);

	st->mnt_id = p->mnt->id;
	st->mount_root = p->dentry == p->mnt->root;
	return err;
}

/* A file without an inode of its own (epoll, eventfd ...) looks like Linux's anonymous inode. */
static int file_stat(const struct file *f, struct kstat *st)
{
	if (f->path.dentry)
		return path_stat(&f->path, st);
	if (f->inode)
		return inode_stat(f->inode, st);
	*st = (struct kstat){ .mode = 0600, .nlink = 1, .ino = 1, .blksize = PAGE_SIZE };
	return 0;
}

static int fd_stat(int fd, struct kstat *st)
{
	struct file *f;
	int err = fd_get(fd, &f);

	if (err)
		return err;
	err = file_stat(f, st);
	file_put(f);
	return err;
}

/* True when AT_EMPTY_PATH applies; a bad pointer is left for the look-up to find. */
static bool name_from_user_empty(const char __user *name, int flags)
{
	char first;

	if (!(flags & AT_EMPTY_PATH))
		return false;
	return !name || (get_user(first, name) == 0 && first == 0);
}

static int stat_at(int dfd, const char __user *name, int flags, struct kstat *st)
{
	enum lookup_flags lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path p;
	int err;

	if (dfd >= 0 && name_from_user_empty(name, flags))
		return fd_stat(dfd, st);
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	err = path_lookup_user(dfd, name, lookup, &p);
	if (err)
		return err;
	err = path_stat(&p, st);
	path_put(&p);
	return err;
}

static s64 time_seconds(s64 ns)
{
	return ns >= 0 ? ns / NSEC_PER_SEC : -((-ns + NSEC_PER_SEC - 1) / NSEC_PER_SEC);
}

static u32 time_nanoseconds(s64 ns)
{
	return (u32)(ns - time_seconds(ns) * NSEC_PER_SEC);
}

static int stat_to_user(const struct kstat *st, struct stat __user *buf)
{
	struct stat out = {
		.st_dev = st->dev,
		.st_ino = st->ino,
		.st_mode = st->mode,
		.st_nlink = st->nlink,
		.st_uid = st->uid,
		.st_gid = st->gid,
		.st_rdev = st->rdev,
		.st_size = st->size,
		.st_blksize = (s32)st->blksize,
		.st_blocks = (s64)st->blocks,
		.st_atime_sec = time_seconds(st->atime),
		.st_atime_nsec = time_nanoseconds(st->atime),
		.st_mtime_sec = time_seconds(st->mtime),
		.st_mtime_nsec = time_nanoseconds(st->mtime),
		.st_ctime_sec = time_seconds(st->ctime),
		.st_ctime_nsec = time_nanoseconds(st->ctime),
	};

	return copy_to_user(buf, &out, sizeof(out));
}

long sys_newfstatat(int dirfd, const char __user *path, struct stat __user *buf, int flags)
{
	struct kstat st;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
		return -EINVAL;
	err = stat_at(dirfd, path, flags, &st);
	return err ? err : stat_to_user(&st, buf);
}

long sys_fstat(u32 fd, struct stat __user *buf)
{
	struct kstat st;
	int err = fd_stat(fd, &st);

	return err ? err : stat_to_user(&st, buf);
}

static struct statx_timestamp statx_time(s64 ns)
{
	return (struct statx_timestamp){ .tv_sec = time_seconds(ns), .tv_nsec = time_nanoseconds(ns) };
}

static int statx_to_user(const struct kstat *st, struct statx __user *buf)
{
	struct statx out = {
		.stx_mask = STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID,
		.stx_blksize = st->blksize,
		.stx_attributes = st->mount_root ? STATX_ATTR_MOUNT_ROOT : 0,
		.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT,
		.stx_nlink = st->nlink,
		.stx_uid = st->uid,
		.stx_gid = st->gid,
		.stx_mode = (u16)st->mode,
		.stx_ino = st->ino,
		.stx_size = (u64)st->size,
		.stx_blocks = st->blocks,
		.stx_atime = statx_time(st->atime),
		.stx_btime = statx_time(st->btime),
		.stx_ctime = statx_time(st->ctime),
		.stx_mtime = statx_time(st->mtime),
		.stx_rdev_major = DEV_MAJOR(st->rdev),
		.stx_rdev_minor = DEV_MINOR(st->rdev),
		.stx_dev_major = DEV_MAJOR(st->dev),
		.stx_dev_minor = DEV_MINOR(st->dev),
		.stx_mnt_id = st->mnt_id,
	};

	return copy_to_user(buf, &out, sizeof(out));
}

long sys_statx(int dirfd, const char __user *path, int flags, u32 mask, struct statx __user *buf)
{
	struct kstat st = { .btime = 0 };
	int err;

	if (mask & (u32)STATX_RESERVED)
		return -EINVAL;
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	if ((flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	err = stat_at(dirfd, path, flags, &st);
	return err ? err : statx_to_user(&st, buf);
}
