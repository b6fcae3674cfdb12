/*
 * The end of threads and processes: exit, exit_group, fatal signals.
 *
 * A thread gives back what it shares, leaves its process and is gone.  The last one makes the process a
 * zombie: its children go to the nearest subreaper or to init, its parent hears of it, and it stays until
 * it is waited for.  A process without a parent is reaped at once, or, if the kernel started it, by
 * proc_wait_kernel().  With threads left a leader's exit code is the one that counts, as in Linux.
 */
#include <kernel/proc.h>
#include <kernel/proc_internal.h>
#include <kernel/proc_timer.h>

#include <kernel/file.h>
#include <kernel/futex.h>
#include <kernel/mm.h>
#include <kernel/panic.h>
#include <kernel/signal.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/tty.h>
#include <kernel/vfs.h>
#include <uapi/wait.h>

enum { NSEC_PER_SI_TICK = NSEC_PER_SEC / USER_HZ, PAGE_KIB = PAGE_SIZE / 1024 };

void vfork_release(struct proc *p)
{
	if (!p->vfork_pending)
		return;
	store_release(&p->vfork_pending, false);
	wait_queue_wake_all(&p->vfork_done);
}

static void exit_memory(struct task *t)
{
	struct mm *mm = t->mm;
	irqflags_t flags;
	u64 rss;

	if (!mm)
		return;
	rss = (u64)atomic64_load(&mm->resident) * PAGE_KIB;
	t->proc->max_rss = MAX(t->proc->max_rss, rss);
	/* Under the lock, because /proc takes references of it there. */
	flags = spin_lock_irqsave(&t->proc->sig_lock);
	sched_use_mm(NULL);
	spin_unlock_irqrestore(&t->proc->sig_lock, flags);
	mm_put(mm);
}

static void exit_files(struct task *t)
{
	irqflags_t flags = spin_lock_irqsave(&t->proc->sig_lock);
	struct fd_table *fds = t->fds;
	struct fs_context *fs = t->fs;

	t->fds = NULL;
	t->fs = NULL;
	spin_unlock_irqrestore(&t->proc->sig_lock, flags);
	if (fds)
		fd_table_put(fds);
	if (fs)
		fs_context_put(fs);
}

void proc_kill_threads(struct proc *p)
{
	struct task *t;

	ASSERT(spin_held(&p->sig_lock));
	list_for_each(t, &p->threads, thread) {
		if (t == current)
			continue;
		t->sig.pending.set |= SIGMASK(SIGKILL);
		signal_wake_task(t, 1 << TASK_KILLABLE | 1 << TASK_STOPPED);
	}
}

/* What SIGCHLD and waitid say about how p ended. */
static void exit_siginfo(const struct proc *p, siginfo_t *info)
{
	int status = p->exit_status;

	memset(info, 0, sizeof(*info));
	info->si_signo = p->exit_signal;
	info->si_child_pid = p->pid;
	info->si_child_uid = p->cred->uid;
	info->si_utime = (s64)(p->dead_utime / NSEC_PER_SI_TICK);
	info->si_stime = (s64)(p->dead_stime / NSEC_PER_SI_TICK);
	if (status & 0x7f) {
		info->si_code = status & WSTATUS_CORE ? CLD_DUMPED : CLD_KILLED;
		info->si_status = status & 0x7f;
	} else {
		info->si_code = CLD_EXITED;
		info->si_status = status >> 8;
	}
}

/* The nearest ancestor that takes orphans in; NULL: nobody, the kernel reaps them. */
static struct proc *exit_reaper(const struct proc *p) REQUIRES(tree_lock)
{
	struct proc *a;

	for (a = p->parent; a; a = a->parent) {
		if (a->subreaper && a->state == PROC_ALIVE)
			return a;
	}
	return init_proc == p ? NULL : init_proc;
}

/* Tells the parent of a zombie.  True when nobody will wait for it and it can go at once. */
static bool exit_notify_parent(struct proc *p) REQUIRES(tree_lock)
{
	struct proc *parent = p->parent;
	siginfo_t info;
	bool autoreap;

	ASSERT(spin_held(&tree_lock));
	if (!parent)
		return !p->kernel_child;
	spin_lock(&parent->sig_lock);
	autoreap = p->exit_signal == SIGCHLD && signals_child_autoreap(parent);
	spin_unlock(&parent->sig_lock);
	if (p->exit_signal) {
		exit_siginfo(p, &info);
		(void)signal_send_proc(parent, &info);
	}
	if (!list_empty(&parent->child_exit.waiters))
		wait_queue_wake_all(&parent->child_exit);
	return autoreap;
}

/* Hands p over to a new parent (or the kernel); zombies without a taker are collected on `gone`. */
static void exit_reparent(struct proc *p, struct proc *to, struct list *gone) REQUIRES(tree_lock)
{
	list_remove(&p->sibling);
	p->parent = to;
	WRITE_ONCE(p->ppid, to ? to->pid : 0);
	p->exit_signal = SIGCHLD;
	if (to)
		list_push_back(p->state == PROC_ZOMBIE ? &to->zombies : &to->children, &p->sibling);
	if (p->state == PROC_ALIVE && p->pdeath_sig)
		(void)signal_kernel(p, p->pdeath_sig);
	if (p->state == PROC_ZOMBIE && exit_notify_parent(p)) {
		proc_unlink(p);
		list_push_back(gone, &p->sibling);
	}
}

/* Whether this child and parent are what keeps the child's group from being orphaned (POSIX 3.287). */
static bool exit_tied(const struct proc *child, const struct proc *parent) REQUIRES(tree_lock)
{
	return child->group && parent->group && child->group != parent->group &&
	       child->group->session == parent->group->session;
}

static void exit_children(struct proc *p, struct list *gone) REQUIRES(tree_lock)
{
	struct proc *reaper = NULL, *child, *after;

	if (!list_empty(&p->children) || !list_empty(&p->zombies))
		reaper = exit_reaper(p);
	list_for_each_safe(child, after, &p->children, sibling) {
		exit_reparent(child, reaper, gone);
		if (exit_tied(child, p))
			group_check_orphaned(child->group, NULL);
	}
	list_for_each_safe(child, after, &p->zombies, sibling)
		exit_reparent(child, reaper, gone);
}

/* The last thread has left: ALIVE -> ZOMBIE, or gone. */
static void exit_process(struct proc *p, struct list *gone) REQUIRES(tree_lock)
{
	ASSERT(spin_held(&tree_lock));
	if (p == init_proc)
		boot_refuse("init (%s) ended with %s %d", current->name,
			    p->exit_status & 0x7f ? "signal" : "exit status",
			    p->exit_status & 0x7f ? p->exit_status & 0x7f : p->exit_status >> 8);
	exit_children(p, gone);
	p->state = PROC_ZOMBIE;
	if (p->parent && exit_tied(p, p->parent))
		group_check_orphaned(p->group, p);
	if (p->parent) {
		list_remove(&p->sibling);
		list_push_back(&p->parent->zombies, &p->sibling);
	}
	if (exit_notify_parent(p)) {
		proc_unlink(p);
		list_push_back(gone, &p->sibling);
	}
	wait_queue_wake_all(&proc_gone);
}

/* Takes current out of its process; true for the last one. */
static bool exit_leave(struct proc *p, int status) REQUIRES(tree_lock)
{
	struct task *t = current;
	bool last;

	spin_lock(&p->sig_lock);
	list_remove(&t->thread);
	last = --p->thread_count == 0;
	usage_add_thread(p, t);
	if (!p->exiting && t == p->leader)
		p->exit_status = status;
	if (p->exec_task && p->thread_count == 1)
		wait_queue_wake_all(&p->thread_gone);
	signals_flush(&t->sig.pending);
	spin_unlock(&p->sig_lock);
	if (t != p->leader)
		pid_link_remove(&t->tid_link);
	return last;
}

void thread_exit(int status)
{
	struct proc *p = current_proc(), *dead;
	struct list gone = LIST_INIT(gone);
	irqflags_t flags;
	pid_t hang_up = 0;
	bool last;

	futex_exit(current);
	exit_memory(current);
	exit_files(current);

	flags = spin_lock_irqsave(&tree_lock);
	last = exit_leave(p, status);
	if (last && p->group->session->sid == p->pid)
		hang_up = tty_session_end(p->group->session);
	if (last)
		exit_process(p, &gone);
	spin_unlock_irqrestore(&tree_lock, flags);

	tty_hang_up_group(hang_up);
	if (last) {
		proc_timers_exit(p);
		vfork_release(p);
	}
	while ((dead = list_pop_front_entry(&gone, struct proc, sibling)))
		proc_put(dead);
	task_exit(status);
}

void proc_exit(int status)
{
	struct proc *p = current_proc();
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);

	if (p->exec_task && p->exec_task != current && !p->exiting) {
		/* Another thread is in exec: only this one goes. */
		spin_unlock_irqrestore(&p->sig_lock, flags);
		thread_exit(status);
	}
	if (!p->exiting) {
		p->exiting = true;
		p->exit_status = status;
		proc_kill_threads(p);
	}
	spin_unlock_irqrestore(&p->sig_lock, flags);
	thread_exit(status);
}

void proc_notify_stop(struct proc *p, int code, int sig)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	struct proc *parent = p->parent;
	siginfo_t info = {
		.si_signo = SIGCHLD,
		.si_code = code,
	};

	if (parent) {
		info.si_child_pid = p->pid;
		info.si_child_uid = p->cred->uid;
		info.si_status = sig;
		if (!(parent->sighand->actions[SIGCHLD - 1].flags & SA_NOCLDSTOP))
			(void)signal_send_proc(parent, &info);
		wait_queue_wake_all(&parent->child_exit);
	}
	spin_unlock_irqrestore(&tree_lock, flags);
}

long sys_exit(int code)
{
	thread_exit(WSTATUS_EXIT(code));
}

long sys_exit_group(int code)
{
	proc_exit(WSTATUS_EXIT(code));
}
