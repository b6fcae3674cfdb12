/* Stages 145 to 149: descriptors, what they share, and where reads and writes go. */
#include "expect.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#define BAD_POINTER ((void *)0x10)

/* Not in musl 1.2.3. */
enum { FD_RWF_SYNC = 4, FD_RWF_APPEND = 16 };

static ssize_t fd_preadv2(int fd, const struct iovec *iov, int n, off_t pos, int flags)
{
	return syscall(SYS_preadv2, fd, iov, n, pos, 0, flags);
}

static ssize_t fd_pwritev2(int fd, const struct iovec *iov, int n, off_t pos, int flags)
{
	return syscall(SYS_pwritev2, fd, iov, n, pos, 0, flags);
}

/* A file in /tmp with this text, opened for reading and writing at its beginning. */
static int fd_file(const char *path, const char *text)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	EXPECT_OK(fd);
	EXPECT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void fd_lowest_free(void)
{
	int a = open("/tmp/fd", O_RDWR | O_CREAT | O_TRUNC, 0644);
	int b = open("/tmp/fd", O_RDONLY);
	int c = open("/tmp/fd", O_RDONLY);

	EXPECT_OK(a);
	EXPECT_EQ(b, a + 1);
	EXPECT_EQ(c, a + 2);
	EXPECT_OK(close(b));
	EXPECT_ERRNO(close(b), EBADF);
	EXPECT_EQ(open("/tmp/fd", O_RDONLY), b);
	EXPECT_OK(close(a));
	EXPECT_OK(close(c));
	EXPECT_EQ(dup(b), a);
	EXPECT_OK(close(a));
	EXPECT_OK(close(b));
}

static void fd_access_modes(void)
{
	char c;
	int fd = open("/tmp/fd", O_WRONLY);

	EXPECT_OK(fd);
	EXPECT_ERRNO(read(fd, &c, 1), EBADF);
	EXPECT_OK(close(fd));
	fd = open("/tmp/fd", O_RDONLY);
	EXPECT_ERRNO(write(fd, "x", 1), EBADF);
	EXPECT_OK(close(fd));
	EXPECT_ERRNO(read(fd, &c, 1), EBADF);
	EXPECT_ERRNO(write(-1, "x", 1), EBADF);
	EXPECT_ERRNO(read(INT_MAX, &c, 1), EBADF);
	fd = open("/tmp", O_RDONLY);
	EXPECT_ERRNO(read(fd, &c, 1), EISDIR);
	EXPECT_OK(close(fd));
	EXPECT_ERRNO(open("/tmp/fd", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
}

static void fd_reads_what_was_written(void)
{
	char buf[16];
	int fd = fd_file("/tmp/fd", "hello, world");

	EXPECT_EQ(read(fd, buf, 5), 5);
	EXPECT_MEM(buf, "hello", 5);
	EXPECT_EQ(read(fd, buf, sizeof(buf)), 7);
	EXPECT_MEM(buf, ", world", 7);
	EXPECT_EQ(read(fd, buf, sizeof(buf)), 0);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
	EXPECT_ERRNO(read(fd, BAD_POINTER, 5), EFAULT);
	EXPECT_ERRNO(write(fd, BAD_POINTER, 5), EFAULT);
	EXPECT_ERRNO(read(fd, (void *)(uintptr_t)0xffff000000000000, 5), EFAULT);
	/* Neither moved the position. */
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 0);
	EXPECT_OK(close(fd));
}

static void fd_ioctls(void)
{
	int fd = fd_file("/tmp/fd", "12345");
	int n = -1, on = 1, off = 0;
	int ends[2];

	EXPECT_OK(ioctl(fd, FIONREAD, &n));
	EXPECT_EQ(n, 5);
	EXPECT_EQ(lseek(fd, 2, SEEK_SET), 2);
	EXPECT_OK(ioctl(fd, FIONREAD, &n));
	EXPECT_EQ(n, 3);
	EXPECT_ERRNO(ioctl(fd, 0x1234, &n), ENOTTY);
	EXPECT_ERRNO(ioctl(fd, TIOCGWINSZ, &n), ENOTTY);
	EXPECT_OK(close(fd));
	EXPECT_ERRNO(ioctl(fd, FIONREAD, &n), EBADF);

	EXPECT_OK(pipe(ends));
	EXPECT_EQ(write(ends[1], "abcd", 4), 4);
	EXPECT_OK(ioctl(ends[0], FIONREAD, &n));
	EXPECT_EQ(n, 4);
	EXPECT_OK(ioctl(ends[0], FIONBIO, &on));
	EXPECT(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
	EXPECT_OK(ioctl(ends[0], FIONBIO, &off));
	EXPECT(!(fcntl(ends[0], F_GETFL) & O_NONBLOCK));
	EXPECT_OK(ioctl(ends[0], FIOCLEX));
	EXPECT_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
	EXPECT_OK(ioctl(ends[0], FIONCLEX));
	EXPECT_EQ(fcntl(ends[0], F_GETFD), 0);
	EXPECT_ERRNO(ioctl(ends[0], FIONBIO, BAD_POINTER), EFAULT);
	close(ends[0]);
	close(ends[1]);
}

/* The table grows past its first size, up to the limit. */
static void fd_many(void)
{
	struct rlimit limit = { 300, 300 };
	int fd, last = -1;

	EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
	while ((fd = dup(0)) >= 0) {
		if (last >= 0)
			EXPECT_EQ(fd, last + 1);
		last = fd;
	}
	EXPECT_EQ(errno, EMFILE);
	EXPECT_EQ(last, 299);
	EXPECT_OK(close(200));
	EXPECT_OK(close(100));
	EXPECT_EQ(dup(0), 100);
	EXPECT_EQ(dup(0), 200);
	EXPECT_ERRNO(dup(0), EMFILE);
}

void stage_fd_basic(void)
{
	fd_lowest_free();
	fd_access_modes();
	fd_reads_what_was_written();
	fd_ioctls();
	fd_many();
	unlink("/tmp/fd");
}

/* ---- dup ------------------------------------------------------------------------------------- */

static void dup_shares_offset(void)
{
	int a = fd_file("/tmp/dup", "abcdefgh");
	int b = dup(a);
	int own = open("/tmp/dup", O_RDONLY);
	char c;

	EXPECT_OK(b);
	EXPECT_EQ(lseek(a, 3, SEEK_SET), 3);
	EXPECT_EQ(read(b, &c, 1), 1);
	EXPECT_EQ(c, 'd');
	EXPECT_EQ(lseek(a, 0, SEEK_CUR), 4);
	EXPECT_EQ(lseek(own, 0, SEEK_CUR), 0);
	/* Flags of the file are shared as well, the descriptor's are not. */
	EXPECT_OK(fcntl(a, F_SETFL, O_APPEND));
	EXPECT(fcntl(b, F_GETFL) & O_APPEND);
	EXPECT_EQ(fcntl(b, F_GETFL) & O_ACCMODE, O_RDWR);
	EXPECT_EQ(fcntl(own, F_GETFL) & (O_APPEND | O_ACCMODE), O_RDONLY);
	EXPECT_OK(fcntl(a, F_SETFD, FD_CLOEXEC));
	EXPECT_EQ(fcntl(b, F_GETFD), 0);
	EXPECT_EQ(write(b, "!", 1), 1);
	EXPECT_EQ(lseek(a, 0, SEEK_CUR), 9);
	close(a);
	EXPECT_EQ(lseek(b, 0, SEEK_CUR), 9);
	close(b);
	close(own);
}

static void dup3_replaces(void)
{
	int a = fd_file("/tmp/dup", "first");
	int b = fd_file("/tmp/dup2", "second");
	char buf[8];

	EXPECT_EQ(dup3(a, b, O_CLOEXEC), b);
	EXPECT_EQ(read(b, buf, 5), 5);
	EXPECT_MEM(buf, "first", 5);
	EXPECT_EQ(fcntl(b, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(dup2(a, b), b);
	EXPECT_EQ(fcntl(b, F_GETFD), 0);
	EXPECT_EQ(dup2(a, a), a);
	EXPECT_ERRNO(dup3(a, a, 0), EINVAL);
	EXPECT_ERRNO(dup3(a, b, O_APPEND), EINVAL);
	EXPECT_ERRNO(dup3(1000, b, 0), EBADF);
	EXPECT_ERRNO(dup3(a, -1, 0), EBADF);
	EXPECT_ERRNO(dup3(a, 1 << 30, 0), EBADF);
	close(a);
	close(b);
	EXPECT_ERRNO(dup(a), EBADF);
}

static void dup_by_fcntl(void)
{
	int a = fd_file("/tmp/dup", "x");
	int b = fcntl(a, F_DUPFD, 100);
	int c = fcntl(a, F_DUPFD_CLOEXEC, 100);

	EXPECT_EQ(b, 100);
	EXPECT_EQ(c, 101);
	EXPECT_EQ(fcntl(b, F_GETFD), 0);
	EXPECT_EQ(fcntl(c, F_GETFD), FD_CLOEXEC);
	EXPECT_ERRNO(fcntl(a, F_DUPFD, 1 << 30), EINVAL);
	EXPECT_ERRNO(fcntl(a, 9999, 0), EINVAL);
	close(a);
	close(b);
	close(c);
	EXPECT_ERRNO(fcntl(a, F_GETFD), EBADF);
}

void stage_fd_dup(void)
{
	dup_shares_offset();
	dup3_replaces();
	dup_by_fcntl();
	unlink("/tmp/dup");
	unlink("/tmp/dup2");
}

/* ---- close on exec --------------------------------------------------------------------------- */

enum { CLOEXEC_KEPT = 20, CLOEXEC_BY_OPEN, CLOEXEC_BY_FCNTL, CLOEXEC_CLEARED };

void stage_fd_cloexec(void)
{
	/* Descriptors 20 and 23 are there, 21 and 22 are not. */
	static const char script[] = "true <&20 || exit 1; true <&21 && exit 2; true <&22 && exit 3;"
				     "true <&23 || exit 4; exit 0";
	int null = open("/dev/null", O_RDWR);
	int by_open = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;

	EXPECT_OK(null);
	EXPECT_EQ(fcntl(by_open, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(dup2(null, CLOEXEC_KEPT), CLOEXEC_KEPT);
	EXPECT_EQ(dup3(null, CLOEXEC_BY_OPEN, O_CLOEXEC), CLOEXEC_BY_OPEN);
	EXPECT_EQ(dup2(null, CLOEXEC_BY_FCNTL), CLOEXEC_BY_FCNTL);
	EXPECT_OK(fcntl(CLOEXEC_BY_FCNTL, F_SETFD, FD_CLOEXEC));
	EXPECT_EQ(dup3(null, CLOEXEC_CLEARED, O_CLOEXEC), CLOEXEC_CLEARED);
	EXPECT_OK(fcntl(CLOEXEC_CLEARED, F_SETFD, 0));
	pid = fork();
	EXPECT_OK(pid);
	if (pid == 0) {
		/* The flags are copied by fork, and exec in the child leaves the parent's alone. */
		EXPECT_EQ(fcntl(CLOEXEC_BY_OPEN, F_GETFD), FD_CLOEXEC);
		dup2(null, STDERR_FILENO);
		execl("/bin/busybox", "sh", "-c", script, NULL);
		_exit(99);
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_EQ(fcntl(CLOEXEC_BY_OPEN, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(fcntl(by_open, F_GETFD), FD_CLOEXEC);
	EXPECT_ERRNO(execl("/no/such/program", "x", NULL), ENOENT);
	EXPECT_EQ(fcntl(by_open, F_GETFD), FD_CLOEXEC);
}

/* ---- vectors --------------------------------------------------------------------------------- */

static void vectors_scatter_and_gather(int fd)
{
	char a[3], b[1], c[8];
	struct iovec out[] = { { "abc", 3 }, { NULL, 0 }, { "d", 1 }, { "efgh", 4 } };
	struct iovec in[] = { { a, sizeof(a) }, { b, sizeof(b) }, { c, sizeof(c) } };

	EXPECT_EQ(writev(fd, out, 4), 8);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 8);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
	EXPECT_EQ(readv(fd, in, 3), 8);
	EXPECT_MEM(a, "abc", 3);
	EXPECT_MEM(b, "d", 1);
	EXPECT_MEM(c, "efgh", 4);
	EXPECT_EQ(readv(fd, in, 3), 0);
	EXPECT_EQ(readv(fd, in, 0), 0);
}

static void vectors_at_a_position(int fd)
{
	struct iovec iov = { "XY", 2 };
	char buf[8];

	EXPECT_EQ(lseek(fd, 1, SEEK_SET), 1);
	EXPECT_EQ(pwrite(fd, "12", 2, 4), 2);
	EXPECT_EQ(pread(fd, buf, 4, 3), 4);
	EXPECT_MEM(buf, "d12g", 4);
	EXPECT_EQ(pwritev(fd, &iov, 1, 0), 2);
	EXPECT_EQ(fd_pwritev2(fd, &iov, 1, 6, FD_RWF_SYNC), 2);
	iov.iov_base = buf;
	EXPECT_EQ(preadv(fd, &iov, 1, 5), 2);
	EXPECT_MEM(buf, "2X", 2);
	EXPECT_EQ(fd_preadv2(fd, &iov, 1, 0, 0), 2);
	EXPECT_MEM(buf, "XY", 2);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 1);
	/* -1: at the file's own position, which moves. */
	EXPECT_EQ(fd_preadv2(fd, &iov, 1, -1, 0), 2);
	EXPECT_MEM(buf, "Yc", 2);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 3);
	EXPECT_EQ(pread(fd, buf, 4, 1000), 0);
}

static void vectors_append(int fd)
{
	struct iovec iov = { "end", 3 };
	char buf[4];

	EXPECT_EQ(fd_pwritev2(fd, &iov, 1, 0, FD_RWF_APPEND), 3);
	EXPECT_EQ(pread(fd, buf, 4, 7), 4);
	EXPECT_MEM(buf, "Yend", 4);
}

static void vectors_refusals(int fd)
{
	struct iovec many[IOV_MAX + 1], bad = { BAD_POINTER, 4 }, huge = { many, (size_t)-1 };
	char buf[8];
	struct iovec half[] = { { buf, 2 }, { BAD_POINTER, 4 } };
	int ends[2];

	memset(many, 0, sizeof(many));
	EXPECT_EQ(readv(fd, many, IOV_MAX), 0);
	EXPECT_ERRNO(readv(fd, many, IOV_MAX + 1), EINVAL);
	EXPECT_ERRNO(readv(fd, &huge, 1), EINVAL);
	EXPECT_ERRNO(readv(fd, BAD_POINTER, 1), EFAULT);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
	EXPECT_ERRNO(readv(fd, &bad, 1), EFAULT);
	/* What was moved before the fault counts. */
	EXPECT_EQ(readv(fd, half, 2), 2);
	EXPECT_ERRNO(pread(fd, buf, 1, -1), EINVAL);
	EXPECT_ERRNO(pwrite(fd, buf, 1, -5), EINVAL);
	EXPECT_ERRNO(fd_preadv2(fd, half, 1, 0, 0x4000), EOPNOTSUPP);
	EXPECT_OK(pipe(ends));
	EXPECT_ERRNO(pread(ends[0], buf, 1, 0), ESPIPE);
	EXPECT_ERRNO(pwrite(ends[1], buf, 1, 0), ESPIPE);
	close(ends[0]);
	close(ends[1]);
}

void stage_fd_vectors(void)
{
	int fd = fd_file("/tmp/vectors", "");

	vectors_scatter_and_gather(fd);
	vectors_at_a_position(fd);
	vectors_append(fd);
	vectors_refusals(fd);
	close(fd);
	unlink("/tmp/vectors");
}

/* ---- seek ------------------------------------------------------------------------------------ */

static void seek_moves(int fd)
{
	char c;
	int ends[2];

	EXPECT_EQ(lseek(fd, 4, SEEK_SET), 4);
	EXPECT_EQ(lseek(fd, -1, SEEK_CUR), 3);
	EXPECT_EQ(read(fd, &c, 1), 1);
	EXPECT_EQ(c, '3');
	EXPECT_EQ(lseek(fd, -2, SEEK_END), 8);
	EXPECT_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	EXPECT_ERRNO(lseek(fd, -100, SEEK_CUR), EINVAL);
	EXPECT_ERRNO(lseek(fd, 0, 77), EINVAL);
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 8);
	EXPECT_EQ(lseek(fd, 5, SEEK_END), 15);
	EXPECT_EQ(read(fd, &c, 1), 0);
	EXPECT_ERRNO(lseek(fd, INT64_MAX, SEEK_CUR), EINVAL);
	EXPECT_OK(pipe(ends));
	EXPECT_ERRNO(lseek(ends[0], 0, SEEK_CUR), ESPIPE);
	close(ends[0]);
	close(ends[1]);
	EXPECT_ERRNO(lseek(ends[0], 0, SEEK_CUR), EBADF);
}

/* A byte far behind the end: what is between reads as zeroes and takes no room. */
static void seek_sparse(int fd)
{
	enum { FAR = 1 << 20 };
	struct stat st;
	char buf[16];
	off_t hole;

	EXPECT_EQ(lseek(fd, FAR, SEEK_SET), FAR);
	EXPECT_EQ(write(fd, "z", 1), 1);
	EXPECT_OK(fstat(fd, &st));
	EXPECT_EQ(st.st_size, FAR + 1);
	EXPECT_LT(st.st_blocks, 64);
	EXPECT_EQ(pread(fd, buf, sizeof(buf), FAR / 2), (ssize_t)sizeof(buf));
	for (size_t i = 0; i < sizeof(buf); i++)
		EXPECT_EQ(buf[i], 0);
	EXPECT_EQ(lseek(fd, 0, SEEK_DATA), 0);
	hole = lseek(fd, 0, SEEK_HOLE);
	EXPECT_GE(hole, 10);
	EXPECT_LE(hole, 65536);
	EXPECT_EQ(lseek(fd, hole, SEEK_HOLE), hole);
	EXPECT_GT(lseek(fd, hole, SEEK_DATA), hole);
	EXPECT_LE(lseek(fd, hole, SEEK_DATA), FAR);
	EXPECT_EQ(lseek(fd, FAR, SEEK_HOLE), FAR + 1);
	EXPECT_ERRNO(lseek(fd, FAR + 1, SEEK_DATA), ENXIO);
	EXPECT_ERRNO(lseek(fd, FAR + 5, SEEK_HOLE), ENXIO);
}

void stage_fd_seek(void)
{
	int fd = fd_file("/tmp/seek", "0123456789");

	seek_moves(fd);
	seek_sparse(fd);
	close(fd);
	unlink("/tmp/seek");
}

/* ---- close_range ----------------------------------------------------------------------------- */

enum { RANGE_FIRST = 30, RANGE_LAST = 39, RANGE_UNSHARE = 2, RANGE_CLOEXEC = 4 };

static int fd_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static void range_open(void)
{
	for (int fd = RANGE_FIRST; fd <= RANGE_LAST; fd++)
		EXPECT_EQ(dup2(0, fd), fd);
}

static int range_is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* Shares descriptors with its parent, takes a copy for itself, and closes there. */
static int range_unsharer(void *arg)
{
	return fd_close_range(RANGE_FIRST, RANGE_LAST, RANGE_UNSHARE) || range_is_open(RANGE_FIRST);
}

void stage_fd_close_range(void)
{
	static char stack[16384] __attribute__((aligned(16)));
	int status;
	pid_t pid;

	range_open();
	EXPECT_OK(fd_close_range(RANGE_FIRST + 2, RANGE_LAST - 2, 0));
	EXPECT(range_is_open(RANGE_FIRST + 1));
	EXPECT(!range_is_open(RANGE_FIRST + 2));
	EXPECT(!range_is_open(RANGE_LAST - 2));
	EXPECT(range_is_open(RANGE_LAST - 1));
	/* Up to the end of all numbers, and over holes. */
	EXPECT_OK(fd_close_range(RANGE_FIRST, ~0u, 0));
	EXPECT(!range_is_open(RANGE_FIRST));
	EXPECT(range_is_open(0));
	range_open();
	EXPECT_OK(fd_close_range(RANGE_FIRST, RANGE_FIRST + 1, RANGE_CLOEXEC));
	EXPECT_EQ(fcntl(RANGE_FIRST, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(fcntl(RANGE_FIRST + 2, F_GETFD), 0);
	EXPECT_ERRNO(fd_close_range(5, 4, 0), EINVAL);
	EXPECT_ERRNO(fd_close_range(30, 40, 1), EINVAL);
	pid = clone(range_unsharer, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL);
	EXPECT_OK(pid);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	EXPECT(range_is_open(RANGE_FIRST));
}
