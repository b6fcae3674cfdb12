/* /proc/mounts, mountinfo and filesystems: what mount(8) and df(1) read.  Layouts: proc(5). */
#include "procfs.h"

#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/path.h>
#include <kernel/slab.h>
#include <kernel/string.h>

enum { MOUNTS_MAX = 128 };

/* The mounts at one moment, each with a reference.  How many. */
static u32 mounts_collect(struct mount **list)
{
	struct mount *m;
	u32 n = 0;

	spin_lock(&dcache_lock);
	list_for_each(m, &all_mounts, all) {
		if (n == MOUNTS_MAX || m->detached)
			continue;
		mount_get(m);
		list[n++] = m;
	}
	spin_unlock(&dcache_lock);
	return n;
}

static const char *mount_place(struct mount *m, char buf[PROCFS_PATH_MAX])
{
	struct path p = { .mnt = m, .dentry = m->root };

	return procfs_path_text(&p, buf);
}

static const char *mount_options(const struct mount *m)
{
	return (m->flags | m->sb->flags) & MS_RDONLY ? "ro" : "rw";
}

static void mounts_line(struct pseudo_text *t, struct mount *m, char *buf)
{
	pseudo_printf(t, "%s %s %s %s 0 0\n", m->source ? m->source : "none", mount_place(m, buf),
		      m->sb->type, mount_options(m));
}

static void mountinfo_line(struct pseudo_text *t, struct mount *m, char *buf)
{
	pseudo_printf(t, "%u %u %u:%u / %s %s - %s %s %s\n", m->id, m->parent ? m->parent->id : m->id,
		      (u32)DEV_MAJOR(m->sb->dev), (u32)DEV_MINOR(m->sb->dev), mount_place(m, buf),
		      mount_options(m), m->sb->type, m->source ? m->source : "none",
		      m->sb->flags & MS_RDONLY ? "ro" : "rw");
}

static int mounts_show(struct pseudo_text *t,
		       void (*line)(struct pseudo_text *t, struct mount *m, char *buf))
{
	struct mount **list = kmalloc(MOUNTS_MAX * sizeof(*list), 0);
	char *buf = kmalloc(PROCFS_PATH_MAX, 0);
	u32 n, i;

	if (!list || !buf) {
		kfree(list);
		kfree(buf);
		return -ENOMEM;
	}
	n = mounts_collect(list);
	for (i = 0; i < n; i++) {
		line(t, list[i], buf);
		mount_put(list[i]);
	}
	kfree(buf);
	kfree(list);
	return 0;
}

int procfs_show_mounts(struct pseudo_text *t, u64 key)
{
	return mounts_show(t, mounts_line);
}

int procfs_show_mountinfo(struct pseudo_text *t, u64 key)
{
	return mounts_show(t, mountinfo_line);
}

int procfs_show_filesystems(struct pseudo_text *t, u64 key)
{
	const struct fs_type *types[32];
	struct fs_type *type;
	u32 n = 0, i;

	/* Types are never unregistered; printing may sleep. */
	spin_lock(&super_lock);
	list_for_each(type, &all_fs_types, node) {
		if (n < ARRAY_SIZE(types))
			types[n++] = type;
	}
	spin_unlock(&super_lock);
	for (i = 0; i < n; i++)
		pseudo_printf(t, "%s\t%s\n", types[i]->nodev ? "nodev" : "", types[i]->name);
	return 0;
}
