/*
 * Files in memory.  kernel/fs/tmpfs/
 */
#pragma once

#include <kernel/file.h>
#include <kernel/vfs.h>

/* Registers "tmpfs" and "ramfs" (no size limit). */
void tmpfs_init(void);
/* A tmpfs of its own; mode, uid and gid of the root and a limit in pages (0: none).  0 or -ENOMEM. */
struct tmpfs_options {
	u64 max_pages;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};
int tmpfs_super_new(const char *type, const struct tmpfs_options *opt, struct super_block **out) __must_check;
/* An unnamed file in a hidden tmpfs: memfd_create(2), and shared anonymous memory.  One reference. */
int tmpfs_file_new(const char *name, loff_t size, int flags, struct file **out) __must_check;
/* memfd.c: the hidden tmpfs; then F_GET_SEALS and F_ADD_SEALS: seals or 0, -EINVAL (not one of these
 * files), -EPERM, -EBUSY (mapped).  May sleep. */
void memfd_init(void);
long memfd_seals_get(struct file *f);
long memfd_seals_add(struct file *f, unsigned long seals);
/* devtmpfs.c: registers "devtmpfs"; every registered character device has its node there. */
void devtmpfs_init(void);
/* Makes the node of a device that registered late.  Any time; 0 or -ENOMEM.  May sleep. */
struct char_device;
int devtmpfs_add(const struct char_device *d);
