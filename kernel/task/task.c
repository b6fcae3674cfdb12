/*
 * Tasks: making them, counting references, ending them.  Called by whoever starts a thread.
 *
 * References: the creator has one, the scheduler has one from task_start() until the task has left its
 * CPU for the last time.  A task cannot free the stack it stands on, and the CPU that leaves it does so
 * with interrupts off, so the last reference may end up on a list that task_reap_dead() empties: at the
 * next task_create() or task_put(), or when a CPU is idle.
 */
#include <kernel/task.h>

#include <arch/boot.h>
#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <kernel/proc.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/vmap.h>

struct task boot_tasks[CPUS_MAX];

struct list all_tasks = LIST_INIT(all_tasks);
struct spinlock tasks_lock = SPINLOCK_INIT("tasks");

/* Nobody refers to these any more; struct task.dead.  (dead_lock) */
static struct list dead_tasks = LIST_INIT(dead_tasks);
static struct spinlock dead_lock = SPINLOCK_INIT("dead_tasks");

static struct cache *task_cache;

static void task_link(struct task *t)
{
	irqflags_t flags = spin_lock_irqsave(&tasks_lock);

	list_push_back(&all_tasks, &t->all);
	spin_unlock_irqrestore(&tasks_lock, flags);
}

static void task_init_common(struct task *t, const char *name)
{
	t->cpu_mask = ~(u64)0;
	fair_init(&t->fair, 0);
	refcount_init(&t->refs, 1);
	strlcpy(t->name, name, sizeof(t->name));
	list_init(&t->sig.pending.queue);
}

void task_init_boot(struct cpu *cpu)
{
	struct task *t = current;

	cpu->id = (u32)(cpu - cpus);
	cpu->rq.running = t;
	cpu->mpidr = arch_mpidr();
	t->cpu = cpu;
	t->state = TASK_RUNNING;
	t->on_cpu = true;
	task_init_common(t, "idle/0");
	t->name[5] += cpu->id;
	spin_init(&cpu->calls.lock, "call_queue");
	list_init(&cpu->calls.calls);
	if (!cpu->id) {
		t->kstack = boot_stack;
		cpu->online = true;
		cpu_count = 1;
	}
	task_link(t);
}

int task_create(const char *name, void (*entry)(void *), void *arg, struct task **out)
{
	struct task *t;

	task_reap_dead();
	if (!task_cache)
		task_cache = cache_create("task", sizeof(struct task), 16, 0);
	t = cache_alloc(task_cache, ALLOC_ZERO);
	if (!t)
		return -ENOMEM;
	t->kstack = vmap_stack_alloc();
	if (!t->kstack) {
		cache_free(task_cache, t);
		return -ENOMEM;
	}
	task_init_common(t, name);
	t->state = TASK_NEW;
	t->cpu = &cpus[0];
	t->entry = entry;
	t->entry_arg = arg;
	/* It starts in the middle of a switch, with the run queue's lock: see task_first_run(). */
	t->preempt_count = 1;
	arch_thread_init(t);
	task_link(t);
	*out = t;
	return 0;
}

int kthread_run(const char *name, void (*entry)(void *), void *arg, struct task **out)
{
	struct task *t;
	pid_t tid;
	int err;

	tid = tid_alloc();
	if (tid < 0)
		return tid;
	err = task_create(name, entry, arg, &t);
	if (err) {
		tid_free(tid);
		return err;
	}
	t->tid = tid;
	if (out) {
		task_get(t);
		*out = t;
	}
	task_start(t);
	task_put(t);
	return 0;
}

void task_get(struct task *t)
{
	refcount_get(&t->refs);
}

bool task_try_get(struct task *t)
{
	return refcount_get_unless_zero(&t->refs);
}

static void task_free(struct task *t)
{
	irqflags_t flags;

	PANIC_IF(t->on_cpu || t->on_rq || (t->state != TASK_DEAD && t->state != TASK_NEW));
	flags = spin_lock_irqsave(&tasks_lock);
	list_remove(&t->all);
	spin_unlock_irqrestore(&tasks_lock, flags);
	/* A process frees its numbers itself: they outlive the thread as a group's or session's. */
	if (t->proc)
		proc_put(t->proc);
	else if (t->tid)
		tid_free(t->tid);
	vmap_stack_free(t->kstack);
	cache_free(task_cache, t);
}

void task_put(struct task *t)
{
	task_reap_dead();
	if (refcount_put(&t->refs))
		task_free(t);
}

void task_put_deferred(struct task *t)
{
	irqflags_t flags;

	if (!refcount_put(&t->refs))
		return;
	flags = spin_lock_irqsave(&dead_lock);
	list_push_back(&dead_tasks, &t->dead);
	spin_unlock_irqrestore(&dead_lock, flags);
}

void task_reap_dead(void)
{
	struct task *t;
	irqflags_t flags;

	/* Whoever comes too early for the last one leaves it to the next. */
	while (READ_ONCE(dead_tasks.head.next) != &dead_tasks.head) {
		flags = spin_lock_irqsave(&dead_lock);
		t = list_pop_front_entry(&dead_tasks, struct task, dead);
		spin_unlock_irqrestore(&dead_lock, flags);
		if (t)
			task_free(t);
	}
}

void task_exit(int code)
{
	ASSERT(!current->mm);
	current->exit_code = code;
	task_set_state(TASK_DEAD);
	schedule();
	panic("task %s runs on after its end", current->name);
}

void task_times(const struct task *t, u64 *utime, u64 *stime)
{
	u64 total = READ_ONCE(t->runtime_ns);
	u64 user = READ_ONCE(t->user_ticks), ticks = user + READ_ONCE(t->system_ticks);

	/* In ticks first: ns times ticks would run over after some days. */
	if (t->on_cpu && t->cpu->rq.running == t)
		total += time_mono() - READ_ONCE(t->exec_start);
	*utime = ticks ? total / ticks * user : 0;
	*stime = total - *utime;
}
