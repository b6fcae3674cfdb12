/*
 * Object caches.  An allocation takes the last freed object from this CPU's magazine; an empty or full
 * magazine exchanges half of itself with the slabs (slab.c) under the cache's lock.  Called by
 * everybody, from any context.
 *
 * Empty slabs but one are given back.  Linux's SLUB has freelists of whole slabs per CPU and randomised
 * order; magazines are Bonwick's.
 */
#include <kernel/slab.h>

#include <arch/arch.h>
#include <kernel/cache.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <kernel/task.h>

enum { CACHE_ALIGN_MIN = 8 };

struct list all_caches = LIST_INIT(all_caches);
static struct spinlock all_caches_lock = SPINLOCK_INIT("all_caches");

/* Fills half of this CPU's empty magazine.  Interrupts off. */
static bool magazine_fill(struct cache *c, struct magazine *m, enum alloc_flags flags)
{
	irqflags_t irq;

	for (;;) {
		irq = spin_lock_irqsave(&c->lock);
		m->count = cache_take(c, m->objects, (c->magazine + 1) / 2);
		spin_unlock_irqrestore(&c->lock, irq);
		if (m->count)
			return true;
		if (cache_grow(c, flags))
			return false;
	}
}

/* Gives the `n` objects that were freed longest ago back.  Interrupts off. */
static void magazine_shrink(struct cache *c, struct magazine *m, u32 n, u32 keep_empty)
{
	struct list dead = LIST_INIT(dead);
	irqflags_t irq = spin_lock_irqsave(&c->lock);

	cache_give(c, m->objects, n, keep_empty, &dead);
	spin_unlock_irqrestore(&c->lock, irq);
	slabs_destroy(&dead);
	m->count -= n;
	memmove(m->objects, m->objects + n, m->count * sizeof(m->objects[0]));
}

/* An object as the magazine has it, unchecked. */
static void *cache_take_one(struct cache *c, enum alloc_flags flags)
{
	irqflags_t irq = arch_irq_save();
	struct magazine *m = &c->magazines[this_cpu()->id];
	void *obj = NULL;

	if (likely(m->count) || magazine_fill(c, m, flags))
		obj = m->objects[--m->count];
	arch_irq_restore(irq);
	return obj;
}

void *cache_alloc(struct cache *c, enum alloc_flags flags)
{
	void *obj = cache_take_one(c, flags);

	if (unlikely(!obj))
		return NULL;
	/* A damaged object is never used again. */
	while (unlikely(c->flags & CACHE_CHECKED) &&
	       !cache_check_alloc(c, obj, __builtin_return_address(0))) {
		obj = cache_take_one(c, flags);
		if (!obj)
			return NULL;
	}
	if ((c->flags & CACHE_ZERO) || (flags & ALLOC_ZERO))
		memset(obj, 0, c->size);
	return obj;
}

void cache_free(struct cache *c, void *obj)
{
	struct magazine *m;
	irqflags_t irq;

	if (unlikely(c->flags & CACHE_CHECKED) &&
	    !cache_check_free(c, obj, __builtin_return_address(0)))
		return;
	irq = arch_irq_save();
	m = &c->magazines[this_cpu()->id];
	if (unlikely(m->count == c->magazine))
		magazine_shrink(c, m, (c->magazine + 1) / 2, CACHE_EMPTY_MAX);
	m->objects[m->count++] = obj;
	arch_irq_restore(irq);
}

static void cache_drain_one(struct cache *c)
{
	irqflags_t irq = arch_irq_save();
	struct magazine *m = &c->magazines[this_cpu()->id];

	magazine_shrink(c, m, m->count, 0);
	arch_irq_restore(irq);
	cache_trim(c);
}

void cache_drain(void)
{
	irqflags_t irq = spin_lock_irqsave(&all_caches_lock);
	struct cache *c;

	list_for_each(c, &all_caches, all)
		cache_drain_one(c);
	spin_unlock_irqrestore(&all_caches_lock, irq);
}

u64 cache_live_count(const struct cache *c)
{
	u64 n = c->used;

	for (u32 cpu = 0; cpu < CPUS_MAX; cpu++)
		n -= READ_ONCE(c->magazines[cpu].count);
	return n;
}

u64 cache_page_count(void)
{
	irqflags_t irq = spin_lock_irqsave(&all_caches_lock);
	struct cache *c;
	u64 n = 0;

	list_for_each(c, &all_caches, all)
		n += c->slab_count << c->order;
	spin_unlock_irqrestore(&all_caches_lock, irq);
	return n;
}

struct cache *cache_create(const char *name, size_t size, size_t align, enum cache_flags flags)
{
	struct page *home;
	struct cache *c;
	irqflags_t irq;
	u32 order = 0;

	while (PAGE_SIZE << order < sizeof(*c))
		order++;
	if (page_alloc(order, ALLOC_ZERO, &home))
		panic("cache %s: out of memory", name);
	c = page_virt(home);
	c->name = name;
	c->flags = flags;
	if (CONFIG_DEBUG && !(flags & CACHE_UNCHECKED))
		c->flags |= CACHE_CHECKED;
	cache_layout(c, size, MAX(align, (size_t)CACHE_ALIGN_MIN));
	spin_init(&c->lock, name);
	list_init(&c->partial);
	irq = spin_lock_irqsave(&all_caches_lock);
	list_push_back(&all_caches, &c->all);
	spin_unlock_irqrestore(&all_caches_lock, irq);
	return c;
}

void cache_destroy(struct cache *c)
{
	irqflags_t irq;

	cache_drain_one(c);
	if (c->used)
		panic("cache %s: destroyed with %llu objects in use", c->name,
		      (unsigned long long)c->used);
	irq = spin_lock_irqsave(&all_caches_lock);
	list_remove(&c->all);
	spin_unlock_irqrestore(&all_caches_lock, irq);
	page_put(page_from_virt(c));
}
