/*
 * The checks of an object cache that has CACHE_CHECKED.  Behind each object are a red zone, whose value
 * says whether the object is in use, and the caller that last allocated or freed it; a free object is
 * full of poison.  Called by kernel/mm/slab.c, any context.
 *
 * The first word of a free object links it to the next and is not checked.  Linux checks a zone before
 * the object as well and keeps whole stack traces.
 */
#include <kernel/cache.h>

#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/string.h>

enum { POISON_FREE = 0x6b, POISON_NEW = 0x5a };

enum red_zone {
	RED_USED = 0xcc55aa33a110c8edUL,
	RED_FREE = 0xcc55aa33f8eef8eeUL,
};

/* What lies behind a checked object. */
struct cache_tail {
	u64 red;
	void *who; /* return address of the last cache_alloc() or cache_free() */
};

size_t cache_check_size(void)
{
	return sizeof(struct cache_tail);
}

static struct cache_tail *cache_tail_of(const struct cache *c, void *obj)
{
	size_t size = MAX((size_t)c->size, sizeof(void *));

	return (struct cache_tail *)((u8 *)obj + ALIGN_UP(size, sizeof(u64)));
}

static void cache_report(struct cache *c, void *obj, enum cache_damage damage)
{
	static const char *const names[] = {
		[CACHE_OVERRUN] = "overrun",
		[CACHE_DOUBLE_FREE] = "double free",
		[CACHE_USE_AFTER_FREE] = "use after free",
		[CACHE_FOREIGN] = "free to the wrong cache",
	};

	if (c->report) {
		c->report(c, obj, damage);
		return;
	}
	panic("cache %s: %s of object %p, last allocated or freed by %pS", c->name, names[damage], obj,
	      cache_tail_of(c, obj)->who);
}

/* Whether every byte behind the free list's link is still poison. */
static bool cache_poison_intact(const struct cache *c, const u8 *obj)
{
	for (size_t i = sizeof(void *); i < c->size; i++) {
		if (obj[i] != POISON_FREE)
			return false;
	}
	return true;
}

void cache_check_init(struct cache *c, void *obj)
{
	struct cache_tail *tail = cache_tail_of(c, obj);

	memset(obj, POISON_FREE, c->size);
	tail->red = RED_FREE;
	tail->who = NULL;
}

bool cache_check_alloc(struct cache *c, void *obj, void *who)
{
	struct cache_tail *tail = cache_tail_of(c, obj);

	if (tail->red != RED_FREE) {
		cache_report(c, obj, CACHE_OVERRUN);
		return false;
	}
	if (!cache_poison_intact(c, obj)) {
		cache_report(c, obj, CACHE_USE_AFTER_FREE);
		return false;
	}
	memset(obj, POISON_NEW, c->size);
	tail->red = RED_USED;
	tail->who = who;
	return true;
}

bool cache_check_free(struct cache *c, void *obj, void *who)
{
	const struct page *page = page_from_virt(obj);
	struct cache_tail *tail;

	if (!page || page->kind != PAGE_SLAB || page->slab->cache != c) {
		cache_report(c, obj, CACHE_FOREIGN);
		return false;
	}
	tail = cache_tail_of(c, obj);
	if (tail->red != RED_USED) {
		cache_report(c, obj,
			     tail->red == RED_FREE ? CACHE_DOUBLE_FREE : CACHE_OVERRUN);
		return false;
	}
	memset(obj, POISON_FREE, c->size);
	tail->red = RED_FREE;
	tail->who = who;
	return true;
}
