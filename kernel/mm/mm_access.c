/*
 * Looking into any address space, page by page: for exec's stack, ptrace, /proc/PID/mem and futexes.
 * Called in process context.
 */
#include <kernel/mm_map.h>

#include <arch/arch.h>
#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/string.h>
#include <kernel/user_pages.h>

/* The page at va if its entry allows the access now, with a reference; NULL if it does not. */
static struct page *mm_present_page(struct mm *mm, vaddr_t va, enum mm_access access)
{
	struct page *p = NULL;
	vaddr_t next;
	pte_t *entry = pt_slice(&mm->mmu, ALIGN_DOWN(va, PAGE_SIZE), va + 1, &next);
	pte_t pte;

	if (!entry)
		return NULL;
	spin_lock(&mm->pt_lock);
	pte = pte_read(entry);
	if (pte_is_valid(pte) && (!(access & MM_WRITE) || pte_is_writable(pte))) {
		p = user_pte_page(pte);
		page_get(p);
	}
	spin_unlock(&mm->pt_lock);
	return p;
}

int mm_get_page(struct mm *mm, vaddr_t va, enum mm_access access, struct page **out)
{
	struct area *a;
	int err;

	if (va >= TASK_SIZE)
		return -EFAULT;
	mutex_lock(&mm->lock);
	err = fault_find_area(mm, va, access, &a);
	while (!err) {
		*out = mm_present_page(mm, va, access);
		if (*out)
			break;
		err = fault_resolve(mm, a, va, access);
	}
	mutex_unlock(&mm->lock);
	if (err && err != -ENOMEM)
		err = -EFAULT;
	return err;
}

int mm_populate_locked(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct area *a;
	int err = 0;

	for (vaddr_t va = start; va < end && !err; va += PAGE_SIZE) {
		a = mm_find_area(mm, va);
		if (!a)
			return -ENOMEM;
		if (!(a->prot & (PROT_READ | PROT_WRITE | PROT_EXEC)))
			continue;
		/* A private page that will be written is made ours right away. */
		err = fault_resolve(mm, a, va, a->prot & PROT_WRITE && !(a->flags & AREA_SHARED) ?
				    MM_WRITE : MM_READ);
	}
	return err;
}

/* Calls for each piece of [va, va + n) that lies in one page; bytes done, or -EFAULT for none. */
static ssize_t mm_copy(struct mm *mm, vaddr_t va, u8 *buf, size_t n, enum mm_access access)
{
	size_t done = 0;

	while (done < n) {
		size_t offset = (va + done) % PAGE_SIZE;
		size_t piece = MIN(n - done, PAGE_SIZE - offset);
		struct page *p;
		u8 *at;

		if (mm_get_page(mm, va + done, access, &p))
			break;
		at = (u8 *)page_virt(p) + offset;
		if (access & MM_WRITE) {
			memcpy(at, buf + done, piece);
			if (p->flags & PAGE_FETCHABLE)
				arch_icache_sync(at, piece);
		} else {
			memcpy(buf + done, at, piece);
		}
		page_put(p);
		done += piece;
	}
	return done || !n ? (ssize_t)done : -EFAULT;
}

ssize_t mm_copy_to(struct mm *mm, vaddr_t dst, const void *src, size_t n)
{
	return mm_copy(mm, dst, (u8 *)src, n, MM_WRITE);
}

ssize_t mm_copy_from(struct mm *mm, void *dst, vaddr_t src, size_t n)
{
	return mm_copy(mm, src, dst, n, MM_READ);
}
