/*
 * Kernel stacks.  Each lies in a slot of twice its size, so that a stack pointer that leaves it
 * downwards flips bit KSTACK_SHIFT, which the exception vectors look at (<arch/layout.h>), and meets
 * memory that is not mapped.
 *
 *	slot 0           slot 1
 *	| stack | guard | stack | guard | ...
 *
 * Called by the creation and the end of tasks.  A few free stacks are kept mapped: a fork then neither
 * allocates nor touches the tables.
 */
#include <kernel/vmap.h>

#include <arch/layout.h>
#include <kernel/bitmap.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>

enum { KSTACK_SLOTS = 1 << 15, KSTACK_CACHED_MAX = 16 };

/* The second half of the vmap area; slot 0 stays empty, so that something unmapped lies below slot 1. */
#define KSTACK_BASE (VMAP_BASE + (VMAP_END - VMAP_BASE) / 2)

/* Fields: (l) lock, irqsave */
static struct {
	struct spinlock lock;
	u64 used[BITMAP_WORDS(KSTACK_SLOTS)]; /* (l) slots with a mapped stack */
	u32 first_free;                       /* (l) no free slot below */
	u32 cached_count;                     /* (l) */
	void *cached[KSTACK_CACHED_MAX];      /* (l) mapped, nobody's */
	u64 live;                             /* (l) stacks in use */
} kstacks = { .lock = SPINLOCK_INIT("kstacks"), .first_free = 1 };

/* A stack from the cache, or a slot for a new one in *slot (0 when there is none). */
static void *kstack_take(u32 *slot)
{
	irqflags_t irq = spin_lock_irqsave(&kstacks.lock);
	void *stack = NULL;

	*slot = 0;
	if (kstacks.cached_count) {
		stack = kstacks.cached[--kstacks.cached_count];
	} else {
		size_t n = bitmap_find_zero(kstacks.used, KSTACK_SLOTS, kstacks.first_free);

		if (n < KSTACK_SLOTS) {
			bitmap_set(kstacks.used, n);
			kstacks.first_free = n + 1;
			*slot = n;
		}
	}
	if (stack || *slot)
		kstacks.live++;
	spin_unlock_irqrestore(&kstacks.lock, irq);
	return stack;
}

static vaddr_t kstack_address(u32 slot)
{
	return KSTACK_BASE + slot * KSTACK_ALIGN;
}

static void kstack_slot_free(u32 slot)
{
	irqflags_t irq = spin_lock_irqsave(&kstacks.lock);

	bitmap_clear(kstacks.used, slot);
	if (slot < kstacks.first_free)
		kstacks.first_free = slot;
	spin_unlock_irqrestore(&kstacks.lock, irq);
}

static void kstack_unmap(void *stack)
{
	vmap_unmap_pages((vaddr_t)stack, KSTACK_SIZE);
	kstack_slot_free(((vaddr_t)stack - KSTACK_BASE) / KSTACK_ALIGN);
}

/* Maps a stack's pages.  0 or -ENOMEM with nothing mapped. */
static int kstack_map(vaddr_t start)
{
	for (vaddr_t va = start; va < start + KSTACK_SIZE; va += PAGE_SIZE) {
		struct page *p;
		int err = page_alloc(0, 0, &p);

		if (!err) {
			err = vmap_map_page(va, page_phys(p));
			if (err)
				page_put(p);
		}
		if (err) {
			vmap_unmap_pages(start, va - start);
			return err;
		}
	}
	return 0;
}

static void kstack_count_down(void)
{
	irqflags_t irq = spin_lock_irqsave(&kstacks.lock);

	kstacks.live--;
	spin_unlock_irqrestore(&kstacks.lock, irq);
}

void *vmap_stack_alloc(void)
{
	u32 slot;
	void *stack = kstack_take(&slot);

	if (stack || !slot)
		return stack;
	if (!kstack_map(kstack_address(slot)))
		return (void *)kstack_address(slot);
	kstack_slot_free(slot);
	kstack_count_down();
	return NULL;
}

void vmap_stack_free(void *lowest)
{
	irqflags_t irq = spin_lock_irqsave(&kstacks.lock);

	kstacks.live--;
	if (kstacks.cached_count < KSTACK_CACHED_MAX) {
		kstacks.cached[kstacks.cached_count++] = lowest;
		lowest = NULL;
	}
	spin_unlock_irqrestore(&kstacks.lock, irq);
	if (lowest)
		kstack_unmap(lowest);
}

void vmap_stack_drain(void)
{
	for (;;) {
		irqflags_t irq = spin_lock_irqsave(&kstacks.lock);
		void *stack = NULL;

		if (kstacks.cached_count)
			stack = kstacks.cached[--kstacks.cached_count];
		spin_unlock_irqrestore(&kstacks.lock, irq);
		if (!stack)
			return;
		kstack_unmap(stack);
	}
}

u64 vmap_stack_count(void)
{
	return kstacks.live;
}
