/* test: kernel/drivers/virtio_ring.c */
#include "../lib/test.h"

#include <kernel/virtq.h>

enum { SIZE = 8 };

struct fixture {
	struct virtq q;
	_Alignas(16) u8 memory[4096];
	u16 seen; /* the device's place in the available ring */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	virtq_init(&f->q, SIZE, f->memory);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

/* The device: uses the next available chain, saying that it wrote `written` bytes.  Its head or -1. */
static int device_use(struct fixture *f, u32 written)
{
	struct virtq *q = &f->q;
	u16 head;

	if (f->seen == q->avail->index)
		return -1;
	head = q->avail->ring[f->seen++ % SIZE];
	q->used->ring[q->used->index % SIZE].id = head;
	q->used->ring[q->used->index % SIZE].length = written;
	q->used->index++;
	return head;
}

static const struct virtq_buffer pair[] = { { 0x1000, 16, false }, { 0x2000, 512, true } };

static void test_layout(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(virtq_bytes(128), 2048 + 4 + 256 + 4 + 1024);
	assert_int_equal((u8 *)f->q.avail - f->memory, 16 * SIZE);
	assert_int_equal((uintptr_t)f->q.used % 4, 0);
	assert_null(virtq_take(&f->q, &(u32){ 0 }));
}

static void test_chain(void **state)
{
	struct fixture *f = *state;
	u32 written = 0;
	int head;

	assert_int_equal(virtq_add(&f->q, pair, 2, f), 0);
	assert_true(virtq_publish(&f->q));
	assert_false(virtq_publish(&f->q));
	head = device_use(f, 77);
	assert_int_equal(f->q.desc[head].address, 0x1000);
	assert_int_equal(f->q.desc[head].flags, VIRTQ_DESC_NEXT);
	assert_int_equal(f->q.desc[f->q.desc[head].next].flags, VIRTQ_DESC_WRITE);
	assert_int_equal(f->q.desc[f->q.desc[head].next].length, 512);
	assert_ptr_equal(virtq_take(&f->q, &written), f);
	assert_int_equal(written, 77);
	assert_int_equal(f->q.free_count, SIZE);
}

static void test_full_and_wrap(void **state)
{
	struct fixture *f = *state;
	u32 written;

	/* Past 65,536, so that every index has wrapped. */
	for (int round = 0; round < 20000; round++) {
		for (intptr_t i = 1; i <= 4; i++)
			assert_int_equal(virtq_add(&f->q, pair, 2, (void *)i), 0);
		assert_int_equal(virtq_add(&f->q, pair, 1, f), -ENOSPC);
		assert_true(virtq_publish(&f->q));
		for (intptr_t i = 1; i <= 4; i++) {
			assert_int_not_equal(device_use(f, i), -1);
			assert_ptr_equal(virtq_take(&f->q, &written), (void *)i);
			assert_int_equal(written, i);
		}
	}
	assert_int_equal(f->q.free_count, SIZE);
}

static void test_out_of_order(void **state)
{
	struct fixture *f = *state;
	char tokens[3];
	u32 written;
	u16 heads[3];

	for (int i = 0; i < 3; i++)
		assert_int_equal(virtq_add(&f->q, pair, 2, &tokens[i]), 0);
	for (int i = 0; i < 3; i++)
		heads[i] = f->q.avail->ring[i];
	for (int i = 2; i >= 0; i--)
		f->q.used->ring[f->q.used->index++ % SIZE].id = heads[i];
	for (int i = 2; i >= 0; i--)
		assert_ptr_equal(virtq_take(&f->q, &written), &tokens[i]);
	assert_int_equal(f->q.free_count, SIZE);
}

static void test_hostile_device(void **state)
{
	struct fixture *f = *state;
	u32 written;

	assert_int_equal(virtq_add(&f->q, pair, 2, f), 0);
	f->q.used->ring[0].id = SIZE + 1000;
	f->q.used->index = 1;
	assert_null(virtq_take(&f->q, &written));
	assert_true(f->q.broken);
	assert_false(virtq_has_used(&f->q));
	assert_int_equal(virtq_add(&f->q, pair, 1, f), -ENOSPC);
}

static void test_used_twice(void **state)
{
	struct fixture *f = *state;
	u32 written;
	int head;

	assert_int_equal(virtq_add(&f->q, pair, 2, f), 0);
	head = device_use(f, 1);
	assert_ptr_equal(virtq_take(&f->q, &written), f);
	f->q.used->ring[1].id = head;
	f->q.used->index++;
	assert_null(virtq_take(&f->q, &written));
	assert_true(f->q.broken);
}

static void test_notifications(void **state)
{
	struct fixture *f = *state;

	f->q.used->flags = VIRTQ_NO_NOTIFY;
	assert_int_equal(virtq_add(&f->q, pair, 1, f), 0);
	assert_false(virtq_publish(&f->q));
	assert_false(virtq_interrupts(&f->q, false));
	assert_int_equal(f->q.avail->flags, VIRTQ_NO_NOTIFY);
	device_use(f, 0);
	assert_true(virtq_interrupts(&f->q, true));
	assert_int_equal(f->q.avail->flags, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full_and_wrap, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hostile_device, setup, teardown),
		cmocka_unit_test_setup_teardown(test_used_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_notifications, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
