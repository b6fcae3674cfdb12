/*
 * Opening files: from a path to a struct file.  open_calls.c has the system calls.
 */
#include <kernel/vfs.h>

#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/file_lock.h>
#include <kernel/panic.h>
#include <kernel/printf.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

#include "fs_internal.h"

/* Kept in file.flags; the others are about the act of opening. */
enum {
	O_KEPT = O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_ASYNC | O_DIRECT | O_LARGEFILE |
		 O_NOATIME | O_PATH | O_DIRECTORY | O_NOFOLLOW | O_NOCTTY,
};

static bool open_wants_write(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

static int open_access_mask(int flags)
{
	static const u8 mask[] = { MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE, MAY_READ | MAY_WRITE };

	return mask[flags & O_ACCMODE] | (flags & O_TRUNC ? MAY_WRITE : 0);
}

int inode_write_begin(struct inode *inode)
{
	int n = atomic_load(&inode->writers);

	for (;;) {
		int found;

		if (n < 0)
			return -ETXTBSY;
		found = atomic_cmpxchg(&inode->writers, n, n + 1);
		if (found == n)
			return 0;
		n = found;
	}
}

void inode_write_end(struct inode *inode)
{
	atomic_dec(&inode->writers);
}

int inode_exec_begin(struct inode *inode)
{
	int n = atomic_load(&inode->writers);

	for (;;) {
		int found;

		if (n > 0)
			return -ETXTBSY;
		found = atomic_cmpxchg(&inode->writers, n, n - 1);
		if (found == n)
			return 0;
		n = found;
	}
}

void inode_exec_end(struct inode *inode)
{
	atomic_inc(&inode->writers);
}

/* Which inodes count writers: those whose content can be executed. */
static bool file_counts_as_writer(const struct file *f)
{
	return f->inode && S_ISREG(f->inode->mode) && open_wants_write(f->flags) && !(f->flags & O_PATH);
}

void file_detach(struct file *f)
{
	if (f->inode && f->inode->locks)
		file_locks_release(f);
	if (file_counts_as_writer(f) && f->path.dentry)
		inode_write_end(f->inode);
	path_put(&f->path);
	if (f->inode)
		inode_put(f->inode);
	f->inode = NULL;
	f->path = (struct path){ NULL, NULL };
}

/* What is behind an O_PATH descriptor: nothing can be done with it but name it. */
static const struct file_ops path_file_ops = { .name = "path" };

/* A symlink, socket or directory of the wrong kind is refused before rights are looked at. */
static int open_check_kind(const struct inode *inode, int flags)
{
	if (S_ISLNK(inode->mode))
		return -ELOOP;
	if (S_ISDIR(inode->mode) && (open_wants_write(flags) || (flags & (O_CREAT | O_TRUNC))))
		return -EISDIR;
	if (S_ISSOCK(inode->mode))
		return -ENXIO;
	return 0;
}

static int open_check(const struct path *p, int flags, bool created)
{
	const struct inode *inode = p->dentry->inode;
	int err = open_check_kind(inode, flags);

	if (err)
		return err;
	if ((S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) && (p->mnt->flags & MS_NODEV))
		return -EACCES;
	if (!created) {
		err = path_permission(p, open_access_mask(flags));
		if (err)
			return err;
	}
	if ((flags & O_NOATIME) && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

/* The operations of an inode's files.  0, -ENXIO: no driver. */
static int open_find_ops(const struct inode *inode, const struct file_ops **ops, void **private)
{
	struct char_device *device;

	*ops = inode->fops;
	*private = NULL;
	if (*ops)
		return 0;
	if (!S_ISCHR(inode->mode))
		return -ENXIO;
	device = char_device_find(inode->rdev);
	if (!device)
		return -ENXIO;
	*ops = device->ops;
	*private = device->private;
	return 0;
}

/* Ties a new file to its inode and lets the inode's owner know. */
static int open_attach(struct file *f, const struct path *p, int flags)
{
	struct inode *inode = p->dentry->inode;
	int err;

	if (S_ISREG(inode->mode) && open_wants_write(flags) && !(flags & O_PATH)) {
		err = inode_write_begin(inode);
		if (err)
			return err;
	}
	f->inode = inode;
	inode_get(inode);
	f->path = *p;
	path_get(p);
	return f->ops->open ? f->ops->open(inode, f) : 0;
}

/* The file itself: everything was checked. */
static int open_make_file(const struct path *p, int flags, struct file **out)
{
	struct inode *inode = p->dentry->inode;
	const struct file_ops *ops = &path_file_ops;
	void *private = NULL;
	struct file *f;
	int err = 0;

	if (!(flags & O_PATH))
		err = open_find_ops(inode, &ops, &private);
	if (err)
		return err;
	err = file_new(ops, flags & O_KEPT, private, &f);
	if (err)
		return err;
	err = open_attach(f, p, flags);
	if (err) {
		/* What was not opened is not released. */
		f->ops = &path_file_ops;
		file_put(f);
		return err;
	}
	if ((flags & O_TRUNC) && S_ISREG(inode->mode))
		err = inode_set_size(inode, 0);
	if (err)
		file_put(f);
	else
		*out = f;
	return err;
}

static int open_path(const struct path *p, const struct open_how *how, bool created, struct file **out)
{
	const struct inode *inode = p->dentry->inode;
	int err = 0;

	if ((how->flags & O_DIRECTORY) && !S_ISDIR(inode->mode))
		return -ENOTDIR;
	if (!(how->flags & O_PATH) && !(how->lookup & LOOKUP_KERNEL))
		err = open_check(p, how->flags, created);
	/* A new file has nothing to cut off, and keeps its set-id bits. */
	return err ? err : open_make_file(p, created ? how->flags & ~O_TRUNC : how->flags, out);
}

int file_open_path(const struct path *p, int flags, struct file **out)
{
	struct open_how how = { .flags = flags | O_LARGEFILE };

	return open_path(p, &how, false, out);
}

/* The last component of an O_CREAT walk: found, or made now.  The parent is locked meanwhile. */
static int open_find_or_create(struct walk *w, const struct open_how *how, struct dentry **out, bool *created)
{
	const struct path *parent = &w->pinned;
	struct inode *dir = parent->dentry->inode;
	int err;

	mutex_lock(&dir->lock);
	err = dentry_lookup(parent->dentry, w->last, w->last_len, out);
	if (!err && !(*out)->inode) {
		err = name_create(parent, *out, S_IFREG | how->mode, 0);
		*created = !err;
		if (err)
			dentry_put(*out);
	}
	mutex_unlock(&dir->lock);
	return err;
}

/* One try of open_create(): 1 to go on with w behind a symlink. */
static int open_create_step(struct walk *w, const struct open_how *how, struct file **out)
{
	struct path p = { w->pinned.mnt, NULL };
	bool created = false;
	int err;

	if (w->last_kind != COMPONENT_NAME)
		return how->flags & O_EXCL ? -EEXIST : open_path(&w->pinned, how, false, out);
	if (w->last_slash)
		return -EISDIR;
	err = open_find_or_create(w, how, &p.dentry, &created);
	if (err)
		return err;
	mount_get(p.mnt);
	if (!created && (how->flags & O_EXCL)) {
		err = -EEXIST;
	} else if (S_ISLNK(p.dentry->inode->mode) && !(how->flags & O_NOFOLLOW)) {
		err = walk_follow_last(w, p.dentry);
		err = err ? err : 1;
	} else {
		struct path top = p;

		spin_lock(&dcache_lock);
		mount_cross(&top);
		path_get(&top);
		spin_unlock(&dcache_lock);
		err = open_path(&top, how, created, out);
		path_put(&top);
	}
	path_put(&p);
	return err;
}

static int open_create(int dirfd, const char *name, const struct open_how *how, struct file **out)
{
	struct walk w;
	int err = walk_begin(&w, dirfd, name, how->lookup | LOOKUP_PARENT);

	if (err)
		return err;
	do
		err = open_create_step(&w, how, out);
	while (err == 1);
	/* A failed walk_follow_last() has let go of everything already; once more does no harm. */
	walk_end(&w);
	return err;
}

/* A dentry for an inode without a name: "#" and its number, which no look-up finds. */
static int open_name_tmpfile(const struct path *parent, struct inode *inode, struct dentry **out)
{
	char name[24];
	int len = ksnprintf(name, sizeof(name), "#%lu", inode->ino);
	int err = dentry_lookup(parent->dentry, name, (u32)len, out);

	if (err)
		return err;
	if ((*out)->inode) { /* somebody made a file of that name */
		dentry_put(*out);
		return -EEXIST;
	}
	inode_get(inode);
	dentry_attach(*out, inode);
	dentry_remove(*out);
	return 0;
}

static int open_make_tmpfile(const struct path *parent, const struct open_how *how, struct dentry **out)
{
	struct inode *dir = parent->dentry->inode, *inode;
	int err = path_permission(parent, MAY_WRITE | MAY_EXEC);

	if (err)
		return err;
	if (!dir->ops->tmpfile)
		return -EOPNOTSUPP;
	mutex_lock(&dir->lock);
	err = dir->nlink ? dir->ops->tmpfile(dir, S_IFREG | how->mode, &inode) : -ENOENT;
	if (!err) {
		inode->linkable = !(how->flags & O_EXCL);
		err = open_name_tmpfile(parent, inode, out);
		inode_put(inode);
	}
	mutex_unlock(&dir->lock);
	return err;
}

/* O_TMPFILE: the name is that of a directory. */
static int open_tmpfile(int dirfd, const char *name, const struct open_how *how, struct file **out)
{
	struct open_how file = { how->flags & ~O_DIRECTORY, how->mode, how->lookup };
	struct path parent, p;
	int err;

	if (!open_wants_write(how->flags))
		return -EINVAL;
	err = path_lookup_at(dirfd, name, how->lookup | LOOKUP_DIRECTORY, &parent);
	if (err)
		return err;
	p.mnt = parent.mnt;
	err = open_make_tmpfile(&parent, how, &p.dentry);
	if (!err) {
		err = open_path(&p, &file, true, out);
		dentry_put(p.dentry);
	}
	path_put(&parent);
	return err;
}

int open_by_how(int dirfd, const char *name, const struct open_how *how, struct file **out)
{
	struct path p;
	int err;

	if ((how->flags & O_TMPFILE) == O_TMPFILE)
		return open_tmpfile(dirfd, name, how, out);
	if ((how->flags & O_CREAT) && !(how->flags & O_PATH))
		return open_create(dirfd, name, how, out);
	err = path_lookup_at(dirfd, name, how->lookup, &p);
	if (err)
		return err;
	err = open_path(&p, how, false, out);
	path_put(&p);
	return err;
}
