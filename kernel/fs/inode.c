/*
 * Inodes: made, counted, evicted; their times and what stat says of them.
 *
 * Times are one word each, nanoseconds since 1970 (years 1677 to 2262), read and written without a lock: a
 * page fault or a read sets them while somebody else holds inode.lock.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/file_lock.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <uapi/statfs.h>

#include "fs_internal.h"

static struct cache *inode_cache;
static struct super_block *anon_super; /* of pipes, sockets and other files without names */

s64 inode_now(void)
{
	return (s64)time_real();
}

/* A group is handed down by a set-group-id directory, the bit itself to directories only. */
static void inode_set_owner(struct inode *inode, const struct inode *dir, mode_t mode)
{
	struct access_ids ids = access_ids_current();

	inode->uid = ids.uid;
	inode->gid = ids.gid;
	if (dir && (dir->mode & S_ISGID)) {
		inode->gid = dir->gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
		else if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && ids.uid != 0 &&
			 !access_ids_in_group(&ids, dir->gid))
			mode &= ~(mode_t)S_ISGID;
	}
	inode->mode = mode;
}

int inode_new(struct super_block *sb, const struct inode *dir, mode_t mode, struct inode **out)
{
	struct inode *inode = cache_alloc(inode_cache, 0);

	if (!inode)
		return -ENOMEM;
	atomic_store_relaxed(&inode->refs, 1);
	inode->ino = atomic64_inc_return(&sb->next_ino);
	inode->sb = sb;
	inode->nlink = 1;
	inode_set_owner(inode, dir, mode);
	inode->atime = inode->mtime = inode->ctime = inode->btime = inode_now();
	mutex_init(&inode->lock, "inode");
	page_mapping_init(&inode->mapping, inode, NULL);

	spin_lock(&sb->inodes_lock);
	list_push_back(&sb->inodes, &inode->all);
	spin_unlock(&sb->inodes_lock);
	*out = inode;
	return 0;
}

int inode_new_anonymous(mode_t mode, struct inode **out)
{
	return inode_new(anon_super, NULL, mode, out);
}

void inode_get(struct inode *inode)
{
	atomic_inc(&inode->refs);
}

void inode_put(struct inode *inode)
{
	struct super_block *sb = inode->sb;
	int refs = atomic_dec_return(&inode->refs);

	PANIC_IF(refs < 0);
	if (refs > 0)
		return;
	if (sb->ops && sb->ops->evict)
		sb->ops->evict(inode);
	if (inode->mapping.count)
		page_mapping_truncate(&inode->mapping, 0);
	if (inode->locks)
		file_locks_free(inode);
	spin_lock(&sb->inodes_lock);
	list_remove(&inode->all);
	spin_unlock(&sb->inodes_lock);
	kfree(inode->link);
	cache_free(inode_cache, inode);
}

void inode_touch(struct inode *inode, bool access, bool modify, bool change)
{
	s64 now = inode_now();

	if (access)
		WRITE_ONCE(inode->atime, now);
	if (modify)
		WRITE_ONCE(inode->mtime, now);
	if (change)
		WRITE_ONCE(inode->ctime, now);
}

void inode_accessed(struct inode *inode, const struct mount *mnt)
{
	const s64 day = 86400 * (s64)NSEC_PER_SEC;
	s64 atime = READ_ONCE(inode->atime), now;
	bool due;

	if (mnt && (mnt->flags & (MS_NOATIME | MS_RDONLY)))
		return;
	if (mnt && (mnt->flags & MS_NODIRATIME) && S_ISDIR(inode->mode))
		return;
	due = atime <= READ_ONCE(inode->mtime) || atime <= READ_ONCE(inode->ctime) ||
	      (mnt && (mnt->flags & MS_STRICTATIME));
	now = inode_now();
	if (due || now - atime >= day)
		WRITE_ONCE(inode->atime, now);
}

int inode_stat(struct inode *inode, struct kstat *st)
{
	const struct super_block *sb = inode->sb;

	*st = (struct kstat){
		.dev = sb->dev,
		.rdev = inode->rdev,
		.ino = inode->ino,
		.mode = inode->mode,
		.nlink = inode->nlink,
		.uid = inode->uid,
		.gid = inode->gid,
		.size = inode->size,
		.blocks = inode->blocks + inode->mapping.count * (PAGE_SIZE / 512),
		.blksize = sb->block_size,
		.atime = inode->atime,
		.mtime = inode->mtime,
		.ctime = inode->ctime,
		.btime = inode->btime,
	};
	if (inode->ops && inode->ops->getattr)
		return inode->ops->getattr(inode, st);
	return 0;
}

void inode_cache_init(void)
{
	inode_cache = cache_create("inode", sizeof(struct inode), 0, CACHE_ZERO);
	PANIC_IF(super_new("anon", NULL, ANON_INODE_FS_MAGIC, &anon_super));
}
