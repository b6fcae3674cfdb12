/*
 * System calls that read, set and wait for clocks: clock_gettime(2) and its relations.
 *
 * An interrupted relative sleep goes on by restart_syscall(2) to the same end; an absolute one is just
 * called again.  Clock numbers are Linux's, negative ones name a process or thread (its number
 * inverted, shifted by 3).  Sleeping on a CPU-time clock is not supported.
 */
#include <kernel/errno.h>
#include <kernel/proc.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>

enum { TICK_PERIOD_NS = NSEC_PER_SEC / HZ };

/* A negative clock number: ~pid << 3 | thread << 2 | which time. */
enum cpu_clock_bits { CPU_CLOCK_WHICH = 3, CPU_CLOCK_THREAD = 4, CPU_CLOCK_PID_SHIFT = 3 };
enum cpu_clock_which { CPU_CLOCK_PROF, CPU_CLOCK_VIRT, CPU_CLOCK_SCHED };

/* All times but the user's own include the kernel's. */
static nsec_t clock_task_time(const struct task *t, u32 which)
{
	u64 user, system;

	task_times(t, &user, &system);
	return which == CPU_CLOCK_VIRT ? user : user + system;
}

static nsec_t clock_proc_time(struct proc *p, u32 which)
{
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);
	nsec_t sum = p->dead_utime + (which == CPU_CLOCK_VIRT ? 0 : p->dead_stime);
	struct task *t;

	list_for_each(t, &p->threads, thread)
		sum += clock_task_time(t, which);
	spin_unlock_irqrestore(&p->sig_lock, flags);
	return sum;
}

/* A clock of another process or thread.  0 or -EINVAL. */
static int clock_get_cpu(int clock, nsec_t *ns)
{
	u32 which = clock & CPU_CLOCK_WHICH;
	pid_t pid = ~(clock >> CPU_CLOCK_PID_SHIFT);

	if (which > CPU_CLOCK_SCHED)
		return -EINVAL;
	if (clock & CPU_CLOCK_THREAD) {
		struct task *t = pid ? task_find(pid) : current;

		if (!t)
			return -EINVAL;
		*ns = t->proc == current->proc ? clock_task_time(t, which) : 0;
		if (pid)
			task_put(t);
	} else {
		struct proc *p = pid ? proc_find(pid) : current->proc;

		if (!p)
			return -EINVAL;
		*ns = clock_proc_time(p, which);
		if (pid)
			proc_put(p);
	}
	return 0;
}

static int clock_get(int clock, nsec_t *ns)
{
	nsec_t mono = time_mono();

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_TAI:
		*ns = mono + time_real_offset();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = mono;
		return 0;
	/* What a clock would show that the tick moves on. */
	case CLOCK_REALTIME_COARSE:
		*ns = mono - mono % TICK_PERIOD_NS + time_real_offset();
		return 0;
	case CLOCK_MONOTONIC_COARSE:
		*ns = mono - mono % TICK_PERIOD_NS;
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ns = clock_proc_time(current->proc, CPU_CLOCK_SCHED);
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = clock_task_time(current, CPU_CLOCK_SCHED);
		return 0;
	default:
		return clock < 0 ? clock_get_cpu(clock, ns) : -EINVAL;
	}
}

static int clock_put_timespec(struct timespec __user *to, nsec_t ns)
{
	struct timespec ts = ns_to_timespec(ns);

	return copy_to_user(to, &ts, sizeof(ts));
}

long sys_clock_gettime(int clock, struct timespec __user *ts)
{
	nsec_t ns;
	int err = clock_get(clock, &ns);

	return err ? err : clock_put_timespec(ts, ns);
}

long sys_clock_getres(int clock, struct timespec __user *ts)
{
	bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
	nsec_t ns;
	int err = clock_get(clock, &ns);

	if (err || !ts)
		return err;
	return clock_put_timespec(ts, coarse ? TICK_PERIOD_NS : 1);
}

/* Whether the caller may set the clock (CAP_SYS_TIME). */
static bool clock_may_set(void)
{
	return current->proc->cred->euid == 0;
}

long sys_clock_settime(int clock, const struct timespec __user *ts)
{
	struct timespec value;
	nsec_t ns;
	int err;

	if (clock != CLOCK_REALTIME)
		return -EINVAL;
	err = copy_from_user(&value, ts, sizeof(value));
	if (!err)
		err = timespec_to_ns(&value, &ns);
	if (!err && !clock_may_set())
		err = -EPERM;
	/* The machine was not started before 1970. */
	if (!err && ns < time_mono())
		err = -EINVAL;
	if (!err)
		time_set_real(ns);
	return err;
}

long sys_gettimeofday(struct timeval __user *tv, struct timezone __user *tz)
{
	nsec_t ns = time_real();
	struct timeval value = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC };
	struct timezone utc = { 0, 0 };
	int err = 0;

	if (tv)
		err = copy_to_user(tv, &value, sizeof(value));
	if (!err && tz)
		err = copy_to_user(tz, &utc, sizeof(utc));
	return err;
}

/* The kernel keeps no time zone: one is read, checked and forgotten. */
long sys_settimeofday(const struct timeval __user *tv, const struct timezone __user *tz)
{
	struct timezone zone;
	struct timeval value;
	nsec_t ns;
	int err = 0;

	if (tv)
		err = copy_from_user(&value, tv, sizeof(value));
	if (!err && tz)
		err = copy_from_user(&zone, tz, sizeof(zone));
	if (err)
		return err;
	if (tv && (value.tv_sec < 0 || value.tv_usec < 0 || value.tv_usec >= 1000000 ||
		   value.tv_sec > (s64)(NSEC_NEVER / 2 / NSEC_PER_SEC)))
		return -EINVAL;
	if (!clock_may_set())
		return -EPERM;
	if (!tv)
		return 0;
	ns = (u64)value.tv_sec * NSEC_PER_SEC + value.tv_usec * NSEC_PER_USEC;
	if (ns < time_mono())
		return -EINVAL;
	time_set_real(ns);
	return 0;
}

/* Sleeps to a monotonic deadline.  0 or -ERESTARTSYS. */
static int clock_sleep_mono(nsec_t deadline)
{
	int err;

	do {
		task_set_state(TASK_INTERRUPTIBLE);
		err = task_sleep_until(deadline);
	} while (!err && time_mono() < deadline);
	return err == -ETIMEDOUT ? 0 : err;
}

/* Sleeps to a time of day, which may come sooner or later when somebody sets the clock. */
static int clock_sleep_real(nsec_t when)
{
	int err;

	do {
		s64 offset = time_real_offset();
		nsec_t deadline = (s64)when > offset ? when - offset : 0;

		err = wait_event_interruptible_until(&time_real_changed,
						     time_real_offset() != offset, deadline);
	} while (!err);
	return err == -ETIMEDOUT ? 0 : err;
}

/* Sleeps, for the first time or again; restart_args: deadline, where to write what is left or 0. */
static long clock_sleep_relative(struct task *t)
{
	nsec_t deadline = t->sig.restart_args[0];
	struct timespec __user *left = (struct timespec __user *)t->sig.restart_args[1];
	nsec_t now;

	if (!clock_sleep_mono(deadline))
		return 0;
	now = time_mono();
	if (now >= deadline)
		return 0;
	if (left && clock_put_timespec(left, deadline - now))
		return -EFAULT;
	t->sig.restart = clock_sleep_relative;
	return -ERESTART_RESTARTBLOCK;
}

static long clock_sleep_absolute(int clock, nsec_t when)
{
	bool real = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_ALARM || clock == CLOCK_TAI;
	int err = real ? clock_sleep_real(when) : clock_sleep_mono(when);

	return err ? -ERESTARTNOHAND : 0;
}

/* Which clocks can be slept on.  0, -EINVAL or -EOPNOTSUPP. */
static int clock_sleepable(int clock)
{
	nsec_t ns;
	int err = clock_get(clock, &ns);

	if (err || clock == CLOCK_THREAD_CPUTIME_ID)
		return -EINVAL;
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
	case CLOCK_TAI:
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

long sys_clock_nanosleep(int clock, int flags, const struct timespec __user *request,
			 struct timespec __user *left)
{
	struct timespec ts;
	nsec_t ns;
	int err = clock_sleepable(clock);

	if (!err)
		err = copy_from_user(&ts, request, sizeof(ts));
	if (!err)
		err = timespec_to_ns(&ts, &ns);
	if (err)
		return err;
	if (flags & TIMER_ABSTIME)
		return clock_sleep_absolute(clock, ns);
	current->sig.restart_args[0] = time_mono() + ns;
	current->sig.restart_args[1] = (u64)left;
	return clock_sleep_relative(current);
}

long sys_nanosleep(const struct timespec __user *request, struct timespec __user *left)
{
	return sys_clock_nanosleep(CLOCK_MONOTONIC, 0, request, left);
}
