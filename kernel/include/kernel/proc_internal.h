/* What the files of kernel/proc/ ask of each other; nobody else includes this. */
#pragma once

#include <kernel/proc.h>

struct clone_args;
struct rusage;
struct trap_frame;

/* ---- proc.c ---------------------------------------------------------------------------------- */

/* A process without threads, in no list: one reference.  0 or -ENOMEM. */
int proc_new(struct proc **out) __must_check;
/* Gives p a number and the place below parent (may be NULL) in parent's group or the given one. */
void proc_link(struct proc *p, struct proc *parent, struct proc_group *group) REQUIRES(tree_lock);
/* Makes t a thread of p; the first one is its leader.  Takes the references that go with it. */
void proc_add_thread(struct proc *p, struct task *t) REQUIRES(tree_lock);
/*
 * Takes a zombie out of the tree and frees its number.  The caller then drops, without the lock, the
 * reference that a process has until it is reaped.
 */
void proc_unlink(struct proc *p) REQUIRES(tree_lock);
/* Woken whenever a process has been reaped or has become a zombie of the kernel's own. */
extern struct wait_queue proc_gone;

/* ---- group.c ---------------------------------------------------------------------------------- */

/* The memory for a group and a session, taken before the lock; NULL when out of memory. */
struct proc_group *group_alloc(void);
struct session *session_alloc(void);
/* Founds a group in a session (a new session if sid is not 0) and moves p there. */
void group_found(struct proc *p, struct proc_group *g, struct session *s) REQUIRES(tree_lock);
void session_found(struct session *s, pid_t sid) REQUIRES(tree_lock);
/* Moves p, or takes it out with NULL; an empty group and its session go. */
void group_move(struct proc *p, struct proc_group *g) REQUIRES(tree_lock);
/* Whether nobody in g but `leaving` has a parent in another group of the session (POSIX "orphaned"). */
bool group_orphaned(const struct proc_group *g, const struct proc *leaving) REQUIRES(tree_lock);
/* Sends SIGHUP and SIGCONT to g if it has stopped members and nobody outside is left to continue it. */
void group_check_orphaned(struct proc_group *g, struct proc *leaving) REQUIRES(tree_lock);

/* ---- fork.c, exit.c --------------------------------------------------------------------------- */

/* Ends the current thread; the process with the last one.  status is a wait status.  Never returns. */
void thread_exit(int status) __noreturn;
/* Sends SIGKILL to all threads of p but current.  Any context. */
void proc_kill_threads(struct proc *p) REQUIRES(p->sig_lock);
/* Gives back lent memory: wakes the parent of a vfork. */
void vfork_release(struct proc *p);

/* ---- exec.c ------------------------------------------------------------------------------------ */

/* Ends all other threads of current's process and makes current its leader.  0 or -EINTR (dying). */
int exec_lone_thread(void) __must_check;

/* ---- cred.c ------------------------------------------------------------------------------------ */

/* Root's, without groups; one reference.  0 or -ENOMEM. */
int cred_new_root(struct cred **out) __must_check;

/* ---- usage.c ----------------------------------------------------------------------------------- */

/* Adds what a thread used to the totals of its process, as it leaves. */
void usage_add_thread(struct proc *p, const struct task *t) REQUIRES(p->sig_lock);
/* Adds what a reaped child and its children used. */
void usage_add_child(struct proc *p, const struct proc *child) REQUIRES(tree_lock);
/* Of p and the children that it has waited for, as wait4 reports a child. */
void usage_both(const struct proc *p, struct rusage *out);
/* User and system CPU time of all threads, past ones too, in ns.  Any context. */
void proc_times(struct proc *p, u64 *utime, u64 *stime);
