/* test: kernel/lib/parse.c kernel/lib/cmdline.c kernel/lib/string.c */
#include "test.h"

#include <string.h>

#include <kernel/cmdline.h>
#include <kernel/hash.h>
#include <kernel/parse.h>

static void numbers(void **state)
{
	static const struct { const char *text; int err; u64 value; } cases[] = {
		{ "0", 0, 0 }, { "42", 0, 42 }, { "0x1f", 0, 31 }, { "0X1F", 0, 31 }, { "017", 0, 15 },
		{ "18446744073709551615", 0, ~0ull }, { "18446744073709551616", -ERANGE, 0 },
		{ "0xffffffffffffffff", 0, ~0ull }, { "0x10000000000000000", -ERANGE, 0 },
		{ "", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { "+1", -EINVAL, 0 }, { " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 }, { "12a", -EINVAL, 0 }, { "0x", -EINVAL, 0 }, { "08", -EINVAL, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 value = 0;

		assert_int_equal(parse_u64(cases[i].text, &value), cases[i].err);
		assert_int_equal(value, cases[i].value);
	}
}

static void sizes(void **state)
{
	u64 n = 0;

	assert_int_equal(parse_size("64M", &n), 0);
	assert_int_equal(n, 64 << 20);
	assert_int_equal(parse_size("3k", &n), 0);
	assert_int_equal(n, 3 << 10);
	assert_int_equal(parse_size("0x2G", &n), 0);
	assert_int_equal(n, 2ull << 30);
	assert_int_equal(parse_size("7", &n), 0);
	assert_int_equal(n, 7);
	assert_int_equal(parse_size("1KB", &n), -EINVAL);
	assert_int_equal(parse_size("M", &n), -EINVAL);
	assert_int_equal(parse_size("17179869184G", &n), -ERANGE);
	assert_int_equal(n, 7);
}

struct wanted {
	bool stages, quiet;
	const char *panic;
	u64 cpus, mem;
};

static int parse_line(struct cmdline *c, struct wanted *w, const char *line)
{
	const struct cmdline_option options[] = {
		{ "stages", CMDLINE_FLAG, &w->stages }, { "quiet", CMDLINE_FLAG, &w->quiet },
		{ "panic", CMDLINE_STRING, &w->panic }, { "maxcpus", CMDLINE_NUMBER, &w->cpus },
		{ "mem", CMDLINE_SIZE, &w->mem },
	};

	memset(w, 0, sizeof(*w));
	return cmdline_parse(c, line, options, ARRAY_SIZE(options));
}

static void known_words(void **state)
{
	struct cmdline c;
	struct wanted w;

	assert_int_equal(parse_line(&c, &w, "  stages\tpanic=halt maxcpus=4  mem=64M quiet=off "), 0);
	assert_true(w.stages);
	assert_false(w.quiet);
	assert_string_equal(w.panic, "halt");
	assert_int_equal(w.cpus, 4);
	assert_int_equal(w.mem, 64 << 20);
	assert_int_equal(c.init_arg_count + c.init_env_count, 0);
	assert_int_equal(parse_line(&c, &w, ""), 0);
}

static void unknown_words_go_to_init(void **state)
{
	struct cmdline c;
	struct wanted w;

	assert_int_equal(parse_line(&c, &w, "single TERM=vt100 usb.foo=1 stage \"A=b c\" x=\"d  e\" -- stages f=g"), 0);
	assert_false(w.stages);
	assert_int_equal(c.init_arg_count, 4);
	assert_string_equal(c.init_args[0], "single");
	assert_string_equal(c.init_args[1], "stage");
	assert_string_equal(c.init_args[2], "stages");
	assert_string_equal(c.init_args[3], "f=g");
	assert_null(c.init_args[4]);
	assert_int_equal(c.init_env_count, 3);
	assert_string_equal(c.init_env[0], "TERM=vt100");
	assert_string_equal(c.init_env[1], "A=b c");
	assert_string_equal(c.init_env[2], "x=d  e");
}

static void bad_words(void **state)
{
	struct cmdline c;
	struct wanted w;
	char line[CMDLINE_MAX + 10];

	assert_int_equal(parse_line(&c, &w, "maxcpus=x mem stages"), -EINVAL);
	assert_string_equal(c.problem, "maxcpus=x");
	assert_true(w.stages);
	assert_int_equal(parse_line(&c, &w, "quiet=maybe"), -EINVAL);
	memset(line, 'a', sizeof(line) - 1);
	line[sizeof(line) - 1] = 0;
	assert_int_equal(parse_line(&c, &w, line), -E2BIG);
	line[0] = 0;
	for (int i = 0; i < CMDLINE_WORDS_MAX + 1; i++)
		strcat(line, "w ");
	assert_int_equal(parse_line(&c, &w, line), -E2BIG);
	assert_int_equal(c.init_arg_count, CMDLINE_WORDS_MAX);
}

static void hashes(void **state)
{
	assert_int_equal(hash_string(""), 0x811c9dc5);
	assert_int_equal(hash_string("foobar"), 0xbf9cf968); /* the FNV authors' own vector */
	assert_true(hash_u64(12345, 8) < 256);
	assert_int_not_equal(hash_u64(1, 16), hash_u64(2, 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),     cmocka_unit_test(sizes),
		cmocka_unit_test(known_words), cmocka_unit_test(unknown_words_go_to_init),
		cmocka_unit_test(bad_words),   cmocka_unit_test(hashes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
