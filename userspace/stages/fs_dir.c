/*
 * Stages fs.dir and fs.cwd: directories are made, read and removed; the working directory follows what
 * happens to its path.
 */
#include "expect.h"
#include "scratch.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/syscall.h>

enum { ENTRIES = 300 };

/* What getdents64 writes; the C library hides it. */
struct raw_dirent {
	unsigned long ino;
	long off;
	unsigned short reclen;
	unsigned char type;
	char name[];
};

static void check_mkdir(void)
{
	struct stat st;

	EXPECT_OK(mkdir("d", 0777));
	EXPECT_EQ(file_lstat("d").st_mode, (mode_t)(S_IFDIR | 0755)); /* umask 022 */
	EXPECT_EQ(file_lstat("d").st_nlink, 2u);
	umask(077);
	EXPECT_OK(mkdir("d/private", 01777));
	umask(022);
	EXPECT_EQ(file_lstat("d/private").st_mode, (mode_t)(S_IFDIR | 01700));
	EXPECT_EQ(file_lstat("d").st_nlink, 3u);
	EXPECT_ERRNO(mkdir("d", 0755), EEXIST);
	EXPECT_ERRNO(mkdir("/", 0755), EEXIST);
	EXPECT_ERRNO(mkdir("missing/d", 0755), ENOENT);
	file_make("d/file", "x");
	EXPECT_ERRNO(mkdir("d/file", 0755), EEXIST);

	EXPECT_ERRNO(rmdir("d"), ENOTEMPTY);
	EXPECT_ERRNO(rmdir("d/file"), ENOTDIR);
	EXPECT_ERRNO(rmdir("d/."), EINVAL);
	EXPECT_ERRNO(rmdir("d/private/.."), ENOTEMPTY);
	EXPECT_ERRNO(rmdir("d/missing"), ENOENT);
	EXPECT_ERRNO(rmdir("/"), EBUSY);
	EXPECT_ERRNO(unlink("d/private"), EISDIR);
	EXPECT_OK(rmdir("d/private"));
	EXPECT_EQ(file_lstat("d").st_nlink, 2u);
	EXPECT_OK(unlink("d/file"));
	EXPECT_OK(rmdir("d"));
	EXPECT_ERRNO(stat("d", &st), ENOENT);
}

/* Notes the entries of one getdents64 in seen[]; how many there were. */
static int note_entries(const char *buf, long n, unsigned char *seen, int *dots)
{
	int count = 0;

	for (long at = 0; at < n; count++) {
		const struct raw_dirent *e = (const void *)(buf + at);
		int i;

		EXPECT_EQ(e->reclen % 8, 0);
		at += e->reclen;
		if (sscanf(e->name, "entry-%d", &i) != 1) {
			EXPECT(!strcmp(e->name, ".") || !strcmp(e->name, ".."));
			EXPECT_EQ(e->type, DT_DIR);
			++*dots;
			continue;
		}
		EXPECT(i >= 0 && i < ENTRIES);
		EXPECT_EQ(e->type, DT_REG);
		seen[i]++;
	}
	return count;
}

/* Every entry that is there all the time is read exactly once, whatever happens to the others. */
static void check_getdents(void)
{
	unsigned char seen[ENTRIES] = { 0 }, gone[ENTRIES] = { 0 };
	int dir, dots = 0, turn = 0, victim = 0;
	char buf[512], name[32];
	long n;

	EXPECT_OK(mkdir("many", 0755));
	for (int i = 0; i < ENTRIES; i++) {
		snprintf(name, sizeof(name), "many/entry-%03d", i);
		EXPECT_OK(mknod(name, S_IFREG | 0644, 0));
	}
	dir = open("many", O_RDONLY | O_DIRECTORY);
	EXPECT_OK(dir);
	while ((n = syscall(SYS_getdents64, dir, buf, sizeof(buf))) > 0) {
		note_entries(buf, n, seen, &dots);
		/* Some that were read already go, and some that were not. */
		for (int k = 0; k < 3; k++) {
			victim = (victim + 97) % ENTRIES;
			snprintf(name, sizeof(name), "many/entry-%03d", victim);
			if (unlink(name) == 0)
				gone[victim] = 1;
		}
		if (turn++ < 8) {
			snprintf(name, sizeof(name), "many/new-%d", turn);
			EXPECT_OK(mkdir(name, 0755));
			EXPECT_OK(rmdir(name));
		}
	}
	EXPECT_EQ(n, 0);
	EXPECT_EQ(dots, 2);
	for (int i = 0; i < ENTRIES; i++) {
		if (!gone[i])
			EXPECT_EQ(seen[i], 1);
		EXPECT_LE(seen[i], 1);
	}
	EXPECT_OK(close(dir));
}

/* d_off is a place to come back to. */
static void check_seek(void)
{
	DIR *dir = opendir("many");
	char after[NAME_MAX + 1];
	struct dirent *e;
	long place;

	EXPECT(dir != NULL);
	for (int i = 0; i < 20; i++)
		EXPECT(readdir(dir) != NULL);
	place = telldir(dir);
	e = readdir(dir);
	EXPECT(e != NULL);
	strcpy(after, e->d_name);
	while (readdir(dir))
		;
	seekdir(dir, place);
	e = readdir(dir);
	EXPECT(e != NULL);
	EXPECT_STR(e->d_name, after);
	rewinddir(dir);
	e = readdir(dir);
	EXPECT(e != NULL);
	EXPECT_STR(e->d_name, ".");
	EXPECT_OK(closedir(dir));
}

static void check_getdents_errors(void)
{
	char buf[64];
	int fd;

	file_make("file", "x");
	fd = open("file", O_RDONLY);
	EXPECT_ERRNO(syscall(SYS_getdents64, fd, buf, sizeof(buf)), ENOTDIR);
	EXPECT_OK(close(fd));
	EXPECT_ERRNO(syscall(SYS_getdents64, -1, buf, sizeof(buf)), EBADF);
	EXPECT_OK(mkdir("gone", 0755));
	fd = open("gone", O_RDONLY);
	EXPECT_ERRNO(syscall(SYS_getdents64, fd, buf, 8), EINVAL);
	EXPECT_ERRNO(syscall(SYS_getdents64, fd, (void *)8, 64), EFAULT);
	EXPECT_ERRNO(read(fd, buf, 1), EISDIR);
	EXPECT_OK(rmdir("gone"));
	EXPECT_ERRNO(syscall(SYS_getdents64, fd, buf, sizeof(buf)), ENOENT);
	EXPECT_OK(close(fd));
}

void stage_fs_dir(void)
{
	scratch_enter("fs.dir");
	check_mkdir();
	check_getdents();
	check_seek();
	check_getdents_errors();
	scratch_leave();
}

/* ---- fs.cwd -------------------------------------------------------------------------------------- */

static void expect_cwd(const char *wanted)
{
	char buf[PATH_MAX];

	EXPECT(getcwd(buf, sizeof(buf)) != NULL);
	EXPECT_STR(buf, wanted);
}

static void check_chdir(void)
{
	char buf[PATH_MAX];
	int up;

	expect_cwd("/stage.fs.cwd");
	EXPECT_OK(mkdir("a", 0755));
	EXPECT_OK(mkdir("a/b", 0755));
	EXPECT_OK(symlink("a/b", "ln"));
	file_make("file", "x");
	EXPECT_ERRNO(chdir("file"), ENOTDIR);
	EXPECT_ERRNO(chdir("missing"), ENOENT);
	EXPECT_ERRNO(chdir(""), ENOENT);
	up = open(".", O_RDONLY | O_DIRECTORY);
	EXPECT_OK(up);
	EXPECT_OK(chdir("ln"));
	expect_cwd("/stage.fs.cwd/a/b");
	/* The system call counts the terminator; 18 bytes are needed. */
	EXPECT_EQ(syscall(SYS_getcwd, buf, sizeof(buf)), 18);
	EXPECT_EQ(syscall(SYS_getcwd, buf, 18), 18);
	EXPECT_ERRNO(syscall(SYS_getcwd, buf, 17), ERANGE);
	EXPECT_OK(chdir(".."));
	expect_cwd("/stage.fs.cwd/a");
	EXPECT_OK(fchdir(up));
	expect_cwd("/stage.fs.cwd");
	EXPECT_OK(close(up));
	EXPECT_ERRNO(fchdir(up), EBADF);
	up = open("file", O_RDONLY);
	EXPECT_ERRNO(fchdir(up), ENOTDIR);
	EXPECT_OK(close(up));
	EXPECT_OK(chdir("/"));
	expect_cwd("/");
	EXPECT_OK(chdir("/stage.fs.cwd"));
}

/* A directory that is renamed takes its working processes along. */
static void check_moved(void)
{
	pid_t pid;

	EXPECT_OK(chdir("a/b"));
	EXPECT_OK(rename("/stage.fs.cwd/a", "/stage.fs.cwd/moved"));
	expect_cwd("/stage.fs.cwd/moved/b");
	IN_CHILD(pid) {
		expect_cwd("/stage.fs.cwd/moved/b");
		EXPECT_OK(chdir("/"));
	}
	EXPECT_CHILD_OK(pid);
	expect_cwd("/stage.fs.cwd/moved/b"); /* the child's chdir was its own */
	EXPECT_OK(chdir("/stage.fs.cwd"));
}

static void check_removed(void)
{
	char buf[PATH_MAX];
	struct stat st;

	EXPECT_OK(mkdir("gone", 0755));
	EXPECT_OK(chdir("gone"));
	EXPECT_OK(rmdir("/stage.fs.cwd/gone"));
	EXPECT_ERRNO(syscall(SYS_getcwd, buf, sizeof(buf)), ENOENT);
	EXPECT_OK(stat(".", &st));
	EXPECT_EQ(st.st_nlink, 0u);
	EXPECT_ERRNO(open("x", O_CREAT | O_WRONLY, 0644), ENOENT);
	EXPECT_ERRNO(mkdir("x", 0755), ENOENT);
	EXPECT_ERRNO(stat("x", &st), ENOENT);
	/* A new directory of that name is another one. */
	EXPECT_OK(mkdir("/stage.fs.cwd/gone", 0755));
	EXPECT_ERRNO(syscall(SYS_getcwd, buf, sizeof(buf)), ENOENT);
	EXPECT_OK(chdir(".."));
	expect_cwd("/stage.fs.cwd");
}

void stage_fs_cwd(void)
{
	scratch_enter("fs.cwd");
	check_chdir();
	check_moved();
	check_removed();
	scratch_leave();
}
