/*
 * Reading directories: getdents64.  Where a directory goes on is a cookie (file.pos) that its file system
 * chooses; it stays good while other entries come and go.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/dirent.h>

#include "fs_internal.h"

enum { DENTS_BUFFER_MAX = 8 * PAGE_SIZE };

/* Records are gathered in the kernel and copied out once. */
struct dents_writer {
	struct dir_context ctx;
	char *buf;
	size_t size, used;
	struct dirent64 *previous; /* its d_off is known when the next entry comes */
	bool full;
};

static bool dents_emit(struct dir_context *ctx, const char *name, size_t len, ino_t ino, u32 type)
{
	struct dents_writer *w = container_of(ctx, struct dents_writer, ctx);
	size_t record = ALIGN_UP(offsetof(struct dirent64, d_name) + len + 1, 8);
	struct dirent64 *e = (struct dirent64 *)(w->buf + w->used);

	if (w->size - w->used < record) {
		w->full = true;
		return false;
	}
	if (w->previous)
		w->previous->d_off = ctx->pos;
	memset((char *)e + record - 8, 0, 8);
	e->d_ino = ino;
	e->d_reclen = (u16)record;
	e->d_type = (u8)type;
	memcpy(e->d_name, name, len);
	e->d_name[len] = 0;
	w->used += record;
	w->previous = e;
	return true;
}

/* One round of a directory's entries from file.pos on.  Bytes, or -EINVAL when not one fits. */
static long dents_read(struct file *f, struct dents_writer *w)
{
	struct inode *dir = f->inode;
	int err = -ENOENT;

	mutex_lock(&dir->lock);
	if (dir->nlink > 0)
		err = f->ops->iterate(f, &w->ctx);
	mutex_unlock(&dir->lock);
	if (err)
		return err;
	if (w->previous)
		w->previous->d_off = w->ctx.pos;
	else if (w->full)
		return -EINVAL;
	f->pos = w->ctx.pos;
	inode_accessed(dir, f->path.mnt);
	return (long)w->used;
}

static long dents_read_to_user(struct file *f, void __user *buf, u32 size)
{
	struct dents_writer w = { .ctx.emit = dents_emit, .size = MIN(size, (u32)DENTS_BUFFER_MAX) };
	loff_t start;
	long n;

	w.buf = kmalloc(MAX(w.size, sizeof(struct dirent64)), 0);
	if (!w.buf)
		return -ENOMEM;
	mutex_lock(&f->pos_lock);
	start = f->pos;
	w.ctx.pos = start;
	n = dents_read(f, &w);
	if (n > 0 && copy_to_user(buf, w.buf, (size_t)n)) {
		f->pos = start;
		n = -EFAULT;
	}
	mutex_unlock(&f->pos_lock);
	kfree(w.buf);
	return n;
}

long sys_getdents64(u32 fd, void __user *buf, u32 size)
{
	struct file *f;
	long n = fd_get(fd, &f);

	if (n)
		return n;
	if (f->flags & O_PATH)
		n = -EBADF;
	else if (!f->inode || !S_ISDIR(f->inode->mode) || !f->ops->iterate)
		n = -ENOTDIR;
	else
		n = dents_read_to_user(f, buf, size);
	file_put(f);
	return n;
}
