/*
 * The slabs of a cache: blocks of pages cut into objects.  Called by kernel/mm/cache.c, which keeps
 * magazines of free objects before them; any context.
 *
 * Invariants: a slab with a free object is on cache.partial; a full one is on no list and is found again
 * through its objects' struct page.  Free objects are linked through their first word.
 */
#include <kernel/cache.h>

#include <kernel/page.h>
#include <kernel/panic.h>

enum { SLAB_ORDER_MAX = 3, SLAB_OBJECTS_WANTED = 8 };

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

int cache_grow(struct cache *c, enum alloc_flags flags)
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

u32 cache_take(struct cache *c, void **objects, u32 want)
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

void cache_give(struct cache *c, void **objects, u32 n, u32 keep_empty, struct list *dead)
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

void slabs_destroy(struct list *dead)
{
	struct page *slab;

	while ((slab = list_pop_front_entry(dead, struct page, node)))
		slab_destroy(slab);
}

void cache_trim(struct cache *c)
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

void cache_layout(struct cache *c, size_t size, size_t align)
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
