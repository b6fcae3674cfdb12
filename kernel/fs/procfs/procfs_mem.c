/* /proc/PID/maps, cmdline, environ, auxv and mem: another process's memory.  Layouts: proc(5). */
#include "procfs.h"

#include <kernel/area.h>
#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/slab.h>

enum { MAPS_PATH_COLUMN = 73, PROCFS_ARGS_MAX = 1 << 21 };

/* What stands behind an area that is no file's. */
static const char *maps_special(const struct area *a)
{
	if (a->flags & AREA_HEAP)
		return "[heap]";
	if (a->flags & AREA_STACK)
		return "[stack]";
	if (a->flags & AREA_SPECIAL)
		return a->prot & PROT_EXEC ? "[vdso]" : "[vvar]";
	return NULL;
}

static void maps_line(struct pseudo_text *t, const struct area *a, char *buf)
{
	struct inode *inode = a->file ? a->file->inode : NULL;
	dev_t dev = inode ? inode->sb->dev : 0;
	size_t start = t->len;
	const char *name;

	pseudo_printf(t, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu", a->start, a->end,
		      a->prot & PROT_READ ? 'r' : '-', a->prot & PROT_WRITE ? 'w' : '-',
		      a->prot & PROT_EXEC ? 'x' : '-', a->flags & AREA_SHARED ? 's' : 'p',
		      inode ? a->offset : 0, (u32)DEV_MAJOR(dev), (u32)DEV_MINOR(dev),
		      inode ? inode->ino : 0);
	name = maps_special(a);
	if (inode && a->file->path.dentry)
		name = procfs_path_text(&a->file->path, buf);
	if (name)
		pseudo_printf(t, "%*s %s", (int)(MAPS_PATH_COLUMN - 1 - (t->len - start)), "", name);
	pseudo_append(t, "\n", 1);
}

int procfs_show_maps(struct pseudo_text *t, u64 key)
{
	struct area *a;
	struct mm *mm;
	char *buf;
	int err;

	err = procfs_may_inspect(key);
	if (!err)
		err = procfs_get_mm(key, &mm);
	if (err)
		return err == -ENOENT ? 0 : err;
	buf = kmalloc(PROCFS_PATH_MAX, 0);
	if (buf) {
		mutex_lock(&mm->lock);
		for (a = area_find_from(&mm->areas, 0); a; a = area_next(a))
			maps_line(t, a, buf);
		mutex_unlock(&mm->lock);
		kfree(buf);
	}
	mm_put(mm);
	return buf ? 0 : -ENOMEM;
}

/* Copies [start, end) of the process's memory into the text, as far as it is there. */
static int mem_append(struct pseudo_text *t, struct mm *mm, vaddr_t start, vaddr_t end)
{
	u8 *chunk = kmalloc(PAGE_SIZE, 0);
	ssize_t n;

	if (!chunk)
		return -ENOMEM;
	end = MIN(end, start + PROCFS_ARGS_MAX);
	while (start < end) {
		n = mm_copy_from(mm, chunk, start, MIN(end - start, (vaddr_t)PAGE_SIZE));
		if (n <= 0)
			break;
		pseudo_append(t, chunk, (size_t)n);
		start += (vaddr_t)n;
	}
	kfree(chunk);
	return 0;
}

/* Zombies and kernel threads have neither: an empty file. */
int procfs_show_cmdline(struct pseudo_text *t, u64 key)
{
	struct mm *mm;
	int err;

	err = procfs_get_mm(key, &mm);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = mem_append(t, mm, mm->arg_start, mm->arg_end);
	mm_put(mm);
	return err;
}

int procfs_show_environ(struct pseudo_text *t, u64 key)
{
	struct mm *mm;
	int err;

	err = procfs_may_inspect(key);
	if (!err)
		err = procfs_get_mm(key, &mm);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = mem_append(t, mm, mm->env_start, mm->env_end);
	mm_put(mm);
	return err;
}

int procfs_show_auxv(struct pseudo_text *t, u64 key)
{
	struct mm *mm;
	int err;

	err = procfs_may_inspect(key);
	if (!err)
		err = procfs_get_mm(key, &mm);
	if (err)
		return err == -ENOENT ? 0 : err;
	err = mem_append(t, mm, mm->auxv_start, mm->auxv_end);
	mm_put(mm);
	return err;
}

/* ---- mem: the position is the address ---------------------------------------------------------- */

/* The address space stays that of the program which ran when the file was opened, as in Linux. */
static int mem_open(struct inode *inode, struct file *f)
{
	u64 key = pseudo_key(inode);
	struct mm *mm;
	int err;

	err = procfs_may_inspect(key);
	if (!err)
		err = procfs_get_mm(key, &mm);
	if (err)
		return err;
	f->private = mm;
	return 0;
}

static void mem_release(struct file *f)
{
	mm_put(f->private);
}

static ssize_t mem_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	u8 *chunk = kmalloc(PAGE_SIZE, 0);
	ssize_t done = 0;
	ssize_t n;

	if (!chunk)
		return -ENOMEM;
	while (to->left > 0) {
		n = mm_copy_from(f->private, chunk, (vaddr_t)*pos, MIN(to->left, (size_t)PAGE_SIZE));
		if (n > 0)
			n = (ssize_t)iov_copy_to(to, chunk, (size_t)n);
		if (n <= 0)
			break;
		*pos += n;
		done += n;
	}
	kfree(chunk);
	return done || to->left == 0 ? done : -EIO;
}

static ssize_t mem_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	u8 *chunk = kmalloc(PAGE_SIZE, 0);
	ssize_t done = 0;
	ssize_t n;

	if (!chunk)
		return -ENOMEM;
	while (from->left > 0) {
		n = (ssize_t)iov_copy_from(from, chunk, PAGE_SIZE);
		if (n > 0)
			n = mm_copy_to(f->private, (vaddr_t)*pos, chunk, (size_t)n);
		if (n <= 0)
			break;
		*pos += n;
		done += n;
	}
	kfree(chunk);
	return done || from->left == 0 ? done : -EIO;
}

/* Addresses are positions: also those that look negative. */
static loff_t mem_seek(struct file *f, loff_t offset, int whence)
{
	if (whence == SEEK_CUR)
		offset += f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	f->pos = offset;
	return offset;
}

const struct file_ops procfs_mem_ops = {
	.name = "mem",
	.open = mem_open,
	.read = mem_read,
	.write = mem_write,
	.seek = mem_seek,
	.release = mem_release,
};
