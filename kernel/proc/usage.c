/*
 * What processes used: CPU time, faults, switches.  times(2), getrusage(2), prlimit(2) and the figures
 * that wait4 hands over.  A thread adds its part to its process when it leaves, a process to its parent
 * when it is waited for.
 */
#include <kernel/proc.h>
#include <kernel/proc_internal.h>

#include <kernel/mm.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <uapi/resource.h>

enum { NSEC_PER_CLOCK_TICK = NSEC_PER_SEC / USER_HZ, PAGE_KIB = PAGE_SIZE / 1024 };

void usage_add_thread(struct proc *p, const struct task *t)
{
	u64 utime, stime;

	task_times(t, &utime, &stime);
	p->dead_utime += utime;
	p->dead_stime += stime;
	p->dead_switches_voluntary += t->switches_voluntary;
	p->dead_switches_forced += t->switches_forced;
}

void usage_add_child(struct proc *p, const struct proc *child)
{
	p->child_utime += child->dead_utime + child->child_utime;
	p->child_stime += child->dead_stime + child->child_stime;
	p->child_min_faults += child->min_faults + child->child_min_faults;
	p->child_maj_faults += child->maj_faults + child->child_maj_faults;
	p->child_switches_voluntary +=
		child->dead_switches_voluntary + child->child_switches_voluntary;
	p->child_switches_forced += child->dead_switches_forced + child->child_switches_forced;
	p->child_max_rss = MAX(p->child_max_rss, MAX(child->max_rss, child->child_max_rss));
}

void proc_times(struct proc *p, u64 *utime, u64 *stime)
{
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);
	struct task *t;
	u64 u, s;

	*utime = p->dead_utime;
	*stime = p->dead_stime;
	list_for_each(t, &p->threads, thread) {
		task_times(t, &u, &s);
		*utime += u;
		*stime += s;
	}
	spin_unlock_irqrestore(&p->sig_lock, flags);
}

static struct timeval timeval_of_ns(u64 ns)
{
	return (struct timeval){
		.tv_sec = (s64)(ns / NSEC_PER_SEC),
		.tv_usec = (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC),
	};
}

void usage_both(const struct proc *p, struct rusage *out)
{
	memset(out, 0, sizeof(*out));
	out->ru_utime = timeval_of_ns(p->dead_utime + p->child_utime);
	out->ru_stime = timeval_of_ns(p->dead_stime + p->child_stime);
	out->ru_minflt = (s64)(p->min_faults + p->child_min_faults);
	out->ru_majflt = (s64)(p->maj_faults + p->child_maj_faults);
	out->ru_nvcsw = (s64)(p->dead_switches_voluntary + p->child_switches_voluntary);
	out->ru_nivcsw = (s64)(p->dead_switches_forced + p->child_switches_forced);
	out->ru_maxrss = (s64)MAX(p->max_rss, p->child_max_rss);
}

static void usage_of_thread(const struct task *t, struct rusage *out)
{
	u64 utime, stime;

	task_times(t, &utime, &stime);
	out->ru_utime = timeval_of_ns(utime);
	out->ru_stime = timeval_of_ns(stime);
	out->ru_nvcsw = (s64)t->switches_voluntary;
	out->ru_nivcsw = (s64)t->switches_forced;
}

static void usage_of_self(struct proc *p, struct rusage *out)
{
	irqflags_t flags;
	struct task *t;
	u64 utime, stime, rss;

	proc_times(p, &utime, &stime);
	out->ru_utime = timeval_of_ns(utime);
	out->ru_stime = timeval_of_ns(stime);
	flags = spin_lock_irqsave(&p->sig_lock);
	out->ru_nvcsw = (s64)p->dead_switches_voluntary;
	out->ru_nivcsw = (s64)p->dead_switches_forced;
	list_for_each(t, &p->threads, thread) {
		out->ru_nvcsw += (s64)t->switches_voluntary;
		out->ru_nivcsw += (s64)t->switches_forced;
	}
	spin_unlock_irqrestore(&p->sig_lock, flags);
	out->ru_minflt = (s64)p->min_faults;
	out->ru_majflt = (s64)p->maj_faults;
	rss = (u64)atomic64_load(&current->mm->resident) * PAGE_KIB;
	p->max_rss = MAX(p->max_rss, rss);
	out->ru_maxrss = (s64)p->max_rss;
}

static void usage_of_children(struct proc *p, struct rusage *out)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);

	out->ru_utime = timeval_of_ns(p->child_utime);
	out->ru_stime = timeval_of_ns(p->child_stime);
	out->ru_minflt = (s64)p->child_min_faults;
	out->ru_majflt = (s64)p->child_maj_faults;
	out->ru_nvcsw = (s64)p->child_switches_voluntary;
	out->ru_nivcsw = (s64)p->child_switches_forced;
	out->ru_maxrss = (s64)p->child_max_rss;
	spin_unlock_irqrestore(&tree_lock, flags);
}

long sys_getrusage(int who, struct rusage __user *usage)
{
	struct proc *p = current_proc();
	struct rusage ru;

	memset(&ru, 0, sizeof(ru));
	switch (who) {
	case RUSAGE_SELF: usage_of_self(p, &ru); break;
	case RUSAGE_CHILDREN: usage_of_children(p, &ru); break;
	case RUSAGE_THREAD: usage_of_thread(current, &ru); break;
	default: return -EINVAL;
	}
	return copy_to_user(usage, &ru, sizeof(ru));
}

long sys_times(struct tms __user *buf)
{
	struct proc *p = current_proc();
	struct tms tms;
	u64 utime, stime;

	if (buf) {
		proc_times(p, &utime, &stime);
		tms.tms_utime = (s64)(utime / NSEC_PER_CLOCK_TICK);
		tms.tms_stime = (s64)(stime / NSEC_PER_CLOCK_TICK);
		tms.tms_cutime = (s64)(READ_ONCE(p->child_utime) / NSEC_PER_CLOCK_TICK);
		tms.tms_cstime = (s64)(READ_ONCE(p->child_stime) / NSEC_PER_CLOCK_TICK);
		if (copy_to_user(buf, &tms, sizeof(tms)))
			return -EFAULT;
	}
	return (long)(time_mono() / NSEC_PER_CLOCK_TICK);
}
