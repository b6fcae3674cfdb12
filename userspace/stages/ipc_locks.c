/*
 * Stage ipc.locks: flock(2), fcntl(2)'s POSIX and open file description locks, and the circle of waiters
 * that is found.
 */
#include "asleep.h"
#include "expect.h"
#include "scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/syscall.h>

#ifndef F_OFD_GETLK
enum { F_OFD_GETLK = 36, F_OFD_SETLK = 37, F_OFD_SETLKW = 38 };
#endif

static int lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &l);
}

/* Who stands in the way of a write lock there: his pid, 0 for nobody. */
static pid_t holder(int fd, int cmd, off_t start, off_t len, struct flock *l)
{
	*l = (struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
	EXPECT_OK(fcntl(fd, cmd, l));
	return l->l_type == F_UNLCK ? 0 : l->l_pid;
}

static void check_flock(int fd)
{
	int other = open("f", O_RDONLY), copy = dup(fd);
	pid_t pid;

	EXPECT_OK(flock(fd, LOCK_EX));
	EXPECT_ERRNO(flock(other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	EXPECT_OK(flock(copy, LOCK_EX | LOCK_NB)); /* the same open file */
	IN_CHILD(pid) {
		EXPECT_OK(flock(fd, LOCK_SH | LOCK_NB)); /* inherited, and turned into a shared one */
		EXPECT_ERRNO(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
		EXPECT_OK(flock(other, LOCK_SH | LOCK_NB));
		EXPECT_OK(flock(other, LOCK_UN));
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_OK(flock(fd, LOCK_UN));
	EXPECT_OK(flock(other, LOCK_EX | LOCK_NB));
	EXPECT_OK(close(other)); /* the last descriptor lets go */
	EXPECT_OK(flock(fd, LOCK_EX | LOCK_NB));
	EXPECT_OK(close(copy)); /* not the last */
	other = open("f", O_RDONLY);
	EXPECT_ERRNO(flock(other, LOCK_SH | LOCK_NB), EWOULDBLOCK);
	EXPECT_ERRNO(flock(other, 0), EINVAL);
	EXPECT_ERRNO(flock(-1, LOCK_SH), EBADF);
	EXPECT_OK(flock(fd, LOCK_UN));
	EXPECT_OK(close(other));
}

static void check_posix_ranges(int fd)
{
	struct flock l;
	pid_t pid, parent = getpid();

	EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 10, 10));
	EXPECT_OK(lock(fd, F_SETLK, F_RDLCK, 14, 2)); /* in the middle: three pieces */
	EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 100, 0)); /* to the end of all files */
	EXPECT_EQ(holder(fd, F_GETLK, 0, 0, &l), 0);   /* one's own are not in the way */
	IN_CHILD(pid) { /* a child has none of them */
		EXPECT_EQ(holder(fd, F_GETLK, 0, 0, &l), parent);
		EXPECT_EQ(l.l_start, 10);
		EXPECT_EQ(l.l_len, 4);
		EXPECT_EQ(l.l_type, F_WRLCK);
		EXPECT_EQ(holder(fd, F_GETLK, 14, 2, &l), parent);
		EXPECT_EQ(l.l_type, F_RDLCK);
		EXPECT_EQ(holder(fd, F_GETLK, 16, 1, &l), parent);
		EXPECT_EQ(l.l_start, 16);
		EXPECT_EQ(l.l_len, 4);
		EXPECT_EQ(holder(fd, F_GETLK, 50, 1, &l), 0);
		EXPECT_EQ(holder(fd, F_GETLK, 1L << 40, 1, &l), parent);
		EXPECT_EQ(l.l_start, 100);
		EXPECT_EQ(l.l_len, 0);
		EXPECT_ERRNO(lock(fd, F_SETLK, F_RDLCK, 13, 1), EAGAIN);
		EXPECT_OK(lock(fd, F_SETLK, F_RDLCK, 14, 2));
		EXPECT_ERRNO(lock(fd, F_SETLK, F_WRLCK, 14, 2), EAGAIN);
		EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 20, 80));
		EXPECT_ERRNO(lock(fd, F_SETLK, F_WRLCK, 19, 2), EAGAIN);
	}
	EXPECT_CHILD_OK(pid);
	/* The child's went with it. */
	EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 0, 0));
	EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 0, 0));
}

/* Closing any descriptor of the file gives up all POSIX locks of the process on it. */
static void check_posix_close(int fd)
{
	struct flock l;
	pid_t pid;

	EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 0, 1));
	EXPECT_OK(close(open("f", O_RDONLY)));
	IN_CHILD(pid)
		EXPECT_EQ(holder(fd, F_GETLK, 0, 0, &l), 0);
	EXPECT_CHILD_OK(pid);
}

static void check_errors(int fd)
{
	int ro = open("f", O_RDONLY), wo = open("f", O_WRONLY);
	struct flock l = { .l_type = 7 };

	EXPECT_ERRNO(lock(ro, F_SETLK, F_WRLCK, 0, 1), EBADF);
	EXPECT_ERRNO(lock(wo, F_SETLK, F_RDLCK, 0, 1), EBADF);
	EXPECT_ERRNO(lock(-1, F_SETLK, F_RDLCK, 0, 1), EBADF);
	EXPECT_ERRNO(fcntl(fd, F_SETLK, &l), EINVAL);
	EXPECT_ERRNO(lock(fd, F_SETLK, F_WRLCK, -1, 1), EINVAL);
	EXPECT_ERRNO(lock(fd, F_SETLK, F_WRLCK, 5, -6), EINVAL);
	EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 5, -5));
	EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 0, 5));
	EXPECT_ERRNO(syscall(SYS_fcntl, fd, F_SETLK, 8), EFAULT);
	EXPECT_OK(close(ro));
	EXPECT_OK(close(wo));
}

/* Open file description locks are inherited, and do not mind other descriptors being closed. */
static void check_ofd(int fd)
{
	int other = open("f", O_RDWR);
	struct flock l;
	pid_t pid;

	EXPECT_OK(lock(fd, F_OFD_SETLK, F_WRLCK, 0, 10));
	EXPECT_ERRNO(lock(other, F_OFD_SETLK, F_WRLCK, 5, 1), EAGAIN);
	EXPECT_ERRNO(lock(other, F_SETLK, F_WRLCK, 5, 1), EAGAIN);
	EXPECT_EQ(holder(other, F_OFD_GETLK, 5, 1, &l), -1);
	EXPECT_OK(close(open("f", O_RDONLY)));
	EXPECT_ERRNO(lock(other, F_OFD_SETLK, F_RDLCK, 5, 1), EAGAIN);
	IN_CHILD(pid)
		EXPECT_OK(lock(fd, F_OFD_SETLK, F_UNLCK, 0, 0));
	EXPECT_CHILD_OK(pid);
	EXPECT_OK(lock(other, F_OFD_SETLK, F_WRLCK, 5, 1));
	EXPECT_OK(close(other));
	EXPECT_EQ(holder(fd, F_OFD_GETLK, 0, 0, &l), 0);
	l = (struct flock){ .l_type = F_WRLCK, .l_pid = 1 };
	EXPECT_ERRNO(fcntl(fd, F_OFD_SETLK, &l), EINVAL);
}

/* One waits until the other lets go; a signal ends the wait. */
static void check_waiting(int fd)
{
	int ready[2];
	char c;
	pid_t pid;

	EXPECT_OK(pipe(ready));
	EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 0, 1));
	IN_CHILD(pid) {
		EXPECT_EQ(write(ready[1], "r", 1), 1);
		EXPECT_OK(lock(fd, F_SETLKW, F_WRLCK, 0, 1));
		EXPECT_EQ(write(ready[1], "l", 1), 1);
	}
	EXPECT_EQ(read(ready[0], &c, 1), 1);
	wait_until_asleep(pid);
	EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 0, 1));
	EXPECT_EQ(read(ready[0], &c, 1), 1);
	EXPECT_EQ(c, 'l');
	EXPECT_CHILD_OK(pid);
	EXPECT_OK(close(ready[0]));
	EXPECT_OK(close(ready[1]));
}

/* The child holds 1 and waits for 0; whoever holds 0 must not wait for 1. */
static void check_deadlock(int fd)
{
	int ready[2];
	char c;
	pid_t pid;

	EXPECT_OK(pipe(ready));
	EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 0, 1));
	IN_CHILD(pid) {
		EXPECT_OK(lock(fd, F_SETLK, F_WRLCK, 1, 1));
		EXPECT_EQ(write(ready[1], "r", 1), 1);
		EXPECT_OK(lock(fd, F_SETLKW, F_WRLCK, 0, 1));
	}
	EXPECT_EQ(read(ready[0], &c, 1), 1);
	wait_until_asleep(pid);
	EXPECT_ERRNO(lock(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK);
	EXPECT_OK(lock(fd, F_SETLK, F_UNLCK, 0, 1));
	EXPECT_CHILD_OK(pid);
	EXPECT_OK(close(ready[0]));
	EXPECT_OK(close(ready[1]));
}

void stage_ipc_locks(void)
{
	int fd;

	scratch_enter("ipc.locks");
	EXPECT_OK(fd = open("f", O_RDWR | O_CREAT, 0644));
	check_flock(fd);
	check_posix_ranges(fd);
	check_posix_close(fd);
	check_errors(fd);
	check_ofd(fd);
	check_waiting(fd);
	check_deadlock(fd);
	EXPECT_OK(close(fd));
	scratch_leave();
}
