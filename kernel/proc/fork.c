/*
 * clone, clone3 and what libc makes of them: fork, vfork, threads.
 *
 * A child is built completely before anybody can see it; then, under tree_lock, it gets its place, and
 * nothing fails after that.  Simplified: no namespaces (their flags are -EINVAL) and no CLONE_PIDFD.
 */
#include <kernel/proc.h>
#include <kernel/proc_internal.h>

#include <arch/arch.h>
#include <kernel/file.h>
#include <kernel/mm.h>
#include <kernel/panic.h>
#include <kernel/signal.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/vfs.h>
#include <uapi/sched.h>

#define CLONE_NAMESPACES                                                                           \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET)
#define CLONE_UNSUPPORTED (CLONE_NAMESPACES | CLONE_PIDFD | CLONE_INTO_CGROUP)

/* What clone and clone3 both come down to. */
struct clone_request {
	u64 flags;
	int exit_signal;
	vaddr_t stack_top; /* 0: the parent's stack pointer */
	u64 tls;
	pid_t __user *parent_tid;
	pid_t __user *child_tid;
};

/* Whether current's user has as many processes as it may; root may have more. */
static bool clone_over_limit(void)
{
	u64 limit = current_proc()->limits[RLIMIT_NPROC].rlim_cur, count = 0;
	uid_t uid = current_cred()->uid;
	irqflags_t flags;
	struct proc *p;

	/* Cheap for all but those who could be over it. */
	if (READ_ONCE(proc_count) < limit || current_privileged() || uid == 0)
		return false;
	flags = spin_lock_irqsave(&tree_lock);
	list_for_each(p, &all_procs, all)
		count += p->cred->uid == uid;
	spin_unlock_irqrestore(&tree_lock, flags);
	return count >= limit;
}

static int clone_check(const struct clone_request *rq)
{
	u64 flags = rq->flags;

	if (flags & CLONE_UNSUPPORTED)
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if (rq->exit_signal < 0 || rq->exit_signal > NSIG)
		return -EINVAL;
	/* init's siblings would have no parent. */
	if ((flags & CLONE_PARENT) && current_proc() == init_proc)
		return -EINVAL;
	return clone_over_limit() ? -EAGAIN : 0;
}

/* The child's first steps, in its own memory; returning goes to EL0 with x0 = 0. */
static void clone_child_entry(void *child_tid)
{
	if (child_tid)
		(void)put_user(current->tid, (pid_t __user *)child_tid);
}

static int clone_memory(struct task *t, u64 flags)
{
	if (!(flags & CLONE_VM))
		return mm_fork(current->mm, &t->mm);
	mm_get(current->mm);
	t->mm = current->mm;
	return 0;
}

static int clone_files(struct task *t, u64 flags)
{
	int err = 0;

	if (flags & CLONE_FILES) {
		fd_table_get(current->fds);
		t->fds = current->fds;
	} else {
		err = fd_table_copy(current->fds, &t->fds);
	}
	if (err)
		return err;
	if (flags & CLONE_FS) {
		fs_context_get(current->fs);
		t->fs = current->fs;
		return 0;
	}
	return fs_context_copy(current->fs, &t->fs);
}

/* Gives back what an unborn child holds. */
static void clone_discard(struct task *t)
{
	pid_t tid = t->tid;

	if (t->mm)
		mm_put(t->mm);
	if (t->fds)
		fd_table_put(t->fds);
	if (t->fs)
		fs_context_put(t->fs);
	t->mm = NULL;
	t->fds = NULL;
	t->fs = NULL;
	task_put(t);
	if (tid > 0)
		tid_free(tid);
}

/* A process like current's, not in the tree yet. */
static int clone_process(const struct clone_request *rq, struct proc **out)
{
	struct proc *self = current_proc(), *p;
	irqflags_t flags;
	int err;

	err = proc_new(&p);
	if (err)
		return err;
	p->cred = cred_get(self);
	p->exit_signal = rq->flags & CLONE_PARENT ? self->exit_signal : rq->exit_signal;
	p->vfork_pending = rq->flags & CLONE_VFORK;
	flags = spin_lock_irqsave(&self->sig_lock);
	memcpy(p->limits, self->limits, sizeof(p->limits));
	spin_unlock_irqrestore(&self->sig_lock, flags);
	p->cpu_timers = p->limits[RLIMIT_CPU].rlim_cur != RLIM_INFINITY;
	p->dumpable = self->dumpable;
	p->no_new_privs = self->no_new_privs;
	p->personality = self->personality;
	strlcpy(p->exe_path, self->exe_path, sizeof(p->exe_path));
	*out = p;
	return 0;
}

static int clone_task(const struct clone_request *rq, struct proc *p, struct task **out)
{
	bool set_tid = rq->flags & CLONE_CHILD_SETTID;
	struct task *t;
	int err;

	err = task_create(current->name, clone_child_entry, set_tid ? rq->child_tid : NULL, &t);
	if (err)
		return err;
	proc_get(p);
	t->proc = p;
	t->tid = tid_alloc();
	err = t->tid < 0 ? t->tid : 0;
	if (!err)
		err = clone_files(t, rq->flags);
	if (!err)
		err = signals_fork(p, t, rq->flags);
	if (!err)
		err = clone_memory(t, rq->flags);
	if (err) {
		clone_discard(t);
		return err;
	}
	arch_thread_fork(t);
	if (rq->stack_top)
		task_trap_frame(t)->sp = rq->stack_top;
	if (rq->flags & CLONE_SETTLS)
		arch_thread_set_tls(t, rq->tls);
	if (rq->flags & CLONE_CHILD_CLEARTID)
		t->clear_child_tid = rq->child_tid;
	t->cpu_mask = current->cpu_mask;
	if (current->nice)
		sched_set_nice(t, current->nice);
	*out = t;
	return 0;
}

/* Gives the child its place.  -ERESTARTNOINTR when current's process is ending. */
static int clone_link(const struct clone_request *rq, struct proc *p, struct task *t)
{
	struct proc *self = current_proc();
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	bool dying;

	spin_lock(&self->sig_lock);
	dying = self->exiting || (self->exec_task && self->exec_task != current);
	spin_unlock(&self->sig_lock);
	if (dying) {
		spin_unlock_irqrestore(&tree_lock, flags);
		return -ERESTARTNOINTR;
	}
	if (p != self) {
		p->pid = t->tid;
		proc_link(p, rq->flags & CLONE_PARENT ? self->parent : self, self->group);
	}
	proc_add_thread(p, t);
	spin_unlock_irqrestore(&tree_lock, flags);
	return 0;
}

static void clone_wait_vfork(struct proc *p)
{
	(void)wait_event_state(&p->vfork_done, !load_acquire(&p->vfork_pending), TASK_KILLABLE,
			       NSEC_NEVER);
	proc_put(p);
}

static long clone_start(const struct clone_request *rq, struct proc *p, struct task *t)
{
	bool vfork = p != current_proc() && (rq->flags & CLONE_VFORK);
	pid_t tid = t->tid;
	int err;

	err = clone_link(rq, p, t);
	if (err)
		return err;
	if (rq->flags & CLONE_PARENT_SETTID)
		(void)put_user(tid, rq->parent_tid);
	if (vfork)
		proc_get(p);
	task_start(t);
	task_put(t);
	if (vfork)
		clone_wait_vfork(p);
	return tid;
}

static long clone_run(const struct clone_request *rq)
{
	struct proc *p = current_proc();
	struct task *t;
	long ret;

	ret = clone_check(rq);
	if (!ret && !(rq->flags & CLONE_THREAD))
		ret = clone_process(rq, &p);
	if (ret)
		return ret;
	ret = clone_task(rq, p, &t);
	if (ret)
		goto out_proc;
	ret = clone_start(rq, p, t);
	if (ret >= 0)
		return ret;
	clone_discard(t);
out_proc:
	if (p != current_proc())
		proc_put(p);
	return ret;
}

long sys_clone(unsigned long flags, vaddr_t stack, pid_t __user *parent_tid, unsigned long tls,
	       pid_t __user *child_tid)
{
	struct clone_request rq = {
		.flags = (u32)flags & ~CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.stack_top = stack,
		.tls = tls,
		.parent_tid = parent_tid,
		.child_tid = child_tid,
	};

	return clone_run(&rq);
}

/* Copies a structure that may grow: what we do not know must be zero. */
static int clone3_args(struct clone_args *args, const struct clone_args __user *user, size_t size)
{
	const u8 __user *rest = (const u8 __user *)user + sizeof(*args);
	u8 byte;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	memset(args, 0, sizeof(*args));
	if (copy_from_user(args, user, MIN(size, sizeof(*args))))
		return -EFAULT;
	for (; size > sizeof(*args); size--, rest++) {
		if (get_user(byte, rest))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return 0;
}

long sys_clone3(struct clone_args __user *user, size_t size)
{
	struct clone_args args;
	struct clone_request rq;
	int err;

	err = clone3_args(&args, user, size);
	if (err)
		return err;
	if ((args.flags & (CSIGNAL | CLONE_DETACHED)) || args.set_tid_size || args.set_tid ||
	    args.exit_signal > NSIG)
		return -EINVAL;
	if ((args.flags & (CLONE_THREAD | CLONE_PARENT)) && args.exit_signal)
		return -EINVAL;
	if (!args.stack != !args.stack_size)
		return -EINVAL;
	if (args.flags >= CLONE_INTO_CGROUP << 1)
		return -EINVAL;
	if (args.stack && !user_range_ok((void __user *)args.stack, args.stack_size))
		return -EINVAL;
	rq = (struct clone_request){
		.flags = args.flags,
		.exit_signal = (int)args.exit_signal,
		.stack_top = args.stack + args.stack_size,
		.tls = args.tls,
		.parent_tid = (pid_t __user *)args.parent_tid,
		.child_tid = (pid_t __user *)args.child_tid,
	};
	return clone_run(&rq);
}
