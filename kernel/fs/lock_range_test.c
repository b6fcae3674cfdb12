/* test: kernel/fs/lock_range.c kernel/lib/list.c */
#include "../lib/test.h"

#include <string.h>

#include <kernel/lock_range.h>

TEST_PANIC

enum { OWNERS = 3, BYTES = 24 };

static struct list locks;
static int owner_tag[OWNERS];

static struct lock_range range(int owner, loff_t start, loff_t end, enum lock_type type)
{
	return (struct lock_range){
		.start = start, .end = end, .type = type, .kind = LOCK_POSIX, .owner = &owner_tag[owner]
	};
}

static void set(int owner, loff_t start, loff_t end, enum lock_type type)
{
	struct lock_range want = range(owner, start, end, type), *l;
	struct lock_range *spare[2] = { malloc(sizeof(want)), malloc(sizeof(want)) };
	struct list freed = LIST_INIT(freed);

	lock_range_set(&locks, &want, spare, &freed);
	free(spare[0]);
	free(spare[1]);
	while ((l = list_pop_front_entry(&freed, struct lock_range, node)) != NULL)
		free(l);
}

static void empty(void)
{
	struct lock_range *l;

	while ((l = list_pop_front_entry(&locks, struct lock_range, node)) != NULL)
		free(l);
}

static void neighbours_are_joined(void **state)
{
	list_init(&locks);
	set(0, 0, 9, LOCK_READ);
	set(0, 20, 29, LOCK_READ);
	assert_int_equal(list_length(&locks), 2);
	set(0, 10, 19, LOCK_READ);
	assert_int_equal(list_length(&locks), 1);
	set(0, 5, 6, LOCK_WRITE);
	assert_int_equal(list_length(&locks), 3);
	set(0, 0, INT64_MAX, LOCK_WRITE);
	assert_int_equal(list_length(&locks), 1);
	set(0, 100, 100, LOCK_NONE);
	assert_int_equal(list_length(&locks), 2);
	set(0, 0, INT64_MAX, LOCK_NONE);
	assert_int_equal(list_length(&locks), 0);
}

static void families_do_not_meet(void **state)
{
	struct lock_range want = range(1, 0, INT64_MAX, LOCK_WRITE);

	list_init(&locks);
	set(0, 0, 0, LOCK_READ);
	assert_non_null(lock_range_conflict(&locks, &want));
	want.kind = LOCK_FLOCK;
	assert_null(lock_range_conflict(&locks, &want));
	want.kind = LOCK_OFD;
	assert_non_null(lock_range_conflict(&locks, &want));
	want.type = LOCK_READ;
	assert_null(lock_range_conflict(&locks, &want));
	empty();
}

/* Against a model: one type per owner and byte. */
static void random_locks_match_a_model(void **state)
{
	enum lock_type model[OWNERS][BYTES];

	list_init(&locks);
	for (int o = 0; o < OWNERS; o++) {
		for (int b = 0; b < BYTES; b++)
			model[o][b] = LOCK_NONE;
	}
	for (int round = 0; round < 20000; round++) {
		int o = (int)(test_random() % OWNERS), a = (int)(test_random() % BYTES);
		int b = a + (int)(test_random() % (BYTES - a));
		enum lock_type type = test_random() % 3;
		struct lock_range want = range(o, a, b, type), *l;
		bool conflict = false;

		for (int i = a; i <= b; i++) {
			for (int other = 0; other < OWNERS; other++) {
				if (other == o || type == LOCK_NONE || model[other][i] == LOCK_NONE)
					continue;
				conflict |= type == LOCK_WRITE || model[other][i] == LOCK_WRITE;
			}
		}
		if (type != LOCK_NONE)
			assert_int_equal(lock_range_conflict(&locks, &want) != NULL, conflict);
		if (conflict)
			continue;
		set(o, a, b, type);
		for (int i = a; i <= b; i++)
			model[o][i] = type;
		a = 0; /* bytes that are locked, by the model less by the list */
		for (int i = 0; i < OWNERS * BYTES; i++)
			a += model[i / BYTES][i % BYTES] != LOCK_NONE;
		list_for_each(l, &locks, node) {
			int who = (int)((const int *)l->owner - owner_tag);

			assert_true(l->start <= l->end);
			a -= (int)(l->end - l->start + 1);
			for (loff_t i = l->start; i <= l->end; i++)
				assert_int_equal(model[who][i], l->type);
		}
		assert_int_equal(a, 0);
	}
	empty();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_joined),
		cmocka_unit_test(families_do_not_meet),
		cmocka_unit_test(random_locks_match_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
