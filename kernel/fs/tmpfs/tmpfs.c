/*
 * tmpfs: files whose pages are nowhere but in their page mapping.  Mounted as the root, on /tmp, /dev/shm;
 * devtmpfs and memfds are made of it too.
 *
 * A page is counted when it is made (by a write or a fault in a mapping) and when it is dropped; a limit is
 * met with -ENOSPC.  Simplified compared with Linux: no swap, no huge pages, no extended attributes.
 */
#include "tmpfs_internal.h"

#include <arch/arch.h>
#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/filemap.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/parse.h>
#include <kernel/pipe.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <uapi/statfs.h>

/* A new page of a file: zeroes, if there is room. */
static int tmpfs_read_page(struct page_mapping *m, struct page *p)
{
	struct tmpfs_super *ts = tmpfs_super_of(m->inode->sb);

	if ((u64)atomic64_inc_return(&ts->pages) > ts->max_pages && ts->max_pages) {
		atomic64_dec(&ts->pages);
		return -ENOSPC;
	}
	arch_zero(page_virt(p), PAGE_SIZE);
	return 0;
}

static const struct page_mapping_ops tmpfs_mapping_ops = { .read_page = tmpfs_read_page };

static int tmpfs_truncate(struct inode *inode, loff_t size)
{
	u64 before = inode->mapping.count;
	int err = filemap_truncate(inode, size);

	atomic64_sub(&tmpfs_super_of(inode->sb)->pages, (s64)(before - inode->mapping.count));
	return err;
}

static const struct inode_ops tmpfs_file_inode_ops = { .truncate = tmpfs_truncate };
static const struct inode_ops tmpfs_other_inode_ops;

static const struct file_ops tmpfs_file_ops = {
	.name = "tmpfs",
	.read = filemap_read,
	.write = filemap_write,
	.seek = filemap_seek,
	.mmap = filemap_mmap,
};

static int tmpfs_inode_set_kind(struct inode *inode)
{
	struct dir_index *index;

	inode->ops = &tmpfs_other_inode_ops;
	switch (inode->mode & S_IFMT) {
	case S_IFDIR:
		index = kmalloc(sizeof(*index), 0);
		if (!index)
			return -ENOMEM;
		dir_index_init(index);
		inode->private = index;
		inode->ops = &tmpfs_dir_inode_ops;
		inode->fops = &tmpfs_dir_file_ops;
		inode->nlink = 2;
		break;
	case S_IFREG:
		inode->mapping.ops = &tmpfs_mapping_ops;
		inode->ops = &tmpfs_file_inode_ops;
		inode->fops = &tmpfs_file_ops;
		break;
	case S_IFIFO:
		inode->fops = &fifo_ops;
		break;
	}
	return 0;
}

int tmpfs_inode_new(struct super_block *sb, const struct inode *dir, mode_t mode, dev_t rdev,
		    struct inode **out)
{
	struct inode *inode;
	int err = inode_new(sb, dir, mode, &inode);

	if (err)
		return err;
	inode->rdev = rdev;
	atomic64_inc(&tmpfs_super_of(sb)->inodes);
	err = tmpfs_inode_set_kind(inode);
	if (err)
		inode_put(inode);
	else
		*out = inode;
	return err;
}

static void tmpfs_evict(struct inode *inode)
{
	struct tmpfs_super *ts = tmpfs_super_of(inode->sb);

	atomic64_dec(&ts->inodes);
	if (S_ISDIR(inode->mode) && inode->private)
		tmpfs_dir_evict(inode);
	if (S_ISREG(inode->mode) && inode->mapping.count) {
		atomic64_sub(&ts->pages, (s64)inode->mapping.count);
		page_mapping_truncate(&inode->mapping, 0);
	}
}

static int tmpfs_statfs(struct super_block *sb, struct kstatfs *out)
{
	const struct tmpfs_super *ts = tmpfs_super_of(sb);
	u64 used = (u64)atomic64_load(&ts->pages), free = page_free_count();
	u64 limit = ts->max_pages ? ts->max_pages - MIN(used, ts->max_pages) : free;

	out->blocks = ts->max_pages ? ts->max_pages : used + free;
	out->blocks_free = MIN(limit, free);
	out->files = page_total_count();
	out->files_free = out->files - MIN((u64)atomic64_load(&ts->inodes), out->files);
	return 0;
}

static void tmpfs_destroy(struct super_block *sb)
{
	kfree(sb->private);
}

static const struct super_ops tmpfs_super_ops = {
	.evict = tmpfs_evict,
	.statfs = tmpfs_statfs,
	.destroy = tmpfs_destroy,
};

int tmpfs_super_new(const char *type, const struct tmpfs_options *opt, struct super_block **out)
{
	struct tmpfs_super *ts = kzalloc(sizeof(*ts), 0);
	struct super_block *sb;
	struct inode *root;
	int err;

	if (!ts)
		return -ENOMEM;
	err = super_new(type, &tmpfs_super_ops, TMPFS_MAGIC, &sb);
	if (err) {
		kfree(ts);
		return err;
	}
	ts->max_pages = opt->max_pages;
	sb->private = ts;
	err = tmpfs_inode_new(sb, NULL, S_IFDIR | opt->mode, 0, &root);
	if (!err) {
		root->uid = opt->uid;
		root->gid = opt->gid;
		err = super_set_root(sb, root);
	}
	if (err)
		super_put(sb);
	else
		*out = sb;
	return err;
}

/* "50%" of memory, or bytes with K, M or G. */
static int tmpfs_parse_size(const char *text, u64 *pages)
{
	size_t len = strlen(text);
	const char *end;
	u64 n;

	if (len && text[len - 1] == '%') {
		if (parse_digits(text, 10, &end, &n) || end[1])
			return -EINVAL;
		*pages = page_total_count() * n / 100;
		return 0;
	}
	if (parse_size(text, &n))
		return -EINVAL;
	*pages = n / PAGE_SIZE + (n % PAGE_SIZE != 0);
	return 0;
}

static int tmpfs_parse_option(const char *name, const char *value, struct tmpfs_options *opt)
{
	const char *end;
	u64 n = 0;

	if (strcmp(name, "size") == 0)
		return tmpfs_parse_size(value, &opt->max_pages);
	if (strcmp(name, "nr_inodes") == 0 || strcmp(name, "huge") == 0)
		return 0;
	if (parse_digits(value, strcmp(name, "mode") == 0 ? 8 : 10, &end, &n) || *end)
		return -EINVAL;
	if (strcmp(name, "mode") == 0)
		opt->mode = (mode_t)n & S_IALLUGO;
	else if (strcmp(name, "uid") == 0)
		opt->uid = (uid_t)n;
	else if (strcmp(name, "gid") == 0)
		opt->gid = (gid_t)n;
	else if (strcmp(name, "nr_blocks") == 0)
		opt->max_pages = n;
	else
		return -EINVAL;
	return 0;
}

enum { TMPFS_OPTIONS_MAX = 256 };

/* "size=1M,mode=1777": each word is name=value.  0 or -EINVAL. */
static int tmpfs_parse_options(const char *options, struct tmpfs_options *opt)
{
	char text[TMPFS_OPTIONS_MAX], *word = text, *comma, *value;
	int err = 0;

	if (!options)
		return 0;
	if (strlcpy(text, options, sizeof(text)) >= sizeof(text))
		return -EINVAL;
	while (!err && word && *word) {
		comma = strchr(word, ',');
		if (comma)
			*comma = 0;
		value = strchr(word, '=');
		if (value)
			*value++ = 0;
		if (value)
			err = tmpfs_parse_option(word, value, opt);
		word = comma ? comma + 1 : NULL;
	}
	return err;
}

static int tmpfs_mount(const char *source, u32 flags, const char *options, struct super_block **out)
{
	struct tmpfs_options opt = { .max_pages = page_total_count() / 2, .mode = S_ISVTX | S_IRWXUGO };
	int err = tmpfs_parse_options(options, &opt);

	return err ? err : tmpfs_super_new("tmpfs", &opt, out);
}

static int ramfs_mount(const char *source, u32 flags, const char *options, struct super_block **out)
{
	return tmpfs_super_new("ramfs", &(struct tmpfs_options){ .mode = 0755 }, out);
}

static struct fs_type tmpfs_type = { .name = "tmpfs", .mount = tmpfs_mount, .nodev = true };
static struct fs_type ramfs_type = { .name = "ramfs", .mount = ramfs_mount, .nodev = true };

void tmpfs_init(void)
{
	PANIC_IF(fs_type_register(&tmpfs_type) || fs_type_register(&ramfs_type));
}
