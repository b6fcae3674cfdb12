/*
 * Stages fs.stat and fs.times: what stat, statx and statfs say of a file, and which of its times each call
 * changes (POSIX 4.9, relatime as in mount(8)).
 */
#include "expect.h"
#include "scratch.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>

static struct statx get_statx(int dirfd, const char *name, int flags)
{
	struct statx stx;

	memset(&stx, 0xaa, sizeof(stx));
	EXPECT_OK(syscall(SYS_statx, dirfd, name, flags, STATX_BASIC_STATS | STATX_BTIME, &stx));
	return stx;
}

/* The structure has the kernel's size: nothing behind it is written. */
static void check_size_of_stat(void)
{
	struct {
		struct stat st;
		unsigned char guard[32];
	} s;

	memset(&s, 0xaa, sizeof(s));
	EXPECT_OK(syscall(SYS_newfstatat, AT_FDCWD, "f", &s.st, 0));
	for (size_t i = 0; i < sizeof(s.guard); i++)
		EXPECT_EQ(s.guard[i], 0xaa);
	EXPECT(S_ISREG(s.st.st_mode));
#ifdef __aarch64__
	EXPECT_EQ(sizeof(struct stat), 128ul);
#endif
}

static void check_agree(const char *name)
{
	struct stat st = file_lstat(name), by_fd;
	struct statx stx = get_statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW);
	int fd = open(name, O_PATH | O_NOFOLLOW);

	EXPECT_OK(fd);
	EXPECT_OK(fstat(fd, &by_fd));
	EXPECT_MEM(&st, &by_fd, sizeof(st));
	EXPECT_OK(close(fd));
	EXPECT_EQ(stx.stx_mask & STATX_BASIC_STATS, (unsigned)STATX_BASIC_STATS);
	EXPECT_EQ(st.st_mode, (mode_t)stx.stx_mode);
	EXPECT_EQ(st.st_ino, (ino_t)stx.stx_ino);
	EXPECT_EQ(st.st_nlink, (nlink_t)stx.stx_nlink);
	EXPECT_EQ(st.st_size, (off_t)stx.stx_size);
	EXPECT_EQ(st.st_blocks, (blkcnt_t)stx.stx_blocks);
	EXPECT_EQ(st.st_blksize, (blksize_t)stx.stx_blksize);
	EXPECT_EQ(st.st_uid, (uid_t)stx.stx_uid);
	EXPECT_EQ(st.st_gid, (gid_t)stx.stx_gid);
	EXPECT_EQ(st.st_dev, makedev(stx.stx_dev_major, stx.stx_dev_minor));
	EXPECT_EQ(st.st_rdev, makedev(stx.stx_rdev_major, stx.stx_rdev_minor));
	EXPECT_EQ(st.st_mtim.tv_sec, (time_t)stx.stx_mtime.tv_sec);
	EXPECT_EQ(st.st_mtim.tv_nsec, (long)stx.stx_mtime.tv_nsec);
	EXPECT_EQ(st.st_ctim.tv_nsec, (long)stx.stx_ctime.tv_nsec);
	EXPECT_EQ(st.st_atim.tv_nsec, (long)stx.stx_atime.tv_nsec);
}

static void check_kinds(void)
{
	struct stat st;
	int fd, ends[2];

	EXPECT_OK(mknod("null", S_IFCHR | 0600, makedev(1, 3)));
	st = file_lstat("null");
	EXPECT_EQ(st.st_mode, (mode_t)(S_IFCHR | 0600));
	EXPECT_EQ(st.st_rdev, makedev(1, 3));
	EXPECT_OK(mkfifo("fifo", 0640));
	EXPECT_EQ(file_lstat("fifo").st_mode, (mode_t)(S_IFIFO | 0640));
	EXPECT_OK(mkdir("d", 0750));
	EXPECT_EQ(file_lstat("d").st_mode, (mode_t)(S_IFDIR | 0750));
	EXPECT_OK(pipe(ends));
	EXPECT_OK(fstat(ends[0], &st));
	EXPECT(S_ISFIFO(st.st_mode));
	EXPECT_OK(close(ends[0]));
	EXPECT_OK(close(ends[1]));
	EXPECT_ERRNO(fstat(ends[0], &st), EBADF);
	EXPECT_ERRNO(syscall(SYS_newfstatat, AT_FDCWD, "f", (void *)8, 0), EFAULT);

	/* A megabyte of nothing and one byte behind it. */
	EXPECT_OK(fd = open("sparse", O_RDWR | O_CREAT, 0644));
	EXPECT_EQ(pwrite(fd, "x", 1, 1 << 20), 1);
	EXPECT_OK(fstat(fd, &st));
	EXPECT_EQ(st.st_size, (1 << 20) + 1);
	EXPECT_EQ(st.st_blocks, 8);
	EXPECT_OK(close(fd));
}

static void check_statx_flags(void)
{
	struct statx stx;
	struct stat st;
	int fd = open("f", O_RDONLY);

	EXPECT_OK(fd);
	stx = get_statx(fd, "", AT_EMPTY_PATH);
	EXPECT_OK(fstat(fd, &st));
	EXPECT_EQ(st.st_ino, (ino_t)stx.stx_ino);
	EXPECT_OK(close(fd));
	EXPECT_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 0x10, STATX_BASIC_STATS, &stx), EINVAL);
	EXPECT_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x80000000u, &stx), EINVAL);
	EXPECT_ERRNO(syscall(SYS_statx, AT_FDCWD, "missing", 0, 0, &stx), ENOENT);
	EXPECT_ERRNO(syscall(SYS_statx, AT_FDCWD, "f", 0, 0, (void *)8), EFAULT);
}

static void check_statfs(void)
{
	enum { TMPFS = 0x01021994 };
	struct statfs by_name, by_fd;
	int fd = open(".", O_RDONLY);

	EXPECT_OK(fd);
	EXPECT_OK(statfs("f", &by_name));
	EXPECT_OK(fstatfs(fd, &by_fd));
	EXPECT_OK(close(fd));
	EXPECT_EQ((unsigned)by_name.f_type, (unsigned)TMPFS);
	EXPECT_EQ(by_name.f_type, by_fd.f_type);
	EXPECT_EQ(by_name.f_bsize, by_fd.f_bsize);
	EXPECT_EQ(by_name.f_blocks, by_fd.f_blocks);
	EXPECT_EQ(by_name.f_bsize, 4096);
	EXPECT_EQ(by_name.f_namelen, 255);
	EXPECT_GT(by_name.f_blocks, 0ul);
	EXPECT_LE(by_name.f_bfree, by_name.f_blocks);
	EXPECT_GT(by_name.f_files, 0ul);
	EXPECT_ERRNO(statfs("missing", &by_name), ENOENT);
	EXPECT_ERRNO(fstatfs(-1, &by_name), EBADF);
}

void stage_fs_stat(void)
{
	scratch_enter("fs.stat");
	file_make("f", "twelve bytes");
	EXPECT_OK(symlink("f", "ln"));
	EXPECT_EQ(file_lstat("f").st_size, 12);
	EXPECT_EQ(file_lstat("f").st_blocks, 8);
	check_size_of_stat();
	check_kinds();
	check_agree("f");
	check_agree("ln");
	check_agree("d");
	check_agree("null");
	check_agree("sparse");
	check_statx_flags();
	check_statfs();
	scratch_leave();
}

/* ---- fs.times ------------------------------------------------------------------------------------ */

enum { OLD = 1000000000, OLDER = 900000000, PAUSE_US = 1000 }; /* 2001, 1998 */

/* Which times are not what set_old() left: bits of these. */
enum { ATIME = 1, MTIME = 2, CTIME = 4 };

static time_t ctime_before;

/* atime is older than mtime, so that the next read moves it. */
static void set_old(const char *name)
{
	struct timespec t[2] = { { .tv_sec = OLDER, .tv_nsec = 7 }, { .tv_sec = OLD, .tv_nsec = 9 } };

	EXPECT_OK(utimensat(AT_FDCWD, name, t, AT_SYMLINK_NOFOLLOW));
	ctime_before = file_lstat(name).st_ctim.tv_sec * 1000000000 + file_lstat(name).st_ctim.tv_nsec;
	EXPECT_OK(usleep(PAUSE_US));
}

static int changed(const char *name)
{
	struct stat st = file_lstat(name);
	int what = 0;

	if (st.st_atim.tv_sec != OLDER || st.st_atim.tv_nsec != 7)
		what |= ATIME;
	if (st.st_mtim.tv_sec != OLD || st.st_mtim.tv_nsec != 9)
		what |= MTIME;
	if (st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec != ctime_before)
		what |= CTIME;
	return what;
}

static void check_utimensat(void)
{
	struct timespec t[2] = { { 5, 6 }, { 7, 999999999 } };
	struct timespec now;
	struct stat st;
	int fd;

	EXPECT_OK(clock_gettime(CLOCK_REALTIME, &now));
	EXPECT_OK(utimensat(AT_FDCWD, "f", t, 0));
	st = file_lstat("f");
	EXPECT_EQ(st.st_atim.tv_sec, 5);
	EXPECT_EQ(st.st_atim.tv_nsec, 6);
	EXPECT_EQ(st.st_mtim.tv_sec, 7);
	EXPECT_EQ(st.st_mtim.tv_nsec, 999999999);
	EXPECT_GE(st.st_ctim.tv_sec, now.tv_sec - 1); /* nobody sets that one */

	t[0].tv_nsec = UTIME_OMIT;
	t[1] = (struct timespec){ -2, 500000000 }; /* a second and a half before 1970 */
	EXPECT_OK(fd = open("f", O_RDONLY));
	EXPECT_OK(futimens(fd, t));
	EXPECT_OK(close(fd));
	st = file_lstat("f");
	EXPECT_EQ(st.st_atim.tv_sec, 5);
	EXPECT_EQ(st.st_mtim.tv_sec, -2);
	EXPECT_EQ(st.st_mtim.tv_nsec, 500000000);

	t[1].tv_nsec = UTIME_NOW;
	EXPECT_OK(utimensat(AT_FDCWD, "f", t, 0));
	st = file_lstat("f");
	EXPECT_EQ(st.st_atim.tv_sec, 5);
	EXPECT_GE(st.st_mtim.tv_sec, now.tv_sec - 1);
	EXPECT_OK(utimensat(AT_FDCWD, "f", NULL, 0));
	EXPECT_GE(file_lstat("f").st_atim.tv_sec, now.tv_sec - 1);

	t[0].tv_nsec = 1000000000;
	EXPECT_ERRNO(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
	t[0].tv_nsec = -1;
	EXPECT_ERRNO(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
	EXPECT_ERRNO(utimensat(AT_FDCWD, "missing", NULL, 0), ENOENT);
	EXPECT_ERRNO(utimensat(AT_FDCWD, "f", NULL, 0x8000), EINVAL);
	EXPECT_ERRNO(syscall(SYS_utimensat, AT_FDCWD, "f", (void *)8, 0), EFAULT);
}

static void check_symlink_times(void)
{
	struct timespec t[2] = { { 11, 0 }, { 12, 0 } };
	struct stat before = file_lstat("f");

	EXPECT_OK(utimensat(AT_FDCWD, "ln", t, AT_SYMLINK_NOFOLLOW));
	EXPECT_EQ(file_lstat("ln").st_mtim.tv_sec, 12);
	EXPECT_EQ(file_lstat("f").st_mtim.tv_sec, before.st_mtim.tv_sec);
	EXPECT_OK(utimensat(AT_FDCWD, "ln", t, 0));
	EXPECT_EQ(file_lstat("f").st_mtim.tv_sec, 12);
}

static void check_file_rules(void)
{
	char buf[4];
	int fd;

	EXPECT_OK(fd = open("f", O_RDWR));
	set_old("f");
	EXPECT_EQ(write(fd, "data", 4), 4);
	EXPECT_EQ(changed("f"), MTIME | CTIME);
	set_old("f");
	EXPECT_EQ(write(fd, "", 0), 0);
	EXPECT_EQ(changed("f"), 0);
	EXPECT_EQ(pread(fd, buf, 4, 0), 4);
	EXPECT_EQ(changed("f"), ATIME);
	set_old("f");
	EXPECT_OK(ftruncate(fd, 2));
	EXPECT_EQ(changed("f"), MTIME | CTIME);
	set_old("f");
	EXPECT_OK(fchmod(fd, 0600));
	EXPECT_EQ(changed("f"), CTIME);
	set_old("f");
	EXPECT_OK(fchown(fd, 0, 0));
	EXPECT_EQ(changed("f"), CTIME);
	set_old("f");
	EXPECT_OK(link("f", "f2"));
	EXPECT_EQ(changed("f"), CTIME);
	set_old("f");
	EXPECT_OK(unlink("f2"));
	EXPECT_EQ(changed("f"), CTIME);
	set_old("f");
	EXPECT_OK(rename("f", "g"));
	EXPECT_EQ(changed("g"), CTIME);
	EXPECT_OK(rename("g", "f"));
	set_old("f");
	EXPECT_OK(close(open("f", O_RDWR | O_TRUNC)));
	EXPECT_EQ(changed("f"), MTIME | CTIME);
	EXPECT_OK(close(fd));
}

/* relatime: a read moves atime only when it was not behind the others already. */
static void check_relatime(void)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = OLD } };
	struct stat first;
	char c;
	int fd;

	file_make("r", "x");
	EXPECT_OK(fd = open("r", O_RDONLY));
	EXPECT_EQ(read(fd, &c, 1), 1);
	EXPECT_OK(usleep(PAUSE_US));
	EXPECT_OK(utimensat(AT_FDCWD, "r", t, 0)); /* ctime moves with it */
	EXPECT_EQ(pread(fd, &c, 1, 0), 1);
	EXPECT_OK(usleep(PAUSE_US));
	EXPECT_EQ(pread(fd, &c, 1, 0), 1);
	first = file_lstat("r");
	EXPECT_OK(usleep(PAUSE_US));
	EXPECT_EQ(pread(fd, &c, 1, 0), 1);
	EXPECT_EQ(file_lstat("r").st_atim.tv_nsec, first.st_atim.tv_nsec);
	EXPECT_OK(close(fd));
}

static void check_directory_rules(void)
{
	EXPECT_OK(mkdir("d", 0755));
	set_old("d");
	file_make("d/f", "x");
	EXPECT_EQ(changed("d"), MTIME | CTIME);
	set_old("d");
	file_make("d/f", "again");
	EXPECT_EQ(changed("d"), 0);
	EXPECT_OK(chmod("d/f", 0600));
	EXPECT_EQ(changed("d"), 0);
	EXPECT_OK(rename("d/f", "d/g"));
	EXPECT_EQ(changed("d"), MTIME | CTIME);
	set_old("d");
	EXPECT_OK(mkdir("d/sub", 0755));
	EXPECT_EQ(changed("d"), MTIME | CTIME);
	set_old("d");
	EXPECT_OK(rmdir("d/sub"));
	EXPECT_EQ(changed("d"), MTIME | CTIME);
	set_old("d");
	EXPECT_OK(rename("d/g", "g"));
	EXPECT_EQ(changed("d"), MTIME | CTIME);
}

void stage_fs_times(void)
{
	scratch_enter("fs.times");
	file_make("f", "text");
	EXPECT_OK(symlink("f", "ln"));
	check_utimensat();
	check_symlink_times();
	check_file_rules();
	check_relatime();
	check_directory_rules();
	scratch_leave();
}
