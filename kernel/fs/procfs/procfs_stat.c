/*
 * /proc/PID/stat, status, statm, comm and limits: what ps and top read.  Layouts: proc(5).  Fields that we
 * have nothing to say about are 0, as Linux itself fills those it no longer knows.
 */
#include "procfs.h"

#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/string.h>
#include <kernel/tty.h>
#include <uapi/time.h>

enum { NSEC_PER_TICK = NSEC_PER_SEC / USER_HZ, PAGE_KB = PAGE_SIZE / 1024, NICE_PRIORITY_BASE = 20 };

/* What the texts are made of, gathered once under the locks. */
struct procfs_snapshot {
	pid_t pid, tid, ppid, pgid, sid;
	dev_t tty;
	pid_t tty_foreground;
	char name[TASK_NAME_MAX];
	char state;
	u32 threads;
	int nice, exit_signal, exit_status;
	u32 cpu;
	u64 utime, stime, cutime, cstime; /* ns */
	nsec_t start;
	u64 min_faults, maj_faults, child_min_faults, child_maj_faults;
	u64 voluntary, forced, cpu_mask;
	sigset_t pending, shared_pending, blocked, ignored, caught;
	u64 size, resident; /* pages */
	bool no_new_privs;
};

static char procfs_state(const struct proc *p, const struct task *t)
{
	if (p->state != PROC_ALIVE)
		return 'Z';
	/* Its parent has been told already, even if it is still on its way off the CPU. */
	if (READ_ONCE(t->state) == TASK_STOPPED)
		return 'T';
	/* One that has only set its state may find a signal yet, and not sleep at all. */
	if (READ_ONCE(t->on_rq))
		return 'R';
	switch (READ_ONCE(t->state)) {
	case TASK_RUNNING:
	case TASK_NEW: return 'R';
	case TASK_INTERRUPTIBLE: return 'S';
	case TASK_UNINTERRUPTIBLE:
	case TASK_KILLABLE: return 'D';
	default: return 'X';
	}
}

static void snapshot_tree(struct procfs_snapshot *s, struct proc *p) REQUIRES(tree_lock)
{
	struct tty *tty = NULL;

	s->pid = p->pid;
	s->ppid = p->ppid;
	if (p->group) {
		s->pgid = p->group->pgid;
		s->sid = p->group->session->sid;
		tty = p->group->session->tty;
	}
	s->tty = tty ? tty->dev : 0;
	s->tty_foreground = tty ? tty->foreground : -1;
	s->cutime = p->child_utime;
	s->cstime = p->child_stime;
	s->child_min_faults = p->child_min_faults;
	s->child_maj_faults = p->child_maj_faults;
}

static void snapshot_signals(struct procfs_snapshot *s, struct proc *p, struct task *t)
	REQUIRES(p->sig_lock)
{
	vaddr_t handler;
	int i;

	s->pending = t->sig.pending.set;
	s->shared_pending = p->pending.set;
	s->blocked = t->sig.blocked;
	s->threads = p->thread_count;
	if (!p->sighand)
		return;
	for (i = 0; i < SIGNALS_MAX; i++) {
		handler = p->sighand->actions[i].handler;
		if (handler == SIG_IGN)
			s->ignored |= SIGMASK(i + 1);
		else if (handler != SIG_DFL)
			s->caught |= SIGMASK(i + 1);
	}
}

/* CPU time of one thread, or of all with those that are gone. */
static void snapshot_times(struct procfs_snapshot *s, struct proc *p, struct task *only)
	REQUIRES(p->sig_lock)
{
	struct task *t;
	u64 user, system;

	if (only) {
		task_times(only, &s->utime, &s->stime);
		return;
	}
	s->utime = p->dead_utime;
	s->stime = p->dead_stime;
	list_for_each(t, &p->threads, thread) {
		task_times(t, &user, &system);
		s->utime += user;
		s->stime += system;
	}
}

static void snapshot_task(struct procfs_snapshot *s, struct proc *p, struct task *t)
{
	memcpy(s->name, t->name, sizeof(s->name));
	s->tid = t->tid;
	s->state = procfs_state(p, t);
	s->nice = t->nice;
	s->cpu = t->cpu ? t->cpu->id : 0;
	s->cpu_mask = t->cpu_mask;
	s->voluntary = t->switches_voluntary;
	s->forced = t->switches_forced;
	s->exit_signal = p->exit_signal;
	s->exit_status = p->exit_status;
	s->start = p->start_ns;
	s->min_faults = p->min_faults;
	s->maj_faults = p->maj_faults;
	s->no_new_privs = p->no_new_privs;
}

static void snapshot_memory(struct procfs_snapshot *s, u64 key)
{
	struct mm *mm;

	if (procfs_get_mm(key, &mm))
		return;
	s->size = READ_ONCE(mm->mapped_pages);
	s->resident = (u64)atomic64_load(&mm->resident);
	mm_put(mm);
}

static int procfs_snapshot(struct procfs_snapshot *s, u64 key)
{
	irqflags_t flags;
	struct task *t;
	struct proc *p;
	int err;

	memset(s, 0, sizeof(*s));
	err = procfs_get_task(key, &t);
	if (err)
		return err;
	p = t->proc;
	flags = spin_lock_irqsave(&tree_lock);
	snapshot_tree(s, p);
	spin_lock(&p->sig_lock);
	snapshot_task(s, p, t);
	snapshot_signals(s, p, t);
	snapshot_times(s, p, procfs_detail(key) ? t : NULL);
	spin_unlock(&p->sig_lock);
	spin_unlock_irqrestore(&tree_lock, flags);
	task_put(t);
	snapshot_memory(s, key);
	return 0;
}

int procfs_show_stat(struct pseudo_text *t, u64 key)
{
	struct procfs_snapshot s;
	int err = procfs_snapshot(&s, key);

	if (err)
		return err;
	/* Fields 1 to 22 of proc(5), */
	pseudo_printf(t, "%d (%s) %c %d %d %d %lu %d 0", s.tid, s.name, s.state, s.ppid, s.pgid, s.sid,
		      (unsigned long)s.tty, s.tty_foreground);
	pseudo_printf(t, " %lu %lu %lu %lu", s.min_faults, s.child_min_faults, s.maj_faults,
		      s.child_maj_faults);
	pseudo_printf(t, " %lu %lu %lu %lu %d %d %u 0 %lu", s.utime / NSEC_PER_TICK,
		      s.stime / NSEC_PER_TICK, s.cutime / NSEC_PER_TICK, s.cstime / NSEC_PER_TICK,
		      NICE_PRIORITY_BASE + s.nice, s.nice, s.threads, s.start / NSEC_PER_TICK);
	/* 23 to 30, */
	pseudo_printf(t, " %lu %lu %lu 0 0 0 0 0", s.size * PAGE_SIZE, s.resident, RLIM_INFINITY);
	/* 31 to 41, */
	pseudo_printf(t, " %lu %lu %lu %lu 0 0 0 %d %u 0 0", s.pending | s.shared_pending, s.blocked,
		      s.ignored, s.caught, s.exit_signal, s.cpu);
	/* and 42 to 52. */
	pseudo_printf(t, " 0 0 0 0 0 0 0 0 0 0 %d\n", s.exit_status);
	return 0;
}

static const char *procfs_state_name(char state)
{
	switch (state) {
	case 'R': return "running";
	case 'S': return "sleeping";
	case 'D': return "disk sleep";
	case 'T': return "stopped";
	case 'Z': return "zombie";
	default: return "dead";
	}
}

static void status_ids(struct pseudo_text *t, u64 key)
{
	struct proc *p;
	struct cred *c;
	u32 i;

	if (procfs_get(key, &p))
		return;
	c = cred_get(p);
	pseudo_printf(t, "Uid:\t%u\t%u\t%u\t%u\n", c->uid, c->euid, c->suid, c->fsuid);
	pseudo_printf(t, "Gid:\t%u\t%u\t%u\t%u\n", c->gid, c->egid, c->sgid, c->fsgid);
	pseudo_printf(t, "Groups:\t");
	for (i = 0; i < c->group_count; i++)
		pseudo_printf(t, "%u ", c->groups[i]);
	pseudo_printf(t, "\n");
	cred_put(c);
	proc_put(p);
}

/* Capabilities are root's or nobody's. */
static void status_rights(struct pseudo_text *t, const struct procfs_snapshot *s)
{
	pseudo_printf(t, "SigPnd:\t%016lx\nShdPnd:\t%016lx\nSigBlk:\t%016lx\n", s->pending,
		      s->shared_pending, s->blocked);
	pseudo_printf(t, "SigIgn:\t%016lx\nSigCgt:\t%016lx\n", s->ignored, s->caught);
	pseudo_printf(t, "NoNewPrivs:\t%d\nSeccomp:\t0\n", s->no_new_privs);
	pseudo_printf(t, "Cpus_allowed:\t%lx\n", s->cpu_mask & (((u64)1 << cpu_count) - 1));
	pseudo_printf(t, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
		      s->voluntary, s->forced);
}

int procfs_show_status(struct pseudo_text *t, u64 key)
{
	struct procfs_snapshot s;
	struct fs_context *fs;
	struct fd_table *fds;
	int err = procfs_snapshot(&s, key);

	if (err)
		return err;
	pseudo_printf(t, "Name:\t%s\n", s.name);
	if (!procfs_get_fs(key, &fs)) {
		pseudo_printf(t, "Umask:\t%04o\n", fs->umask);
		fs_context_put(fs);
	}
	pseudo_printf(t, "State:\t%c (%s)\n", s.state, procfs_state_name(s.state));
	pseudo_printf(t, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", s.pid, s.tid,
		      s.ppid);
	status_ids(t, key);
	if (!procfs_get_fds(key, &fds)) {
		pseudo_printf(t, "FDSize:\t%u\n", fd_table_size(fds));
		fd_table_put(fds);
	}
	if (s.size)
		pseudo_printf(t, "VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\n", s.size * PAGE_KB,
			      s.resident * PAGE_KB);
	pseudo_printf(t, "Threads:\t%u\n", s.threads);
	status_rights(t, &s);
	return 0;
}

int procfs_show_statm(struct pseudo_text *t, u64 key)
{
	struct procfs_snapshot s;
	int err = procfs_snapshot(&s, key);

	if (!err)
		pseudo_printf(t, "%lu %lu 0 0 0 0 0\n", s.size, s.resident);
	return err;
}

int procfs_show_comm(struct pseudo_text *t, u64 key)
{
	struct task *task;
	int err = procfs_get_task(key, &task);

	if (err)
		return err;
	pseudo_printf(t, "%s\n", task->name);
	task_put(task);
	return 0;
}

static void limits_value(struct pseudo_text *t, u64 value)
{
	if (value == RLIM_INFINITY)
		pseudo_printf(t, "%-20s ", "unlimited");
	else
		pseudo_printf(t, "%-20lu ", value);
}

int procfs_show_limits(struct pseudo_text *t, u64 key)
{
	static const struct { const char *name, *unit; } rows[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = { "Max cpu time", "seconds" },
		[RLIMIT_FSIZE] = { "Max file size", "bytes" },
		[RLIMIT_DATA] = { "Max data size", "bytes" },
		[RLIMIT_STACK] = { "Max stack size", "bytes" },
		[RLIMIT_CORE] = { "Max core file size", "bytes" },
		[RLIMIT_RSS] = { "Max resident set", "bytes" },
		[RLIMIT_NPROC] = { "Max processes", "processes" },
		[RLIMIT_NOFILE] = { "Max open files", "files" },
		[RLIMIT_MEMLOCK] = { "Max locked memory", "bytes" },
		[RLIMIT_AS] = { "Max address space", "bytes" },
		[RLIMIT_LOCKS] = { "Max file locks", "locks" },
		[RLIMIT_SIGPENDING] = { "Max pending signals", "signals" },
		[RLIMIT_MSGQUEUE] = { "Max msgqueue size", "bytes" },
		[RLIMIT_NICE] = { "Max nice priority", "" },
		[RLIMIT_RTPRIO] = { "Max realtime priority", "" },
		[RLIMIT_RTTIME] = { "Max realtime timeout", "us" },
	};
	struct proc *p;
	int err, i;

	err = procfs_get(key, &p);
	if (err)
		return err;
	pseudo_printf(t, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (i = 0; i < RLIM_NLIMITS; i++) {
		pseudo_printf(t, "%-25s ", rows[i].name);
		limits_value(t, p->limits[i].rlim_cur);
		limits_value(t, p->limits[i].rlim_max);
		pseudo_printf(t, "%-10s\n", rows[i].unit);
	}
	proc_put(p);
	return 0;
}
