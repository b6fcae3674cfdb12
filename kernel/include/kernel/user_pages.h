/*
 * The pages that an address space has in its tables: operations on ranges of leaf entries.
 * kernel/mm/user_pages.c.  All with mm.lock held (or, for user_pages_zap(), areas_lock of a mapping
 * that an area of mm in this range is on).
 */
#pragma once

#include <kernel/mm.h>
#include <kernel/page.h>

/* The page of a valid entry of user memory: always RAM. */
static inline struct page *user_pte_page(pte_t pte)
{
	return &page_array[(pte_addr(pte) >> PAGE_SHIFT) - page_first_pfn];
}

/* The table's permissions for an area's, ready for a fault to narrow. */
static inline enum pt_flags user_pt_flags(enum area_prot prot)
{
	STATIC_ASSERT((int)PROT_READ == (int)PT_READ && (int)PROT_WRITE == (int)PT_WRITE &&
		      (int)PROT_EXEC == (int)PT_EXEC, "the bits are the same");
	return (enum pt_flags)prot | PT_USER;
}

/* Unmaps [start, end), flushes, and drops the pages.  Any context that may take pt_lock. */
void user_pages_zap(struct mm *mm, vaddr_t start, vaddr_t end);
/* The same for tables that no CPU will ever use again and that are freed next: nothing is written. */
void user_pages_release(struct mm *mm, vaddr_t start, vaddr_t end);
/* Gives what is mapped in [start, end) new permissions; a page becomes writable by a fault only. */
void user_pages_protect(struct mm *mm, vaddr_t start, vaddr_t end, enum area_prot prot);
/*
 * Shares the pages of an area with the copy `to` of its address space, `cow`: write-protected in both.
 * *protected is set when an entry of `from` was narrowed: the caller flushes.  May sleep.  0 or -ENOMEM.
 */
int user_pages_share(struct mm *from, struct mm *to, const struct area *a, bool *protected) __must_check;
/* Moves entries to another place of equal size where there are none; flushes.  May sleep.  0 or -ENOMEM. */
int user_pages_move(struct mm *mm, vaddr_t from, vaddr_t to, u64 size) __must_check;
/* Makes what was written to the page visible to instruction fetches, once. */
void user_page_make_fetchable(struct page *p);
