/*
 * Object caches.  An allocation takes the last freed object from this CPU's magazine; an empty or full
 * magazine exchanges half of itself with the slabs under the cache's lock.  Called by everybody, from
 * any context.
 *
 * Invariants: a slab with a free object is on cache.partial; a full one is on no list and is found again
 * through its objects' struct page.  Empty slabs but one are given back.
 * Linux's SLUB has freelists of whole slabs per CPU and randomised order; magazines are Bonwick's.
 */
#include <kernel/slab.h>

#include <arch/arch.h>
#include <kernel/cache.h>
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <kernel/task.h>

enum { SLAB_ORDER_MAX = 3, SLAB_OBJECTS_WANTED = 8, CACHE_ALIGN_MIN = 8 };

struct list all_caches = LIST_INIT(all_caches);
static struct spinlock all_caches_lock = SPINLOCK_INIT("all_caches");

/* A free object: the next one in its slab. */
struct free_object {
	struct free_object *next;
};

static void slab_push(struct page *slab, void *obj)
{
	struct free_object *o = obj;

	o->next = slab->free_objects;
	slab->free_objects = o;
}

/* A new slab, all of it free.  0 or -ENOMEM. */
static int slab_create(struct cache *c, enum alloc_flags flags, struct page **out)
{
	struct page *slab;
	u8 *base;
	int err;

	err = page_alloc(c->order, flags & ALLOC_ATOMIC, &slab);
	if (err)
		return err;
	for (u32 i = 0; i < 1u << c->order; i++) {
		slab[i].kind = PAGE_SLAB;
		slab[i].slab = slab;
	}
	slab->cache = c;
	slab->free_objects = NULL;
	slab->used = 0;
	base = page_virt(slab);
	/* Backwards, so that they are handed out in the order of their addresses. */
	for (u32 i = c->per_slab; i-- > 0;) {
		if (c->flags & CACHE_CHECKED)
			cache_check_init(c, base + i * c->stride);
		slab_push(slab, base + i * c->stride);
	}
	*out = slab;
	return 0;
}

static void slab_destroy(struct page *slab)
{
	for (u32 i = 1; i < 1u << slab->order; i++)
		slab[i].kind = PAGE_FREE;
	page_put(slab);
}

/* Makes a slab and puts it on the partial list.  0 or -ENOMEM. */
static int cache_grow(struct cache *c, enum alloc_flags flags)
{
	struct page *slab;
	irqflags_t irq;
	int err;

	err = slab_create(c, flags, &slab);
	if (err)
		return err;
	irq = spin_lock_irqsave(&c->lock);
	list_push_back(&c->partial, &slab->node);
	c->slab_count++;
	c->empty_count++;
	spin_unlock_irqrestore(&c->lock, irq);
	return 0;
}

/* Moves up to `want` free objects from the slabs to `objects`; returns how many there were. */
static u32 cache_take(struct cache *c, void **objects, u32 want)
{
	u32 n = 0;

	ASSERT(spin_held(&c->lock));
	while (n < want && !list_empty(&c->partial)) {
		struct page *slab = list_first_entry(&c->partial, struct page, node);
		struct free_object *o;

		if (!slab->used)
			c->empty_count--;
		while (n < want && (o = slab->free_objects)) {
			slab->free_objects = o->next;
			slab->used++;
			objects[n++] = o;
		}
		if (!slab->free_objects)
			list_remove(&slab->node);
	}
	c->used += n;
	return n;
}

/* Gives objects back to their slabs; slabs that nobody uses go to `dead`. */
static void cache_give(struct cache *c, void **objects, u32 n, u32 keep_empty, struct list *dead)
{
	ASSERT(spin_held(&c->lock));
	c->used -= n;
	for (u32 i = 0; i < n; i++) {
		struct page *slab = page_from_virt(objects[i])->slab;

		if (!slab->free_objects)
			list_push_front(&c->partial, &slab->node);
		slab_push(slab, objects[i]);
		if (--slab->used)
			continue;
		if (c->empty_count < keep_empty) {
			c->empty_count++;
			continue;
		}
		list_remove(&slab->node);
		list_push_back(dead, &slab->node);
		c->slab_count--;
	}
}

static void slabs_destroy(struct list *dead)
{
	struct page *slab;

	while ((slab = list_pop_front_entry(dead, struct page, node)))
		slab_destroy(slab);
}

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

/* Takes the empty slabs off the partial list. */
static void cache_trim(struct cache *c)
{
	struct list dead = LIST_INIT(dead);
	struct page *slab, *after;
	irqflags_t irq = spin_lock_irqsave(&c->lock);

	list_for_each_safe(slab, after, &c->partial, node) {
		if (slab->used)
			continue;
		list_remove(&slab->node);
		list_push_back(&dead, &slab->node);
		c->empty_count--;
		c->slab_count--;
	}
	spin_unlock_irqrestore(&c->lock, irq);
	slabs_destroy(&dead);
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

/* How objects lie in memory, and how many at a time. */
static void cache_layout(struct cache *c, size_t size, size_t align)
{
	size_t stride = MAX(size, sizeof(struct free_object));

	if (c->flags & CACHE_CHECKED)
		stride = ALIGN_UP(stride, sizeof(u64)) + cache_check_size();
	c->size = size;
	c->stride = ALIGN_UP(stride, align);
	while (c->order < SLAB_ORDER_MAX && (PAGE_SIZE << c->order) / c->stride < SLAB_OBJECTS_WANTED)
		c->order++;
	c->per_slab = (PAGE_SIZE << c->order) / c->stride;
	c->magazine = MAGAZINE_MAX;
	/* Few large objects: a magazine must not sit on many pages. */
	while (c->magazine > 4 && c->magazine * c->stride > 8 * PAGE_SIZE)
		c->magazine /= 2;
	PANIC_IF(!c->per_slab);
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
