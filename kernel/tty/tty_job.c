/*
 * Job control: which session a terminal belongs to, which of its groups is in the foreground, and what
 * happens to the others when they want to read (POSIX chapter 11.1.3 to 11.1.5).
 *
 * struct session.tty is written under tree_lock, the terminal's own fields under tty.lock inside it.
 */
#include <kernel/tty.h>

#include <kernel/errno.h>
#include <kernel/proc.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>

/* The controlling terminal of a process. */
static struct tty *tty_of_proc(const struct proc *p) REQUIRES(tree_lock)
{
	return p && p->group ? p->group->session->tty : NULL;
}

struct tty *tty_of_current(void)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	struct tty *tty = tty_of_proc(current->proc);

	spin_unlock_irqrestore(&tree_lock, flags);
	return tty;
}

/* Sets whose it is, and who is in the foreground. */
static void tty_set_owner(struct tty *tty, pid_t session, pid_t foreground)
{
	irqflags_t flags = spin_lock_irqsave(&tty->lock);

	tty->session = session;
	tty->foreground = foreground;
	spin_unlock_irqrestore(&tty->lock, flags);
}

/* Takes a terminal away from the session that has it. */
static void tty_take_away(struct tty *tty) REQUIRES(tree_lock)
{
	struct proc_group *g;

	list_for_each(g, &all_groups, all) {
		if (g->session->tty == tty)
			g->session->tty = NULL;
	}
	tty_set_owner(tty, 0, 0);
}

int tty_session_begin(struct tty *tty, bool steal)
{
	struct proc *p = current->proc;
	irqflags_t flags;
	struct session *s;
	int err = 0;

	if (!p)
		return -EPERM;
	flags = spin_lock_irqsave(&tree_lock);
	s = p->group->session;
	if (s->tty == tty && s->sid == p->pid)
		goto out_unlock;
	err = -EPERM;
	if (s->sid != p->pid || s->tty)
		goto out_unlock;
	if (tty->session && !steal)
		goto out_unlock;
	if (tty->session)
		tty_take_away(tty);
	s->tty = tty;
	tty_set_owner(tty, s->sid, p->group->pgid);
	err = 0;
out_unlock:
	spin_unlock_irqrestore(&tree_lock, flags);
	return err;
}

pid_t tty_session_end(struct session *s)
{
	struct tty *tty = s->tty;
	pid_t foreground;

	if (!tty)
		return 0;
	foreground = tty->foreground;
	tty_take_away(tty);
	return foreground;
}

void tty_hang_up_group(pid_t pgid)
{
	siginfo_t hangup = { .si_signo = SIGHUP, .si_code = SI_KERNEL };
	siginfo_t go_on = { .si_signo = SIGCONT, .si_code = SI_KERNEL };

	if (!pgid)
		return;
	signal_send_group(pgid, &hangup);
	signal_send_group(pgid, &go_on);
}

/* The leader of the session that has the terminal, with a reference; NULL when there is none. */
static struct proc *tty_session_leader(struct tty *tty)
{
	pid_t sid = READ_ONCE(tty->session);

	return sid ? proc_find(sid) : NULL;
}

void tty_hang_up(struct tty *tty)
{
	struct proc *leader = tty_session_leader(tty);
	pid_t foreground;
	irqflags_t flags;

	flags = spin_lock_irqsave(&tree_lock);
	foreground = tty->foreground;
	tty_take_away(tty);
	spin_unlock_irqrestore(&tree_lock, flags);
	flags = spin_lock_irqsave(&tty->lock);
	tty->hung_up = true;
	spin_unlock_irqrestore(&tty->lock, flags);
	wait_queue_wake_all(&tty->readable);
	wait_queue_wake_all(&tty->writable);
	if (leader) {
		(void)signal_kernel(leader, SIGHUP);
		(void)signal_kernel(leader, SIGCONT);
		proc_put(leader);
	}
	tty_hang_up_group(foreground);
}

void tty_signal_foreground(struct tty *tty, int sig)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_KERNEL };
	pid_t foreground = READ_ONCE(tty->foreground);

	if (foreground)
		signal_send_group(foreground, &info);
}

/* ---- background ------------------------------------------------------------------------------ */

/* Whether the signal would do nothing to current. */
static bool tty_signal_futile(int sig)
{
	struct proc *p = current->proc;
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);
	bool ignored = p->sighand->actions[sig - 1].handler == SIG_IGN;

	spin_unlock_irqrestore(&p->sig_lock, flags);
	return ignored || (current->sig.blocked & SIGMASK(sig));
}

/* Whether no member has a parent in another group of the session, who could continue it. */
static bool tty_group_orphaned(const struct proc_group *g) REQUIRES(tree_lock)
{
	const struct proc *p;

	list_for_each(p, &g->members, group_node) {
		if (p->parent && p->parent->group && p->parent->group != g &&
		    p->parent->group->session == g->session)
			return false;
	}
	return true;
}

/*
 * Whether current is in the background of this terminal.  *pgid is its group, *orphaned whether nobody is
 * there to continue that.
 */
static bool tty_in_background(struct tty *tty, pid_t *pgid, bool *orphaned)
{
	struct proc *p = current->proc;
	irqflags_t flags;
	bool background;

	if (!p)
		return false;
	flags = spin_lock_irqsave(&tree_lock);
	*pgid = p->group->pgid;
	background = tty_of_proc(p) == tty && tty->foreground != *pgid;
	*orphaned = background && tty_group_orphaned(p->group);
	spin_unlock_irqrestore(&tree_lock, flags);
	return background;
}

int tty_check_background(struct tty *tty, int sig)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_KERNEL };
	bool orphaned;
	pid_t pgid;

	if (!tty_in_background(tty, &pgid, &orphaned))
		return 0;
	if (tty_signal_futile(sig))
		return sig == SIGTTOU ? 0 : -EIO;
	if (orphaned)
		return -EIO;
	signal_send_group(pgid, &info);
	return -ERESTARTSYS;
}

/* ---- what tcgetpgrp(3) and the like ask for -------------------------------------------------- */

long tty_get_foreground(struct tty *tty, pid_t __user *user)
{
	if (tty_of_current() != tty)
		return -ENOTTY;
	return put_user(READ_ONCE(tty->foreground), user);
}

long tty_get_session(struct tty *tty, pid_t __user *user)
{
	if (tty_of_current() != tty)
		return -ENOTTY;
	return put_user(READ_ONCE(tty->session), user);
}

long tty_set_foreground(struct tty *tty, const pid_t __user *user)
{
	struct proc_group *g;
	irqflags_t flags;
	pid_t pgid;
	long err;

	if (tty_of_current() != tty)
		return -ENOTTY;
	err = tty_check_background(tty, SIGTTOU);
	if (err)
		return err;
	if (get_user(pgid, user))
		return -EFAULT;
	if (pgid < 0)
		return -EINVAL;
	flags = spin_lock_irqsave(&tree_lock);
	g = group_find(pgid);
	if (!g)
		err = -ESRCH;
	else if (g->session != current->proc->group->session)
		err = -EPERM;
	else
		tty_set_owner(tty, g->session->sid, pgid);
	spin_unlock_irqrestore(&tree_lock, flags);
	return err;
}
