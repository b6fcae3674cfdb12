/*
 * Where a process is: its working directory, its root, and its umask.  Shared by CLONE_FS.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

#include "fs_internal.h"

enum { UMASK_DEFAULT = 022 };

int fs_context_new(struct fs_context **out)
{
	struct fs_context *fs = kzalloc(sizeof(*fs), 0);

	if (!fs)
		return -ENOMEM;
	atomic_store_relaxed(&fs->refs, 1);
	spin_init(&fs->lock, "fs_context");
	fs->umask = UMASK_DEFAULT;
	fs->root = (struct path){ root_mount, root_mount->root };
	spin_lock(&dcache_lock);
	mount_cross(&fs->root);
	path_get(&fs->root);
	spin_unlock(&dcache_lock);
	fs->cwd = fs->root;
	path_get(&fs->cwd);
	*out = fs;
	return 0;
}

int fs_context_copy(struct fs_context *from, struct fs_context **out)
{
	struct fs_context *fs = kzalloc(sizeof(*fs), 0);

	if (!fs)
		return -ENOMEM;
	atomic_store_relaxed(&fs->refs, 1);
	spin_init(&fs->lock, "fs_context");
	spin_lock(&from->lock);
	fs->umask = from->umask;
	fs->root = from->root;
	fs->cwd = from->cwd;
	path_get(&fs->root);
	path_get(&fs->cwd);
	spin_unlock(&from->lock);
	*out = fs;
	return 0;
}

void fs_context_get(struct fs_context *fs)
{
	atomic_inc(&fs->refs);
}

void fs_context_put(struct fs_context *fs)
{
	if (atomic_dec_return(&fs->refs) > 0)
		return;
	path_put(&fs->cwd);
	path_put(&fs->root);
	kfree(fs);
}

/* Replaces one of current's two paths; takes over the references of `to`. */
static void fs_context_set(struct path *which, const struct path *to)
{
	struct fs_context *fs = current->fs;
	struct path old;

	spin_lock(&fs->lock);
	old = *which;
	*which = *to;
	spin_unlock(&fs->lock);
	path_put(&old);
}

/* Takes over the references of p. */
static int cwd_set(struct path *p)
{
	int err = inode_permission(p->dentry->inode, MAY_EXEC);

	if (err)
		path_put(p);
	else
		fs_context_set(&current->fs->cwd, p);
	return err;
}

long sys_chdir(const char __user *name)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);

	return err ? err : cwd_set(&p);
}

long sys_fchdir(u32 fd)
{
	struct file *f;
	struct path p;
	int err = fd_get(fd, &f);

	if (err)
		return err;
	if (!f->path.dentry || !S_ISDIR(f->inode->mode)) {
		file_put(f);
		return -ENOTDIR;
	}
	p = f->path;
	path_get(&p);
	file_put(f);
	return cwd_set(&p);
}

long sys_chroot(const char __user *name)
{
	struct access_ids ids = access_ids_current();
	struct path p;
	int err;

	err = path_lookup_user(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);
	if (err)
		return err;
	err = inode_permission(p.dentry->inode, MAY_EXEC);
	if (!err && ids.uid != 0)
		err = -EPERM;
	if (err)
		path_put(&p);
	else
		fs_context_set(&current->fs->root, &p);
	return err;
}

long sys_getcwd(char __user *buf, size_t size)
{
	struct fs_context *fs = current->fs;
	struct path root, cwd;
	char *page, *text;
	size_t len;
	long result;

	page = kmalloc(PATH_MAX, 0);
	if (!page)
		return -ENOMEM;
	spin_lock(&fs->lock);
	root = fs->root;
	cwd = fs->cwd;
	path_get(&root);
	path_get(&cwd);
	spin_unlock(&fs->lock);

	result = -ENOENT;
	if (READ_ONCE(cwd.dentry->state) == DENTRY_REMOVED)
		goto out_put;
	result = path_to_string(&cwd, &root, page, PATH_MAX, &text);
	if (result)
		goto out_put;
	len = strlen(text) + 1;
	result = len > size ? -ERANGE : copy_to_user(buf, text, len);
	if (!result)
		result = (long)len;
out_put:
	path_put(&cwd);
	path_put(&root);
	kfree(page);
	return result;
}

long sys_umask(int mask)
{
	struct fs_context *fs = current->fs;
	mode_t old;

	spin_lock(&fs->lock);
	old = fs->umask;
	fs->umask = (mode_t)mask & S_IRWXUGO;
	spin_unlock(&fs->lock);
	return old;
}
