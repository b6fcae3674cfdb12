/* A pseudoterminal for the stages of terminals: see the header. */
#include "terminal.h"
#include "expect.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>

enum { TTY_TEXT_MAX = 256 };

int tty_master;
int tty_slave;

void tty_open_pair(void)
{
	char name[32];
	int number = -1, unlock = 0;

	tty_master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	EXPECT_OK(tty_master);
	EXPECT_OK(ioctl(tty_master, TIOCGPTN, &number));
	snprintf(name, sizeof(name), "/dev/pts/%d", number);
	/* Locked until it is unlocked. */
	EXPECT_ERRNO(open(name, O_RDWR | O_NOCTTY), EIO);
	EXPECT_OK(ioctl(tty_master, TIOCSPTLCK, &unlock));
	tty_slave = open(name, O_RDWR | O_NOCTTY);
	EXPECT_OK(tty_slave);
	EXPECT(isatty(tty_slave));
}

void tty_type(const char *text)
{
	EXPECT_EQ(write(tty_master, text, strlen(text)), (ssize_t)strlen(text));
}

/* The screen shows exactly this since it was last looked at. */
void tty_shows(const char *text)
{
	char buf[TTY_TEXT_MAX];
	size_t n = 0;
	struct pollfd p = { tty_master, POLLIN, 0 };
	ssize_t got;

	while (n < strlen(text) && poll(&p, 1, 5000) == 1) {
		got = read(tty_master, buf + n, sizeof(buf) - 1 - n);
		EXPECT_GT(got, 0);
		n += (size_t)got;
	}
	buf[n] = 0;
	EXPECT_STR(buf, text);
	EXPECT_EQ(poll(&p, 1, 0), 0);
}

/* The program reads exactly this. */
void tty_reads(const char *text)
{
	char buf[TTY_TEXT_MAX];
	ssize_t n = read(tty_slave, buf, sizeof(buf) - 1);

	EXPECT_EQ(n, (ssize_t)strlen(text));
	EXPECT_MEM(buf, text, (size_t)n);
}

/* Nothing is there to read. */
void tty_reads_nothing(void)
{
	struct pollfd p = { tty_slave, POLLIN, 0 };

	EXPECT_EQ(poll(&p, 1, 0), 0);
}

/* Waits until the program says on the terminal that it is ready. */
void tty_wait_ready(void)
{
	char c;

	EXPECT_EQ(read(tty_master, &c, 1), 1);
	EXPECT_EQ(c, '.');
}
