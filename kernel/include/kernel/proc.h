/*
 * A process: what its threads share.  kernel/proc/proc.c
 * Fields: (T) tree_lock (parents, children, groups, sessions)  (s) sig_lock  (!) set at creation  (a) atomic
 */
#pragma once

#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/signal_types.h>
#include <kernel/task.h>
#include <kernel/types.h>
#include <kernel/wait.h>
#include <uapi/resource.h>

struct mm;
struct tty;

/* ALIVE -> ZOMBIE (last thread gone) -> REAPED (parent waited, or ignores SIGCHLD). */
enum proc_state { PROC_ALIVE, PROC_ZOMBIE, PROC_REAPED };

/* User and group ids of a process; replaced as a whole, shared copy-on-write. */
struct cred {
	atomic_t refs;
	uid_t uid, euid, suid, fsuid;
	gid_t gid, egid, sgid, fsgid;
	u32 group_count;
	gid_t groups[32];
};

/* Signal actions, shared with CLONE_SIGHAND. */
struct sighand {
	atomic_t refs;
	struct k_sigaction actions[SIGNALS_MAX]; /* (s) */
};

struct proc {
	pid_t pid;                       /* (!) */
	enum proc_state state;           /* (T) */
	struct proc *parent;             /* (T) */
	struct list children;            /* (T) struct proc.sibling */
	struct list_node sibling;        /* (T) */
	struct list threads;             /* (s) struct task.thread */
	u32 thread_count;                /* (s) */
	struct task *leader;

	struct proc_group *group;        /* (T) has its session */
	struct list_node group_node;     /* (T) */

	struct spinlock sig_lock;        /* irqsave */
	struct sighand *sighand;
	struct pending_signals pending;  /* (s) for any thread */
	bool exiting;                    /* (s) exit_group or a fatal signal: all threads go */
	int exit_status;                 /* wait status: code << 8 or signal | 0x80 core */
	bool stopped, continued;         /* (s) group stop state not yet waited for */
	int stop_sig;
	int exit_signal;                 /* (!) sent to the parent, SIGCHLD or clone's choice */
	bool did_exec;
	bool dumpable, no_new_privs, subreaper;
	int pdeath_sig;

	struct wait_queue child_exit;    /* wait4 sleeps here */
	struct wait_queue vfork_done;

	struct cred *cred;               /* replaced by current only */
	struct rlimit limits[RLIM_NLIMITS];
	nsec_t start_ns;
	u64 dead_utime, dead_stime;      /* of threads that are gone */
	u64 child_utime, child_stime;    /* of children waited for */
	u64 min_faults, maj_faults;
	char exe_path[256];              /* absolute path of its ELF, for the debugger */

	atomic_t refs;
	struct list_node all;            /* on all_procs */
};

/* A process group and its session. */
struct session {
	pid_t sid;
	struct tty *tty;                 /* (T) controlling terminal or NULL */
	atomic_t refs;
};
struct proc_group {
	pid_t pgid;
	struct session *session;
	struct list members;             /* (T) struct proc.group_node */
	atomic_t refs;
	struct list_node all;            /* on all_groups */
};

extern struct list all_procs, all_groups;
extern struct spinlock tree_lock;        /* irqsave; outside sig_lock */
extern struct proc *init_proc;           /* pid 1, NULL until it exists */

#define current_proc() (current->proc)

/* By number, with a reference; NULL when there is none. */
struct proc *proc_find(pid_t pid);
struct task *task_find(pid_t tid);
void proc_get(struct proc *p);
void proc_put(struct proc *p);

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
