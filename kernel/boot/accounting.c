/*
 * Counting what the kernel holds.  Called before the first program and by the last kernel stage, when no
 * program is left: whatever differs then has leaked, and its list or its cache says what it is.
 */
#include <kernel/accounting.h>

#include <kernel/cache.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/pipe.h>
#include <kernel/proc.h>
#include <kernel/slab.h>
#include <kernel/smp.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/vfs.h>
#include <kernel/vmap.h>

/* Long enough for every CPU to have switched away from the tasks that ended. */
enum { ACCOUNT_SETTLE_NS = 2 * NSEC_PER_MSEC };

struct account account_at_start;

static void account_drain_cpu(void *unused)
{
	cache_drain();
	page_drain_hot();
}

static void account_settle(void)
{
	task_set_state(TASK_UNINTERRUPTIBLE);
	(void)task_sleep_until(time_mono() + ACCOUNT_SETTLE_NS);
	task_reap_dead();
	while (dcache_shrink(NULL, ~0u))
		;
	vmap_stack_drain();
	smp_call(smp_online_mask(), account_drain_cpu, NULL);
}

static void account_pages(struct account *a)
{
	u64 i;

	for (i = 0; i < page_count; i++) {
		const struct page *p = &page_array[i];
		u64 block = p->kind == PAGE_FREE ? 1 : 1ul << p->order;

		a->pages[p->kind] += block;
		i += block - 1;
	}
}

static void account_inodes(struct account *a)
{
	struct super_block *sb;
	struct inode *inode;

	list_for_each(sb, &all_supers, all) {
		list_for_each(inode, &sb->inodes, all) {
			a->inodes++;
			a->inode_pages += inode->mapping.pages.count;
		}
	}
}

static void account_caches(struct account *a)
{
	struct cache *c;

	list_for_each(c, &all_caches, all) {
		PANIC_IF(a->caches == ACCOUNT_CACHES_MAX);
		a->live[a->caches++] = cache_live_count(c);
	}
}

void account_take(struct account *a)
{
	*a = (struct account){ .caches = 0 };
	account_settle();
	a->tasks = list_length(&all_tasks);
	a->procs = list_length(&all_procs);
	a->groups = list_length(&all_groups);
	a->mms = list_length(&all_mms);
	a->files = list_length(&all_files);
	a->pipes = list_length(&all_pipes);
	a->stacks = vmap_stack_count();
	account_pages(a);
	account_inodes(a);
	account_caches(a);
}

void account_start(void)
{
	account_take(&account_at_start);
}
