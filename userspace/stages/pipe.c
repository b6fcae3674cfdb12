/* Stage 151: pipes. */
#include "expect.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { PIPE_TOTAL = 300000, PIPE_CHUNK = 7000 };

/* The byte at a place of the stream; no power of two divides its period. */
static unsigned char pipe_pattern(size_t at)
{
	return (unsigned char)(at % 251);
}

static void pipe_write_all(int fd)
{
	unsigned char buf[PIPE_CHUNK];
	size_t done = 0, n, i;

	while (done < PIPE_TOTAL) {
		n = PIPE_TOTAL - done < sizeof(buf) ? PIPE_TOTAL - done : sizeof(buf);
		for (i = 0; i < n; i++)
			buf[i] = pipe_pattern(done + i);
		/* Blocking: all of it, however often it has to wait. */
		EXPECT_EQ(write(fd, buf, n), (ssize_t)n);
		done += n;
	}
}

/* More than fits, from one process to another, in order and complete. */
static void pipe_stream(void)
{
	unsigned char buf[4096];
	size_t done = 0, wrong = 0;
	int ends[2];
	ssize_t n, i;
	pid_t pid;

	EXPECT_OK(pipe(ends));
	IN_CHILD (pid) {
		close(ends[0]);
		pipe_write_all(ends[1]);
	}
	close(ends[1]);
	while ((n = read(ends[0], buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++)
			wrong += buf[i] != pipe_pattern(done + (size_t)i);
		done += (size_t)n;
	}
	EXPECT_EQ(n, 0);
	EXPECT_EQ(done, (size_t)PIPE_TOTAL);
	EXPECT_EQ(wrong, (size_t)0);
	EXPECT_CHILD_OK(pid);
	close(ends[0]);
}

static void pipe_small(void)
{
	char buf[16];
	int ends[2];
	struct stat st;

	EXPECT_OK(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
	EXPECT_EQ(ends[1], ends[0] + 1);
	EXPECT_EQ(fcntl(ends[0], F_GETFD), FD_CLOEXEC);
	EXPECT(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
	EXPECT_OK(fstat(ends[0], &st));
	EXPECT(S_ISFIFO(st.st_mode));
	EXPECT_ERRNO(read(ends[0], buf, 1), EAGAIN);
	EXPECT_EQ(write(ends[1], "one", 3), 3);
	EXPECT_EQ(write(ends[1], "two", 3), 3);
	EXPECT_EQ(write(ends[1], "", 0), 0);
	/* A stream: where one write ended is not to be seen. */
	EXPECT_EQ(read(ends[0], buf, 4), 4);
	EXPECT_MEM(buf, "onet", 4);
	EXPECT_EQ(read(ends[0], buf, sizeof(buf)), 2);
	EXPECT_MEM(buf, "wo", 2);
	EXPECT_ERRNO(read(ends[1], buf, 1), EBADF);
	EXPECT_ERRNO(write(ends[0], buf, 1), EBADF);
	EXPECT_EQ(write(ends[1], "rest", 4), 4);
	EXPECT_OK(close(ends[1]));
	/* What was written before the end came is still there. */
	EXPECT_EQ(read(ends[0], buf, sizeof(buf)), 4);
	EXPECT_EQ(read(ends[0], buf, sizeof(buf)), 0);
	EXPECT_EQ(read(ends[0], buf, sizeof(buf)), 0);
	EXPECT_OK(close(ends[0]));
}

/* Far more than a page without a reader in between: the buffer grows, and keeps what is in it. */
static void pipe_fills(void)
{
	unsigned char buf[1000];
	size_t done, wrong = 0, i;
	int ends[2], n;

	EXPECT_OK(pipe2(ends, O_NONBLOCK));
	EXPECT_EQ(fcntl(ends[0], F_GETPIPE_SZ), 65536);
	for (done = 0; done < 60 * sizeof(buf); done += sizeof(buf)) {
		for (i = 0; i < sizeof(buf); i++)
			buf[i] = pipe_pattern(done + i);
		EXPECT_EQ(write(ends[1], buf, sizeof(buf)), (ssize_t)sizeof(buf));
	}
	EXPECT_OK(ioctl(ends[0], FIONREAD, &n));
	EXPECT_EQ((size_t)n, done);
	for (done = 0; done < 60 * sizeof(buf); done += sizeof(buf)) {
		EXPECT_EQ(read(ends[0], buf, sizeof(buf)), (ssize_t)sizeof(buf));
		for (i = 0; i < sizeof(buf); i++)
			wrong += buf[i] != pipe_pattern(done + i);
	}
	EXPECT_EQ(wrong, (size_t)0);
	EXPECT_ERRNO(read(ends[0], buf, 1), EAGAIN);
	close(ends[0]);
	close(ends[1]);
}

/* End of file comes only when the last copy of the write end is gone. */
static void pipe_last_writer(void)
{
	int ends[2], copy;
	char c;

	EXPECT_OK(pipe(ends));
	copy = dup(ends[1]);
	EXPECT_OK(copy);
	EXPECT_OK(close(ends[1]));
	EXPECT_EQ(write(copy, "x", 1), 1);
	EXPECT_EQ(read(ends[0], &c, 1), 1);
	EXPECT_OK(fcntl(ends[0], F_SETFL, O_NONBLOCK));
	EXPECT_ERRNO(read(ends[0], &c, 1), EAGAIN);
	EXPECT_OK(close(copy));
	EXPECT_EQ(read(ends[0], &c, 1), 0);
	EXPECT_OK(close(ends[0]));
}

static void pipe_refusals(void)
{
	int ends[2] = { -7, -7 };
	int next = dup(0);

	EXPECT_OK(close(next));
	EXPECT_ERRNO(pipe2(ends, 0x1), EINVAL);
	EXPECT_EQ(ends[0], -7);
	/* Hidden from the compiler, which knows how long the array must be. */
	int *volatile nowhere = (int *)0x10;

	EXPECT_ERRNO(pipe2(nowhere, 0), EFAULT);
	/* Neither left a descriptor behind. */
	EXPECT_EQ(dup(0), next);
	EXPECT_OK(close(next));
}

void stage_pipe_basic(void)
{
	pipe_small();
	pipe_last_writer();
	pipe_refusals();
	pipe_fills();
	pipe_stream();
}
