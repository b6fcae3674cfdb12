/*
 * renameat2: one name takes another's place, at once for all who look.
 *
 * Directories that move from one parent to another could close a circle; rename_mutex, taken for those
 * moves, keeps the tree as it is while that is ruled out.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/syscall.h>

#include "fs_internal.h"

static struct mutex rename_mutex = MUTEX_INIT(rename_mutex, "rename");

/* Both ends of a rename. */
struct rename_op {
	struct walk from_walk, to_walk;
	char *from_name, *to_name;
	struct inode *from_dir, *to_dir;
	struct dentry *from, *to;
	u32 flags;
};

static int rename_begin(struct rename_op *op, int old_dirfd, const char __user *old_path, int dirfd,
			const char __user *path)
{
	int err;

	err = path_name_from_user(old_path, false, &op->from_name);
	if (err)
		return err;
	/* An empty one is found by its walk: what is wrong with the first path is said first. */
	err = path_name_from_user(path, true, &op->to_name);
	if (err)
		goto out_from_name;
	err = walk_begin(&op->from_walk, old_dirfd, op->from_name, LOOKUP_PARENT);
	if (err)
		goto out_to_name;
	err = walk_begin(&op->to_walk, dirfd, op->to_name, LOOKUP_PARENT);
	if (err)
		goto out_from_walk;
	op->from_dir = op->from_walk.pinned.dentry->inode;
	op->to_dir = op->to_walk.pinned.dentry->inode;
	return 0;
out_from_walk:
	walk_end(&op->from_walk);
out_to_name:
	path_name_free(op->to_name);
out_from_name:
	path_name_free(op->from_name);
	return err;
}

static void rename_end(struct rename_op *op)
{
	if (op->from)
		dentry_put(op->from);
	if (op->to)
		dentry_put(op->to);
	walk_end(&op->from_walk);
	walk_end(&op->to_walk);
	path_name_free(op->from_name);
	path_name_free(op->to_name);
}

/* Locks both parents, an ancestor before what is below it. */
static void rename_lock(struct rename_op *op)
{
	struct dentry *from_parent = op->from_walk.pinned.dentry;
	struct dentry *to_parent = op->to_walk.pinned.dentry;

	if (op->from_dir == op->to_dir) {
		mutex_lock(&op->from_dir->lock);
		return;
	}
	mutex_lock(&rename_mutex);
	if (dentry_is_ancestor(to_parent, from_parent) ||
	    (!dentry_is_ancestor(from_parent, to_parent) && op->to_dir < op->from_dir)) {
		mutex_lock(&op->to_dir->lock);
		mutex_lock(&op->from_dir->lock);
	} else {
		mutex_lock(&op->from_dir->lock);
		mutex_lock(&op->to_dir->lock);
	}
}

static void rename_unlock(struct rename_op *op)
{
	mutex_unlock(&op->from_dir->lock);
	if (op->from_dir == op->to_dir)
		return;
	mutex_unlock(&op->to_dir->lock);
	mutex_unlock(&rename_mutex);
}

static int rename_find(struct rename_op *op)
{
	int err = dentry_lookup(op->from_walk.pinned.dentry, op->from_walk.last, op->from_walk.last_len,
				&op->from);

	if (!err)
		err = dentry_lookup(op->to_walk.pinned.dentry, op->to_walk.last, op->to_walk.last_len,
				    &op->to);
	if (err)
		return err;
	if (!op->from->inode)
		return -ENOENT;
	if ((op->flags & RENAME_NOREPLACE) && op->to->inode)
		return -EEXIST;
	if ((op->flags & RENAME_EXCHANGE) && !op->to->inode)
		return -ENOENT;
	return 0;
}

/* "name/" is for directories; neither end may be inside the other. */
static int rename_check_shape(const struct rename_op *op)
{
	bool exchange = op->flags & RENAME_EXCHANGE;

	if (!S_ISDIR(op->from->inode->mode)) {
		if (op->from_walk.last_slash || (!exchange && op->to_walk.last_slash))
			return -ENOTDIR;
	}
	if (exchange && !S_ISDIR(op->to->inode->mode) && op->to_walk.last_slash)
		return -ENOTDIR;
	if (dentry_is_ancestor(op->from, op->to_walk.pinned.dentry))
		return -EINVAL;
	if (dentry_is_ancestor(op->to, op->from_walk.pinned.dentry))
		return exchange ? -EINVAL : -ENOTEMPTY;
	return 0;
}

static int rename_check_rights(const struct rename_op *op)
{
	bool from_is_dir = S_ISDIR(op->from->inode->mode);
	bool exchange = op->flags & RENAME_EXCHANGE;
	int err;

	err = name_may_delete(&op->from_walk.pinned, op->from, from_is_dir);
	if (err)
		return err;
	if (!op->to->inode)
		err = op->to_dir->nlink ? path_permission(&op->to_walk.pinned, MAY_WRITE | MAY_EXEC) : -ENOENT;
	else
		err = name_may_delete(&op->to_walk.pinned, op->to,
				      exchange ? S_ISDIR(op->to->inode->mode) : from_is_dir);
	if (err || op->from_dir == op->to_dir)
		return err;
	/* A directory that changes its parent has its ".." written. */
	if (from_is_dir)
		err = inode_permission(op->from->inode, MAY_WRITE);
	if (!err && exchange && S_ISDIR(op->to->inode->mode))
		err = inode_permission(op->to->inode, MAY_WRITE);
	return err;
}

/* The file system's part.  What is replaced is locked: its links are counted, or it must stay empty. */
static int rename_on_disk(struct rename_op *op)
{
	struct inode *victim = op->flags & RENAME_EXCHANGE ? NULL : op->to->inode;
	int err;

	if (!op->from_dir->ops->rename)
		return -EPERM;
	if (victim)
		mutex_lock(&victim->lock);
	err = op->from_dir->ops->rename(op->from_dir, op->from, op->to_dir, op->to, op->flags);
	if (victim)
		mutex_unlock(&victim->lock);
	return err;
}

/* The file system's part and the cache's, with both parents locked. */
static int rename_carry_out(struct rename_op *op)
{
	struct inode *from = op->from->inode;
	int err = rename_on_disk(op);

	if (err)
		return err;
	inode_touch(op->from_dir, false, true, true);
	inode_touch(op->to_dir, false, true, true);
	inode_touch(from, false, false, true);
	if (op->to->inode)
		inode_touch(op->to->inode, false, false, true);
	if (op->flags & RENAME_EXCHANGE) {
		dentry_exchange(op->from, op->to);
		return 0;
	}
	err = dentry_move(op->from, op->to);
	if (err) {
		/* The cache forgets both names; the file system's answer is asked for next time. */
		dentry_remove(op->from);
		dentry_remove(op->to);
	}
	return 0;
}

static int rename_locked(struct rename_op *op)
{
	int err = rename_find(op);

	if (!err)
		err = rename_check_shape(op);
	if (err)
		return err;
	/* Two names of one file: nothing to do (POSIX rename). */
	if (op->from->inode == op->to->inode)
		return 0;
	err = rename_check_rights(op);
	return err ? err : rename_carry_out(op);
}

long sys_renameat2(int old_dirfd, const char __user *old_path, int dirfd, const char __user *path, u32 flags)
{
	struct rename_op op = { .flags = flags };
	int err;

	if (flags & ~(u32)(RENAME_NOREPLACE | RENAME_EXCHANGE))
		return -EINVAL;
	if ((flags & RENAME_NOREPLACE) && (flags & RENAME_EXCHANGE))
		return -EINVAL;
	err = rename_begin(&op, old_dirfd, old_path, dirfd, path);
	if (err)
		return err;
	if (op.from_walk.pinned.mnt != op.to_walk.pinned.mnt)
		err = -EXDEV;
	else if (op.from_walk.last_kind != COMPONENT_NAME)
		err = -EBUSY;
	else if (op.to_walk.last_kind != COMPONENT_NAME)
		err = flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	if (!err) {
		rename_lock(&op);
		err = rename_locked(&op);
		rename_unlock(&op);
	}
	rename_end(&op);
	return err;
}

long sys_renameat(int old_dirfd, const char __user *old_path, int dirfd, const char __user *path)
{
	return sys_renameat2(old_dirfd, old_path, dirfd, path, 0);
}
