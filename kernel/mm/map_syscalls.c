/*
 * brk, mmap, munmap, mprotect: system calls that change which addresses a program has.  What they mean
 * is Linux's (man 2 mmap); the work is in mm_map.c.
 */
#include <kernel/syscall.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/mm_map.h>
#include <kernel/page.h>
#include <kernel/proc.h>
#include <kernel/task.h>
#include <uapi/mman.h>

enum { PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC };

/* Whether the program may have `bytes` more.  0 or -ENOMEM. */
static int map_check_limit(const struct mm *mm, u64 bytes)
{
	u64 limit = current->proc->limits[RLIMIT_AS].rlim_cur;

	return (mm->mapped_pages << PAGE_SHIFT) + bytes > limit ? -ENOMEM : 0;
}

/* What a file allows to be done with its mapping.  0, -EACCES, -ENODEV or what the file says. */
static int map_check_file(struct mm_map_args *args)
{
	int mode = args->file->flags & O_ACCMODE;
	int err;

	if (mode == O_WRONLY)
		return -EACCES;
	if ((args->flags & AREA_SHARED) && mode != O_RDWR) {
		if (args->prot & PROT_WRITE)
			return -EACCES;
		args->flags |= AREA_NO_WRITE;
	}
	if (!args->file->ops->mmap)
		return -ENODEV;
	err = args->file->ops->mmap(args->file, args);
	/* More than zero: it is like anonymous memory (/dev/zero). */
	if (err > 0)
		args->file = NULL;
	return err < 0 ? err : 0;
}

/* The area flags for mmap's.  0 or -EINVAL. */
static int map_flags(unsigned long flags, struct mm_map_args *args)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
	case MAP_SHARED_VALIDATE:
		args->flags |= AREA_SHARED;
		break;
	case MAP_PRIVATE:
		break;
	default:
		return -EINVAL;
	}
	if (flags & MAP_HUGETLB)
		return -EINVAL;
	if (flags & MAP_GROWSDOWN)
		args->flags |= AREA_GROWSDOWN;
	if (flags & MAP_LOCKED)
		args->flags |= AREA_LOCKED;
	args->noreplace = flags & MAP_FIXED_NOREPLACE;
	args->fixed = args->noreplace || (flags & MAP_FIXED);
	return 0;
}

/* More private memory than the machine has is refused at once, as Linux's heuristic does. */
static bool map_is_absurd(const struct mm_map_args *args, unsigned long flags)
{
	return !(args->flags & AREA_SHARED) && (args->prot & PROT_WRITE) && !(flags & MAP_NORESERVE) &&
	       args->length >> PAGE_SHIFT > page_total_count();
}

static long map_with_lock(struct mm *mm, const struct mm_map_args *args, bool populate)
{
	vaddr_t addr;
	int err;

	mutex_lock(&mm->lock);
	err = map_check_limit(mm, args->length);
	if (!err)
		err = mm_map_locked(mm, args, &addr);
	/* As on Linux, that populating failed is not told; a fault will say it. */
	if (!err && (populate || (mm->default_flags | args->flags) & AREA_LOCKED))
		(void)!mm_populate_locked(mm, addr, addr + ALIGN_UP(args->length, PAGE_SIZE));
	mutex_unlock(&mm->lock);
	return err ? err : (long)addr;
}

long sys_mmap(vaddr_t addr, size_t length, unsigned long prot, unsigned long flags, int fd, u64 offset)
{
	struct mm_map_args args = {
		.addr = addr, .length = length, .prot = prot & PROT_ALL, .offset = offset,
	};
	struct file *file = NULL;
	long result;

	/* Unknown bits of prot are ignored here, and refused by mprotect: so it is on Linux. */
	if (!IS_ALIGNED(offset, PAGE_SIZE) || !length)
		return -EINVAL;
	result = map_flags(flags, &args);
	if (result)
		return result;
	if (args.fixed && !IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	if (args.fixed && addr < MM_LOWEST)
		return -EPERM;
	if (map_is_absurd(&args, flags))
		return -ENOMEM;
	if (flags & MAP_ANONYMOUS) {
		args.offset = 0;
	} else {
		result = fd_get(fd, &file);
		if (result)
			return result;
		args.file = file;
		result = map_check_file(&args);
	}
	if (!result)
		result = map_with_lock(current->mm, &args, flags & MAP_POPULATE);
	if (file)
		file_put(file);
	return result;
}

long sys_munmap(vaddr_t addr, size_t length)
{
	return mm_unmap(current->mm, addr, length);
}

long sys_mprotect(vaddr_t addr, size_t length, unsigned long prot)
{
	if (prot & ~(unsigned long)PROT_ALL)
		return -EINVAL;
	return mm_protect(current->mm, addr, length, prot);
}

/* Moves the end of the heap.  0 or why not. */
static int brk_move(struct mm *mm, vaddr_t end)
{
	struct mm_map_args args = {
		.prot = PROT_READ | PROT_WRITE, .flags = AREA_HEAP, .fixed = true, .noreplace = true,
	};
	vaddr_t old = ALIGN_UP(mm->brk, PAGE_SIZE), new = ALIGN_UP(end, PAGE_SIZE);
	int err;

	if (end < mm->brk_start || end - mm->brk_start > current->proc->limits[RLIMIT_DATA].rlim_cur)
		return -ENOMEM;
	if (new < old)
		return mm_unmap_locked(mm, new, old - new);
	if (new == old)
		return 0;
	args.addr = old;
	args.length = new - old;
	err = map_check_limit(mm, args.length);
	if (!err && args.length >> PAGE_SHIFT > page_total_count())
		err = -ENOMEM;
	/* The stack keeps its distance. */
	if (!err && !area_range_free(&mm->areas, old, new + STACK_GUARD_PAGES * PAGE_SIZE))
		err = -ENOMEM;
	return err ? err : mm_map_locked(mm, &args, &old);
}

long sys_brk(vaddr_t end)
{
	struct mm *mm = current->mm;
	vaddr_t brk;

	mutex_lock(&mm->lock);
	if (end < TASK_SIZE && !brk_move(mm, end))
		mm->brk = end;
	brk = mm->brk;
	mutex_unlock(&mm->lock);
	return brk;
}
