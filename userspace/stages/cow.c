/*
 * Stages of fork's memory.  A child is stopped and continued by signals where the two must take turns;
 * how many pages a thing costs is read from sysinfo(2), which counts every free page.
 */
#include "expect.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>

enum { PAGE = 4096, PAGES = 128, SLACK = 32, ROUNDS = 4 };

static char data[3 * PAGE] = "initialised";
static char bss[3 * PAGE];

/* One byte in every page of each kind of memory. */
struct places {
	char *heap, *mapped;
	volatile char *stack;
};

static void places_set(const struct places *p, char value)
{
	for (int i = 0; i < 3 * PAGE; i += PAGE)
		data[i] = bss[i] = p->heap[i] = p->mapped[i] = p->stack[i] = value;
}

static int places_are(const struct places *p, char value)
{
	for (int i = 0; i < 3 * PAGE; i += PAGE) {
		if (data[i] != value || bss[i] != value || p->heap[i] != value ||
		    p->mapped[i] != value || p->stack[i] != value)
			return 0;
	}
	return 1;
}

/* Waits until the child has stopped itself. */
static void wait_stopped(pid_t pid)
{
	int status;

	EXPECT_EQ(waitpid(pid, &status, WUNTRACED), pid);
	EXPECT(WIFSTOPPED(status));
}

void stage_proc_fork(void)
{
	char stack[3 * PAGE];
	struct places p = { malloc(3 * PAGE), NULL, stack };
	pid_t pid, parent = getpid();

	p.mapped = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(p.heap && p.mapped != MAP_FAILED);
	places_set(&p, 'p');

	/* What a child writes is its own. */
	IN_CHILD(pid) {
		EXPECT(getpid() != parent);
		EXPECT_EQ(getppid(), parent);
		EXPECT(places_are(&p, 'p'));
		places_set(&p, 'c');
		EXPECT(places_are(&p, 'c'));
	}
	EXPECT_CHILD_OK(pid);
	EXPECT(places_are(&p, 'p'));

	/* What the parent writes, too; and a grandchild sees its parent's, not its grandparent's. */
	IN_CHILD(pid) {
		pid_t grandchild;

		EXPECT_OK(raise(SIGSTOP));
		EXPECT(places_are(&p, 'p'));
		places_set(&p, 'd');
		IN_CHILD(grandchild) {
			EXPECT(places_are(&p, 'd'));
			places_set(&p, 'g');
		}
		EXPECT_CHILD_OK(grandchild);
		EXPECT(places_are(&p, 'd'));
	}
	wait_stopped(pid);
	places_set(&p, 'q');
	EXPECT_OK(kill(pid, SIGCONT));
	EXPECT_CHILD_OK(pid);
	EXPECT(places_are(&p, 'q'));
	munmap(p.mapped, 3 * PAGE);
	free(p.heap);
}

static long free_pages(void)
{
	struct sysinfo info;

	EXPECT_OK(sysinfo(&info));
	return info.freeram * info.mem_unit / PAGE;
}

static void touch_all(volatile char *p, char value)
{
	for (int i = 0; i < PAGES; i++)
		p[i * PAGE] = value;
}

/* Whether a nanosecond is an instruction, so that time can be judged. */
static int clock_is_deterministic(void)
{
	char words[1024];
	int fd = open("/proc/cmdline", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, words, sizeof(words) - 1);

	if (fd >= 0)
		close(fd);
	words[n < 0 ? 0 : n] = 0;
	return strstr(words, "icount") != NULL;
}

/* What it takes to write once to each page. */
static long touch_time(volatile char *p)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	touch_all(p, 'p');
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec;
}

/* The page that a child shared is taken back as it is: quicker than a new one, let alone a copy. */
static void cow_reuse(void)
{
	volatile char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long fresh, reused;
	pid_t pid;

	EXPECT(p != MAP_FAILED);
	fresh = touch_time(p);
	IN_CHILD(pid)
		EXPECT_EQ(p[0], 'p');
	EXPECT_CHILD_OK(pid);
	reused = touch_time(p);
	if (clock_is_deterministic())
		EXPECT_LT(reused, fresh + fresh / 4);
	EXPECT_OK(munmap((void *)p, PAGES * PAGE));
}

/* One child: sharing costs next to nothing, writing costs a page each, its end gives all back. */
static void cow_round(volatile char *p)
{
	long before = free_pages();
	pid_t pid;

	IN_CHILD(pid) {
		EXPECT_OK(raise(SIGSTOP));
		touch_all(p, 'c');
		EXPECT_OK(raise(SIGSTOP));
	}
	wait_stopped(pid);
	EXPECT_LT(before - free_pages(), (long)SLACK);
	EXPECT_OK(kill(pid, SIGCONT));
	wait_stopped(pid);
	EXPECT_GE(before - free_pages(), (long)PAGES);
	EXPECT_LT(before - free_pages(), (long)PAGES + SLACK);
	EXPECT_EQ(p[0], 'p');
	EXPECT_EQ(p[(PAGES - 1) * PAGE], 'p');
	EXPECT_OK(kill(pid, SIGCONT));
	EXPECT_CHILD_OK(pid);

	/* Ours alone again: written in place. */
	before = free_pages();
	touch_all(p, 'p');
	EXPECT_LT(before - free_pages(), (long)SLACK / 4);
}

void stage_proc_cow(void)
{
	volatile char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long before = 0;

	EXPECT(p != MAP_FAILED);
	touch_all(p, 'p');
	/* Caches fill in the first rounds; from then on every page comes back. */
	for (int i = 0; i < ROUNDS; i++) {
		if (i == ROUNDS / 2)
			before = free_pages();
		cow_round(p);
	}
	EXPECT_LE(before - free_pages(), (long)SLACK / 4);
	EXPECT_OK(munmap((void *)p, PAGES * PAGE));
	cow_reuse();
}
