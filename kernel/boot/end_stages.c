/* The last kernel stage: nothing of the run is left behind. */
#include <kernel/accounting.h>

#include <kernel/cache.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/stage.h>
#include <kernel/task.h>
#include <kernel/time.h>

#define SETTLE_NS (2 * NSEC_PER_SEC)

/* Too large for a kernel stack. */
static struct account account_at_end;

/* Every cache has as many objects as before the first program; the first that differs is named. */
static void expect_caches_equal(const struct account *was, const struct account *now)
{
	struct cache *c;
	u32 i = 0;

	EXPECT_EQ(now->caches, was->caches);
	list_for_each(c, &all_caches, all) {
		if (now->live[i] != was->live[i])
			log_err("cache %s: %lu objects, %lu before the first program", c->name,
				now->live[i], was->live[i]);
		i++;
	}
	for (i = 0; i < was->caches; i++)
		EXPECT_EQ(now->live[i], was->live[i]);
}

/* Names the open files: before the first program there was none. */
static void log_open_files(void)
{
	struct file *f;

	list_for_each(f, &all_files, all)
		log_err("open file: %s %s, %d references", f->ops->name,
			f->path.dentry ? f->path.dentry->name : "", atomic_load(&f->refs));
}

/* The last stacks are given back by the CPUs that left them, a moment after their programs are gone. */
static void end_settle(const struct account *was, struct account *now)
{
	nsec_t limit = time_mono() + SETTLE_NS;

	account_take(now);
	while ((now->tasks > was->tasks || now->pages[PAGE_KERNEL] > was->pages[PAGE_KERNEL]) &&
	       time_mono() < limit) {
		task_set_state(TASK_UNINTERRUPTIBLE);
		task_sleep_until(time_mono() + NSEC_PER_MSEC);
		account_take(now);
	}
}

void stage_end_accounting(void)
{
	const struct account *was = &account_at_start;
	struct account *now = &account_at_end;

	end_settle(was, now);
	EXPECT_EQ(now->procs, was->procs);
	EXPECT_EQ(now->groups, was->groups);
	EXPECT_EQ(now->mms, 0u);
	EXPECT_EQ(now->tasks, was->tasks);
	if (now->files != was->files)
		log_open_files();
	EXPECT_EQ(now->files, was->files);
	EXPECT_EQ(now->pipes, 0u);
	EXPECT_EQ(now->inodes, was->inodes);
	expect_caches_equal(was, now);
	EXPECT_EQ(now->stacks, was->stacks);
	/* Every page of a file is in one inode's cache; no program's memory is left. */
	EXPECT_EQ(now->pages[PAGE_CACHE], now->inode_pages);
	EXPECT_EQ(now->pages[PAGE_ANON], 0u);
	EXPECT_EQ(now->pages[PAGE_SLAB], cache_page_count());
	EXPECT_EQ(now->pages[PAGE_TABLE], was->pages[PAGE_TABLE]);
	EXPECT_EQ(now->pages[PAGE_KERNEL], was->pages[PAGE_KERNEL]);
	EXPECT_EQ(now->pages[PAGE_FREE], page_free_count());
}
