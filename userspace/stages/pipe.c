/* Stages 151 to 153 and 155: pipes and FIFOs. */
#include "asleep.h"
#include "expect.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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

/* ---- blocking -------------------------------------------------------------------------------- */

enum { ATOMIC_WRITERS = 4, ATOMIC_WRITES = 40, ATOMIC_SIZE = 3000, ATOMIC_LIMIT = 8192 };

/* Whether the end is ready for what is asked, without waiting. */
static int pipe_ready(int fd, short events)
{
	struct pollfd p = { fd, events, 0 };

	EXPECT_GE(poll(&p, 1, 0), 0);
	return (p.revents & events) != 0;
}

/* Fills a pipe to the brim without waiting; how much went in. */
static size_t pipe_fill(int fd)
{
	static const char zeros[4096];
	size_t n = 0;
	ssize_t part;

	EXPECT_OK(fcntl(fd, F_SETFL, O_NONBLOCK));
	while ((part = write(fd, zeros, sizeof(zeros))) > 0)
		n += (size_t)part;
	EXPECT_EQ(errno, EAGAIN);
	EXPECT_OK(fcntl(fd, F_SETFL, 0));
	return n;
}

static void pipe_writer_waits(void)
{
	char buf[65536];
	int ends[2], told[2];
	size_t n;
	pid_t pid;

	EXPECT_OK(pipe(ends));
	EXPECT_OK(pipe(told));
	n = pipe_fill(ends[1]);
	EXPECT_EQ(n, sizeof(buf));
	IN_CHILD (pid) {
		EXPECT_EQ(write(ends[1], "last", 4), 4);
		EXPECT_EQ(write(told[1], "!", 1), 1);
	}
	wait_until_asleep(pid);
	/* Full: the child is still in its write. */
	EXPECT(!pipe_ready(told[0], POLLIN));
	EXPECT_EQ(read(ends[0], buf, 4096), 4096);
	EXPECT_EQ(read(told[0], buf, 1), 1);
	EXPECT_CHILD_OK(pid);
	EXPECT_EQ(read(ends[0], buf, sizeof(buf)), (ssize_t)(n - 4096 + 4));
	EXPECT_MEM(buf + n - 4096, "last", 4);
	for (int i = 0; i < 2; i++) {
		close(ends[i]);
		close(told[i]);
	}
}

/* Reads exactly n bytes. */
static void pipe_read_all(int fd, char *buf, size_t n)
{
	size_t done = 0;
	ssize_t part;

	while (done < n) {
		part = read(fd, buf + done, n - done);
		EXPECT_GT(part, 0);
		done += (size_t)part;
	}
}

/* Several writers at a small pipe: each write of up to PIPE_BUF bytes arrives in one piece. */
static void pipe_atomic_writes(void)
{
	char buf[ATOMIC_SIZE];
	pid_t pids[ATOMIC_WRITERS];
	int counts[ATOMIC_WRITERS] = { 0 };
	int ends[2], i, torn = 0;

	EXPECT_OK(pipe(ends));
	EXPECT_EQ(fcntl(ends[1], F_SETPIPE_SZ, ATOMIC_LIMIT), ATOMIC_LIMIT);
	for (i = 0; i < ATOMIC_WRITERS; i++) {
		IN_CHILD (pids[i]) {
			memset(buf, 'a' + i, sizeof(buf));
			for (int n = 0; n < ATOMIC_WRITES; n++)
				EXPECT_EQ(write(ends[1], buf, sizeof(buf)), (ssize_t)sizeof(buf));
		}
	}
	for (i = 0; i < ATOMIC_WRITERS * ATOMIC_WRITES; i++) {
		pipe_read_all(ends[0], buf, sizeof(buf));
		torn += memcmp(buf, buf + 1, sizeof(buf) - 1) != 0;
		if (buf[0] >= 'a' && buf[0] < 'a' + ATOMIC_WRITERS)
			counts[buf[0] - 'a']++;
	}
	EXPECT_EQ(torn, 0);
	for (i = 0; i < ATOMIC_WRITERS; i++) {
		EXPECT_EQ(counts[i], ATOMIC_WRITES);
		EXPECT_CHILD_OK(pids[i]);
	}
	close(ends[0]);
	close(ends[1]);
}

/* With O_NONBLOCK a small write goes in whole or not at all, a large one as far as there is room. */
static void pipe_nonblocking_sizes(void)
{
	static char large[20000];
	int ends[2];
	char buf[4096];

	EXPECT_OK(pipe2(ends, O_NONBLOCK));
	EXPECT_EQ(fcntl(ends[1], F_SETPIPE_SZ, ATOMIC_LIMIT), ATOMIC_LIMIT);
	EXPECT_EQ(write(ends[1], large, 5000), 5000);
	EXPECT_ERRNO(write(ends[1], large, 4096), EAGAIN);
	EXPECT_EQ(write(ends[1], large, sizeof(large)), ATOMIC_LIMIT - 5000);
	EXPECT_EQ(read(ends[0], buf, 100), 100);
	EXPECT_ERRNO(write(ends[1], large, 101), EAGAIN);
	EXPECT_EQ(write(ends[1], large, 100), 100);
	close(ends[0]);
	close(ends[1]);
}

void stage_pipe_blocking(void)
{
	pipe_writer_waits();
	pipe_atomic_writes();
	pipe_nonblocking_sizes();
}

/* ---- no reader ------------------------------------------------------------------------------- */

static volatile sig_atomic_t pipe_signals;

static void pipe_on_signal(int sig)
{
	pipe_signals += sig == SIGPIPE;
}

void stage_pipe_sigpipe(void)
{
	struct sigaction sa = { .sa_handler = pipe_on_signal };
	int ends[2], status;
	pid_t pid;

	EXPECT_OK(pipe(ends));
	EXPECT_OK(sigaction(SIGPIPE, &sa, NULL));
	EXPECT_OK(close(ends[0]));
	EXPECT_ERRNO(write(ends[1], "x", 1), EPIPE);
	EXPECT_EQ(pipe_signals, 1);
	sa.sa_handler = SIG_IGN;
	EXPECT_OK(sigaction(SIGPIPE, &sa, NULL));
	EXPECT_ERRNO(write(ends[1], "x", 1), EPIPE);
	EXPECT_EQ(pipe_signals, 1);
	/* By default it ends the writer. */
	pid = fork();
	EXPECT_OK(pid);
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		(void)!write(ends[1], "x", 1);
		_exit(0);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
	close(ends[1]);
	/* A writer that sleeps for room hears of it, too. */
	EXPECT_OK(pipe(ends));
	pipe_fill(ends[1]);
	IN_CHILD (pid) {
		close(ends[0]);
		EXPECT_ERRNO(write(ends[1], "x", 1), EPIPE);
	}
	wait_until_asleep(pid);
	EXPECT_OK(close(ends[0]));
	EXPECT_CHILD_OK(pid);
	close(ends[1]);
}

/* ---- FIFOs ----------------------------------------------------------------------------------- */

static void fifo_joins(void)
{
	struct stat st;
	char buf[16];
	pid_t pid;
	int fd;

	EXPECT_OK(mkfifo("/tmp/fifo", 0600));
	EXPECT_OK(stat("/tmp/fifo", &st));
	EXPECT(S_ISFIFO(st.st_mode));
	/* Both opens wait for each other. */
	IN_CHILD (pid) {
		fd = open("/tmp/fifo", O_WRONLY);
		EXPECT_OK(fd);
		EXPECT_EQ(write(fd, "through", 7), 7);
	}
	fd = open("/tmp/fifo", O_RDONLY);
	EXPECT_OK(fd);
	EXPECT_EQ(read(fd, buf, sizeof(buf)), 7);
	EXPECT_MEM(buf, "through", 7);
	EXPECT_EQ(read(fd, buf, sizeof(buf)), 0);
	EXPECT_ERRNO(lseek(fd, 0, SEEK_CUR), ESPIPE);
	EXPECT_CHILD_OK(pid);
	close(fd);
}

static void fifo_nonblocking(void)
{
	char c;
	int r, w;

	EXPECT_ERRNO(open("/tmp/fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	r = open("/tmp/fifo", O_RDONLY | O_NONBLOCK);
	EXPECT_OK(r);
	/* Nobody has written yet: the end, but no hang-up. */
	EXPECT_EQ(read(r, &c, 1), 0);
	EXPECT(!pipe_ready(r, POLLHUP));
	w = open("/tmp/fifo", O_WRONLY | O_NONBLOCK);
	EXPECT_OK(w);
	EXPECT_ERRNO(read(r, &c, 1), EAGAIN);
	EXPECT_EQ(write(w, "x", 1), 1);
	EXPECT_EQ(read(r, &c, 1), 1);
	close(w);
	EXPECT(pipe_ready(r, POLLHUP));
	close(r);
	/* What was not read is gone with the last file. */
	r = open("/tmp/fifo", O_RDWR);
	EXPECT_OK(r);
	EXPECT_EQ(write(r, "y", 1), 1);
	close(r);
	r = open("/tmp/fifo", O_RDONLY | O_NONBLOCK);
	EXPECT_EQ(read(r, &c, 1), 0);
	close(r);
}

static void fifo_on_signal(int sig)
{
}

void stage_pipe_fifo(void)
{
	struct sigaction sa = { .sa_handler = fifo_on_signal };
	pid_t pid;

	fifo_joins();
	fifo_nonblocking();
	/* A signal ends the wait in open. */
	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	IN_CHILD (pid) {
		wait_until_asleep(getppid());
		EXPECT_OK(kill(getppid(), SIGUSR1));
	}
	EXPECT_ERRNO(open("/tmp/fifo", O_RDONLY), EINTR);
	EXPECT_CHILD_OK(pid);
	EXPECT_ERRNO(open("/tmp/fifo", O_WRONLY | O_NONBLOCK), ENXIO);
	EXPECT_OK(unlink("/tmp/fifo"));
}
