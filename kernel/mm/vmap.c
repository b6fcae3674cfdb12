/*
 * Virtually contiguous memory for the kernel: buffers that are large or that want a guard page on
 * either side.  Called by whoever needs it, in process context.
 *
 *	VMAP_BASE
 *	| guard | first area | guard | guard | second | guard | ... |
 *
 * Invariants: areas are on all_vmaps by address; the page below and the page above each are its own
 * and never mapped.
 * Kernel stacks have a place of their own (kstack.c).  Translation tables, once made, stay.
 */
#include <kernel/vmap.h>

#include <arch/arch.h>
#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/spinlock.h>

/* The stacks begin half way. */
#define VMAP_AREAS_END (VMAP_BASE + (VMAP_END - VMAP_BASE) / 2)

struct list all_vmaps = LIST_INIT(all_vmaps);
static struct spinlock vmap_lock = SPINLOCK_INIT("vmap");    /* all_vmaps; irqsave */
static struct spinlock vmap_tables = SPINLOCK_INIT("vmap_tables"); /* kernel_mmu; irqsave */

int vmap_map_page(vaddr_t va, paddr_t pa)
{
	irqflags_t irq = spin_lock_irqsave(&vmap_tables);
	int err = pt_map(&kernel_mmu, va, pa, PAGE_SIZE, PT_READ | PT_WRITE, false);

	spin_unlock_irqrestore(&vmap_tables, irq);
	return err;
}

static void vmap_page_gone(void *arg, const struct pt_leaf *leaf)
{
	page_put(page_from_phys(leaf->pa));
}

void vmap_unmap_pages(vaddr_t va, u64 size)
{
	irqflags_t irq = spin_lock_irqsave(&vmap_tables);

	/* Only pages are mapped here, so there is no block whose splitting could fail. */
	PANIC_IF(pt_unmap(&kernel_mmu, va, size, vmap_page_gone, NULL));
	spin_unlock_irqrestore(&vmap_tables, irq);
}

/* Finds the lowest room for the area and puts it there.  0 or -ENOMEM. */
static int vmap_place(struct vmap_area *v)
{
	irqflags_t irq = spin_lock_irqsave(&vmap_lock);
	vaddr_t start = VMAP_BASE + PAGE_SIZE;
	struct vmap_area *next;
	int err = 0;

	list_for_each(next, &all_vmaps, all) {
		if (start + v->size + 2 * PAGE_SIZE <= next->start)
			break;
		start = next->start + next->size + 2 * PAGE_SIZE;
	}
	if (start + v->size + PAGE_SIZE <= VMAP_AREAS_END) {
		v->start = start;
		/* At the end of the list this is its head: before the head is last. */
		list_insert_before(&next->all, &v->all);
	} else {
		err = -ENOMEM;
	}
	spin_unlock_irqrestore(&vmap_lock, irq);
	return err;
}

static void vmap_remove(struct vmap_area *v)
{
	irqflags_t irq = spin_lock_irqsave(&vmap_lock);

	list_remove(&v->all);
	spin_unlock_irqrestore(&vmap_lock, irq);
}

/* Fills an area with pages.  0, or -ENOMEM with nothing mapped. */
static int vmap_populate(const struct vmap_area *v)
{
	for (u64 done = 0; done < v->size; done += PAGE_SIZE) {
		struct page *p;
		int err = page_alloc(0, 0, &p);

		if (!err) {
			err = vmap_map_page(v->start + done, page_phys(p));
			if (err)
				page_put(p);
		}
		if (err) {
			vmap_unmap_pages(v->start, done);
			return err;
		}
	}
	return 0;
}

void *vmap_alloc(size_t size, const char *name)
{
	struct vmap_area *v;

	if (!size || size > VMAP_AREAS_END - VMAP_BASE)
		return NULL;
	v = kzalloc(sizeof(*v), 0);
	if (!v)
		return NULL;
	v->size = ALIGN_UP(size, PAGE_SIZE);
	v->name = name;
	if (vmap_place(v))
		goto out_free;
	if (vmap_populate(v))
		goto out_remove;
	return (void *)v->start;
out_remove:
	vmap_remove(v);
out_free:
	kfree(v);
	return NULL;
}

static struct vmap_area *vmap_find(vaddr_t start)
{
	irqflags_t irq = spin_lock_irqsave(&vmap_lock);
	struct vmap_area *v, *found = NULL;

	list_for_each(v, &all_vmaps, all) {
		if (v->start == start)
			found = v;
	}
	spin_unlock_irqrestore(&vmap_lock, irq);
	return found;
}

void vmap_free(void *p)
{
	struct vmap_area *v;

	if (!p)
		return;
	v = vmap_find((vaddr_t)p);
	if (!v)
		panic("vmap: %p was never allocated", p);
	/* The addresses are free for others only when nothing is mapped there. */
	vmap_unmap_pages(v->start, v->size);
	vmap_remove(v);
	kfree(v);
}

/* Whether va is in the page right below or right above the area. */
static bool vmap_guards(const struct vmap_area *v, vaddr_t va)
{
	vaddr_t page = ALIGN_DOWN(va, PAGE_SIZE);

	return page == v->start - PAGE_SIZE || page == v->start + v->size;
}

const char *vmap_guard_name(vaddr_t va)
{
	const char *name = NULL;
	struct vmap_area *v;

	if (va >= VMAP_AREAS_END && va < VMAP_END)
		return va & KSTACK_SIZE ? "kernel stack" : NULL;
	if (va < VMAP_BASE || va >= VMAP_AREAS_END)
		return NULL;
	/* The fault may have happened under the lock. */
	if (!spin_trylock(&vmap_lock))
		return "vmap";
	list_for_each(v, &all_vmaps, all) {
		if (vmap_guards(v, va))
			name = v->name;
	}
	spin_unlock(&vmap_lock);
	return name;
}
