/* What the files of tmpfs share with each other only. */
#pragma once

#include <kernel/dir_index.h>
#include <kernel/tmpfs.h>

struct tmpfs_super {
	u64 max_pages;       /* (!) 0: no limit but memory */
	atomic64_t pages;    /* (a) of all files */
	atomic64_t inodes;   /* (a) */
};

static inline struct tmpfs_super *tmpfs_super_of(const struct super_block *sb)
{
	return sb->private;
}

/* An inode with its operations; a directory gets an empty index and two links.  0, -ENOSPC or -ENOMEM. */
int tmpfs_inode_new(struct super_block *sb, const struct inode *dir, mode_t mode, dev_t rdev,
		    struct inode **out) __must_check;

extern const struct inode_ops tmpfs_dir_inode_ops;
extern const struct file_ops tmpfs_dir_file_ops;
/* Frees the index of a directory and drops what it names. */
void tmpfs_dir_evict(struct inode *dir);
/* Puts a name into a locked directory; takes over the inode reference on success.  0, -ENOMEM, -EEXIST. */
int tmpfs_dir_add(struct inode *dir, const char *name, u32 len, struct inode *inode) __must_check;
