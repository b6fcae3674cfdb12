/*
 * Bad pointers into every system call: each argument that points into user memory, in each call of
 * kernel/syscall/syscalls.def that exists, is given eight kinds of pointer that should not work.
 *
 *   build/xtask run -- build/user/tests/badptr
 *
 * Each call is made by a child of its own, with harmless values in the other arguments.  One line for an
 * argument: its call, its name, and what came of the eight kinds: minus errno, 0, "+" (a positive
 * result), "x" (the child became another program), "b" (it blocked), "k9" (signal 9 ended it).
 * badptr.linux holds what Debian's Linux answers.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGS_MAX = 6, KINDS = 8, PAGE = 4096, BLOCKED_MS = 100 };
enum { RESULT_NONE = 0x7777 };

struct call {
	long nr;
	const char *name;
	const char *types[ARGS_MAX];
	const char *args[ARGS_MAX];
};

/* __user stays in the text of a type: that is how an argument is known to be a pointer. */
#define PAIR_TYPE(t, n) #t
#define PAIR_NAME(t, n) #n
#define MAP(m, ...)     __VA_OPT__(MAP1(m, __VA_ARGS__))
#define MAP1(m, a, ...) m a __VA_OPT__(, MAP2(m, __VA_ARGS__))
#define MAP2(m, a, ...) m a __VA_OPT__(, MAP3(m, __VA_ARGS__))
#define MAP3(m, a, ...) m a __VA_OPT__(, MAP4(m, __VA_ARGS__))
#define MAP4(m, a, ...) m a __VA_OPT__(, MAP5(m, __VA_ARGS__))
#define MAP5(m, a, ...) m a __VA_OPT__(, MAP6(m, __VA_ARGS__))
#define MAP6(m, a)      m a

static const struct call calls[] = {
#define SYSCALL(n, sc, ...) { n, #sc, { MAP(PAIR_TYPE, __VA_ARGS__) }, { MAP(PAIR_NAME, __VA_ARGS__) } },
#define PLANNED(...)
#include "../../kernel/syscall/syscalls.def"
#undef SYSCALL
#undef PLANNED
};

static const char *const kind_names[KINDS] = {
	"NULL", "unmapped", "kernel text", "kernel data", "read-only", "straddling", "top", "misaligned",
};

static char *zeroes;            /* a page that may be written, full of zeroes */
static char *read_only;
static char *straddle;          /* a page with nothing behind it */
static volatile long *result;   /* shared with the child */
static int data_fd;

static unsigned long bad_pointer(int kind)
{
	switch (kind) {
	case 0: return 0;
	case 1: return 0x10000000;
	case 2: return 0xffffc00000100000;
	case 3: return 0xffff000040100000;
	case 4: return (unsigned long)read_only;
	case 5: return (unsigned long)straddle + PAGE - 2;
	case 6: return 0xfffffffffffffff8;
	default: return (unsigned long)zeroes + 1;
	}
}

static int is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* Something that an integer argument may be without doing harm. */
static unsigned long good_number(const struct call *c, int i)
{
	const char *n = c->args[i];

	if (is(n, "fd") || is(n, "in_fd") || is(n, "out_fd") || is(n, "old"))
		return data_fd;
	if (strstr(n, "dirfd"))
		return AT_FDCWD;
	if (is(n, "pid") || is(n, "tid") || is(n, "id"))
		return getpid();
	if (is(n, "sig"))
		return SIGUSR1;
	if (is(n, "resource"))
		return 4; /* RLIMIT_CORE */
	if (is(c->name, "clone") && is(n, "flags"))
		return SIGCHLD;
	if (is(c->name, "clone3") && is(n, "size"))
		return 64;
	if (is(c->name, "futex") && is(n, "val"))
		return 1;
	if (is(c->name, "futex") && is(n, "op"))
		return 3; /* FUTEX_REQUEUE, which takes both pointers */
	if (is(c->name, "waitid") && is(n, "options"))
		return WEXITED | WNOHANG;
	if (is(c->name, "set_robust_list") && is(n, "size"))
		return 24;
	if (strstr(n, "size") || is(n, "count") || is(n, "length") || is(n, "nr"))
		return 8;
	return 0;
}

static unsigned long good_value(const struct call *c, int i)
{
	const char *t = c->types[i];

	if (!strstr(t, "__user"))
		return good_number(c, i);
	if (is(t, "const char __user *") || (is(t, "char __user *") && is(c->args[i], "path")))
		return (unsigned long)"/tmp/badptr.dat";
	return (unsigned long)zeroes;
}

static long raw(long nr, const unsigned long a[ARGS_MAX])
{
	register unsigned long x0 __asm__("x0") = a[0];
	register unsigned long x1 __asm__("x1") = a[1];
	register unsigned long x2 __asm__("x2") = a[2];
	register unsigned long x3 __asm__("x3") = a[3];
	register unsigned long x4 __asm__("x4") = a[4];
	register unsigned long x5 __asm__("x5") = a[5];
	register long x8 __asm__("x8") = nr;

	__asm__ volatile("svc #0" : "+r"(x0)
			 : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8) : "memory", "cc");
	return (long)x0;
}

static void child(const struct call *c, int bad, int kind)
{
	unsigned long a[ARGS_MAX] = { 0 };
	pid_t self = getpid();
	int null = open("/dev/null", O_RDWR);
	long ret;
	int i;

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	for (i = 0; i < ARGS_MAX && c->args[i]; i++)
		a[i] = i == bad ? bad_pointer(kind) : good_value(c, i);
	ret = raw(c->nr, a);
	/* A child of the child, from clone. */
	if (getpid() != self)
		_exit(0);
	*result = ret;
	_exit(0);
}

/* Waits for the child, not for ever.  Its wait status, or -1 when it had to be killed. */
static int child_wait(pid_t pid)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	int status, i;

	for (i = 0; i < BLOCKED_MS; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		if (i > 1)
			nanosleep(&ms, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

static void try_kind(const struct call *c, int bad, int kind)
{
	int status;
	pid_t pid;

	*result = RESULT_NONE;
	memset(zeroes, 0, PAGE);
	pid = fork();
	if (pid == 0)
		child(c, bad, kind);
	status = child_wait(pid);
	if (status == -1)
		printf(" b");
	else if (WIFSIGNALED(status))
		printf(" k%d", WTERMSIG(status));
	else if (*result == RESULT_NONE)
		printf(" x");
	else if (*result > 0)
		printf(" +");
	else
		printf(" %ld", *result);
}

static void *page(int prot)
{
	void *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	munmap((char *)p + PAGE, PAGE);
	mprotect(p, PAGE, prot);
	return p;
}

int main(int argc, char **argv)
{
	size_t i;
	int bad, kind;

	zeroes = page(PROT_READ | PROT_WRITE);
	read_only = page(PROT_READ);
	straddle = page(PROT_READ | PROT_WRITE);
	result = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	data_fd = open("/tmp/badptr.dat", O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (data_fd < 0 || write(data_fd, zeroes, PAGE) != PAGE) {
		perror("badptr");
		return 1;
	}
	lseek(data_fd, 0, SEEK_SET);

	printf("#");
	for (kind = 0; kind < KINDS; kind++)
		printf(" %s%s", kind_names[kind], kind < KINDS - 1 ? "," : "\n");
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const struct call *c = &calls[i];

		if (argc > 1 && !is(argv[1], c->name))
			continue;
		for (bad = 0; bad < ARGS_MAX && c->args[bad]; bad++) {
			if (!strstr(c->types[bad], "__user"))
				continue;
			printf("%s %s", c->name, c->args[bad]);
			for (kind = 0; kind < KINDS; kind++)
				try_kind(c, bad, kind);
			printf("\n");
			fflush(stdout);
		}
	}
	return 0;
}
