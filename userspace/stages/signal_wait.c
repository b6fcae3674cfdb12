/* Stages of masks, interrupted calls, waiting for signals, default actions and faults. */
#include "asleep.h"
#include "expect.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

enum { PAGE = 4096, SHORT_NS = 3000000, LONG_NS = 900000000 };

static volatile int order[16];
static volatile int runs;
static volatile siginfo_t last;

static void handler_order(int sig)
{
	if (runs < 16)
		order[runs] = sig;
	runs++;
}

static void catch_flags(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&sa.sa_mask);
	EXPECT_OK(sigaction(sig, &sa, NULL));
}

static void sleep_ns(long ns)
{
	struct timespec ts = { 0, ns };

	nanosleep(&ts, NULL);
}

static sigset_t set_of(int a, int b)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, a);
	if (b)
		sigaddset(&set, b);
	return set;
}

/* ---- 74 ------------------------------------------------------------------------------------------ */

void stage_sig_mask(void)
{
	sigset_t both = set_of(SIGUSR1, SIGUSR2), old, pending, kill_set = set_of(SIGKILL, SIGSTOP);
	int base;

	catch_flags(SIGUSR1, handler_order, 0);
	catch_flags(SIGUSR2, handler_order, 0);
	EXPECT_OK(sigprocmask(SIG_BLOCK, &both, &old));
	EXPECT(!sigismember(&old, SIGUSR1));
	EXPECT_OK(kill(getpid(), SIGUSR2));
	EXPECT_OK(kill(getpid(), SIGUSR1));
	EXPECT_OK(kill(getpid(), SIGUSR1));
	EXPECT_EQ(runs, 0);
	EXPECT_OK(sigpending(&pending));
	EXPECT(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGUSR2));
	EXPECT(!sigismember(&pending, SIGTERM));

	/* A frame for each: the lower number's is pushed first, so its handler runs last. */
	EXPECT_OK(sigprocmask(SIG_SETMASK, &old, NULL));
	EXPECT_EQ(runs, 2);
	EXPECT_EQ(order[0], SIGUSR2);
	EXPECT_EQ(order[1], SIGUSR1);
	EXPECT_OK(sigpending(&pending));
	EXPECT(!sigismember(&pending, SIGUSR1) && !sigismember(&pending, SIGUSR2));

	/* One at a time they come in the order of their numbers. */
	base = runs;
	both = set_of(SIGUSR2, 0);
	EXPECT_OK(sigprocmask(SIG_BLOCK, &both, NULL));
	EXPECT_OK(kill(getpid(), SIGUSR2));
	EXPECT_OK(kill(getpid(), SIGUSR1));
	EXPECT_EQ(runs, base + 1);
	EXPECT_EQ(order[base], SIGUSR1);
	EXPECT_OK(sigprocmask(SIG_UNBLOCK, &both, NULL));
	EXPECT_EQ(order[base + 1], SIGUSR2);

	/* SIGKILL and SIGSTOP are never blocked, and a mask of another size is no mask. */
	EXPECT_OK(sigprocmask(SIG_BLOCK, &kill_set, NULL));
	EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &old));
	EXPECT(!sigismember(&old, SIGKILL) && !sigismember(&old, SIGSTOP));
	EXPECT_ERRNO(syscall(SYS_rt_sigprocmask, 7, &both, NULL, 8), EINVAL);
	EXPECT_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &both, NULL, 16), EINVAL);
	EXPECT_ERRNO(syscall(SYS_rt_sigprocmask, SIG_BLOCK, (void *)8, NULL, 8), EFAULT);
}

/* ---- 75 ------------------------------------------------------------------------------------------ */

/* A child that signals us once we sleep; when we sleep again it writes a byte to the pipe and ends. */
static pid_t disturber(int sig, int fd)
{
	pid_t child, parent = getpid();

	IN_CHILD(child) {
		wait_until_asleep(parent);
		EXPECT_OK(kill(parent, sig));
		wait_until_asleep(parent);
		if (fd >= 0)
			EXPECT_EQ(write(fd, "x", 1), 1L);
	}
	return child;
}

static void restart_of_sleep(void)
{
	struct timespec want = { 0, LONG_NS }, left = { 0, 0 }, start, end;
	pid_t child = disturber(SIGUSR2, -1);

	EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &start));
	EXPECT_ERRNO(nanosleep(&want, &left), EINTR);
	EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &end));
	EXPECT_EQ(left.tv_sec, 0L);
	EXPECT_GT(left.tv_nsec, 0L);
	EXPECT_LT(left.tv_nsec, (long)LONG_NS);
	EXPECT_LE((end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec + left.tv_nsec,
		  (long)LONG_NS * 2);
	EXPECT_CHILD_OK(child);
}

/* A signal that nobody handles does not disturb a sleep at all (restart_syscall). */
static void restart_without_handler(void)
{
	struct timespec want = { 0, 4 * SHORT_NS }, start, end;
	pid_t child;

	catch_flags(SIGCONT, SIG_DFL, 0);
	child = disturber(SIGCONT, -1);
	EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &start));
	EXPECT_OK(nanosleep(&want, NULL));
	EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &end));
	EXPECT_GE((end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec, want.tv_nsec);
	EXPECT_CHILD_OK(child);
}

void stage_sig_restart(void)
{
	int fds[2], before;
	pid_t child;
	char byte;

	EXPECT_OK(pipe(fds));
	catch_flags(SIGUSR1, handler_order, SA_RESTART);
	catch_flags(SIGUSR2, handler_order, 0);

	child = disturber(SIGUSR1, fds[1]);
	EXPECT_EQ(read(fds[0], &byte, 1), 1L);
	EXPECT_EQ(byte, 'x');
	EXPECT_EQ(runs, 1);
	EXPECT_CHILD_OK(child);

	child = disturber(SIGUSR2, fds[1]);
	EXPECT_ERRNO(read(fds[0], &byte, 1), EINTR);
	EXPECT_EQ(runs, 2);
	EXPECT_EQ(read(fds[0], &byte, 1), 1L);
	EXPECT_CHILD_OK(child);

	/* poll() never restarts, SA_RESTART or not. */
	before = runs;
	child = disturber(SIGUSR1, -1);
	EXPECT_ERRNO(poll(NULL, 0, 20000), EINTR);
	EXPECT_EQ(runs, before + 1);
	EXPECT_CHILD_OK(child);
	restart_of_sleep();
	restart_without_handler();
}

/* ---- 76 ------------------------------------------------------------------------------------------ */

static void suspend_and_pause(void)
{
	sigset_t usr1 = set_of(SIGUSR1, 0), none, old;
	pid_t child;

	sigemptyset(&none);
	EXPECT_OK(sigprocmask(SIG_BLOCK, &usr1, NULL));
	/* Pending already: it is delivered at once, with the mask as it was before. */
	EXPECT_OK(kill(getpid(), SIGUSR1));
	EXPECT_ERRNO(sigsuspend(&none), EINTR);
	EXPECT_EQ(runs, 1);
	EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &old));
	EXPECT(sigismember(&old, SIGUSR1));

	child = disturber(SIGUSR1, -1);
	EXPECT_ERRNO(sigsuspend(&none), EINTR);
	EXPECT_EQ(runs, 2);
	EXPECT_CHILD_OK(child);

	EXPECT_OK(sigprocmask(SIG_UNBLOCK, &usr1, NULL));
	child = disturber(SIGUSR1, -1);
	EXPECT_ERRNO(pause(), EINTR);
	EXPECT_EQ(runs, 3);
	EXPECT_CHILD_OK(child);
	child = disturber(SIGUSR1, -1);
	EXPECT_ERRNO(syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0), EINTR);
	EXPECT_EQ(runs, 4);
	EXPECT_CHILD_OK(child);
}

static void timed_wait(void)
{
	sigset_t waited = set_of(SIGUSR2, SIGCHLD);
	struct timespec zero = { 0, 0 }, moment = { 0, SHORT_NS }, start, end;
	siginfo_t info;
	pid_t child;

	EXPECT_OK(sigprocmask(SIG_BLOCK, &waited, NULL));
	while (sigtimedwait(&waited, &info, &zero) > 0)
		;
	EXPECT_ERRNO(sigtimedwait(&waited, &info, &zero), EAGAIN);
	EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &start));
	EXPECT_ERRNO(sigtimedwait(&waited, &info, &moment), EAGAIN);
	EXPECT_OK(clock_gettime(CLOCK_MONOTONIC, &end));
	EXPECT_GE((end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec, (long)SHORT_NS);

	EXPECT_OK(kill(getpid(), SIGUSR2));
	EXPECT_EQ(sigtimedwait(&waited, &info, &zero), SIGUSR2);
	EXPECT_EQ(info.si_signo, SIGUSR2);
	EXPECT_EQ(info.si_pid, getpid());

	/* While asleep; and SIGCHLD, which by default would be dropped. */
	child = disturber(SIGUSR2, -1);
	EXPECT_EQ(sigwaitinfo(&waited, &info), SIGUSR2);
	EXPECT_EQ(info.si_pid, child);
	EXPECT_EQ(sigwaitinfo(&waited, &info), SIGCHLD);
	EXPECT_EQ(info.si_pid, child);
	EXPECT_EQ(info.si_code, CLD_EXITED);
	EXPECT_CHILD_OK(child);

	/*
	 * Another signal's handler ends the wait (musl's own function would begin again).  Not for SIGCHLD:
	 * the child may be gone before we look.
	 */
	EXPECT_OK(sigdelset(&waited, SIGCHLD));
	child = disturber(SIGUSR1, -1);
	EXPECT_ERRNO(syscall(SYS_rt_sigtimedwait, &waited, &info, NULL, 8), EINTR);
	EXPECT_EQ(runs, 5);
	EXPECT_CHILD_OK(child);
}

void stage_sig_suspend(void)
{
	catch_flags(SIGUSR1, handler_order, 0);
	suspend_and_pause();
	timed_wait();
}

/* ---- 84 ------------------------------------------------------------------------------------------ */

/* How a child ends that gets this signal with its default action. */
static int status_of(int sig, int core_limit)
{
	struct rlimit limit = { core_limit, RLIM_INFINITY };
	int status = 0;
	pid_t child;

	IN_CHILD(child) {
		EXPECT_OK(setrlimit(RLIMIT_CORE, &limit));
		kill(getpid(), sig);
		_exit(42);
	}
	EXPECT_EQ(waitpid(child, &status, 0), child);
	return status;
}

static void default_ends(void)
{
	static const int terms[] = { SIGHUP, SIGINT, SIGKILL, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1,
				     SIGUSR2, SIGSTKFLT, SIGIO, SIGPWR, SIGVTALRM, SIGPROF, 34, 64 };
	static const int cores[] = { SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV,
				     SIGXCPU, SIGXFSZ, SIGSYS };
	static const int ignored[] = { SIGCHLD, SIGCONT, SIGURG, SIGWINCH };
	unsigned int i;

	for (i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		EXPECT_EQ(status_of(terms[i], 0), terms[i]);
	for (i = 0; i < sizeof(cores) / sizeof(cores[0]); i++)
		EXPECT_EQ(status_of(cores[i], 0), cores[i]);
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		EXPECT_EQ(status_of(ignored[i], 0), 42 << 8);
	EXPECT_EQ(status_of(SIGABRT, 1 << 20) & 0x7f, SIGABRT);
	EXPECT(WCOREDUMP(status_of(SIGABRT, 1 << 20)));
	EXPECT(!WCOREDUMP(status_of(SIGTERM, 1 << 20)));
}

/* The core file of a child that is killed at a known place: its registers, and a word of its memory. */
static void default_core(void)
{
	static struct { Elf64_Ehdr eh; Elf64_Phdr ph[64]; } head;
	static unsigned char notes[4096];
	static volatile unsigned long marker;
	unsigned long word = 0;
	struct rlimit limit = { 1 << 24, RLIM_INFINITY };
	int fd, status, found = 0;
	pid_t child;

	(void)unlink("/core");
	IN_CHILD(child) {
		EXPECT_OK(setrlimit(RLIMIT_CORE, &limit));
		marker = 0x1234567812345678;
		__asm__ volatile("mov x19, %0\n\t.inst 0" : : "r"(0xfeedul) : "x19");
	}
	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, SIGILL | 0x80);
	fd = open("/core", O_RDONLY);
	EXPECT_OK(fd);
	EXPECT_GT(read(fd, &head, sizeof(head)), (long)sizeof(head.eh));
	EXPECT_MEM(head.eh.e_ident, ELFMAG, SELFMAG);
	EXPECT_EQ((int)head.eh.e_type, ET_CORE);
	EXPECT_EQ((int)head.ph[0].p_type, PT_NOTE);
	EXPECT_GE(pread(fd, notes, sizeof(notes), head.ph[0].p_offset), 1000L);
	/* The first note is NT_PRSTATUS: signal at 12, pid at 32, x0 at 112 behind header and name. */
	EXPECT_EQ(((Elf64_Nhdr *)notes)->n_type, 1u);
	EXPECT_EQ(*(short *)(notes + 20 + 12), SIGILL);
	EXPECT_EQ(*(int *)(notes + 20 + 32), child);
	EXPECT_EQ(*(unsigned long *)(notes + 20 + 112 + 19 * 8), 0xfeedul);
	for (int i = 1; i < head.eh.e_phnum && i < 64; i++) {
		unsigned long offset = (unsigned long)&marker - head.ph[i].p_vaddr;

		if (offset >= head.ph[i].p_filesz)
			continue;
		EXPECT_EQ(pread(fd, &word, sizeof(word), head.ph[i].p_offset + offset), 8L);
		found++;
	}
	EXPECT_EQ(found, 1);
	EXPECT_EQ(word, 0x1234567812345678ul);
	EXPECT_OK(close(fd));
	EXPECT_OK(unlink("/core"));
}

static void default_stop(int sig)
{
	int status = 0, fds[2];
	pid_t child;
	char byte;

	EXPECT_OK(pipe(fds));
	IN_CHILD(child) {
		/* A group of its own, whose parent is in another one of the session: not orphaned. */
		EXPECT_OK(setpgid(0, 0));
		for (;;) {
			EXPECT_EQ(write(fds[1], "t", 1), 1L);
			sleep_ns(SHORT_NS / 3);
		}
	}
	EXPECT_EQ(read(fds[0], &byte, 1), 1L);
	EXPECT_OK(kill(child, sig));
	EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
	EXPECT(WIFSTOPPED(status));
	EXPECT_EQ(WSTOPSIG(status), sig);
	/* It is reported once, and does nothing. */
	EXPECT_EQ(waitpid(child, &status, WUNTRACED | WNOHANG), 0);
	EXPECT_OK(fcntl(fds[0], F_SETFL, O_NONBLOCK));
	while (read(fds[0], &byte, 1) > 0)
		;
	sleep_ns(SHORT_NS);
	EXPECT_ERRNO(read(fds[0], &byte, 1), EAGAIN);
	EXPECT_OK(fcntl(fds[0], F_SETFL, 0));

	EXPECT_OK(kill(child, SIGCONT));
	EXPECT_EQ(waitpid(child, &status, WCONTINUED), child);
	EXPECT(WIFCONTINUED(status));
	EXPECT_EQ(read(fds[0], &byte, 1), 1L);

	/* SIGKILL ends a stopped process, too. */
	EXPECT_OK(kill(child, SIGSTOP));
	EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
	EXPECT_OK(kill(child, SIGKILL));
	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status, SIGKILL);
	EXPECT_OK(close(fds[0]));
	EXPECT_OK(close(fds[1]));
}

void stage_sig_default(void)
{
	default_ends();
	default_core();
	default_stop(SIGSTOP);
	default_stop(SIGTSTP);
	catch_flags(SIGTERM, SIG_IGN, 0);
	EXPECT_OK(kill(getpid(), SIGTERM));
}

/* ---- 85 ------------------------------------------------------------------------------------------ */

static void handler_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	runs++;
	memcpy((void *)&last, info, sizeof(last));
	uc->uc_mcontext.pc += 4;
}

#define EXPECT_FAULT(sig, code, address, statement)                                                \
	do {                                                                                       \
		int before_ = runs;                                                                \
		statement;                                                                         \
		EXPECT_EQ(runs, before_ + 1);                                                      \
		EXPECT_EQ(last.si_signo, sig);                                                     \
		EXPECT_EQ(last.si_code, code);                                                     \
		EXPECT_EQ((unsigned long)last.si_addr, (unsigned long)(address));                  \
	} while (0)

static unsigned long fault_pc;

#define AT_PC(insn)                                                                                \
	__asm__ volatile("adr x9, 1f\n\tstr x9, [%0]\n1:\t" insn : : "r"(&fault_pc) : "x9", "x0", "memory")
#define STORE(p) __asm__ volatile("strb wzr, [%0]" : : "r"(p) : "memory")
#define LOAD(p)  __asm__ volatile("ldrb w9, [%0]" : : "r"(p) : "x9", "memory")

static void fault_of_memory(void)
{
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *file;
	int fd;

	EXPECT(p != MAP_FAILED);
	EXPECT_OK(munmap(p + PAGE, PAGE));
	EXPECT_FAULT(SIGSEGV, SEGV_MAPERR, p + PAGE + 5, LOAD(p + PAGE + 5));
	EXPECT_FAULT(SIGSEGV, SEGV_MAPERR, 16, STORE((char *)16));
	EXPECT_OK(mprotect(p, PAGE, PROT_READ));
	EXPECT_FAULT(SIGSEGV, SEGV_ACCERR, p + 1, STORE(p + 1));
	EXPECT_OK(mprotect(p, PAGE, PROT_NONE));
	EXPECT_FAULT(SIGSEGV, SEGV_ACCERR, p + 2, LOAD(p + 2));

	/* A mapped file ends before its mapping does. */
	fd = open("/stage-fault", O_RDWR | O_CREAT | O_TRUNC, 0600);
	EXPECT_OK(fd);
	EXPECT_OK(ftruncate(fd, 100));
	file = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	EXPECT(file != MAP_FAILED);
	STORE(file + 200);
	EXPECT_FAULT(SIGBUS, BUS_ADRERR, file + PAGE + 3, LOAD(file + PAGE + 3));
	EXPECT_OK(unlink("/stage-fault"));
}

void stage_sig_fault(void)
{
	static unsigned long words[4] __attribute__((aligned(16)));
	struct sigaction sa = { .sa_sigaction = handler_fault, .sa_flags = SA_SIGINFO };
	int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP }, status;
	pid_t child;

	for (int i = 0; i < 4; i++)
		EXPECT_OK(sigaction(sigs[i], &sa, NULL));
	fault_of_memory();
	EXPECT_FAULT(SIGILL, ILL_ILLOPC, fault_pc, AT_PC(".inst 0"));
	EXPECT_FAULT(SIGTRAP, TRAP_BRKPT, fault_pc, AT_PC("brk #7"));
	/* An exclusive access that is not aligned. */
	EXPECT_FAULT(SIGBUS, BUS_ADRALN, (char *)words + 1,
		     __asm__ volatile("ldxr x9, [%0]" : : "r"((char *)words + 1) : "x9"));

	/* Blocked or ignored, a fault ends the program: it would happen again for ever. */
	IN_CHILD(child) {
		sigset_t set = set_of(SIGSEGV, 0);

		EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
		STORE((char *)16);
	}
	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status & 0x7f, SIGSEGV);
	IN_CHILD(child) {
		signal(SIGILL, SIG_IGN);
		AT_PC(".inst 0");
	}
	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(status & 0x7f, SIGILL);
}
