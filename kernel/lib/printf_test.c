/* test: kernel/lib/printf.c */
#include "test.h"

#include <limits.h>
#include <string.h>

#include <kernel/printf.h>

/* The C library formats the same thing and is right. */
#pragma GCC diagnostic ignored "-Wformat"
#define SAME(...)                                                                                  \
	do {                                                                                       \
		char ours_[200], theirs_[200];                                                     \
		int n_ = ksnprintf(ours_, sizeof(ours_), __VA_ARGS__);                             \
		int m_ = snprintf(theirs_, sizeof(theirs_), __VA_ARGS__);                          \
		assert_string_equal(ours_, theirs_);                                               \
		assert_int_equal(n_, m_);                                                          \
	} while (0)

static void integers(void **state)
{
	static const char *const flags[] = { "", "-", "0", "+", " ", "-0", "+0", " 0", "#", "#0", "-#", "+-" };
	static const char *const sizes[] = { "", "1", "5", "20", ".0", ".3", "8.3", "3.8", ".12" };
	static const long numbers[] = { 0, 1, -1, 7, 42, -42, 255, 4096, INT_MAX, INT_MIN, LONG_MAX, LONG_MIN };
	char fmt[32];

	for (size_t f = 0; f < ARRAY_SIZE(flags); f++)
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++)
	for (size_t n = 0; n < ARRAY_SIZE(numbers); n++) {
		for (const char *c = "diuxXo"; *c; c++) {
			snprintf(fmt, sizeof(fmt), "<%%%s%sl%c>", flags[f], sizes[s], *c);
			SAME(fmt, numbers[n]);
			snprintf(fmt, sizeof(fmt), "<%%%s%s%c>", flags[f], sizes[s], *c);
			SAME(fmt, (int)numbers[n]);
			snprintf(fmt, sizeof(fmt), "<%%%s%shh%c>", flags[f], sizes[s], *c);
			SAME(fmt, (int)numbers[n]);
			snprintf(fmt, sizeof(fmt), "<%%%s%sh%c>", flags[f], sizes[s], *c);
			SAME(fmt, (int)numbers[n]);
		}
	}
}

static void text(void **state)
{
	SAME("plain");
	SAME("%s|%10s|%-10s|%.2s|%5.1s|", "abc", "abc", "abc", "abc", "abc");
	SAME("%*d|%-*d|%.*s|%*d", 6, 42, 6, 42, 2, "abc", -6, 42);
	SAME("%c%3c%-3c|%%|%zu %zd %jd %td %lld", 'a', 'b', 'c', (size_t)1, (ssize_t)-1, (intmax_t)2,
	     (ptrdiff_t)3, -4ll);
	SAME("%p", (void *)0x1234);
}

static void null_and_unknown(void **state)
{
	const char *volatile nothing = NULL;
	char buf[64];

	ksnprintf(buf, sizeof(buf), "%s %y %d", nothing, 5);
	assert_string_equal(buf, "(null) %y 5");
	ksnprintf(buf, sizeof(buf), "end%");
	assert_string_equal(buf, "end");
	ksnprintf(buf, sizeof(buf), "a%cb", 0);
	assert_memory_equal(buf, "a\0b", 4);
}

static void cut_short(void **state)
{
	char buf[8] = "zzzzzzz";

	assert_int_equal(ksnprintf(buf, 4, "%d", 123456), 6);
	assert_memory_equal(buf, "123\0zzz", 8);
	assert_int_equal(ksnprintf(NULL, 0, "%s", "hello"), 5);
	assert_int_equal(kscnprintf(buf, 4, "%s", "hello"), 3);
	assert_int_equal(kscnprintf(buf, sizeof(buf), "%s", "hello"), 5);
	assert_int_equal(kscnprintf(buf, 0, "%s", "hello"), 0);
}

static int symbol_hook(char *buf, size_t n, vaddr_t address)
{
	return snprintf(buf, n, "sym+%#lx", (unsigned long)address);
}

static void symbols(void **state)
{
	char buf[64];

	ksnprintf(buf, sizeof(buf), "%pS!", (void *)0x10);
	assert_string_equal(buf, "0x10!");
	printf_set_symbol_hook(symbol_hook);
	ksnprintf(buf, sizeof(buf), "%pS|%12pS|%p", (void *)0x10, (void *)0x20, (void *)0x30);
	assert_string_equal(buf, "sym+0x10|    sym+0x20|0x30");
	printf_set_symbol_hook(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),  cmocka_unit_test(text),
		cmocka_unit_test(null_and_unknown), cmocka_unit_test(cut_short),
		cmocka_unit_test(symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
