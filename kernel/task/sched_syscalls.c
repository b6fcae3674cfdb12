/*
 * System calls about scheduling: sched(7), getpriority(2), getcpu(2).
 *
 * There is one policy, SCHED_OTHER: asking for another is -EINVAL, where Linux would say -EPERM to most
 * and obey root.  Niceness belongs to the thread, as on Linux, not to the process as POSIX has it.
 */
#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/proc.h>
#include <kernel/sched.h>
#include <kernel/smp.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <uapi/resource.h>
#include <uapi/sched.h>

enum {
	RT_PRIORITY_MIN = 1,
	RT_PRIORITY_MAX = 99,
	NICE_TO_RESULT  = 20, /* getpriority(2) returns 20 - nice, so that it is never negative */
};

/* The thread of that number, 0 for the caller, with a reference.  0 or -ESRCH. */
static int sched_find_task(pid_t tid, struct task **out)
{
	struct task *t = current;

	if (tid < 0)
		return -EINVAL;
	if (tid)
		t = task_find(tid);
	if (!t)
		return -ESRCH;
	if (!tid)
		task_get(t);
	*out = t;
	return 0;
}

/* Whether the caller may change how t is scheduled: its own user's, or anybody's for root. */
static bool sched_may_change(const struct task *t)
{
	struct cred *theirs;
	bool may;

	if (current_privileged() || t->proc == current->proc)
		return true;
	if (!t->proc)
		return false;
	theirs = cred_get(t->proc);
	may = current_cred()->euid == theirs->euid || current_cred()->euid == theirs->uid;
	cred_put(theirs);
	return may;
}

long sys_sched_yield(void)
{
	task_yield();
	return 0;
}

long sys_getcpu(u32 __user *cpu, u32 __user *node, void __user *cache)
{
	u32 id = READ_ONCE(current->cpu)->id, zero = 0;

	if (cpu && copy_to_user(cpu, &id, sizeof(id)))
		return -EFAULT;
	if (node && copy_to_user(node, &zero, sizeof(zero)))
		return -EFAULT;
	return 0;
}

long sys_sched_setaffinity(pid_t tid, u32 size, const void __user *mask)
{
	struct task *t;
	u64 wanted = 0;
	int err;

	if (copy_from_user(&wanted, mask, MIN((size_t)size, sizeof(wanted))))
		return -EFAULT;
	err = sched_find_task(tid, &t);
	if (err)
		return err;
	err = sched_may_change(t) ? sched_set_affinity(t, wanted) : -EPERM;
	task_put(t);
	return err;
}

/* Returns the bytes written, one word: libc clears the rest of a larger set. */
long sys_sched_getaffinity(pid_t tid, u32 size, void __user *mask)
{
	struct task *t;
	u64 allowed;
	int err;

	if (size < sizeof(allowed) || size % sizeof(allowed))
		return -EINVAL;
	err = sched_find_task(tid, &t);
	if (err)
		return err;
	allowed = READ_ONCE(t->cpu_mask) & smp_online_mask();
	task_put(t);
	if (copy_to_user(mask, &allowed, sizeof(allowed)))
		return -EFAULT;
	return sizeof(allowed);
}

long sys_sched_getscheduler(pid_t tid)
{
	struct task *t;
	int err = sched_find_task(tid, &t);

	if (err)
		return err;
	task_put(t);
	return SCHED_NORMAL;
}

long sys_sched_getparam(pid_t tid, struct sched_param __user *param)
{
	struct sched_param none = { .sched_priority = 0 };
	struct task *t;
	int err;

	if (!param)
		return -EINVAL;
	err = sched_find_task(tid, &t);
	if (err)
		return err;
	task_put(t);
	return copy_to_user(param, &none, sizeof(none)) ? -EFAULT : 0;
}

long sys_sched_setscheduler(pid_t tid, int policy, const struct sched_param __user *param)
{
	struct sched_param wanted;
	struct task *t;
	int err;

	if (!param || (policy & ~SCHED_RESET_ON_FORK) != SCHED_NORMAL)
		return -EINVAL;
	if (copy_from_user(&wanted, param, sizeof(wanted)))
		return -EFAULT;
	err = sched_find_task(tid, &t);
	if (err)
		return err;
	if (wanted.sched_priority != 0)
		err = -EINVAL;
	else if (!sched_may_change(t))
		err = -EPERM;
	task_put(t);
	return err;
}

long sys_sched_setparam(pid_t tid, const struct sched_param __user *param)
{
	return sys_sched_setscheduler(tid, SCHED_NORMAL, param);
}

static long sched_priority_bound(int policy, long rt)
{
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return rt;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
	case SCHED_DEADLINE:
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_sched_get_priority_max(int policy)
{
	return sched_priority_bound(policy, RT_PRIORITY_MAX);
}

long sys_sched_get_priority_min(int policy)
{
	return sched_priority_bound(policy, RT_PRIORITY_MIN);
}

long sys_sched_rr_get_interval(pid_t tid, struct timespec __user *interval)
{
	struct timespec slice = ns_to_timespec(TICK_NS);
	struct task *t;
	int err = sched_find_task(tid, &t);

	if (err)
		return err;
	task_put(t);
	return copy_to_user(interval, &slice, sizeof(slice)) ? -EFAULT : 0;
}

/* Whom a get- or setpriority(2) means; filled in once, then asked of every task. */
struct priority_target {
	int which;      /* PRIO_* */
	s64 who;        /* thread, group or user */
};

static bool priority_matches(const struct priority_target *target, struct task *t)
{
	struct cred *cred;
	bool same;

	if (!t->proc)
		return false;
	switch (target->which) {
	case PRIO_PROCESS:
		return t->tid == target->who;
	case PRIO_PGRP:
		return t->proc->group && t->proc->group->pgid == target->who;
	default:
		cred = cred_get(t->proc);
		same = cred->uid == (uid_t)target->who;
		cred_put(cred);
		return same;
	}
}

static int priority_target_init(struct priority_target *target, int which, int who)
{
	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	target->which = which;
	target->who = which == PRIO_USER ? (s64)(uid_t)who : who;
	if (who)
		return 0;
	if (which == PRIO_PROCESS)
		target->who = current->tid;
	else if (which == PRIO_PGRP)
		target->who = current->proc->group->pgid;
	else
		target->who = current_cred()->uid;
	return 0;
}

/*
 * The next task on all_tasks after `t` (NULL: from the start) that matches, with a reference; gives up
 * the one on t.  NULL at the end.
 */
static struct task *priority_next(const struct priority_target *target, struct task *t)
{
	irqflags_t tree = spin_lock_irqsave(&tree_lock);
	irqflags_t flags = spin_lock_irqsave(&tasks_lock);
	struct list_node *node = t ? list_next(&all_tasks, &t->all) : list_first(&all_tasks);
	struct task *found = NULL;

	for (; node && !found; node = list_next(&all_tasks, node)) {
		struct task *next = list_entry(node, struct task, all);

		if (priority_matches(target, next) && task_try_get(next))
			found = next;
	}
	spin_unlock_irqrestore(&tasks_lock, flags);
	spin_unlock_irqrestore(&tree_lock, tree);
	if (t)
		task_put(t);
	return found;
}

/* Linux's rules: EPERM for somebody else's, EACCES for more than RLIMIT_NICE allows. */
static int priority_set(struct task *t, int nice)
{
	int floor = NICE_TO_RESULT - (int)MIN(current->proc->limits[RLIMIT_NICE].rlim_cur, 40ul);

	if (!sched_may_change(t))
		return -EPERM;
	if (nice < t->nice && nice < floor && !current_privileged())
		return -EACCES;
	sched_set_nice(t, nice);
	return 0;
}

long sys_setpriority(int which, int who, int prio)
{
	struct priority_target target;
	struct task *t = NULL;
	int err = priority_target_init(&target, which, who);
	int result = -ESRCH;

	if (err)
		return err;
	prio = MIN(MAX(prio, (int)NICE_MIN), (int)NICE_MAX);
	while ((t = priority_next(&target, t))) {
		err = priority_set(t, prio);
		/* One refusal is reported even when others could be changed. */
		if (err || result == -ESRCH)
			result = err;
	}
	return result;
}

/* The highest priority (lowest nice) of those that match. */
long sys_getpriority(int which, int who)
{
	struct priority_target target;
	struct task *t = NULL;
	int err = priority_target_init(&target, which, who);
	long best = -ESRCH;

	if (err)
		return err;
	while ((t = priority_next(&target, t)))
		best = MAX(best, (long)(NICE_TO_RESULT - t->nice));
	return best;
}
