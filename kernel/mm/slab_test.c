/* test: kernel/mm/slab.c kernel/mm/slab_check.c */
#include "../lib/test.h"

#include "fake_page.h"

#include <kernel/cache.h>

TEST_PANIC

enum { MANY = 300 };

static struct cache cache;
static void *objects[MANY];
static enum cache_damage damage;
static u32 reports;

static void report(struct cache *c, void *obj, enum cache_damage d)
{
	damage = d;
	reports++;
}

static void cache_prepare(size_t size, size_t align, enum cache_flags flags)
{
	memset(&cache, 0, sizeof(cache));
	cache.name = "test";
	cache.flags = flags;
	cache.report = report;
	list_init(&cache.partial);
	cache_layout(&cache, size, align);
	reports = 0;
}

static int setup(void **state)
{
	fake_pages_init();
	return 0;
}

/* Takes up to n objects, growing as needed. */
static u32 take(u32 n)
{
	u32 got = 0;

	while (got < n) {
		u32 some;

		spin_lock(&cache.lock);
		some = cache_take(&cache, objects + got, n - got);
		spin_unlock(&cache.lock);
		got += some;
		if (!some && cache_grow(&cache, 0))
			break;
	}
	return got;
}

static void give(void **list, u32 n, u32 keep)
{
	struct list dead = LIST_INIT(dead);

	spin_lock(&cache.lock);
	cache_give(&cache, list, n, keep, &dead);
	spin_unlock(&cache.lock);
	slabs_destroy(&dead);
}

static void test_layout(void **state)
{
	cache_prepare(24, 8, 0);
	assert_int_equal(cache.stride, 24);
	assert_int_equal(cache.order, 0);
	assert_int_equal(cache.per_slab, 4096 / 24);
	cache_prepare(100, 64, 0);
	assert_int_equal(cache.stride, 128);
	cache_prepare(1, 1, 0);
	assert_int_equal(cache.stride, 8);
	cache_prepare(2048, 64, 0);
	assert_int_equal(cache.per_slab << cache.order ? cache.per_slab : 0, 8);
	cache_prepare(24, 8, CACHE_CHECKED);
	assert_int_equal(cache.stride, 24 + cache_check_size());
}

static void test_objects_apart(void **state)
{
	cache_prepare(100, 8, 0);
	assert_int_equal(take(MANY), MANY);
	for (u32 i = 0; i < MANY; i++)
		memset(objects[i], i, 100);
	for (u32 i = 0; i < MANY; i++) {
		assert_int_equal(((u8 *)objects[i])[0], (u8)i);
		assert_int_equal(((u8 *)objects[i])[99], (u8)i);
	}
	assert_int_equal(cache.used, MANY);
	give(objects, MANY, 0);
	assert_int_equal(cache.used, 0);
	assert_int_equal(cache.slab_count, 0);
	assert_int_equal(fake_pages_used, 0);
	assert_true(list_empty(&cache.partial));
}

static void test_empty_slab_kept(void **state)
{
	cache_prepare(512, 8, 0);
	take(cache.per_slab * 3);
	assert_int_equal(cache.slab_count, 3);
	give(objects, cache.per_slab * 3, 1);
	assert_int_equal(cache.slab_count, 1);
	assert_int_equal(cache.empty_count, 1);
	cache_trim(&cache);
	assert_int_equal(fake_pages_used, 0);
	assert_int_equal(cache.empty_count, 0);
}

static void test_full_slab_returns(void **state)
{
	cache_prepare(512, 8, 0);
	take(cache.per_slab);
	assert_true(list_empty(&cache.partial));
	give(&objects[3], 1, 1);
	assert_false(list_empty(&cache.partial));
	assert_int_equal(take(1), 1);
	/* The only free one. */
	assert_int_equal(cache.slab_count, 1);
}

static void test_out_of_memory(void **state)
{
	cache_prepare(2048, 8, 0);
	fake_pages_limit = 1u << cache.order;
	assert_int_equal(take(MANY), cache.per_slab);
	fake_pages_limit = FAKE_PAGES;
	assert_int_equal(take(1), 1);
}

static void *checked_object(void)
{
	void *obj;

	cache_prepare(40, 8, CACHE_CHECKED);
	take(1);
	obj = objects[0];
	assert_true(cache_check_alloc(&cache, obj, NULL));
	return obj;
}

static void test_overrun(void **state)
{
	u8 *obj = checked_object();

	obj[40] = 1;
	assert_false(cache_check_free(&cache, obj, NULL));
	assert_int_equal(damage, CACHE_OVERRUN);
	assert_int_equal(reports, 1);
}

static void test_double_free(void **state)
{
	u8 *obj = checked_object();

	assert_true(cache_check_free(&cache, obj, NULL));
	assert_false(cache_check_free(&cache, obj, NULL));
	assert_int_equal(damage, CACHE_DOUBLE_FREE);
}

static void test_use_after_free(void **state)
{
	u8 *obj = checked_object();

	assert_true(cache_check_free(&cache, obj, NULL));
	obj[39] = 0;
	assert_false(cache_check_alloc(&cache, obj, NULL));
	assert_int_equal(damage, CACHE_USE_AFTER_FREE);
}

static void test_foreign(void **state)
{
	static u8 elsewhere[64];

	checked_object();
	assert_false(cache_check_free(&cache, elsewhere, NULL));
	assert_int_equal(damage, CACHE_FOREIGN);
}

static void test_damage_without_hook(void **state)
{
	u8 *obj = checked_object();

	cache.report = NULL;
	obj[41] = 1;
	expect_assert_failure(cache_check_free(&cache, obj, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_layout, setup),
		cmocka_unit_test_setup(test_objects_apart, setup),
		cmocka_unit_test_setup(test_empty_slab_kept, setup),
		cmocka_unit_test_setup(test_full_slab_returns, setup),
		cmocka_unit_test_setup(test_out_of_memory, setup),
		cmocka_unit_test_setup(test_overrun, setup),
		cmocka_unit_test_setup(test_double_free, setup),
		cmocka_unit_test_setup(test_use_after_free, setup),
		cmocka_unit_test_setup(test_foreign, setup),
		cmocka_unit_test_setup(test_damage_without_hook, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
