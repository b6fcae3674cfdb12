/* test: kernel/lib/bitmap.c */
#include "test.h"

#include <string.h>

#include <kernel/bitmap.h>

TEST_PANIC

enum { BITS = 300 };

/* A model of one bool per bit; every operation is done to both. */
static bool model[BITS];
static u64 map[BITMAP_WORDS(BITS) + 1];

static size_t model_find(bool what, size_t from)
{
	while (from < BITS && model[from] != what)
		from++;
	return from < BITS ? from : BITS;
}

static size_t model_find_run(size_t from, size_t count)
{
	for (; from + count <= BITS; from++) {
		size_t n = 0;

		while (n < count && !model[from + n])
			n++;
		if (n == count)
			return from;
	}
	return BITS;
}

static void agrees_with_model(void **state)
{
	memset(map, 0, sizeof(map));
	for (int round = 0; round < 30000; round++) {
		size_t at = test_random() % BITS, n = test_random() % (BITS - at + 1);
		size_t count = 0, run = 1 + test_random() % 20;

		if (n > 40 && round % 7)
			n %= 40;
		if (test_random() & 1) {
			bitmap_set_range(map, at, n);
			memset(model + at, 1, n);
		} else {
			bitmap_clear_range(map, at, n);
			memset(model + at, 0, n);
		}
		for (size_t i = 0; i < BITS; i++) {
			assert_int_equal(bitmap_test(map, i), model[i]);
			count += model[i];
		}
		assert_int_equal(bitmap_count(map, BITS), count);
		assert_int_equal(bitmap_find_set(map, BITS, at), model_find(true, at));
		assert_int_equal(bitmap_find_zero(map, BITS, at), model_find(false, at));
		assert_int_equal(bitmap_find_zero_range(map, BITS, at, run), model_find_run(at, run));
		assert_int_equal(map[BITMAP_WORDS(BITS)], 0);
	}
	assert_int_equal(bitmap_find_set(map, BITS, BITS), BITS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
