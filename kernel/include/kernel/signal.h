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

/* ---- What kernel/proc/ calls over the life of a process ------------------------------------------ */

/* For a process that the kernel starts: all actions default, nothing blocked or pending.  0 or -ENOMEM. */
int signals_new(struct proc *p, struct task *t) __must_check;
/*
 * For a child of current: sighand shared with CLONE_SIGHAND, else copied (CLONE_CLEAR_SIGHAND: caught ones
 * to default); blocked mask kept; nothing pending; altstack kept unless CLONE_VM without CLONE_VFORK.
 * With CLONE_THREAD child is current's own process and only child_task is prepared.  0 or -ENOMEM.
 */
int signals_fork(struct proc *child, struct task *child_task, u64 clone_flags) __must_check;
/* exec, past the point of no return: an own sighand, caught actions to default, altstack off. */
void signals_exec(struct task *t);
/* A sighand of current's own if it is shared, so that signals_exec() cannot fail.  0 or -ENOMEM. */
int signals_exec_prepare(void) __must_check;
/* Frees what is queued. */
void signals_flush(struct pending_signals *p);
/* Drops the sighand, with the process. */
void signals_release(struct proc *p);
/*
 * Whether a zombie child of p goes without being waited for: SIGCHLD ignored or SA_NOCLDWAIT.
 */
bool signals_child_autoreap(struct proc *p) REQUIRES(p->sig_lock);
