/* test: kernel/fs/tmpfs/dir_index.c kernel/lib/rbtree.c */
#include "../../lib/test.h"

#include <string.h>

#include <kernel/dir_index.h>

TEST_PANIC

enum { NAMES = 500 };

static struct dir_entry *entries[NAMES];
static struct dir_index dir;

static struct dir_entry *entry_new(u32 number)
{
	struct dir_entry *e = calloc(1, sizeof(*e) + 16);

	e->name_len = (u8)sprintf(e->name, "name-%u", number);
	return e;
}

static void fill(void)
{
	dir_index_init(&dir);
	for (u32 i = 0; i < NAMES; i++) {
		entries[i] = entry_new(i);
		assert_int_equal(dir_index_insert(&dir, entries[i]), 0);
	}
}

static void empty(void)
{
	struct dir_entry *e;

	while ((e = dir_index_from(&dir, 0)) != NULL) {
		dir_index_remove(&dir, e);
		free(e);
	}
	assert_int_equal(dir.count, 0);
}

static void names_are_found(void **state)
{
	struct dir_entry *twin;

	fill();
	assert_int_equal(dir.count, NAMES);
	for (u32 i = 0; i < NAMES; i++)
		assert_ptr_equal(dir_index_find(&dir, entries[i]->name, entries[i]->name_len), entries[i]);
	assert_null(dir_index_find(&dir, "name-", 5));
	assert_null(dir_index_find(&dir, "name-0x", 7));
	twin = entry_new(7);
	assert_int_equal(dir_index_insert(&dir, twin), -EEXIST);
	assert_int_equal(dir.count, NAMES);
	free(twin);
	empty();
	assert_null(dir_index_find(&dir, "name-1", 6));
}

static void cookies_ascend_and_never_return(void **state)
{
	u64 last = DIR_COOKIE_FIRST - 1, removed;

	fill();
	for (u32 i = 0; i < NAMES; i++) {
		assert_true(entries[i]->cookie > last);
		last = entries[i]->cookie;
	}
	removed = entries[NAMES - 1]->cookie;
	dir_index_remove(&dir, entries[NAMES - 1]);
	assert_int_equal(dir_index_insert(&dir, entries[NAMES - 1]), 0);
	assert_true(entries[NAMES - 1]->cookie > removed);
	empty();
}

/* A reader that goes on at a cookie meets each entry that stays once, whatever comes and goes. */
static void reading_survives_changes(void **state)
{
	u32 seen[NAMES] = { 0 }, gone[NAMES] = { 0 }, number, fresh = NAMES;
	u64 at = 0, end;

	fill();
	end = dir.next_cookie;
	for (;;) {
		struct dir_entry *e = dir_index_from(&dir, at), *extra;
		u32 victim = test_random() % NAMES;

		if (!e || e->cookie >= end)
			break;
		assert_int_equal(sscanf(e->name, "name-%u", &number), 1);
		seen[number]++;
		at = e->cookie + 1;
		if (!gone[victim]) {
			gone[victim] = 1;
			dir_index_remove(&dir, entries[victim]);
			free(entries[victim]);
		}
		extra = entry_new(fresh++);
		assert_int_equal(dir_index_insert(&dir, extra), 0);
	}
	for (u32 i = 0; i < NAMES; i++) {
		assert_true(seen[i] <= 1);
		assert_true(gone[i] || seen[i] == 1);
	}
	empty();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(cookies_ascend_and_never_return),
		cmocka_unit_test(reading_survives_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
