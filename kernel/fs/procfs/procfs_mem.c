/* /proc/PID/maps, cmdline and environ: what is in another process's memory.  Layouts: proc(5). */
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
