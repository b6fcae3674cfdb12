/*
 * Stage fs.rename: one name takes another's place (POSIX rename, renameat2(2)).
 */
#include "expect.h"
#include "scratch.h"

#include <fcntl.h>
#include <stdio.h>

enum { NOREPLACE = 1, EXCHANGE = 2, TURNS = 200 };

static void check_files(void)
{
	struct stat st;
	char buf[16];
	int old;

	file_make("a", "one");
	EXPECT_OK(rename("a", "b"));
	EXPECT(file_missing("a"));
	file_expect("b", "one");
	file_make("c", "two");
	EXPECT_OK(old = open("b", O_RDONLY));
	EXPECT_OK(rename("c", "b"));
	file_expect("b", "two");
	EXPECT(file_missing("c"));
	EXPECT_EQ(read(old, buf, sizeof(buf)), 3); /* what was replaced lives on */
	EXPECT_MEM(buf, "one", 3);
	EXPECT_OK(fstat(old, &st));
	EXPECT_EQ(st.st_nlink, 0u);
	EXPECT_OK(close(old));

	/* Two names of one file: both stay. */
	EXPECT_OK(link("b", "b2"));
	EXPECT_OK(rename("b", "b2"));
	EXPECT_EQ(file_lstat("b").st_nlink, 2u);
	EXPECT_OK(rename("b", "b"));
	EXPECT_OK(unlink("b2"));

	/* A symlink is moved, not what it points to. */
	EXPECT_OK(symlink("b", "ln"));
	EXPECT_OK(rename("ln", "ln2"));
	EXPECT(S_ISLNK(file_lstat("ln2").st_mode));
	file_expect("ln2", "two");
}

static void check_directories(void)
{
	struct stat st, up;

	EXPECT_OK(mkdir("d1", 0755));
	EXPECT_OK(mkdir("d2", 0755));
	EXPECT_OK(mkdir("d1/sub", 0755));
	file_make("d1/sub/f", "deep");
	EXPECT_OK(rename("d1/sub", "d2/sub"));
	file_expect("d2/sub/f", "deep");
	EXPECT_EQ(file_lstat("d1").st_nlink, 2u);
	EXPECT_EQ(file_lstat("d2").st_nlink, 3u);
	EXPECT_OK(stat("d2/sub/..", &up));
	st = file_lstat("d2");
	EXPECT_EQ(up.st_ino, st.st_ino);

	EXPECT_OK(rename("d2/sub", "d1")); /* an empty directory is replaced */
	file_expect("d1/f", "deep");
	EXPECT_EQ(file_lstat("d2").st_nlink, 2u);
	EXPECT_ERRNO(rename("d2", "d1"), ENOTEMPTY);
	EXPECT_ERRNO(rename("b", "d1"), EISDIR);
	EXPECT_ERRNO(rename("d1", "b"), ENOTDIR);
	EXPECT_ERRNO(rename("b", "new/"), ENOTDIR);
	EXPECT_ERRNO(rename("missing", "x"), ENOENT);
	EXPECT_ERRNO(rename("b", "missing/x"), ENOENT);
	EXPECT_ERRNO(rename("d1/.", "x"), EBUSY);
	EXPECT_ERRNO(rename("d1/..", "x"), EBUSY);
	EXPECT_OK(rename("d2/", "d3/"));
	EXPECT_OK(rmdir("d3"));
}

/* A directory never becomes its own ancestor. */
static void check_no_cycles(void)
{
	EXPECT_OK(mkdir("p", 0755));
	EXPECT_OK(mkdir("p/q", 0755));
	EXPECT_OK(mkdir("p/q/r", 0755));
	EXPECT_ERRNO(rename("p", "p/x"), EINVAL);
	EXPECT_ERRNO(rename("p", "p/q/x"), EINVAL);
	EXPECT_ERRNO(rename("p", "p/q/r"), EINVAL);
	EXPECT_ERRNO(rename("p/q", "p/q/r/q"), EINVAL);
	EXPECT_ERRNO(rename("p/q/r", "p"), ENOTEMPTY);
	EXPECT_ERRNO(file_rename2("p/q/r", "p", EXCHANGE), EINVAL);
	EXPECT_ERRNO(file_rename2("p", "p/q", EXCHANGE), EINVAL);
	EXPECT_OK(rename("p/q/r", "r"));
	EXPECT_OK(rename("p", "r/p"));
	EXPECT(S_ISDIR(file_lstat("r/p/q").st_mode));
}

static void check_flags(void)
{
	file_make("x", "x");
	file_make("y", "y");
	EXPECT_ERRNO(file_rename2("x", "y", NOREPLACE), EEXIST);
	EXPECT_ERRNO(file_rename2("x", "x", NOREPLACE), EEXIST);
	file_expect("y", "y");
	EXPECT_OK(file_rename2("x", "z", NOREPLACE));
	file_expect("z", "x");
	EXPECT(file_missing("x"));

	EXPECT_OK(file_rename2("y", "z", EXCHANGE));
	file_expect("y", "x");
	file_expect("z", "y");
	EXPECT_ERRNO(file_rename2("y", "missing", EXCHANGE), ENOENT);
	EXPECT_ERRNO(file_rename2("y", "z", NOREPLACE | EXCHANGE), EINVAL);
	EXPECT_ERRNO(file_rename2("y", "z", 0x100), EINVAL);

	/* A file and a directory change places, across directories. */
	EXPECT_OK(mkdir("e1", 0755));
	EXPECT_OK(mkdir("e1/dir", 0755));
	file_make("e1/dir/f", "in dir");
	EXPECT_OK(mkdir("e2", 0755));
	file_make("e2/a-name-that-is-longer-than-what-fits-inline", "long");
	EXPECT_OK(file_rename2("e1/dir", "e2/a-name-that-is-longer-than-what-fits-inline", EXCHANGE));
	file_expect("e2/a-name-that-is-longer-than-what-fits-inline/f", "in dir");
	file_expect("e1/dir", "long");
	EXPECT_EQ(file_lstat("e1").st_nlink, 2u);
	EXPECT_EQ(file_lstat("e2").st_nlink, 3u);
}

/* Whoever looks while a name is being replaced finds the old file or the new one. */
static void check_atomic(void)
{
	char buf[4];
	pid_t pid;
	int fd;

	file_make("name", "old");
	IN_CHILD(pid) {
		for (int i = 0; i < TURNS; i++) {
			file_make("next", i % 2 ? "odd" : "eve");
			EXPECT_OK(rename("next", "name"));
		}
	}
	for (int i = 0; i < TURNS; i++) {
		EXPECT_OK(fd = open("name", O_RDONLY));
		EXPECT_EQ(read(fd, buf, sizeof(buf)), 3);
		EXPECT_OK(close(fd));
	}
	EXPECT_CHILD_OK(pid);
	file_expect("name", "odd");
}

void stage_fs_rename(void)
{
	scratch_enter("fs.rename");
	check_files();
	check_directories();
	check_no_cycles();
	check_flags();
	check_atomic();
	scratch_leave();
}
