/* test: kernel/fs/path_component.c */
#include "../lib/test.h"

#include <string.h>

#include <kernel/hash.h>
#include <kernel/path_component.h>

/* Joins what comes out: "name" or ".", ".." in angle brackets, "/" when slashes follow, "!" at the last. */
static const char *cut(const char *path)
{
	static char text[256];
	struct path_component c;
	const char *rest = path;
	size_t n = 0;

	while (path_component_next(&rest, &c)) {
		n += (size_t)sprintf(text + n, c.kind == COMPONENT_NAME ? "%.*s" : "<%.*s>", (int)c.len, c.name);
		if (c.slash)
			text[n++] = '/';
		if (c.last)
			text[n++] = '!';
		assert_int_equal(c.hash, hash_bytes(c.name, c.len));
		assert_true(c.len > 0);
		assert_true(*rest != '/');
	}
	assert_int_equal(*rest, 0);
	text[n] = 0;
	return text;
}

static void slashes_are_one(void **state)
{
	assert_string_equal(cut("a"), "a!");
	assert_string_equal(cut("/a"), "a!");
	assert_string_equal(cut("///a//b/"), "a/b/!");
	assert_string_equal(cut("a/b///"), "a/b/!");
	assert_string_equal(cut(""), "");
	assert_string_equal(cut("/"), "");
	assert_string_equal(cut("////"), "");
}

static void dots_are_told_from_names(void **state)
{
	assert_string_equal(cut("."), "<.>!");
	assert_string_equal(cut("./.."), "<.>/<..>!");
	assert_string_equal(cut("..."), "...!");
	assert_string_equal(cut(".a/..b/a../a."), ".a/..b/a../a.!");
	assert_string_equal(cut("a/./../b"), "a/<.>/<..>/b!");
}

/* Every byte but the slash belongs to a name. */
static void random_paths_keep_their_bytes(void **state)
{
	char path[64], joined[64];

	for (int round = 0; round < 20000; round++) {
		u32 len = test_random() % 60, names = 0, left = 0;
		struct path_component c;
		const char *rest = path;

		for (u32 i = 0; i < len; i++) {
			path[i] = "/./ab\377"[test_random() % 6];
			left += path[i] != '/';
		}
		path[len] = 0;
		while (path_component_next(&rest, &c)) {
			memcpy(joined + names, c.name, c.len);
			names += c.len;
			assert_null(memchr(c.name, '/', c.len));
			assert_int_equal(c.last, *rest == 0);
			if (c.slash)
				assert_int_equal(c.name[c.len], '/');
		}
		assert_int_equal(names, left);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slashes_are_one),
		cmocka_unit_test(dots_are_told_from_names),
		cmocka_unit_test(random_paths_keep_their_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
