/* Character devices: major:minor to file operations, and the node in /dev.  kernel/fs/devfs.c */
#pragma once

#include <kernel/file.h>

#define DEV_MAKE(major, minor) (((dev_t)(major) << 8) | ((minor) & 0xff) | (((dev_t)(minor) & ~0xffu) << 12))
#define DEV_MAJOR(d)           (((d) >> 8) & 0xfff)
#define DEV_MINOR(d)           (((d) & 0xff) | (((d) >> 12) & ~0xffu))

struct char_device {
	const char *name;            /* path below /dev, e.g. "null", "virtio-ports/cairn.stdin" */
	dev_t dev;
	mode_t mode;                 /* permission bits */
	bool elsewhere;              /* its node is in another file system (devpts) */
	const struct file_ops *ops;
	void *private;               /* handed over in file->private at open */
	struct list_node node;       /* on all_char_devices */
};

extern struct list all_char_devices;

/* Registers; its node appears in every mounted devtmpfs, now or later.  0 or -EBUSY.  May sleep. */
int char_device_register(struct char_device *d);
struct char_device *char_device_find(dev_t dev);
