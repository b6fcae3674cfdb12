/*
 * Host tests of what allocates pages: a small page array over the test's own memory.  With the linear
 * map's base taken off its address, page_virt() leads back to it.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/spinlock.h>

enum { FAKE_PAGES = 256 };

struct page *page_array;
u64 page_first_pfn, page_count = FAKE_PAGES;
static u32 fake_pages_used, fake_pages_limit;
static u8 fake_page_taken[FAKE_PAGES];

static inline void fake_pages_init(void)
{
	static void *memory;

	if (!memory) {
		memory = aligned_alloc(PAGE_SIZE * 8, FAKE_PAGES * PAGE_SIZE);
		page_array = aligned_alloc(64, FAKE_PAGES * sizeof(struct page));
		page_first_pfn = ((u64)memory - LINEAR_BASE) >> PAGE_SHIFT;
	}
	memset(page_array, 0, FAKE_PAGES * sizeof(struct page));
	memset(fake_page_taken, 0, sizeof(fake_page_taken));
	fake_pages_used = 0;
	fake_pages_limit = FAKE_PAGES;
}

int page_alloc(u32 order, enum alloc_flags flags, struct page **out)
{
	u32 n = 1u << order;

	for (u32 first = 0; first + n <= FAKE_PAGES && fake_pages_used + n <= fake_pages_limit; first += n) {
		if (memchr(&fake_page_taken[first], 1, n))
			continue;
		memset(&fake_page_taken[first], 1, n);
		fake_pages_used += n;
		*out = &page_array[first];
		**out = (struct page){ .kind = PAGE_KERNEL, .order = order, .refs = ATOMIC_INIT(1) };
		if (flags & ALLOC_ZERO)
			memset(page_virt(*out), 0, PAGE_SIZE << order);
		return 0;
	}
	return -ENOMEM;
}

void page_put(struct page *p)
{
	u32 n = 1u << p->order;

	if (--p->refs.value)
		return;
	memset(&fake_page_taken[p - page_array], 0, n);
	fake_pages_used -= n;
}

/* Locks that only count. */
static int fake_locks_held;

void spin_init(struct spinlock *l, const char *name)
{
	memset(l, 0, sizeof(*l));
}

void spin_lock(struct spinlock *l)
{
	fake_locks_held++;
}

void spin_unlock(struct spinlock *l)
{
	fake_locks_held--;
}

irqflags_t spin_lock_irqsave(struct spinlock *l)
{
	fake_locks_held++;
	return 0;
}

void spin_unlock_irqrestore(struct spinlock *l, irqflags_t flags)
{
	fake_locks_held--;
}

bool spin_held(const struct spinlock *l)
{
	return fake_locks_held > 0;
}

void list_corrupt(const struct list_node *node, const char *what)
{
	fail_msg("list: %s", what);
	abort();
}
