/*
 * Process groups and sessions: setpgid, setsid and their kin.  A group exists while it has members
 * (zombies count), a session while it has groups.  All under tree_lock.
 */
#include <kernel/proc.h>
#include <kernel/proc_internal.h>

#include <kernel/panic.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>

struct proc_group *group_alloc(void)
{
	struct proc_group *g = kzalloc(sizeof(*g), 0);

	if (g)
		list_init(&g->members);
	return g;
}

struct session *session_alloc(void)
{
	return kzalloc(sizeof(struct session), 0);
}

static void session_put(struct session *s) REQUIRES(tree_lock)
{
	ASSERT(spin_held(&tree_lock));
	if (--s->refs)
		return;
	pid_link_remove(&s->pid_link);
	kfree(s);
}

void session_found(struct session *s, pid_t sid)
{
	ASSERT(spin_held(&tree_lock));
	s->sid = sid;
	pid_link_add(&s->pid_link, sid, PID_SESSION);
}

void group_found(struct proc *p, struct proc_group *g, struct session *s)
{
	ASSERT(spin_held(&tree_lock));
	g->pgid = p->pid;
	g->session = s;
	s->refs++;
	pid_link_add(&g->pid_link, g->pgid, PID_GROUP);
	list_push_back(&all_groups, &g->all);
	group_move(p, g);
}

void group_move(struct proc *p, struct proc_group *g)
{
	struct proc_group *old = p->group;

	ASSERT(spin_held(&tree_lock));
	if (old)
		list_remove(&p->group_node);
	if (g)
		list_push_back(&g->members, &p->group_node);
	p->group = g;
	if (!old || !list_empty(&old->members))
		return;
	pid_link_remove(&old->pid_link);
	list_remove(&old->all);
	session_put(old->session);
	kfree(old);
}

bool group_orphaned(const struct proc_group *g, const struct proc *leaving)
{
	const struct proc *p;

	ASSERT(spin_held(&tree_lock));
	list_for_each(p, &g->members, group_node) {
		if (p == leaving || p->state != PROC_ALIVE || !p->parent || p->parent == init_proc)
			continue;
		if (p->parent->group != g && p->parent->group->session == g->session)
			return false;
	}
	return true;
}

void group_check_orphaned(struct proc_group *g, struct proc *leaving)
{
	struct proc *p;
	bool stopped = false;

	ASSERT(spin_held(&tree_lock));
	list_for_each(p, &g->members, group_node)
		stopped |= p != leaving && p->state == PROC_ALIVE && p->group_stop;
	if (!stopped || !group_orphaned(g, leaving))
		return;
	list_for_each(p, &g->members, group_node) {
		if (p->state != PROC_ALIVE)
			continue;
		(void)signal_kernel(p, SIGHUP);
		(void)signal_kernel(p, SIGCONT);
	}
}

/* The one that a call means: current's process for 0.  With a reference; NULL: -ESRCH. */
static struct proc *proc_of_argument(pid_t pid)
{
	if (pid)
		return proc_find(pid);
	proc_get(current_proc());
	return current_proc();
}

/* POSIX setpgid(): who may be moved where.  *out: the existing group, or NULL if it is to be founded. */
static int setpgid_check(struct proc *p, pid_t pgid, struct proc_group **out) REQUIRES(tree_lock)
{
	struct proc *self = current_proc();
	struct proc_group *g;

	if (p != self && (p->parent != self || p->state == PROC_REAPED))
		return -ESRCH;
	if (p->group->session != self->group->session)
		return -EPERM;
	if (p != self && p->did_exec)
		return -EACCES;
	if (p->group->session->sid == p->pid)
		return -EPERM;
	g = group_find(pgid);
	if (!g && pgid != p->pid)
		return -EPERM;
	if (g && g->session != self->group->session)
		return -EPERM;
	*out = g;
	return 0;
}

long sys_setpgid(pid_t pid, pid_t pgid)
{
	struct proc_group *fresh, *g;
	struct proc *p;
	irqflags_t flags;
	int err;

	if (pgid < 0)
		return -EINVAL;
	p = proc_of_argument(pid);
	if (!p)
		return -ESRCH;
	fresh = group_alloc();
	if (!fresh) {
		proc_put(p);
		return -ENOMEM;
	}
	flags = spin_lock_irqsave(&tree_lock);
	err = setpgid_check(p, pgid ? pgid : p->pid, &g);
	if (!err && g && g != p->group) {
		group_move(p, g);
	} else if (!err && !g) {
		group_found(p, fresh, p->group->session);
		fresh = NULL;
	}
	spin_unlock_irqrestore(&tree_lock, flags);
	kfree(fresh);
	proc_put(p);
	return err;
}

long sys_getpgid(pid_t pid)
{
	struct proc *p = proc_of_argument(pid);
	irqflags_t flags;
	long pgid;

	if (!p)
		return -ESRCH;
	flags = spin_lock_irqsave(&tree_lock);
	pgid = p->group ? p->group->pgid : -ESRCH;
	spin_unlock_irqrestore(&tree_lock, flags);
	proc_put(p);
	return pgid;
}

long sys_getsid(pid_t pid)
{
	struct proc *p = proc_of_argument(pid);
	irqflags_t flags;
	long sid;

	if (!p)
		return -ESRCH;
	flags = spin_lock_irqsave(&tree_lock);
	sid = p->group ? p->group->session->sid : -ESRCH;
	spin_unlock_irqrestore(&tree_lock, flags);
	proc_put(p);
	return sid;
}

long sys_setsid(void)
{
	struct proc *p = current_proc();
	struct proc_group *g = group_alloc();
	struct session *s = session_alloc();
	irqflags_t flags;
	long err = 0;

	if (!g || !s) {
		kfree(g);
		kfree(s);
		return -ENOMEM;
	}
	flags = spin_lock_irqsave(&tree_lock);
	if (group_find(p->pid)) {
		err = -EPERM;
	} else {
		session_found(s, p->pid);
		group_found(p, g, s);
	}
	spin_unlock_irqrestore(&tree_lock, flags);
	if (!err)
		return p->pid;
	kfree(g);
	kfree(s);
	return err;
}
