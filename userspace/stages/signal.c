/*
 * Stages of signal handlers: how they are entered and left, their stack, their siginfo and context.
 * Raw system calls where musl would hide what is verified.
 */
#include "expect.h"
#include "registers.h"

#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

enum { PAGE = 4096, STACK_SIZE = 65536, FPSIMD_RECORD = 0x46508001, ESR_RECORD = 0x45535201 };

/* What rt_sigaction takes; musl always adds SA_RESTORER. */
struct raw_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

static volatile int handler_runs;
static volatile int handler_sig;
static volatile unsigned long handler_return;
static volatile unsigned long handler_sp;

static void handler_note(int sig)
{
	handler_runs++;
	handler_sig = sig;
	handler_return = (unsigned long)__builtin_return_address(0);
	handler_sp = (unsigned long)__builtin_frame_address(0);
}

static int raw_sigaction(int sig, void (*handler)(int), unsigned long flags)
{
	struct raw_action act = { .handler = handler, .flags = flags };

	return syscall(SYS_rt_sigaction, sig, &act, NULL, 8);
}

static void catch_with(int sig, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction sa = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&sa.sa_mask);
	EXPECT_OK(sigaction(sig, &sa, NULL));
}

/* ---- 69 ------------------------------------------------------------------------------------------ */

void stage_sig_handler(void)
{
	unsigned long vdso = getauxval(AT_SYSINFO_EHDR);
	struct sigaction sa = { .sa_handler = handler_note }, old;

	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	EXPECT_OK(kill(getpid(), SIGUSR1));
	EXPECT_EQ(handler_runs, 1);
	EXPECT_EQ(handler_sig, SIGUSR1);
	/* It returned into musl's own restorer. */
	EXPECT(handler_return < vdso || handler_return >= vdso + PAGE);

	EXPECT_OK(raw_sigaction(SIGUSR2, handler_note, 0));
	EXPECT_OK(kill(getpid(), SIGUSR2));
	EXPECT_EQ(handler_runs, 2);
	EXPECT_EQ(handler_sig, SIGUSR2);
	EXPECT(handler_return > vdso && handler_return < vdso + PAGE);
	/* mov x8, #139; svc #0: by this pair debuggers know it. */
	EXPECT_EQ(((unsigned int *)handler_return)[0], 0xd2801168u);
	EXPECT_EQ(((unsigned int *)handler_return)[1], 0xd4000001u);

	EXPECT_OK(sigaction(SIGUSR1, NULL, &old));
	EXPECT(old.sa_handler == handler_note);
	EXPECT_OK(kill(getpid(), 0));
	EXPECT_EQ(handler_runs, 2);
	EXPECT_ERRNO(kill(getpid(), 65), EINVAL);
	EXPECT_ERRNO(kill(getpid(), -1), EINVAL);
	EXPECT_ERRNO(kill(0x3fffffff, SIGUSR1), ESRCH);
	EXPECT_ERRNO(raw_sigaction(SIGKILL, handler_note, 0), EINVAL);
	EXPECT_ERRNO(raw_sigaction(SIGSTOP, handler_note, 0), EINVAL);
	EXPECT_ERRNO(raw_sigaction(0, handler_note, 0), EINVAL);
	EXPECT_ERRNO(raw_sigaction(65, handler_note, 0), EINVAL);
	EXPECT_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, (void *)8, NULL, 8), EFAULT);
	EXPECT_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL);
}

/* ---- 70 ------------------------------------------------------------------------------------------ */

static siginfo_t seen_info;
static ucontext_t seen_context;
static struct { unsigned long v0[2]; unsigned int fpsr, fpcr; int fpsimd, esr, others; unsigned long esr_value; } seen_records;

/* Walks the records behind the registers (Linux, uapi/asm/sigcontext.h). */
static void note_records(const unsigned char *p)
{
	const unsigned int *head;

	memset(&seen_records, 0, sizeof(seen_records));
	for (head = (const void *)p; head[0]; head = (const void *)p) {
		if (head[0] == FPSIMD_RECORD) {
			seen_records.fpsimd += head[1] == 528;
			seen_records.fpsr = head[2];
			seen_records.fpcr = head[3];
			memcpy(seen_records.v0, p + 16, 16);
		} else if (head[0] == ESR_RECORD) {
			seen_records.esr += head[1] == 16;
			memcpy(&seen_records.esr_value, p + 8, 8);
		} else {
			seen_records.others++;
		}
		p += head[1];
	}
}

static void handler_info(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	handler_runs++;
	handler_sig = sig;
	memcpy(&seen_info, info, sizeof(seen_info));
	memcpy(&seen_context, uc, sizeof(seen_context));
	note_records((const unsigned char *)uc->uc_mcontext.__reserved);
	/* The frame is 16-byte aligned, siginfo first, then the context. */
	if ((unsigned long)info % 16 || (char *)uc - (char *)info != 128)
		handler_runs = -1000;
	if (sig == SIGSEGV)
		uc->uc_mcontext.pc += 4;
}

static void siginfo_of_senders(void)
{
	union sigval value = { .sival_ptr = (void *)0x123456789abc };

	catch_with(SIGUSR1, handler_info, 0);
	EXPECT_OK(kill(getpid(), SIGUSR1));
	EXPECT_EQ(seen_info.si_signo, SIGUSR1);
	EXPECT_EQ(seen_info.si_code, SI_USER);
	EXPECT_EQ(seen_info.si_pid, getpid());
	EXPECT_EQ(seen_info.si_uid, getuid());

	EXPECT_OK(sigqueue(getpid(), SIGUSR1, value));
	EXPECT_EQ(seen_info.si_code, SI_QUEUE);
	EXPECT_EQ(seen_info.si_pid, getpid());
	EXPECT(seen_info.si_value.sival_ptr == value.sival_ptr);

	EXPECT_OK(syscall(SYS_tkill, syscall(SYS_gettid), SIGUSR1));
	EXPECT_EQ(seen_info.si_code, SI_TKILL);
	EXPECT_EQ(handler_runs, 3);
}

static void siginfo_of_fault(void)
{
	unsigned char *page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long insn, address = (unsigned long)page + 0x123;

	EXPECT(page != MAP_FAILED);
	catch_with(SIGSEGV, handler_info, 0);
	__asm__ volatile("fmov d0, %1\n\tadr %0, 1f\n1:\tstrb wzr, [%2]"
			 : "=&r"(insn) : "r"(0x5555aaaa1111ul), "r"(address) : "v0", "memory");
	EXPECT_EQ(handler_runs, 4);
	EXPECT_EQ(seen_info.si_signo, SIGSEGV);
	EXPECT_EQ(seen_info.si_code, SEGV_ACCERR);
	EXPECT_EQ((unsigned long)seen_info.si_addr, address);
	EXPECT_EQ(seen_context.uc_mcontext.pc, insn);
	EXPECT_EQ(seen_context.uc_mcontext.fault_address, address);
	EXPECT_EQ(seen_context.uc_mcontext.pstate & 0x3df, 0ul);
	EXPECT_EQ(seen_records.fpsimd, 1);
	EXPECT_EQ(seen_records.others, 0);
	EXPECT_EQ(seen_records.v0[0], 0x5555aaaa1111ul);
	EXPECT_EQ(seen_records.esr, 1);
	EXPECT_EQ(seen_records.esr_value >> 26, 0x24ul); /* a data abort from EL0 */
	EXPECT_EQ(seen_records.esr_value >> 6 & 1, 1ul); /* by a write */
}

void stage_sig_siginfo(void)
{
	siginfo_of_senders();
	siginfo_of_fault();
}

/* ---- 71 ------------------------------------------------------------------------------------------ */

static volatile unsigned char *handler_flag;

static void handler_trash(int sig)
{
	handler_runs++;
	registers_trash();
	if (handler_flag)
		*handler_flag = 1;
}

void stage_sig_restore(void)
{
	struct sigaction sa = { .sa_handler = handler_trash };
	struct cpu_regs in, out;
	static unsigned char flag;
	pid_t child, self = getpid();

	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	/* In a system call: its result is x0, everything else is as it was. */
	registers_fill(&in, 5);
	in.x[8] = SYS_kill;
	in.x[1] = SIGUSR1;
	EXPECT_EQ(registers_round(&in, &out, CPU_SVC, self), 0L);
	EXPECT_EQ(handler_runs, 1);
	EXPECT_REGISTERS(&in, &out);

	/* Between any two instructions: a child sends while we spin. */
	handler_flag = &flag;
	IN_CHILD(child) {
		struct timespec ms = { 0, 3000000 };

		nanosleep(&ms, NULL);
		EXPECT_OK(kill(self, SIGUSR1));
	}
	registers_fill(&in, 6);
	in.x[1] = (unsigned long)&flag;
	EXPECT_EQ(registers_round(&in, &out, CPU_SPIN, 0), 1L);
	EXPECT_EQ(handler_runs, 2);
	EXPECT_REGISTERS(&in, &out);
	EXPECT_CHILD_OK(child);
}

/* ---- 72 ------------------------------------------------------------------------------------------ */

static unsigned char alternate[STACK_SIZE] __attribute__((aligned(16)));
static volatile unsigned long context_sp;

static void handler_altstack(int sig, siginfo_t *info, void *context)
{
	stack_t now;

	handler_note(sig);
	context_sp = ((ucontext_t *)context)->uc_mcontext.sp;
	syscall(SYS_sigaltstack, NULL, &now);
	handler_return = now.ss_flags;
}

static int on_alternate(unsigned long sp)
{
	return sp >= (unsigned long)alternate && sp < (unsigned long)alternate + STACK_SIZE;
}

void stage_sig_altstack(void)
{
	stack_t stack = { .ss_sp = alternate, .ss_size = STACK_SIZE }, old;
	unsigned long before, after;

	EXPECT_OK(sigaltstack(&stack, NULL));
	catch_with(SIGUSR1, handler_altstack, SA_ONSTACK);
	catch_with(SIGUSR2, handler_altstack, 0);

	__asm__ volatile("mov %0, sp" : "=r"(before));
	EXPECT_OK(kill(getpid(), SIGUSR1));
	__asm__ volatile("mov %0, sp" : "=r"(after));
	EXPECT_EQ(handler_runs, 1);
	EXPECT(on_alternate(handler_sp));
	EXPECT_EQ((int)handler_return, SS_ONSTACK);
	EXPECT_EQ(after, before);
	/* The frame says which stack was interrupted. */
	EXPECT(!on_alternate(context_sp));
	EXPECT_LE(context_sp, before);

	EXPECT_OK(kill(getpid(), SIGUSR2));
	EXPECT_EQ(handler_runs, 2);
	EXPECT(!on_alternate(handler_sp));
	EXPECT_EQ((int)handler_return, 0);
	EXPECT_OK(sigaltstack(NULL, &old));
	EXPECT(old.ss_sp == alternate);
	EXPECT_EQ(old.ss_size, (size_t)STACK_SIZE);
	EXPECT_EQ(old.ss_flags, 0);
}

/* ---- 73 ------------------------------------------------------------------------------------------ */

enum { AUTODISARM = (int)(1u << 31), SMALLEST = 5120 };

static int raw_altstack(void *sp, unsigned long size, int flags)
{
	stack_t stack = { .ss_sp = sp, .ss_size = size, .ss_flags = flags };

	return syscall(SYS_sigaltstack, &stack, NULL);
}

static int raw_altstack_flags(void)
{
	stack_t now = { 0 };

	EXPECT_OK(syscall(SYS_sigaltstack, NULL, &now));
	return now.ss_flags;
}

static volatile int edge_result, edge_errno, edge_flags;

static void handler_edges(int sig, siginfo_t *info, void *context)
{
	edge_result = raw_altstack(alternate, STACK_SIZE, 0);
	edge_errno = errno;
	edge_flags = raw_altstack_flags();
}

static int clone_child(void *arg)
{
	*(int *)arg = raw_altstack_flags();
	return 0;
}

static void altstack_over_processes(void)
{
	static unsigned char stack[STACK_SIZE] __attribute__((aligned(16)));
	int flags = -1, status;
	pid_t child;

	EXPECT_OK(raw_altstack(alternate, STACK_SIZE, 0));
	IN_CHILD(child)
		EXPECT_EQ(raw_altstack_flags(), 0);
	EXPECT_CHILD_OK(child);
	/* CLONE_VM without CLONE_VFORK: two could use it at once, so the child has none. */
	child = clone(clone_child, stack + STACK_SIZE, CLONE_VM | SIGCHLD, &flags);
	EXPECT_OK(child);
	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(flags, SS_DISABLE);
	flags = -1;
	child = clone(clone_child, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, &flags);
	EXPECT_OK(child);
	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT_EQ(flags, 0);
}

void stage_sig_altstack_edges(void)
{
	EXPECT_EQ(raw_altstack_flags(), SS_DISABLE);
	EXPECT_ERRNO(raw_altstack(alternate, SMALLEST - 1, 0), ENOMEM);
	EXPECT_OK(raw_altstack(alternate, SMALLEST, 0));
	EXPECT_EQ(raw_altstack_flags(), 0);
	EXPECT_OK(raw_altstack(alternate, STACK_SIZE, SS_ONSTACK));
	EXPECT_EQ(raw_altstack_flags(), 0);
	EXPECT_ERRNO(raw_altstack(alternate, STACK_SIZE, 4), EINVAL);
	EXPECT_ERRNO(raw_altstack(alternate, STACK_SIZE, SS_ONSTACK | SS_DISABLE), EINVAL);
	EXPECT_ERRNO(syscall(SYS_sigaltstack, (void *)8, NULL), EFAULT);

	catch_with(SIGUSR1, handler_edges, SA_ONSTACK);
	EXPECT_OK(kill(getpid(), SIGUSR1));
	EXPECT_EQ(edge_result, -1);
	EXPECT_EQ(edge_errno, EPERM);
	EXPECT_EQ(edge_flags, SS_ONSTACK);

	/* SS_AUTODISARM: off in the handler, so that it can be set there; back afterwards. */
	EXPECT_OK(raw_altstack(alternate, STACK_SIZE, AUTODISARM));
	EXPECT_OK(kill(getpid(), SIGUSR1));
	EXPECT_EQ(edge_result, 0);
	EXPECT_EQ(raw_altstack_flags(), AUTODISARM);
	altstack_over_processes();
	EXPECT_OK(raw_altstack(NULL, 0, SS_DISABLE));
	EXPECT_EQ(raw_altstack_flags(), SS_DISABLE);
}
