/* test: kernel/lib/radix.c */
#include "test.h"

#include <kernel/radix.h>

static int nodes, fail_after = -1;

static void *node_alloc(size_t size)
{
	if (fail_after == 0)
		return NULL;
	if (fail_after > 0)
		fail_after--;
	nodes++;
	return calloc(1, size);
}

static void node_free(void *node)
{
	nodes--;
	free(node);
}

static const struct radix_ops ops = { node_alloc, node_free };

enum { KEYS = 500 };

static void agrees_with_model(void **state)
{
	static u64 keys[KEYS];
	static bool present[KEYS];
	struct radix r;
	u64 index, last;
	u64 count = 0;
	void *entry;

	radix_init(&r, &ops);
	for (int i = 0; i < KEYS; i++) /* distinct, of all sizes; the low byte tells them apart */
		keys[i] = ((u64)test_random() << 32 | test_random()) >> (test_random() % 50) << 9 | (u64)i;
	keys[0] = 0;
	keys[1] = ~0ull;
	for (int round = 0; round < 20000; round++) {
		int i = (int)(test_random() % KEYS);

		assert_ptr_equal(radix_lookup(&r, keys[i]), present[i] ? &keys[i] : NULL);
		if (present[i]) {
			assert_int_equal(radix_insert(&r, keys[i], &keys[0]), -EEXIST);
			assert_ptr_equal(radix_replace(&r, keys[i], &keys[i]), &keys[i]);
			assert_ptr_equal(radix_remove(&r, keys[i]), &keys[i]);
			count--;
		} else {
			assert_null(radix_remove(&r, keys[i]));
			assert_null(radix_replace(&r, keys[i], &keys[i]));
			assert_int_equal(radix_insert(&r, keys[i], &keys[i]), 0);
			count++;
		}
		present[i] = !present[i];
		assert_int_equal(r.count, count);
		if (round % 500)
			continue;
		u64 seen = 0;

		last = 0;
		radix_for_each(entry, index, &r) {
			assert_int_equal(*(u64 *)entry, index);
			assert_true(seen == 0 || index > last);
			last = index;
			seen++;
			if (index == ~0ull)
				break;
		}
		assert_int_equal(seen, count);
	}
	radix_destroy(&r);
	assert_int_equal(nodes, 0);
	assert_null(radix_lookup(&r, 0));
}

static void small_trees_shrink(void **state)
{
	struct radix r;
	u64 index = 0;
	int x;

	radix_init(&r, &ops);
	assert_null(radix_next(&r, &index));
	assert_int_equal(radix_insert(&r, 5, NULL), -EINVAL);
	assert_int_equal(radix_insert(&r, 5, &x), 0);
	assert_int_equal(nodes, 1);
	assert_int_equal(radix_insert(&r, 1ull << 40, &x), 0);
	assert_true(nodes > 5);
	index = 6;
	assert_ptr_equal(radix_next(&r, &index), &x);
	assert_int_equal(index, 1ull << 40);
	radix_remove(&r, 1ull << 40);
	assert_int_equal(nodes, 1);
	radix_remove(&r, 5);
	assert_int_equal(nodes, 0);
	assert_null(r.root);
}

static void no_memory_leaves_no_trace(void **state)
{
	struct radix r;
	int x, n;

	radix_init(&r, &ops);
	for (n = 0;; n++) {
		fail_after = n;
		if (radix_insert(&r, 1ull << 50, &x) == 0)
			break;
		assert_int_equal(nodes, 0);
		assert_null(r.root);
	}
	assert_true(n > 5);
	fail_after = -1;
	radix_destroy(&r);
	assert_int_equal(nodes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_model),
		cmocka_unit_test(small_trees_shrink),
		cmocka_unit_test(no_memory_leaves_no_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
