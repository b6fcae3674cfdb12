/*
 * Stages fs.link, fs.symlink and fs.unlink_open: names and what they name are two things.
 */
#include "expect.h"
#include "scratch.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

static void check_hard_links(void)
{
	struct stat a, b;

	file_make("a", "shared");
	EXPECT_EQ(file_lstat("a").st_nlink, 1u);
	EXPECT_OK(link("a", "b"));
	EXPECT_OK(mkdir("d", 0755));
	EXPECT_OK(link("b", "d/c"));
	a = file_lstat("a");
	b = file_lstat("d/c");
	EXPECT_EQ(a.st_ino, b.st_ino);
	EXPECT_EQ(a.st_nlink, 3u);
	EXPECT_EQ(b.st_nlink, 3u);
	file_make("b", "through b");
	file_expect("d/c", "through b");
	EXPECT_OK(chmod("a", 0600));
	EXPECT_EQ(file_lstat("b").st_mode, (mode_t)(S_IFREG | 0600));

	EXPECT_OK(unlink("a"));
	EXPECT_EQ(file_lstat("b").st_nlink, 2u);
	file_expect("b", "through b");
	EXPECT_OK(unlink("b"));
	EXPECT_EQ(file_lstat("d/c").st_nlink, 1u);
	file_expect("d/c", "through b");
	EXPECT(file_missing("a"));
}

static void check_link_errors(void)
{
	struct stat st;

	file_make("f", "x");
	EXPECT_ERRNO(link("d", "d2"), EPERM);
	EXPECT_ERRNO(link("missing", "x"), ENOENT);
	EXPECT_ERRNO(link("f", "d"), EEXIST);
	EXPECT_ERRNO(link("f", "f"), EEXIST);
	EXPECT_ERRNO(link("f", "missing/x"), ENOENT);
	EXPECT_ERRNO(link("f", "x/"), ENOENT);
	EXPECT_ERRNO(link("f/", "x"), ENOTDIR);
	EXPECT_ERRNO(linkat(AT_FDCWD, "f", AT_FDCWD, "x", 0x10000), EINVAL);

	/* A link to a symlink, unless told to follow. */
	EXPECT_OK(symlink("f", "ln"));
	EXPECT_OK(linkat(AT_FDCWD, "ln", AT_FDCWD, "ln2", 0));
	st = file_lstat("ln2");
	EXPECT(S_ISLNK(st.st_mode));
	EXPECT_EQ(st.st_nlink, 2u);
	EXPECT_OK(linkat(AT_FDCWD, "ln", AT_FDCWD, "f2", AT_SYMLINK_FOLLOW));
	st = file_lstat("f2");
	EXPECT(S_ISREG(st.st_mode));
	EXPECT_EQ(st.st_ino, file_lstat("f").st_ino);
}

void stage_fs_link(void)
{
	scratch_enter("fs.link");
	check_hard_links();
	check_link_errors();
	scratch_leave();
}

/* ---- fs.symlink ---------------------------------------------------------------------------------- */

static void check_readlink(void)
{
	static char target[PATH_MAX + 1];
	char buf[64];
	struct stat st;

	EXPECT_OK(symlink("some/where", "ln"));
	st = file_lstat("ln");
	EXPECT(S_ISLNK(st.st_mode));
	EXPECT_EQ(st.st_mode & 07777, 0777u);
	EXPECT_EQ(st.st_size, 10);
	EXPECT_EQ(readlink("ln", buf, sizeof(buf)), 10);
	EXPECT_MEM(buf, "some/where", 10);
	memset(buf, '#', sizeof(buf));
	EXPECT_EQ(readlink("ln", buf, 4), 4);
	EXPECT_MEM(buf, "some#", 5); /* cut, and not terminated */
	EXPECT_ERRNO(syscall(SYS_readlinkat, AT_FDCWD, "ln", buf, 0), EINVAL);
	file_make("file", "x");
	EXPECT_ERRNO(readlink("file", buf, sizeof(buf)), EINVAL);
	EXPECT_ERRNO(readlink(".", buf, sizeof(buf)), EINVAL);
	EXPECT_ERRNO(readlink("missing", buf, sizeof(buf)), ENOENT);
	EXPECT_ERRNO(symlink("x", "ln"), EEXIST);
	EXPECT_ERRNO(symlink("", "empty"), ENOENT);

	memset(target, 't', PATH_MAX);
	EXPECT_ERRNO(symlink(target, "long"), ENAMETOOLONG);
	target[PATH_MAX - 1] = 0;
	EXPECT_OK(symlink(target, "long"));
	EXPECT_EQ(file_lstat("long").st_size, PATH_MAX - 1);
}

static void check_dangling(void)
{
	struct stat st;
	int fd;

	EXPECT_OK(symlink("target", "dangling"));
	EXPECT_ERRNO(stat("dangling", &st), ENOENT);
	EXPECT_ERRNO(open("dangling", O_RDONLY), ENOENT);
	EXPECT_ERRNO(open("dangling", O_CREAT | O_EXCL | O_WRONLY, 0644), EEXIST);
	EXPECT_ERRNO(mkdir("dangling", 0755), EEXIST);
	EXPECT(file_missing("target"));
	/* Without O_EXCL the file is made where the link points. */
	file_make("dangling", "made through it");
	file_expect("target", "made through it");
	EXPECT(S_ISLNK(file_lstat("dangling").st_mode));

	EXPECT_ERRNO(open("dangling", O_RDONLY | O_NOFOLLOW), ELOOP);
	EXPECT_ERRNO(open("dangling", O_RDWR | O_CREAT | O_NOFOLLOW, 0644), ELOOP);
	EXPECT_OK(fd = open("target", O_RDONLY | O_NOFOLLOW));
	EXPECT_OK(close(fd));
	EXPECT_OK(fd = open("dangling", O_PATH | O_NOFOLLOW));
	EXPECT_OK(fstat(fd, &st));
	EXPECT(S_ISLNK(st.st_mode));
	EXPECT_OK(close(fd));

	EXPECT_OK(unlink("dangling"));
	file_expect("target", "made through it");
	EXPECT_OK(symlink("target", "dangling"));
	EXPECT_OK(unlink("target"));
	EXPECT_ERRNO(stat("dangling", &st), ENOENT);
	EXPECT(S_ISLNK(file_lstat("dangling").st_mode));
}

static void check_link_to_directory(void)
{
	EXPECT_OK(mkdir("real", 0755));
	EXPECT_OK(symlink("real", "to-dir"));
	file_make("to-dir/f", "inside");
	file_expect("real/f", "inside");
	EXPECT_ERRNO(open("to-dir", O_RDONLY | O_DIRECTORY | O_NOFOLLOW), ENOTDIR);
	EXPECT_ERRNO(rmdir("to-dir"), ENOTDIR);
	EXPECT_OK(unlink("to-dir"));
	file_expect("real/f", "inside");
}

void stage_fs_symlink(void)
{
	scratch_enter("fs.symlink");
	check_readlink();
	check_dangling();
	check_link_to_directory();
	scratch_leave();
}

/* ---- fs.unlink_open ------------------------------------------------------------------------------ */

enum { BIG = 4 << 20 };

static unsigned long blocks_free(void)
{
	struct statfs fs;

	EXPECT_OK(statfs(".", &fs));
	return fs.f_bfree;
}

static void check_unlinked_file(void)
{
	char buf[32];
	struct stat st;
	int fd, other;

	file_make("f", "still here");
	EXPECT_OK(fd = open("f", O_RDWR));
	EXPECT_OK(unlink("f"));
	EXPECT(file_missing("f"));
	EXPECT_OK(fstat(fd, &st));
	EXPECT_EQ(st.st_nlink, 0u);
	EXPECT_EQ(read(fd, buf, sizeof(buf)), 10);
	EXPECT_MEM(buf, "still here", 10);
	EXPECT_EQ(pwrite(fd, "!", 1, 10), 1);

	/* A new file of that name is another one. */
	file_make("f", "new");
	EXPECT_EQ(pread(fd, buf, sizeof(buf), 0), 11);
	EXPECT_MEM(buf, "still here!", 11);
	file_expect("f", "new");
	EXPECT_OK(other = dup(fd));
	EXPECT_OK(close(fd));
	EXPECT_EQ(pread(other, buf, sizeof(buf), 0), 11);
	EXPECT_OK(close(other));
}

/* Its pages are given back with the last descriptor or mapping, not before. */
static void check_pages_come_back(void)
{
	static char chunk[65536];
	unsigned long before, held, after;
	char *map;
	int fd;

	EXPECT_OK(fd = open("big", O_RDWR | O_CREAT, 0600));
	before = blocks_free();
	for (int i = 0; i < BIG / (int)sizeof(chunk); i++) {
		memset(chunk, 'a' + i % 26, sizeof(chunk));
		EXPECT_EQ(write(fd, chunk, sizeof(chunk)), (ssize_t)sizeof(chunk));
	}
	EXPECT_OK(unlink("big"));
	held = blocks_free();
	EXPECT_GE(before - held, BIG / 4096ul);
	map = mmap(NULL, BIG, PROT_READ, MAP_SHARED, fd, 0);
	EXPECT(map != MAP_FAILED);
	EXPECT_OK(close(fd));
	EXPECT_EQ(map[0], 'a');
	EXPECT_EQ(map[BIG - 1], 'a' + (BIG / (int)sizeof(chunk) - 1) % 26);
	EXPECT_LT(blocks_free(), before - BIG / 8192ul);
	EXPECT_OK(munmap(map, BIG));
	after = blocks_free();
	EXPECT_GE(after + BIG / 4096ul / 8, before);
}

static void check_unlinked_directory(void)
{
	struct stat st;
	int dir;

	EXPECT_OK(mkdir("d", 0755));
	EXPECT_OK(dir = open("d", O_RDONLY | O_DIRECTORY));
	EXPECT_OK(rmdir("d"));
	EXPECT_OK(fstat(dir, &st));
	EXPECT_EQ(st.st_nlink, 0u);
	EXPECT_ERRNO(openat(dir, "x", O_CREAT | O_WRONLY, 0644), ENOENT);
	EXPECT_OK(close(dir));
}

void stage_fs_unlink_open(void)
{
	scratch_enter("fs.unlink");
	check_unlinked_file();
	check_pages_come_back();
	check_unlinked_directory();
	scratch_leave();
}
