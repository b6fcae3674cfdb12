/*
 * What the kernel holds at one moment, by kind: pages, objects, and what hangs on the named lists.
 * kernel/boot/accounting.c; compared at both ends of the user stages.
 */
#pragma once

#include <kernel/types.h>

enum { ACCOUNT_CACHES_MAX = 64, ACCOUNT_PAGE_KINDS = 8 };

struct account {
	u64 pages[ACCOUNT_PAGE_KINDS];    /* by enum page_kind, a block counts with all its pages */
	u64 live[ACCOUNT_CACHES_MAX];     /* objects in use, in the order of all_caches */
	u32 caches;
	u32 tasks, procs, groups, mms, files, pipes;
	u64 inodes, inode_pages;          /* of every super block; pages in their caches */
	u64 stacks;                       /* kernel stacks in use */
};

/*
 * Counts. First gives back everything that is only kept ready: magazines, stacks, unused names, dead
 * tasks.  Process context, may sleep; nobody else may run meanwhile.
 */
void account_take(struct account *a);

/* Remembers the present state as the one to come back to.  Once, before the first program runs. */
void account_start(void);
extern struct account account_at_start;
