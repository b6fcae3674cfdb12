/* test: kernel/lib/list.c kernel/lib/refcount.c */
#include "test.h"

#include <kernel/list.h>
#include <kernel/refcount.h>

TEST_PANIC

struct item {
	int n;
	struct list_node node;
};

static void order_is_kept(void **state)
{
	struct item items[5] = { { 0 } };
	struct list list = LIST_INIT(list);
	struct item *it, *after;
	int want = 0;

	assert_true(list_empty(&list));
	assert_null(list_first(&list));
	assert_null(list_last(&list));
	assert_null(list_pop_front(&list));
	for (int i = 0; i < 5; i++)
		items[i].n = i;
	list_push_back(&list, &items[2].node);
	list_push_back(&list, &items[4].node);
	list_push_front(&list, &items[0].node);
	list_insert_after(&items[0].node, &items[1].node);
	list_insert_before(&items[4].node, &items[3].node);
	assert_int_equal(list_length(&list), 5);
	list_for_each(it, &list, node)
		assert_int_equal(it->n, want++);
	list_for_each_reverse(it, &list, node)
		assert_int_equal(it->n, --want);
	assert_ptr_equal(list_next(&list, &items[1].node), &items[2].node);
	assert_ptr_equal(list_prev(&list, &items[1].node), &items[0].node);
	assert_null(list_next(&list, &items[4].node));
	list_for_each_safe(it, after, &list, node) {
		if (it->n % 2)
			list_remove(&it->node);
	}
	assert_int_equal(list_length(&list), 3);
	assert_false(list_node_linked(&items[1].node));
	assert_true(list_node_linked(&items[2].node));
	assert_ptr_equal(list_pop_front_entry(&list, struct item, node), &items[0]);
	assert_ptr_equal(list_first_entry(&list, struct item, node), &items[2]);
}

static void splice_moves_all(void **state)
{
	struct item items[4] = { { 0 } };
	struct list a, b;

	list_init(&a);
	list_init(&b);
	list_splice_back(&a, &b);
	assert_true(list_empty(&a));
	for (int i = 0; i < 4; i++)
		list_push_back(i < 2 ? &a : &b, &items[i].node);
	list_splice_back(&a, &b);
	assert_true(list_empty(&b));
	for (int i = 0; i < 4; i++)
		assert_ptr_equal(list_pop_front(&a), &items[i].node);
}

static void corruption_is_caught(void **state)
{
	struct item items[2] = { { 0 } };
	struct list list = LIST_INIT(list);

	expect_assert_failure(list_remove(&items[0].node));
	list_push_back(&list, &items[0].node);
	expect_assert_failure(list_push_back(&list, &items[0].node));
	items[0].node.next = &items[1].node;
	expect_assert_failure(list_remove(&items[0].node));
}

static void references(void **state)
{
	refcount_t r = REFCOUNT_INIT(1);

	refcount_get(&r);
	assert_int_equal(refcount_read(&r), 2);
	assert_true(refcount_get_unless_zero(&r));
	assert_false(refcount_put(&r));
	assert_false(refcount_put(&r));
	assert_true(refcount_put(&r));
	assert_false(refcount_get_unless_zero(&r));
	expect_assert_failure(refcount_get(&r));
	assert_int_equal(refcount_read(&r), REFCOUNT_SATURATED);
	refcount_init(&r, 0);
	expect_assert_failure((void)!refcount_put(&r));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_is_kept),
		cmocka_unit_test(splice_moves_all),
		cmocka_unit_test(corruption_is_caught),
		cmocka_unit_test(references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
