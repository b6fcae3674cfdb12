/* test: kernel/mm/page_mapping.c kernel/lib/radix.c */
#include "../lib/test.h"

#include "fake_page.h"

#include <kernel/page_mapping.h>
#include <kernel/slab.h>
#include <kernel/user_pages.h>

TEST_PANIC

static struct page_mapping mapping;
static u32 reads;
static int read_result;

/* What page_mapping.c leans on. */
void mutex_init(struct mutex *m, const char *name)
{
}

void mutex_lock(struct mutex *m)
{
}

void mutex_unlock(struct mutex *m)
{
}

bool mutex_held(const struct mutex *m)
{
	return true;
}

struct cache *cache_create(const char *name, size_t size, size_t align, enum cache_flags flags)
{
	return NULL;
}

void *cache_alloc(struct cache *c, enum alloc_flags flags)
{
	return calloc(1, sizeof(struct radix_node));
}

void cache_free(struct cache *c, void *obj)
{
	free(obj);
}

void *kzalloc(size_t size, enum alloc_flags flags)
{
	return calloc(1, size);
}

void kfree(const void *p)
{
	free((void *)p);
}

static vaddr_t zapped_start, zapped_end;

void user_pages_zap(struct mm *mm, vaddr_t start, vaddr_t end)
{
	zapped_start = start;
	zapped_end = end;
}

static int fill(struct page_mapping *m, struct page *p)
{
	reads++;
	memset(page_virt(p), 0x40 + p->index, PAGE_SIZE);
	return read_result;
}

static const struct page_mapping_ops ops = { .read_page = fill };

static int setup(void **state)
{
	fake_pages_init();
	page_mapping_init(&mapping, NULL, &ops);
	reads = 0;
	read_result = 0;
	return 0;
}

static void test_get(void **state)
{
	struct page *a, *b;

	assert_int_equal(page_mapping_get(&mapping, 7, false, &a), -ENOENT);
	assert_int_equal(page_mapping_get(&mapping, 7, true, &a), 0);
	assert_int_equal(page_mapping_get(&mapping, 7, false, &b), 0);
	assert_ptr_equal(a, b);
	assert_int_equal(reads, 1);
	assert_int_equal(page_refs(a), 3);
	assert_int_equal(a->index, 7);
	assert_true(a->flags & PAGE_UPTODATE);
	assert_int_equal(*(u8 *)page_virt(a), 0x47);
	page_put(a);
	page_put(a);
	page_mapping_truncate(&mapping, 0);
	assert_int_equal(fake_pages_used, 0);
}

static void test_errors(void **state)
{
	struct page *p;

	read_result = -EIO;
	assert_int_equal(page_mapping_get(&mapping, 0, true, &p), -EIO);
	assert_int_equal(page_mapping_get(&mapping, 0, false, &p), -ENOENT);
	fake_pages_limit = 0;
	assert_int_equal(page_mapping_get(&mapping, 0, true, &p), -ENOMEM);
	assert_int_equal(fake_pages_used, 0);
	assert_int_equal(mapping.count, 0);
}

static void test_cached_neighbours(void **state)
{
	struct page *p, *around[16];

	for (u64 i = 60; i < 70; i += 2) {
		assert_int_equal(page_mapping_get(&mapping, i, true, &p), 0);
		page_put(p);
	}
	/* Up to the end of a node of the tree: 56 to 63. */
	assert_int_equal(page_mapping_get_cached(&mapping, 56, 16, around), 8);
	for (u32 i = 0; i < 8; i++)
		assert_int_equal(around[i] != NULL, i == 4 || i == 6);
	assert_int_equal(page_refs(around[4]), 2);
	page_put(around[4]);
	page_put(around[6]);
	assert_int_equal(page_mapping_get_cached(&mapping, 1 << 20, 16, around), 0);
	page_mapping_truncate(&mapping, 0);
}

static void test_truncate(void **state)
{
	struct area a = { .start = 0x10000, .end = 0x20000, .offset = 2 * PAGE_SIZE };
	struct page *p;
	u64 index;

	for (u64 i = 0; i < 10; i++) {
		assert_int_equal(page_mapping_get(&mapping, i, true, &p), 0);
		if (i != 5)
			page_put(p);
		else
			index = (u64)p;
	}
	p = (struct page *)index;
	list_push_back(&mapping.areas, &a.mapped);
	page_mapping_truncate(&mapping, 4);
	assert_int_equal(mapping.count, 4);
	/* Somebody still holds it, but it is no page of the file any more. */
	assert_null(p->mapping);
	assert_int_equal(page_refs(p), 1);
	page_put(p);
	assert_int_equal(fake_pages_used, 4);
	assert_int_equal(zapped_start, 0x12000);
	assert_int_equal(zapped_end, 0x20000);
	assert_int_equal(page_mapping_next(&mapping, 2, &index), 0);
	assert_int_equal(index, 2);
	assert_int_equal(page_mapping_next(&mapping, 4, &index), -ENOENT);
	page_mapping_truncate(&mapping, 0);
	assert_int_equal(zapped_start, 0x10000);
	assert_int_equal(fake_pages_used, 0);
}

static void test_shared_memory(void **state)
{
	struct shared_memory *s;
	struct page *p;

	assert_int_equal(shared_memory_new(&s), 0);
	assert_int_equal(page_mapping_get(&s->mapping, 3, true, &p), 0);
	assert_int_equal(*(u64 *)page_virt(p), 0);
	page_put(p);
	shared_memory_get(s);
	shared_memory_put(s);
	assert_int_equal(fake_pages_used, 1);
	shared_memory_put(s);
	assert_int_equal(fake_pages_used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_get, setup),
		cmocka_unit_test_setup(test_errors, setup),
		cmocka_unit_test_setup(test_cached_neighbours, setup),
		cmocka_unit_test_setup(test_truncate, setup),
		cmocka_unit_test_setup(test_shared_memory, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
