/*
 * A task is a thread: a kernel stack, saved registers, a place in a run queue.  kernel/task/task.c
 * What a group of threads has in common is a process, <kernel/proc.h>.
 *
 * Fields: (!) set at creation  (c) current only  (q) run_queue.lock of its CPU  (a) atomic
 */
#pragma once

#include <arch/arch.h>
#include <kernel/atomic.h>
#include <kernel/errno.h>
#include <kernel/fair.h>
#include <kernel/list.h>
#include <kernel/refcount.h>
#include <kernel/pid.h>
#include <kernel/signal_types.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>

struct cpu;
struct proc;
struct mm;
struct fd_table;
struct fs_context;
struct trap_frame;

enum { TASK_NAME_MAX = 16, TID_INIT = 1, TID_MAX = 32768 };
#define NSEC_NEVER (~(nsec_t)0)

/*
 * NEW -> RUNNING (task_start) ; RUNNING -> INTERRUPTIBLE/UNINTERRUPTIBLE/KILLABLE -> RUNNING (by a wake) ;
 * RUNNING -> STOPPED -> RUNNING (by SIGCONT or SIGKILL) ; RUNNING -> DEAD, once.  A task changes its own
 * state away from RUNNING; whoever wakes it changes it back, with the run queue locked.
 */
enum task_state {
	TASK_RUNNING,         /* runs or is in a run queue */
	TASK_INTERRUPTIBLE,   /* sleeps, a signal wakes it */
	TASK_UNINTERRUPTIBLE, /* sleeps, only its event wakes it */
	TASK_KILLABLE,        /* sleeps, its event or SIGKILL wakes it */
	TASK_STOPPED,         /* stopped by a signal */
	TASK_DEAD,
	TASK_NEW,             /* never ran */
};

/* Looked at on every return to EL0, one load: any bit set takes the slow path. */
enum task_work {
	WORK_RESCHED = 1 << 0, /* somebody better is runnable */
	WORK_SIGNAL  = 1 << 1, /* a signal may be deliverable */
	WORK_TRACE   = 1 << 2,
};

struct task {
	u32 work;                     /* (a) enum task_work */
	u32 preempt_count;            /* (c) zero: may be preempted */
	struct cpu *cpu;              /* (q) where it runs or last ran */
	void *kstack;                 /* (!) lowest address of its kernel stack: KSTACK_SIZE, KSTACK_ALIGN */
	struct arch_thread arch;      /* saved registers, FP state, TLS pointer */

	enum task_state state;        /* (a) */
	bool on_cpu;                  /* (a) its registers are live on some CPU */
	bool on_rq;                   /* (q) runs there or is in the tree */
	struct fair fair;             /* (q) */
	nsec_t exec_start;            /* (q) charged up to here */
	u64 runtime_ns;               /* (q) total CPU time */
	u64 user_ticks, system_ticks; /* (q) what the ticks found it doing, see task_times() */
	u64 switches_voluntary, switches_forced; /* (q) */
	int nice;                     /* (q) */
	u64 cpu_mask;                 /* (q) CPUs it may run on */

	pid_t tid;                    /* (!) but for exec in a process with threads */
	struct pid_link tid_link;     /* (tree_lock) of a user task */
	char name[TASK_NAME_MAX];
	struct proc *proc;            /* (!) NULL for a kernel thread */
	struct mm *mm;                /* user address space; NULL for a kernel thread */
	struct fd_table *fds;         /* shared with CLONE_FILES */
	struct fs_context *fs;        /* cwd, root, umask; shared with CLONE_FS */
	struct task_signals sig;      /* mask, pending, altstack */
	pid_t __user *clear_child_tid;
	void __user *robust_list;

	refcount_t refs;
	int exit_code;                /* wait status */
	struct list_node all;         /* on all_tasks; (tasks_lock) */
	struct list_node thread;      /* on proc->threads */
	struct list_node dead;        /* on the list of those whose memory is to be freed */
	void (*entry)(void *);        /* kernel thread */
	void *entry_arg;
};

#define current ((struct task *)arch_current())

extern struct list all_tasks;         /* every task; tasks_lock */
extern struct spinlock tasks_lock;    /* irqsave */

/*
 * The tasks that the CPUs boot as, `current` before any C ran; each becomes the idle task of its CPU,
 * which must not sleep.  Number 0 runs kmain.
 */
extern struct task boot_tasks[];

/* Completes the boot task of this CPU: name, CPU, lists.  Once per CPU, before any lock is taken. */
void task_init_boot(struct cpu *cpu);

/*
 * Makes a task, not yet runnable, that will run entry(arg) on its own kernel stack.  The caller holds
 * the one reference.  Its tid is 0 until the caller sets one.  May sleep.  0 or -ENOMEM.
 */
int task_create(const char *name, void (*entry)(void *), void *arg, struct task **out);
/* The same with a tid, started at once on a CPU of the scheduler's choice.  out may be NULL. */
int kthread_run(const char *name, void (*entry)(void *), void *arg, struct task **out);
/* Makes a new task runnable for the first time.  Any context. */
void task_start(struct task *t);
void task_get(struct task *t);
/* For somebody found on all_tasks, under tasks_lock: false when its last reference is gone. */
bool task_try_get(struct task *t) __must_check;
/* Drops a reference; the last one frees the stack and the task.  Any context with preemption on. */
void task_put(struct task *t);
/* Drops a reference where nothing can be freed; the task goes once task_reap_dead() runs. */
void task_put_deferred(struct task *t);
/* Frees the tasks that task_put_deferred() left.  Preemption on; does not sleep. */
void task_reap_dead(void);
/* Ends the current task.  Never returns; the stack is freed by whoever runs next. */
void task_exit(int code) __noreturn;

/* A number for a new thread: unused, above TID_INIT, not soon reused.  -EAGAIN.  Any context. */
pid_t tid_alloc(void);
void tid_free(pid_t tid);

/* Sets current's state; unless that is RUNNING a full barrier follows, see task_wake(). */
static inline void task_set_state(enum task_state s)
{
	__atomic_store_n(&current->state, s, __ATOMIC_RELAXED);
	if (s != TASK_RUNNING)
		arch_mb();
}

/*
 * Gives the CPU up as the state says.  Not with a spin lock held.  A signal does not keep it from
 * sleeping: task_sleep_until() looks for one first.
 */
void schedule(void);
/*
 * schedule() with an end: 0 when woken, -ETIMEDOUT at the deadline (absolute monotonic ns, NSEC_NEVER
 * for none), -ERESTARTSYS when the state is interruptible (killable) and a (fatal) signal is pending.
 * The caller has set its state; it is RUNNING afterwards.
 */
int task_sleep_until(nsec_t deadline);
/*
 * Makes t runnable if it sleeps (INTERRUPTIBLE, UNINTERRUPTIBLE, KILLABLE).  True if it did.  A full
 * barrier: what the caller wrote before is seen by t when it looks again.  Any context.
 */
bool task_wake(struct task *t);
/* The same for the states of the mask, bit n is enum task_state n. */
bool task_wake_state(struct task *t, u32 state_mask);
/* Lets whoever waits for this CPU run first. */
void task_yield(void);
/* Switches if WORK_RESCHED is set and preemption is allowed.  On interrupt return to EL1, interrupts off. */
void preempt_schedule_irq(void);
/* The slow path of preempt_enable(). */
void preempt_schedule(void);
/* User and system CPU time in ns: the exact total, divided as the ticks found it. */
void task_times(const struct task *t, u64 *utime, u64 *stime);

/*
 * Restricts t to the CPUs of the mask and moves it if it has to (current: before this returns).
 * 0, or -EINVAL when no CPU of the mask is online.  May sleep.
 */
int sched_set_affinity(struct task *t, u64 mask);
void sched_set_nice(struct task *t, int nice);

/*
 * Makes mm (NULL: none) current's address space and loads it.  References are the caller's business.
 * For exec and exit.
 */
void sched_use_mm(struct mm *mm);
/*
 * No CPU keeps the tables of mm loaded on behalf of a kernel thread any more.  Called before they are
 * freed, when no task uses mm.  Interrupts on, no locks.
 */
void sched_forget_mm(struct mm *mm);

static inline void preempt_disable(void)
{
	current->preempt_count++;
	barrier();
}

/* Re-enables preemption and switches at once when that is due. */
static inline void preempt_enable(void)
{
	struct task *t = current;

	barrier();
	if (--t->preempt_count == 0 && unlikely(READ_ONCE(t->work) & WORK_RESCHED))
		preempt_schedule();
}

/* The registers that the task had at EL0: the trap frame at the top of its kernel stack. */
static inline struct trap_frame *task_trap_frame(const struct task *t)
{
	return (struct trap_frame *)((char *)t->kstack + KSTACK_SIZE) - 1;
}
