/*
 * Page faults: demand-zero memory, pages of files, copy-on-write, stacks that grow.  Called by the
 * exception handlers for programs and for user copies, and by whoever needs a page of an address space
 * (mm_access.c), in process context with no spin lock held.
 *
 * mm.lock is held throughout, so areas stay; the leaf entry may still vanish when a file is truncated,
 * which is why entries of file pages are written under mm.pt_lock.  Whoever finds that things changed
 * returns, and the access faults again.
 *
 * A read of a file page maps its cached neighbours, too: up to FAULT_AROUND pages for one fault.
 */
#include <kernel/mm_map.h>

#include <kernel/errno.h>
#include <kernel/oom.h>
#include <kernel/page.h>
#include <kernel/page_mapping.h>
#include <kernel/panic.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <kernel/user_pages.h>
#include <kernel/vfs.h>

enum { FAULT_AROUND = 16 };

/* A fault on its way. */
struct fault {
	struct mm *mm;
	struct area *area;
	vaddr_t va;            /* of the page */
	enum mm_access access;
	pte_t *entry;
};

/* A page of the program's own.  0 or -ENOMEM. */
static int fault_page_alloc(enum alloc_flags flags, struct page **out)
{
	int err = page_alloc(0, flags | ALLOC_USER, out);

	if (!err)
		(*out)->kind = PAGE_ANON;
	return err;
}

/* Enters a page where nothing was; the entry keeps the caller's reference. */
static void fault_enter(const struct fault *f, struct page *p, enum pt_flags flags)
{
	if (unlikely(flags & PT_EXEC))
		user_page_make_fetchable(p);
	pte_write(&f->mm->mmu, f->entry, f->va, 3, pte_make(page_phys(p), flags));
	pt_publish();
	atomic64_inc(&f->mm->resident);
}

/* First touch of private memory without a file. */
static int fault_anonymous(const struct fault *f)
{
	struct page *p;
	int err = fault_page_alloc(ALLOC_ZERO, &p);

	if (unlikely(err))
		return err;
	fault_enter(f, p, user_pt_flags(f->area->prot));
	return 0;
}

/* Puts a page in place of what the entry names, unless that has changed; break before make. */
static void fault_replace(const struct fault *f, pte_t old, struct page *p)
{
	enum pt_flags flags = user_pt_flags(f->area->prot);
	bool same;

	spin_lock(&f->mm->pt_lock);
	same = pte_read(f->entry).val == old.val;
	if (same)
		pte_write(&f->mm->mmu, f->entry, f->va, 3, (pte_t){ 0 });
	spin_unlock(&f->mm->pt_lock);
	if (!same) {
		page_put(p);
		return;
	}
	tlb_flush_range(&f->mm->mmu, f->va, PAGE_SIZE);
	if (flags & PT_EXEC)
		user_page_make_fetchable(p);
	pte_write(&f->mm->mmu, f->entry, f->va, 3, pte_make(page_phys(p), flags));
	pt_publish();
	page_put(user_pte_page(old));
}

/*
 * The entry may be written from now on; it names the page already.  Another CPU may believe the old
 * one: it faults, finds that nothing is wrong and forgets it.
 */
static void fault_widen(const struct fault *f, pte_t pte)
{
	spin_lock(&f->mm->pt_lock);
	if (pte_read(f->entry).val == pte.val)
		pte_write(&f->mm->mmu, f->entry, f->va, 3,
			  pte_make(pte_addr(pte), user_pt_flags(f->area->prot)));
	spin_unlock(&f->mm->pt_lock);
	tlb_flush_page_here(&f->mm->mmu, f->va);
}

/* A write to a page that is mapped, but not for writing. */
static int fault_write_protected(const struct fault *f, pte_t pte)
{
	struct page *old = user_pte_page(pte), *p;
	int err;

	if (f->area->flags & AREA_SHARED) {
		page_set_flags(old, PAGE_DIRTY);
		fault_widen(f, pte);
		return 0;
	}
	/* Nobody else has it, and nobody can get it without our lock. */
	if (old->kind == PAGE_ANON && page_refs(old) == 1) {
		fault_widen(f, pte);
		return 0;
	}
	err = fault_page_alloc(0, &p);
	if (err)
		return err;
	arch_page_copy(page_virt(p), page_virt(old));
	fault_replace(f, pte, p);
	return 0;
}

/* Enters a page of the file unless it was truncated meanwhile; takes over the reference. */
static void fault_enter_cached(const struct fault *f, vaddr_t va, pte_t *entry, struct page *p,
			       enum pt_flags flags)
{
	if (flags & PT_EXEC)
		user_page_make_fetchable(p);
	spin_lock(&f->mm->pt_lock);
	if (READ_ONCE(p->mapping) == f->area->mapping && !pte_is_valid(pte_read(entry))) {
		pte_write(&f->mm->mmu, entry, va, 3, pte_make(page_phys(p), flags));
		p = NULL;
	}
	spin_unlock(&f->mm->pt_lock);
	if (p)
		page_put(p);
	else
		atomic64_inc(&f->mm->resident);
}

/* The place in the mapping of an address of the area. */
static u64 fault_index(const struct area *a, vaddr_t va)
{
	return (va - a->start + a->offset) >> PAGE_SHIFT;
}

/* Maps what is cached around the fault, for reading.  True if the page itself was there. */
static bool fault_around(const struct fault *f)
{
	u64 window = FAULT_AROUND * PAGE_SIZE;
	vaddr_t first = MAX(ALIGN_DOWN(f->va, window), f->area->start);
	vaddr_t end = MIN(ALIGN_DOWN(f->va, window) + window, f->area->end);
	enum pt_flags flags = user_pt_flags(f->area->prot) & ~(u32)PT_WRITE;
	/* The window is aligned, so all of it is in one table. */
	pte_t *entry = f->entry - ((f->va - first) >> PAGE_SHIFT);
	struct page *pages[FAULT_AROUND];
	bool found = false;
	u32 n;

	n = page_mapping_get_cached(f->area->mapping, fault_index(f->area, first),
				    (end - first) >> PAGE_SHIFT, pages);
	for (u32 i = 0; i < n; i++) {
		vaddr_t va = first + i * PAGE_SIZE;

		if (!pages[i])
			continue;
		if (va == f->va)
			found = true;
		fault_enter_cached(f, va, entry + i, pages[i], flags);
	}
	pt_publish();
	return found;
}

/* Whether the page lies wholly behind the end of the file. */
static bool fault_beyond_end(const struct area *a, u64 index)
{
	const struct inode *inode = a->mapping->inode;

	return inode && index >= DIV_ROUND_UP((u64)READ_ONCE(inode->size), PAGE_SIZE);
}

/* First touch of a page of a file or of shared memory. */
static int fault_mapped(const struct fault *f)
{
	u64 index = fault_index(f->area, f->va);
	enum pt_flags flags = user_pt_flags(f->area->prot);
	bool shared = f->area->flags & AREA_SHARED;
	bool write = f->access & MM_WRITE;
	struct page *p, *copy;
	int err;

	if (fault_beyond_end(f->area, index))
		return -ENXIO;
	if (!write && fault_around(f))
		return 0;
	err = page_mapping_get(f->area->mapping, index, true, &p);
	if (err)
		return err;
	if (write && !shared) {
		err = fault_page_alloc(0, &copy);
		if (!err) {
			arch_page_copy(page_virt(copy), page_virt(p));
			fault_enter(f, copy, flags);
		}
		page_put(p);
		return err;
	}
	if (!write)
		flags &= ~(u32)PT_WRITE;
	else
		page_set_flags(p, PAGE_DIRTY);
	fault_enter_cached(f, f->va, f->entry, p, flags);
	pt_publish();
	return 0;
}

int fault_resolve(struct mm *mm, struct area *a, vaddr_t va, enum mm_access access)
{
	struct fault f = { .mm = mm, .area = a, .va = ALIGN_DOWN(va, PAGE_SIZE), .access = access };
	pte_t pte;
	int err;

	err = pt_entry(&mm->mmu, f.va, &f.entry);
	if (unlikely(err))
		return err;
	pte = pte_read(f.entry);
	if (!pte_is_valid(pte)) {
		if (a->flags & AREA_SPECIAL)
			return -ENXIO;
		return a->mapping ? fault_mapped(&f) : fault_anonymous(&f);
	}
	if ((access & MM_WRITE) && !pte_is_writable(pte))
		return fault_write_protected(&f, pte);
	/* Somebody else was faster, or this CPU still remembers an older entry. */
	tlb_flush_page_here(&mm->mmu, f.va);
	return 0;
}

/* Grows the stack `a` down to the page of va, if it may.  0 or -EFAULT. */
static int fault_grow_stack(struct area *a, vaddr_t va)
{
	vaddr_t start = ALIGN_DOWN(va, PAGE_SIZE);
	struct area *below = area_prev(a);
	u64 limit = current->proc->limits[RLIMIT_STACK].rlim_cur;

	if (a->end - start > limit || start < MM_LOWEST)
		return -EFAULT;
	if (below && below->end + STACK_GUARD_PAGES * PAGE_SIZE > start)
		return -EFAULT;
	mm_resize_area(a, start, a->end);
	return 0;
}

/* Whether the area's protection allows the access. */
static bool fault_allowed(const struct area *a, enum mm_access access)
{
	enum area_prot any = PROT_READ | PROT_WRITE | PROT_EXEC;

	/* Whatever can be written or executed can be read, too: the tables know no less. */
	if ((access & MM_READ) && !(a->prot & any))
		return false;
	if ((access & MM_WRITE) && !(a->prot & PROT_WRITE))
		return false;
	return !(access & MM_EXEC) || (a->prot & PROT_EXEC);
}

int fault_find_area(struct mm *mm, vaddr_t va, enum mm_access access, struct area **out)
{
	struct area *a = mm_find_area(mm, va);

	if (unlikely(!a)) {
		a = area_find_from(&mm->areas, va);
		if (!a || !(a->flags & AREA_GROWSDOWN) || mm != current->mm ||
		    fault_grow_stack(a, va))
			return -EFAULT;
	}
	if (!fault_allowed(a, access))
		return -EACCES;
	*out = a;
	return 0;
}

struct mm_fault_result mm_fault(vaddr_t va, enum mm_access access)
{
	struct mm *mm = current->mm;
	struct area *a;
	int err;

	if (!mm)
		return (struct mm_fault_result){ SIGSEGV, SEGV_MAPERR };
	mutex_lock(&mm->lock);
	err = fault_find_area(mm, va, access, &a);
	if (!err)
		err = fault_resolve(mm, a, va, access);
	mutex_unlock(&mm->lock);
	if (likely(current->proc))
		current->proc->min_faults++;
	if (likely(!err))
		return (struct mm_fault_result){ 0, 0 };
	switch (err) {
	case -EFAULT:
		return (struct mm_fault_result){ SIGSEGV, SEGV_MAPERR };
	case -EACCES:
		return (struct mm_fault_result){ SIGSEGV, SEGV_ACCERR };
	case -ENOMEM:
		/* Either somebody else ends and the access is tried again, or we end. */
		return (struct mm_fault_result){ oom_relieve() ? 0 : SIGKILL, 0 };
	default:
		return (struct mm_fault_result){ SIGBUS, BUS_ADRERR };
	}
}
