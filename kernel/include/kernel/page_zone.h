/* The insides of the page allocator, for kernel/mm/page*.c, its stages and the debugger. */
#pragma once

#include <kernel/buddy.h>
#include <kernel/cpu.h>
#include <kernel/spinlock.h>

enum { PAGE_HOT_MAX = 64, PAGE_HOT_BATCH = 32 };

/* Free single pages of one CPU; the last freed, still in its cache, is used first.  Interrupts off. */
struct page_hot {
	u32 count;
	struct page *pages[PAGE_HOT_MAX];
};

struct page_zone {
	struct spinlock lock;  /* irqsave */
	struct buddy buddy;    /* (lock) */
	u64 total;             /* (lock) pages the allocator ever had */
	u64 reserve;           /* (!) free pages that only ALLOC_ATOMIC may use up */
	struct page_hot hot[CPUS_MAX];
};

extern struct page_zone page_zone;
