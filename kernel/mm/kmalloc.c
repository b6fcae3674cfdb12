/*
 * kmalloc(): memory by size, from caches up to 2 KiB and from whole pages above.  Called by everybody,
 * any context.
 *
 * Nothing is stored with the memory: struct page says whether it belongs to a cache or is a block.
 */
#include <kernel/slab.h>

#include <kernel/cache.h>
#include <kernel/panic.h>
#include <kernel/string.h>

enum { KMALLOC_CACHED_MAX = 2048, KMALLOC_STEP = 8, KMALLOC_ALIGN_MAX = 64 };

static const struct {
	const char *name;
	u32 size;
} kmalloc_sizes[] = {
	{ "kmalloc-8", 8 },       { "kmalloc-16", 16 },     { "kmalloc-32", 32 },
	{ "kmalloc-48", 48 },     { "kmalloc-64", 64 },     { "kmalloc-96", 96 },
	{ "kmalloc-128", 128 },   { "kmalloc-192", 192 },   { "kmalloc-256", 256 },
	{ "kmalloc-384", 384 },   { "kmalloc-512", 512 },   { "kmalloc-1024", 1024 },
	{ "kmalloc-2048", 2048 },
};

static struct cache *kmalloc_caches[ARRAY_SIZE(kmalloc_sizes)];
/* Which cache serves n bytes: kmalloc_class[(n + 7) / 8]. */
static u8 kmalloc_class[KMALLOC_CACHED_MAX / KMALLOC_STEP + 1];

void kmalloc_init(void)
{
	u32 n = 0;

	for (u32 i = 0; i < ARRAY_SIZE(kmalloc_sizes); i++) {
		size_t size = kmalloc_sizes[i].size;
		size_t align = IS_ALIGNED(size, KMALLOC_ALIGN_MAX) ? KMALLOC_ALIGN_MAX :
								     size & -size;

		kmalloc_caches[i] = cache_create(kmalloc_sizes[i].name, size, align, 0);
		for (; n <= size / KMALLOC_STEP; n++)
			kmalloc_class[n] = i;
	}
}

static void *kmalloc_pages(size_t size, enum alloc_flags flags)
{
	struct page *p;
	u32 order = 0;

	while (PAGE_SIZE << order < size) {
		if (++order > PAGE_ORDER_MAX)
			return NULL;
	}
	return page_alloc(order, flags, &p) ? NULL : page_virt(p);
}

void *kmalloc(size_t size, enum alloc_flags flags)
{
	if (unlikely(size > KMALLOC_CACHED_MAX))
		return kmalloc_pages(size, flags);
	return cache_alloc(kmalloc_caches[kmalloc_class[(size + KMALLOC_STEP - 1) / KMALLOC_STEP]],
			   flags);
}

void *kzalloc(size_t size, enum alloc_flags flags)
{
	return kmalloc(size, flags | ALLOC_ZERO);
}

/* The page that answers for what kmalloc() returned. */
static struct page *kmalloc_page(const void *p)
{
	struct page *page = page_from_virt(p);

	if (unlikely(!page || (page->kind != PAGE_SLAB && page->kind != PAGE_KERNEL)))
		panic("kfree: %p is not from kmalloc", p);
	return page;
}

void kfree(const void *p)
{
	struct page *page;

	if (!p)
		return;
	page = kmalloc_page(p);
	if (page->kind == PAGE_SLAB)
		cache_free(page->slab->cache, (void *)p);
	else
		page_put(page);
}

size_t kmalloc_size(const void *p)
{
	const struct page *page = kmalloc_page(p);

	return page->kind == PAGE_SLAB ? page->slab->cache->size : PAGE_SIZE << page->order;
}

void *krealloc(void *p, size_t size, enum alloc_flags flags)
{
	void *new;

	if (p && size <= kmalloc_size(p))
		return p;
	new = kmalloc(size, flags);
	if (new && p) {
		memcpy(new, p, kmalloc_size(p));
		kfree(p);
	}
	return new;
}
