/*
 * devtmpfs: one tmpfs, mounted as often as one likes, that holds a node for every registered character
 * device.  Programs may add what they like to it.
 */
#include "tmpfs_internal.h"

#include <kernel/dentry.h>
#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/string.h>

static struct super_block *devtmpfs_super;

/* The directory `name` below dir, made when it is missing; with a reference.  Takes dir's over. */
static int devtmpfs_enter_dir(struct dentry *dir, const char *name, u32 len, struct dentry **out)
{
	struct inode *inode = dir->inode;
	int err;

	mutex_lock(&inode->lock);
	err = dentry_lookup(dir, name, len, out);
	if (!err && !(*out)->inode) {
		err = inode->ops->create(inode, *out, S_IFDIR | 0755, 0);
		if (err)
			dentry_put(*out);
	}
	mutex_unlock(&inode->lock);
	dentry_put(dir);
	return err;
}

static int devtmpfs_make_node(struct dentry *dir, const char *name, const struct char_device *device)
{
	struct inode *inode = dir->inode;
	struct dentry *d;
	int err;

	mutex_lock(&inode->lock);
	err = dentry_lookup(dir, name, (u32)strlen(name), &d);
	if (!err) {
		if (!d->inode)
			err = inode->ops->create(inode, d, S_IFCHR | device->mode, device->dev);
		dentry_put(d);
	}
	mutex_unlock(&inode->lock);
	return err;
}

int devtmpfs_add(const struct char_device *device)
{
	const char *name = device->name, *slash;
	struct dentry *dir;
	int err;

	if (!devtmpfs_super) /* devtmpfs_init() adds those that came before it */
		return 0;
	dir = devtmpfs_super->root;
	dentry_get(dir);
	while ((slash = strchr(name, '/')) != NULL) {
		err = devtmpfs_enter_dir(dir, name, (u32)(slash - name), &dir);
		if (err)
			return err;
		name = slash + 1;
	}
	err = devtmpfs_make_node(dir, name, device);
	dentry_put(dir);
	return err;
}

static int devtmpfs_mount(const char *source, u32 flags, const char *options, struct super_block **out)
{
	if (!super_get(devtmpfs_super))
		return -ENODEV;
	*out = devtmpfs_super;
	return 0;
}

static struct fs_type devtmpfs_type = { .name = "devtmpfs", .mount = devtmpfs_mount, .nodev = true };

void devtmpfs_init(void)
{
	const struct char_device *device;

	PANIC_IF(tmpfs_super_new("devtmpfs", &(struct tmpfs_options){ .mode = 0755 }, &devtmpfs_super));
	PANIC_IF(fs_type_register(&devtmpfs_type));
	list_for_each(device, &all_char_devices, node)
		PANIC_IF(devtmpfs_add(device));
}
