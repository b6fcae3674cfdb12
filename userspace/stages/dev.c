/* Stage 183: the devices that need no hardware, and the names of terminals. */
#include "expect.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Opens a device and expects its number. */
static int dev_open(const char *path, unsigned int major, unsigned int minor)
{
	int fd = open(path, O_RDWR | O_NOCTTY);
	struct stat st;

	EXPECT_OK(fd);
	EXPECT_OK(fstat(fd, &st));
	EXPECT(S_ISCHR(st.st_mode));
	EXPECT_EQ(st.st_rdev, makedev(major, minor));
	return fd;
}

static int all_zero(const char *p, size_t n)
{
	while (n && *p == 0) {
		p++;
		n--;
	}
	return n == 0;
}

static void dev_null_zero_full(void)
{
	char buf[5000];
	int fd = dev_open("/dev/null", 1, 3);

	EXPECT_EQ(read(fd, buf, sizeof(buf)), 0);
	EXPECT_EQ(write(fd, buf, sizeof(buf)), (ssize_t)sizeof(buf));
	EXPECT_OK(lseek(fd, 100, SEEK_SET));
	close(fd);

	fd = dev_open("/dev/zero", 1, 5);
	memset(buf, 1, sizeof(buf));
	EXPECT_EQ(read(fd, buf, sizeof(buf) - 1), (ssize_t)sizeof(buf) - 1);
	EXPECT(all_zero(buf, sizeof(buf) - 1));
	EXPECT_EQ(buf[sizeof(buf) - 1], 1);
	EXPECT_EQ(write(fd, buf, 10), 10);
	EXPECT_ERRNO(read(fd, (void *)0x10, 10), EFAULT);
	close(fd);

	fd = dev_open("/dev/full", 1, 7);
	EXPECT_ERRNO(write(fd, buf, 1), ENOSPC);
	memset(buf, 1, sizeof(buf));
	EXPECT_EQ(read(fd, buf, 100), 100);
	EXPECT(all_zero(buf, 100));
	close(fd);
}

static void dev_random(const char *path, unsigned int minor)
{
	char a[256], b[256];
	int fd = dev_open(path, 1, minor);
	struct pollfd p = { fd, POLLIN, 0 };
	int ones = 0;

	EXPECT_EQ(poll(&p, 1, 0), 1);
	EXPECT_EQ(read(fd, a, sizeof(a)), (ssize_t)sizeof(a));
	EXPECT_EQ(getrandom(b, sizeof(b), 0), (ssize_t)sizeof(b));
	EXPECT(memcmp(a, b, sizeof(a)) != 0);
	for (size_t i = 0; i < sizeof(a); i++)
		ones += __builtin_popcount((unsigned char)a[i]);
	/* 1024 expected; ten standard deviations of room. */
	EXPECT_GT(ones, 1024 - 226);
	EXPECT_LT(ones, 1024 + 226);
	EXPECT_EQ(write(fd, a, sizeof(a)), (ssize_t)sizeof(a));
	close(fd);
	EXPECT_ERRNO(getrandom(b, 1, 0x100), EINVAL);
}

static void dev_terminals(void)
{
	int fd = dev_open("/dev/console", 5, 1);

	EXPECT(isatty(fd));
	EXPECT_EQ(write(fd, "", 0), 0);
	close(fd);
	/* Nobody's controlling terminal: there is nothing behind /dev/tty. */
	ioctl(0, TIOCNOTTY);
	EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	fd = dev_open("/dev/ttyAMA0", 204, 64);
	EXPECT_OK(ioctl(fd, TIOCSCTTY, 0));
	close(fd);
	fd = dev_open("/dev/tty", 5, 0);
	EXPECT(isatty(fd));
	close(fd);
	fd = open("/dev/null", O_RDONLY);
	EXPECT(!isatty(fd));
	close(fd);
}

/* A node of one's own reaches the same device; a number that nobody drives reaches none. */
static void dev_nodes(void)
{
	int fd;

	EXPECT_OK(mknod("/tmp/zero", S_IFCHR | 0600, makedev(1, 5)));
	fd = dev_open("/tmp/zero", 1, 5);
	close(fd);
	unlink("/tmp/zero");
	EXPECT_OK(mknod("/tmp/none", S_IFCHR | 0600, makedev(240, 77)));
	EXPECT_ERRNO(open("/tmp/none", O_RDONLY), ENXIO);
	unlink("/tmp/none");
}

void stage_fs_dev(void)
{
	dev_null_zero_full();
	dev_random("/dev/random", 8);
	dev_random("/dev/urandom", 9);
	dev_terminals();
	dev_nodes();
}
