/* Signal state over the life of a process: birth, fork, exec, end.  Called by kernel/proc/. */
#include <kernel/signal.h>

#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/proc.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <uapi/sched.h>

static struct sighand *sighand_new(const struct sighand *from)
{
	struct sighand *sh = kzalloc(sizeof(*sh), 0);

	if (!sh)
		return NULL;
	atomic_store(&sh->refs, 1);
	if (from)
		memcpy(sh->actions, from->actions, sizeof(sh->actions));
	return sh;
}

static void sighand_put(struct sighand *sh)
{
	if (atomic_dec_return(&sh->refs) == 0)
		kfree(sh);
}

/* What a program catches becomes default; what it ignores stays so. */
static void sighand_reset_caught(struct sighand *sh)
{
	for (int i = 0; i < SIGNALS_MAX; i++) {
		struct k_sigaction *sa = &sh->actions[i];
		vaddr_t handler = sa->handler == SIG_IGN ? SIG_IGN : SIG_DFL;

		*sa = (struct k_sigaction){ .handler = handler };
	}
}

static void signals_init_thread(struct task *t)
{
	memset(&t->sig.pending, 0, sizeof(t->sig.pending));
	list_init(&t->sig.pending.queue);
	t->sig.restore_saved = false;
	t->sig.waited = 0;
	t->sig.restart = NULL;
}

static void signals_altstack_off(struct task *t)
{
	t->sig.alt_sp = 0;
	t->sig.alt_size = 0;
	t->sig.alt_flags = SS_DISABLE;
}

int signals_new(struct proc *p, struct task *t)
{
	p->sighand = sighand_new(NULL);
	if (!p->sighand)
		return -ENOMEM;
	signals_init_thread(t);
	t->sig.blocked = 0;
	signals_altstack_off(t);
	return 0;
}

int signals_fork(struct proc *child, struct task *child_task, u64 clone_flags)
{
	const struct task_signals *from = &current->sig;

	if (clone_flags & CLONE_SIGHAND && !(clone_flags & CLONE_THREAD)) {
		child->sighand = current->proc->sighand;
		atomic_inc(&child->sighand->refs);
	} else if (!(clone_flags & CLONE_THREAD)) {
		irqflags_t flags;
		struct sighand *sh = sighand_new(NULL);

		if (!sh)
			return -ENOMEM;
		flags = spin_lock_irqsave(&current->proc->sig_lock);
		memcpy(sh->actions, current->proc->sighand->actions, sizeof(sh->actions));
		spin_unlock_irqrestore(&current->proc->sig_lock, flags);
		if (clone_flags & CLONE_CLEAR_SIGHAND)
			sighand_reset_caught(sh);
		child->sighand = sh;
	}
	signals_init_thread(child_task);
	child_task->sig.blocked = from->blocked;
	child_task->sig.alt_sp = from->alt_sp;
	child_task->sig.alt_size = from->alt_size;
	child_task->sig.alt_flags = from->alt_flags;
	/* A thread must not run handlers on its creator's stack; a vfork child may, its parent waits. */
	if ((clone_flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		signals_altstack_off(child_task);
	return 0;
}

int signals_exec_prepare(void)
{
	struct proc *p = current->proc;
	struct sighand *own, *shared = p->sighand;
	irqflags_t flags;

	if (atomic_load(&shared->refs) == 1)
		return 0;
	own = sighand_new(shared);
	if (!own)
		return -ENOMEM;
	flags = spin_lock_irqsave(&p->sig_lock);
	p->sighand = own;
	spin_unlock_irqrestore(&p->sig_lock, flags);
	sighand_put(shared);
	return 0;
}

void signals_exec(struct task *t)
{
	irqflags_t flags = spin_lock_irqsave(&t->proc->sig_lock);

	sighand_reset_caught(t->proc->sighand);
	signals_altstack_off(t);
	t->sig.restart = NULL;
	spin_unlock_irqrestore(&t->proc->sig_lock, flags);
}

void signals_release(struct proc *p)
{
	if (p->sighand)
		sighand_put(p->sighand);
	p->sighand = NULL;
}

bool signals_child_autoreap(struct proc *p)
{
	const struct k_sigaction *sa = &p->sighand->actions[SIGCHLD - 1];

	ASSERT(spin_held(&p->sig_lock));
	return sa->handler == SIG_IGN || (sa->flags & SA_NOCLDWAIT);
}
