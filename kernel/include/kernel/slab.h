/*
 * Object caches, and kmalloc on top of them.  kernel/mm/slab.c, slab_check.c, kmalloc.c
 * With checks on, an overrun, a use after free and a double free are caught and named.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/list.h>
#include <kernel/page.h>
#include <kernel/types.h>

struct cache; /* <kernel/cache.h> has its insides */

enum cache_flags {
	CACHE_CHECKED   = 1 << 0, /* red zones and poison; the debug profile adds it to every cache */
	CACHE_ZERO      = 1 << 1, /* objects are handed out zeroed */
	CACHE_UNCHECKED = 1 << 2, /* not even in the debug profile */
};

/* Makes a cache of objects; on all_caches.  Panics at boot when there is no memory. */
struct cache *cache_create(const char *name, size_t size, size_t align, enum cache_flags flags);
/* Ends a cache whose objects were all freed; panics when one is left.  For stages. */
void cache_destroy(struct cache *c);

/* An object, zeroed with CACHE_ZERO or ALLOC_ZERO.  NULL when out of memory.  Any context. */
void *cache_alloc(struct cache *c, enum alloc_flags flags) __must_check;
/* Any context. */
void cache_free(struct cache *c, void *obj);

/* Objects in use.  Exact when nobody else allocates. */
u64 cache_live_count(const struct cache *c);
/* Pages that all caches hold. */
u64 cache_page_count(void);
/*
 * Gives back what this CPU keeps ready (magazines) and every empty slab.  Run on each CPU before pages
 * are counted.  Any context.
 */
void cache_drain(void);

/* The caches behind kmalloc.  Once, right after page_init(). */
void kmalloc_init(void);

/* 8 bytes to 4 MiB, aligned to 8 bytes at least, from 64 bytes on to 64.  NULL without memory. */
void *kmalloc(size_t size, enum alloc_flags flags) __must_check;
void *kzalloc(size_t size, enum alloc_flags flags) __must_check;
/* Keeps the first bytes; on failure NULL and p stays.  p may be NULL. */
void *krealloc(void *p, size_t size, enum alloc_flags flags) __must_check;
void kfree(const void *p); /* NULL is fine */
/* How many bytes are really there. */
size_t kmalloc_size(const void *p);
