/*
 * Stages fs.truncate and fs.fsync: the size of a file, what is where nothing was written, and the calls that
 * put a file in safety.
 */
#include "expect.h"
#include "scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/syscall.h>

#ifndef FALLOC_FL_KEEP_SIZE
enum { FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2 };
#endif

enum { PAGE = 4096 };

static char page[PAGE], zero[PAGE], back[PAGE];

static off_t size_of(int fd)
{
	struct stat st;

	EXPECT_OK(fstat(fd, &st));
	return st.st_size;
}

static long blocks_of(int fd)
{
	struct stat st;

	EXPECT_OK(fstat(fd, &st));
	return st.st_blocks;
}

static void check_sizes(int fd)
{
	EXPECT_EQ(pwrite(fd, page, PAGE, 0), PAGE);
	EXPECT_EQ(pwrite(fd, page, PAGE, PAGE), PAGE);
	EXPECT_OK(ftruncate(fd, 100));
	EXPECT_EQ(size_of(fd), 100);
	EXPECT_EQ(blocks_of(fd), 8);
	/* What was cut off does not come back. */
	EXPECT_OK(ftruncate(fd, 2 * PAGE));
	EXPECT_EQ(pread(fd, back, PAGE, 0), PAGE);
	EXPECT_MEM(back, page, 100);
	EXPECT_MEM(back + 100, zero, PAGE - 100);
	EXPECT_EQ(pread(fd, back, PAGE, PAGE), PAGE);
	EXPECT_MEM(back, zero, PAGE);
	EXPECT_EQ(blocks_of(fd), 8);
	EXPECT_OK(truncate("f", 0));
	EXPECT_EQ(size_of(fd), 0);
	EXPECT_EQ(blocks_of(fd), 0);
	EXPECT_EQ(pread(fd, back, 1, 0), 0);
}

static void check_errors(int fd)
{
	int ro = open("f", O_RDONLY), ends[2];

	EXPECT_ERRNO(ftruncate(ro, 0), EINVAL);
	EXPECT_ERRNO(ftruncate(fd, -1), EINVAL);
	EXPECT_ERRNO(truncate("f", -1), EINVAL);
	EXPECT_ERRNO(truncate("missing", 0), ENOENT);
	EXPECT_ERRNO(truncate(".", 0), EISDIR);
	EXPECT_ERRNO(ftruncate(-1, 0), EBADF);
	EXPECT_OK(pipe(ends));
	EXPECT_ERRNO(ftruncate(ends[1], 0), EINVAL);
	EXPECT_OK(close(ends[0]));
	EXPECT_OK(close(ends[1]));
	EXPECT_OK(close(ro));
}

static void check_holes(int fd)
{
	EXPECT_OK(ftruncate(fd, 0));
	EXPECT_EQ(pwrite(fd, page, PAGE, 4 * PAGE), PAGE);
	EXPECT_OK(ftruncate(fd, 9 * PAGE));
	EXPECT_EQ(lseek(fd, 0, SEEK_DATA), 4 * PAGE);
	EXPECT_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	EXPECT_EQ(lseek(fd, 4 * PAGE + 5, SEEK_DATA), 4 * PAGE + 5);
	EXPECT_EQ(lseek(fd, 4 * PAGE, SEEK_HOLE), 5 * PAGE);
	EXPECT_ERRNO(lseek(fd, 5 * PAGE, SEEK_DATA), ENXIO);
	EXPECT_ERRNO(lseek(fd, 9 * PAGE, SEEK_HOLE), ENXIO);
	EXPECT_EQ(lseek(fd, -PAGE, SEEK_END), 8 * PAGE);
	EXPECT_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	EXPECT_ERRNO(lseek(fd, 0, 9), EINVAL);
}

static void check_fallocate(int fd)
{
	EXPECT_OK(ftruncate(fd, 0));
	EXPECT_OK(fallocate(fd, 0, 0, 3 * PAGE));
	EXPECT_EQ(size_of(fd), 3 * PAGE);
	EXPECT_EQ(blocks_of(fd), 24);
	EXPECT_OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 * PAGE, PAGE));
	EXPECT_EQ(size_of(fd), 3 * PAGE);
	EXPECT_EQ(pwrite(fd, page, PAGE, PAGE), PAGE);
	EXPECT_OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, PAGE + 10, 100));
	EXPECT_EQ(pread(fd, back, PAGE, PAGE), PAGE);
	EXPECT_MEM(back, page, 10);
	EXPECT_MEM(back + 10, zero, 100);
	EXPECT_MEM(back + 110, page + 110, PAGE - 110);
	EXPECT_ERRNO(fallocate(fd, 0, -1, 1), EINVAL);
	EXPECT_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
	EXPECT_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, PAGE), EOPNOTSUPP);
	EXPECT_ERRNO(fallocate(-1, 0, 0, PAGE), EBADF);
}

/* RLIMIT_FSIZE: a write is cut short at it, the next is EFBIG and SIGXFSZ. */
static void check_limit(void)
{
	struct rlimit limit = { 100, 100 };
	pid_t pid;
	int fd;

	IN_CHILD(pid) {
		signal(SIGXFSZ, SIG_IGN);
		EXPECT_OK(setrlimit(RLIMIT_FSIZE, &limit));
		EXPECT_OK(fd = open("limited", O_RDWR | O_CREAT, 0644));
		EXPECT_EQ(pwrite(fd, page, 200, 0), 100);
		EXPECT_ERRNO(pwrite(fd, page, 1, 100), EFBIG);
		EXPECT_ERRNO(ftruncate(fd, 101), EFBIG);
		EXPECT_OK(ftruncate(fd, 50));
	}
	EXPECT_CHILD_OK(pid);
}

/* A mapping ends where the file does. */
static void check_mapping(int fd)
{
	volatile char *map;
	int status;
	pid_t pid;

	EXPECT_OK(ftruncate(fd, 0));
	EXPECT_OK(ftruncate(fd, 2 * PAGE));
	map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	EXPECT(map != MAP_FAILED);
	map[10] = 'm';
	map[PAGE + 10] = 'm';
	EXPECT_OK(ftruncate(fd, 5));
	EXPECT_EQ(map[10], 0);
	pid = fork();
	EXPECT_OK(pid);
	if (pid == 0)
		_exit(map[PAGE + 10]); /* SIGBUS */
	while (waitpid(pid, &status, 0) != pid)
		;
	EXPECT(WIFSIGNALED(status));
	EXPECT_EQ(WTERMSIG(status), SIGBUS);
	EXPECT_OK(ftruncate(fd, 2 * PAGE));
	EXPECT_EQ(map[PAGE + 10], 0);
	EXPECT_OK(munmap((void *)map, 2 * PAGE));
}

void stage_fs_truncate(void)
{
	int fd;

	for (int i = 0; i < PAGE; i++)
		page[i] = (char)(i % 255 + 1);
	scratch_enter("fs.truncate");
	EXPECT_OK(fd = open("f", O_RDWR | O_CREAT, 0644));
	check_sizes(fd);
	check_errors(fd);
	check_holes(fd);
	check_fallocate(fd);
	check_limit();
	check_mapping(fd);
	EXPECT_OK(close(fd));
	scratch_leave();
}

/* ---- fs.fsync ------------------------------------------------------------------------------------ */

void stage_fs_fsync(void)
{
	int fd, dir, ends[2];

	scratch_enter("fs.fsync");
	EXPECT_OK(fd = open("f", O_RDWR | O_CREAT | O_SYNC, 0644));
	EXPECT_EQ(write(fd, "data", 4), 4);
	EXPECT_EQ(fcntl(fd, F_GETFL) & O_SYNC, O_SYNC);
	EXPECT_OK(fsync(fd));
	EXPECT_OK(fdatasync(fd));
	EXPECT_OK(syscall(SYS_sync_file_range, fd, 0L, 4L, 7));
	EXPECT_ERRNO(syscall(SYS_sync_file_range, fd, 0L, 4L, 8), EINVAL);
	EXPECT_ERRNO(syscall(SYS_sync_file_range, fd, -1L, 4L, 7), EINVAL);
	EXPECT_OK(syscall(SYS_syncfs, fd));
	EXPECT_OK(dir = open(".", O_RDONLY | O_DIRECTORY));
	EXPECT_OK(fsync(dir)); /* how a rename is made to last */
	EXPECT_OK(close(dir));
	EXPECT_OK(pipe(ends));
	EXPECT_ERRNO(fsync(ends[1]), EINVAL);
	EXPECT_ERRNO(syscall(SYS_sync_file_range, ends[1], 0L, 4L, 7), ESPIPE);
	EXPECT_OK(close(ends[0]));
	EXPECT_OK(close(ends[1]));
	EXPECT_ERRNO(fsync(-1), EBADF);
	EXPECT_ERRNO(fdatasync(-1), EBADF);
	EXPECT_ERRNO(syscall(SYS_syncfs, -1), EBADF);
	EXPECT_OK(close(fd));
	EXPECT_OK(fd = open("f", O_PATH));
	EXPECT_ERRNO(fsync(fd), EBADF);
	EXPECT_OK(close(fd));
	sync();
	file_expect("f", "data");
	scratch_leave();
}
