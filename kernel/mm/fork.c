/*
 * Copying an address space for fork(): areas are copied, pages are shared.  Private pages that could be
 * written become read-only in both; the first to write gets a copy (fault.c).  Called in process
 * context by clone().
 */
#include <kernel/mm_map.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/panic.h>
#include <kernel/user_pages.h>

/* Copies one area with what is mapped in it.  0 or -ENOMEM. */
static int mm_fork_area(struct mm *from, struct mm *to, const struct area *a, bool *protected)
{
	struct area *copy;
	int err;

	err = area_new(a, &copy);
	if (err)
		return err;
	/* Locks on memory are not inherited. */
	copy->flags &= ~(u32)AREA_LOCKED;
	mm_add_area(to, copy);
	return a->flags & AREA_WIPEFORK ? 0 : user_pages_share(from, to, copy, protected);
}

static void mm_copy_layout(struct mm *from, struct mm *to)
{
	to->map_top = from->map_top;
	to->brk_start = from->brk_start;
	to->brk = from->brk;
	to->stack_top = from->stack_top;
	to->arg_start = from->arg_start;
	to->arg_end = from->arg_end;
	to->env_start = from->env_start;
	to->env_end = from->env_end;
	to->auxv_start = from->auxv_start;
	to->auxv_end = from->auxv_end;
	to->vdso = from->vdso;
	to->exe = from->exe;
	if (to->exe) {
		/* Cannot fail: the parent's count keeps writers out already. */
		PANIC_IF(inode_exec_begin(to->exe->inode));
		file_get(to->exe);
	}
}

int mm_fork(struct mm *from, struct mm **out)
{
	bool protected = false;
	struct rb_node *node;
	struct mm *to;
	int err;

	err = mm_create(&to);
	if (err)
		return err;
	mutex_lock(&from->lock);
	mm_copy_layout(from, to);
	rb_for_each(node, &from->areas) {
		const struct area *a = rb_entry(node, struct area, node);

		if (a->flags & AREA_DONTFORK)
			continue;
		err = mm_fork_area(from, to, a, &protected);
		if (err)
			break;
	}
	pt_publish();
	/* Even when it failed: entries of ours are narrower than other CPUs believe. */
	if (protected)
		tlb_flush_range(&from->mmu, 0, TASK_SIZE);
	mutex_unlock(&from->lock);
	if (err) {
		mm_put(to);
		return err;
	}
	*out = to;
	return 0;
}
