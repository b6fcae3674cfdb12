/* test: kernel/mm/area.c kernel/lib/rbtree.c */
#include "../lib/test.h"

#include <string.h>

#include <kernel/area.h>

TEST_PANIC

enum { AREAS = 64, PAGES = 512, ROUNDS = 20000 };
#define AT(page) (((vaddr_t)(page) + 1) << 12)

static struct rb_tree tree;
static struct area pool[AREAS];
static u8 used[PAGES]; /* 1 + index of the area of each page, 0 when free */

static struct area *area_place(u32 n, u32 first, u32 last)
{
	pool[n].start = AT(first);
	pool[n].end = AT(last);
	area_insert(&tree, &pool[n]);
	for (u32 p = first; p < last; p++)
		used[p] = n + 1;
	return &pool[n];
}

/* The highest run of `count` free pages below `high`, by looking at all of them. */
static vaddr_t model_find_gap(u32 count, u32 low, u32 high)
{
	for (u32 first = high - count + 1; first-- > low;) {
		u32 n = 0;

		while (n < count && !used[first + n])
			n++;
		if (n == count)
			return AT(first);
	}
	return 0;
}

static int setup(void **state)
{
	areas_init(&tree);
	memset(used, 0, sizeof(used));
	memset(pool, 0, sizeof(pool));
	return 0;
}

static void test_find(void **state)
{
	struct area *a = area_place(0, 10, 20), *b = area_place(1, 30, 40);

	assert_null(area_find(&tree, AT(9)));
	assert_ptr_equal(area_find(&tree, AT(10)), a);
	assert_ptr_equal(area_find(&tree, AT(20) - 1), a);
	assert_null(area_find(&tree, AT(20)));
	assert_ptr_equal(area_find_from(&tree, AT(20)), b);
	assert_null(area_find_from(&tree, AT(40)));
	assert_true(area_range_free(&tree, AT(20), AT(30)));
	assert_false(area_range_free(&tree, AT(20), AT(30) + 1));
}

static void test_gap_edges(void **state)
{
	area_place(0, 10, 20);
	area_place(1, 30, 40);
	assert_int_equal(area_find_gap(&tree, 10 << 12, AT(0), AT(40)), AT(20));
	assert_int_equal(area_find_gap(&tree, 11 << 12, AT(0), AT(40)), 0);
	assert_int_equal(area_find_gap(&tree, 11 << 12, AT(0), AT(60)), AT(49));
	assert_int_equal(area_find_gap(&tree, 5 << 12, AT(0), AT(27)), AT(22));
	assert_int_equal(area_find_gap(&tree, 5 << 12, AT(24), AT(35)), AT(25));
	assert_int_equal(area_find_gap(&tree, 7 << 12, AT(24), AT(35)), 0);
}

/* Random inserts, removals, resizes; the tree's answer is the model's, gaps included. */
static void test_random_areas(void **state)
{
	for (u32 round = 0; round < ROUNDS; round++) {
		u32 n = test_random() % AREAS, length = test_random() % 12 + 1;
		u32 low = test_random() % (PAGES / 2), high = PAGES / 2 + test_random() % (PAGES / 2);
		vaddr_t want = model_find_gap(length, low, high);

		assert_int_equal(area_find_gap(&tree, length << 12, AT(low), AT(high)), want);
		if (pool[n].end) {
			u32 first = (pool[n].start >> 12) - 1, last = (pool[n].end >> 12) - 1;

			if (last - first > 1 && round % 3 == 0) {
				area_resize(&tree, &pool[n], AT(first), AT(last - 1));
				used[last - 1] = 0;
				continue;
			}
			area_remove(&tree, &pool[n]);
			memset(&used[first], 0, last - first);
			memset(&pool[n], 0, sizeof(pool[n]));
		} else if (want) {
			area_place(n, (want >> 12) - 1, (want >> 12) - 1 + length);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_find, setup),
		cmocka_unit_test_setup(test_gap_edges, setup),
		cmocka_unit_test_setup(test_random_areas, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
