/*
 * Acting on signals: the one place, on every return to EL0 with WORK_SIGNAL set.  Called by the
 * architecture with interrupts on; may not return (the process ends) or return much later (it stops).
 *
 * The result of a system call is in the frame when this runs, so a handler's own arguments are never
 * overwritten by it; an interrupted call is turned into -EINTR or wound back here and nowhere else.
 */
#include <kernel/signal.h>

#include <arch/arch.h>
#include <kernel/coredump.h>
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/proc.h>
#include <kernel/proc_internal.h>
#include <kernel/task.h>
#include <uapi/wait.h>

enum { NR_restart_syscall = 128 };

/* A call that was interrupted and that no handler interrupts: it begins again. */
static void signal_restart_quietly(struct trap_frame *tf)
{
	if (!arch_syscall_pending(tf))
		return;
	switch (arch_syscall_result(tf)) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		arch_syscall_restart(tf);
		break;
	case -ERESTART_RESTARTBLOCK:
		arch_syscall_restart_as(tf, NR_restart_syscall);
		break;
	}
}

/* A call that a handler interrupts: by SA_RESTART, and only those that may (signal(7)). */
static void signal_restart_behind_handler(struct trap_frame *tf, const struct k_sigaction *sa)
{
	if (!arch_syscall_pending(tf))
		return;
	switch (arch_syscall_result(tf)) {
	case -ERESTARTSYS:
		if (sa->flags & SA_RESTART)
			arch_syscall_restart(tf);
		else
			arch_syscall_set_result(tf, -EINTR);
		break;
	case -ERESTARTNOINTR:
		arch_syscall_restart(tf);
		break;
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		arch_syscall_set_result(tf, -EINTR);
		break;
	}
}

/* Pushes the handler's frame and blocks what its action says. */
static void signal_handle(struct trap_frame *tf, const struct k_sigaction *sa, const siginfo_t *info)
{
	struct task_signals *s = &current->sig;
	int sig = info->si_signo;
	sigset_t blocked;

	signal_restart_behind_handler(tf, sa);
	if (arch_signal_frame_push(tf, sa, info, s->restore_saved ? s->saved : s->blocked)) {
		if (sig == SIGSEGV)
			proc_exit(SIGSEGV);
		signal_force_fault(SIGSEGV, SI_KERNEL, 0);
		return;
	}
	s->restore_saved = false;
	if (s->alt_flags & SS_AUTODISARM) {
		s->alt_sp = 0;
		s->alt_size = 0;
		s->alt_flags = SS_DISABLE;
	}
	blocked = s->blocked | sa->mask;
	if (!(sa->flags & SA_NODEFER))
		blocked |= SIGMASK(sig);
	signal_set_blocked(blocked);
}

/* The wait status of a death by signal, after the core dump that goes with some. */
static int signal_death_status(const siginfo_t *info, const struct trap_frame *tf)
{
	int sig = info->si_signo;

	return sig | (signal_default_dumps(sig) && core_dump(info, tf) ? WSTATUS_CORE : 0);
}

/* Joins a stop of the process and sleeps until it ends.  The last thread tells the parent. */
static void signal_stop_here(struct proc *p)
{
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);
	bool last;
	int sig;

	if (!p->group_stop) {
		spin_unlock_irqrestore(&p->sig_lock, flags);
		return;
	}
	last = ++p->stopped_threads == p->thread_count;
	sig = p->stop_sig;
	if (last)
		p->stopped = true;
	task_set_state(TASK_STOPPED);
	spin_unlock_irqrestore(&p->sig_lock, flags);
	if (last)
		proc_notify_stop(p, CLD_STOPPED, sig);
	schedule();
}

/*
 * Begins a stop: every thread of the process is brought here.  Nobody could continue an orphaned group, so
 * its terminal does not stop it (POSIX 2.4.3).
 */
static void signal_begin_stop(struct proc *p, int sig)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);

	spin_lock(&p->sig_lock);
	if (sig == SIGSTOP || !group_orphaned(p->group, NULL)) {
		p->group_stop = true;
		p->stopped_threads = 0;
		p->continued = p->tell_continued = false;
		p->stop_sig = sig;
		signal_wake_threads(p);
	}
	spin_unlock(&p->sig_lock);
	spin_unlock_irqrestore(&tree_lock, flags);
}

/* What is to be done next, decided under sig_lock. */
enum signal_step {
	STEP_NONE,     /* nothing pending */
	STEP_AGAIN,    /* that one is dealt with */
	STEP_EXIT,     /* the process ends already */
	STEP_DIE,      /* the process ends by this signal */
	STEP_BEGIN_STOP,
	STEP_STOP,     /* the process stops already */
	STEP_TELL,     /* tell the parent that it goes on */
	STEP_HANDLER,
};

static bool signal_is_fault(const siginfo_t *info)
{
	return info->si_code > 0 && info->si_code != SI_KERNEL;
}

/* Takes one signal and looks up its action. */
static enum signal_step signal_next(struct proc *p, siginfo_t *info, struct k_sigaction *sa)
	REQUIRES(p->sig_lock)
{
	struct k_sigaction *action;
	int sig;

	if (p->exiting)
		return STEP_EXIT;
	if (p->tell_continued) {
		p->tell_continued = false;
		return STEP_TELL;
	}
	/* SIGKILL goes before a stop. */
	if (p->group_stop && !signal_fatal_pending(current))
		return STEP_STOP;
	sig = signal_dequeue(current->sig.blocked, info);
	if (!sig)
		return STEP_NONE;
	if (sig == SIGKILL)
		return STEP_DIE;
	action = &p->sighand->actions[sig - 1];
	if (action->handler == SIG_IGN)
		return STEP_AGAIN;
	if (action->handler != SIG_DFL) {
		*sa = *action;
		if (sa->flags & SA_RESETHAND)
			action->handler = SIG_DFL;
		return STEP_HANDLER;
	}
	if (signal_default_ignores(sig) || (p == init_proc && !signal_is_fault(info)))
		return STEP_AGAIN;
	return signal_default_stops(sig) ? STEP_BEGIN_STOP : STEP_DIE;
}

/* Nothing (more) to handle: winds back an interrupted call and puts a borrowed mask back. */
static void signal_finish(struct trap_frame *tf)
{
	signal_restart_quietly(tf);
	if (current->sig.restore_saved)
		signal_return_mask();
}

void signal_deliver(struct trap_frame *tf)
{
	struct proc *p = current->proc;
	struct k_sigaction sa;
	enum signal_step step;
	irqflags_t flags;
	siginfo_t info;

	do {
		flags = spin_lock_irqsave(&p->sig_lock);
		step = signal_next(p, &info, &sa);
		signal_recalculate(current);
		spin_unlock_irqrestore(&p->sig_lock, flags);

		if (step == STEP_EXIT)
			proc_exit(p->exit_status);
		if (step == STEP_DIE)
			proc_exit(signal_death_status(&info, tf));
		if (step == STEP_BEGIN_STOP)
			signal_begin_stop(p, info.si_signo);
		if (step == STEP_STOP)
			signal_stop_here(p);
		if (step == STEP_TELL)
			proc_notify_stop(p, CLD_CONTINUED, SIGCONT);
		if (step == STEP_HANDLER)
			signal_handle(tf, &sa, &info);
	} while (step != STEP_NONE && step != STEP_HANDLER);
	if (step == STEP_NONE)
		signal_finish(tf);
}
