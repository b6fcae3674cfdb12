/* test: kernel/mm/buddy.c */
#include "../lib/test.h"

#include <string.h>

#include <kernel/buddy.h>

TEST_PANIC

void list_corrupt(const struct list_node *node, const char *what)
{
	fail_msg("list: %s", what);
	abort();
}

/* A first page that is no multiple of the largest block, and an odd number of pages. */
enum { FIRST = 1024 + 3, COUNT = 5000, ROUNDS = 30000, HELD = 200 };

static struct page pages[COUNT];
static struct buddy buddy;
static u8 taken[COUNT];

static int setup(void **state)
{
	memset(pages, 0, sizeof(pages));
	memset(taken, 0, sizeof(taken));
	buddy_init(&buddy, pages, FIRST, COUNT);
	return 0;
}

static void give_all(void)
{
	buddy_give_range(&buddy, FIRST, FIRST + COUNT);
}

/* The lists say what buddy.free and buddy.orders say, and blocks are aligned. */
static void check_lists(void)
{
	u64 free = 0;

	for (u32 order = 0; order <= PAGE_ORDER_MAX; order++) {
		struct page *p;

		assert_int_equal(!list_empty(&buddy.lists[order]), buddy.orders >> order & 1);
		list_for_each(p, &buddy.lists[order], node) {
			assert_int_equal(p->order, order);
			assert_int_equal((p - pages + FIRST) % (1 << order), 0);
			free += 1 << order;
		}
	}
	assert_int_equal(free, buddy.free);
}

static void test_range(void **state)
{
	give_all();
	assert_int_equal(buddy.free, COUNT);
	check_lists();
	/* 1027 pages in: the largest blocks start at 2048, 3072, 4096 and 5120 alone fits no more. */
	assert_int_equal(list_first_entry(&buddy.lists[PAGE_ORDER_MAX], struct page, node)->order,
			 PAGE_ORDER_MAX);
}

static void test_split_and_join(void **state)
{
	struct page *a, *b;

	buddy_give_range(&buddy, 2048, 2048 + 1024);
	a = buddy_take(&buddy, 0);
	assert_ptr_equal(a, &pages[2048 - FIRST]);
	assert_int_equal(buddy.orders, 0x3ff);
	b = buddy_take(&buddy, 0);
	assert_ptr_equal(b, a + 1);
	assert_null(buddy_take(&buddy, PAGE_ORDER_MAX));
	buddy_give(&buddy, a, 0);
	assert_int_equal(buddy.orders, 0x3ff);
	buddy_give(&buddy, b, 0);
	assert_int_equal(buddy.orders, 0x400);
	check_lists();
}

static void test_neighbours_that_are_not_free(void **state)
{
	buddy_give_range(&buddy, 2050, 2051);
	/* 2051 looks like a free page of order 0, but is in no list. */
	assert_int_equal(buddy.orders, 1);
	pages[2049 - FIRST].kind = PAGE_RESERVED;
	buddy_give(&buddy, &pages[2048 - FIRST], 0);
	assert_int_equal(buddy.orders, 1);
	buddy_give(&buddy, &pages[2051 - FIRST], 0);
	assert_int_equal(buddy.orders, 3);
}

static void mark(struct page *p, u32 order, u8 value)
{
	for (u32 i = 0; i < 1u << order; i++) {
		assert_int_equal(taken[p - pages + i], !value);
		taken[p - pages + i] = value;
	}
}

static void test_random_blocks(void **state)
{
	struct page *held[HELD] = { NULL };
	u32 orders[HELD];

	give_all();
	for (u32 round = 0; round < ROUNDS; round++) {
		u32 n = test_random() % HELD, order = test_random() % 7;

		if (held[n]) {
			mark(held[n], orders[n], 0);
			buddy_give(&buddy, held[n], orders[n]);
			held[n] = NULL;
		} else {
			held[n] = buddy_take(&buddy, order);
			if (!held[n])
				continue;
			held[n]->kind = PAGE_KERNEL;
			orders[n] = order;
			mark(held[n], order, 1);
		}
		if (round % 500 == 0)
			check_lists();
	}
	for (u32 n = 0; n < HELD; n++) {
		if (held[n])
			buddy_give(&buddy, held[n], orders[n]);
	}
	check_lists();
	assert_int_equal(buddy.free, COUNT);
	assert_int_equal(list_first_entry(&buddy.lists[PAGE_ORDER_MAX], struct page, node)->order,
			 PAGE_ORDER_MAX);
}

static void test_dry(void **state)
{
	u32 n = 0;

	give_all();
	while (buddy_take(&buddy, 0))
		n++;
	assert_int_equal(n, COUNT);
	assert_int_equal(buddy.free, 0);
	assert_int_equal(buddy.orders, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_range, setup),
		cmocka_unit_test_setup(test_split_and_join, setup),
		cmocka_unit_test_setup(test_neighbours_that_are_not_free, setup),
		cmocka_unit_test_setup(test_random_blocks, setup),
		cmocka_unit_test_setup(test_dry, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
