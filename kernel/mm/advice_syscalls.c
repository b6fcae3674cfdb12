/*
 * madvise, msync, mincore and the mlock family.  Nothing is ever paged out here, so a lock on memory
 * only means that its pages are brought in; advice about paging is checked and then kept in mind.
 */
#include <kernel/syscall.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/mm_map.h>
#include <kernel/page.h>
#include <kernel/page_mapping.h>
#include <kernel/proc.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include <kernel/user_pages.h>
#include <uapi/mman.h>

enum { MINCORE_PIECE = 256 };

/* Rounds a user's range to pages.  0, -EINVAL, or -ENOMEM beyond the end of user memory. */
static int range_pages(vaddr_t start, size_t length, vaddr_t *end)
{
	if (!IS_ALIGNED(start, PAGE_SIZE))
		return -EINVAL;
	if (length > TASK_SIZE || start > TASK_SIZE - length)
		return -ENOMEM;
	*end = ALIGN_UP(start + length, PAGE_SIZE);
	return 0;
}

/* Changes flags of the areas in [start, end).  0, or -ENOMEM for a hole in it (the rest is done). */
static int range_set_flags(struct mm *mm, vaddr_t start, vaddr_t end, enum area_flags clear,
			   enum area_flags set)
{
	int result = 0, err;
	struct area *a;

	while (start < end) {
		a = area_find_from(&mm->areas, start);
		if (!a || a->start >= end)
			return -ENOMEM;
		if (a->start > start)
			result = -ENOMEM;
		err = 0;
		if (a->start < start) {
			err = mm_split_area(a, start);
			a = err ? a : area_find(&mm->areas, start);
		}
		if (!err && a->end > end)
			err = mm_split_area(a, end);
		if (err)
			return err;
		start = a->end;
		if (a->flags & AREA_LOCKED)
			mm->locked_pages -= (a->end - a->start) >> PAGE_SHIFT;
		a->flags = (a->flags & ~(u32)clear) | set;
		if (a->flags & AREA_LOCKED)
			mm->locked_pages += (a->end - a->start) >> PAGE_SHIFT;
		mm_merge_area(a);
	}
	return result;
}

/* Calls zap for the mapped parts of the range.  0, or -ENOMEM for a hole in it. */
static int range_drop(struct mm *mm, vaddr_t start, vaddr_t end)
{
	int result = 0;

	while (start < end) {
		struct area *a = area_find_from(&mm->areas, start);

		if (!a || a->start >= end)
			return -ENOMEM;
		if (a->start > start)
			result = -ENOMEM;
		if (a->flags & (AREA_LOCKED | AREA_SPECIAL))
			return -EINVAL;
		user_pages_zap(mm, MAX(a->start, start), MIN(a->end, end));
		start = a->end;
	}
	return result;
}

static int range_is_mapped(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct area *a;

	for (; start < end; start = a->end) {
		a = mm_find_area(mm, start);
		if (!a)
			return -ENOMEM;
	}
	return 0;
}

static int madvise_locked(struct mm *mm, vaddr_t start, vaddr_t end, enum madvise_advice advice)
{
	int err;

	switch (advice) {
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
		return range_is_mapped(mm, start, end);
	case MADV_DONTNEED:
	case MADV_FREE:
		return range_drop(mm, start, end);
	case MADV_DONTFORK:
		return range_set_flags(mm, start, end, 0, AREA_DONTFORK);
	case MADV_DOFORK:
		return range_set_flags(mm, start, end, AREA_DONTFORK, 0);
	case MADV_WIPEONFORK:
		return range_set_flags(mm, start, end, 0, AREA_WIPEFORK);
	case MADV_KEEPONFORK:
		return range_set_flags(mm, start, end, AREA_WIPEFORK, 0);
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		err = mm_populate_locked(mm, start, end);
		return err == -ENXIO ? -EFAULT : err;
	default:
		return -EINVAL;
	}
}

long sys_madvise(vaddr_t addr, size_t length, int advice)
{
	struct mm *mm = current->mm;
	vaddr_t end;
	int err;

	err = range_pages(addr, length, &end);
	if (err)
		return -EINVAL;
	mutex_lock(&mm->lock);
	err = madvise_locked(mm, addr, end, advice);
	mutex_unlock(&mm->lock);
	return err;
}

/*
 * The file of a shared mapping at *va, with a reference; *va moves behind its area.  0, -ENOMEM, or
 * -EBUSY when locked memory would have to be invalidated.
 */
static int msync_next_file(struct mm *mm, vaddr_t *va, int flags, struct file **out)
{
	int err = 0;
	struct area *a;

	*out = NULL;
	mutex_lock(&mm->lock);
	a = mm_find_area(mm, *va);
	if (!a)
		err = -ENOMEM;
	else if ((flags & MS_INVALIDATE) && (a->flags & AREA_LOCKED))
		err = -EBUSY;
	if (!err && a->file && (a->flags & AREA_SHARED)) {
		*out = a->file;
		file_get(a->file);
	}
	if (!err)
		*va = a->end;
	mutex_unlock(&mm->lock);
	return err;
}

long sys_msync(vaddr_t addr, size_t length, int flags)
{
	struct file *file;
	vaddr_t end;
	int err;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || (flags & MS_ASYNC && flags & MS_SYNC))
		return -EINVAL;
	err = range_pages(addr, length, &end);
	while (!err && addr < end) {
		err = msync_next_file(current->mm, &addr, flags, &file);
		if (!file)
			continue;
		if (flags & MS_SYNC && file->ops->fsync)
			err = file->ops->fsync(file, true);
		file_put(file);
	}
	return err;
}

/* Whether the page at va is in memory: in the tables, or in the cache of its file. */
static bool mincore_page(struct mm *mm, struct area *a, vaddr_t va)
{
	struct page *p;
	vaddr_t next;
	pte_t *entry = pt_slice(&mm->mmu, va, va + PAGE_SIZE, &next);

	if (entry && pte_is_valid(pte_read(entry)))
		return true;
	if (!a->mapping ||
	    page_mapping_get(a->mapping, (va - a->start + a->offset) >> PAGE_SHIFT, false, &p))
		return false;
	page_put(p);
	return true;
}

/* Fills vec for up to MINCORE_PIECE pages.  0 or -ENOMEM. */
static int mincore_piece(struct mm *mm, vaddr_t start, u32 count, u8 *vec)
{
	int err = 0;

	mutex_lock(&mm->lock);
	for (u32 i = 0; i < count && !err; i++) {
		struct area *a = mm_find_area(mm, start + i * PAGE_SIZE);

		if (a)
			vec[i] = mincore_page(mm, a, start + i * PAGE_SIZE);
		else
			err = -ENOMEM;
	}
	mutex_unlock(&mm->lock);
	return err;
}

long sys_mincore(vaddr_t addr, size_t length, u8 __user *vec)
{
	u8 piece[MINCORE_PIECE];
	vaddr_t end;
	int err;

	err = range_pages(addr, length, &end);
	if (!err && !user_range_ok(vec, (end - addr) >> PAGE_SHIFT))
		err = -EFAULT;
	while (!err && addr < end) {
		u32 n = MIN((end - addr) >> PAGE_SHIFT, (u64)MINCORE_PIECE);

		err = mincore_piece(current->mm, addr, n, piece);
		if (!err)
			err = copy_to_user(vec, piece, n);
		addr += n * PAGE_SIZE;
		vec += n;
	}
	return err;
}

/* Whether the process may lock so many pages in all.  0, -EPERM or -ENOMEM. */
static int mlock_check(u64 pages)
{
	u64 limit = current->proc->limits[RLIMIT_MEMLOCK].rlim_cur;

	if (!current->proc->cred->euid)
		return 0;
	if (!limit)
		return -EPERM;
	return pages << PAGE_SHIFT > limit ? -ENOMEM : 0;
}

long sys_mlock2(vaddr_t addr, size_t length, int flags)
{
	struct mm *mm = current->mm;
	vaddr_t end;
	int err;

	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	length += addr % PAGE_SIZE;
	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	err = range_pages(addr, length, &end);
	if (err)
		return err;
	mutex_lock(&mm->lock);
	err = mlock_check(mm->locked_pages + ((end - addr) >> PAGE_SHIFT));
	if (!err)
		err = range_set_flags(mm, addr, end, 0, AREA_LOCKED);
	if (!err && !(flags & MLOCK_ONFAULT))
		err = mm_populate_locked(mm, addr, end);
	mutex_unlock(&mm->lock);
	/* Pages behind the end of a file. */
	return err == -ENXIO ? -ENOMEM : err;
}

long sys_mlock(vaddr_t addr, size_t length)
{
	return sys_mlock2(addr, length, 0);
}

long sys_munlock(vaddr_t addr, size_t length)
{
	struct mm *mm = current->mm;
	vaddr_t end;
	int err;

	length += addr % PAGE_SIZE;
	addr = ALIGN_DOWN(addr, PAGE_SIZE);
	err = range_pages(addr, length, &end);
	if (err)
		return err;
	mutex_lock(&mm->lock);
	err = range_set_flags(mm, addr, end, AREA_LOCKED, 0);
	mutex_unlock(&mm->lock);
	return err;
}

/* Sets or clears the lock on all areas that there are. */
static int mlock_all_areas(struct mm *mm, bool lock, bool populate)
{
	int err = 0;

	for (struct area *a = area_find_from(&mm->areas, 0); a; a = area_next(a)) {
		vaddr_t start = a->start, end = a->end;

		if (a->flags & AREA_SPECIAL)
			continue;
		err = range_set_flags(mm, start, end, lock ? 0 : AREA_LOCKED, lock ? AREA_LOCKED : 0);
		if (err)
			return err;
		/* What cannot be brought in now (behind a file's end) is no error here. */
		if (populate)
			(void)!mm_populate_locked(mm, start, end);
		/* It may have been joined with its neighbours. */
		a = area_find(&mm->areas, end - 1);
	}
	return 0;
}

long sys_mlockall(int flags)
{
	struct mm *mm = current->mm;
	int err;

	if (!flags || flags == MCL_ONFAULT || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return -EINVAL;
	mutex_lock(&mm->lock);
	err = mlock_check(flags & MCL_CURRENT ? mm->mapped_pages : 1);
	if (!err && flags & MCL_CURRENT)
		err = mlock_all_areas(mm, true, !(flags & MCL_ONFAULT));
	if (!err)
		mm->default_flags = flags & MCL_FUTURE ? AREA_LOCKED : 0;
	mutex_unlock(&mm->lock);
	return err;
}

long sys_munlockall(void)
{
	struct mm *mm = current->mm;
	int err;

	mutex_lock(&mm->lock);
	mm->default_flags = 0;
	err = mlock_all_areas(mm, false, false);
	mutex_unlock(&mm->lock);
	return err;
}
