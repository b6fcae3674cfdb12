/* The system calls of signals (signal(7), sigaction(2) and what they refer to). */
#include <kernel/signal.h>
#include <kernel/syscall.h>

#include <arch/arch.h>
#include <kernel/errno.h>
#include <kernel/proc.h>
#include <kernel/proc_internal.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>

#define SIGNALS_UNBLOCKABLE (SIGMASK(SIGKILL) | SIGMASK(SIGSTOP))

/* ---- Sending ------------------------------------------------------------------------------------- */

/* Who may signal whom: kill(2). */
static bool signal_permitted(struct proc *p, int sig)
{
	const struct cred *own = current_cred();
	struct cred *other;
	bool same;

	if (current_privileged() || p == current_proc())
		return true;
	if (sig == SIGCONT && p->group && p->group->session == current_proc()->group->session)
		return true;
	other = cred_get(p);
	same = own->euid == other->suid || own->euid == other->uid || own->uid == other->suid ||
	       own->uid == other->uid;
	cred_put(other);
	return same;
}

/* Sends one signal to a process (thread NULL) or thread; sig 0 only asks.  0 or negative errno. */
static int signal_send_checked(struct proc *p, struct task *thread, const siginfo_t *info)
{
	int sig = info->si_signo;

	if (!signal_permitted(p, sig))
		return -EPERM;
	if (!sig)
		return 0;
	return thread ? signal_send_task(thread, info) : signal_send_proc(p, info);
}

static siginfo_t signal_info_from_user(int sig, int code)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };

	info.si_pid = current_proc()->pid;
	info.si_uid = current_cred()->uid;
	return info;
}

/*
 * kill() to many: the members of a group, or with pgid 0 everybody but init and the caller.  tree_lock is
 * held over the walk, which is as long as there are processes.
 */
static int signal_send_many(pid_t pgid, const siginfo_t *info)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	int sent = 0, err = -ESRCH, last;
	struct proc *p;

	list_for_each(p, &all_procs, all) {
		if (pgid && (!p->group || p->group->pgid != pgid))
			continue;
		if (!pgid && (p == init_proc || p == current_proc()))
			continue;
		last = signal_send_checked(p, NULL, info);
		if (last)
			err = last;
		else
			sent++;
	}
	spin_unlock_irqrestore(&tree_lock, flags);
	return sent ? 0 : err;
}

long sys_kill(pid_t pid, int sig)
{
	siginfo_t info = signal_info_from_user(sig, SI_USER);
	struct proc *p;
	int err;

	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	if (pid == -1)
		return signal_send_many(0, &info);
	if (pid == (pid_t)0x80000000)
		return -ESRCH;
	if (pid <= 0)
		return signal_send_many(pid ? -pid : current_proc()->group->pgid, &info);
	p = proc_find(pid);
	if (!p)
		return -ESRCH;
	err = signal_send_checked(p, NULL, &info);
	proc_put(p);
	return err;
}

/* To one thread; with pid > 0 it must belong to that process. */
static int signal_send_thread(pid_t pid, pid_t tid, const siginfo_t *info)
{
	struct task *t;
	int err = -ESRCH;

	if (tid <= 0 || info->si_signo < 0 || info->si_signo > NSIG)
		return -EINVAL;
	t = task_find(tid);
	if (!t)
		return -ESRCH;
	if (t->proc && (pid <= 0 || t->proc->pid == pid))
		err = signal_send_checked(t->proc, t, info);
	task_put(t);
	return err;
}

long sys_tkill(pid_t tid, int sig)
{
	siginfo_t info = signal_info_from_user(sig, SI_TKILL);

	return signal_send_thread(0, tid, &info);
}

long sys_tgkill(pid_t pid, pid_t tid, int sig)
{
	siginfo_t info = signal_info_from_user(sig, SI_TKILL);

	if (pid <= 0)
		return -EINVAL;
	return signal_send_thread(pid, tid, &info);
}

/* Copies the caller's siginfo; only to itself may it pretend to be the kernel or kill(). */
static int signal_info_copy(siginfo_t *info, const siginfo_t __user *from, int sig, pid_t pid)
{
	if (copy_from_user(info, from, sizeof(*info)))
		return -EFAULT;
	info->si_signo = sig;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) && pid != current_proc()->pid)
		return -EPERM;
	return 0;
}

long sys_rt_sigqueueinfo(pid_t pid, int sig, siginfo_t __user *from)
{
	siginfo_t info;
	struct proc *p;
	int err;

	err = signal_info_copy(&info, from, sig, pid);
	if (err)
		return err;
	if (sig < 0 || sig > NSIG)
		return -EINVAL;
	p = proc_find(pid);
	if (!p)
		return -ESRCH;
	err = signal_send_checked(p, NULL, &info);
	proc_put(p);
	return err;
}

long sys_rt_tgsigqueueinfo(pid_t pid, pid_t tid, int sig, siginfo_t __user *from)
{
	siginfo_t info;
	int err;

	if (pid <= 0 || tid <= 0)
		return -EINVAL;
	err = signal_info_copy(&info, from, sig, pid);
	return err ? err : signal_send_thread(pid, tid, &info);
}

/* ---- Actions and masks ---------------------------------------------------------------------------- */

/* Sets an action.  Signals that are ignored from now on are no longer pending. */
static void signal_action_set(int sig, const struct k_sigaction *new)
{
	struct k_sigaction *sa = &current_proc()->sighand->actions[sig - 1];

	*sa = *new;
	sa->mask &= ~SIGNALS_UNBLOCKABLE;
	if (sa->handler == SIG_IGN || (sa->handler == SIG_DFL && signal_default_ignores(sig)))
		signal_discard_all(current_proc(), SIGMASK(sig));
	signal_recalculate(current);
}

long sys_rt_sigaction(int sig, const struct k_sigaction __user *new, struct k_sigaction __user *old,
		      size_t size)
{
	struct proc *p = current_proc();
	struct k_sigaction sa, before;
	irqflags_t flags;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (new && copy_from_user(&sa, new, sizeof(sa)))
		return -EFAULT;
	if (sig < 1 || sig > NSIG || (new && (SIGMASK(sig) & SIGNALS_UNBLOCKABLE)))
		return -EINVAL;
	flags = spin_lock_irqsave(&p->sig_lock);
	before = p->sighand->actions[sig - 1];
	if (new)
		signal_action_set(sig, &sa);
	spin_unlock_irqrestore(&p->sig_lock, flags);
	if (old && copy_to_user(old, &before, sizeof(before)))
		return -EFAULT;
	return 0;
}

long sys_rt_sigprocmask(int how, const sigset_t __user *new, sigset_t __user *old, size_t size)
{
	sigset_t before = current->sig.blocked, set;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (new) {
		if (copy_from_user(&set, new, sizeof(set)))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK: set = before | set; break;
		case SIG_UNBLOCK: set = before & ~set; break;
		case SIG_SETMASK: break;
		default: return -EINVAL;
		}
		signal_set_blocked(set);
	}
	if (old && copy_to_user(old, &before, sizeof(before)))
		return -EFAULT;
	return 0;
}

long sys_rt_sigpending(sigset_t __user *set, size_t size)
{
	struct proc *p = current_proc();
	irqflags_t flags;
	sigset_t pending;

	if (size > sizeof(sigset_t))
		return -EINVAL;
	flags = spin_lock_irqsave(&p->sig_lock);
	pending = (current->sig.pending.set | p->pending.set) & current->sig.blocked;
	spin_unlock_irqrestore(&p->sig_lock, flags);
	return copy_to_user(set, &pending, size);
}

/* ---- Waiting -------------------------------------------------------------------------------------- */

void signal_borrow_mask(sigset_t set)
{
	current->sig.saved = current->sig.blocked;
	current->sig.restore_saved = true;
	signal_set_blocked(set);
}

void signal_return_mask(void)
{
	current->sig.restore_saved = false;
	signal_set_blocked(current->sig.saved);
}

long sys_rt_sigsuspend(const sigset_t __user *mask, size_t size)
{
	sigset_t set;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (copy_from_user(&set, mask, sizeof(set)))
		return -EFAULT;
	signal_borrow_mask(set);
	while (!signal_pending(current)) {
		task_set_state(TASK_INTERRUPTIBLE);
		(void)task_sleep_until(NSEC_NEVER);
	}
	return -ERESTARTNOHAND;
}

/* Takes a signal of the set that is pending now; 0 when there is none. */
static int signal_take_one(sigset_t set, siginfo_t *info)
{
	irqflags_t flags = spin_lock_irqsave(&current_proc()->sig_lock);
	int sig = signal_dequeue(~set, info);

	signal_recalculate(current);
	spin_unlock_irqrestore(&current_proc()->sig_lock, flags);
	return sig;
}

/* Sleeps with the set unblocked, so that its arrival wakes; then takes what came. */
static int signal_wait_one(sigset_t set, nsec_t deadline, siginfo_t *info)
{
	sigset_t before = current->sig.blocked;
	int sig, err;

	current->sig.waited = set;
	signal_set_blocked(before & ~set);
	task_set_state(TASK_INTERRUPTIBLE);
	err = task_sleep_until(deadline);
	sig = signal_take_one(set, info);
	current->sig.waited = 0;
	signal_set_blocked(before);
	if (sig)
		return sig;
	return err == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

long sys_rt_sigtimedwait(const sigset_t __user *uset, siginfo_t __user *uinfo,
			 const struct timespec __user *timeout, size_t size)
{
	nsec_t wait = NSEC_NEVER;
	struct timespec ts;
	siginfo_t info;
	sigset_t set;
	int sig;

	if (size != sizeof(sigset_t))
		return -EINVAL;
	if (copy_from_user(&set, uset, sizeof(set)))
		return -EFAULT;
	if (timeout) {
		if (copy_from_user(&ts, timeout, sizeof(ts)))
			return -EFAULT;
		if (timespec_to_ns(&ts, &wait))
			return -EINVAL;
	}
	set &= ~SIGNALS_UNBLOCKABLE;
	sig = signal_take_one(set, &info);
	if (!sig && wait == 0)
		return -EAGAIN;
	if (!sig)
		sig = signal_wait_one(set, wait == NSEC_NEVER ? wait : time_mono() + wait, &info);
	if (sig > 0 && uinfo && copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return sig;
}

long sys_restart_syscall(void)
{
	long (*restart)(struct task *t) = current->sig.restart;

	current->sig.restart = NULL;
	return restart ? restart(current) : -EINTR;
}

/* ---- The alternate stack ---------------------------------------------------------------------------- */

/* Whether sp is on it.  With SS_AUTODISARM it is off while a handler runs on it. */
static bool signal_on_altstack(vaddr_t sp)
{
	const struct task_signals *s = &current->sig;

	return !(s->alt_flags & SS_AUTODISARM) && sp > s->alt_sp && sp - s->alt_sp <= s->alt_size;
}

vaddr_t signal_handler_stack(vaddr_t sp, const struct k_sigaction *sa)
{
	if (!(sa->flags & SA_ONSTACK) || !current->sig.alt_size || signal_on_altstack(sp))
		return sp;
	return current->sig.alt_sp + current->sig.alt_size;
}

void signal_altstack_get(vaddr_t sp, stack_t *out)
{
	const struct task_signals *s = &current->sig;

	*out = (stack_t){ .ss_sp = s->alt_sp, .ss_size = s->alt_size };
	if (!s->alt_size)
		out->ss_flags = SS_DISABLE;
	else if (signal_on_altstack(sp))
		out->ss_flags = SS_ONSTACK;
	out->ss_flags |= (s32)(s->alt_flags & SS_AUTODISARM);
}

int signal_altstack_set(vaddr_t sp, const stack_t *new)
{
	struct task_signals *s = &current->sig;
	u32 flags = (u32)new->ss_flags, mode = flags & ~SS_AUTODISARM;

	if (s->alt_size && signal_on_altstack(sp))
		return -EPERM;
	if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
		return -EINVAL;
	if (mode != SS_DISABLE && new->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	s->alt_sp = mode == SS_DISABLE ? 0 : new->ss_sp;
	s->alt_size = mode == SS_DISABLE ? 0 : new->ss_size;
	s->alt_flags = flags;
	return 0;
}

long sys_sigaltstack(const stack_t __user *unew, stack_t __user *uold)
{
	vaddr_t sp = arch_user_sp(task_trap_frame(current));
	stack_t new, old = { 0 };
	int err;

	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	signal_altstack_get(sp, &old);
	if (unew) {
		err = signal_altstack_set(sp, &new);
		if (err)
			return err;
	}
	if (uold && copy_to_user(uold, &old, sizeof(old)))
		return -EFAULT;
	return 0;
}
