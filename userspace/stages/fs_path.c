/*
 * Stage fs.path: how a path is walked (POSIX 4.13), and the calls that start at a directory's descriptor.
 */
#include "expect.h"
#include "scratch.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/syscall.h>

static int same_file(const char *a, const char *b)
{
	struct stat x, y;

	EXPECT_OK(stat(a, &x));
	EXPECT_OK(stat(b, &y));
	return x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int path_errno(const char *name)
{
	struct stat st;

	return stat(name, &st) < 0 ? errno : 0;
}

static void check_dots(void)
{
	EXPECT(same_file("a/./b/../f", "a/f"));
	EXPECT(same_file("a//b///..//f", "a/f"));
	EXPECT(same_file("a/b/../../a/b/.", "a/b"));
	EXPECT(same_file("/", "/.."));
	EXPECT(same_file("/", "/../../..//."));
	EXPECT(same_file("a/", "a"));
	EXPECT(!same_file("a", "a/b"));
	EXPECT_EQ(path_errno(""), ENOENT);
	EXPECT_EQ(path_errno("a/missing"), ENOENT);
	EXPECT_EQ(path_errno("a/missing/.."), ENOENT);
	EXPECT_EQ(path_errno("a/f/x"), ENOTDIR);
	EXPECT_EQ(path_errno("a/f/"), ENOTDIR);
	EXPECT_EQ(path_errno("a/f/."), ENOTDIR);
	EXPECT_EQ(path_errno("a/f/.."), ENOTDIR);
}

static void check_slashes(void)
{
	EXPECT_OK(mkdir("slash//", 0755));
	EXPECT_OK(rmdir("slash/"));
	EXPECT_ERRNO(open("new/", O_CREAT | O_WRONLY, 0644), EISDIR);
	EXPECT(file_missing("new"));
	EXPECT_ERRNO(open("a/.", O_CREAT | O_WRONLY, 0644), EISDIR);
	EXPECT_ERRNO(open("a", O_WRONLY), EISDIR);
	EXPECT_ERRNO(open("a/f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	EXPECT_ERRNO(unlink("a/f/"), ENOTDIR);
	EXPECT_ERRNO(mkdir("a/f/x", 0755), ENOTDIR);
	EXPECT_ERRNO(symlink("t", "new/"), ENOENT);
}

static void check_symlinks(void)
{
	char name[32], target[64];
	struct stat st;

	EXPECT_OK(symlink("a/b", "rel"));
	snprintf(target, sizeof(target), "%s", "/stage.fs.path/a");
	EXPECT_OK(symlink(target, "abs"));
	EXPECT_OK(symlink("a/f/", "to-file-slash"));
	EXPECT(same_file("rel/g", "a/b/g"));
	EXPECT(same_file("rel/../f", "a/f")); /* ".." of where the link leads */
	EXPECT(same_file("abs/b/../../abs/f", "a/f"));
	EXPECT(same_file("rel/", "a/b"));
	EXPECT_OK(lstat("rel/", &st));
	EXPECT(S_ISDIR(st.st_mode));
	EXPECT_OK(lstat("rel", &st));
	EXPECT(S_ISLNK(st.st_mode));
	EXPECT_EQ(path_errno("to-file-slash"), ENOTDIR);

	/* A chain of 40 is followed, one of 41 is not (path_resolution(7)). */
	EXPECT_OK(symlink("a/f", "c1"));
	for (int i = 2; i <= 41; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(target, sizeof(target), "c%d", i - 1);
		EXPECT_OK(symlink(target, name));
	}
	EXPECT(same_file("c40", "a/f"));
	EXPECT_EQ(path_errno("c41"), ELOOP);
	EXPECT_OK(symlink("loop", "loop"));
	EXPECT_OK(symlink("pong/x", "ping"));
	EXPECT_OK(symlink("ping/x", "pong"));
	EXPECT_EQ(path_errno("loop"), ELOOP);
	EXPECT_EQ(path_errno("loop/x"), ELOOP);
	EXPECT_EQ(path_errno("ping/x"), ELOOP);
	EXPECT_ERRNO(open("loop", O_CREAT | O_WRONLY, 0644), ELOOP);
	EXPECT_OK(lstat("loop", &st));
}

static void check_lengths(void)
{
	static char path[PATH_MAX + 16];
	char name[NAME_MAX + 2];

	memset(name, 'n', sizeof(name) - 1);
	name[NAME_MAX + 1] = 0;
	EXPECT_EQ(path_errno(name), ENAMETOOLONG);
	EXPECT_ERRNO(mkdir(name, 0755), ENAMETOOLONG);
	name[NAME_MAX] = 0;
	EXPECT_EQ(path_errno(name), ENOENT);
	EXPECT_OK(mkdir(name, 0755));
	EXPECT_EQ(path_errno(name), 0);

	/* 4095 bytes and the terminator are a path, one more is not. */
	memset(path, '/', sizeof(path));
	memcpy(path, "a", 1);
	memcpy(path + PATH_MAX - 2, "f", 2);
	EXPECT_EQ(path_errno(path), 0);
	memcpy(path + PATH_MAX - 2, "/f", 3);
	EXPECT_EQ(path_errno(path), ENAMETOOLONG);
}

static void check_at_calls(void)
{
	int dir = open("a", O_RDONLY | O_DIRECTORY), file = open("a/f", O_RDONLY), fd, place;
	struct stat st, same;

	EXPECT_OK(dir);
	EXPECT_OK(file);
	fd = openat(dir, "b/new", O_CREAT | O_EXCL | O_RDWR, 0600);
	EXPECT_OK(fd);
	EXPECT_OK(close(fd));
	EXPECT_OK(fstatat(dir, "b/new", &st, 0));
	EXPECT_OK(mkdirat(dir, "sub", 0755));
	EXPECT_OK(symlinkat("f", dir, "ln"));
	EXPECT_OK(fstatat(dir, "ln", &st, AT_SYMLINK_NOFOLLOW));
	EXPECT(S_ISLNK(st.st_mode));
	EXPECT_OK(fstatat(dir, "ln", &st, 0));
	EXPECT(S_ISREG(st.st_mode));
	EXPECT_OK(faccessat(dir, "ln", R_OK | W_OK, 0));
	EXPECT_OK(linkat(dir, "f", AT_FDCWD, "f2", 0));
	EXPECT_OK(renameat(AT_FDCWD, "f2", dir, "f3"));
	EXPECT_OK(unlinkat(dir, "f3", 0));
	EXPECT_OK(unlinkat(dir, "ln", 0));
	EXPECT_ERRNO(unlinkat(dir, "sub", 0), EISDIR);
	EXPECT_OK(unlinkat(dir, "sub", AT_REMOVEDIR));
	EXPECT_ERRNO(unlinkat(dir, "f", AT_REMOVEDIR), ENOTDIR);
	EXPECT_ERRNO(unlinkat(dir, "f", 0x10000), EINVAL);

	/* The descriptor matters for relative names only. */
	EXPECT_ERRNO(openat(-1, "a", O_RDONLY), EBADF);
	EXPECT_ERRNO(openat(99, "a", O_RDONLY), EBADF);
	EXPECT_ERRNO(openat(file, "x", O_RDONLY), ENOTDIR);
	EXPECT_OK(fstatat(-1, "/stage.fs.path/a", &st, 0));
	EXPECT_OK(fstat(dir, &same));
	EXPECT_EQ(st.st_ino, same.st_ino);

	/* AT_EMPTY_PATH: the descriptor itself, O_PATH or not. */
	EXPECT_OK(fstatat(file, "", &st, AT_EMPTY_PATH));
	EXPECT(S_ISREG(st.st_mode));
	EXPECT_ERRNO(fstatat(file, "", &st, 0), ENOENT);
	place = open("a/f", O_PATH);
	EXPECT_OK(place);
	EXPECT_OK(fstatat(place, "", &same, AT_EMPTY_PATH));
	EXPECT_EQ(st.st_ino, same.st_ino);
	EXPECT_ERRNO(read(place, &st, 1), EBADF);
	EXPECT_OK(close(place));
	EXPECT_OK(close(file));
	EXPECT_OK(close(dir));
}

static void check_bad_pointers(void)
{
	EXPECT_ERRNO(syscall(SYS_openat, AT_FDCWD, (char *)8, O_RDONLY), EFAULT);
	EXPECT_ERRNO(syscall(SYS_mkdirat, AT_FDCWD, (char *)-8L, 0755), EFAULT);
	EXPECT_ERRNO(syscall(SYS_fchdir, -1), EBADF);
}

void stage_fs_path(void)
{
	scratch_enter("fs.path");
	EXPECT_OK(mkdir("a", 0755));
	EXPECT_OK(mkdir("a/b", 0755));
	file_make("a/f", "file");
	file_make("a/b/g", "other");
	check_dots();
	check_slashes();
	check_symlinks();
	check_lengths();
	check_at_calls();
	check_bad_pointers();
	scratch_leave();
}
