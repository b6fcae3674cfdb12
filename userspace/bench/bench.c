/*
 * What the kernel's commonest paths cost.  Under the deterministic clock a nanosecond is an
 * instruction, user's and kernel's together:
 *
 *   build/xtask run --icount --profile fast -- /bench/bench
 *
 * The loop's own few instructions are counted too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CALLS = 20000, FAULTS = 2048, PROCESSES = 50, TURNS = 1000, PAGE = 4096, GIGA = 1000000000 };

/* Straight from the counter, so that reading the clock costs the same everywhere. */
static long bench_ns(void)
{
	unsigned long count, frequency;

	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(count) : : "memory");
	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	return (unsigned __int128)count * GIGA / frequency;
}

static void bench_print(const char *what, long ns, long n)
{
	printf("%-28s %10ld ns\n", what, ns / n);
}

static inline long null_call(void)
{
	register long nr __asm__("x8") = SYS_getppid;
	register long ret __asm__("x0");

	__asm__ volatile("svc 0" : "=r"(ret) : "r"(nr) : "memory");
	return ret;
}

static void bench_syscall(void)
{
	long start;

	null_call();
	start = bench_ns();
	for (int i = 0; i < CALLS; i++)
		null_call();
	bench_print("null system call", bench_ns() - start, CALLS);
}

static void bench_fault(void)
{
	volatile char *p = mmap(NULL, FAULTS * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long start;

	if (p == MAP_FAILED)
		return;
	p[0] = 1;
	start = bench_ns();
	for (int i = 1; i < FAULTS; i++)
		p[i * PAGE] = 1;
	bench_print("minor page fault", bench_ns() - start, FAULTS - 1);
	munmap((void *)p, FAULTS * PAGE);
}

static void bench_process(const char *self, int with_exec)
{
	long start = 0;

	for (int i = 0; i <= PROCESSES; i++) {
		pid_t pid;

		if (i == 1) /* the first warms up */
			start = bench_ns();
		pid = fork();
		if (pid == 0 && with_exec)
			execl(self, self, "exit", (char *)NULL);
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
	bench_print(with_exec ? "fork, exec, exit, wait" : "fork, exit, wait", bench_ns() - start,
		    PROCESSES);
}

static void bench_pipe(void)
{
	int there[2], back[2];
	long start;
	char c = 0;

	if (pipe(there) || pipe(back))
		return;
	if (fork() == 0) {
		close(there[1]);
		while (read(there[0], &c, 1) == 1)
			if (write(back[1], &c, 1) != 1)
				break;
		_exit(0);
	}
	close(there[0]);
	start = bench_ns();
	for (int i = 0; i < TURNS; i++)
		if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
			break;
	bench_print("pipe there and back", bench_ns() - start, TURNS);
	close(there[1]);
	close(back[0]);
	close(back[1]);
	wait(NULL);
}

static void bench_clock(void)
{
	struct timespec ts;
	long start = bench_ns();

	for (int i = 0; i < CALLS; i++)
		clock_gettime(CLOCK_MONOTONIC, &ts);
	bench_print("clock_gettime", bench_ns() - start, CALLS);
}

int main(int argc, char **argv)
{
	long booted = bench_ns();

	if (argc > 1 && !strcmp(argv[1], "exit"))
		_exit(0);
	bench_print("power-on to this program", booted, 1);
	bench_syscall();
	bench_clock();
	bench_fault();
	bench_process(argv[0], 0);
	bench_process(argv[0], 1);
	bench_pipe();
	return 0;
}
