/*
 * The file system switch: inodes, dentries, mounts, paths.  kernel/fs/
 * Fields: (i) inode.lock  (d) dentry.lock / dcache lock  (!) set at creation  (a) atomic
 */
#pragma once

#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/page_mapping.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <kernel/types.h>
#include <uapi/stat.h>

struct file;
struct file_ops;
struct inode;
struct dentry;
struct super_block;
struct mount;
struct poll_table;
struct kstat;
struct kstatfs;

enum { NAME_MAX = 255, PATH_MAX = 4096, SYMLINKS_MAX = 40 };

/* A name seen through the mount it was reached by. */
struct path {
	struct mount *mnt;
	struct dentry *dentry;
};

struct timespec64 { s64 sec; s64 nsec; };

/* What a directory tells getdents64: returns false to stop. */
struct dir_context {
	bool (*emit)(struct dir_context *ctx, const char *name, size_t len, ino_t ino, u32 type);
	loff_t pos;  /* the cookie of the next entry */
};

struct inode_ops {
	/* Each may sleep, with dir->lock held by the caller.  0 or negative errno. */
	int (*lookup)(struct inode *dir, struct dentry *d);                   /* fills d->inode or leaves it NULL */
	int (*create)(struct inode *dir, struct dentry *d, mode_t mode, dev_t rdev); /* S_IFMT chooses */
	int (*symlink)(struct inode *dir, struct dentry *d, const char *target);
	int (*link)(struct inode *dir, struct dentry *d, struct inode *target);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	int (*rename)(struct inode *from_dir, struct dentry *from, struct inode *to_dir, struct dentry *to, u32 flags);
	int (*readlink)(struct inode *inode, char *buf, size_t n);            /* length */
	int (*truncate)(struct inode *inode, loff_t size);
	/* A symlink that jumps (/proc/self/exe, fd): path with references.  NULL for ordinary ones. */
	int (*follow)(struct inode *inode, struct path *out);
	int (*getattr)(struct inode *inode, struct kstat *st);                /* NULL: from the inode */
};

struct inode {
	ino_t ino;                    /* (!) */
	mode_t mode;                  /* (i) */
	uid_t uid;                    /* (i) */
	gid_t gid;                    /* (i) */
	u32 nlink;                    /* (i) */
	loff_t size;                  /* (i) */
	u64 blocks;                   /* (i) of 512 bytes */
	dev_t rdev;                   /* (!) device nodes */
	struct timespec64 atime, mtime, ctime, btime; /* (i) */
	struct mutex lock;
	struct super_block *sb;       /* (!) */
	const struct inode_ops *ops;  /* (!) */
	const struct file_ops *fops;  /* (!) of files opened on it */
	struct page_mapping mapping;  /* its pages */
	atomic_t refs;
	atomic_t writers;             /* open for writing, or negative: being executed (ETXTBSY) */
	void *private;                /* the file system's */
	struct list_node all;         /* on sb->inodes */
};

/* A name in a directory; negative when inode is NULL.  Found through a hash of (parent, name). */
struct dentry {
	struct dentry *parent;
	struct inode *inode;
	char *name;
	u32 name_len, hash;
	atomic_t refs;
	bool unhashed;                /* removed from its directory */
	bool mountpoint;
	struct list_node hash_node;
	struct list children;
	struct list_node sibling;
	struct super_block *sb;
};

struct super_block {
	const char *type;             /* "tmpfs" */
	const struct super_ops *ops;
	dev_t dev;                    /* anonymous device number */
	u64 magic;
	u32 block_size;
	struct dentry *root;
	struct list inodes;
	struct spinlock inodes_lock;
	atomic64_t next_ino;
	void *private;
	struct list_node all;         /* on all_supers */
};

struct super_ops {
	void (*evict)(struct inode *inode);       /* last reference and no links */
	int (*statfs)(struct super_block *sb, struct kstatfs *out);
	int (*sync)(struct super_block *sb);
	void (*destroy)(struct super_block *sb);
};

struct fs_type {
	const char *name;
	int (*mount)(const char *source, u32 flags, const char *options, struct super_block **out);
	bool nodev;
	struct list_node node;        /* on all_fs_types */
};

struct mount {
	struct super_block *sb;
	struct mount *parent;
	struct dentry *mountpoint;    /* in parent */
	struct dentry *root;
	char *source;
	u32 flags;
	u32 id;
	atomic_t refs;
	struct list_node all;         /* on all_mounts */
};

/* Working directory, root and umask; shared with CLONE_FS. */
struct fs_context {
	atomic_t refs;
	struct spinlock lock;
	struct path root, cwd;
	mode_t umask;
};

extern struct list all_mounts, all_supers, all_fs_types;

void vfs_init(void);
int fs_type_register(struct fs_type *t);
/* Mounts a type at an absolute path (created by the caller); "/" the first time.  May sleep. */
int vfs_mount(const char *source, const char *target, const char *type, u32 flags, const char *options);
int vfs_umount(const char *target, u32 flags);
void vfs_sync_all(void);
void vfs_umount_all(void);

enum lookup_flags {
	LOOKUP_FOLLOW    = 1 << 0, /* a final symlink is followed */
	LOOKUP_DIRECTORY = 1 << 1, /* -ENOTDIR unless it is one */
	LOOKUP_PARENT    = 1 << 2,
	LOOKUP_EMPTY     = 1 << 3, /* AT_EMPTY_PATH */
};
/* Resolves name relative to dirfd (AT_FDCWD) for current.  Takes references.  0 or -ENOENT, -ENOTDIR ... */
int path_lookup_at(int dirfd, const char *name, enum lookup_flags flags, struct path *out) __must_check;
/* The same by absolute path from the real root, for the kernel itself. */
int path_lookup_kernel(const char *name, enum lookup_flags flags, struct path *out) __must_check;
void path_get(const struct path *p);
void path_put(const struct path *p);
/* The absolute path as seen from root: writes to the end of buf, sets *out.  0 or -ENAMETOOLONG, -ENOENT. */
int path_to_string(const struct path *p, const struct path *root, char *buf, size_t n, char **out);

/* Copies a user path into a page-sized buffer: 0, -EFAULT, -ENAMETOOLONG, -ENOENT for "". Free with path_name_free(). */
int path_name_from_user(const char __user *name, bool empty_ok, char **out) __must_check;
void path_name_free(char *name);

/* Opens like open(2) with kernel pointers.  mode counts with O_CREAT.  0 or negative errno. */
int file_open_at(int dirfd, const char *name, int flags, mode_t mode, struct file **out) __must_check;
int file_open_kernel(const char *name, int flags, mode_t mode, struct file **out) __must_check;
int inode_permission(const struct inode *inode, int mask); /* MAY_READ 4, MAY_WRITE 2, MAY_EXEC 1; fs ids of current */

void inode_get(struct inode *inode);
void inode_put(struct inode *inode);
void inode_touch(struct inode *inode, bool access, bool modify, bool change);

int fs_context_new(struct fs_context **out);
int fs_context_copy(struct fs_context *from, struct fs_context **out);
void fs_context_get(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);

/* Unpacks a newc archive into the root.  0 or -EINVAL with a log line that says where it is broken. */
int initramfs_unpack(const void *data, size_t size);
