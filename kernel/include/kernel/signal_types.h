/* The signal state of a task and of a process.  <kernel/signal.h> has the operations. */
#pragma once

#include <kernel/list.h>
#include <kernel/types.h>
#include <uapi/signal.h>

struct task;

/* One queued signal with its siginfo. */
struct queued_signal {
	struct list_node node;
	siginfo_t info;
};

/* Pending signals: a bit each, and the queue that carries their siginfo.  (s) proc->sig_lock */
struct pending_signals {
	sigset_t set;          /* (s) */
	struct list queue;     /* (s) struct queued_signal, oldest first */
};

struct task_signals {
	struct pending_signals pending; /* (s) this thread only */
	sigset_t blocked;               /* (s) written by current only */
	sigset_t saved;                 /* mask to put back after sigsuspend, ppoll ... */
	bool restore_saved;
	sigset_t waited;                /* (s) what rt_sigtimedwait() has unblocked for its sleep */
	vaddr_t alt_sp;                 /* sigaltstack; current only */
	u64 alt_size;
	u32 alt_flags;                  /* SS_DISABLE, SS_AUTODISARM */
	/* How to go on with a call that returned -ERESTART_RESTARTBLOCK. */
	long (*restart)(struct task *t);
	u64 restart_args[4];
};

enum { SIGNALS_MAX = 64 };
