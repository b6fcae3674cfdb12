/*
 * Random calls about names and files, the same on every kernel: what each returns is compared with Linux.
 *
 *   build/xtask run -- build/user/tests/fsdiff SEED [all]
 *
 * Prints one line per hundred calls: a hash of their results; `all` prints each call, to find the first that
 * differs.  An even seed runs as root, an odd one as user 1001.  fsdiff.linux holds Linux's lines for the
 * seeds 1 to 4; they come from `build/xtask run --profile oracle`, too.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS = 3000, LINE = 100, FILES = 8, USER = 1001, TEXT = 4096, BUFFER = 32768 };

static unsigned int random_state;
static int fds[FILES];
static char buffer[BUFFER], cwd[TEXT];
static struct stat root;

/* Marsaglia's xorshift. */
static unsigned int draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static void draw_component(char *out)
{
	unsigned int kind = draw() % 14, letter = draw() % 3, digit = draw() % 3;

	if (kind == 13)
		strcpy(out, "..");
	else if (kind == 12)
		strcpy(out, ".");
	else if (kind == 11)
		sprintf(out, "a-name-that-is-longer-than-what-fits-inline-%u", digit);
	else
		sprintf(out, "%c%u", "dfl"[letter], digit);
}

static void draw_path(char *out)
{
	unsigned int depth = draw() % 4;
	char name[64];

	strcpy(out, draw() % 12 ? "" : "/fsdiff/");
	for (unsigned int i = 0; i <= depth; i++) {
		if (i)
			strcat(out, draw() % 10 ? "/" : "//");
		draw_component(name);
		strcat(out, name);
	}
	if (draw() % 8 == 0)
		strcat(out, "/");
	if (draw() % 200 == 0)
		*out = 0;
}

/* One call: two paths, two numbers, an open file. */
struct call {
	char a[512], b[512];
	unsigned int x, y;
	int *fd;
};

/* What stat says, but not of the root, which differs from machine to machine. */
static long stat_result(long r, const struct stat *st)
{
	if (r || st->st_ino == root.st_ino)
		return r;
	return st->st_mode * 1000L + (S_ISREG(st->st_mode) ? st->st_size : st->st_nlink);
}

static long call_open(const struct call *c)
{
	static const int flags[] = {
		O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_EXCL, O_RDWR | O_TRUNC,
		O_WRONLY | O_APPEND | O_CREAT, O_RDONLY | O_DIRECTORY, O_RDONLY | O_NOFOLLOW, O_PATH,
		O_PATH | O_NOFOLLOW, O_RDONLY | O_CREAT | O_NOFOLLOW, O_RDONLY | O_TRUNC,
		O_WRONLY | O_CREAT | O_TRUNC, O_PATH | O_CREAT,
	};

	if (*c->fd >= 0)
		close(*c->fd);
	*c->fd = open(c->a, flags[c->x % (sizeof(flags) / sizeof(flags[0]))] | O_NONBLOCK, c->y & 07777);
	return *c->fd >= 0 ? 0 : -1;
}

static long call_getcwd(const struct call *c)
{
	long r = syscall(SYS_getcwd, cwd, sizeof(cwd));

	if (c->x % 2)
		(void)!chdir("/fsdiff");
	return r;
}

static long call_content(const struct call *c, unsigned int which)
{
	switch (which) {
	case 0:
		return pwrite(*c->fd, buffer, c->x % 20000, c->y % 20000);
	case 1:
		return pread(*c->fd, buffer, c->x % 20000, c->y % 30000);
	case 2:
		return write(*c->fd, buffer, c->x % 5000);
	case 3:
		return ftruncate(*c->fd, c->x % 30000);
	case 4:
		return truncate(c->a, c->x % 10000);
	case 5:
		return syscall(SYS_fallocate, *c->fd, c->x % 4, (long)(c->y % 9000), (long)(c->x % 9000));
	default:
		return lseek(*c->fd, c->x % 20000, c->y % 3);
	}
}

static long call_name(const struct call *c, unsigned int which)
{
	switch (which) {
	case 0:
	case 1:
		return mkdir(c->a, c->x & 01777);
	case 2:
		return rmdir(c->a);
	case 3:
		return unlink(c->a);
	case 4:
	case 5:
		return rename(c->a, c->b);
	case 6:
		return syscall(SYS_renameat2, AT_FDCWD, c->a, AT_FDCWD, c->b, c->x % 4);
	case 7:
		return linkat(*c->fd, c->x % 2 ? "" : c->a, AT_FDCWD, c->b, c->x % 2 ? AT_EMPTY_PATH : 0);
	case 8:
		return symlink(c->x % 2 ? c->b : "/fsdiff/d0", c->a);
	case 9:
		return mknod(c->a, (c->x % 2 ? S_IFIFO : S_IFREG) | (c->y & 0777), 0);
	case 10:
		return unlinkat(*c->fd, c->a, c->x % 3 ? 0 : AT_REMOVEDIR);
	default:
		return mkdirat(*c->fd, c->a, 0755);
	}
}

static long call_inode(const struct call *c, unsigned int which)
{
	struct stat st;

	switch (which) {
	case 0:
		return stat_result(stat(c->a, &st), &st);
	case 1:
		return stat_result(lstat(c->a, &st), &st);
	case 2:
		return stat_result(fstat(*c->fd, &st), &st);
	case 3:
		return chmod(c->a, c->x & 07777);
	case 4:
		return utimensat(AT_FDCWD, c->a, NULL, c->x % 3 ? 0 : AT_SYMLINK_NOFOLLOW);
	case 5:
		return access(c->a, c->x % 8);
	case 6:
		return readlink(c->a, buffer, 1 + c->x % 50);
	case 7:
		return chdir(c->a);
	case 8:
		return fchdir(*c->fd);
	default:
		return call_getcwd(c);
	}
}

static long call_make(const struct call *c)
{
	unsigned int kind = draw() % 32;

	errno = 0;
	if (kind < 12)
		return call_name(c, kind);
	if (kind < 22)
		return call_inode(c, kind - 12);
	if (kind < 29)
		return call_content(c, kind - 22);
	return call_open(c);
}

/* A directory seven deep, so that ".." rarely leads to the root; an ordinary user finds mixed rights in it. */
static void prepare(int seed)
{
	char name[8];

	umask(022);
	memset(buffer, 'x', sizeof(buffer));
	memset(fds, -1, sizeof(fds));
	random_state = seed * 2654435761u + 1;
	chmod("/", 0755);
	stat("/", &root);
	mkdir("/fsdiff", 0755);
	chmod("/fsdiff", 0777);
	(void)!chdir("/fsdiff");
	for (int i = 0; i < 6; i++) {
		mkdir("up", 0755);
		(void)!chdir("up");
	}
	chmod(".", 0777);
	for (int i = 0; i < 6; i++) {
		sprintf(name, "%c%d", "df"[i % 2], i / 2);
		if (i % 2)
			close(open(name, O_CREAT | O_RDWR, 0640 + i));
		else
			mkdir(name, 0750 + i);
		(void)!chown(name, i % 3 ? USER : USER + 1, i % 2 ? USER : 7);
	}
	if (seed % 2)
		(void)!(setgid(USER) || setuid(USER));
}

int main(int argc, char **argv)
{
	int seed = argc > 1 ? atoi(argv[1]) : 1;
	int all = argc > 2;
	unsigned int hash = 0;

	prepare(seed);
	for (int i = 1; i <= CALLS; i++) {
		struct call c;
		long r;

		draw_path(c.a);
		draw_path(c.b);
		c.x = draw();
		c.y = draw();
		c.fd = &fds[draw() % FILES];
		r = call_make(&c);
		if (r < 0)
			r = -errno;
		hash = hash * 31 + (unsigned int)r;
		if (all)
			printf("%d %s %s %u %u = %ld in %s\n", i, c.a, c.b, c.x, c.y, r, cwd);
		else if (i % LINE == 0)
			printf("seed %d call %d hash %08x\n", seed, i, hash);
	}
	return 0;
}
