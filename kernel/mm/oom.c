/*
 * Out of memory.  A page fault that finds no page ends the largest process and tries again when that
 * one's pages have come back.  Called by fault.c in process context, without locks.
 *
 * The kernel's own allocations do not come here: they fail with -ENOMEM.  Linux also weighs
 * oom_score_adj and swapped pages, and takes the victim's pages away before it is gone.
 */
#include <kernel/oom.h>

#include <kernel/log.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/proc.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <kernel/time.h>

enum { OOM_PAUSE = NSEC_PER_MSEC, OOM_PATIENCE = 500 };

/* Pauses since the last kill.  A victim that does not end in so many is given up on. */
static atomic_t oom_pauses;

/* A candidate, with a reference to its process. */
struct oom_victim {
	struct proc *proc;
	u64 pages;
	bool dying; /* somebody is on the way out already */
};

static struct oom_victim oom_choose(bool count_dying)
{
	irqflags_t flags = spin_lock_irqsave(&tasks_lock);
	struct oom_victim v = { NULL, 0, false };
	struct task *t;

	list_for_each(t, &all_tasks, all) {
		u64 pages = t->mm ? (u64)atomic64_load(&t->mm->resident) : 0;

		if (!t->proc || t->proc == init_proc || !pages)
			continue;
		if (t->proc->exiting || signal_fatal_pending(t)) {
			v.dying |= count_dying;
			continue;
		}
		if (pages > v.pages) {
			v.proc = t->proc;
			v.pages = pages;
		}
	}
	if (v.proc)
		proc_get(v.proc);
	spin_unlock_irqrestore(&tasks_lock, flags);
	return v;
}

static void oom_pause(void)
{
	atomic_inc(&oom_pauses);
	task_set_state(TASK_UNINTERRUPTIBLE);
	(void)task_sleep_until(time_mono() + OOM_PAUSE);
	task_set_state(TASK_RUNNING);
}

bool oom_relieve(void)
{
	struct oom_victim v = oom_choose(atomic_load(&oom_pauses) < OOM_PATIENCE);
	bool retry = v.dying || v.proc;

	if (current->proc->exiting || signal_fatal_pending(current)) {
		retry = false;
	} else if (v.proc && !v.dying) {
		atomic_store(&oom_pauses, 0);
		log_err("out of memory: process %d (%s) with %llu pages is killed", v.proc->pid,
			v.proc->leader->name, (unsigned long long)v.pages);
		signal_kernel(v.proc, SIGKILL);
		retry = v.proc != current->proc;
	}
	if (v.proc)
		proc_put(v.proc);
	if (retry)
		oom_pause();
	return retry;
}
