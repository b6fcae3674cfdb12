/*
 * The cache of names: what path walking and file systems do with dentries.  kernel/fs/dentry.c
 */
#pragma once

#include <kernel/vfs.h>

enum {
	DCACHE_HASH_BITS  = 12,
	DCACHE_UNUSED_MAX = 4096, /* names nobody uses are kept up to this number, then the oldest go */
};

/* What the debugger and tests count. */
struct dcache_stats {
	u64 live;     /* (d) */
	u64 unused;   /* (d) on the list of unreferenced ones */
	u64 hits;     /* (d) */
	u64 misses;   /* (d) names that were asked of a file system */
};
extern struct dcache_stats dcache_stats;

/* Hash of a name in a directory. */
u32 dentry_hash(const struct dentry *parent, const char *name, u32 len);
/* The same from hash_bytes() of the name. */
u32 dentry_hash_mix(const struct dentry *parent, u32 name_hash);
/* The cached one, without a reference, or NULL. */
struct dentry *dentry_find(const struct dentry *parent, const char *name, u32 len, u32 hash)
	REQUIRES(dcache_lock);
/*
 * The dentry of a name, asked of the file system when it is not cached; may be negative.  With the inode.lock
 * of the parent.  A reference.  0, -ENOMEM, -ENAMETOOLONG, or what the file system says.
 */
int dentry_lookup(struct dentry *parent, const char *name, u32 len, struct dentry **out)
	REQUIRES(parent->inode->lock) __must_check;
/* A root dentry; takes over the inode reference.  0 or -ENOMEM. */
int dentry_new_root(struct super_block *sb, struct inode *inode, struct dentry **out) __must_check;
/* Makes a negative dentry name an inode; takes over the caller's reference of it. */
void dentry_attach(struct dentry *d, struct inode *inode);
/* The name is gone: no lookup finds it again. */
void dentry_remove(struct dentry *d);
/* `from` gets the place and name of `to`, which is removed.  Both directories locked. */
int dentry_move(struct dentry *from, struct dentry *to) __must_check;
/* The two change places. */
void dentry_exchange(struct dentry *a, struct dentry *b);
/* True when a is b or above it.  Only the rename lock keeps it so. */
bool dentry_is_ancestor(const struct dentry *a, const struct dentry *b);
/* What ".." is in a listing of directory d. */
ino_t dentry_parent_ino(const struct dentry *d);
void dentry_get(struct dentry *d);
/* May sleep. */
void dentry_put(struct dentry *d);
/* Frees unused names of a file system (NULL: of all), at most about `max`; how many.  Directories become
 * unused as their names go: call it until it returns 0.  May sleep. */
u32 dcache_shrink(struct super_block *sb, u32 max);
