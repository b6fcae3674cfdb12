/*
 * Directories of tmpfs: an index of names, each with a reference on its inode.  The VFS holds inode.lock of
 * the directory around every operation but open.
 */
#include "tmpfs_internal.h"

#include <kernel/dentry.h>
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/string.h>

static struct dir_index *tmpfs_index(const struct inode *dir)
{
	return dir->private;
}

int tmpfs_dir_add(struct inode *dir, const char *name, u32 len, struct inode *inode)
{
	struct dir_entry *e = kmalloc(sizeof(*e) + len, 0);
	int err;

	if (!e)
		return -ENOMEM;
	e->inode = inode;
	e->name_len = (u8)len;
	memcpy(e->name, name, len);
	err = dir_index_insert(tmpfs_index(dir), e);
	if (err)
		kfree(e);
	return err;
}

static int tmpfs_lookup(struct inode *dir, struct dentry *d)
{
	struct dir_entry *e = dir_index_find(tmpfs_index(dir), d->name, d->name_len);

	if (e) {
		inode_get(e->inode);
		dentry_attach(d, e->inode);
	}
	return 0;
}

/* Gives a new inode its name: one reference for the index, one for the dentry. */
static int tmpfs_enter(struct inode *dir, struct dentry *d, struct inode *inode)
{
	int err = tmpfs_dir_add(dir, d->name, d->name_len, inode);

	if (err) {
		inode_put(inode);
		return err;
	}
	if (S_ISDIR(inode->mode))
		dir->nlink++;
	inode_get(inode);
	dentry_attach(d, inode);
	return 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *d, mode_t mode, dev_t rdev)
{
	struct inode *inode;
	int err = tmpfs_inode_new(dir->sb, dir, mode, rdev, &inode);

	return err ? err : tmpfs_enter(dir, d, inode);
}

static int tmpfs_tmpfile(struct inode *dir, mode_t mode, struct inode **out)
{
	int err = tmpfs_inode_new(dir->sb, dir, mode, 0, out);

	if (!err)
		(*out)->nlink = 0;
	return err;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	size_t len = strlen(target);
	char *text = kmalloc(len + 1, 0);
	struct inode *inode;
	int err;

	if (!text)
		return -ENOMEM;
	err = tmpfs_inode_new(dir->sb, dir, S_IFLNK | S_IRWXUGO, 0, &inode);
	if (err) {
		kfree(text);
		return err;
	}
	memcpy(text, target, len + 1);
	inode->link = text;
	inode->size = (loff_t)len;
	return tmpfs_enter(dir, d, inode);
}

static int tmpfs_link(struct inode *dir, struct dentry *d, struct inode *target)
{
	int err = tmpfs_dir_add(dir, d->name, d->name_len, target);

	if (err)
		return err;
	target->nlink++;
	inode_get(target); /* the index's */
	inode_get(target); /* the dentry's */
	dentry_attach(d, target);
	return 0;
}

/* Takes the name out; the index's reference on the inode is dropped. */
static void tmpfs_dir_remove(struct inode *dir, const struct dentry *d)
{
	struct dir_entry *e = dir_index_find(tmpfs_index(dir), d->name, d->name_len);

	ASSERT(e && e->inode == d->inode);
	dir_index_remove(tmpfs_index(dir), e);
	inode_put(e->inode);
	kfree(e);
}

static int tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	d->inode->nlink--;
	tmpfs_dir_remove(dir, d);
	return 0;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	if (tmpfs_index(d->inode)->count)
		return -ENOTEMPTY;
	d->inode->nlink = 0;
	dir->nlink--;
	tmpfs_dir_remove(dir, d);
	return 0;
}

/* The two entries name each other's inode; cookies stay. */
static int tmpfs_exchange(struct inode *from_dir, struct dentry *from, struct inode *to_dir, struct dentry *to)
{
	struct dir_entry *a = dir_index_find(tmpfs_index(from_dir), from->name, from->name_len);
	struct dir_entry *b = dir_index_find(tmpfs_index(to_dir), to->name, to->name_len);
	int from_is_dir = S_ISDIR(from->inode->mode), to_is_dir = S_ISDIR(to->inode->mode);

	a->inode = to->inode;
	b->inode = from->inode;
	from_dir->nlink += (u32)(to_is_dir - from_is_dir);
	to_dir->nlink += (u32)(from_is_dir - to_is_dir);
	return 0;
}

static int tmpfs_rename(struct inode *from_dir, struct dentry *from, struct inode *to_dir, struct dentry *to,
			u32 flags)
{
	struct inode *inode = from->inode, *victim = to->inode;
	struct dir_entry *e;
	int err;

	if (flags & RENAME_EXCHANGE)
		return tmpfs_exchange(from_dir, from, to_dir, to);
	if (victim) {
		/* The entry is there already: it names the new inode from now on. */
		if (S_ISDIR(victim->mode) && tmpfs_index(victim)->count)
			return -ENOTEMPTY;
		e = dir_index_find(tmpfs_index(to_dir), to->name, to->name_len);
		e->inode = inode;
		victim->nlink = S_ISDIR(victim->mode) ? 0 : victim->nlink - 1;
		to_dir->nlink -= S_ISDIR(victim->mode);
		inode_put(victim);
	} else {
		err = tmpfs_dir_add(to_dir, to->name, to->name_len, inode);
		if (err)
			return err;
	}
	inode_get(inode);
	tmpfs_dir_remove(from_dir, from);
	if (S_ISDIR(inode->mode)) {
		from_dir->nlink--;
		to_dir->nlink++;
	}
	return 0;
}

void tmpfs_dir_evict(struct inode *dir)
{
	struct dir_index *index = tmpfs_index(dir);
	struct dir_entry *e;

	while ((e = dir_index_from(index, 0)) != NULL) {
		dir_index_remove(index, e);
		inode_put(e->inode);
		kfree(e);
	}
	kfree(index);
}

const struct inode_ops tmpfs_dir_inode_ops = {
	.lookup = tmpfs_lookup,
	.create = tmpfs_create,
	.tmpfile = tmpfs_tmpfile,
	.symlink = tmpfs_symlink,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.rmdir = tmpfs_rmdir,
	.rename = tmpfs_rename,
};

/*
 * Reading stops at what was there when it began (file.private): a loop that renames each file it meets
 * would otherwise meet them again, behind, for ever.
 */
static int tmpfs_dir_open(struct inode *inode, struct file *f)
{
	f->private = (void *)tmpfs_index(inode)->next_cookie;
	return 0;
}

static loff_t tmpfs_dir_seek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = off;
	if (off == 0)
		f->private = (void *)READ_ONCE(tmpfs_index(f->inode)->next_cookie);
	return off;
}

static u32 mode_to_dirent_type(mode_t mode)
{
	return (mode & S_IFMT) >> 12;
}

/* "." and "..", whose cookies are 0 and 1. */
static bool tmpfs_emit_dots(struct file *f, struct dir_context *ctx)
{
	if (ctx->pos == 0) {
		if (!ctx->emit(ctx, ".", 1, f->inode->ino, S_IFDIR >> 12))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!ctx->emit(ctx, "..", 2, dentry_parent_ino(f->path.dentry), S_IFDIR >> 12))
			return false;
		ctx->pos = DIR_COOKIE_FIRST;
	}
	return true;
}

static int tmpfs_iterate(struct file *f, struct dir_context *ctx)
{
	const struct dir_index *index = tmpfs_index(f->inode);
	u64 end = (u64)f->private;
	struct dir_entry *e;
	struct rb_node *node;

	if (!tmpfs_emit_dots(f, ctx))
		return 0;
	e = dir_index_from(index, (u64)ctx->pos);
	while (e && e->cookie < end) {
		ctx->pos = (loff_t)e->cookie;
		if (!ctx->emit(ctx, e->name, e->name_len, e->inode->ino, mode_to_dirent_type(e->inode->mode)))
			return 0;
		ctx->pos = (loff_t)e->cookie + 1;
		node = rb_next(&e->by_cookie);
		e = node ? rb_entry(node, struct dir_entry, by_cookie) : NULL;
	}
	return 0;
}

const struct file_ops tmpfs_dir_file_ops = {
	.name = "tmpfs_dir",
	.open = tmpfs_dir_open,
	.seek = tmpfs_dir_seek,
	.iterate = tmpfs_iterate,
};
