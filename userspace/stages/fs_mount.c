/*
 * Stage fs.mount: mount(2) and umount2(2): what is below a mount point is covered, not gone.
 */
#include "expect.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/statfs.h>

static void check_cover(void)
{
	struct stat below, top, up, here;
	int fd;

	EXPECT_OK(mkdir("m", 0755));
	file_make("m/covered", "below");
	below = file_lstat("m");
	EXPECT_OK(fd = open("m/covered", O_RDONLY));
	EXPECT_OK(mount("none", "m", "tmpfs", 0, "mode=700,size=64k"));
	top = file_lstat("m");
	EXPECT_NE(top.st_dev, below.st_dev);
	EXPECT_EQ(top.st_mode & 07777, 0700u);
	EXPECT(file_missing("m/covered"));
	file_make("m/new", "on top");
	/* ".." leads out of the mount. */
	here = file_lstat(".");
	EXPECT_OK(stat("m/..", &up));
	EXPECT_EQ(up.st_ino, here.st_ino);
	EXPECT_EQ(up.st_dev, here.st_dev);
	EXPECT_ERRNO(rename("m/new", "new"), EXDEV);
	EXPECT_ERRNO(link("m/new", "new"), EXDEV);
	EXPECT_ERRNO(rmdir("m"), EBUSY);
	EXPECT_ERRNO(rename("m", "n"), EBUSY);
	EXPECT_OK(close(fd));
}

static void check_size(void)
{
	static char block[4096];
	struct statfs fs;
	int fd, n = 0;

	EXPECT_OK(statfs("m", &fs));
	EXPECT_EQ(fs.f_blocks, 16ul);
	EXPECT_OK(fd = open("m/big", O_WRONLY | O_CREAT, 0644));
	while (write(fd, block, sizeof(block)) == sizeof(block))
		n++;
	EXPECT_EQ(errno, ENOSPC);
	EXPECT_EQ(n, 15); /* m/new has the other */
	EXPECT_OK(statfs("m", &fs));
	EXPECT_EQ(fs.f_bfree, 0ul);
	EXPECT_OK(unlink("m/big"));
	EXPECT_OK(close(fd));
	EXPECT_OK(statfs("m", &fs));
	EXPECT_EQ(fs.f_bfree, 15ul);
}

static void check_read_only(void)
{
	struct statfs fs;

	EXPECT_OK(mount("none", "m", "tmpfs", MS_REMOUNT | MS_RDONLY, NULL));
	EXPECT_OK(statfs("m", &fs));
	EXPECT_EQ(fs.f_flags & 1, 1);
	EXPECT_ERRNO(open("m/new", O_WRONLY), EROFS);
	EXPECT_ERRNO(open("m/other", O_WRONLY | O_CREAT, 0644), EROFS);
	EXPECT_ERRNO(mkdir("m/d", 0755), EROFS);
	EXPECT_ERRNO(unlink("m/new"), EROFS);
	EXPECT_ERRNO(chmod("m/new", 0600), EROFS);
	EXPECT_ERRNO(utimensat(AT_FDCWD, "m/new", NULL, 0), EROFS);
	EXPECT_ERRNO(access("m/new", W_OK), EROFS);
	file_expect("m/new", "on top");
	EXPECT_OK(mount("none", "m", "tmpfs", MS_REMOUNT, NULL));
	EXPECT_OK(chmod("m/new", 0600));
}

static void check_busy(void)
{
	int fd;

	EXPECT_OK(fd = open("m/new", O_RDONLY));
	EXPECT_ERRNO(umount("m"), EBUSY);
	EXPECT_OK(close(fd));
	EXPECT_OK(chdir("m"));
	EXPECT_ERRNO(umount("../m"), EBUSY);
	EXPECT_OK(chdir(".."));
	EXPECT_OK(umount("m"));
	file_expect("m/covered", "below");
	EXPECT_ERRNO(umount("m"), EINVAL);
	EXPECT_ERRNO(umount("missing"), ENOENT);
}

static void check_bind(void)
{
	EXPECT_OK(mkdir("bound", 0755));
	EXPECT_OK(mount("m", "bound", NULL, MS_BIND, NULL));
	file_expect("bound/covered", "below");
	file_make("bound/both", "seen twice");
	file_expect("m/both", "seen twice");
	EXPECT_EQ(file_lstat("bound").st_ino, file_lstat("m").st_ino);
	EXPECT_OK(umount("bound"));
	EXPECT(file_missing("bound/both"));
	/* A file can be covered, too. */
	file_make("one", "1");
	file_make("two", "2");
	EXPECT_OK(mount("one", "two", NULL, MS_BIND, NULL));
	file_expect("two", "1");
	EXPECT_OK(umount("two"));
	file_expect("two", "2");
}

static void check_errors(void)
{
	pid_t pid;

	EXPECT_ERRNO(mount("none", "m", "nosuchfs", 0, NULL), ENODEV);
	EXPECT_ERRNO(mount("none", "missing", "tmpfs", 0, NULL), ENOENT);
	EXPECT_ERRNO(mount("none", "one", "tmpfs", 0, NULL), ENOTDIR);
	EXPECT_ERRNO(mount("none", "m", "tmpfs", 0, "size=what"), EINVAL);
	EXPECT_ERRNO(umount2("m", 0x1000), EINVAL);
	EXPECT_OK(mount("none", "m", "tmpfs", MS_NODEV | MS_NOEXEC, NULL));
	EXPECT_OK(mknod("m/null", S_IFCHR | 0666, 0x103));
	EXPECT_ERRNO(open("m/null", O_RDONLY), EACCES);
	file_make("m/prog", "#!/bin/sh\n");
	EXPECT_OK(chmod("m/prog", 0755));
	EXPECT_ERRNO(execl("m/prog", "prog", NULL), EACCES);
	EXPECT_OK(umount2("m", MNT_DETACH));
	IN_CHILD(pid) {
		EXPECT_OK(setuid(1000));
		EXPECT_ERRNO(mount("none", "m", "tmpfs", 0, NULL), EPERM);
		EXPECT_ERRNO(umount("m"), EPERM);
	}
	EXPECT_CHILD_OK(pid);
}

void stage_fs_mount(void)
{
	scratch_enter("fs.mount");
	check_cover();
	check_size();
	check_read_only();
	check_busy();
	check_bind();
	check_errors();
	scratch_leave();
}
