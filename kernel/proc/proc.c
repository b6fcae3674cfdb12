/*
 * Processes as objects: made, linked into the tree, found, freed.  Called by fork, exec, exit and wait.
 *
 * References: one from birth until it is reaped, one for each task that was ever made in it (dropped
 * when the task's memory goes), one per finder.  A zombie keeps its number, its group and its leader.
 */
#include <kernel/proc.h>
#include <kernel/proc_internal.h>

#include <kernel/init.h>
#include <kernel/panic.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/time.h>

enum { STACK_LIMIT = 8 << 20, FILES_LIMIT = 1024, FILES_LIMIT_MAX = 4096, LOCKED_LIMIT = 8 << 20,
       MQUEUE_LIMIT = 819200, PROCESSES_LIMIT = 16384 };

struct list all_procs = LIST_INIT(all_procs);
struct list all_groups = LIST_INIT(all_groups);
struct spinlock tree_lock = SPINLOCK_INIT("tree");
struct proc *init_proc;
u32 proc_count;
struct wait_queue proc_gone = WAIT_QUEUE_INIT(proc_gone);

static struct cache *proc_cache;

static const struct rlimit default_limits[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_FSIZE] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_DATA] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_STACK] = { STACK_LIMIT, RLIM_INFINITY },
	[RLIMIT_CORE] = { 0, RLIM_INFINITY },
	[RLIMIT_RSS] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_NPROC] = { PROCESSES_LIMIT, PROCESSES_LIMIT },
	[RLIMIT_NOFILE] = { FILES_LIMIT, FILES_LIMIT_MAX },
	[RLIMIT_MEMLOCK] = { LOCKED_LIMIT, LOCKED_LIMIT },
	[RLIMIT_AS] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_LOCKS] = { RLIM_INFINITY, RLIM_INFINITY },
	[RLIMIT_SIGPENDING] = { PROCESSES_LIMIT, PROCESSES_LIMIT },
	[RLIMIT_MSGQUEUE] = { MQUEUE_LIMIT, MQUEUE_LIMIT },
	[RLIMIT_NICE] = { 0, 0 },
	[RLIMIT_RTPRIO] = { 0, 0 },
	[RLIMIT_RTTIME] = { RLIM_INFINITY, RLIM_INFINITY },
};

void procs_init(void)
{
	proc_cache = cache_create("proc", sizeof(struct proc), 16, CACHE_ZERO);
}

int proc_new(struct proc **out)
{
	struct proc *p;

	p = cache_alloc(proc_cache, 0);
	if (!p)
		return -ENOMEM;
	refcount_init(&p->refs, 1);
	list_init(&p->children);
	list_init(&p->zombies);
	list_init(&p->threads);
	list_init(&p->pending.queue);
	list_init(&p->timers);
	spin_init(&p->sig_lock, "sig");
	wait_queue_init(&p->child_exit);
	wait_queue_init(&p->vfork_done);
	wait_queue_init(&p->thread_gone);
	memcpy(p->limits, default_limits, sizeof(p->limits));
	p->exit_signal = SIGCHLD;
	p->dumpable = true;
	p->start_ns = time_mono();
	*out = p;
	return 0;
}

static void proc_free(struct proc *p)
{
	PANIC_IF(!list_empty(&p->threads) || list_node_linked(&p->all));
	signals_flush(&p->pending);
	signals_release(p);
	if (p->cred)
		cred_put(p->cred);
	cache_free(proc_cache, p);
}

void proc_get(struct proc *p)
{
	refcount_get(&p->refs);
}

void proc_put(struct proc *p)
{
	if (refcount_put(&p->refs))
		proc_free(p);
}

void proc_link(struct proc *p, struct proc *parent, struct proc_group *group)
{
	ASSERT(spin_held(&tree_lock));
	pid_link_add(&p->pid_link, p->pid, PID_PROC);
	list_push_back(&all_procs, &p->all);
	proc_count++;
	p->parent = parent;
	p->ppid = parent ? parent->pid : 0;
	if (parent)
		list_push_back(&parent->children, &p->sibling);
	if (group)
		group_move(p, group);
}

void proc_add_thread(struct proc *p, struct task *t)
{
	ASSERT(spin_held(&tree_lock));
	pid_link_add(&t->tid_link, t->tid, PID_TASK);
	if (!p->leader) {
		task_get(t);
		p->leader = t;
	}
	spin_lock(&p->sig_lock);
	list_push_back(&p->threads, &t->thread);
	p->thread_count++;
	spin_unlock(&p->sig_lock);
}

void proc_unlink(struct proc *p)
{
	ASSERT(spin_held(&tree_lock));
	p->state = PROC_REAPED;
	if (p->parent)
		list_remove(&p->sibling);
	p->parent = NULL;
	group_move(p, NULL);
	pid_link_remove(&p->leader->tid_link);
	pid_link_remove(&p->pid_link);
	list_remove(&p->all);
	proc_count--;
	task_put_deferred(p->leader);
	p->leader = NULL;
	wait_queue_wake_all(&proc_gone);
}
