/*
 * The life of address spaces.  Made by exec and fork, shared by threads, ended with the last of them.
 * Called in process context, except for mm_switch() and mm_get().
 */
#include <kernel/mm.h>

#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/mm_map.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/task.h>
#include <kernel/user_pages.h>

/* Mappings are placed from here down; what is above is for the stack to grow. */
#define MM_MAP_TOP (TASK_SIZE - (256UL << 20))

struct list all_mms = LIST_INIT(all_mms);
struct spinlock all_mms_lock = SPINLOCK_INIT("all_mms");

static struct cache *mm_cache;

void mm_setup(void)
{
	mm_cache = cache_create("mm", sizeof(struct mm), 64, CACHE_ZERO);
	areas_setup();
	page_mapping_setup();
}

int mm_create(struct mm **out)
{
	struct mm *mm = cache_alloc(mm_cache, 0);
	int err;

	if (!mm)
		return -ENOMEM;
	err = pt_create(&mm->mmu);
	if (err) {
		cache_free(mm_cache, mm);
		return err;
	}
	mutex_init(&mm->lock, "mm");
	spin_init(&mm->pt_lock, "mm_pt");
	areas_init(&mm->areas);
	mm->map_top = MM_MAP_TOP;
	atomic_store_relaxed(&mm->users, 1);
	spin_lock(&all_mms_lock);
	list_push_back(&all_mms, &mm->all);
	spin_unlock(&all_mms_lock);
	*out = mm;
	return 0;
}

void mm_get(struct mm *mm)
{
	atomic_inc(&mm->users);
}

/* Drops the pages of all areas and the areas, children before parents, so that nothing is rebalanced. */
static void mm_free_areas(struct mm *mm)
{
	struct rb_node *node = mm->areas.root;

	while (node) {
		struct rb_node *parent = node->parent;
		struct area *a = rb_entry(node, struct area, node);

		if (node->left || node->right) {
			node = node->left ? node->left : node->right;
			continue;
		}
		if (parent && parent->left == node)
			parent->left = NULL;
		else if (parent)
			parent->right = NULL;
		area_detach(a);
		user_pages_release(mm, a->start, a->end);
		area_free(a);
		node = parent;
	}
	mm->areas.root = NULL;
}

void mm_put(struct mm *mm)
{
	if (atomic_dec_return(&mm->users))
		return;
	spin_lock(&all_mms_lock);
	list_remove(&mm->all);
	spin_unlock(&all_mms_lock);
	/* A CPU that idles may have the tables loaded still, and would take the next mm here for this one. */
	sched_forget_mm(mm);
	mm_free_areas(mm);
	if (mm->exe) {
		inode_exec_end(mm->exe->inode);
		file_put(mm->exe);
	}
	pt_destroy(&mm->mmu);
	cache_free(mm_cache, mm);
}

void mm_switch(struct mm *prev, struct mm *next)
{
	this_cpu()->mm = next;
	arch_mmu_switch(next ? &next->mmu : NULL);
}
