/*
 * Stages of signals over processes and threads: real-time queues, children, exec, fork, threads, nested
 * handlers, a stack that overflows, frames that lie.
 */
#include "expect.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

enum { PAGE = 4096, SHORT_NS = 3000000, NOTES_MAX = 64 };

static volatile int notes, note_sig[NOTES_MAX], note_value[NOTES_MAX];

static void handler_note_value(int sig, siginfo_t *info, void *context)
{
	if (notes < NOTES_MAX) {
		note_sig[notes] = sig;
		note_value[notes] = info->si_value.sival_int;
	}
	notes++;
}

static void catch(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&sa.sa_mask);
	EXPECT_OK(sigaction(sig, &sa, NULL));
}

static sigset_t signals(int first, int last)
{
	sigset_t set;

	sigemptyset(&set);
	for (int sig = first; sig <= last; sig++)
		sigaddset(&set, sig);
	return set;
}

static void pause_ns(long ns)
{
	struct timespec ts = { 0, ns };

	while (nanosleep(&ts, &ts))
		;
}

/* ---- 83 ------------------------------------------------------------------------------------------ */

void stage_sig_queue(void)
{
	int low = SIGRTMIN + 2, high = SIGRTMIN + 5;
	sigset_t set = signals(low, high), usr = signals(SIGUSR1, SIGUSR1);
	union sigval value;

	catch(low, handler_note_value, 0);
	catch(high, handler_note_value, 0);
	catch(SIGUSR1, handler_note_value, 0);
	EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	EXPECT_OK(sigprocmask(SIG_BLOCK, &usr, NULL));
	for (int i = 0; i < 5; i++) {
		value.sival_int = 100 + i;
		EXPECT_OK(sigqueue(getpid(), high, value));
		EXPECT_OK(sigqueue(getpid(), SIGUSR1, value));
		value.sival_int = 200 + i;
		EXPECT_OK(sigqueue(getpid(), low, value));
	}
	/* Taken one by one: the lowest number first, each number in the order of its sending. */
	for (int i = 0; i < 10; i++) {
		siginfo_t info;

		EXPECT_EQ(sigwaitinfo(&set, &info), i < 5 ? low : high);
		EXPECT_EQ(info.si_code, SI_QUEUE);
		EXPECT_EQ(info.si_value.sival_int, i < 5 ? 200 + i : 100 + i - 5);
	}
	/* A standard signal is pending once, with the first value. */
	EXPECT_OK(sigprocmask(SIG_UNBLOCK, &usr, NULL));
	EXPECT_EQ(notes, 1);
	EXPECT_EQ(note_value[0], 100);

	/* To handlers, each with its own value. */
	for (int i = 0; i < 5; i++) {
		value.sival_int = i;
		EXPECT_OK(sigqueue(getpid(), low, value));
	}
	notes = 0;
	EXPECT_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	EXPECT_EQ(notes, 5);
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(note_value[i], i);
}

/* ---- 86 ------------------------------------------------------------------------------------------ */

static volatile int child_codes[NOTES_MAX], child_status[NOTES_MAX], child_count;
static volatile pid_t child_pid[NOTES_MAX];

static void handler_child(int sig, siginfo_t *info, void *context)
{
	if (child_count < NOTES_MAX) {
		child_codes[child_count] = info->si_code;
		child_status[child_count] = info->si_status;
		child_pid[child_count] = info->si_pid;
	}
	child_count++;
}

static void wait_for_count(int count)
{
	for (int i = 0; i < 500 && child_count < count; i++)
		pause_ns(SHORT_NS / 3);
	EXPECT_EQ(child_count, count);
}

static pid_t child_that_sleeps(void)
{
	pid_t child;

	IN_CHILD(child)
		for (;;)
			pause();
	return child;
}

static void chld_of_a_life(void)
{
	pid_t child;
	int status;

	catch(SIGCHLD, handler_child, SA_RESTART);
	child = child_that_sleeps();
	EXPECT_OK(kill(child, SIGSTOP));
	wait_for_count(1);
	EXPECT_EQ(child_codes[0], CLD_STOPPED);
	EXPECT_EQ(child_status[0], SIGSTOP);
	EXPECT_EQ(child_pid[0], child);
	EXPECT_OK(kill(child, SIGCONT));
	wait_for_count(2);
	EXPECT_EQ(child_codes[1], CLD_CONTINUED);
	EXPECT_OK(kill(child, SIGTERM));
	wait_for_count(3);
	EXPECT_EQ(child_codes[2], CLD_KILLED);
	EXPECT_EQ(child_status[2], SIGTERM);
	EXPECT_EQ(waitpid(child, &status, 0), child);

	IN_CHILD(child)
		_exit(7);
	wait_for_count(4);
	EXPECT_EQ(child_codes[3], CLD_EXITED);
	EXPECT_EQ(child_status[3], 7);
	EXPECT_EQ(waitpid(child, &status, 0), child);
}

void stage_sig_chld(void)
{
	pid_t child;
	int status;

	chld_of_a_life();
	/* SA_NOCLDSTOP: stops and continues are not told. */
	catch(SIGCHLD, handler_child, SA_NOCLDSTOP);
	child = child_that_sleeps();
	EXPECT_OK(kill(child, SIGSTOP));
	EXPECT_EQ(waitpid(child, &status, WUNTRACED), child);
	EXPECT_OK(kill(child, SIGCONT));
	EXPECT_EQ(waitpid(child, &status, WCONTINUED), child);
	EXPECT_EQ(child_count, 4);
	EXPECT_OK(kill(child, SIGKILL));
	wait_for_count(5);
	EXPECT_EQ(waitpid(child, &status, 0), child);

	/* SA_NOCLDWAIT: told, but no zombie is left. */
	catch(SIGCHLD, handler_child, SA_NOCLDWAIT);
	IN_CHILD(child)
		pause_ns(SHORT_NS);
	EXPECT_ERRNO(waitpid(child, &status, 0), ECHILD);
	EXPECT_EQ(child_count, 6);
	signal(SIGCHLD, SIG_IGN);
	IN_CHILD(child)
		_exit(3);
	EXPECT_ERRNO(waitpid(child, &status, 0), ECHILD);
	EXPECT_EQ(child_count, 6);
}

/* ---- 87: what the program of the second exec sees ------------------------------------------------ */

void stage_sig_exec(void)
{
	sigset_t set = signals(SIGUSR2, SIGUSR2), now;
	struct sigaction sa;
	char *argv[] = { "/stages/run", "sig.exec", NULL }, *envp[] = { "STAGE_AGAIN=1", NULL };

	if (!getenv("STAGE_AGAIN")) {
		static char stack[16384];
		stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };

		catch(SIGUSR1, handler_note_value, SA_RESTART);
		signal(SIGHUP, SIG_IGN);
		EXPECT_OK(sigaltstack(&alternate, NULL));
		EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
		EXPECT_OK(kill(getpid(), SIGUSR2));
		EXPECT_OK(execve(argv[0], argv, envp));
	}
	EXPECT_OK(sigaction(SIGUSR1, NULL, &sa));
	EXPECT(sa.sa_handler == SIG_DFL);
	EXPECT_EQ(sa.sa_flags & SA_RESTART, 0);
	EXPECT_OK(sigaction(SIGHUP, NULL, &sa));
	EXPECT(sa.sa_handler == SIG_IGN);
	EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &now));
	EXPECT(sigismember(&now, SIGUSR2));
	EXPECT_OK(sigpending(&now));
	EXPECT(sigismember(&now, SIGUSR2));
	{
		stack_t alternate;

		EXPECT_OK(sigaltstack(NULL, &alternate));
		EXPECT_EQ(alternate.ss_flags, SS_DISABLE);
	}
}

/* ---- 88 ------------------------------------------------------------------------------------------ */

void stage_sig_fork(void)
{
	sigset_t set = signals(SIGUSR1, SIGUSR2), now;
	pid_t child;

	catch(SIGUSR1, handler_note_value, 0);
	catch(SIGUSR2, handler_note_value, 0);
	EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	EXPECT_OK(kill(getpid(), SIGUSR1));
	IN_CHILD(child) {
		EXPECT_OK(sigpending(&now));
		EXPECT(!sigismember(&now, SIGUSR1));
		EXPECT_OK(sigprocmask(SIG_BLOCK, NULL, &now));
		EXPECT(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2));
		EXPECT_OK(kill(getpid(), SIGUSR2));
		EXPECT_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
		EXPECT_EQ(notes, 1);
		EXPECT_EQ(note_sig[0], SIGUSR2);
		/* Its own actions from now on. */
		signal(SIGUSR1, SIG_DFL);
	}
	EXPECT_CHILD_OK(child);
	EXPECT_OK(sigpending(&now));
	EXPECT(sigismember(&now, SIGUSR1) && !sigismember(&now, SIGUSR2));
	EXPECT_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	EXPECT_EQ(notes, 1);
	EXPECT_EQ(note_sig[0], SIGUSR1);
}

/* ---- 89 ------------------------------------------------------------------------------------------ */

static volatile pid_t thread_tids[2], handled_by[NOTES_MAX];
static volatile int thread_stop;

static void handler_thread(int sig, siginfo_t *info, void *context)
{
	handled_by[notes % NOTES_MAX] = (pid_t)syscall(SYS_gettid);
	notes++;
}

/* Thread 0 blocks SIGUSR1, thread 1 does not. */
static void *thread_body(void *arg)
{
	sigset_t usr1 = signals(SIGUSR1, SIGUSR1);
	long number = (long)arg;

	if (number == 0)
		pthread_sigmask(SIG_BLOCK, &usr1, NULL);
	else
		pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
	thread_tids[number] = (pid_t)syscall(SYS_gettid);
	while (!thread_stop)
		pause_ns(SHORT_NS / 3);
	return NULL;
}

static void wait_for_notes(int count)
{
	for (int i = 0; i < 500 && notes < count; i++)
		pause_ns(SHORT_NS / 3);
	EXPECT_EQ(notes, count);
}

void stage_sig_thread(void)
{
	sigset_t usr1 = signals(SIGUSR1, SIGUSR1), pending;
	pthread_t threads[2];

	catch(SIGUSR1, handler_thread, SA_RESTART);
	catch(SIGUSR2, handler_thread, SA_RESTART);
	EXPECT_EQ(pthread_sigmask(SIG_BLOCK, &usr1, NULL), 0);
	for (long i = 0; i < 2; i++)
		EXPECT_EQ(pthread_create(&threads[i], NULL, thread_body, (void *)i), 0);
	while (!thread_tids[0] || !thread_tids[1])
		pause_ns(SHORT_NS / 3);

	/* The process's goes to the only one that takes it; each thread's own to itself. */
	for (int i = 0; i < 3; i++) {
		EXPECT_OK(kill(getpid(), SIGUSR1));
		wait_for_notes(i + 1);
		EXPECT_EQ(handled_by[i], thread_tids[1]);
	}
	for (int i = 0; i < 2; i++) {
		EXPECT_OK(syscall(SYS_tgkill, getpid(), thread_tids[i], SIGUSR2));
		wait_for_notes(4 + i);
		EXPECT_EQ(handled_by[3 + i], thread_tids[i]);
	}
	/* To a thread that blocks it: pending there and nowhere else. */
	EXPECT_OK(syscall(SYS_tgkill, getpid(), thread_tids[0], SIGUSR1));
	pause_ns(SHORT_NS);
	EXPECT_EQ(notes, 5);
	EXPECT_OK(sigpending(&pending));
	EXPECT(!sigismember(&pending, SIGUSR1));
	EXPECT_ERRNO(syscall(SYS_tgkill, getpid() + 1, thread_tids[0], SIGUSR1), ESRCH);
	EXPECT_ERRNO(syscall(SYS_tgkill, 0, thread_tids[0], SIGUSR1), EINVAL);

	thread_stop = 1;
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(pthread_join(threads[i], NULL), 0);
}

/* ---- 91 ------------------------------------------------------------------------------------------ */

static volatile int depth, deepest, resent;

static void handler_nested(int sig, siginfo_t *info, void *context)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	if (resent++ < 3)
		kill(getpid(), sig);
	depth--;
}

static void handler_outer(int sig, siginfo_t *info, void *context)
{
	int before = notes;

	kill(getpid(), SIGUSR2);
	/* USR2 is not in our mask: its handler has run within ours. */
	if (notes == before + 1)
		deepest = 99;
}

void stage_sig_nested(void)
{
	struct sigaction sa = { .sa_sigaction = handler_outer, .sa_flags = SA_SIGINFO };

	catch(SIGUSR2, handler_note_value, 0);
	catch(SIGUSR1, handler_outer, 0);
	EXPECT_OK(kill(getpid(), SIGUSR1));
	EXPECT_EQ(deepest, 99);
	/* Blocked by the action's mask it runs behind it. */
	deepest = 0;
	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGUSR2);
	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	EXPECT_OK(kill(getpid(), SIGUSR1));
	EXPECT_EQ(deepest, 0);
	EXPECT_EQ(notes, 2);

	/* A handler's own signal waits for its end, but with SA_NODEFER. */
	catch(SIGTERM, handler_nested, 0);
	EXPECT_OK(kill(getpid(), SIGTERM));
	EXPECT_EQ(resent, 4);
	EXPECT_EQ(deepest, 1);
	resent = deepest = 0;
	catch(SIGTERM, handler_nested, SA_NODEFER);
	EXPECT_OK(kill(getpid(), SIGTERM));
	EXPECT_EQ(resent, 4);
	EXPECT_EQ(deepest, 4);

	/* SA_RESETHAND: once. */
	catch(SIGUSR2, handler_note_value, SA_RESETHAND);
	EXPECT_OK(kill(getpid(), SIGUSR2));
	EXPECT_EQ(notes, 3);
	EXPECT_OK(sigaction(SIGUSR2, NULL, &sa));
	EXPECT(sa.sa_handler == SIG_DFL);
}

/* ---- 92 ------------------------------------------------------------------------------------------ */

static volatile unsigned long overflow_sp, overflow_address;
static ucontext_t overflow_back;
static unsigned char overflow_stack[65536] __attribute__((aligned(16)));

static void handler_overflow(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	notes++;
	overflow_sp = (unsigned long)__builtin_frame_address(0);
	overflow_address = (unsigned long)info->si_addr;
	/* Back to where it all began. */
	memcpy(uc->uc_mcontext.regs, overflow_back.uc_mcontext.regs, sizeof(uc->uc_mcontext.regs));
	uc->uc_mcontext.sp = overflow_back.uc_mcontext.sp;
	uc->uc_mcontext.pc = overflow_back.uc_mcontext.pc;
}

static __attribute__((noinline)) int recurse(volatile int *above)
{
	volatile int here[256];

	here[0] = *above + 1;
	return here[0] < 0 ? 0 : recurse(here) + here[0];
}

void stage_sig_stack_overflow(void)
{
	stack_t alternate = { .ss_sp = overflow_stack, .ss_size = sizeof(overflow_stack) };
	struct rlimit small = { 256 * 1024, 256 * 1024 };
	volatile int zero = 0;
	unsigned long sp, top;

	__asm__ volatile("mov %0, sp" : "=r"(top));
	EXPECT_OK(setrlimit(RLIMIT_STACK, &small));
	EXPECT_OK(sigaltstack(&alternate, NULL));
	catch(SIGSEGV, handler_overflow, SA_ONSTACK);
	for (int round = 1; round <= 2; round++) {
		__asm__ volatile("mov %0, sp" : "=r"(sp));
		overflow_back.uc_mcontext.sp = sp;
		/* A second return, with the registers that are kept. */
		__asm__ volatile("adr x9, 1f\n\tstr x9, [%0]\n\t"
				 "stp x19, x20, [%1, #152]\n\tstp x21, x22, [%1, #168]\n\t"
				 "stp x23, x24, [%1, #184]\n\tstp x25, x26, [%1, #200]\n\t"
				 "stp x27, x28, [%1, #216]\n\tstp x29, x30, [%1, #232]\n1:"
				 : : "r"(&overflow_back.uc_mcontext.pc), "r"(overflow_back.uc_mcontext.regs)
				 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
				   "x12", "x13", "x14", "x15", "x16", "x17", "memory", "cc");
		if (notes < round)
			EXPECT_EQ(recurse(&zero), 0);
		EXPECT_EQ(notes, round);
		EXPECT(overflow_sp >= (unsigned long)overflow_stack &&
		       overflow_sp < (unsigned long)overflow_stack + sizeof(overflow_stack));
		EXPECT_LT(overflow_address, top);
		EXPECT_GT(overflow_address, top - 512 * 1024);
	}
}

/* ---- 93 ------------------------------------------------------------------------------------------ */

static int forge_kind;

static void handler_forge(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned int *record = (unsigned int *)uc->uc_mcontext.__reserved;

	notes++;
	if (notes > 1)
		_exit(77);
	switch (forge_kind) {
	case 0: uc->uc_mcontext.pstate = 5; break;               /* EL1h */
	case 1: uc->uc_mcontext.pstate = 4; break;               /* EL1t */
	case 2: uc->uc_mcontext.pstate |= 0x3c0; break;          /* D, A, I, F masked */
	case 3: uc->uc_mcontext.pstate |= 0x10; break;           /* AArch32 */
	case 4: uc->uc_mcontext.pc = 0xffffc00000000040; break;
	case 5: uc->uc_mcontext.sp = 0xffff000040000001; uc->uc_mcontext.pc = 1; break;
	case 6: record[0] = 0; record[1] = 0; break;             /* no FP record */
	case 7: record[1] = 0xffffff00; break;                   /* one that is too long */
	case 8: record[0] = 0x12345678; break;                   /* one that nobody knows */
	case 9: record[1] = 8; break;
	}
}

static void handler_frame_moved(int sig)
{
	/* The frame "is" where there is nothing, or not aligned. */
	if (forge_kind == 10)
		__asm__ volatile("mov sp, %0\n\tmov x8, #139\n\tsvc #0" : : "r"(16ul) : "x8");
	__asm__ volatile("add sp, sp, #8\n\tmov x8, #139\n\tsvc #0" : : : "x8");
}

void stage_sig_forged_frame(void)
{
	int status;
	pid_t child;

	for (forge_kind = 0; forge_kind <= 11; forge_kind++) {
		IN_CHILD(child) {
			catch(SIGUSR1, handler_forge, 0);
			if (forge_kind >= 10)
				signal(SIGUSR1, handler_frame_moved);
			kill(getpid(), SIGUSR1);
		}
		EXPECT_EQ(waitpid(child, &status, 0), child);
		/* Each ends by SIGSEGV (the last PC is odd: SIGBUS), nothing else happens. */
		EXPECT(WIFSIGNALED(status));
		EXPECT(WTERMSIG(status) == SIGSEGV || (forge_kind == 5 && WTERMSIG(status) == SIGBUS));
	}
	/* Flags and rounding are the program's own business. */
	IN_CHILD(child) {
		unsigned long daif_like;

		catch(SIGUSR1, handler_note_value, 0);
		kill(getpid(), SIGUSR1);
		__asm__ volatile("mrs %0, nzcv" : "=r"(daif_like));
		EXPECT_EQ(daif_like & 0x0fffffff, 0ul);
	}
	EXPECT_CHILD_OK(child);
}
