/*
 * What the commonest file system calls cost; under the deterministic clock a nanosecond is an instruction:
 *
 *   build/xtask run --icount --profile fast -- /bench/fs
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TURNS = 500, FILES = 1000, GIGA = 1000000000, MEGABYTE = 1 << 20 };

static long bench_ns(void)
{
	unsigned long count, frequency;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(count) : : "memory");
	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	return (unsigned __int128)count * GIGA / frequency;
}

static char buffer[MEGABYTE];
static struct stat st;
static int fd;

static void do_stat(int i)
{
	stat("f", &st);
}

static void do_stat_deep(int i)
{
	stat("/tmp.bench/d1/d2/d3/d4/f", &st);
}

static void do_stat_missing(int i)
{
	stat("missing", &st);
}

static void do_access(int i)
{
	access("f", R_OK);
}

static void do_fstat(int i)
{
	fstat(fd, &st);
}

static void do_open_close(int i)
{
	close(open("f", O_RDONLY));
}

static void do_read_1(int i)
{
	pread(fd, buffer, 1, 0);
}

static void do_read_4096(int i)
{
	pread(fd, buffer, 4096, 0);
}

static void do_write_4096(int i)
{
	pwrite(fd, buffer, 4096, 0);
}

static void do_create_unlink(int i)
{
	close(open("new", O_RDWR | O_CREAT, 0644));
	unlink("new");
}

static void do_mkdir_rmdir(int i)
{
	mkdir("dir", 0755);
	rmdir("dir");
}

static void do_rename(int i)
{
	rename(i % 2 ? "b" : "a", i % 2 ? "a" : "b");
}

static void do_getcwd(int i)
{
	char cwd[64];

	getcwd(cwd, sizeof(cwd));
}

static const struct {
	const char *what;
	void (*body)(int i);
} benches[] = {
	{ "stat", do_stat },
	{ "stat, five components", do_stat_deep },
	{ "stat of a missing name", do_stat_missing },
	{ "access", do_access },
	{ "fstat", do_fstat },
	{ "open and close", do_open_close },
	{ "pread of 1 byte", do_read_1 },
	{ "pread of 4096 bytes", do_read_4096 },
	{ "pwrite of 4096 bytes", do_write_4096 },
	{ "create, close and unlink", do_create_unlink },
	{ "mkdir and rmdir", do_mkdir_rmdir },
	{ "rename", do_rename },
	{ "getcwd", do_getcwd },
};

static void bench_print(const char *what, long ns, long n)
{
	printf("%-28s %10ld ns\n", what, ns / n);
}

/* A thousand files: made, listed, removed; per file. */
static void bench_directory(void)
{
	long start = bench_ns();
	char name[32];
	DIR *dir;

	mkdir("many", 0755);
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		mknod(name, S_IFREG | 0644, 0);
	}
	bench_print("mknod, of 1000", bench_ns() - start, FILES);
	start = bench_ns();
	dir = opendir("many");
	while (readdir(dir))
		;
	closedir(dir);
	bench_print("readdir, of 1000", bench_ns() - start, FILES);
	start = bench_ns();
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "many/%d", i);
		unlink(name);
	}
	bench_print("unlink, of 1000", bench_ns() - start, FILES);
}

static void bench_megabyte(void)
{
	int big = open("big", O_RDWR | O_CREAT, 0644);
	long start = bench_ns();

	write(big, buffer, MEGABYTE);
	bench_print("write of a new page", bench_ns() - start, MEGABYTE / 4096);
	start = bench_ns();
	pread(big, buffer, MEGABYTE, 0);
	bench_print("read, per page of 256", bench_ns() - start, MEGABYTE / 4096);
	close(big);
}

int main(void)
{
	mkdir("/tmp.bench", 0755);
	chdir("/tmp.bench");
	mkdir("d1", 0755);
	mkdir("d1/d2", 0755);
	mkdir("d1/d2/d3", 0755);
	mkdir("d1/d2/d3/d4", 0755);
	close(open("d1/d2/d3/d4/f", O_RDWR | O_CREAT, 0644));
	close(open("a", O_RDWR | O_CREAT, 0644));
	fd = open("f", O_RDWR | O_CREAT, 0644);
	write(fd, buffer, 8192);
	for (unsigned int b = 0; b < sizeof(benches) / sizeof(benches[0]); b++) {
		long start;

		benches[b].body(0);
		benches[b].body(1);
		start = bench_ns();
		for (int i = 0; i < TURNS; i++)
			benches[b].body(i);
		bench_print(benches[b].what, bench_ns() - start, TURNS);
	}
	bench_directory();
	bench_megabyte();
	return 0;
}
