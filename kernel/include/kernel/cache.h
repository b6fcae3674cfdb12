/* The insides of an object cache, for kernel/mm/slab*.c, their stages and the debugger. */
#pragma once

#include <kernel/cpu.h>
#include <kernel/slab.h>
#include <kernel/spinlock.h>

enum { MAGAZINE_MAX = 32, CACHE_EMPTY_MAX = 1 };

/* Free objects of one CPU, the last freed first.  Interrupts off. */
struct magazine {
	u32 count;
	void *objects[MAGAZINE_MAX];
};

/* What a checked object was found to have suffered. */
enum cache_damage {
	CACHE_OVERRUN,        /* bytes behind it were written */
	CACHE_DOUBLE_FREE,
	CACHE_USE_AFTER_FREE, /* a free object was written */
	CACHE_FOREIGN,        /* freed to a cache that it is not from */
};

/*
 * A slab is a block of 2^order pages full of objects; its struct page counts them and heads the list
 * of the free ones, each of which points to the next at `link`.
 *
 *	object, checked:  | size bytes ... | red zone | who |  -> stride
 *
 * Fields: (c) cache.lock  (!) set at creation
 */
struct cache {
	const char *name;        /* (!) */
	u32 size;                /* (!) what users asked for */
	u32 stride;              /* (!) from object to object */
	u32 order;               /* (!) pages in a slab, as a power of two */
	u32 per_slab;            /* (!) objects */
	u32 magazine;            /* (!) objects a magazine holds */
	enum cache_flags flags;  /* (!) */
	struct spinlock lock;    /* irqsave */
	struct list partial;     /* (c) slabs with free objects, struct page.node */
	u32 empty_count;         /* (c) of them without a used one */
	u64 slab_count;          /* (c) */
	u64 used;                /* (c) objects not in slabs: live, or in a magazine */
	/* Called for damage; panics unless a stage set another.  obj is left alone afterwards. */
	void (*report)(struct cache *c, void *obj, enum cache_damage damage);
	struct list_node all;    /* on all_caches */
	struct magazine magazines[CPUS_MAX];
};

extern struct list all_caches;

/* ---- Slabs, kernel/mm/slab.c ------------------------------------------------------------------- */

/* Decides how objects of `size` lie in slabs; c->flags is set. */
void cache_layout(struct cache *c, size_t size, size_t align);
/* Makes a slab and puts it on the partial list.  0 or -ENOMEM. */
int cache_grow(struct cache *c, enum alloc_flags flags);
/* Moves up to `want` free objects from the slabs to `objects`; returns how many there were. */
u32 cache_take(struct cache *c, void **objects, u32 want) REQUIRES(c->lock);
/* Gives objects back to their slabs; slabs that become empty, beyond `keep_empty`, go to `dead`. */
void cache_give(struct cache *c, void **objects, u32 n, u32 keep_empty, struct list *dead)
	REQUIRES(c->lock);
/* Gives the pages of slabs back that cache_give() collected. */
void slabs_destroy(struct list *dead);
/* Gives back every empty slab. */
void cache_trim(struct cache *c);

/* ---- Checks, kernel/mm/slab_check.c ------------------------------------------------------------ */

/* Prepares the red zone and poison of an object in a new slab. */
void cache_check_init(struct cache *c, void *obj);
/* Checks an object on its way out (alloc) and in (free); true when it is sound. */
bool cache_check_alloc(struct cache *c, void *obj, void *who);
bool cache_check_free(struct cache *c, void *obj, void *who);
/* Bytes that the checks add to an object. */
size_t cache_check_size(void);
