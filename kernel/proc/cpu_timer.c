/*
 * Timers of CPU time: ITIMER_VIRTUAL, ITIMER_PROF and what a process may use of the CPU (RLIMIT_CPU).
 *
 * The tick looks at them, for processes that have one; so they are as exact as the tick is, like Linux's
 * without high-resolution CPU timers.
 */
#include <kernel/cpu_timer.h>

#include <kernel/errno.h>
#include <kernel/proc_internal.h>
#include <kernel/signal.h>
#include <kernel/time.h>
#include <uapi/time.h>

/* Whether the timer is due at this CPU time; re-arms it. */
static bool cpu_timer_due(struct cpu_timer *it, u64 used)
{
	if (!it->expires || used < it->expires)
		return false;
	it->expires = it->interval ? used + it->interval : 0;
	return true;
}

/* SIGXCPU at the soft limit and every second beyond it, SIGKILL at the hard one. */
static void cpu_limit_check(struct proc *p, u64 used)
{
	const struct rlimit *limit = &p->limits[RLIMIT_CPU];
	u64 seconds = used / NSEC_PER_SEC;

	if (seconds >= limit->rlim_max) {
		(void)signal_kernel(p, SIGKILL);
	} else if (seconds >= limit->rlim_cur && seconds >= p->cpu_limit_next) {
		p->cpu_limit_next = seconds + 1;
		(void)signal_kernel(p, SIGXCPU);
	}
}

void cpu_timers_tick(struct proc *p)
{
	u64 utime, stime;

	proc_times(p, &utime, &stime);
	if (p->limits[RLIMIT_CPU].rlim_cur != RLIM_INFINITY)
		cpu_limit_check(p, utime + stime);
	if (cpu_timer_due(&p->itimer_virtual, utime))
		(void)signal_kernel(p, SIGVTALRM);
	if (cpu_timer_due(&p->itimer_prof, utime + stime))
		(void)signal_kernel(p, SIGPROF);
}

static struct cpu_timer *cpu_timer_of(struct proc *p, int which, u64 *now)
{
	u64 utime, stime;

	proc_times(p, &utime, &stime);
	*now = which == ITIMER_VIRTUAL ? utime : utime + stime;
	return which == ITIMER_VIRTUAL ? &p->itimer_virtual : &p->itimer_prof;
}

void cpu_timer_get(struct proc *p, int which, nsec_t *left, nsec_t *interval)
{
	u64 now, expires;
	const struct cpu_timer *it = cpu_timer_of(p, which, &now);

	expires = READ_ONCE(it->expires);
	*interval = it->interval;
	*left = 0;
	if (expires)
		*left = expires > now ? expires - now : 1;
}

void cpu_timer_set(struct proc *p, int which, nsec_t value, nsec_t interval)
{
	u64 now;
	struct cpu_timer *it = cpu_timer_of(p, which, &now);

	WRITE_ONCE(it->expires, 0);
	it->interval = interval;
	if (!value)
		return;
	WRITE_ONCE(it->expires, now + value);
	WRITE_ONCE(p->cpu_timers, true);
}
