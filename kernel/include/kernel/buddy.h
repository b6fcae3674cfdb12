/*
 * The buddy system: free blocks of 2^order pages, split on demand and joined again when both halves are
 * free.  kernel/mm/buddy.c.  Pure: works on any array of struct page; the caller locks.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/page.h>
#include <kernel/types.h>

struct buddy {
	struct page *pages;  /* (!) pages[0] has number `first` */
	u64 first, count;    /* (!) */
	u64 free;            /* pages in the lists */
	u32 orders;          /* bit n: lists[n] is not empty */
	struct list lists[PAGE_ORDER_MAX + 1];
};

void buddy_init(struct buddy *b, struct page *pages, u64 first, u64 count);
/* Takes a block of 2^order pages, splitting a larger one; NULL when there is none. */
struct page *buddy_take(struct buddy *b, u32 order);
/* Gives a block back and joins it with its free buddies. */
void buddy_give(struct buddy *b, struct page *p, u32 order);
/* Gives [pfn, end) in the largest aligned blocks; its neighbours are not PAGE_FREE, or in the lists. */
void buddy_give_range(struct buddy *b, u64 pfn, u64 end);
