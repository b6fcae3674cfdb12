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
/*
 * A timer's signal, to the process or one of its threads: if that timer's last one is still pending, its
 * overrun grows by one and info's instead.  The overrun that the pending signal has now.  Any context.
 */
s32 signal_send_timer(struct proc *p, struct task *t, const siginfo_t *info);
/* Woken for every signal that becomes pending while somebody waits here: signalfds. */
extern struct wait_queue signal_arrived;
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

/*
 * Sets the blocked mask of current for one sleep: put back by signal delivery, after the frame of a handler
 * that runs has saved the former one.  The call must end with -ERESTARTNOHAND (or -EINTR) if a signal is
 * pending, and otherwise with signal_return_mask().
 */
void signal_borrow_mask(sigset_t set);
void signal_return_mask(void);

/* ---- Between the files of signals ---------------------------------------------------------------- */

/* Sets or clears WORK_SIGNAL of t by what is pending, stopped or ending. */
void signal_recalculate(struct task *t) REQUIRES(t->proc->sig_lock);

/*
 * Takes the next signal outside `blocked` for current, thread's before process's, faults before others.
 * Its number and info, or 0.
 */
int signal_dequeue(sigset_t blocked, siginfo_t *info) REQUIRES(current->proc->sig_lock);

/* Takes the signals of a set out of every queue of the process. */
void signal_discard_all(struct proc *p, sigset_t set) REQUIRES(p->sig_lock);

/* Makes t look: wakes it from the states of the mask, too, or brings it into the kernel if it runs. */
void signal_wake_task(struct task *t, u32 states) REQUIRES(t->proc->sig_lock);

/* Brings every thread of the process to signal_deliver(). */
void signal_wake_threads(struct proc *p) REQUIRES(p->sig_lock);

/* Whether by default the signal does nothing; stops; ends the process with a core dump. */
bool signal_default_ignores(int sig);
bool signal_default_stops(int sig);
bool signal_default_dumps(int sig);

/* The stack a handler would run on: the alternate one if it asks for it and is not on it already. */
vaddr_t signal_handler_stack(vaddr_t sp, const struct k_sigaction *sa);
/* What sigaltstack() reports and a frame saves, for a stack pointer of sp. */
void signal_altstack_get(vaddr_t sp, stack_t *out);
/* Sets it as sigaltstack() does: 0, -EPERM, -EINVAL or -ENOMEM. */
int signal_altstack_set(vaddr_t sp, const stack_t *new);

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
