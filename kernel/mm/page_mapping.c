/*
 * The pages of a file in memory.  read(), write() and mmap() of a file all go through its mapping, so
 * they see the same bytes.  Called by file systems and by page faults, in process context.
 *
 * Invariants: a page in the tree has .mapping set and one reference of the tree's; truncation clears
 * .mapping before it looks for user mappings, and a fault looks at .mapping under mm.pt_lock before it
 * maps the page, so no truncated page stays mapped.
 * Linux finds cached pages without a lock (RCU), writes dirty ones back, and drops clean ones when
 * memory is short.
 */
#include <kernel/page_mapping.h>

#include <kernel/area.h>
#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/user_pages.h>

static struct cache *radix_node_cache;

static void *mapping_node_alloc(size_t size)
{
	ASSERT(size == sizeof(struct radix_node));
	return cache_alloc(radix_node_cache, ALLOC_ZERO);
}

static void mapping_node_free(void *node)
{
	cache_free(radix_node_cache, node);
}

static const struct radix_ops mapping_radix_ops = { mapping_node_alloc, mapping_node_free };

void page_mapping_setup(void)
{
	radix_node_cache = cache_create("radix_node", sizeof(struct radix_node), 64, 0);
}

void page_mapping_init(struct page_mapping *m, struct inode *inode, const struct page_mapping_ops *ops)
{
	mutex_init(&m->lock, "page_mapping");
	radix_init(&m->pages, &mapping_radix_ops);
	m->count = 0;
	m->inode = inode;
	m->ops = ops;
	spin_init(&m->areas_lock, "mapping_areas");
	list_init(&m->areas);
}

/* Makes, fills and enters the page at index.  0, -ENOMEM or -EIO. */
static int mapping_add(struct page_mapping *m, u64 index, struct page **out)
{
	bool fill = m->ops && m->ops->read_page;
	struct page *p;
	int err;

	ASSERT(mutex_held(&m->lock));
	err = page_alloc(0, ALLOC_USER | (fill ? 0 : ALLOC_ZERO), &p);
	if (err)
		return err;
	p->kind = PAGE_CACHE;
	p->mapping = m;
	p->index = index;
	if (fill)
		err = m->ops->read_page(m, p);
	if (!err)
		err = radix_insert(&m->pages, index, p);
	if (err) {
		p->mapping = NULL;
		page_put(p);
		return err;
	}
	page_set_flags(p, PAGE_UPTODATE);
	m->count++;
	*out = p;
	return 0;
}

int page_mapping_get(struct page_mapping *m, u64 index, bool create, struct page **out)
{
	int err = 0;

	mutex_lock(&m->lock);
	*out = radix_lookup(&m->pages, index);
	if (!*out)
		err = create ? mapping_add(m, index, out) : -ENOENT;
	if (!err)
		page_get(*out);
	mutex_unlock(&m->lock);
	return err;
}

u32 page_mapping_get_cached(struct page_mapping *m, u64 first, u32 count, struct page **out)
{
	u32 left = RADIX_WAYS - first % RADIX_WAYS;
	void *const *slots;

	if (count > left)
		count = left;
	mutex_lock(&m->lock);
	slots = radix_neighbours(&m->pages, first);
	if (!slots)
		count = 0;
	for (u32 i = 0; i < count; i++) {
		out[i] = slots[first % RADIX_WAYS + i];
		if (out[i])
			page_get(out[i]);
	}
	mutex_unlock(&m->lock);
	return count;
}

/* Takes all pages from `first` on out of the tree and onto the list. */
static void mapping_take_from(struct page_mapping *m, u64 first, struct list *taken)
{
	struct page *p;

	mutex_lock(&m->lock);
	while ((p = radix_next(&m->pages, &first))) {
		radix_remove(&m->pages, first);
		m->count--;
		WRITE_ONCE(p->mapping, NULL);
		list_push_back(taken, &p->node);
	}
	mutex_unlock(&m->lock);
}

/* Unmaps what lies behind `first` from every address space that has it. */
static void mapping_unmap_from(struct page_mapping *m, u64 first)
{
	struct area *a;

	spin_lock(&m->areas_lock);
	list_for_each(a, &m->areas, mapped) {
		u64 offset = first << PAGE_SHIFT;
		vaddr_t start = a->start + (offset > a->offset ? offset - a->offset : 0);

		if (start < a->end)
			user_pages_zap(a->mm, start, a->end);
	}
	spin_unlock(&m->areas_lock);
}

void page_mapping_truncate(struct page_mapping *m, u64 first)
{
	struct list taken = LIST_INIT(taken);
	struct page *p;

	mapping_take_from(m, first, &taken);
	if (!list_empty(&m->areas))
		mapping_unmap_from(m, first);
	while ((p = list_pop_front_entry(&taken, struct page, node)))
		page_put(p);
}

int page_mapping_next(struct page_mapping *m, u64 from, u64 *index)
{
	void *found;

	mutex_lock(&m->lock);
	found = radix_next(&m->pages, &from);
	mutex_unlock(&m->lock);
	if (!found)
		return -ENOENT;
	*index = from;
	return 0;
}

void page_mapping_written(struct page *p)
{
	page_set_flags(p, PAGE_DIRTY);
	if (p->flags & PAGE_FETCHABLE)
		page_clear_flags(p, PAGE_FETCHABLE);
}

int shared_memory_new(struct shared_memory **out)
{
	struct shared_memory *s = kzalloc(sizeof(*s), 0);

	if (!s)
		return -ENOMEM;
	atomic_store_relaxed(&s->refs, 1);
	page_mapping_init(&s->mapping, NULL, NULL);
	*out = s;
	return 0;
}

void shared_memory_get(struct shared_memory *s)
{
	atomic_inc(&s->refs);
}

void shared_memory_put(struct shared_memory *s)
{
	if (atomic_dec_return(&s->refs))
		return;
	page_mapping_truncate(&s->mapping, 0);
	kfree(s);
}
