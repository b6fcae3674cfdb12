/*
 * Signals.  kernel/proc/signal.c; the frame is the architecture's (arch/aarch64/signal.c).
 */
#pragma once

#include <kernel/proc.h>

struct trap_frame;

/* Sends to one thread, or to the process.  Any context.  0, -ESRCH (exiting), -EAGAIN (queue limit). */
int signal_send_task(struct task *t, const siginfo_t *info);
int signal_send_proc(struct proc *p, const siginfo_t *info);
int signal_send_group(pid_t pgid, const siginfo_t *info);
/* SI_KERNEL shorthand. */
int signal_kernel(struct proc *p, int sig);
/*
 * A fault of the current task that cannot be blocked or ignored: if it is, the default action is
 * forced.  addr goes to si_addr.
 */
void signal_force_fault(int sig, int code, vaddr_t addr);

/* True when the task has a signal to act on (interrupts its sleeps).  Any context. */
bool signal_pending(const struct task *t);
bool signal_fatal_pending(const struct task *t);

/*
 * Acts on what is pending before a return to EL0: default actions, stops, handler frames, and the
 * restart of an interrupted system call.  Called from one place, in process context, interrupts on.
 */
void signal_deliver(struct trap_frame *tf);

/* Sets the blocked mask of current, waking nobody; recalculates WORK_SIGNAL. */
void signal_set_blocked(sigset_t set);

/* Architecture side: pushes the handler's frame, 0 or -EFAULT. */
int arch_signal_frame_push(struct trap_frame *tf, const struct k_sigaction *sa, const siginfo_t *info,
			   sigset_t mask);

void signals_init_proc(struct proc *p);
void signals_init_task(struct task *t);
int signals_fork(struct proc *child, struct task *child_task, u64 clone_flags);
void signals_exec(struct task *t);   /* caught ones to default, altstack off */
void signals_flush(struct pending_signals *p);
