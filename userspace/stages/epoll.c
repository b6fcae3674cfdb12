/* Stages 158 to 161: epoll, eventfd and timerfd. */
#include "expect.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

enum { EPOLL_ROOM = 8, EPOLL_NSEC_PER_MSEC = 1000000 };

static long epoll_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / EPOLL_NSEC_PER_MSEC;
}

static void set_change(int set, int op, int fd, uint32_t events, uint64_t data)
{
	struct epoll_event e = { .events = events, .data.u64 = data };

	EXPECT_OK(epoll_ctl(set, op, fd, &e));
}

/* Exactly one member is ready, with these events and this word. */
static void set_reports(int set, uint32_t events, uint64_t data)
{
	struct epoll_event e[EPOLL_ROOM];

	EXPECT_EQ(epoll_wait(set, e, EPOLL_ROOM, 1000), 1);
	EXPECT_EQ(e[0].events, events);
	EXPECT_EQ(e[0].data.u64, data);
}

static void set_is_quiet(int set)
{
	struct epoll_event e;

	EXPECT_EQ(epoll_wait(set, &e, 1, 0), 0);
}

/* ---- level-triggered ------------------------------------------------------------------------- */

static void level_members(int set, const int ends[2])
{
	struct epoll_event e[EPOLL_ROOM];
	char c;

	set_change(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 0x1234567890abcdef);
	set_is_quiet(set);
	EXPECT_EQ(write(ends[1], "ab", 2), 2);
	/* As long as it is true. */
	set_reports(set, EPOLLIN, 0x1234567890abcdef);
	set_reports(set, EPOLLIN, 0x1234567890abcdef);
	EXPECT_EQ(read(ends[0], &c, 1), 1);
	set_reports(set, EPOLLIN, 0x1234567890abcdef);
	EXPECT_EQ(read(ends[0], &c, 1), 1);
	set_is_quiet(set);
	set_change(set, EPOLL_CTL_ADD, ends[1], EPOLLOUT, 2);
	set_reports(set, EPOLLOUT, 2);
	EXPECT_EQ(write(ends[1], "c", 1), 1);
	EXPECT_EQ(epoll_wait(set, e, EPOLL_ROOM, 0), 2);
	/* With room for one they take turns. */
	EXPECT_EQ(epoll_wait(set, &e[0], 1, 0), 1);
	EXPECT_EQ(epoll_wait(set, &e[1], 1, 0), 1);
	EXPECT_NE(e[0].data.u64, e[1].data.u64);
	set_change(set, EPOLL_CTL_MOD, ends[1], 0, 2);
	set_reports(set, EPOLLIN, 0x1234567890abcdef);
	set_change(set, EPOLL_CTL_DEL, ends[0], 0, 0);
	set_is_quiet(set);
}

static void level_refusals(int set, const int ends[2])
{
	struct epoll_event e = { .events = EPOLLIN };
	int file = open("/tmp/epoll", O_RDWR | O_CREAT, 0600);

	EXPECT_ERRNO(epoll_ctl(set, EPOLL_CTL_ADD, ends[1], &e), EEXIST);
	EXPECT_ERRNO(epoll_ctl(set, EPOLL_CTL_MOD, ends[0], &e), ENOENT);
	EXPECT_ERRNO(epoll_ctl(set, EPOLL_CTL_DEL, ends[0], &e), ENOENT);
	EXPECT_ERRNO(epoll_ctl(set, EPOLL_CTL_ADD, set, &e), EINVAL);
	EXPECT_ERRNO(epoll_ctl(set, EPOLL_CTL_ADD, file, &e), EPERM);
	EXPECT_ERRNO(epoll_ctl(set, EPOLL_CTL_ADD, 999, &e), EBADF);
	EXPECT_ERRNO(epoll_ctl(ends[0], EPOLL_CTL_ADD, ends[1], &e), EINVAL);
	EXPECT_ERRNO(epoll_ctl(set, 9, ends[0], &e), EINVAL);
	EXPECT_ERRNO(epoll_wait(set, &e, 0, 0), EINVAL);
	EXPECT_ERRNO(epoll_wait(file, &e, 1, 0), EINVAL);
	EXPECT_ERRNO(epoll_create1(1), EINVAL);
	close(file);
	unlink("/tmp/epoll");
}

/* A set in a set; not in itself, and not without end. */
static void level_nested(void)
{
	int sets[8], ends[2], i;
	struct epoll_event e = { .events = EPOLLIN };
	struct pollfd p;

	for (i = 0; i < 8; i++)
		EXPECT_OK(sets[i] = epoll_create1(0));
	EXPECT_OK(pipe(ends));
	for (i = 0; i < 4; i++)
		set_change(sets[i], EPOLL_CTL_ADD, sets[i + 1], EPOLLIN, (uint64_t)i);
	set_change(sets[4], EPOLL_CTL_ADD, ends[0], EPOLLIN, 9);
	EXPECT_ERRNO(epoll_ctl(sets[4], EPOLL_CTL_ADD, sets[0], &e), ELOOP);
	EXPECT_ERRNO(epoll_ctl(sets[4], EPOLL_CTL_ADD, sets[5], &e), ELOOP);
	EXPECT_ERRNO(epoll_ctl(sets[5], EPOLL_CTL_ADD, sets[0], &e), ELOOP);
	p = (struct pollfd){ sets[0], POLLIN, 0 };
	EXPECT_EQ(poll(&p, 1, 0), 0);
	EXPECT_EQ(write(ends[1], "x", 1), 1);
	EXPECT_EQ(poll(&p, 1, 0), 1);
	set_reports(sets[0], EPOLLIN, 0);
	set_reports(sets[4], EPOLLIN, 9);
	for (i = 0; i < 8; i++)
		close(sets[i]);
	close(ends[0]);
	close(ends[1]);
}

/* The last descriptor of a file takes it out of the set, not the first. */
static void level_close(int set)
{
	int ends[2], copy;

	EXPECT_OK(pipe(ends));
	EXPECT_EQ(write(ends[1], "x", 1), 1);
	set_change(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 1);
	copy = dup(ends[0]);
	close(ends[0]);
	set_reports(set, EPOLLIN, 1);
	close(copy);
	set_is_quiet(set);
	close(ends[1]);
	/* Its number can be added again. */
	EXPECT_OK(pipe(ends));
	set_change(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 2);
	close(ends[1]);
	set_reports(set, EPOLLHUP, 2);
	close(ends[0]);
}

static void level_waits(int set)
{
	struct epoll_event e;
	long start = epoll_now_ms();
	int ends[2];
	pid_t pid;

	EXPECT_EQ(epoll_wait(set, &e, 1, 10), 0);
	EXPECT_GE(epoll_now_ms() - start, 10);
	EXPECT_OK(pipe(ends));
	set_change(set, EPOLL_CTL_ADD, ends[0], EPOLLIN, 3);
	IN_CHILD (pid) {
		poll(NULL, 0, 3);
		EXPECT_EQ(write(ends[1], "x", 1), 1);
	}
	EXPECT_EQ(epoll_wait(set, &e, 1, -1), 1);
	EXPECT_EQ(e.data.u64, (uint64_t)3);
	EXPECT_CHILD_OK(pid);
	close(ends[0]);
	close(ends[1]);
}

void stage_poll_epoll(void)
{
	int set = epoll_create1(EPOLL_CLOEXEC);
	int ends[2];

	EXPECT_OK(set);
	EXPECT_EQ(fcntl(set, F_GETFD), FD_CLOEXEC);
	EXPECT_OK(pipe(ends));
	level_members(set, ends);
	level_refusals(set, ends);
	close(ends[0]);
	close(ends[1]);
	level_nested();
	level_close(set);
	level_waits(set);
	close(set);
}

/* ---- edge-triggered, one-shot, exclusive ------------------------------------------------------ */

static void edge_exclusive(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	int a = epoll_create1(0), b = epoll_create1(0), ends[2];

	EXPECT_OK(pipe(ends));
	EXPECT_OK(epoll_ctl(a, EPOLL_CTL_ADD, ends[0], &e));
	EXPECT_OK(epoll_ctl(b, EPOLL_CTL_ADD, ends[0], &e));
	EXPECT_ERRNO(epoll_ctl(a, EPOLL_CTL_MOD, ends[0], &e), EINVAL);
	EXPECT_ERRNO(epoll_ctl(a, EPOLL_CTL_ADD, b, &e), EINVAL);
	EXPECT_EQ(write(ends[1], "x", 1), 1);
	/* At least one of them hears of it. */
	EXPECT_GE(epoll_wait(a, &e, 1, 0) + epoll_wait(b, &e, 1, 0), 1);
	close(a);
	close(b);
	close(ends[0]);
	close(ends[1]);
}

void stage_poll_epoll_edge(void)
{
	int set = epoll_create1(0), ends[2];
	char c;

	EXPECT_OK(pipe(ends));
	set_change(set, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLET, 1);
	EXPECT_EQ(write(ends[1], "ab", 2), 2);
	set_reports(set, EPOLLIN, 1);
	set_is_quiet(set);
	EXPECT_EQ(read(ends[0], &c, 1), 1);
	set_is_quiet(set);
	/* Anything new is an edge, though there was something before. */
	EXPECT_EQ(write(ends[1], "c", 1), 1);
	set_reports(set, EPOLLIN, 1);
	set_is_quiet(set);
	/* So is being asked for anew. */
	set_change(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLET, 2);
	set_reports(set, EPOLLIN, 2);
	set_is_quiet(set);
	set_change(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 3);
	set_reports(set, EPOLLIN, 3);
	EXPECT_EQ(write(ends[1], "d", 1), 1);
	set_is_quiet(set);
	set_change(set, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 4);
	set_reports(set, EPOLLIN, 4);
	set_is_quiet(set);
	close(ends[0]);
	close(ends[1]);
	close(set);
	edge_exclusive();
}

/* ---- eventfd --------------------------------------------------------------------------------- */

static short event_ready(int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };

	EXPECT_GE(poll(&p, 1, 0), 0);
	return p.revents;
}

void stage_poll_eventfd(void)
{
	int fd = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC);
	uint64_t n = 0;
	pid_t pid;

	EXPECT_OK(fd);
	EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(event_ready(fd), POLLIN | POLLOUT);
	EXPECT_EQ(read(fd, &n, 8), 8);
	EXPECT_EQ(n, (uint64_t)3);
	EXPECT_EQ(event_ready(fd), POLLOUT);
	EXPECT_ERRNO(read(fd, &n, 8), EAGAIN);
	n = 5;
	EXPECT_EQ(write(fd, &n, 8), 8);
	EXPECT_EQ(write(fd, &n, 8), 8);
	EXPECT_EQ(read(fd, &n, 8), 8);
	EXPECT_EQ(n, (uint64_t)10);
	EXPECT_ERRNO(read(fd, &n, 4), EINVAL);
	n = UINT64_MAX;
	EXPECT_ERRNO(write(fd, &n, 8), EINVAL);
	n = UINT64_MAX - 1;
	EXPECT_EQ(write(fd, &n, 8), 8);
	EXPECT_EQ(event_ready(fd), POLLIN);
	n = 1;
	EXPECT_ERRNO(write(fd, &n, 8), EAGAIN);
	close(fd);
	EXPECT_ERRNO(eventfd(0, 0x100), EINVAL);
	/* As a semaphore, and between processes. */
	fd = eventfd(0, EFD_SEMAPHORE);
	EXPECT_OK(fd);
	IN_CHILD (pid) {
		poll(NULL, 0, 2);
		n = 2;
		EXPECT_EQ(write(fd, &n, 8), 8);
	}
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(read(fd, &n, 8), 8);
		EXPECT_EQ(n, (uint64_t)1);
	}
	EXPECT_EQ(event_ready(fd), POLLOUT);
	EXPECT_CHILD_OK(pid);
	close(fd);
}

/* ---- timerfd --------------------------------------------------------------------------------- */

static struct itimerspec timer_ms(long value, long interval)
{
	return (struct itimerspec){
		.it_value = { 0, value * EPOLL_NSEC_PER_MSEC },
		.it_interval = { 0, interval * EPOLL_NSEC_PER_MSEC },
	};
}

void stage_poll_timerfd(void)
{
	struct itimerspec set = timer_ms(900, 0), old;
	struct timespec now;
	uint64_t n = 0;
	long start;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	EXPECT_OK(fd);
	EXPECT_ERRNO(read(fd, &n, 8), EAGAIN);
	EXPECT_OK(timerfd_settime(fd, 0, &set, &old));
	EXPECT_EQ(old.it_value.tv_nsec, 0);
	EXPECT_OK(timerfd_gettime(fd, &old));
	EXPECT_GT(old.it_value.tv_nsec, 0);
	EXPECT_LE(old.it_value.tv_nsec, 900 * EPOLL_NSEC_PER_MSEC);
	EXPECT_EQ(event_ready(fd), 0);
	start = epoll_now_ms();
	set = timer_ms(10, 0);
	EXPECT_OK(timerfd_settime(fd, 0, &set, &old));
	EXPECT_GT(old.it_value.tv_nsec, 0);
	EXPECT_OK(fcntl(fd, F_SETFL, 0));
	EXPECT_EQ(read(fd, &n, 8), 8);
	EXPECT_EQ(n, (uint64_t)1);
	EXPECT_GE(epoll_now_ms() - start, 9);
	/* Periodic: expirations that nobody read are counted. */
	set = timer_ms(2, 2);
	EXPECT_OK(timerfd_settime(fd, 0, &set, NULL));
	poll(NULL, 0, 11);
	EXPECT_EQ(event_ready(fd), POLLIN);
	EXPECT_EQ(read(fd, &n, 8), 8);
	EXPECT_GE(n, (uint64_t)5);
	EXPECT_EQ(read(fd, &n, 8), 8);
	EXPECT_GE(n, (uint64_t)1);
	/* Absolute, on either clock; a time that has passed is due at once. */
	for (int clock = CLOCK_REALTIME; clock <= CLOCK_MONOTONIC; clock++) {
		int by = timerfd_create(clock, 0);

		EXPECT_OK(clock_gettime(clock, &now));
		set = timer_ms(0, 0);
		set.it_value = now;
		EXPECT_OK(timerfd_settime(by, TFD_TIMER_ABSTIME, &set, NULL));
		EXPECT_EQ(read(by, &n, 8), 8);
		EXPECT_EQ(n, (uint64_t)1);
		close(by);
	}
	set = timer_ms(0, 0);
	EXPECT_OK(timerfd_settime(fd, 0, &set, NULL));
	EXPECT_OK(timerfd_gettime(fd, &old));
	EXPECT_EQ(old.it_value.tv_sec + old.it_value.tv_nsec, 0);
	EXPECT_EQ(event_ready(fd), 0);
	set.it_value.tv_nsec = 1000000000;
	EXPECT_ERRNO(timerfd_settime(fd, 0, &set, NULL), EINVAL);
	EXPECT_ERRNO(timerfd_create(77, 0), EINVAL);
	EXPECT_ERRNO(timerfd_gettime(0, &old), EINVAL);
	close(fd);
}
