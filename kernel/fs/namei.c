/*
 * Calls that make and remove names: mkdir, mknod, symlink, link, unlink, rmdir, readlink.
 * Each walks to the parent, locks it, looks the last component up, and asks the file system.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/page.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

#include "fs_internal.h"

/* A name about to be made or removed: the walk that led to its directory. */
struct name_op {
	char *name;       /* the program's path */
	struct walk walk; /* walk.pinned is the parent */
	struct inode *dir;
	struct dentry *d; /* the last component, after name_op_find() */
};

static int name_op_begin(struct name_op *op, int dirfd, const char __user *path)
{
	int err = path_name_from_user(path, false, &op->name);

	op->d = NULL;
	if (err)
		return err;
	err = walk_begin(&op->walk, dirfd, op->name, LOOKUP_PARENT);
	if (err) {
		path_name_free(op->name);
		return err;
	}
	op->dir = op->walk.pinned.dentry->inode;
	return 0;
}

static void name_op_end(struct name_op *op)
{
	if (op->d)
		dentry_put(op->d);
	walk_end(&op->walk);
	path_name_free(op->name);
}

static int name_op_find(struct name_op *op) REQUIRES(op->dir->lock)
{
	return dentry_lookup(op->walk.pinned.dentry, op->walk.last, op->walk.last_len, &op->d);
}

/* The name must be free.  "name/" is fine for directories only. */
static int name_op_find_free(struct name_op *op, bool directory) REQUIRES(op->dir->lock)
{
	int err;

	if (op->walk.last_kind != COMPONENT_NAME)
		return -EEXIST;
	err = name_op_find(op);
	if (err)
		return err;
	if (op->d->inode)
		return -EEXIST;
	if (op->walk.last_slash && !directory)
		return -ENOENT;
	return 0;
}

/* May names be made in this directory? */
static int dir_may_create(const struct path *parent)
{
	const struct inode *dir = parent->dentry->inode;

	if (dir->nlink == 0)
		return -ENOENT;
	return path_permission(parent, MAY_WRITE | MAY_EXEC);
}

static void dir_changed(struct inode *dir)
{
	inode_touch(dir, false, true, true);
}

int name_create(const struct path *parent, struct dentry *d, mode_t mode, dev_t rdev)
{
	struct inode *dir = parent->dentry->inode;
	int err = dir_may_create(parent);

	if (err)
		return err;
	if (!dir->ops->create)
		return -EPERM;
	err = dir->ops->create(dir, d, mode, rdev);
	if (!err)
		dir_changed(dir);
	return err;
}

long sys_mkdirat(int dirfd, const char __user *path, mode_t mode)
{
	mode_t bits = mode & ~READ_ONCE(current->fs->umask) & (S_IRWXUGO | S_ISVTX);
	struct name_op op;
	int err = name_op_begin(&op, dirfd, path);

	if (err)
		return err;
	mutex_lock(&op.dir->lock);
	err = name_op_find_free(&op, true);
	if (!err)
		err = name_create(&op.walk.pinned, op.d, S_IFDIR | bits, 0);
	mutex_unlock(&op.dir->lock);
	name_op_end(&op);
	return err;
}

/* Which kinds mknod(2) makes; no kind means a regular file. */
static int mknod_check_kind(mode_t *mode)
{
	switch (*mode & S_IFMT) {
	case 0:
		*mode |= S_IFREG;
		return 0;
	case S_IFREG:
	case S_IFIFO:
	case S_IFSOCK:
	case S_IFCHR:
	case S_IFBLK:
		return 0;
	default:
		return S_ISDIR(*mode) ? -EPERM : -EINVAL;
	}
}

/* Device nodes are for the privileged; who may not even write to the directory is told that first. */
static int mknod_check_device(const struct path *parent, mode_t mode)
{
	struct access_ids ids = access_ids_current();
	int err;

	if (!(S_ISCHR(mode) || S_ISBLK(mode)) || ids.uid == 0)
		return 0;
	err = dir_may_create(parent);
	return err ? err : -EPERM;
}

long sys_mknodat(int dirfd, const char __user *path, mode_t mode, u32 dev)
{
	struct name_op op;
	int err = mknod_check_kind(&mode);

	if (!err)
		err = name_op_begin(&op, dirfd, path);
	if (err)
		return err;
	mode &= ~READ_ONCE(current->fs->umask) & (S_IFMT | S_IALLUGO);
	mutex_lock(&op.dir->lock);
	err = name_op_find_free(&op, false);
	if (!err)
		err = mknod_check_device(&op.walk.pinned, mode);
	if (!err)
		err = name_create(&op.walk.pinned, op.d, mode, dev);
	mutex_unlock(&op.dir->lock);
	name_op_end(&op);
	return err;
}

static int name_symlink(const struct path *parent, struct dentry *d, const char *target)
{
	struct inode *dir = parent->dentry->inode;
	int err = dir_may_create(parent);

	if (err)
		return err;
	if (!dir->ops->symlink)
		return -EPERM;
	err = dir->ops->symlink(dir, d, target);
	if (!err)
		dir_changed(dir);
	return err;
}

long sys_symlinkat(const char __user *target, int dirfd, const char __user *path)
{
	struct name_op op;
	char *text;
	int err;

	err = path_name_from_user(target, false, &text);
	if (err)
		return err;
	err = name_op_begin(&op, dirfd, path);
	if (err)
		goto out_free;
	mutex_lock(&op.dir->lock);
	err = name_op_find_free(&op, false);
	if (!err)
		err = name_symlink(&op.walk.pinned, op.d, text);
	mutex_unlock(&op.dir->lock);
	name_op_end(&op);
out_free:
	path_name_free(text);
	return err;
}

/* A second name for `from`.  Its inode is locked inside the directory. */
static int name_link(const struct path *from, const struct path *parent, struct dentry *d)
{
	struct inode *inode = from->dentry->inode, *dir = parent->dentry->inode;
	int err = dir_may_create(parent);

	if (err)
		return err;
	if (inode->sb != dir->sb)
		return -EXDEV;
	if (S_ISDIR(inode->mode) || !dir->ops->link)
		return -EPERM;
	mutex_lock(&inode->lock);
	if (inode->nlink == 0 && !inode->linkable)
		err = -ENOENT;
	else if (inode->nlink >= LINKS_MAX)
		err = -EMLINK;
	else
		err = dir->ops->link(dir, d, inode);
	if (!err)
		inode_touch(inode, false, false, true);
	mutex_unlock(&inode->lock);
	if (!err)
		dir_changed(dir);
	return err;
}

long sys_linkat(int old_dirfd, const char __user *old_path, int dirfd, const char __user *path, int flags)
{
	enum lookup_flags lookup = flags & AT_SYMLINK_FOLLOW ? LOOKUP_FOLLOW : 0;
	struct name_op op;
	struct path from;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	/* Who holds a descriptor need not have been able to reach the file: privileged (linkat(2)). */
	if ((flags & AT_EMPTY_PATH) && access_ids_current().uid != 0)
		return -ENOENT;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	err = path_lookup_user(old_dirfd, old_path, lookup, &from);
	if (err)
		return err;
	err = name_op_begin(&op, dirfd, path);
	if (err)
		goto out_put;
	mutex_lock(&op.dir->lock);
	err = name_op_find_free(&op, false);
	if (!err && op.walk.pinned.mnt != from.mnt)
		err = -EXDEV;
	if (!err)
		err = name_link(&from, &op.walk.pinned, op.d);
	mutex_unlock(&op.dir->lock);
	name_op_end(&op);
out_put:
	path_put(&from);
	return err;
}

int name_may_delete(const struct path *parent, const struct dentry *d, bool directory)
{
	const struct inode *dir = parent->dentry->inode;
	struct access_ids ids = access_ids_current();
	int err;

	if (!d->inode)
		return -ENOENT;
	err = path_permission(parent, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	/* In a sticky directory only the owner of either may. */
	if ((dir->mode & S_ISVTX) && ids.uid != 0 && ids.uid != dir->uid && ids.uid != d->inode->uid)
		return -EPERM;
	if (directory && !S_ISDIR(d->inode->mode))
		return -ENOTDIR;
	if (!directory && S_ISDIR(d->inode->mode))
		return -EISDIR;
	return READ_ONCE(d->mounts) ? -EBUSY : 0;
}

static int name_unlink(const struct path *parent, struct dentry *d)
{
	struct inode *dir = parent->dentry->inode, *inode = d->inode;
	int err = name_may_delete(parent, d, false);

	if (err)
		return err;
	if (!dir->ops->unlink)
		return -EPERM;
	mutex_lock(&inode->lock);
	err = dir->ops->unlink(dir, d);
	if (!err)
		inode_touch(inode, false, false, true);
	mutex_unlock(&inode->lock);
	if (!err) {
		dentry_remove(d);
		dir_changed(dir);
	}
	return err;
}

static int name_rmdir(const struct path *parent, struct dentry *d)
{
	struct inode *dir = parent->dentry->inode, *inode = d->inode;
	int err = name_may_delete(parent, d, true);

	if (err)
		return err;
	if (!dir->ops->rmdir)
		return -EPERM;
	mutex_lock(&inode->lock);
	err = dir->ops->rmdir(dir, d);
	mutex_unlock(&inode->lock);
	if (!err) {
		dentry_remove(d);
		dir_changed(dir);
	}
	return err;
}

/* What unlink and rmdir say about a last component that is no name. */
static int remove_check_last(const struct walk *w, bool directory)
{
	if (w->last_kind == COMPONENT_NAME)
		return 0;
	if (!directory)
		return -EISDIR;
	if (w->last_kind == COMPONENT_DOT)
		return -EINVAL;
	return w->last_kind == COMPONENT_DOTDOT ? -ENOTEMPTY : -EBUSY;
}

static int name_op_remove(struct name_op *op, bool directory) REQUIRES(op->dir->lock)
{
	int err = name_op_find(op);

	if (err)
		return err;
	if (directory)
		return name_rmdir(&op->walk.pinned, op->d);
	if (op->d->inode && op->walk.last_slash)
		return S_ISDIR(op->d->inode->mode) ? -EISDIR : -ENOTDIR;
	return name_unlink(&op->walk.pinned, op->d);
}

long sys_unlinkat(int dirfd, const char __user *path, int flags)
{
	bool directory = flags & AT_REMOVEDIR;
	struct name_op op;
	int err;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	err = name_op_begin(&op, dirfd, path);
	if (err)
		return err;
	err = remove_check_last(&op.walk, directory);
	if (!err) {
		mutex_lock(&op.dir->lock);
		err = name_op_remove(&op, directory);
		mutex_unlock(&op.dir->lock);
	}
	name_op_end(&op);
	return err;
}

/* The text of a symlink; not terminated, cut at n. */
static long link_text(struct inode *inode, char *buf, size_t n)
{
	size_t len;

	if (!S_ISLNK(inode->mode))
		return -EINVAL;
	if (!inode->link)
		return inode->ops->readlink ? inode->ops->readlink(inode, buf, n) : -EINVAL;
	len = MIN(strlen(inode->link), n);
	memcpy(buf, inode->link, len);
	return (long)len;
}

long sys_readlinkat(int dirfd, const char __user *path, char __user *buf, int size)
{
	struct inode *inode;
	struct path p;
	char *text, first;
	long n;

	if (size <= 0)
		return -EINVAL;
	n = path_lookup_user(dirfd, path, LOOKUP_EMPTY, &p);
	if (n)
		return n;
	inode = p.dentry->inode;
	if (!S_ISLNK(inode->mode)) {
		path_put(&p);
		return get_user(first, path) || first ? -EINVAL : -ENOENT;
	}
	text = kmalloc(PATH_MAX, 0);
	n = text ? link_text(inode, text, MIN((size_t)size, (size_t)PATH_MAX)) : -ENOMEM;
	if (n >= 0) {
		inode_accessed(inode, p.mnt);
		if (copy_to_user(buf, text, (size_t)n))
			n = -EFAULT;
	}
	kfree(text);
	path_put(&p);
	return n;
}
