/*
 * Processes that the kernel starts by itself: init, and the programs of user stages.  Called by kmain's
 * boot task.  They have no parent; the kernel waits for them here.
 */
#include <kernel/proc.h>
#include <kernel/proc_internal.h>

#include <kernel/exec.h>
#include <kernel/file.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/vfs.h>
#include <uapi/wait.h>

/* Between the one who starts a process and the process; on the former's stack. */
struct spawn {
	const struct spawn_args *args;
	struct wait_queue done_queue;
	bool done;
	int err;
};

static void spawn_report(struct spawn *s, int err)
{
	irqflags_t flags;

	/* The spawner's frame lives until it gets this lock. */
	flags = spin_lock_irqsave(&tree_lock);
	s->err = err;
	store_release(&s->done, true);
	wait_queue_wake_all(&s->done_queue);
	spin_unlock_irqrestore(&tree_lock, flags);
}

/* The first thread: exec, and on to EL0 by returning. */
static void spawn_entry(void *arg)
{
	struct spawn *s = arg;
	const struct spawn_args *args = s->args;
	int err = exec_kernel(args->path, args->argv, args->envp);

	/* args is the spawner's: not to be looked at any more. */
	spawn_report(s, err);
	if (err)
		proc_exit(WSTATUS_EXIT(127));
}

static int spawn_files(struct task *t, const struct spawn_args *args)
{
	u32 i;
	int err;

	err = fd_table_new(&t->fds);
	if (!err)
		err = fs_context_new(&t->fs);
	for (i = 0; i < ARRAY_SIZE(args->fds) && !err; i++) {
		if (args->fds[i])
			err = fd_install_at(t->fds, args->fds[i], (int)i, false);
	}
	return err < 0 ? err : 0;
}

/* The task and the process, not visible yet. */
static int spawn_build(struct spawn *s, struct proc *p, struct task **out)
{
	struct task *t;
	int err;

	err = cred_new_root(&p->cred);
	if (!err)
		err = task_create(s->args->path, spawn_entry, s, &t);
	if (err)
		return err;
	proc_get(p);
	t->proc = p;
	t->tid = s->args->init ? TID_INIT : tid_alloc();
	err = t->tid < 0 ? t->tid : spawn_files(t, s->args);
	if (!err)
		err = signals_new(p, t);
	if (!err) {
		*out = t;
		return 0;
	}
	if (t->fds)
		fd_table_put(t->fds);
	if (t->fs)
		fs_context_put(t->fs);
	if (t->tid > 0)
		tid_free(t->tid);
	task_put(t);
	return err;
}

/* In a session and group of its own. */
static int spawn_link(struct proc *p, struct task *t)
{
	struct session *session = session_alloc();
	struct proc_group *group = group_alloc();
	irqflags_t flags;

	if (!session || !group) {
		kfree(session);
		kfree(group);
		return -ENOMEM;
	}
	p->pid = t->tid;
	p->kernel_child = true;
	flags = spin_lock_irqsave(&tree_lock);
	proc_link(p, NULL, NULL);
	session_found(session, p->pid);
	group_found(p, group, session);
	proc_add_thread(p, t);
	spin_unlock_irqrestore(&tree_lock, flags);
	return 0;
}

/* Starts the task and hears how its exec went. */
static int spawn_run(struct spawn *s, struct proc *p, struct task *t)
{
	irqflags_t flags;
	int status;

	if (s->args->init)
		init_proc = p;
	proc_get(p);
	task_start(t);
	task_put(t);
	wait_event(&s->done_queue, load_acquire(&s->done));
	flags = spin_lock_irqsave(&tree_lock);
	spin_unlock_irqrestore(&tree_lock, flags);
	if (!s->err)
		return 0;
	(void)proc_wait_kernel(p, NSEC_NEVER, &status);
	proc_put(p);
	return s->err;
}

int proc_spawn(const struct spawn_args *args, struct proc **out)
{
	struct spawn s = { .args = args };
	struct proc *p;
	struct task *t;
	int err;

	wait_queue_init(&s.done_queue);
	err = proc_new(&p);
	if (err)
		return err;
	err = spawn_build(&s, p, &t);
	if (err) {
		proc_put(p);
		return err;
	}
	/* Out of memory here is out of memory at boot: not worth undoing. */
	PANIC_IF(spawn_link(p, t));
	err = spawn_run(&s, p, t);
	if (!err)
		*out = p;
	return err;
}

/* Reaps p if it is a zombie of the kernel's own. */
static bool spawn_reap(struct proc *p, int *status)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	bool reap = p->state == PROC_ZOMBIE && p->kernel_child;

	if (reap) {
		*status = p->exit_status;
		proc_unlink(p);
	}
	spin_unlock_irqrestore(&tree_lock, flags);
	if (reap)
		proc_put(p);
	return reap;
}

int proc_wait_kernel(struct proc *p, nsec_t deadline, int *status)
{
	return wait_event_state(&proc_gone, spawn_reap(p, status), TASK_UNINTERRUPTIBLE, deadline);
}

/* Somebody to be reaped by proc_kill_all(), with a reference, or NULL. */
static struct proc *kill_all_zombie(void)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	struct proc *p, *found = NULL;

	list_for_each(p, &all_procs, all) {
		if (p != init_proc && p->state == PROC_ZOMBIE && p->kernel_child) {
			proc_get(p);
			found = p;
			break;
		}
	}
	spin_unlock_irqrestore(&tree_lock, flags);
	return found;
}

static void kill_all_send(void)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	struct proc *p;

	list_for_each(p, &all_procs, all) {
		if (p != init_proc && p->state == PROC_ALIVE)
			(void)signal_kernel(p, SIGKILL);
	}
	spin_unlock_irqrestore(&tree_lock, flags);
}

/* Whether nobody but init (and what init has to wait for) is left. */
static bool kill_all_done(void)
{
	struct proc *p;
	irqflags_t flags;
	bool left = false;
	int status;

	while ((p = kill_all_zombie())) {
		(void)spawn_reap(p, &status);
		proc_put(p);
	}
	flags = spin_lock_irqsave(&tree_lock);
	list_for_each(p, &all_procs, all)
		left |= p != init_proc && (p->state == PROC_ALIVE || !p->parent);
	spin_unlock_irqrestore(&tree_lock, flags);
	return !left;
}

void proc_kill_all(void)
{
	kill_all_send();
	wait_event(&proc_gone, kill_all_done());
}
