/*
 * The page cache of one file: pages by index, shared by read, write and mmap.
 * kernel/mm/page_mapping.c.  Lock order: inode.lock, mm.lock, page_mapping.lock, areas_lock, mm.pt_lock.
 */
#pragma once

#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/radix.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>

struct area;
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
	struct inode *inode;         /* (!) NULL: shared anonymous memory, as large as its areas */
	const struct page_mapping_ops *ops; /* (!) NULL: new pages are zero */
	struct spinlock areas_lock;
	struct list areas;           /* (areas_lock) struct area.mapped: where it is mapped */
};

/* Before the first mapping is made, at boot. */
void page_mapping_setup(void);
void page_mapping_init(struct page_mapping *m, struct inode *inode, const struct page_mapping_ops *ops);
/*
 * The page at index, with a reference, filled; made when it is absent and `create`.  May sleep.
 * 0, -ENOENT, -ENOMEM, -EIO.
 */
int page_mapping_get(struct page_mapping *m, u64 index, bool create, struct page **out) __must_check;
/*
 * Those of the `count` pages from `first` on that are there, filled, each with a reference, or NULL, as
 * far as the tree keeps them together.  How many of `out` were written.  May sleep for the lock only.
 */
u32 page_mapping_get_cached(struct page_mapping *m, u64 first, u32 count, struct page **out);
/* Drops pages from `first` on (truncation), user mappings of them included.  May sleep. */
void page_mapping_truncate(struct page_mapping *m, u64 first);
/* The first index >= from that has a page; -ENOENT when none.  For SEEK_DATA and SEEK_HOLE. */
int page_mapping_next(struct page_mapping *m, u64 from, u64 *index);
/* Says that the kernel wrote to a page: it is dirty, and instructions in it are to be made visible. */
void page_mapping_written(struct page *p);

/* Memory that several address spaces share without a file (MAP_SHARED | MAP_ANONYMOUS). */
struct shared_memory {
	atomic_t refs;               /* (a) areas */
	struct page_mapping mapping;
};

/* One reference.  0 or -ENOMEM. */
int shared_memory_new(struct shared_memory **out) __must_check;
void shared_memory_get(struct shared_memory *s);
/* May sleep; the last reference frees its pages. */
void shared_memory_put(struct shared_memory *s);
