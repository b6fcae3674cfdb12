/*
 * Sending signals and the state of what is pending.  Called by kill() and its kin, by drivers and timers
 * in any context, and by faults.  Acting on them is in signal_deliver.c, the system calls in
 * signal_calls.c, the frame in the architecture.
 *
 * sig_lock of the process covers queues, actions, masks of its threads and its stop state; a thread's mask
 * is written by itself only.  WORK_SIGNAL of a thread is set whenever it may have something to act on.
 * Signals below SIGRTMIN are pending at most once.  Linux limits the queue per user; we per process.
 */
#include <kernel/signal.h>

#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/irq.h>
#include <kernel/panic.h>
#include <kernel/proc.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/wait.h>

enum { SIGNAL_QUEUE_MAX = 1024 };

#define SIGNALS_IGNORED  (SIGMASK(SIGCHLD) | SIGMASK(SIGCONT) | SIGMASK(SIGURG) | SIGMASK(SIGWINCH))
#define SIGNALS_STOPPING (SIGMASK(SIGSTOP) | SIGMASK(SIGTSTP) | SIGMASK(SIGTTIN) | SIGMASK(SIGTTOU))
#define SIGNALS_DUMPING                                                                            \
	(SIGMASK(SIGQUIT) | SIGMASK(SIGILL) | SIGMASK(SIGTRAP) | SIGMASK(SIGABRT) |                 \
	 SIGMASK(SIGBUS) | SIGMASK(SIGFPE) | SIGMASK(SIGSEGV) | SIGMASK(SIGXCPU) |                  \
	 SIGMASK(SIGXFSZ) | SIGMASK(SIGSYS))
#define SIGNALS_FAULTS                                                                             \
	(SIGMASK(SIGSEGV) | SIGMASK(SIGBUS) | SIGMASK(SIGILL) | SIGMASK(SIGTRAP) | SIGMASK(SIGFPE) | \
	 SIGMASK(SIGSYS))

struct wait_queue signal_arrived = WAIT_QUEUE_INIT(signal_arrived);

bool signal_default_ignores(int sig)
{
	return SIGMASK(sig) & SIGNALS_IGNORED;
}

bool signal_default_stops(int sig)
{
	return SIGMASK(sig) & SIGNALS_STOPPING;
}

bool signal_default_dumps(int sig)
{
	return SIGMASK(sig) & SIGNALS_DUMPING;
}

bool signal_pending(const struct task *t)
{
	return READ_ONCE(t->work) & WORK_SIGNAL;
}

bool signal_fatal_pending(const struct task *t)
{
	return signal_pending(t) && t->proc &&
	       (t->proc->exiting || ((t->sig.pending.set | t->proc->pending.set) & SIGMASK(SIGKILL)));
}

static bool signal_work_due(const struct task *t)
{
	sigset_t pending = t->sig.pending.set | t->proc->pending.set;

	return (pending & ~t->sig.blocked) || t->proc->group_stop || t->proc->tell_continued ||
	       t->proc->exiting ||
	       (t->sig.pending.set & SIGMASK(SIGKILL));
}

void signal_recalculate(struct task *t)
{
	ASSERT(spin_held(&t->proc->sig_lock));
	if (signal_work_due(t))
		__atomic_fetch_or(&t->work, WORK_SIGNAL, __ATOMIC_ACQ_REL);
	else
		__atomic_fetch_and(&t->work, ~(u32)WORK_SIGNAL, __ATOMIC_ACQ_REL);
}

void signal_set_blocked(sigset_t set)
{
	irqflags_t flags = spin_lock_irqsave(&current->proc->sig_lock);

	current->sig.blocked = set & ~(SIGMASK(SIGKILL) | SIGMASK(SIGSTOP));
	signal_recalculate(current);
	spin_unlock_irqrestore(&current->proc->sig_lock, flags);
}

void signal_wake_task(struct task *t, u32 states)
{
	__atomic_fetch_or(&t->work, WORK_SIGNAL, __ATOMIC_ACQ_REL);
	if (task_wake_state(t, states | 1 << TASK_INTERRUPTIBLE) || t == current)
		return;
	if (READ_ONCE(t->on_cpu) && t->cpu != current->cpu)
		irq_chip->send_ipi(1UL << t->cpu->id, IPI_RESCHED);
}

void signal_wake_threads(struct proc *p)
{
	struct task *t;

	list_for_each(t, &p->threads, thread)
		signal_wake_task(t, 0);
}

/* Whether sending would be in vain.  A blocked signal is kept: its action may change. */
static bool signal_is_ignored(const struct proc *p, const struct task *t, int sig)
{
	const struct k_sigaction *sa = &p->sighand->actions[sig - 1];

	if ((t->sig.blocked | t->sig.waited) & SIGMASK(sig))
		return false;
	if (p == init_proc && sa->handler == SIG_DFL)
		return true;
	return sa->handler == SIG_IGN || (sa->handler == SIG_DFL && signal_default_ignores(sig));
}

/* Takes the signals of a set out of a queue. */
static void signal_discard(struct pending_signals *p, sigset_t set)
{
	struct queued_signal *q, *after;

	p->set &= ~set;
	list_for_each_safe(q, after, &p->queue, node) {
		if (!(SIGMASK(q->info.si_signo) & set))
			continue;
		list_remove(&q->node);
		kfree(q);
	}
}

void signal_discard_all(struct proc *p, sigset_t set)
{
	struct task *t;

	signal_discard(&p->pending, set);
	list_for_each(t, &p->threads, thread)
		signal_discard(&t->sig.pending, set);
}

/* SIGCONT and SIGKILL end a stop whether they are blocked, ignored or neither. */
static void signal_end_stop(struct proc *p)
{
	struct task *t;

	p->group_stop = false;
	p->stopped_threads = 0;
	p->stopped = false;
	p->stop_sig = 0;
	list_for_each(t, &p->threads, thread)
		signal_wake_task(t, 1 << TASK_STOPPED);
}

/* What a signal does to others that are pending, and to a stop. */
static void signal_prepare(struct proc *p, int sig) REQUIRES(p->sig_lock)
{
	bool was_stopped = p->group_stop;

	if (signal_default_stops(sig))
		signal_discard_all(p, SIGMASK(SIGCONT));
	if (sig == SIGCONT)
		signal_discard_all(p, SIGNALS_STOPPING);
	if ((sig != SIGCONT && sig != SIGKILL) || !was_stopped)
		return;
	signal_end_stop(p);
	/* The parent is told by the process itself, on its way out: tree_lock may be held here. */
	if (sig == SIGCONT)
		p->continued = p->tell_continued = true;
}

/* Puts one signal on a queue.  0 or -EAGAIN. */
static int signal_enqueue(struct pending_signals *to, const siginfo_t *info)
{
	int sig = info->si_signo;
	struct queued_signal *q;

	if (sig < SIGRTMIN && (to->set & SIGMASK(sig)))
		return 0;
	q = list_length(&to->queue) < SIGNAL_QUEUE_MAX ? kmalloc(sizeof(*q), ALLOC_ATOMIC) : NULL;
	if (!q && sig >= SIGRTMIN && info->si_code != SI_USER)
		return -EAGAIN;
	if (q) {
		memset(&q->node, 0, sizeof(q->node));
		q->info = *info;
		list_push_back(&to->queue, &q->node);
	}
	to->set |= SIGMASK(sig);
	return 0;
}

/* The thread that shall act on a process's signal: one that does not block it. */
static struct task *signal_choose(struct proc *p, int sig)
{
	struct task *t;

	if (p == current->proc && !(current->sig.blocked & SIGMASK(sig)))
		return current;
	list_for_each(t, &p->threads, thread) {
		if (!(t->sig.blocked & SIGMASK(sig)) || (t->sig.waited & SIGMASK(sig)))
			return t;
	}
	return NULL;
}

/* Sends to thread t, or with t NULL to the process. */
static int signal_send_locked(struct proc *p, struct task *t, const siginfo_t *info)
	REQUIRES(p->sig_lock)
{
	int sig = info->si_signo, err;
	struct task *first = t ? t : list_first_entry(&p->threads, struct task, thread);

	if (!first || p->exiting)
		return 0;
	signal_prepare(p, sig);
	if (signal_is_ignored(p, first, sig))
		return 0;
	err = signal_enqueue(t ? &t->sig.pending : &p->pending, info);
	if (err)
		return err;
	if (sig == SIGKILL) {
		list_for_each(t, &p->threads, thread)
			signal_wake_task(t, 1 << TASK_KILLABLE | 1 << TASK_STOPPED);
		return 0;
	}
	if (!t)
		t = signal_choose(p, sig);
	if (t && (!(t->sig.blocked & SIGMASK(sig)) || (t->sig.waited & SIGMASK(sig))))
		signal_wake_task(t, 0);
	return 0;
}

/* Outside sig_lock: who is woken may look at what is pending. */
static void signal_tell_waiters(void)
{
	if (!list_empty(&signal_arrived.waiters))
		wait_queue_wake_all(&signal_arrived);
}

static int signal_send(struct proc *p, struct task *t, const siginfo_t *info)
{
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);
	int err = signal_send_locked(p, t, info);

	spin_unlock_irqrestore(&p->sig_lock, flags);
	signal_tell_waiters();
	return err;
}

int signal_send_task(struct task *t, const siginfo_t *info)
{
	return t->proc ? signal_send(t->proc, t, info) : 0;
}

int signal_send_proc(struct proc *p, const siginfo_t *info)
{
	return signal_send(p, NULL, info);
}

int signal_send_group(pid_t pgid, const siginfo_t *info)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	struct proc_group *group = group_find(pgid);
	int err = -ESRCH;
	struct proc *p;

	if (group) {
		list_for_each(p, &group->members, group_node)
			err = signal_send(p, NULL, info);
	}
	spin_unlock_irqrestore(&tree_lock, flags);
	return err;
}

s32 signal_send_timer(struct proc *p, struct task *t, const siginfo_t *info)
{
	struct pending_signals *pending = t ? &t->sig.pending : &p->pending;
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);
	s32 overrun = info->si_code == SI_TIMER ? info->si_overrun : 0;
	struct queued_signal *q;

	list_for_each(q, &pending->queue, node) {
		if (info->si_code == SI_TIMER && q->info.si_code == SI_TIMER &&
		    q->info.si_signo == info->si_signo &&
		    q->info.si_timerid == info->si_timerid) {
			if (__builtin_add_overflow(q->info.si_overrun, overrun + 1, &overrun))
				overrun = INT32_MAX;
			q->info.si_overrun = overrun;
			goto out_unlock;
		}
	}
	(void)signal_send_locked(p, t, info);
out_unlock:
	spin_unlock_irqrestore(&p->sig_lock, flags);
	signal_tell_waiters();
	return overrun;
}

int signal_kernel(struct proc *p, int sig)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_KERNEL };

	return signal_send_proc(p, &info);
}

void signal_force_fault(int sig, int code, vaddr_t addr)
{
	struct proc *p = current->proc;
	struct k_sigaction *sa = &p->sighand->actions[sig - 1];
	siginfo_t info = { .si_signo = sig, .si_code = code };
	irqflags_t flags;

	info.si_addr = addr;
	flags = spin_lock_irqsave(&p->sig_lock);
	/* A program that blocks or ignores its own fault would fault for ever. */
	if (sa->handler == SIG_IGN || (current->sig.blocked & SIGMASK(sig)))
		sa->handler = SIG_DFL;
	current->sig.blocked &= ~SIGMASK(sig);
	signal_discard(&current->sig.pending, SIGMASK(sig));
	(void)signal_enqueue(&current->sig.pending, &info);
	signal_recalculate(current);
	spin_unlock_irqrestore(&p->sig_lock, flags);
}

/* Takes signal `sig` out of a set of pending ones, with its oldest siginfo. */
static void signal_take(struct pending_signals *from, int sig, siginfo_t *info)
{
	struct queued_signal *q, *found = NULL;
	bool more = false;

	list_for_each(q, &from->queue, node) {
		if (q->info.si_signo != sig)
			continue;
		if (found) {
			more = true;
			break;
		}
		found = q;
	}
	if (!more)
		from->set &= ~SIGMASK(sig);
	if (!found) {
		/* There was no memory for one, or SIGKILL of a dying process. */
		memset(info, 0, sizeof(*info));
		info->si_signo = sig;
		return;
	}
	*info = found->info;
	list_remove(&found->node);
	kfree(found);
}

static int signal_lowest(sigset_t set)
{
	sigset_t first = set & SIGNALS_FAULTS;

	return __builtin_ctzl(first ? first : set) + 1;
}

int signal_dequeue(sigset_t blocked, siginfo_t *info)
{
	struct pending_signals *queues[] = { &current->sig.pending, &current->proc->pending };

	ASSERT(spin_held(&current->proc->sig_lock));
	for (unsigned int i = 0; i < ARRAY_SIZE(queues); i++) {
		sigset_t set = queues[i]->set;

		/* SIGKILL before all. */
		if (set & SIGMASK(SIGKILL))
			set = SIGMASK(SIGKILL);
		set &= ~blocked;
		if (set) {
			int sig = signal_lowest(set);

			signal_take(queues[i], sig, info);
			return sig;
		}
	}
	return 0;
}

void signals_flush(struct pending_signals *p)
{
	signal_discard(p, ~(sigset_t)0);
}
