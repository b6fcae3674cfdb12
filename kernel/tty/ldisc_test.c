/* test: kernel/tty/ldisc.c kernel/lib/bitmap.c */
#include "../lib/test.h"

#include <string.h>

#include <kernel/ldisc.h>
#include <uapi/signal.h>

static struct ldisc ld;
static char screen[LDISC_ECHO_MAX * 4];
static int last_signal;

static void type(const char *text, size_t n)
{
	struct ldisc_effect e;
	size_t at = strlen(screen);

	for (; n > 0; n--) {
		ldisc_input(&ld, (u8)*text++, &e);
		memcpy(screen + at, e.echo, e.echo_length);
		at += e.echo_length;
		screen[at] = 0;
		if (e.signal)
			last_signal = e.signal;
	}
}

#define TYPE(text) type(text, sizeof(text) - 1)

static void shows(const char *text)
{
	assert_string_equal(screen, text);
	screen[0] = 0;
}

static void reads(const char *text)
{
	u8 buf[200];
	bool more;

	assert_true(ldisc_readable(&ld, 1));
	u32 n = ldisc_read(&ld, buf, sizeof(buf) - 1, &more);

	buf[n] = 0;
	assert_false(more);
	assert_string_equal((char *)buf, text);
}

static int fresh(void **state)
{
	ldisc_init(&ld);
	screen[0] = 0;
	last_signal = 0;
	return 0;
}

static void lines(void **state)
{
	TYPE("one\rtw");
	shows("one\r\ntw");
	assert_int_equal(ldisc_available(&ld), 4);
	reads("one\n");
	assert_false(ldisc_readable(&ld, 1));
	TYPE("o\nthree\n");
	reads("two\n");
	reads("three\n");
	assert_false(ldisc_readable(&ld, 1));
}

static void editing(void **state)
{
	TYPE("abx\x7f" "c\n");
	shows("abx\b \bc\r\n");
	reads("abc\n");
	TYPE("\x7f");
	shows("");
	TYPE("wrong\x15right\n");
	shows("wrong\b \b\b \b\b \b\b \b\b \bright\r\n");
	reads("right\n");
	TYPE("keep this word\x17\x17that\n");
	reads("keep that\n");
	screen[0] = 0;
	TYPE("a\x01" "b\x7f\x7f" "c\n"); /* a control is two columns wide */
	shows("a^Ab\b \b\b \b\b \bc\r\n");
	reads("ac\n");
	TYPE("a\tb\x7f\x7f" "c\n");
	shows("a\tb\b \b\b\b\b\b\b\b\bc\r\n");
	reads("ac\n");
}

static void utf8_erase(void **state)
{
	ld.termios.c_iflag |= IUTF8;
	TYPE("\xc3\xa9\x7fx\n");
	shows("\xc3\xa9\b \bx\r\n");
	reads("x\n");
}

static void end_of_file(void **state)
{
	TYPE("\x04");
	reads("");
	TYPE("part\x04");
	reads("part");
	assert_false(ldisc_readable(&ld, 1));
	TYPE("abc\x04next\n");
	u8 buf[4];
	bool more;
	assert_int_equal(ldisc_read(&ld, buf, 3, &more), 3); /* takes the ^D with it */
	assert_false(more);
	reads("next\n");
	assert_int_equal(ldisc_available(&ld), 0);
}

static void short_reads(void **state)
{
	u8 buf[4];
	bool more;

	TYPE("abcdef\n");
	assert_int_equal(ldisc_read(&ld, buf, 4, &more), 4);
	assert_true(more);
	reads("ef\n");
}

static void signals(void **state)
{
	TYPE("typed\x03");
	assert_int_equal(last_signal, SIGINT);
	shows("typed^C");
	TYPE("\x1c");
	assert_int_equal(last_signal, SIGQUIT);
	TYPE("\x1a");
	assert_int_equal(last_signal, SIGTSTP);
	TYPE("x\n");
	reads("x\n"); /* what was typed before is gone */
	ld.termios.c_lflag |= NOFLSH;
	TYPE("ab\x03" "c\n");
	reads("abc\n");
	ld.termios.c_lflag &= ~ISIG;
	last_signal = 0;
	TYPE("\x03\n");
	assert_int_equal(last_signal, 0);
	reads("\x03\n");
}

static void literal_and_flow(void **state)
{
	struct ldisc_effect e;

	TYPE("\x16\x03\x16\x04\n");
	reads("\x03\x04\n");
	ldisc_input(&ld, 0x13, &e);
	assert_true(ld.stopped && e.flow);
	ldisc_input(&ld, 0x13, &e);
	assert_false(e.flow);
	ldisc_input(&ld, 0x11, &e);
	assert_true(!ld.stopped && e.flow);
	assert_false(ldisc_readable(&ld, 1));
}

static void raw(void **state)
{
	struct ktermios t = ld.termios;

	TYPE("early");
	t.c_lflag &= ~(u32)(ICANON | ECHO | ISIG);
	t.c_iflag &= ~(u32)(ICRNL | IXON);
	ldisc_set_termios(&ld, &t);
	reads("early"); /* typed before, readable now */
	screen[0] = 0;
	TYPE("\r\x03\x7f\x04");
	shows("");
	assert_true(ldisc_readable(&ld, 4));
	assert_false(ldisc_readable(&ld, 5));
	reads("\r\x03\x7f\x04");
	TYPE("ab");
	t.c_lflag |= ICANON;
	ldisc_set_termios(&ld, &t);
	reads("ab");
}

static void no_echo(void **state)
{
	ld.termios.c_lflag &= ~(u32)ECHO;
	TYPE("pass\x7f\x15word");
	shows("");
	ld.termios.c_lflag |= ECHONL;
	TYPE("\n");
	shows("\r\n");
	reads("word\n");
}

static void output(void **state)
{
	u8 out[LDISC_OUT_MAX];

	assert_int_equal(ldisc_output(&ld, '\n', out), 2);
	assert_memory_equal(out, "\r\n", 2);
	ldisc_output(&ld, 'a', out);
	ld.termios.c_oflag |= XTABS;
	assert_int_equal(ldisc_output(&ld, '\t', out), 7);
	assert_memory_equal(out, "       ", 7);
	ld.termios.c_oflag |= OCRNL;
	assert_int_equal(ldisc_output(&ld, '\r', out), 1);
	assert_int_equal(out[0], '\n');
	ld.termios.c_oflag = 0;
	assert_int_equal(ldisc_output(&ld, '\n', out), 1);
}

static void full_buffer(void **state)
{
	static u8 buf[LDISC_SIZE + 10];
	bool more;

	assert_int_equal(ldisc_room(&ld), LDISC_SIZE - 1);
	for (int i = 0; i < LDISC_SIZE + 100; i++)
		TYPE("x"), screen[0] = 0;
	assert_false(ldisc_readable(&ld, 1));
	assert_int_equal(ldisc_room(&ld), 1); /* to end it with, or to cut it */
	TYPE("\n"); /* its place was kept */
	assert_true(ldisc_readable(&ld, 1));
	assert_int_equal(ldisc_room(&ld), 0);
	assert_int_equal(ldisc_read(&ld, buf, sizeof(buf), &more), LDISC_SIZE);
	assert_int_equal(buf[LDISC_SIZE - 1], '\n');
	assert_int_equal(ldisc_room(&ld), LDISC_SIZE - 1);
	TYPE("again\n");
	reads("again\n");
}

/* Whatever is typed and read in whatever mode, the counters stay in order. */
static void random_use(void **state)
{
	struct ldisc_effect e;
	u8 buf[64];
	bool more;

	for (int round = 0; round < 300000; round++) {
		ldisc_input(&ld, (u8)(test_random() % 3 ? test_random() % 40 : test_random()), &e);
		assert_true(e.echo_length <= LDISC_ECHO_MAX);
		assert_true(ld.canon - ld.tail <= ld.head - ld.tail);
		assert_true(ld.head - ld.tail <= LDISC_SIZE);
		if (test_random() % 8 == 0 && ldisc_readable(&ld, 1))
			ldisc_read(&ld, buf, test_random() % sizeof(buf), &more);
		if (test_random() % 500 == 0) {
			struct ktermios t = ld.termios;

			t.c_lflag ^= test_random() & (ICANON | ECHO | ECHOE | ECHOKE | ECHOCTL | IEXTEN);
			t.c_iflag ^= test_random() & (IUTF8 | ISTRIP | ICRNL | INLCR);
			ldisc_set_termios(&ld, &t);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lines, fresh),
		cmocka_unit_test_setup(editing, fresh),
		cmocka_unit_test_setup(utf8_erase, fresh),
		cmocka_unit_test_setup(end_of_file, fresh),
		cmocka_unit_test_setup(short_reads, fresh),
		cmocka_unit_test_setup(signals, fresh),
		cmocka_unit_test_setup(literal_and_flow, fresh),
		cmocka_unit_test_setup(raw, fresh),
		cmocka_unit_test_setup(no_echo, fresh),
		cmocka_unit_test_setup(output, fresh),
		cmocka_unit_test_setup(full_buffer, fresh),
		cmocka_unit_test_setup(random_use, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
