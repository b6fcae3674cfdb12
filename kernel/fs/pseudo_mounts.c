/* What every boot mounts besides the root: /dev, /proc, /sys and /dev/pts.  Called once by kmain. */
#include <kernel/init.h>

#include <kernel/compiler.h>
#include <kernel/log.h>
#include <kernel/procfs.h>

#include "fs_internal.h"

struct boot_mount {
	const char *type;
	const char *target;
	u32 flags;
};

/* In this order: /dev/pts is a directory in /dev. */
static const struct boot_mount boot_mounts[] = {
	{ "devtmpfs", "/dev", MS_NOSUID },
	{ "proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC },
};

/* Makes a directory, unless there is one. */
static int boot_mkdir(const char *path)
{
	struct dentry *d;
	struct inode *dir;
	struct walk w;
	int err;

	err = walk_begin(&w, AT_FDCWD, path, LOOKUP_PARENT | LOOKUP_KERNEL);
	if (err)
		return err;
	dir = w.pinned.dentry->inode;
	mutex_lock(&dir->lock);
	err = dentry_lookup(w.pinned.dentry, w.last, w.last_len, &d);
	if (!err) {
		if (!d->inode)
			err = name_create(&w.pinned, d, S_IFDIR | 0755, 0);
		dentry_put(d);
	}
	mutex_unlock(&dir->lock);
	walk_end(&w);
	return err;
}

static int boot_mount_one(const struct boot_mount *m)
{
	int err = boot_mkdir(m->target);

	if (err)
		return err;
	return vfs_mount(m->type, m->target, m->type, m->flags, NULL);
}

void pseudo_mounts_init(void)
{
	size_t i;
	int err;

	procfs_init();
	sysfs_init();
	devpts_init();
	for (i = 0; i < ARRAY_SIZE(boot_mounts); i++) {
		err = boot_mount_one(&boot_mounts[i]);
		if (err)
			log_err("mount: %s on %s: error %d", boot_mounts[i].type,
				boot_mounts[i].target, -err);
	}
}
