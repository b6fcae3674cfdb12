/*
 * A process: what its threads share.  kernel/proc/proc.c
 * Fields: (T) tree_lock (parents, children, groups, sessions)  (s) sig_lock  (!) set at creation  (a) atomic
 */
#pragma once

#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/pid.h>
#include <kernel/refcount.h>
#include <kernel/signal_types.h>
#include <kernel/task.h>
#include <kernel/types.h>
#include <kernel/wait.h>
#include <uapi/resource.h>

struct mm;
struct tty;

/* ALIVE -> ZOMBIE (last thread gone) -> REAPED (parent waited, or ignores SIGCHLD). */
enum proc_state { PROC_ALIVE, PROC_ZOMBIE, PROC_REAPED };

enum { GROUPS_MAX = 32 };

/* User and group ids of a process; replaced as a whole, shared copy-on-write. */
struct cred {
	refcount_t refs;
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	u32 group_count;
	gid_t groups[GROUPS_MAX];
};

/* Signal actions, shared with CLONE_SIGHAND. */
struct sighand {
	atomic_t refs;
	struct k_sigaction actions[SIGNALS_MAX]; /* (s) */
};

/* Due when so much CPU time was used; 0: off.  (a) */
struct cpu_timer {
	u64 expires, interval; /* ns */
};

struct proc {
	pid_t pid;                       /* (!) */
	struct pid_link pid_link;        /* (T) */
	enum proc_state state;           /* (T) */
	pid_t ppid;                      /* (T) parent->pid, or 0; one word, read by anybody */
	struct proc *parent;             /* (T) NULL: started by the kernel, or an orphan without init */
	struct list children;            /* (T) struct proc.sibling: those alive */
	struct list zombies;             /* (T) struct proc.sibling: not waited for yet */
	struct list_node sibling;        /* (T) */
	struct list threads;             /* (s) struct task.thread */
	u32 thread_count;                /* (s) */
	struct task *leader;             /* (T) its first thread, or the one that did exec; referenced */
	struct task *exec_task;          /* (s) a thread in exec that waits for the others to go */
	struct wait_queue thread_gone;   /* exec_task sleeps here */
	bool kernel_child;               /* (!) proc_wait_kernel() or proc_kill_all() reaps it */

	struct proc_group *group;        /* (T) has its session */
	struct list_node group_node;     /* (T) */

	struct spinlock sig_lock;        /* irqsave */
	struct sighand *sighand;
	struct pending_signals pending;  /* (s) for any thread */
	struct list timers;              /* struct proc_timer, under proc_timers_mutex */
	bool exiting;                    /* (s) exit_group or a fatal signal: all threads go */
	int exit_status;                 /* wait status: code << 8 or signal | 0x80 core */
	bool stopped, continued;         /* (s) a change that wait4 has not reported yet */
	bool group_stop;                 /* (s) every thread is to stop, or has */
	u32 stopped_threads;             /* (s) that have */
	bool tell_continued;             /* (s) the parent has not heard that it goes on */
	int stop_sig;                    /* (s) */
	int exit_signal;                 /* (!) sent to the parent, SIGCHLD or clone's choice */
	bool did_exec;
	bool dumpable, no_new_privs, subreaper;
	int pdeath_sig;

	struct wait_queue child_exit;    /* wait4 sleeps here */
	struct wait_queue vfork_done;    /* the parent of a vfork sleeps here */
	bool vfork_pending;              /* (a) its memory is still lent */

	struct cred *cred;               /* (s) for others; replaced by its own threads only */
	struct rlimit limits[RLIM_NLIMITS]; /* (s) to write */
	bool cpu_timers;                 /* (a) ticks look at the three below */
	struct cpu_timer itimer_virtual, itimer_prof;
	u64 cpu_limit_next;              /* second of CPU time from which SIGXCPU is due again */
	nsec_t start_ns;
	u64 dead_utime, dead_stime;      /* of threads that are gone */
	u64 child_utime, child_stime;    /* of children waited for */
	u64 dead_switches_voluntary, dead_switches_forced;
	u64 min_faults, maj_faults;
	u64 child_min_faults, child_maj_faults;
	u64 child_switches_voluntary, child_switches_forced;
	u64 max_rss, child_max_rss;      /* KiB */
	bool membarrier_registered;
	u32 personality;
	char exe_path[256];              /* absolute path of its ELF, for the debugger */

	refcount_t refs;                 /* one until it is reaped, one per task, one per finder */
	struct list_node all;            /* on all_procs */
};

/* A process group and its session. */
struct session {
	pid_t sid;                       /* (!) */
	struct pid_link pid_link;        /* (T) */
	struct tty *tty;                 /* (T) controlling terminal or NULL */
	u32 refs;                        /* (T) its groups */
};
struct proc_group {
	pid_t pgid;                      /* (!) */
	struct pid_link pid_link;        /* (T) */
	struct session *session;         /* (!) */
	struct list members;             /* (T) struct proc.group_node, zombies included */
	struct list_node all;            /* on all_groups */
};

extern struct list all_procs, all_groups; /* (T) */
extern struct spinlock tree_lock;        /* irqsave; outside sig_lock */
extern struct proc *init_proc;           /* pid 1, NULL until it exists */
extern u32 proc_count;                   /* (T) on all_procs */

#define current_proc() (current->proc)

/* By number, with a reference; NULL when there is none.  proc_find() finds zombies too.  Any context. */
struct proc *proc_find(pid_t pid);
struct task *task_find(pid_t tid);
/* The group of that number, or NULL. */
struct proc_group *group_find(pid_t pgid) REQUIRES(tree_lock);
void proc_get(struct proc *p);
/* The last one frees it; never the last one while it is alive.  Any context with preemption on. */
void proc_put(struct proc *p);

/* What fork needs of the rest of kernel/proc/, <kernel/proc_internal.h> has the others. */

/*
 * Tells the parent that p has stopped or continued: SIGCHLD (unless SA_NOCLDSTOP) with code CLD_STOPPED,
 * CLD_CONTINUED or CLD_TRAPPED and the signal, and wakes whoever waits.  By signal delivery, with no lock
 * of these held; any context.
 */
void proc_notify_stop(struct proc *p, int code, int sig);

/* The credentials of p, with a reference: cred_put() when done.  Any context. */
struct cred *cred_get(struct proc *p);
void cred_put(struct cred *c);
/* Of current; no reference needed.  A kernel thread is root. */
const struct cred *current_cred(void);
/* True when current is root by its effective id (all capabilities). */
bool current_privileged(void);

/* What the kernel starts by itself: pid 1 and the stage runner. */
struct spawn_args {
	const char *path;
	const char *const *argv;
	const char *const *envp;
	struct file *fds[4];             /* descriptors 0 to 3, NULL for none; references are taken */
	bool init;                       /* becomes pid 1 */
};
/*
 * Starts a process of the kernel's own through the exec path, in a session of its own: 0 once it is
 * about to execute its first instruction, or what exec says.  May sleep.  path "/init" style programs
 * started with init = true become pid 1 (init_proc); others never get that number, have no parent
 * (getppid() is 0), and orphans without an init are reaped by the kernel.
 */
int proc_spawn(const struct spawn_args *args, struct proc **out) __must_check;
/* Waits for a process that the kernel started, to the deadline; its wait status.  0 or -ETIMEDOUT. */
int proc_wait_kernel(struct proc *p, nsec_t deadline, int *status);
/* SIGKILLs every process but init (and kernel threads) and waits until they are gone. */
void proc_kill_all(void);

/* Ends the whole process with this wait status.  Never returns. */
void proc_exit(int status) __noreturn;
