/*
 * Physical pages: one struct page each, a buddy allocator over them.  kernel/mm/page.c
 * Fields: (z) zone lock  (a) atomic  (o) the owner's lock
 */
#pragma once

#include <arch/layout.h>
#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/types.h>

enum { PAGE_ORDER_MAX = 10 };

enum page_kind {
	PAGE_FREE,      /* in the buddy's lists, order in .order */
	PAGE_RESERVED,  /* kernel image, firmware, device tree */
	PAGE_KERNEL,    /* page_alloc() for the kernel's own use */
	PAGE_SLAB,      /* .slab points to its slab */
	PAGE_TABLE,     /* a translation table */
	PAGE_ANON,      /* user memory without a file */
	PAGE_CACHE,     /* of a file: .mapping and .index */
};

struct page_mapping;
struct slab;

struct page {
	u8 kind;                        /* enum page_kind */
	u8 order;                       /* of a free block or an allocation's first page */
	u16 flags;                      /* enum page_flags */
	atomic_t refs;                  /* (a) users; freed with the last */
	struct list_node node;          /* (z) free list, or (o) the owner's */
	union {
		struct page_mapping *mapping; /* (o) */
		struct slab *slab;
		u64 private;
	};
	u64 index;                      /* (o) offset in its file, in pages */
	atomic_t map_count;             /* (a) user page-table entries that name it */
};

enum page_flags { PAGE_DIRTY = 1 << 0, PAGE_UPTODATE = 1 << 1, PAGE_REFERENCED = 1 << 2 };
enum alloc_flags {
	ALLOC_ATOMIC = 1 << 0,  /* may not sleep */
	ALLOC_ZERO   = 1 << 1,
	ALLOC_USER   = 1 << 2,  /* leaves the reserve untouched; user memory */
};

/* One page array for all of RAM. */
extern struct page *page_array;
extern u64 page_first_pfn, page_count;

void page_init(void);                            /* from <kernel/machine.h>'s memory map */
/* 2^order pages, physically contiguous, one reference.  0 or -ENOMEM.  May sleep unless ALLOC_ATOMIC. */
int page_alloc(u32 order, enum alloc_flags flags, struct page **out) __must_check;
void page_get(struct page *p);
/* Drops a reference; the last one frees the whole allocation.  Any context. */
void page_put(struct page *p);
u64 page_free_count(void);
u64 page_total_count(void);

struct page *page_from_phys(paddr_t pa);         /* NULL when not RAM */
struct page *page_from_virt(const void *linear); /* linear-map addresses only */
paddr_t page_phys(const struct page *p);
void *page_virt(const struct page *p);           /* linear-map address */
paddr_t virt_to_phys(const void *p);             /* linear map or kernel image */
void *phys_to_virt(paddr_t pa);
