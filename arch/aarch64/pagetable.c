/*
 * Translation tables of user address spaces and of the kernel: map, unmap, protect, look up, split.
 * Called by kernel/mm, which serialises changes of one address space; walks by other CPUs' hardware
 * go on meanwhile.
 *
 * Invariants: a table is zeroed and published before it is linked; a valid entry changes its output
 * address or size only by way of an invalid one and a TLB flush (break before make, Arm ARM D8.14);
 * a page is given back to its owner after the flush.  Empty tables stay until pt_destroy(); Linux
 * frees them when their range is unmapped.
 */
#include <arch/pagetable.h>

#include <arch/boot.h>
#include <arch/early_mmu.h>
#include <arch/tlb.h>
#include <arch/tlb_model.h>
#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/sections.h>
#include <kernel/string.h>

enum { UNMAP_BATCH = 16 };

/* What one pt_unmap() has cleared and not yet given back. */
struct unmap_batch {
	const struct arch_mmu *mmu;
	void (*gone)(void *arg, const struct pt_leaf *leaf);
	void *arg;
	unsigned int count;
	struct pt_leaf leaves[UNMAP_BATCH];
};

pte_t *pt_table(paddr_t pa)
{
	paddr_t offset = pa - boot_record.phys_base;

	/* Tables of the early pool are in the image, mapped before the linear map is. */
	if (offset < (u64)(_end - _text))
		return (pte_t *)(IMAGE_BASE + offset);
	return (pte_t *)(LINEAR_BASE + pa);
}

static paddr_t pt_early_alloc(void)
{
	paddr_t stop = boot_record.phys_base + (u64)(__early_tables_stop - _text);
	paddr_t pa = __atomic_fetch_add(&early_tables_next, PAGE_SIZE, __ATOMIC_RELAXED);

	if (pa < stop)
		return pa;
	__atomic_fetch_sub(&early_tables_next, PAGE_SIZE, __ATOMIC_RELAXED);
	return 0;
}

/* One zeroed table.  The kernel's come from the early pool as long as that lasts. */
static int pt_table_alloc(struct arch_mmu *mmu, paddr_t *out)
{
	struct page *page;
	int err;

	if (mmu == &kernel_mmu) {
		*out = pt_early_alloc();
		if (*out) {
			memset(pt_table(*out), 0, PAGE_SIZE);
			return 0;
		}
	}
	err = page_alloc(0, ALLOC_ZERO | (mmu == &kernel_mmu ? ALLOC_ATOMIC : 0), &page);
	if (err)
		return err;
	page->kind = PAGE_TABLE;
	mmu->table_count++;
	if (mmu != &kernel_mmu)
		list_push_back(&mmu->tables, &page->node);
	*out = page_phys(page);
	return 0;
}

pte_t *pt_walk(const struct arch_mmu *mmu, vaddr_t va, int *level)
{
	pte_t *entry = &pt_table(mmu->root)[pt_index(va, 0)];
	int l = 0;

	while (pte_is_table(*entry, l)) {
		l++;
		entry = &pt_table(pte_addr(*entry))[pt_index(va, l)];
	}
	*level = l;
	return entry;
}

int pt_make(struct arch_mmu *mmu, vaddr_t va, int level, pte_t **out)
{
	pte_t *table = pt_table(mmu->root);

	for (int l = 0; l < level; l++) {
		pte_t *entry = &table[pt_index(va, l)];
		paddr_t next;
		int err;

		if (!pte_is_valid(*entry)) {
			err = pt_table_alloc(mmu, &next);
			if (err)
				return err;
			/* The walker must find zeroes there, not what the page held before. */
			__asm__ volatile("dmb ishst" : : : "memory");
			WRITE_ONCE(entry->val, next | PTE_TABLE | PTE_VALID);
		} else if (!pte_is_table(*entry, l)) {
			return -EEXIST;
		}
		table = pt_table(pte_addr(*entry));
	}
	*out = &table[pt_index(va, level)];
	return 0;
}

int pt_create(struct arch_mmu *mmu)
{
	mmu->context = 0;
	mmu->cpus = 0;
	mmu->table_count = 0;
	list_init(&mmu->tables);
	return pt_table_alloc(mmu, &mmu->root);
}

void pt_destroy(struct arch_mmu *mmu)
{
	struct page *table;

	while ((table = list_pop_front_entry(&mmu->tables, struct page, node)))
		page_put(table);
	mmu->table_count = 0;
	mmu->root = 0;
}

/* The level whose entry may map va..end to pa in one piece. */
static int pt_best_level(vaddr_t va, paddr_t pa, u64 size, bool blocks)
{
	if (blocks && IS_ALIGNED(va | pa, BLOCK_SIZE) && size >= BLOCK_SIZE)
		return 2;
	return 3;
}

int pt_map(struct arch_mmu *mmu, vaddr_t va, paddr_t pa, u64 size, enum pt_flags flags, bool blocks)
{
	vaddr_t end = va + size;
	pte_t *entry;
	int level, err;

	for (; va < end; va += 1UL << pt_level_shift(level), pa += 1UL << pt_level_shift(level)) {
		level = pt_best_level(va, pa, end - va, blocks);
		err = pt_make(mmu, va, level, &entry);
		if (!err && level == 2 && pte_is_table(*entry, 2)) {
			level = 3;
			err = pt_make(mmu, va, level, &entry);
		}
		if (!err && pte_is_valid(*entry))
			err = -EEXIST;
		if (err)
			return err;
		pte_write(mmu, entry, va, level, (pte_t){ pa | pte_attrs(flags, level) });
	}
	pt_publish();
	return 0;
}

static struct pt_leaf pt_leaf_of(pte_t pte, vaddr_t va, int level)
{
	u64 size = 1UL << pt_level_shift(level);

	return (struct pt_leaf){
		.va = ALIGN_DOWN(va, size),
		.pa = ALIGN_DOWN(pte_addr(pte), size),
		.size = size,
		.flags = pte_flags(pte),
	};
}

int pt_lookup(const struct arch_mmu *mmu, vaddr_t va, struct pt_leaf *leaf)
{
	int level;
	pte_t *entry = pt_walk(mmu, va, &level);
	pte_t pte = { READ_ONCE(entry->val) };

	if (!pte_is_valid(pte))
		return -ENOENT;
	*leaf = pt_leaf_of(pte, va, level);
	return 0;
}

/* Replaces the block at `entry` by a table that maps the same; break before make. */
static int pt_split(struct arch_mmu *mmu, pte_t *entry, vaddr_t va, int level)
{
	u64 piece = 1UL << pt_level_shift(level + 1);
	struct pt_leaf leaf = pt_leaf_of(*entry, va, level);
	paddr_t pa;
	pte_t *table;
	int err;

	err = pt_table_alloc(mmu, &pa);
	if (err)
		return err;
	table = pt_table(pa);
	for (int i = 0; i < PT_ENTRIES; i++)
		table[i].val = (leaf.pa + i * piece) | pte_attrs(leaf.flags, level + 1);
	pte_write(mmu, entry, leaf.va, level, (pte_t){ 0 });
	tlb_flush_range(mmu, leaf.va, leaf.size);
	WRITE_ONCE(entry->val, pa | PTE_TABLE | PTE_VALID);
	pt_publish();
	return 0;
}

/* Splits the block over the border `va`, if one lies across it. */
static int pt_split_at(struct arch_mmu *mmu, vaddr_t va)
{
	for (;;) {
		int level;
		pte_t *entry = pt_walk(mmu, va, &level);

		if (!pte_is_valid(*entry) || IS_ALIGNED(va, 1UL << pt_level_shift(level)))
			return 0;
		int err = pt_split(mmu, entry, va, level);

		if (err)
			return err;
	}
}

static int pt_split_ends(struct arch_mmu *mmu, vaddr_t va, u64 size)
{
	int err = pt_split_at(mmu, va);

	return err ? err : pt_split_at(mmu, va + size);
}

/*
 * The next valid entry at or after *va and below end; *va becomes the start of what it maps.  NULL at
 * the end.  `last` remembers the level 3 table between calls, so that runs of pages cost little.
 */
static pte_t *pt_next(const struct arch_mmu *mmu, vaddr_t *va, vaddr_t end, pte_t **last, int *level)
{
	while (*va < end) {
		pte_t *entry;

		if (*last && pt_index(*va, 3)) {
			entry = *last + 1;
			*level = 3;
		} else {
			entry = pt_walk(mmu, *va, level);
		}
		*last = *level == 3 ? entry : NULL;
		u64 size = 1UL << pt_level_shift(*level);

		if (pte_is_valid(*entry)) {
			*va = ALIGN_DOWN(*va, size);
			return entry;
		}
		*va = ALIGN_DOWN(*va, size) + size;
	}
	return NULL;
}

int pt_protect(struct arch_mmu *mmu, vaddr_t va, u64 size, enum pt_flags flags)
{
	vaddr_t start = va, end = va + size;
	pte_t *entry, *last = NULL;
	int level, err;

	err = pt_split_ends(mmu, va, size);
	if (err)
		return err;
	while ((entry = pt_next(mmu, &va, end, &last, &level))) {
		/* Permissions alone may change without a break. */
		pte_write(mmu, entry, va, level,
			  (pte_t){ pte_addr(*entry) | pte_attrs(flags, level) });
		va += 1UL << pt_level_shift(level);
	}
	tlb_flush_range(mmu, start, size);
	TLB_MODEL(check, mmu, start, size, TLB_LEFT_STALE);
	return 0;
}

int pt_replace(struct arch_mmu *mmu, vaddr_t va, paddr_t pa, enum pt_flags flags)
{
	int level;
	pte_t *entry = pt_walk(mmu, va, &level);

	if (!pte_is_valid(*entry) || level != 3)
		return -ENOENT;
	if (pte_addr(*entry) != pa) {
		pte_write(mmu, entry, va, level, (pte_t){ 0 });
		tlb_flush_range(mmu, va, PAGE_SIZE);
	}
	pte_write(mmu, entry, va, level, (pte_t){ pa | pte_attrs(flags, level) });
	/* Only wider permissions may be stale now; a fault on them would be taken in vain. */
	tlb_flush_range(mmu, va, PAGE_SIZE);
	return 0;
}

static void unmap_batch_finish(struct unmap_batch *b)
{
	const struct pt_leaf *first = &b->leaves[0], *last = &b->leaves[b->count - 1];

	if (!b->count)
		return;
	tlb_flush_range(b->mmu, first->va, last->va + last->size - first->va);
	for (unsigned int i = 0; i < b->count; i++) {
		TLB_MODEL(check, b->mmu, b->leaves[i].va, b->leaves[i].size, TLB_RELEASED_STALE);
		if (b->gone)
			b->gone(b->arg, &b->leaves[i]);
	}
	b->count = 0;
}

int pt_unmap(struct arch_mmu *mmu, vaddr_t va, u64 size, void (*gone)(void *, const struct pt_leaf *),
	     void *arg)
{
	struct unmap_batch batch = { .mmu = mmu, .gone = gone, .arg = arg };
	vaddr_t end = va + size;
	pte_t *entry, *last = NULL;
	int level, err;

	err = pt_split_ends(mmu, va, size);
	if (err)
		return err;
	while ((entry = pt_next(mmu, &va, end, &last, &level))) {
		batch.leaves[batch.count++] = pt_leaf_of(*entry, va, level);
		pte_write(mmu, entry, va, level, (pte_t){ 0 });
		if (batch.count == UNMAP_BATCH)
			unmap_batch_finish(&batch);
		va += 1UL << pt_level_shift(level);
	}
	unmap_batch_finish(&batch);
	return 0;
}

int pt_for_each(const struct arch_mmu *mmu, vaddr_t va, u64 size,
		int (*found)(void *, const struct pt_leaf *), void *arg)
{
	vaddr_t end = va + size;
	pte_t *entry, *last = NULL;
	int level;

	while ((entry = pt_next(mmu, &va, end, &last, &level))) {
		struct pt_leaf leaf = pt_leaf_of(*entry, va, level);
		int stop = found(arg, &leaf);

		if (stop)
			return stop;
		va += leaf.size;
	}
	return 0;
}
