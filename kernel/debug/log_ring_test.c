/* test: kernel/debug/log_ring.c */
#include "../lib/test.h"

#include <string.h>

#include <kernel/log_ring.h>

static struct log_ring ring;

static void add(const char *text)
{
	struct log_record header = { .time_ns = 5, .length = strlen(text), .level = 3, .cpu = 1 };

	log_ring_add(&ring, &header, text);
}

static int setup(void **state)
{
	memset(&ring, 0, sizeof(ring));
	return 0;
}

static void lines_come_back_in_order(void **state)
{
	struct log_record header;
	char text[64];
	u64 at = 0;

	add("one");
	add("");
	add("three");
	assert_int_equal(log_ring_read(&ring, &at, text, sizeof(text), &header), 3);
	assert_string_equal(text, "one");
	assert_int_equal(header.time_ns, 5);
	assert_int_equal(header.level, 3);
	assert_int_equal(header.cpu, 1);
	assert_int_equal(log_ring_read(&ring, &at, text, sizeof(text), NULL), 0);
	assert_int_equal(log_ring_read(&ring, &at, text, 4, NULL), 3);
	assert_string_equal(text, "thr");
	assert_int_equal(log_ring_read(&ring, &at, text, sizeof(text), NULL), -ENOENT);
	add("four");
	assert_int_equal(log_ring_read(&ring, &at, text, sizeof(text), NULL), 4);
}

/* Lines of every length push each other out; what is left is always the newest, whole and in order. */
static void new_lines_push_out_the_oldest(void **state)
{
	char text[600], expected[600];

	for (u32 i = 0; i < 20000; i++) {
		u64 at = 0;
		u32 seen = 0;
		int n = snprintf(text, sizeof(text), "%u ", i);

		memset(text + n, 'a' + i % 26, sizeof(text) - n);
		text[n + test_random() % 500] = 0;
		add(text);
		assert_true(ring.next - ring.oldest <= LOG_RING_SIZE);
		if (i % 500)
			continue;
		strcpy(expected, text);
		while (log_ring_read(&ring, &at, text, sizeof(text), NULL) >= 0) {
			assert_int_equal(strtoul(text, NULL, 10), i + 1 - ring.lines + seen);
			seen++;
		}
		assert_int_equal(seen, ring.lines);
		assert_string_equal(text, expected);
	}
	assert_int_equal(ring.lines_ever, 20000);
}

static void the_tail_is_the_last_lines(void **state)
{
	char text[64];
	u64 at;

	add("one");
	add("two");
	add("three");
	at = log_ring_tail(&ring, 2);
	assert_int_equal(log_ring_read(&ring, &at, text, sizeof(text), NULL), 3);
	assert_string_equal(text, "two");
	assert_int_equal(log_ring_tail(&ring, 9), ring.oldest);
	log_ring_clear(&ring);
	at = 0;
	assert_int_equal(log_ring_read(&ring, &at, text, sizeof(text), NULL), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines_come_back_in_order, setup),
		cmocka_unit_test_setup(new_lines_push_out_the_oldest, setup),
		cmocka_unit_test_setup(the_tail_is_the_last_lines, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
