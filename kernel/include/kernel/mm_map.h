/* Inside kernel/mm: making, cutting and removing areas.  kernel/mm/mm_map.c, mm_area.c */
#pragma once

#include <kernel/mm.h>

/* Before the first address space. */
void areas_setup(void);

/* ---- One area, kernel/mm/mm_area.c -------------------------------------------------------------- */

/* An area like `like` (NULL: zeroes) with references of its own, in no tree.  0 or -ENOMEM. */
int area_new(const struct area *like, struct area **out) __must_check;
/* Drops its references and frees it.  In no tree; may sleep. */
void area_free(struct area *a);
/* Shows the area to truncation of what it maps, and hides it again.  No-ops for private memory. */
void area_attach(struct area *a);
void area_detach(struct area *a);

/* Enters the area in mm's tree and counters. */
void mm_add_area(struct mm *mm, struct area *a) REQUIRES(mm->lock);
/* Takes the area out; its pages are the caller's business. */
void mm_drop_area(struct mm *mm, struct area *a) REQUIRES(mm->lock);
/* Moves borders; what lies behind them is the caller's business. */
void mm_resize_area(struct area *a, vaddr_t start, vaddr_t end) REQUIRES(mm->lock);
/* Cuts an area in two at `at`, inside it.  0, -ENOMEM, or -EINVAL for a special one. */
int mm_split_area(struct area *a, vaddr_t at) REQUIRES(mm->lock) __must_check;
/* Joins the area with its neighbours where they continue each other; returns what it became. */
struct area *mm_merge_area(struct area *a) REQUIRES(mm->lock);

/* ---- Ranges, with mm.lock held, kernel/mm/mm_map.c ---------------------------------------------- */

int mm_map_locked(struct mm *mm, const struct mm_map_args *args, vaddr_t *out) REQUIRES(mm->lock)
	__must_check;
int mm_unmap_locked(struct mm *mm, vaddr_t start, u64 length) REQUIRES(mm->lock) __must_check;
/* Where `length` bytes would go: `hint` if that is free, else the highest gap.  0 or -ENOMEM. */
int mm_place(struct mm *mm, u64 length, vaddr_t hint, vaddr_t *out) REQUIRES(mm->lock) __must_check;
/* Faults in [start, end) as far as areas allow.  0, or the first error. */
int mm_populate_locked(struct mm *mm, vaddr_t start, vaddr_t end) REQUIRES(mm->lock) __must_check;

/* ---- Faults, kernel/mm/fault.c ------------------------------------------------------------------ */

/*
 * Brings in the page at va for this access, which the area allows.  0 (look again: it may have gone
 * meanwhile), -ENOMEM, -EIO, or -ENXIO behind the end of the file.  May sleep.
 */
int fault_resolve(struct mm *mm, struct area *a, vaddr_t va, enum mm_access access) REQUIRES(mm->lock)
	__must_check;
/* The area for an access of current's own at va, a stack grown to it.  0, -EFAULT or -EACCES. */
int fault_find_area(struct mm *mm, vaddr_t va, enum mm_access access, struct area **out)
	REQUIRES(mm->lock) __must_check;
