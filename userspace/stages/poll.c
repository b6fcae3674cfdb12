/* Stages 156 and 157: poll, ppoll, select and pselect. */
#include "expect.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <sys/select.h>
#include <sys/wait.h>

enum { POLL_MANY = 50, NSEC_PER_MSEC = 1000000 };

static long poll_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / NSEC_PER_MSEC;
}

static void poll_readiness(void)
{
	struct pollfd p[2];
	int ends[2];
	char buf[65536];

	EXPECT_OK(pipe2(ends, O_NONBLOCK));
	p[0] = (struct pollfd){ ends[0], POLLIN, 0 };
	p[1] = (struct pollfd){ ends[1], POLLOUT, 0 };
	EXPECT_EQ(poll(p, 2, 0), 1);
	EXPECT_EQ(p[0].revents, 0);
	EXPECT_EQ(p[1].revents, POLLOUT);
	EXPECT_EQ(write(ends[1], "x", 1), 1);
	EXPECT_EQ(poll(p, 2, -1), 2);
	EXPECT_EQ(p[0].revents, POLLIN);
	/* Full: no longer writable. */
	memset(buf, 0, sizeof(buf));
	while (write(ends[1], buf, sizeof(buf)) > 0)
		;
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_EQ(poll(&p[1], 1, 0), 0);
	EXPECT_EQ(p[1].revents, 0);
	EXPECT_GT(read(ends[0], buf, sizeof(buf)), 4096);
	EXPECT_EQ(poll(&p[1], 1, 0), 1);
	close(ends[0]);
	close(ends[1]);
}

/* Hang-up and error are told without being asked for. */
static void poll_hangup_and_error(void)
{
	struct pollfd p;
	int ends[2];

	EXPECT_OK(pipe(ends));
	EXPECT_EQ(write(ends[1], "x", 1), 1);
	close(ends[1]);
	p = (struct pollfd){ ends[0], POLLIN, 0 };
	EXPECT_EQ(poll(&p, 1, -1), 1);
	EXPECT_EQ(p.revents, POLLIN | POLLHUP);
	p.events = 0;
	EXPECT_EQ(poll(&p, 1, -1), 1);
	EXPECT_EQ(p.revents, POLLHUP);
	close(ends[0]);
	EXPECT_EQ(poll(&p, 1, -1), 1);
	EXPECT_EQ(p.revents, POLLNVAL);
	EXPECT_OK(pipe(ends));
	close(ends[0]);
	p = (struct pollfd){ ends[1], 0, 0 };
	EXPECT_EQ(poll(&p, 1, -1), 1);
	EXPECT_EQ(p.revents, POLLERR);
	close(ends[1]);
}

static void poll_times(void)
{
	struct pollfd p = { -1, POLLIN, 77 };
	struct timespec bad = { 0, 2000000000 };
	long start = poll_now_ms();

	/* A negative descriptor is skipped. */
	EXPECT_EQ(poll(&p, 1, 20), 0);
	EXPECT_EQ(p.revents, 0);
	EXPECT_GE(poll_now_ms() - start, 20);
	start = poll_now_ms();
	EXPECT_EQ(poll(NULL, 0, 10), 0);
	EXPECT_GE(poll_now_ms() - start, 10);
	EXPECT_ERRNO(ppoll(&p, 1, &bad, NULL), EINVAL);
	EXPECT_ERRNO(poll((struct pollfd *)0x10, 1, 0), EFAULT);
	EXPECT_ERRNO(poll(&p, 1 << 30, 0), EINVAL);
}

/* A regular file is always ready; many descriptors go beyond what is kept on the stack. */
static void poll_many(void)
{
	struct pollfd p[POLL_MANY];
	int ends[2], fd, i;

	fd = open("/tmp/poll", O_RDWR | O_CREAT, 0600);
	EXPECT_OK(fd);
	EXPECT_OK(pipe(ends));
	for (i = 0; i < POLL_MANY; i++)
		p[i] = (struct pollfd){ ends[0], POLLIN, 0 };
	EXPECT_EQ(poll(p, POLL_MANY, 1), 0);
	p[POLL_MANY - 1] = (struct pollfd){ fd, POLLIN | POLLOUT, 0 };
	EXPECT_EQ(poll(p, POLL_MANY, -1), 1);
	EXPECT_EQ(p[POLL_MANY - 1].revents, POLLIN | POLLOUT);
	EXPECT_EQ(write(ends[1], "x", 1), 1);
	EXPECT_EQ(poll(p, POLL_MANY, -1), POLL_MANY);
	close(ends[0]);
	close(ends[1]);
	close(fd);
	unlink("/tmp/poll");
}

/* It sleeps until another process makes it ready. */
static void poll_wakes(void)
{
	struct pollfd p[2];
	int a[2], b[2];
	pid_t pid;
	char c;

	EXPECT_OK(pipe(a));
	EXPECT_OK(pipe(b));
	IN_CHILD (pid) {
		poll(NULL, 0, 5);
		EXPECT_EQ(write(b[1], "!", 1), 1);
	}
	p[0] = (struct pollfd){ a[0], POLLIN, 0 };
	p[1] = (struct pollfd){ b[0], POLLIN, 0 };
	EXPECT_EQ(poll(p, 2, 5000), 1);
	EXPECT_EQ(p[0].revents, 0);
	EXPECT_EQ(p[1].revents, POLLIN);
	EXPECT_EQ(read(b[0], &c, 1), 1);
	EXPECT_CHILD_OK(pid);
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

static volatile sig_atomic_t poll_signals;

static void poll_on_signal(int sig)
{
	poll_signals++;
}

/* ppoll lets a blocked signal in while it waits, and only then. */
static void poll_mask(void)
{
	struct sigaction sa = { .sa_handler = poll_on_signal, .sa_flags = SA_RESTART };
	struct timespec soon = { 0, NSEC_PER_MSEC };
	sigset_t usr1, none, now;

	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	EXPECT_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
	EXPECT_OK(raise(SIGUSR1));
	EXPECT_EQ(poll_signals, 0);
	/* Interrupted whatever SA_RESTART says, and the mask is back afterwards. */
	EXPECT_ERRNO(ppoll(NULL, 0, NULL, &none), EINTR);
	EXPECT_EQ(poll_signals, 1);
	EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &now));
	EXPECT(sigismember(&now, SIGUSR1));
	/* Also when the wait just ends. */
	EXPECT_EQ(ppoll(NULL, 0, &soon, &none), 0);
	EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &now));
	EXPECT(sigismember(&now, SIGUSR1));
	EXPECT_OK(raise(SIGUSR1));
	EXPECT_EQ(poll(NULL, 0, 1), 0);
	EXPECT_EQ(poll_signals, 1);
	EXPECT_OK(sigprocmask(SIG_UNBLOCK, &usr1, NULL));
	EXPECT_EQ(poll_signals, 2);
}

void stage_poll_poll(void)
{
	poll_readiness();
	poll_hangup_and_error();
	poll_times();
	poll_many();
	poll_wakes();
	poll_mask();
}

/* ---- select ---------------------------------------------------------------------------------- */

enum { SELECT_HIGH = 200 };

static void select_sets(void)
{
	struct timeval now = { 0, 0 };
	fd_set in, out, except;
	int a[2];

	EXPECT_OK(pipe(a));
	/* Beyond the first word of the sets. */
	EXPECT_EQ(dup2(a[0], SELECT_HIGH), SELECT_HIGH);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&except);
	FD_SET(SELECT_HIGH, &in);
	FD_SET(a[1], &out);
	FD_SET(a[0], &except);
	EXPECT_EQ(select(SELECT_HIGH + 1, &in, &out, &except, &now), 1);
	EXPECT(!FD_ISSET(SELECT_HIGH, &in));
	EXPECT(FD_ISSET(a[1], &out));
	EXPECT(!FD_ISSET(a[0], &except));
	EXPECT_EQ(write(a[1], "x", 1), 1);
	FD_SET(SELECT_HIGH, &in);
	FD_SET(a[0], &in);
	EXPECT_EQ(select(SELECT_HIGH + 1, &in, NULL, NULL, NULL), 2);
	EXPECT(FD_ISSET(SELECT_HIGH, &in) && FD_ISSET(a[0], &in));
	/* Only what is below the count is looked at. */
	EXPECT_EQ(select(SELECT_HIGH, &in, NULL, NULL, &now), 1);
	close(a[1]);
	/* The end of the file is something to read. */
	EXPECT_EQ(read(a[0], &in, 1), 1);
	FD_ZERO(&in);
	FD_SET(a[0], &in);
	EXPECT_EQ(select(a[0] + 1, &in, NULL, NULL, NULL), 1);
	close(a[0]);
	close(SELECT_HIGH);
	EXPECT_ERRNO(select(a[0] + 1, &in, NULL, NULL, &now), EBADF);
	EXPECT_ERRNO(select(-1, NULL, NULL, NULL, &now), EINVAL);
}

static void select_times(void)
{
	struct timeval tv = { 0, 10000 };
	struct timespec ts = { 0, 5 * NSEC_PER_MSEC };
	long start = poll_now_ms();

	EXPECT_EQ(select(0, NULL, NULL, NULL, &tv), 0);
	EXPECT_GE(poll_now_ms() - start, 10);
	EXPECT_EQ(pselect(0, NULL, NULL, NULL, &ts, NULL), 0);
	EXPECT_GE(poll_now_ms() - start, 15);
	/* POSIX: pselect leaves the timeout alone. */
	EXPECT_EQ(ts.tv_nsec, 5 * NSEC_PER_MSEC);
}

void stage_poll_select(void)
{
	struct sigaction sa = { .sa_handler = poll_on_signal };
	sigset_t usr1, none;

	select_sets();
	select_times();
	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	EXPECT_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
	EXPECT_OK(raise(SIGUSR1));
	EXPECT_EQ(poll_signals, 0);
	EXPECT_ERRNO(pselect(0, NULL, NULL, NULL, NULL, &none), EINTR);
	EXPECT_EQ(poll_signals, 1);
	EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &none));
	EXPECT(sigismember(&none, SIGUSR1));
}
