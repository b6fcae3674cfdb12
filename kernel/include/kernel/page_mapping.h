/*
 * The page cache of one file: pages by index, shared by read, write and mmap.  kernel/mm/page_mapping.c
 */
#pragma once

#include <kernel/mutex.h>
#include <kernel/radix.h>
#include <kernel/types.h>

struct page;
struct inode;
struct page_mapping;

struct page_mapping_ops {
	/* Fills a page that is not up to date (zeroes for a hole).  May sleep.  0 or -EIO. */
	int (*read_page)(struct page_mapping *m, struct page *p);
};

struct page_mapping {
	struct mutex lock;
	struct radix pages;          /* (lock) index -> struct page, one reference each */
	u64 count;                   /* (lock) */
	struct inode *inode;
	const struct page_mapping_ops *ops;
};

void page_mapping_init(struct page_mapping *m, struct inode *inode, const struct page_mapping_ops *ops);
/* The page at index, with a reference, filled; made when it is absent and `create`.  0, -ENOENT, -ENOMEM, -EIO. */
int page_mapping_get(struct page_mapping *m, u64 index, bool create, struct page **out) __must_check;
/* Drops pages from `first` on (truncation), user mappings of them included. */
void page_mapping_truncate(struct page_mapping *m, u64 first);
/* The first index >= from that has a page; -ENOENT when none.  For SEEK_DATA and SEEK_HOLE. */
int page_mapping_next(struct page_mapping *m, u64 from, u64 *index);
