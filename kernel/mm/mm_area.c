/*
 * Single areas: their references, their place in the tree, cutting and joining.  Called by mm_map.c,
 * fork.c and mm.c with mm.lock held.
 *
 * An area of a file is also on the list of that file's mapping; its borders change only with the
 * list's lock held, since truncation reads them without mm.lock.
 */
#include <kernel/mm_map.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/page_mapping.h>
#include <kernel/panic.h>
#include <kernel/slab.h>

static struct cache *area_cache;

void areas_setup(void)
{
	area_cache = cache_create("area", sizeof(struct area), 64, 0);
}

int area_new(const struct area *like, struct area **out)
{
	struct area *a = cache_alloc(area_cache, like ? 0 : ALLOC_ZERO);

	if (!a)
		return -ENOMEM;
	if (like)
		*a = *like;
	a->mapped = (struct list_node){ NULL, NULL };
	if (a->file)
		file_get(a->file);
	if (a->shared)
		shared_memory_get(a->shared);
	*out = a;
	return 0;
}

void area_free(struct area *a)
{
	ASSERT(!list_node_linked(&a->mapped));
	if (a->file)
		file_put(a->file);
	if (a->shared)
		shared_memory_put(a->shared);
	cache_free(area_cache, a);
}

void area_attach(struct area *a)
{
	if (!a->mapping)
		return;
	spin_lock(&a->mapping->areas_lock);
	list_push_back(&a->mapping->areas, &a->mapped);
	spin_unlock(&a->mapping->areas_lock);
}

void area_detach(struct area *a)
{
	if (!a->mapping)
		return;
	spin_lock(&a->mapping->areas_lock);
	list_remove(&a->mapped);
	spin_unlock(&a->mapping->areas_lock);
}

static u64 area_pages(const struct area *a)
{
	return (a->end - a->start) >> PAGE_SHIFT;
}

static void mm_count_area(struct mm *mm, const struct area *a, s64 sign)
{
	mm->mapped_pages += sign * area_pages(a);
	if (a->flags & AREA_LOCKED)
		mm->locked_pages += sign * area_pages(a);
}

void mm_add_area(struct mm *mm, struct area *a)
{
	a->mm = mm;
	area_insert(&mm->areas, a);
	area_attach(a);
	mm->area_count++;
	mm_count_area(mm, a, 1);
}

void mm_drop_area(struct mm *mm, struct area *a)
{
	area_detach(a);
	area_remove(&mm->areas, a);
	mm->area_count--;
	mm_count_area(mm, a, -1);
	mm->last_found = NULL;
}

void mm_resize_area(struct area *a, vaddr_t start, vaddr_t end)
{
	struct mm *mm = a->mm;

	mm_count_area(mm, a, -1);
	if (a->mapping)
		spin_lock(&a->mapping->areas_lock);
	if (a->mapping)
		a->offset += start - a->start;
	area_resize(&mm->areas, a, start, end);
	if (a->mapping)
		spin_unlock(&a->mapping->areas_lock);
	mm_count_area(mm, a, 1);
}

int mm_split_area(struct area *a, vaddr_t at)
{
	struct area *upper;
	int err;

	ASSERT(at > a->start && at < a->end);
	if (a->flags & AREA_SPECIAL)
		return -EINVAL;
	err = area_new(a, &upper);
	if (err)
		return err;
	upper->start = at;
	if (a->mapping)
		upper->offset += at - a->start;
	mm_resize_area(a, a->start, at);
	mm_add_area(a->mm, upper);
	return 0;
}

/* Whether b goes on where a ends, in every respect. */
static bool area_continues(const struct area *a, const struct area *b)
{
	if (a->end != b->start || a->prot != b->prot || a->flags != b->flags ||
	    a->file != b->file || a->mapping != b->mapping || (a->flags & AREA_SPECIAL))
		return false;
	return !a->mapping || a->offset + (a->end - a->start) == b->offset;
}

/* Makes `a` reach to the end of its successor, which goes. */
static void mm_absorb_next(struct area *a, struct area *next)
{
	vaddr_t end = next->end;

	mm_drop_area(a->mm, next);
	area_free(next);
	mm_resize_area(a, a->start, end);
}

struct area *mm_merge_area(struct area *a)
{
	struct area *next = area_next(a), *prev = area_prev(a);

	if (next && area_continues(a, next))
		mm_absorb_next(a, next);
	if (prev && area_continues(prev, a)) {
		mm_absorb_next(prev, a);
		return prev;
	}
	return a;
}
