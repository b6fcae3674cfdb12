/* test: xtask/util.c xtask/cpio.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cpio.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void normalise_is(const char *cwd, const char *path, const char *want)
{
	char *got = path_normalise(cwd, path);

	assert_string_equal(got, want);
	free(got);
}

static void test_path_normalise(void **state)
{
	normalise_is("/host", "./a.out", "/host/a.out");
	normalise_is("/host", "../x/a.out", "/x/a.out");
	normalise_is("/host", "../../../a", "/a");
	normalise_is("/host", "/bin//sh", "/bin/sh");
	normalise_is("/", ".", "/");
	normalise_is("/host", "a/./b/../c", "/host/a/c");
}

static void test_parse_size(void **state)
{
	uint64_t n;

	assert_true(parse_size("64M", &n));
	assert_int_equal(n, 64ull << 20);
	assert_true(parse_size("512", &n));
	assert_int_equal(n, 512ull << 20);
	assert_true(parse_size("4GiB", &n));
	assert_int_equal(n, 4ull << 30);
	assert_true(parse_size("65536k", &n));
	assert_int_equal(n, 64ull << 20);
	assert_false(parse_size("", &n));
	assert_false(parse_size("-1", &n));
	assert_false(parse_size("64X", &n));
	assert_false(parse_size("64MM", &n));
	assert_false(parse_size("99999999999999999999G", &n));
	assert_false(parse_size("18446744073709551615G", &n));
}

static void test_parse_u64(void **state)
{
	uint64_t n;

	assert_true(parse_u64("0x10", 16, &n));
	assert_int_equal(n, 16);
	assert_false(parse_u64("17", 16, &n));
	assert_false(parse_u64("", 16, &n));
	assert_false(parse_u64(" 1", 16, &n));
	assert_false(parse_u64("1x", 16, &n));
}

static void test_cpio_find(void **state)
{
	struct cpio c = { 0 };
	mode_t mode = 0;

	cpio_file(&c, "/bin/tool", 0755, "x", 1);
	cpio_symlink(&c, "/bin/sh", "busybox");
	cpio_end(&c);
	cpio_dir(&c, "/host", 0700);
	cpio_end(&c);
	assert_int_equal(c.out.len % 512, 0);
	assert_true(cpio_find(c.out.data, c.out.len, "/bin", &mode));
	assert_true(S_ISDIR(mode));
	assert_true(cpio_find(c.out.data, c.out.len, "bin/sh", &mode));
	assert_true(S_ISLNK(mode));
	assert_true(cpio_find(c.out.data, c.out.len, "/bin/tool", &mode));
	assert_int_equal(mode, S_IFREG | 0755);
	assert_true(cpio_find(c.out.data, c.out.len, "/host", &mode));
	assert_false(cpio_find(c.out.data, c.out.len, "/bin/s", &mode));
	assert_false(cpio_find("garbage", 7, "/bin/s", &mode));
	buf_free(&c.out);
}

static void test_cpio_check(void **state)
{
	struct cpio c = { 0 };
	size_t at, whole;

	cpio_file(&c, "/init", 0755, "0123456789", 10);
	cpio_end(&c);
	cpio_dir(&c, "/host", 0700);
	whole = c.out.len;
	assert_false(cpio_check(c.out.data, c.out.len, &at)); /* the second has no trailer */
	cpio_end(&c);
	assert_true(cpio_check(c.out.data, c.out.len, &at));
	assert_false(cpio_check(c.out.data, whole - 4, &at));
	assert_false(cpio_check(c.out.data, 60, &at));
	assert_int_equal(at, 0);
	assert_false(cpio_check("", 0, &at));
	c.out.data[60] = 'x';
	assert_false(cpio_check(c.out.data, c.out.len, &at));
	buf_free(&c.out);
}

static void test_buf(void **state)
{
	struct buf b = { 0 };
	char want[8];

	/* A queue that is filled and emptied keeps its bytes and does not grow for ever. */
	for (int i = 0; i < 100000; i++) {
		buf_printf(&b, "%07d", i);
		if (i < 10)
			continue;
		snprintf(want, sizeof(want), "%07d", i - 10);
		assert_memory_equal(b.data, want, 7);
		buf_drop(&b, 7);
	}
	assert_int_equal(b.len, 70);
	assert_true(b.cap + b.off < 4096);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_normalise),
		cmocka_unit_test(test_parse_size),
		cmocka_unit_test(test_parse_u64),
		cmocka_unit_test(test_cpio_find),
		cmocka_unit_test(test_cpio_check),
		cmocka_unit_test(test_buf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
