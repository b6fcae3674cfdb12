/* What the files of this folder share with each other only. */
#pragma once

#include <kernel/dentry.h>
#include <kernel/path.h>
#include <kernel/proc.h>

/* dentry.c, inode.c, names.c: caches and hidden super blocks.  Once, before the first mount. */
void dcache_init(void);
void inode_cache_init(void);
void path_name_init(void);

/* permission.c: whose rights count. */
struct access_ids {
	uid_t uid;
	gid_t gid;
	const struct cred *cred; /* for the other groups; NULL: everything is allowed */
};
/* The fs ids of current; everything for kernel threads. */
struct access_ids access_ids_current(void);
int inode_permission_ids(const struct inode *inode, int mask, const struct access_ids *ids);
bool access_ids_in_group(const struct access_ids *ids, gid_t gid);

/* open.c: write access to an inode's content.  0 or -ETXTBSY. */
int inode_write_begin(struct inode *inode) __must_check;
void inode_write_end(struct inode *inode);
/* One opening: what was asked for, checked. */
struct open_how {
	int flags;
	mode_t mode; /* with the umask applied */
	enum lookup_flags lookup;
};
int open_by_how(int dirfd, const char *name, const struct open_how *how, struct file **out) __must_check;

/* namei.c: makes a name in a directory that is locked and writable.  0, -EPERM, -ENOENT, -EROFS ... */
int name_create(const struct path *parent, struct dentry *d, mode_t mode, dev_t rdev) __must_check;

/* truncate.c: sets the size and what goes with it (times, set-id bits).  Takes inode.lock. */
int inode_set_size(struct inode *inode, loff_t size) __must_check;
/* A change of owner takes the set-id bits away; a write or a truncation only when it is not root's. */
void inode_drop_setid(struct inode *inode);
void inode_drop_setid_unprivileged(struct inode *inode);

/* super.c: the registered type, or NULL. */
struct fs_type *fs_type_find(const char *name, size_t len);

/* mount.c: mounts a type, or what another path names, on a directory or file.  0, -ENODEV, -ENOTDIR ... */
int mount_type(const char *source, const struct path *on, const char *type, u32 flags, const char *options);
int mount_bind(const struct path *what, const struct path *on);
/* p is the root of a mount, or -EINVAL.  mount_umount: -EBUSY when others use it. */
int mount_change_flags(const struct path *p, u32 flags);
int mount_umount(const struct path *p, u32 flags);

/* namei.c: may this name be taken away?  0, -ENOENT, -EACCES, -EPERM (sticky), -ENOTDIR, -EISDIR, -EBUSY, -EROFS. */
int name_may_delete(const struct path *parent, const struct dentry *d, bool directory);
