/*
 * What the stages about files share.
 */
#include "scratch.h"

#include "expect.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>

static char scratch_path[64];

/* Removes a name in a directory, and all below it. */
static void scratch_remove(int dirfd, const char *name)
{
	struct dirent *e;
	DIR *dir;
	int fd;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	EXPECT_OK(fd);
	dir = fdopendir(fd);
	EXPECT(dir != NULL);
	while ((e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			scratch_remove(fd, e->d_name);
	}
	closedir(dir);
	EXPECT_OK(unlinkat(dirfd, name, AT_REMOVEDIR));
}

void scratch_enter(const char *name)
{
	snprintf(scratch_path, sizeof(scratch_path), "/stage.%s", name);
	scratch_remove(AT_FDCWD, scratch_path);
	umask(022);
	EXPECT_OK(mkdir(scratch_path, 0755));
	EXPECT_OK(chdir(scratch_path));
}

void scratch_leave(void)
{
	EXPECT_OK(chdir("/"));
	scratch_remove(AT_FDCWD, scratch_path);
}

void file_make(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	EXPECT_OK(fd);
	EXPECT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	EXPECT_OK(close(fd));
}

void file_expect(const char *name, const char *text)
{
	char buf[128];
	int fd = open(name, O_RDONLY);

	EXPECT_OK(fd);
	EXPECT_EQ(read(fd, buf, sizeof(buf)), (ssize_t)strlen(text));
	EXPECT_MEM(buf, text, strlen(text));
	EXPECT_OK(close(fd));
}

struct stat file_lstat(const char *name)
{
	struct stat st;

	EXPECT_OK(lstat(name, &st));
	return st;
}

int file_missing(const char *name)
{
	struct stat st;

	return lstat(name, &st) < 0 && errno == ENOENT;
}

int file_rename2(const char *from, const char *to, unsigned int flags)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}
