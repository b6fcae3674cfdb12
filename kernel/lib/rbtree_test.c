/* test: kernel/lib/rbtree.c */
#include "test.h"

#include <string.h>

#include <kernel/rbtree.h>

/* The augmentation under test: how many nodes are below, and the largest value. */
struct item {
	struct rb_node node;
	int key, value;
	int size, max;
};

enum { ITEMS = 600 };

static struct item items[ITEMS];
static bool present[ITEMS];

static struct item *item_of(struct rb_node *n)
{
	return n ? rb_entry(n, struct item, node) : NULL;
}

static void item_update(struct rb_node *n)
{
	struct item *it = item_of(n), *l = item_of(n->left), *r = item_of(n->right);

	it->size = 1 + (l ? l->size : 0) + (r ? r->size : 0);
	it->max = MAX(it->value, MAX(l ? l->max : 0, r ? r->max : 0));
}

/* Checks every rule of the tree below n; returns its black height. */
static int check(struct rb_node *n, struct rb_node *parent)
{
	struct item *it = item_of(n);
	int left, right;

	if (!n)
		return 0;
	assert_ptr_equal(n->parent, parent);
	if (n->color == RB_RED && parent)
		assert_int_equal(parent->color, RB_BLACK);
	if (n->left)
		assert_true(item_of(n->left)->key < it->key);
	if (n->right)
		assert_true(item_of(n->right)->key > it->key);
	left = check(n->left, n);
	right = check(n->right, n);
	assert_int_equal(left, right);
	int size = it->size, max = it->max;
	item_update(n);
	assert_int_equal(size, it->size);
	assert_int_equal(max, it->max);
	return left + (n->color == RB_BLACK);
}

static void insert(struct rb_tree *tree, struct item *it)
{
	struct rb_node **link = &tree->root, *parent = NULL;

	while (*link) {
		parent = *link;
		link = it->key < item_of(parent)->key ? &parent->left : &parent->right;
	}
	rb_insert(tree, &it->node, parent, link);
}

static void check_order(struct rb_tree *tree)
{
	struct rb_node *n = rb_first(tree), *last = NULL;

	for (int i = 0; i < ITEMS; i++) {
		if (!present[i])
			continue;
		assert_ptr_equal(n, &items[i].node);
		assert_ptr_equal(rb_prev(n), last);
		last = n;
		n = rb_next(n);
	}
	assert_null(n);
	assert_ptr_equal(rb_last(tree), last);
}

static void random_inserts_and_erases(void **state)
{
	struct rb_tree tree = { NULL, item_update };

	for (int i = 0; i < ITEMS; i++)
		items[i].key = i;
	for (int round = 0; round < 6000; round++) {
		/* Grows, then shrinks to nothing. */
		int i = (int)(test_random() % ITEMS);

		if (present[i]) {
			rb_erase(&tree, &items[i].node);
		} else if (round < 4000) {
			items[i].value = (int)(test_random() % 1000);
			insert(&tree, &items[i]);
		} else {
			continue;
		}
		present[i] = !present[i];
		if (tree.root)
			assert_int_equal(tree.root->color, RB_BLACK);
		check(tree.root, NULL);
		if (round % 50 == 0)
			check_order(&tree);
	}
	for (int i = 0; i < ITEMS; i++) {
		if (present[i])
			rb_erase(&tree, &items[i].node);
		present[i] = false;
	}
	assert_null(tree.root);
}

static void ascending_stays_flat(void **state)
{
	struct rb_tree tree = { NULL, item_update };
	struct rb_node *n;
	int count = 0, depth = 0;

	memset(items, 0, sizeof(items));
	for (int i = 0; i < ITEMS; i++) {
		items[i].key = i;
		insert(&tree, &items[i]);
	}
	rb_for_each(n, &tree)
		assert_int_equal(item_of(n)->key, count++);
	for (n = rb_last(&tree); n; n = n->parent)
		depth++;
	assert_true(depth <= 20); /* 2 log2(601) */
	items[300].value = 5000;
	rb_update(&tree, &items[300].node);
	assert_int_equal(item_of(tree.root)->max, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_inserts_and_erases),
		cmocka_unit_test(ascending_stays_flat),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
