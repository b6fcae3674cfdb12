/*
 * The file system switch: inodes, dentries, mounts, paths.  kernel/fs/
 *
 * Lock order: rename_mutex, inode.lock of a parent before its child (two parents: ancestor first, then
 * by address), page_mapping.lock, dcache_lock, fs_context.lock.  dcache_lock is one spin lock over the
 * hash of names, the tree of dentries and the tree of mounts: a path that is all in the cache is walked
 * under it without taking a reference on the way.
 *
 * Fields: (i) inode.lock  (d) dcache_lock  (!) set at creation  (a) atomic
 */
#pragma once

#include <kernel/atomic.h>
#include <kernel/compiler.h>
#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/page_mapping.h>
#include <kernel/spinlock.h>
#include <kernel/time.h>
#include <kernel/types.h>
#include <uapi/fcntl.h>
#include <uapi/mount.h>
#include <uapi/stat.h>

struct cred;
struct dentry;
struct file;
struct file_locks;
struct file_ops;
struct inode;
struct mount;
struct poll_table;
struct super_block;

enum { NAME_MAX = 255, PATH_MAX = 4096, SYMLINKS_MAX = 40, LINKS_MAX = 65000 };

/* A name seen through the mount it was reached by. */
struct path {
	struct mount *mnt;
	struct dentry *dentry;
};

/* What stat and statx report. */
struct kstat {
	dev_t dev, rdev;
	ino_t ino;
	mode_t mode;
	u32 nlink;
	uid_t uid;
	gid_t gid;
	loff_t size;
	u64 blocks;   /* of 512 bytes */
	u32 blksize;
	s64 atime, mtime, ctime, btime; /* ns since 1970 */
	u64 mnt_id;
	bool mount_root;
};

/* What statfs reports; sizes in blocks. */
struct kstatfs {
	u64 magic;
	u32 block_size;
	u64 blocks, blocks_free;
	u64 files, files_free;
};

/* What a directory tells getdents64: emit returns false to stop, then pos stays at that entry. */
struct dir_context {
	bool (*emit)(struct dir_context *ctx, const char *name, size_t len, ino_t ino, u32 type);
	loff_t pos;  /* the cookie of the next entry */
};

/*
 * What a file system does with names.  Each may sleep; those with a `dir` run with its inode.lock held.
 * 0 or a negative errno.  A missing op is -EPERM, a missing lookup makes an empty directory.
 */
struct inode_ops {
	int (*lookup)(struct inode *dir, struct dentry *d);     /* dentry_attach(), or leaves it negative */
	int (*create)(struct inode *dir, struct dentry *d, mode_t mode, dev_t rdev); /* S_IFMT chooses */
	int (*tmpfile)(struct inode *dir, mode_t mode, struct inode **out); /* O_TMPFILE: without a link */
	int (*symlink)(struct inode *dir, struct dentry *d, const char *target);
	int (*link)(struct inode *dir, struct dentry *d, struct inode *target);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*rmdir)(struct inode *dir, struct dentry *d);      /* -ENOTEMPTY is its business */
	int (*rename)(struct inode *from_dir, struct dentry *from, struct inode *to_dir,
		      struct dentry *to, u32 flags);
	int (*readlink)(struct inode *inode, char *buf, size_t n); /* length; if inode.link is NULL */
	int (*truncate)(struct inode *inode, loff_t size);      /* inode.lock held; sets inode.size */
	/* A symlink that jumps (/proc/self/exe): a path with references. */
	int (*follow)(struct inode *inode, struct path *out);
	int (*getattr)(struct inode *inode, struct kstat *st);  /* corrects what the inode says */
	int (*setattr)(struct inode *inode);                    /* after mode, owner or times changed */
	/* Refines permission bits (a directory of another process): as inode_permission(). */
	int (*permission)(const struct inode *inode, int mask);
};

struct inode {
	ino_t ino;                    /* (!) */
	mode_t mode;                  /* (i) S_IFMT part (!) */
	uid_t uid;                    /* (i) */
	gid_t gid;                    /* (i) */
	u32 nlink;                    /* (i) 0: a directory takes no new names */
	loff_t size;                  /* (i) */
	u64 blocks;                   /* (i) of 512 bytes, besides what is in `mapping` */
	dev_t rdev;                   /* (!) device nodes */
	s64 atime, mtime, ctime, btime; /* (a) ns since 1970, one word each so that no lock is needed */
	struct mutex lock;
	struct super_block *sb;       /* (!) */
	const struct inode_ops *ops;  /* (!) */
	const struct file_ops *fops;  /* (!) of files opened on it; NULL: by rdev, or none */
	struct page_mapping mapping;  /* its pages */
	atomic_t refs;
	atomic_t writers;             /* (a) open for writing; negative: being executed (ETXTBSY) */
	char *link;                   /* (!) text of a symlink, freed with the inode; or NULL */
	bool uncached_names;          /* (!) directory: its names come and go by themselves */
	struct file_locks *locks;     /* (!) once set: advisory locks; NULL: never had any */
	bool linkable;                /* (!) O_TMPFILE: linkat() may give it its first name */
	u32 seals;                    /* (i) memfd: F_SEAL_* */
	void *private;                /* the file system's */
	struct list_node all;         /* on sb->inodes */
};

enum dentry_state {
	DENTRY_CACHED,   /* in the hash */
	DENTRY_UNCACHED, /* exists, but is looked up anew each time */
	DENTRY_REMOVED,  /* its name is gone; kept by those who have it open */
};

/* A name in a directory; negative when inode is NULL.  Found through a hash of (parent, name). */
struct dentry {
	struct dentry *parent;        /* (d) referenced; itself for a root */
	struct inode *inode;          /* (d) set once: negative, then an inode for good */
	char *name;                   /* (d) inline_name or kmalloc() */
	u32 name_len, hash;           /* (d) */
	atomic_t refs;                /* (a) to and from 0 under dcache_lock only */
	enum dentry_state state;      /* (d) */
	u32 mounts;                   /* (d) how many mounts sit on it */
	struct dentry *hash_next;     /* (d) */
	struct list children;         /* (d) */
	struct list_node sibling;     /* (d) */
	struct list_node unused;      /* (d) in the list of unreferenced ones, or linked lazily */
	struct super_block *sb;       /* (!) */
	char inline_name[32];
};

struct super_block {
	const char *type;             /* (!) "tmpfs" */
	const struct super_ops *ops;  /* (!) */
	dev_t dev;                    /* (!) anonymous device number */
	u64 magic;                    /* (!) */
	u32 block_size;               /* (!) */
	u32 flags;                    /* MS_RDONLY */
	struct dentry *root;          /* (!) referenced */
	struct list inodes;           /* (inodes_lock) */
	struct spinlock inodes_lock;
	atomic64_t next_ino;          /* (a) */
	u32 mounts;                   /* (d) holds: mounts, and the file system's own */
	void *private;
	struct list_node all;         /* on all_supers */
};

struct super_ops {
	void (*evict)(struct inode *inode);       /* last reference is gone: free what is private */
	int (*statfs)(struct super_block *sb, struct kstatfs *out);
	int (*sync)(struct super_block *sb);
	void (*destroy)(struct super_block *sb);  /* last mount is gone, its dentries with it */
};

struct fs_type {
	const char *name;
	/* Makes (or finds) a super block with its root, with a hold for the mount; `options` may be NULL.
	 * May sleep. */
	int (*mount)(const char *source, u32 flags, const char *options, struct super_block **out);
	bool nodev;
	struct list_node node;        /* on all_fs_types */
};

struct mount {
	struct super_block *sb;       /* (!) */
	struct mount *parent;         /* (d) NULL for the root */
	struct dentry *mountpoint;    /* (d) in parent, referenced */
	struct dentry *root;          /* (!) referenced */
	char *source;                 /* (!) */
	u32 flags;                    /* (d) MS_RDONLY ... of this mount */
	u32 id;                       /* (!) */
	atomic_t refs;                /* (a) one of the tree's own, one per path and child mount */
	bool detached;                /* (d) umounted lazily; freed with the last reference */
	struct list_node all;         /* (d) on all_mounts */
};

/* Working directory, root and umask; shared with CLONE_FS. */
struct fs_context {
	atomic_t refs;
	struct spinlock lock;         /* inside dcache_lock */
	struct path root, cwd;        /* (lock) */
	mode_t umask;                 /* (a) */
};

extern struct spinlock dcache_lock;
/* Each list's lock: dcache_lock for mounts, super_lock for the other two. */
extern struct list all_mounts, all_supers, all_fs_types;
extern struct spinlock super_lock;

/* ---- mount.c, super.c ------------------------------------------------------------------------ */

/* Registers the file systems of this folder and mounts the root; gives current its fs_context.  Once. */
void vfs_init(void);
/* 0 or -EBUSY (the name is taken). */
int fs_type_register(struct fs_type *t);
/* Mounts a type at an absolute path; "/" the first time.  May sleep.  0, -ENODEV, -ENOENT, -ENOTDIR ... */
int vfs_mount(const char *source, const char *target, const char *type, u32 flags, const char *options);
void vfs_sync_all(void);
/* Before power-off: unmounts what can be, syncs the rest.  May sleep. */
void vfs_umount_all(void);
/* A super block without a root yet, on all_supers, with a device number and one hold.  0 or -ENOMEM. */
int super_new(const char *type, const struct super_ops *ops, u64 magic, struct super_block **out) __must_check;
/* Gives it its root directory; takes over the inode reference.  0 or -ENOMEM. */
int super_set_root(struct super_block *sb, struct inode *root) __must_check;
/* One more hold; false when it is being destroyed. */
bool super_get(struct super_block *sb);
/* Drops a hold; the last one destroys it.  May sleep. */
void super_put(struct super_block *sb);
/* -EROFS when files below this path may not be changed. */
int mount_writable(const struct path *p);

/* ---- path.c ----------------------------------------------------------------------------------- */

enum lookup_flags {
	LOOKUP_FOLLOW    = 1 << 0, /* a final symlink is followed */
	LOOKUP_DIRECTORY = 1 << 1, /* -ENOTDIR unless it is one */
	LOOKUP_PARENT    = 1 << 2, /* stops before the last component */
	LOOKUP_EMPTY     = 1 << 3, /* AT_EMPTY_PATH */
	LOOKUP_KERNEL    = 1 << 4, /* the real root, whatever current's is; no permission checks */
	LOOKUP_NO_SYMLINKS = 1 << 5, /* openat2: RESOLVE_* */
	LOOKUP_NO_MAGIC  = 1 << 6,
	LOOKUP_NO_XDEV   = 1 << 7,
	LOOKUP_BENEATH   = 1 << 8,
	LOOKUP_IN_ROOT   = 1 << 9,
};
/*
 * Resolves name (kernel memory) relative to dirfd (AT_FDCWD) for current.  Takes references; may sleep.
 * 0 or -ENOENT, -ENOTDIR, -EACCES, -ELOOP, -ENAMETOOLONG, -EBADF.
 */
int path_lookup_at(int dirfd, const char *name, enum lookup_flags flags, struct path *out) __must_check;
/* The same by absolute path from the real root, for the kernel itself. */
int path_lookup_kernel(const char *name, enum lookup_flags flags, struct path *out) __must_check;
/* The same with a user's pointer. */
int path_lookup_user(int dirfd, const char __user *name, enum lookup_flags flags, struct path *out) __must_check;
void path_get(const struct path *p);
/* Drops both references; may sleep.  An empty path is fine. */
void path_put(const struct path *p);
/*
 * The absolute path as seen from root: writes to the end of buf, sets *out; " (deleted)" follows the name
 * of a removed one, "(unreachable)" precedes what is outside root.  0 or -ENAMETOOLONG.
 */
int path_to_string(const struct path *p, const struct path *root, char *buf, size_t n, char **out);

/* Copies a user path into a buffer of its own: 0, -EFAULT, -ENAMETOOLONG, -ENOENT for "" unless empty_ok.
 * Free with path_name_free(). */
int path_name_from_user(const char __user *name, bool empty_ok, char **out) __must_check;
void path_name_free(char *name);

/* ---- open.c, permission.c ------------------------------------------------------------------------ */

/* Opens like open(2) with kernel pointers.  mode counts with O_CREAT.  0 or negative errno; may sleep. */
int file_open_at(int dirfd, const char *name, int flags, mode_t mode, struct file **out) __must_check;
/* From the real root, without permission checks. */
int file_open_kernel(const char *name, int flags, mode_t mode, struct file **out) __must_check;
/* Opens what a path names already; takes its own references. */
int file_open_path(const struct path *p, int flags, struct file **out) __must_check;
/* Gives back what opening took (path, inode, write access).  By file_put() with the last reference. */
void file_detach(struct file *f);
/* A program being executed cannot be written (ETXTBSY), and the other way round.  0 or -ETXTBSY. */
int inode_exec_begin(struct inode *inode) __must_check;
void inode_exec_end(struct inode *inode);

enum may { MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4 };
/* By the fs ids of current; a kernel thread may do everything.  0 or -EACCES.  Takes no lock. */
int inode_permission(const struct inode *inode, int mask);
/* The same, and -EROFS for writing through a read-only mount. */
int path_permission(const struct path *p, int mask);
/* True when current owns the inode or is privileged. */
bool inode_owner_or_capable(const struct inode *inode);

/* ---- inode.c ----------------------------------------------------------------------------------- */

/*
 * An inode of sb with one reference, a number of its own, the times set to now, nlink 1 and the owner that
 * a new file of current in `dir` (may be NULL) has; a set-group-id dir hands its group down.
 * 0 or -ENOMEM.  May sleep.
 */
int inode_new(struct super_block *sb, const struct inode *dir, mode_t mode, struct inode **out) __must_check;
/* An inode without a name, for pipes, sockets and such: what fstat() shows.  0 or -ENOMEM. */
int inode_new_anonymous(mode_t mode, struct inode **out) __must_check;
void inode_get(struct inode *inode);
/* Drops a reference; the last one evicts it.  May sleep. */
void inode_put(struct inode *inode);
/* Sets times to now.  Any context, no lock. */
void inode_touch(struct inode *inode, bool access, bool modify, bool change);
/* The relatime rule: read access through this mount.  Any context. */
void inode_accessed(struct inode *inode, const struct mount *mnt);
/* Fills *st; 0 or what getattr says. */
int inode_stat(struct inode *inode, struct kstat *st);
s64 inode_now(void);

/* ---- cwd.c ------------------------------------------------------------------------------------- */

int fs_context_new(struct fs_context **out);
int fs_context_copy(struct fs_context *from, struct fs_context **out);
void fs_context_get(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);

/* ---- initramfs.c -------------------------------------------------------------------------------- */

/* Unpacks newc archives, one behind the other, into the root.  0 or -EINVAL with a log line that says
 * where it is broken.  May sleep. */
int initramfs_unpack(const void *data, size_t size);
