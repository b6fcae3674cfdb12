/*
 * Object caches, and kmalloc on top of them.  kernel/mm/slab.c, kernel/mm/kmalloc.c
 * With checks on, an overrun, a use after free and a double free are caught and named.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/list.h>
#include <kernel/page.h>
#include <kernel/spinlock.h>

struct cache; /* struct cache is complete in kernel/mm/slab.c's own header <kernel/slab_types.h> if needed */

enum cache_flags { CACHE_CHECKED = 1 << 0, CACHE_ZERO = 1 << 1 };

/* Makes a cache of objects; on all_caches.  Panics at boot when there is no memory. */
struct cache *cache_create(const char *name, size_t size, size_t align, enum cache_flags flags);
/* An object, zeroed with CACHE_ZERO or ALLOC_ZERO.  NULL when out of memory. */
void *cache_alloc(struct cache *c, enum alloc_flags flags) __must_check;
void cache_free(struct cache *c, void *obj);
u64 cache_live_count(const struct cache *c);

void *kmalloc(size_t size, enum alloc_flags flags) __must_check; /* 8 bytes to 4 MiB; NULL */
void *kzalloc(size_t size, enum alloc_flags flags) __must_check;
void *krealloc(void *p, size_t size, enum alloc_flags flags) __must_check;
void kfree(const void *p);                                       /* NULL is fine */
size_t kmalloc_size(const void *p);
