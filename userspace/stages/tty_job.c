/* Stages 197 and 199 to 203: raw input, window size, sessions, job control; pseudoterminals. */
#include "expect.h"
#include "terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <time.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

static volatile sig_atomic_t job_signals[32];

static void job_on_signal(int sig)
{
	job_signals[sig]++;
}

static long job_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* ---- raw ------------------------------------------------------------------------------------- */

static void raw_mode(cc_t min, cc_t time)
{
	struct termios t;

	EXPECT_OK(tcgetattr(tty_slave, &t));
	cfmakeraw(&t);
	t.c_cc[VMIN] = min;
	t.c_cc[VTIME] = time;
	EXPECT_OK(tcsetattr(tty_slave, TCSANOW, &t));
}

/* Types from another process after a while. */
static pid_t raw_type_later(const char *first, const char *second)
{
	pid_t pid;

	IN_CHILD (pid) {
		poll(NULL, 0, 5);
		tty_type(first);
		poll(NULL, 0, 5);
		tty_type(second);
	}
	return pid;
}

void stage_tty_raw(void)
{
	char buf[8];
	ssize_t n;
	long start;
	pid_t pid;

	tty_open_pair();
	raw_mode(1, 0);
	tty_type("\x03\r\x7f\x04");
	tty_reads("\x03\r\x7f\x04");
	EXPECT_EQ(write(tty_slave, "\n", 1), 1);
	tty_shows("\n");
	/* MIN bytes, however they come. */
	raw_mode(4, 0);
	pid = raw_type_later("ab", "cd");
	tty_reads("abcd");
	EXPECT_CHILD_OK(pid);
	/* ... but no more than were asked for. */
	tty_type("xy");
	EXPECT_EQ(read(tty_slave, buf, 2), 2);
	/* MIN 0, TIME 0: what there is. */
	raw_mode(0, 0);
	tty_reads("");
	tty_type("z");
	tty_reads("z");
	/* MIN 0, TIME: a limit for the first byte. */
	raw_mode(0, 1);
	start = job_now_ms();
	tty_reads("");
	EXPECT_GE(job_now_ms() - start, 100);
	/* Both: a limit between bytes. */
	raw_mode(8, 1);
	pid = raw_type_later("12", "34");
	start = job_now_ms();
	n = read(tty_slave, buf, sizeof(buf));
	/* Two when the typist was kept waiting for longer than the limit. */
	EXPECT(n == 4 || n == 2);
	EXPECT_GE(job_now_ms() - start, 100);
	EXPECT_CHILD_OK(pid);
	close(tty_master);
	close(tty_slave);
}

/* ---- window size ----------------------------------------------------------------------------- */

/* Becomes the leader of a session on the slave. */
static void job_session(void)
{
	EXPECT_OK(setsid());
	EXPECT_OK(ioctl(tty_slave, TIOCSCTTY, 0));
}

void stage_tty_winsize(void)
{
	struct sigaction sa = { .sa_handler = job_on_signal };
	struct winsize size = { 24, 80, 0, 0 }, got = { 1, 1, 1, 1 };
	pid_t pid;

	tty_open_pair();
	EXPECT_OK(ioctl(tty_slave, TIOCGWINSZ, &got));
	EXPECT_EQ(got.ws_row | got.ws_col, 0);
	EXPECT_OK(ioctl(tty_master, TIOCSWINSZ, &size));
	EXPECT_OK(ioctl(tty_slave, TIOCGWINSZ, &got));
	EXPECT_MEM(&got, &size, sizeof(size));
	IN_CHILD (pid) {
		sigaction(SIGWINCH, &sa, NULL);
		job_session();
		EXPECT_EQ(write(tty_slave, ".", 1), 1);
		while (!job_signals[SIGWINCH])
			poll(NULL, 0, 1);
		EXPECT_OK(ioctl(tty_slave, TIOCGWINSZ, &got));
		EXPECT_EQ(got.ws_row, 50);
		/* No news is no signal. */
		EXPECT_OK(ioctl(tty_slave, TIOCSWINSZ, &got));
		EXPECT_EQ(job_signals[SIGWINCH], 1);
	}
	tty_wait_ready();
	size.ws_row = 50;
	EXPECT_OK(ioctl(tty_master, TIOCSWINSZ, &size));
	EXPECT_CHILD_OK(pid);
	close(tty_master);
	close(tty_slave);
}

/* ---- session --------------------------------------------------------------------------------- */

static void session_leader(void)
{
	pid_t pid, group = 0;
	int fd;

	EXPECT_OK(setsid());
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	EXPECT_ERRNO(tcgetpgrp(tty_slave), ENOTTY);
	EXPECT_OK(ioctl(tty_slave, TIOCSCTTY, 0));
	EXPECT_EQ(tcgetsid(tty_slave), getpid());
	EXPECT_EQ(tcgetpgrp(tty_slave), getpid());
	EXPECT_OK(ioctl(tty_master, TIOCGPGRP, &group));
	EXPECT_EQ(group, getpid());
	fd = open("/dev/tty", O_RDWR);
	EXPECT_OK(fd);
	EXPECT_EQ(write(fd, "x", 1), 1);
	tty_shows("x");
	/* A member has it, too, but cannot take another or become its owner. */
	IN_CHILD (pid) {
		EXPECT_EQ(tcgetsid(fd), getppid());
		EXPECT_ERRNO(ioctl(tty_slave, TIOCSCTTY, 0), EPERM);
	}
	EXPECT_CHILD_OK(pid);
	/* Another session cannot have it. */
	IN_CHILD (pid) {
		EXPECT_OK(setsid());
		EXPECT_ERRNO(ioctl(tty_slave, TIOCSCTTY, 0), EPERM);
		EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_ERRNO(tcsetpgrp(tty_slave, 0x7ffffff), ESRCH);
	EXPECT_ERRNO(tcsetpgrp(tty_slave, getppid()), EPERM);
	signal(SIGHUP, SIG_IGN);
	EXPECT_OK(ioctl(tty_slave, TIOCNOTTY));
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	EXPECT_ERRNO(ioctl(tty_slave, TIOCNOTTY), ENOTTY);
	close(fd);
}

void stage_tty_session(void)
{
	pid_t pid;

	tty_open_pair();
	IN_CHILD (pid) {
		session_leader();
	}
	EXPECT_CHILD_OK(pid);
	/* Opening without O_NOCTTY is enough for a leader; with its end the terminal is free again. */
	for (int i = 0; i < 2; i++) {
		IN_CHILD (pid) {
			char name[32];
			int number;

			EXPECT_OK(ioctl(tty_master, TIOCGPTN, &number));
			snprintf(name, sizeof(name), "/dev/pts/%d", number);
			EXPECT_OK(setsid());
			EXPECT_OK(open(name, O_RDWR));
			EXPECT_EQ(tcgetsid(tty_slave), getpid());
		}
		EXPECT_CHILD_OK(pid);
	}
	close(tty_master);
	close(tty_slave);
}

/* ---- job control ----------------------------------------------------------------------------- */

/* A child in a group of its own, in the background, that does one thing. */
static pid_t job_background(void (*body)(void))
{
	pid_t pid = fork();

	EXPECT_OK(pid);
	if (pid == 0) {
		setpgid(0, 0);
		body();
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void job_reads(void)
{
	char c;

	EXPECT_EQ(read(tty_slave, &c, 1), 1);
	EXPECT_EQ(c, 'k');
}

static void job_writes(void)
{
	EXPECT_EQ(write(tty_slave, "w", 1), 1);
}

static void job_reads_ignoring(void)
{
	char c;

	signal(SIGTTIN, SIG_IGN);
	EXPECT_ERRNO(read(tty_slave, &c, 1), EIO);
}

static void job_stopped_by(pid_t pid, int sig)
{
	int status;

	EXPECT_EQ(waitpid(pid, &status, WUNTRACED), pid);
	EXPECT(WIFSTOPPED(status));
	EXPECT_EQ(WSTOPSIG(status), sig);
}

/* To the foreground, and on. */
static void job_continue(pid_t pid)
{
	int status;

	EXPECT_OK(tcsetpgrp(tty_slave, pid));
	EXPECT_OK(kill(-pid, SIGCONT));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT_OK(tcsetpgrp(tty_slave, getpid()));
}

static void job_shell(void)
{
	struct termios t;
	pid_t pid;

	job_session();
	signal(SIGTTOU, SIG_IGN);
	pid = job_background(job_reads);
	job_stopped_by(pid, SIGTTIN);
	tty_type("k\n");
	/* Continued in the background it only stops again. */
	EXPECT_OK(kill(pid, SIGCONT));
	job_stopped_by(pid, SIGTTIN);
	job_continue(pid);
	/* Writing is free unless TOSTOP says otherwise. */
	pid = job_background(job_writes);
	EXPECT_CHILD_OK(pid);
	EXPECT_OK(tcgetattr(tty_slave, &t));
	t.c_lflag |= TOSTOP;
	EXPECT_OK(tcsetattr(tty_slave, TCSANOW, &t));
	signal(SIGTTOU, SIG_DFL);
	pid = job_background(job_writes);
	job_stopped_by(pid, SIGTTOU);
	signal(SIGTTOU, SIG_IGN);
	job_continue(pid);
	EXPECT_CHILD_OK(job_background(job_reads_ignoring));
}

void stage_tty_job_control(void)
{
	pid_t pid;

	tty_open_pair();
	IN_CHILD (pid) {
		job_shell();
	}
	EXPECT_CHILD_OK(pid);
	tty_shows("k\r\nww");
	close(tty_master);
	close(tty_slave);
}

/* ---- pseudoterminals ------------------------------------------------------------------------- */

void stage_pty_pair(void)
{
	int first_master, first_slave, number = -1, n;
	struct termios t;
	char name[32], big[300];

	tty_open_pair();
	first_master = tty_master;
	first_slave = tty_slave;
	EXPECT_OK(ioctl(first_master, TIOCGPTN, &number));
	EXPECT_OK(ttyname_r(first_slave, name, sizeof(name)));
	EXPECT(strncmp(name, "/dev/pts/", 9) == 0);
	EXPECT_EQ(atoi(name + 9), number);
	/* A second one is another one. */
	tty_open_pair();
	EXPECT_OK(ioctl(tty_master, TIOCGPTN, &n));
	EXPECT_NE(n, number);
	tty_type("second\n");
	tty_reads("second\n");
	close(tty_master);
	close(tty_slave);
	tty_master = first_master;
	tty_slave = first_slave;
	tty_reads_nothing();
	/* Both ways, with more than one chunk. */
	EXPECT_OK(tcgetattr(tty_slave, &t));
	cfmakeraw(&t);
	EXPECT_OK(tcsetattr(tty_slave, TCSANOW, &t));
	memset(big, 'b', sizeof(big));
	EXPECT_EQ(write(tty_master, big, sizeof(big)), (ssize_t)sizeof(big));
	EXPECT_EQ(read(tty_slave, big, sizeof(big)), (ssize_t)sizeof(big));
	EXPECT_EQ(write(tty_slave, big, sizeof(big)), (ssize_t)sizeof(big));
	EXPECT_OK(ioctl(tty_master, FIONREAD, &n));
	EXPECT_EQ(n, (int)sizeof(big));
	EXPECT_EQ(read(tty_master, big, sizeof(big)), (ssize_t)sizeof(big));
	EXPECT_OK(fcntl(tty_master, F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(read(tty_master, big, 1), EAGAIN);
	/* The master reads on after the last slave has gone, then -EIO. */
	EXPECT_EQ(write(tty_slave, "bye", 3), 3);
	close(tty_slave);
	EXPECT_EQ(read(tty_master, big, sizeof(big)), 3);
	EXPECT_ERRNO(read(tty_master, big, 1), EIO);
	tty_slave = open(name, O_RDWR | O_NOCTTY);
	EXPECT_OK(tty_slave);
	EXPECT_ERRNO(read(tty_master, big, 1), EAGAIN);
	close(tty_slave);
	close(tty_master);
	EXPECT_ERRNO(open(name, O_RDWR | O_NOCTTY), ENOENT);
}

void stage_pty_hangup(void)
{
	struct sigaction sa = { .sa_handler = job_on_signal };
	struct pollfd p;
	pid_t pid;
	char c;

	tty_open_pair();
	IN_CHILD (pid) {
		close(tty_master);
		sigaction(SIGHUP, &sa, NULL);
		sigaction(SIGCONT, &sa, NULL);
		job_session();
		EXPECT_EQ(write(tty_slave, ".", 1), 1);
		/* One, then the other. */
		while (!job_signals[SIGHUP] || !job_signals[SIGCONT])
			poll(NULL, 0, 1);
		EXPECT_EQ(read(tty_slave, &c, 1), 0);
		EXPECT_ERRNO(write(tty_slave, "x", 1), EIO);
		p = (struct pollfd){ tty_slave, POLLIN, 0 };
		EXPECT_EQ(poll(&p, 1, 0), 1);
		EXPECT(p.revents & POLLHUP);
		EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	}
	close(tty_slave);
	tty_wait_ready();
	close(tty_master);
	EXPECT_CHILD_OK(pid);
}
