/*
 * Physical pages: one struct page each.  kernel/mm/page.c; the buddy lists are in <kernel/buddy.h>.
 *
 * Fields: (z) zone lock  (a) atomic  (o) the owner's lock  (!) set at creation
 */
#pragma once

#include <arch/layout.h>
#include <kernel/atomic.h>
#include <kernel/compiler.h>
#include <kernel/list.h>
#include <kernel/types.h>

enum { PAGE_ORDER_MAX = 10 };

enum page_kind {
	PAGE_FREE,      /* in the buddy's lists (order in .order), or inside somebody's block */
	PAGE_RESERVED,  /* kernel image, firmware, device tree; never freed */
	PAGE_KERNEL,    /* page_alloc() for the kernel's own use */
	PAGE_SLAB,      /* .cache and what follows */
	PAGE_TABLE,     /* a translation table */
	PAGE_ANON,      /* user memory without a file */
	PAGE_CACHE,     /* of a file: .mapping and .index */
};

enum page_flags {
	PAGE_DIRTY      = 1 << 0,
	PAGE_UPTODATE   = 1 << 1,
	PAGE_REFERENCED = 1 << 2,
	PAGE_FETCHABLE  = 1 << 3, /* instruction fetches see what was written to it */
};

struct cache;
struct page_mapping;

/*
 * One page.  Of an allocation of several, the first one speaks for all.  A user mapping holds one
 * reference for each table entry, so an anonymous page with one reference has one owner.
 */
struct page {
	enum page_kind kind : 8;
	u8 order;                       /* of a free block, or of the allocation */
	u16 flags;                      /* (a) enum page_flags, by page_set_flags() */
	atomic_t refs;                  /* (a) users; freed with the last */
	struct list_node node;          /* (z) free list, or (o) the owner's */
	union {
		struct {                /* PAGE_CACHE */
			struct page_mapping *mapping; /* (o) NULL once truncated */
			u64 index;      /* (!) offset in its file, in pages */
		};
		struct {                /* PAGE_SLAB, (o) cache.lock */
			struct cache *cache;
			void *free_objects;
			struct page *slab; /* (!) first page of the slab */
			u32 used;
		};
		u64 private;
	};
	u64 unused;                     /* makes it 64 bytes */
};

STATIC_ASSERT(sizeof(struct page) == 64, "one cache line, so that boot clears it with one DC ZVA");

enum alloc_flags {
	ALLOC_ATOMIC = 1 << 0,  /* may not sleep, may use the reserve */
	ALLOC_ZERO   = 1 << 1,
	ALLOC_USER   = 1 << 2,  /* user memory: leaves the kernel's share untouched, too */
};

/* One page array for all of RAM; holes in it are PAGE_RESERVED. */
extern struct page *page_array;
extern u64 page_first_pfn, page_count;

/* Everything up to kmalloc() and vmap_alloc().  Once, when <kernel/machine.h> is filled in. */
void memory_init(void);
/* Notes in memory_free_at_start how many pages are free or in kernel_mmu's tables, for accounting. */
void memory_mark_start(void);
extern u64 memory_free_at_start;
/* Makes the page array from <kernel/machine.h>'s memory map.  Once, when the linear map is there. */
void page_init(void);
/* Gives pages that were reserved at boot (the initrd) to the allocator: whole pages inside only. */
void page_release_reserved(paddr_t base, u64 size);

/*
 * 2^order pages, physically contiguous, naturally aligned, one reference, PAGE_KERNEL.  0 or -ENOMEM.
 * Any context with ALLOC_ATOMIC; it never sleeps now, but callers without that flag may not rely on it.
 */
int page_alloc(u32 order, enum alloc_flags flags, struct page **out) __must_check;
/* Drops a reference; the last one frees the whole allocation.  Any context. */
void page_put(struct page *p);

/* Takes a reference; the caller holds one already, or the lock of somebody who does.  Any context. */
static inline void page_get(struct page *p)
{
	__atomic_fetch_add(&p->refs.value, 1, __ATOMIC_RELAXED);
}

/* Several mappings of a page may say things about it at once.  Any context. */
static inline void page_set_flags(struct page *p, enum page_flags flags)
{
	__atomic_fetch_or(&p->flags, (u16)flags, __ATOMIC_ACQ_REL);
}

static inline void page_clear_flags(struct page *p, enum page_flags flags)
{
	__atomic_fetch_and(&p->flags, (u16)~flags, __ATOMIC_ACQ_REL);
}

static inline int page_refs(const struct page *p)
{
	return atomic_load(&p->refs);
}

/* Pages that nobody owns: in the buddy's lists and in every CPU's hot cache.  Exact when all is quiet. */
u64 page_free_count(void);
/* Pages of RAM that the allocator ever had. */
u64 page_total_count(void);
/* Gives this CPU's hot pages back to the buddy, for stages that look at it. */
void page_drain_hot(void);

static inline u64 page_pfn(const struct page *p)
{
	return (u64)(p - page_array) + page_first_pfn;
}

static inline paddr_t page_phys(const struct page *p)
{
	return page_pfn(p) << PAGE_SHIFT;
}

/* The page's address in the linear map. */
static inline void *page_virt(const struct page *p)
{
	return (void *)(LINEAR_BASE + page_phys(p));
}

/* The page of a physical address; NULL when that is not RAM. */
static inline struct page *page_from_phys(paddr_t pa)
{
	u64 n = (pa >> PAGE_SHIFT) - page_first_pfn;

	return n < page_count ? &page_array[n] : NULL;
}

static inline void *phys_to_virt(paddr_t pa)
{
	return (void *)(LINEAR_BASE + pa);
}

/* Of an address in the linear map or in the kernel's image. */
paddr_t virt_to_phys(const void *p);
/* Of an address in the linear map only. */
static inline struct page *page_from_virt(const void *linear)
{
	return page_from_phys((vaddr_t)linear - LINEAR_BASE);
}
