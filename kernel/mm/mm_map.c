/*
 * Mapping, unmapping and protecting ranges of an address space.  Called by system calls, exec and the
 * vDSO's set-up, in process context.
 *
 * Nothing here touches pages that are not there: a mapping is an area, its pages come with faults.
 */
#include <kernel/mm_map.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/page.h>
#include <kernel/page_mapping.h>
#include <kernel/panic.h>
#include <kernel/user_pages.h>

struct area *mm_find_area(struct mm *mm, vaddr_t va)
{
	struct area *a = mm->last_found;

	ASSERT(mutex_held(&mm->lock));
	if (a && va - a->start < a->end - a->start)
		return a;
	a = area_find(&mm->areas, va);
	if (a)
		mm->last_found = a;
	return a;
}

static bool mm_range_valid(vaddr_t start, u64 length)
{
	return IS_ALIGNED(start, PAGE_SIZE) && length && length <= TASK_SIZE &&
	       start <= TASK_SIZE - length;
}

int mm_place(struct mm *mm, u64 length, vaddr_t hint, vaddr_t *out)
{
	hint = ALIGN_DOWN(hint, PAGE_SIZE);
	if (hint >= MM_LOWEST && mm_range_valid(hint, length) &&
	    area_range_free(&mm->areas, hint, hint + length)) {
		*out = hint;
		return 0;
	}
	*out = area_find_gap(&mm->areas, length, MM_LOWEST, mm->map_top);
	/* When the place below the stack is used up, above the heap is as good. */
	if (!*out)
		*out = area_find_gap(&mm->areas, length, MM_LOWEST, TASK_SIZE - PAGE_SIZE);
	return *out ? 0 : -ENOMEM;
}

/* Clears the way for a fixed mapping, or finds a place.  0, -EINVAL, -EEXIST, -ENOMEM. */
static int mm_make_room(struct mm *mm, const struct mm_map_args *args, u64 length, vaddr_t *out)
{
	if (!args->fixed)
		return mm_place(mm, length, args->addr, out);
	if (!IS_ALIGNED(args->addr, PAGE_SIZE))
		return -EINVAL;
	if (!mm_range_valid(args->addr, length))
		return -ENOMEM;
	*out = args->addr;
	if (args->noreplace)
		return area_range_free(&mm->areas, args->addr, args->addr + length) ? 0 : -EEXIST;
	return mm_unmap_locked(mm, args->addr, length);
}

/* Where the pages of a new area come from.  0 or -ENOMEM. */
static int area_set_backing(struct area *a, const struct mm_map_args *args)
{
	if (args->file) {
		a->file = args->file;
		file_get(a->file);
		a->mapping = &args->file->inode->mapping;
		a->offset = args->offset;
	} else if (args->flags & AREA_SHARED) {
		int err = shared_memory_new(&a->shared);

		if (err)
			return err;
		a->mapping = &a->shared->mapping;
	}
	return 0;
}

int mm_map_locked(struct mm *mm, const struct mm_map_args *args, vaddr_t *out)
{
	u64 length = ALIGN_UP(args->length, PAGE_SIZE);
	struct area *a;
	vaddr_t start;
	int err;

	ASSERT(mutex_held(&mm->lock));
	if (!args->length || !IS_ALIGNED(args->offset, PAGE_SIZE))
		return -EINVAL;
	if (length < args->length || length > TASK_SIZE)
		return -ENOMEM;
	err = area_new(NULL, &a);
	if (err)
		return err;
	a->prot = args->prot;
	a->flags = args->flags | mm->default_flags;
	err = area_set_backing(a, args);
	if (err)
		goto out_free;
	err = mm_make_room(mm, args, length, &start);
	if (err)
		goto out_free;
	a->start = start;
	a->end = start + length;
	mm_add_area(mm, a);
	mm_merge_area(a);
	*out = start;
	return 0;
out_free:
	area_free(a);
	return err;
}

int mm_map(struct mm *mm, const struct mm_map_args *args, vaddr_t *out)
{
	int err;

	mutex_lock(&mm->lock);
	err = mm_map_locked(mm, args, out);
	mutex_unlock(&mm->lock);
	return err;
}

int mm_map_pages(struct mm *mm, vaddr_t hint, struct page **pages, u32 count, enum area_prot prot,
		 vaddr_t *out)
{
	struct mm_map_args args = {
		.addr = hint,
		.length = (u64)count << PAGE_SHIFT,
		.prot = prot,
		.flags = AREA_SPECIAL,
	};
	pte_t *entry;
	int err;

	mutex_lock(&mm->lock);
	err = mm_map_locked(mm, &args, out);
	for (u32 i = 0; !err && i < count; i++) {
		vaddr_t va = *out + i * PAGE_SIZE;

		err = pt_entry(&mm->mmu, va, &entry);
		if (err)
			break;
		page_get(pages[i]);
		pte_write(&mm->mmu, entry, va, 3,
			  pte_make(page_phys(pages[i]), user_pt_flags(prot)));
		atomic64_inc(&mm->resident);
	}
	pt_publish();
	mutex_unlock(&mm->lock);
	return err;
}

/*
 * Cuts areas so that none reaches over the borders of [start, end).  0, -ENOMEM, or -EINVAL for a
 * special one.
 */
static int mm_cut_range(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct area *a = area_find(&mm->areas, start);
	int err = 0;

	if (a && a->start < start)
		err = mm_split_area(a, start);
	if (err)
		return err;
	a = area_find(&mm->areas, end);
	if (a && a->start < end)
		err = mm_split_area(a, end);
	return err;
}

int mm_unmap_locked(struct mm *mm, vaddr_t start, u64 length)
{
	vaddr_t end = start + ALIGN_UP(length, PAGE_SIZE);
	struct area *a;
	int err;

	ASSERT(mutex_held(&mm->lock));
	if (!mm_range_valid(start, end - start))
		return -EINVAL;
	err = mm_cut_range(mm, start, end);
	if (err)
		return err;
	while ((a = area_find_from(&mm->areas, start)) && a->start < end) {
		mm_drop_area(mm, a);
		user_pages_zap(mm, a->start, a->end);
		area_free(a);
	}
	return 0;
}

int mm_unmap(struct mm *mm, vaddr_t start, u64 length)
{
	int err;

	mutex_lock(&mm->lock);
	err = mm_unmap_locked(mm, start, length);
	mutex_unlock(&mm->lock);
	return err;
}

/* Whether areas cover all of [start, end), and each may have the protection.  0, -ENOMEM, -EACCES. */
static int mm_may_protect(struct mm *mm, vaddr_t start, vaddr_t end, enum area_prot prot)
{
	struct area *a = area_find(&mm->areas, start);

	for (; start < end; start = a->end, a = area_next(a)) {
		if (!a || a->start > start)
			return -ENOMEM;
		if ((prot & PROT_WRITE) && (a->flags & (AREA_NO_WRITE | AREA_SPECIAL)))
			return -EACCES;
	}
	return 0;
}

static int mm_protect_locked(struct mm *mm, vaddr_t start, vaddr_t end, enum area_prot prot)
{
	struct area *a;
	int err;

	err = mm_may_protect(mm, start, end, prot);
	if (!err)
		err = mm_cut_range(mm, start, end);
	if (err)
		return err;
	while (start < end) {
		a = area_find(&mm->areas, start);
		start = a->end;
		a->prot = prot;
		user_pages_protect(mm, a->start, a->end, prot);
		mm_merge_area(a);
	}
	return 0;
}

int mm_protect(struct mm *mm, vaddr_t start, u64 length, enum area_prot prot)
{
	vaddr_t end = start + ALIGN_UP(length, PAGE_SIZE);
	int err;

	if (!length)
		return IS_ALIGNED(start, PAGE_SIZE) ? 0 : -EINVAL;
	if (!IS_ALIGNED(start, PAGE_SIZE))
		return -EINVAL;
	if (!mm_range_valid(start, end - start))
		return -ENOMEM;
	mutex_lock(&mm->lock);
	err = mm_protect_locked(mm, start, end, prot);
	mutex_unlock(&mm->lock);
	return err;
}
