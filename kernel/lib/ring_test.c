/* test: kernel/lib/ring.c */
#include "test.h"

#include <string.h>

#include <kernel/ring.h>

TEST_PANIC

static void bytes_keep_their_order(void **state)
{
	u8 store[16], in[32], out[32];
	u32 written = 0, read = 0;
	struct ring r;

	ring_init(&r, store, sizeof(store));
	/* Near the wrap of the counters, which must not matter. */
	r.head = r.tail = (u32)-40;
	for (int round = 0; round < 5000; round++) {
		u32 n = test_random() % sizeof(in), done;

		for (u32 i = 0; i < n; i++)
			in[i] = (u8)(written + i);
		done = ring_write(&r, in, n);
		assert_int_equal(done, MIN(n, 16 - (written - read)));
		written += done;
		assert_int_equal(ring_used(&r), written - read);
		assert_int_equal(ring_full(&r), written - read == 16);
		n = test_random() % sizeof(out);
		if (written != read)
			assert_int_equal(ring_peek(&r, 0), (u8)read);
		done = ring_read(&r, out, n);
		assert_int_equal(done, MIN(n, written - read));
		for (u32 i = 0; i < done; i++)
			assert_int_equal(out[i], (u8)(read + i));
		read += done;
		assert_int_equal(ring_empty(&r), written == read);
	}
}

static void single_bytes_and_spans(void **state)
{
	u8 store[4], c, *p;
	struct ring r;

	ring_init(&r, store, sizeof(store));
	assert_false(ring_get(&r, &c));
	for (u8 i = 0; i < 4; i++)
		assert_true(ring_put(&r, i));
	assert_false(ring_put(&r, 9));
	assert_true(ring_get(&r, &c));
	assert_int_equal(c, 0);
	assert_true(ring_put(&r, 4));
	assert_int_equal(ring_read_span(&r, &p), 3);
	assert_ptr_equal(p, store + 1);
	ring_consume(&r, 3);
	assert_int_equal(ring_read_span(&r, &p), 1);
	assert_ptr_equal(p, store);
	assert_int_equal(ring_write_span(&r, &p), 3);
	assert_ptr_equal(p, store + 1);
	ring_produce(&r, 3);
	assert_true(ring_full(&r));
	ring_reset(&r);
	assert_true(ring_empty(&r));
	expect_assert_failure(ring_consume(&r, 1));
	expect_assert_failure(ring_init(&r, store, 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_keep_their_order),
		cmocka_unit_test(single_bytes_and_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
