/*
 * Loops over the leaf entries of user memory: unmap, release, protect, share, move.  Called by mm_map.c,
 * fork.c, page_mapping.c.
 *
 * Each present entry holds one reference to its page.  A page is dropped only when no TLB can know it
 * any more, so unmapping gathers pages, flushes, and then drops them.
 */
#include <kernel/user_pages.h>

#include <arch/arch.h>
#include <kernel/page.h>
#include <kernel/panic.h>

enum { ZAP_BATCH = 64, MOVE_BATCH = 32 };

/* Pages that were unmapped from [start, end) and wait for the flush. */
struct zap_batch {
	vaddr_t start, end;
	u32 count;
	struct page *pages[ZAP_BATCH];
};

static void zap_finish(struct mm *mm, struct zap_batch *b)
{
	if (!b->count)
		return;
	tlb_flush_range(&mm->mmu, b->start, b->end - b->start);
	for (u32 i = 0; i < b->count; i++)
		page_put(b->pages[i]);
	atomic64_sub(&mm->resident, b->count);
	b->count = 0;
}

/* Clears entries until the batch is full; returns where it stopped. */
static vaddr_t zap_entries(struct mm *mm, pte_t *entry, vaddr_t va, vaddr_t end, struct zap_batch *b)
{
	for (; va < end && b->count < ZAP_BATCH; va += PAGE_SIZE, entry++) {
		pte_t pte = *entry;

		if (!pte_is_valid(pte))
			continue;
		if (!b->count)
			b->start = va;
		b->end = va + PAGE_SIZE;
		b->pages[b->count++] = user_pte_page(pte);
		pte_write(&mm->mmu, entry, va, 3, (pte_t){ 0 });
	}
	return va;
}

void user_pages_zap(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct zap_batch batch = { .count = 0 };
	vaddr_t va = start, next;

	while (va < end) {
		pte_t *entry = pt_slice(&mm->mmu, va, end, &next);

		if (entry) {
			spin_lock(&mm->pt_lock);
			next = zap_entries(mm, entry, va, next, &batch);
			spin_unlock(&mm->pt_lock);
		}
		if (batch.count == ZAP_BATCH)
			zap_finish(mm, &batch);
		va = next;
	}
	zap_finish(mm, &batch);
}

void user_pages_release(struct mm *mm, vaddr_t start, vaddr_t end)
{
	vaddr_t next;

	for (vaddr_t va = start; va < end; va = next) {
		pte_t *entry = pt_slice(&mm->mmu, va, end, &next);

		if (!entry)
			continue;
		for (; va < next; va += PAGE_SIZE, entry++) {
			if (pte_is_valid(*entry))
				page_put(user_pte_page(*entry));
		}
	}
}

void user_page_make_fetchable(struct page *p)
{
	if (p->flags & PAGE_FETCHABLE)
		return;
	arch_icache_sync(page_virt(p), PAGE_SIZE);
	page_set_flags(p, PAGE_FETCHABLE);
}

static void protect_entry(struct mm *mm, pte_t *entry, vaddr_t va, enum pt_flags flags)
{
	pte_t pte = *entry;

	if (!pte_is_writable(pte))
		flags &= ~(u32)PT_WRITE;
	if (flags & PT_EXEC)
		user_page_make_fetchable(user_pte_page(pte));
	pte_write(&mm->mmu, entry, va, 3, pte_make(pte_addr(pte), flags));
}

void user_pages_protect(struct mm *mm, vaddr_t start, vaddr_t end, enum area_prot prot)
{
	enum pt_flags flags = user_pt_flags(prot);
	vaddr_t first = end, last = start, next;

	for (vaddr_t va = start; va < end; va = next) {
		pte_t *entry = pt_slice(&mm->mmu, va, end, &next);

		if (!entry)
			continue;
		spin_lock(&mm->pt_lock);
		for (; va < next; va += PAGE_SIZE, entry++) {
			if (!pte_is_valid(*entry))
				continue;
			protect_entry(mm, entry, va, flags);
			first = MIN(first, va);
			last = va + PAGE_SIZE;
		}
		spin_unlock(&mm->pt_lock);
	}
	if (first < last)
		tlb_flush_range(&mm->mmu, first, last - first);
}

/* Shares the entries of one table; how many there were. */
static u32 share_entries(struct mm *from, pte_t *entry, struct mm *to, pte_t *copy, vaddr_t va,
			 vaddr_t end, bool cow, bool *protected)
{
	u32 n = 0;

	for (; va < end; va += PAGE_SIZE, entry++, copy++) {
		pte_t pte = *entry;

		if (!pte_is_valid(pte))
			continue;
		if (cow && pte_is_writable(pte)) {
			pte = pte_write_protect(pte);
			pte_write(&from->mmu, entry, va, 3, pte);
			*protected = true;
		}
		page_get(user_pte_page(pte));
		pte_write(&to->mmu, copy, va, 3, pte);
		n++;
	}
	return n;
}

int user_pages_share(struct mm *from, struct mm *to, const struct area *a, bool *protected)
{
	bool cow = !(a->flags & AREA_SHARED);
	vaddr_t next;
	u64 n = 0;

	for (vaddr_t va = a->start; va < a->end; va = next) {
		pte_t *entry = pt_slice(&from->mmu, va, a->end, &next), *copy;
		int err;

		if (!entry)
			continue;
		err = pt_entry(&to->mmu, va, &copy);
		if (err)
			return err;
		spin_lock(&from->pt_lock);
		n += share_entries(from, entry, to, copy, va, next, cow, protected);
		spin_unlock(&from->pt_lock);
	}
	atomic64_add(&to->resident, n);
	return 0;
}

/* Makes the tables for [start, end), where `from` has some; nothing fails afterwards.  0 or -ENOMEM. */
static int move_prepare(struct mm *mm, vaddr_t from, vaddr_t to, u64 size)
{
	vaddr_t end = from + size, next;
	pte_t *copy;
	int err;

	for (vaddr_t va = from; va < end; va = next) {
		if (!pt_slice(&mm->mmu, va, end, &next))
			continue;
		for (; va < next; va += PAGE_SIZE) {
			err = pt_entry(&mm->mmu, va - from + to, &copy);
			if (err)
				return err;
		}
	}
	return 0;
}

/*
 * Moves the entries of [va, end), at most a batch, by `distance`: breaks, flushes once, makes.  Under
 * pt_lock throughout, so that a truncation sees each page in one place or the other.
 */
static void move_entries(struct mm *mm, pte_t *entry, vaddr_t va, vaddr_t end, u64 distance)
{
	u64 count = (end - va) >> PAGE_SHIFT;
	pte_t old[MOVE_BATCH], *copy;
	bool any = false;

	spin_lock(&mm->pt_lock);
	for (u64 i = 0; i < count; i++) {
		old[i] = entry[i];
		any |= pte_is_valid(old[i]);
		if (pte_is_valid(old[i]))
			pte_write(&mm->mmu, &entry[i], va + i * PAGE_SIZE, 3, (pte_t){ 0 });
	}
	if (any)
		tlb_flush_range(&mm->mmu, va, end - va);
	for (u64 i = 0; any && i < count; i++) {
		vaddr_t to = va + i * PAGE_SIZE + distance;

		if (!pte_is_valid(old[i]))
			continue;
		PANIC_IF(pt_entry(&mm->mmu, to, &copy));
		pte_write(&mm->mmu, copy, to, 3, old[i]);
	}
	spin_unlock(&mm->pt_lock);
}

int user_pages_move(struct mm *mm, vaddr_t from, vaddr_t to, u64 size)
{
	vaddr_t end = from + size, next;
	int err;

	err = move_prepare(mm, from, to, size);
	if (err)
		return err;
	for (vaddr_t va = from; va < end; va = next) {
		pte_t *entry = pt_slice(&mm->mmu, va, end, &next);

		next = entry ? MIN(next, va + MOVE_BATCH * PAGE_SIZE) : next;
		if (entry)
			move_entries(mm, entry, va, next, to - from);
	}
	pt_publish();
	return 0;
}
