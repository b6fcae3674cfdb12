/* test: kernel/lib/refcount.c */
/* memory.c and string.c are included under other names: the C library keeps its own, as the oracle. */
#include "test.h"

#include <string.h>

#define memcpy k_memcpy
#define memmove k_memmove
#define memset k_memset
#define memcmp k_memcmp
#define memchr k_memchr
#define strlen k_strlen
#define strnlen k_strnlen
#define strcmp k_strcmp
#define strncmp k_strncmp
#define strchr k_strchr
#define strrchr k_strrchr
#define strstr k_strstr
#define strlcpy k_strlcpy
#include "memory.c"
#include "string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr

TEST_PANIC

enum { AREA = 256 };

static void fill_random(u8 *p)
{
	for (int i = 0; i < AREA; i++)
		p[i] = (u8)test_random();
}

static void blocks_agree_with_libc(void **state)
{
	u8 a[AREA], b[AREA], from[AREA];

	for (int round = 0; round < 20000; round++) {
		size_t n = test_random() % 100, to = test_random() % 100, at = test_random() % 100;

		fill_random(a);
		memcpy(b, a, AREA);
		fill_random(from);
		assert_ptr_equal(k_memcpy(a + to, from + at, n), a + to);
		memcpy(b + to, from + at, n);
		assert_memory_equal(a, b, AREA);
		assert_ptr_equal(k_memmove(a + to, a + at, n), a + to);
		memmove(b + to, b + at, n);
		assert_memory_equal(a, b, AREA);
		assert_ptr_equal(k_memset(a + to, (int)test_random(), n), a + to);
		memset(b + to, n ? a[to] : 0, n);
		assert_memory_equal(a, b, AREA);
		b[to] ^= (u8)(test_random() & 1);
		assert_int_equal(k_memcmp(a, b, AREA) < 0, memcmp(a, b, AREA) < 0);
		assert_int_equal(k_memcmp(a, b, AREA) > 0, memcmp(a, b, AREA) > 0);
		assert_ptr_equal(k_memchr(a, 7, n), memchr(a, 7, n));
	}
}

static void strings_agree_with_libc(void **state)
{
	char a[24], b[8];

	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(a); i++)
			a[i] = "abc\xff"[test_random() % 4];
		for (size_t i = 0; i < sizeof(b); i++)
			b[i] = "abc\xff"[test_random() % 4];
		a[test_random() % sizeof(a)] = 0;
		a[sizeof(a) - 1] = 0;
		b[test_random() % 4] = 0;
		assert_int_equal(k_strlen(a), strlen(a));
		assert_int_equal(k_strnlen(a, 5), strnlen(a, 5));
		assert_int_equal(k_strcmp(a, b) < 0, strcmp(a, b) < 0);
		assert_int_equal(k_strcmp(a, b) == 0, strcmp(a, b) == 0);
		assert_int_equal(k_strncmp(a, b, 2) < 0, strncmp(a, b, 2) < 0);
		assert_int_equal(k_strncmp(a, b, 2) == 0, strncmp(a, b, 2) == 0);
		assert_ptr_equal(k_strchr(a, 'b'), strchr(a, 'b'));
		assert_ptr_equal(k_strchr(a, 0), strchr(a, 0));
		assert_ptr_equal(k_strrchr(a, 'b'), strrchr(a, 'b'));
		assert_ptr_equal(k_strstr(a, b), strstr(a, b));
	}
}

static void strlcpy_cuts_and_tells(void **state)
{
	char buf[4] = "xxx";

	assert_int_equal(k_strlcpy(buf, "abcdef", sizeof(buf)), 6);
	assert_string_equal(buf, "abc");
	assert_int_equal(k_strlcpy(buf, "", sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(k_strlcpy(NULL, "ab", 0), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_agree_with_libc),
		cmocka_unit_test(strings_agree_with_libc),
		cmocka_unit_test(strlcpy_cuts_and_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
