/*
 * Stages 196 and 198: terminals.  A pseudoterminal stands for the user: what is written to its master is
 * typed, what is read from it is on the screen.
 */
#include "asleep.h"
#include "expect.h"
#include "terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

/* ---- canonical input ------------------------------------------------------------------------- */

static void canonical_lines(void)
{
	int n;

	tty_type("one");
	tty_shows("one");
	/* Not before its end. */
	tty_reads_nothing();
	EXPECT_OK(ioctl(tty_slave, FIONREAD, &n));
	EXPECT_EQ(n, 0);
	tty_type("\rtwo\n");
	tty_shows("\r\ntwo\r\n");
	EXPECT_OK(ioctl(tty_slave, FIONREAD, &n));
	EXPECT_EQ(n, 8);
	/* One line each, whatever the room. */
	tty_reads("one\n");
	tty_reads("two\n");
	tty_reads_nothing();
}

static void canonical_editing(void)
{
	tty_type("abd\x7f" "c\n");
	tty_shows("abd\b \bc\r\n");
	tty_reads("abc\n");
	tty_type("\x7f\x7fx\n");
	tty_shows("x\r\n");
	tty_reads("x\n");
	tty_type("bad\x15good\n");
	tty_shows("bad\b \b\b \b\b \bgood\r\n");
	tty_reads("good\n");
	tty_type("two words\x17one\n");
	tty_shows("two words\b \b\b \b\b \b\b \b\b \bone\r\n");
	tty_reads("two one\n");
	tty_type("\x16\x15\n");
	tty_shows("^\b^U\r\n");
	tty_reads("\x15\n");
}

static void canonical_end_of_file(void)
{
	char buf[4];

	tty_type("\x04");
	tty_reads("");
	tty_type("no newline\x04");
	tty_shows("no newline");
	tty_reads("no newline");
	tty_type("abcdef\n");
	tty_shows("abcdef\r\n");
	EXPECT_EQ(read(tty_slave, buf, 4), 4);
	EXPECT_MEM(buf, "abcd", 4);
	tty_reads("ef\n");
	EXPECT_OK(fcntl(tty_slave, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(read(tty_slave, buf, 4), EAGAIN);
	EXPECT_OK(fcntl(tty_slave, F_SETFL, 0));
}

static void canonical_settings(void)
{
	struct termios saved, t;

	EXPECT_OK(tcgetattr(tty_slave, &saved));
	EXPECT(saved.c_lflag & ICANON);
	EXPECT_EQ(saved.c_cc[VEOF], 4);
	t = saved;
	t.c_lflag &= ~ECHO;
	t.c_cc[VERASE] = '#';
	EXPECT_OK(tcsetattr(tty_slave, TCSANOW, &t));
	tty_type("secrex#t\n");
	tty_reads("secret\n");
	t.c_lflag |= ECHONL;
	EXPECT_OK(tcsetattr(tty_slave, TCSANOW, &t));
	tty_type("x\n");
	tty_shows("\r\n");
	tty_reads("x\n");
	tty_type("forgotten\n");
	EXPECT_OK(tcsetattr(tty_slave, TCSAFLUSH, &saved));
	tty_reads_nothing();
	tty_shows("\r\n");
	EXPECT_ERRNO(tcsetattr(tty_slave, 99, &t), EINVAL);
}

static void canonical_output(void)
{
	struct termios saved, t;

	EXPECT_EQ(write(tty_slave, "a\nb\tc\n", 6), 6);
	tty_shows("a\r\nb\tc\r\n");
	EXPECT_OK(tcgetattr(tty_slave, &saved));
	t = saved;
	t.c_oflag |= TAB3;
	EXPECT_OK(tcsetattr(tty_slave, TCSANOW, &t));
	EXPECT_EQ(write(tty_slave, "b\tc\n", 4), 4);
	tty_shows("b       c\r\n");
	t.c_oflag &= ~OPOST;
	EXPECT_OK(tcsetattr(tty_slave, TCSANOW, &t));
	EXPECT_EQ(write(tty_slave, "a\nb\n", 4), 4);
	tty_shows("a\nb\n");
	EXPECT_OK(tcsetattr(tty_slave, TCSANOW, &saved));
	/* ^S holds the output, ^Q lets it go. */
	tty_type("\x13");
	EXPECT_OK(fcntl(tty_slave, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(write(tty_slave, "held", 4), EAGAIN);
	tty_type("\x11");
	EXPECT_EQ(write(tty_slave, "held", 4), 4);
	tty_shows("held");
	EXPECT_OK(fcntl(tty_slave, F_SETFL, 0));
}

/* A reader sleeps until the line is complete. */
static void canonical_wakes(void)
{
	pid_t pid;

	IN_CHILD (pid) {
		poll(NULL, 0, 2);
		tty_type("late");
		poll(NULL, 0, 2);
		tty_type("r\n");
	}
	tty_reads("later\n");
	EXPECT_CHILD_OK(pid);
	tty_shows("later\r\n");
}

void stage_tty_canonical(void)
{
	char c;

	tty_open_pair();
	canonical_lines();
	canonical_editing();
	canonical_end_of_file();
	canonical_settings();
	canonical_output();
	canonical_wakes();
	/* The user leaves: end of file, and nobody to write to. */
	EXPECT_OK(close(tty_master));
	EXPECT_EQ(read(tty_slave, &c, 1), 0);
	EXPECT_ERRNO(write(tty_slave, "x", 1), EIO);
	close(tty_slave);
}

/* ---- signals --------------------------------------------------------------------------------- */

static volatile sig_atomic_t tty_last_signal;

static void tty_on_signal(int sig)
{
	tty_last_signal = sig;
}

/*
 * A session of its own on the slave.  Two groups in it: the leader in the background, and a child in the
 * foreground that waits for a signal with its default action.
 */
static void signals_session(int foreground_ready)
{
	struct sigaction sa = { .sa_handler = tty_on_signal };
	pid_t child, got;
	int status;

	EXPECT_OK(setsid());
	EXPECT_OK(ioctl(tty_slave, TIOCSCTTY, 0));
	EXPECT_EQ(tcgetpgrp(tty_slave), getpid());
	EXPECT_EQ(tcgetsid(tty_slave), getpid());
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGQUIT, &sa, NULL);
	sigaction(SIGTSTP, &sa, NULL);
	signal(SIGTTOU, SIG_IGN);
	for (int i = 0; i < 3; i++) {
		child = fork();
		EXPECT_OK(child);
		if (child == 0) {
			signal(SIGINT, SIG_DFL);
			signal(SIGQUIT, SIG_DFL);
			signal(SIGTSTP, SIG_DFL);
			setpgid(0, 0);
			tcsetpgrp(tty_slave, getpid());
			(void)!write(foreground_ready, ".", 1);
			for (;;)
				pause();
		}
		got = waitpid(child, &status, WUNTRACED);
		EXPECT_EQ(got, child);
		if (i == 0)
			EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
		if (i == 1)
			EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGQUIT);
		if (i == 2) {
			EXPECT(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
			EXPECT_OK(kill(child, SIGCONT));
			EXPECT_OK(kill(child, SIGKILL));
			EXPECT_EQ(waitpid(child, &status, 0), child);
		}
		/* The leader was in the background and heard nothing. */
		EXPECT_EQ(tty_last_signal, 0);
		EXPECT_OK(tcsetpgrp(tty_slave, getpid()));
	}
	(void)!write(foreground_ready, ".", 1);
}

/* With a handler the foreground process goes on; without ISIG the characters are input. */
static void signals_handled(void)
{
	struct sigaction sa = { .sa_handler = tty_on_signal };
	struct termios t;
	char c;

	EXPECT_OK(setsid());
	EXPECT_OK(ioctl(tty_slave, TIOCSCTTY, 0));
	sigaction(SIGINT, &sa, NULL);
	EXPECT_EQ(write(tty_slave, ".", 1), 1);
	/* Typed while we sleep in read: interrupted, and the line so far is gone. */
	EXPECT_ERRNO(read(tty_slave, &c, 1), EINTR);
	EXPECT_EQ(tty_last_signal, SIGINT);
	EXPECT_OK(tcgetattr(tty_slave, &t));
	t.c_lflag &= ~(tcflag_t)ISIG;
	EXPECT_OK(tcsetattr(tty_slave, TCSANOW, &t));
	tty_last_signal = 0;
	EXPECT_EQ(write(tty_slave, ".", 1), 1);
	tty_reads("\x03\n");
	EXPECT_EQ(tty_last_signal, 0);
}

void stage_tty_signals(void)
{
	int ready[2];
	pid_t pid;
	char c;

	tty_open_pair();
	EXPECT_OK(pipe(ready));
	IN_CHILD (pid) {
		signals_session(ready[1]);
	}
	EXPECT_EQ(read(ready[0], &c, 1), 1);
	tty_type("lost\x03");
	tty_shows("lost^C");
	EXPECT_EQ(read(ready[0], &c, 1), 1);
	tty_type("\x1c");
	tty_shows("^\\");
	EXPECT_EQ(read(ready[0], &c, 1), 1);
	tty_type("\x1a");
	tty_shows("^Z");
	EXPECT_EQ(read(ready[0], &c, 1), 1);
	EXPECT_CHILD_OK(pid);
	/* Its session has ended, so that another may have the terminal. */
	IN_CHILD (pid) {
		signals_handled();
	}
	tty_wait_ready();
	wait_until_asleep(pid);
	tty_type("gone\x03");
	tty_shows("gone^C.");
	tty_type("\x03\n");
	EXPECT_CHILD_OK(pid);
}
