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
	normalise_is("/work", "./a.out", "/work/a.out");
	normalise_is("/work", "../x/a.out", "/x/a.out");
	normalise_is("/work", "../../../a", "/a");
	normalise_is("/work", "/bin//sh", "/bin/sh");
	normalise_is("/", ".", "/");
	normalise_is("/work", "a/./b/../c", "/work/a/c");
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
	cpio_dir(&c, "/work", 0700);
	cpio_end(&c);
	assert_int_equal(c.out.len % 512, 0);
	assert_true(cpio_find(c.out.data, c.out.len, "/bin", &mode));
	assert_true(S_ISDIR(mode));
	assert_true(cpio_find(c.out.data, c.out.len, "bin/sh", &mode));
	assert_true(S_ISLNK(mode));
	assert_true(cpio_find(c.out.data, c.out.len, "/bin/tool", &mode));
	assert_int_equal(mode, S_IFREG | 0755);
	assert_true(cpio_find(c.out.data, c.out.len, "/work", &mode));
	assert_false(cpio_find(c.out.data, c.out.len, "/bin/s", &mode));
	assert_false(cpio_find("garbage", 7, "/bin/s", &mode));
	buf_free(&c.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path_normalise),
		cmocka_unit_test(test_parse_size),
		cmocka_unit_test(test_parse_u64),
		cmocka_unit_test(test_cpio_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
