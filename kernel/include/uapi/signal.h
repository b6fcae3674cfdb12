/* Signal numbers, siginfo and actions as Linux lays them out on 64-bit asm-generic machines. */
#pragma once

#include <kernel/types.h>

enum signal_number {
	SIGHUP = 1,
	SIGINT,
	SIGQUIT,
	SIGILL,
	SIGTRAP,
	SIGABRT,
	SIGBUS,
	SIGFPE,
	SIGKILL,
	SIGUSR1,
	SIGSEGV,
	SIGUSR2,
	SIGPIPE,
	SIGALRM,
	SIGTERM,
	SIGSTKFLT,
	SIGCHLD,
	SIGCONT,
	SIGSTOP,
	SIGTSTP,
	SIGTTIN,
	SIGTTOU,
	SIGURG,
	SIGXCPU,
	SIGXFSZ,
	SIGVTALRM,
	SIGPROF,
	SIGWINCH,
	SIGIO,
	SIGPWR,
	SIGSYS,
	SIGRTMIN = 32,
	SIGRTMAX = 64,
};

#define SIGPOLL SIGIO
#define NSIG    64

/* The bit of a signal in a sigset_t. */
#define SIGMASK(sig) ((sigset_t)1 << ((sig) - 1))

/* k_sigaction.flags */
#define SA_NOCLDSTOP 0x00000001UL
#define SA_NOCLDWAIT 0x00000002UL
#define SA_SIGINFO   0x00000004UL
#define SA_RESTORER  0x04000000UL
#define SA_ONSTACK   0x08000000UL
#define SA_RESTART   0x10000000UL
#define SA_NODEFER   0x40000000UL
#define SA_RESETHAND 0x80000000UL

#define SIG_DFL ((vaddr_t)0)
#define SIG_IGN ((vaddr_t)1)

/* rt_sigprocmask() */
enum sigmask_how { SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK };

/* What rt_sigaction() exchanges with a program. */
struct k_sigaction {
	vaddr_t handler; /* SIG_DFL, SIG_IGN or an address */
	u64 flags;       /* SA_* */
	vaddr_t restorer;
	sigset_t mask;   /* blocked while the handler runs */
};

/* stack_t.ss_flags */
#define SS_ONSTACK    1
#define SS_DISABLE    2
#define SS_AUTODISARM (1U << 31)

enum { MINSIGSTKSZ = 5120, SIGSTKSZ = 16384 };

typedef struct {
	vaddr_t ss_sp;
	s32 ss_flags;
	u64 ss_size;
} stack_t;

typedef union {
	s32 sival_int;
	u64 sival_ptr;
} sigval_t;

enum { SI_MAX_SIZE = 128 };

/* 128 bytes; which member of the union counts is decided by si_signo and si_code. */
typedef struct {
	s32 si_signo;
	s32 si_errno;
	s32 si_code;
	union {
		s32 pad_[28];
		struct { /* kill, tgkill, sigqueue */
			s32 si_pid __attribute__((aligned(8)));
			u32 si_uid;
			sigval_t si_value;
		};
		struct { /* POSIX timers */
			s32 si_timerid __attribute__((aligned(8)));
			s32 si_overrun;
			sigval_t si_timer_value;
			s32 si_sys_private;
		};
		struct { /* SIGCHLD */
			s32 si_child_pid __attribute__((aligned(8)));
			u32 si_child_uid;
			s32 si_status;
			s64 si_utime; /* clock ticks */
			s64 si_stime;
		};
		struct { /* SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP */
			vaddr_t si_addr __attribute__((aligned(8)));
			s16 si_addr_lsb;
		};
		struct { /* SIGIO */
			s64 si_band __attribute__((aligned(8)));
			s32 si_fd;
		};
		struct { /* SIGSYS */
			vaddr_t si_call_addr __attribute__((aligned(8)));
			s32 si_syscall;
			u32 si_arch;
		};
	};
} siginfo_t;

_Static_assert(sizeof(siginfo_t) == SI_MAX_SIZE, "siginfo_t is part of the ABI");
_Static_assert(__builtin_offsetof(siginfo_t, si_addr) == 16, "siginfo_t is part of the ABI");
_Static_assert(__builtin_offsetof(siginfo_t, si_value) == 24, "siginfo_t is part of the ABI");
_Static_assert(__builtin_offsetof(siginfo_t, si_utime) == 32, "siginfo_t is part of the ABI");

/* si_code of signals that a program sends; positive ones come from the kernel. */
enum si_code {
	SI_USER    = 0,
	SI_KERNEL  = 0x80,
	SI_QUEUE   = -1,
	SI_TIMER   = -2,
	SI_MESGQ   = -3,
	SI_ASYNCIO = -4,
	SI_SIGIO   = -5,
	SI_TKILL   = -6,
};
enum si_code_ill {
	ILL_ILLOPC = 1,
	ILL_ILLOPN,
	ILL_ILLADR,
	ILL_ILLTRP,
	ILL_PRVOPC,
	ILL_PRVREG,
	ILL_COPROC,
	ILL_BADSTK,
};
enum si_code_fpe {
	FPE_INTDIV = 1,
	FPE_INTOVF,
	FPE_FLTDIV,
	FPE_FLTOVF,
	FPE_FLTUND,
	FPE_FLTRES,
	FPE_FLTINV,
	FPE_FLTSUB,
};
enum si_code_segv { SEGV_MAPERR = 1, SEGV_ACCERR = 2 };
enum si_code_bus { BUS_ADRALN = 1, BUS_ADRERR, BUS_OBJERR, BUS_MCEERR_AR, BUS_MCEERR_AO };
enum si_code_trap { TRAP_BRKPT = 1, TRAP_TRACE, TRAP_BRANCH, TRAP_HWBKPT };
enum si_code_cld {
	CLD_EXITED = 1,
	CLD_KILLED,
	CLD_DUMPED,
	CLD_TRAPPED,
	CLD_STOPPED,
	CLD_CONTINUED,
};
enum si_code_poll { POLL_IN = 1, POLL_OUT, POLL_MSG, POLL_ERR, POLL_PRI, POLL_HUP };

/* struct sigevent of timer_create() and mq_notify(); 64 bytes. */
enum sigev_notify { SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD, SIGEV_THREAD_ID = 4 };
struct sigevent {
	sigval_t sigev_value;
	s32 sigev_signo;
	s32 sigev_notify;
	s32 sigev_tid;
	s32 pad_[11];
};
_Static_assert(sizeof(struct sigevent) == 64, "struct sigevent is part of the ABI");
