/*
 * Changing what an inode says of itself: mode, owner, times.  chmod, chown, utimensat and their kin.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/time.h>

#include "fs_internal.h"

/* What is to be changed; the owner keeps what is ~0, the times what is TIME_KEEP. */
struct attr_change {
	int (*apply)(const struct path *p, const struct attr_change *c); /* with inode.lock */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool touch;      /* both times are "now" (which whoever may write may set) */
	s64 atime, mtime;
};

#define TIME_KEEP ((s64)(1ull << 63))

static int attr_change_path(const struct path *p, const struct attr_change *c)
{
	struct inode *inode = p->dentry->inode;
	int err = mount_writable(p);

	if (err)
		return err;
	mutex_lock(&inode->lock);
	err = c->apply(p, c);
	if (!err && inode->ops && inode->ops->setattr)
		err = inode->ops->setattr(inode);
	mutex_unlock(&inode->lock);
	return err;
}

static int attr_change_fd(int fd, const struct attr_change *c, bool path_only_ok)
{
	struct file *f;
	int err = fd_get(fd, &f);

	if (err)
		return err;
	if ((f->flags & O_PATH) && !path_only_ok)
		err = -EBADF;
	else if (!f->path.dentry)
		err = -EPERM;
	else
		err = attr_change_path(&f->path, c);
	file_put(f);
	return err;
}

static int attr_change_at(int dirfd, const char __user *name, int flags, const struct attr_change *c)
{
	enum lookup_flags lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path p;
	int err;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	err = path_lookup_user(dirfd, name, lookup, &p);
	if (err)
		return err;
	err = attr_change_path(&p, c);
	path_put(&p);
	return err;
}

static int attr_apply_mode(const struct path *p, const struct attr_change *c)
{
	struct inode *inode = p->dentry->inode;
	struct access_ids ids = access_ids_current();
	mode_t mode = c->mode & S_IALLUGO;

	if (S_ISLNK(inode->mode))
		return -EOPNOTSUPP;
	if (!inode_owner_or_capable(inode))
		return -EPERM;
	if (ids.uid != 0 && !access_ids_in_group(&ids, inode->gid))
		mode &= ~(mode_t)S_ISGID;
	inode->mode = (inode->mode & S_IFMT) | mode;
	inode_touch(inode, false, false, true);
	return 0;
}

long sys_fchmod(u32 fd, mode_t mode)
{
	return attr_change_fd(fd, &(struct attr_change){ .apply = attr_apply_mode, .mode = mode }, false);
}

long sys_fchmodat2(int dirfd, const char __user *path, mode_t mode, int flags)
{
	struct attr_change c = { .apply = attr_apply_mode, .mode = mode };

	return attr_change_at(dirfd, path, flags, &c);
}

long sys_fchmodat(int dirfd, const char __user *path, mode_t mode)
{
	return sys_fchmodat2(dirfd, path, mode, 0);
}

void inode_drop_setid(struct inode *inode)
{
	mode_t drop = S_ISUID;

	if (inode->mode & S_IXGRP)
		drop |= S_ISGID;
	if (!S_ISDIR(inode->mode))
		inode->mode &= ~drop;
}

void inode_drop_setid_unprivileged(struct inode *inode)
{
	struct access_ids ids = access_ids_current();

	if ((inode->mode & (S_ISUID | S_ISGID)) && ids.uid != 0)
		inode_drop_setid(inode);
}

static int attr_apply_owner(const struct path *p, const struct attr_change *c)
{
	struct inode *inode = p->dentry->inode;
	struct access_ids ids = access_ids_current();
	bool owner = ids.uid == inode->uid;

	if (ids.uid != 0) {
		if (c->uid != ~0u && (!owner || c->uid != inode->uid))
			return -EPERM;
		if (c->gid != ~0u &&
		    (!owner || (c->gid != inode->gid && !access_ids_in_group(&ids, c->gid))))
			return -EPERM;
	}
	if (c->uid != ~0u)
		inode->uid = c->uid;
	if (c->gid != ~0u)
		inode->gid = c->gid;
	inode_drop_setid(inode);
	inode_touch(inode, false, false, true);
	return 0;
}

long sys_fchown(u32 fd, uid_t uid, gid_t gid)
{
	struct attr_change c = { .apply = attr_apply_owner, .uid = uid, .gid = gid };

	return attr_change_fd(fd, &c, false);
}

long sys_fchownat(int dirfd, const char __user *path, uid_t uid, gid_t gid, int flags)
{
	struct attr_change c = { .apply = attr_apply_owner, .uid = uid, .gid = gid };

	return attr_change_at(dirfd, path, flags, &c);
}

static int attr_apply_times(const struct path *p, const struct attr_change *c)
{
	struct inode *inode = p->dentry->inode;
	int err;

	if (!inode_owner_or_capable(inode)) {
		err = c->touch ? inode_permission(inode, MAY_WRITE) : -EPERM;
		if (err)
			return err;
	}
	if (c->atime != TIME_KEEP)
		WRITE_ONCE(inode->atime, c->atime);
	if (c->mtime != TIME_KEEP)
		WRITE_ONCE(inode->mtime, c->mtime);
	inode_touch(inode, false, false, true);
	return 0;
}

/* One of utimensat's two times in ns, kept within what one word holds.  0 or -EINVAL. */
static int time_from_timespec(const struct timespec *ts, s64 now, s64 *out)
{
	const s64 most = INT64_MAX / NSEC_PER_SEC - 1;
	s64 sec = MAX(MIN(ts->tv_sec, most), -most);

	if (ts->tv_nsec == UTIME_NOW)
		*out = now;
	else if (ts->tv_nsec == UTIME_OMIT)
		*out = TIME_KEEP;
	else if (ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	else
		*out = sec * NSEC_PER_SEC + ts->tv_nsec;
	return 0;
}

/* Fills c; 0, 1 when there is nothing to change, -EFAULT or -EINVAL. */
static int times_from_user(const struct timespec __user *times, struct attr_change *c)
{
	s64 now = inode_now();
	struct timespec ts[2];

	c->atime = c->mtime = now;
	c->touch = true;
	if (!times)
		return 0;
	if (copy_from_user(ts, times, sizeof(ts)))
		return -EFAULT;
	c->touch = ts[0].tv_nsec == UTIME_NOW && ts[1].tv_nsec == UTIME_NOW;
	if (time_from_timespec(&ts[0], now, &c->atime) || time_from_timespec(&ts[1], now, &c->mtime))
		return -EINVAL;
	return c->atime == TIME_KEEP && c->mtime == TIME_KEEP;
}

long sys_utimensat(int dirfd, const char __user *path, const struct timespec __user *times, int flags)
{
	struct attr_change c = { .apply = attr_apply_times };
	int err = times_from_user(times, &c);

	if (err)
		return err < 0 ? err : 0;
	if (!path)
		return flags ? -EINVAL : dirfd == AT_FDCWD ? -EFAULT : attr_change_fd(dirfd, &c, false);
	return attr_change_at(dirfd, path, flags, &c);
}
