/*
 * mremap(2): a mapping grows, shrinks or moves, its pages with it, without a copy.
 */
#include <kernel/syscall.h>

#include <kernel/errno.h>
#include <kernel/mm_map.h>
#include <kernel/page.h>
#include <kernel/page_mapping.h>
#include <kernel/proc.h>
#include <kernel/task.h>
#include <kernel/user_pages.h>
#include <uapi/mman.h>

struct mremap {
	struct mm *mm;
	vaddr_t old;
	u64 old_length, length; /* whole pages */
	unsigned long flags;
	vaddr_t new;
};

/* Makes [old, old + old_length) an area of its own.  0, -ENOMEM, -EINVAL. */
static int mremap_isolate(const struct mremap *r, struct area **out)
{
	struct area *a = mm_find_area(r->mm, r->old);
	int err = 0;

	if (a->start < r->old)
		err = mm_split_area(a, r->old);
	a = mm_find_area(r->mm, r->old);
	if (!err && a->end > r->old + r->old_length)
		err = mm_split_area(a, r->old + r->old_length);
	*out = a;
	return err;
}

/* Chooses or clears the new place.  0 or an errno. */
static int mremap_place(struct mremap *r)
{
	if (r->flags & MREMAP_FIXED)
		return mm_unmap_locked(r->mm, r->new, r->length);
	return mm_place(r->mm, r->length, 0, &r->new);
}

static int mremap_move(struct mremap *r)
{
	struct area *a, *copy;
	int err;

	err = mremap_place(r);
	if (!err)
		err = mremap_isolate(r, &a);
	if (!err)
		err = area_new(a, &copy);
	if (err)
		return err;
	copy->start = r->new;
	copy->end = r->new + r->length;
	/* In the tree before its pages come, so that a truncation looks in both places. */
	mm_add_area(r->mm, copy);
	err = user_pages_move(r->mm, r->old, r->new, r->old_length);
	if (err) {
		mm_drop_area(r->mm, copy);
		area_free(copy);
		return err;
	}
	if (!(r->flags & MREMAP_DONTUNMAP)) {
		mm_drop_area(r->mm, a);
		area_free(a);
	}
	mm_merge_area(copy);
	return 0;
}

/* Whether the mapping can become longer where it is. */
static bool mremap_fits_in_place(const struct mremap *r, const struct area *a)
{
	vaddr_t end = r->old + r->old_length;

	return a->end == end && r->old + r->length <= TASK_SIZE &&
	       area_range_free(&r->mm->areas, end, r->old + r->length);
}

static long mremap_locked(struct mremap *r)
{
	struct area *a = mm_find_area(r->mm, r->old);
	u64 limit = current->proc->limits[RLIMIT_AS].rlim_cur;
	int err;

	if (!a || a->end - r->old < r->old_length)
		return -EFAULT;
	if (a->flags & AREA_SPECIAL)
		return -EINVAL;
	if ((r->flags & MREMAP_DONTUNMAP) && a->mapping)
		return -EINVAL;
	if (r->length < r->old_length) {
		err = mm_unmap_locked(r->mm, r->old + r->length, r->old_length - r->length);
		if (err)
			return err;
		r->old_length = r->length;
		a = mm_find_area(r->mm, r->old);
	}
	if ((r->mm->mapped_pages << PAGE_SHIFT) + r->length - r->old_length > limit)
		return -ENOMEM;
	if (!(a->flags & AREA_SHARED) && r->length >> PAGE_SHIFT > page_total_count())
		return -ENOMEM;
	if (!(r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))) {
		if (r->length == r->old_length)
			return r->old;
		if (mremap_fits_in_place(r, a)) {
			mm_resize_area(a, a->start, r->old + r->length);
			mm_merge_area(a);
			return r->old;
		}
		if (!(r->flags & MREMAP_MAYMOVE))
			return -ENOMEM;
	}
	err = mremap_move(r);
	return err ? err : (long)r->new;
}

static bool mremap_is_valid(const struct mremap *r)
{
	bool fixed = r->flags & MREMAP_FIXED;

	if (r->flags & ~(unsigned long)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP))
		return false;
	if ((r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(r->flags & MREMAP_MAYMOVE))
		return false;
	if ((r->flags & MREMAP_DONTUNMAP) && r->length != r->old_length)
		return false;
	if (!IS_ALIGNED(r->old, PAGE_SIZE) || !r->length || !r->old_length || r->length > TASK_SIZE)
		return false;
	if (!fixed)
		return true;
	/* The two places may not overlap. */
	return IS_ALIGNED(r->new, PAGE_SIZE) && r->new <= TASK_SIZE - r->length &&
	       r->new >= MM_LOWEST &&
	       (r->new + r->length <= r->old || r->old + r->old_length <= r->new);
}

long sys_mremap(vaddr_t addr, size_t old_length, size_t length, unsigned long flags, vaddr_t new_addr)
{
	struct mremap r = {
		.mm = current->mm,
		.old = addr,
		.old_length = ALIGN_UP(old_length, PAGE_SIZE),
		.length = ALIGN_UP(length, PAGE_SIZE),
		.flags = flags,
		.new = new_addr,
	};
	long result;

	if (!mremap_is_valid(&r))
		return -EINVAL;
	mutex_lock(&r.mm->lock);
	result = mremap_locked(&r);
	if (result >= 0 && r.mm->default_flags & AREA_LOCKED)
		(void)!mm_populate_locked(r.mm, result, result + r.length);
	mutex_unlock(&r.mm->lock);
	return result;
}
