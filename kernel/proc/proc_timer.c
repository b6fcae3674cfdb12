/*
 * setitimer(2), and timer_create(2) on the clocks that always run.  Called by programs; a
 * timer fires in interrupt context and sends its signal from there.
 *
 * A signal that is still pending when its timer fires again is not queued twice: its overrun counts.
 * A relative time of CLOCK_REALTIME is monotonic, as it should be; an absolute one is converted when it is
 * set and does not follow a later clock_settime(), which Linux does.  Clocks of CPU time have no timer_create()
 * here; ITIMER_VIRTUAL and ITIMER_PROF are in cpu_timer.c.
 */
#include <kernel/proc_timer.h>

#include <kernel/cpu_timer.h>
#include <kernel/errno.h>
#include <kernel/mutex.h>
#include <kernel/proc.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>

/* Over the lists of all processes: these calls are rare and short. */
static struct mutex proc_timers_mutex = MUTEX_INIT(proc_timers_mutex, "proc_timers");

static void proc_timer_signal(struct proc_timer *pt, s32 missed)
{
	siginfo_t info = pt->info;
	struct task *t;

	if (pt->notify == SIGEV_NONE)
		return;
	if (pt->id != PROC_TIMER_REAL)
		info.si_overrun = missed;
	if (pt->notify != SIGEV_THREAD_ID) {
		pt->overrun = signal_send_timer(pt->proc, NULL, &info);
		return;
	}
	t = task_find(pt->tid);
	if (!t)
		return;
	if (t->proc == pt->proc)
		pt->overrun = signal_send_timer(pt->proc, t, &info);
	task_put_deferred(t);
}

static void proc_timer_fire(struct timer *timer)
{
	struct proc_timer *pt = container_of(timer, struct proc_timer, timer);
	nsec_t now = time_mono(), next = timer->deadline + pt->interval;
	u64 missed = 0;

	if (pt->interval) {
		if (next <= now) {
			missed = (now - next) / pt->interval + 1;
			next += missed * pt->interval;
		}
		timer_again(timer, next);
	}
	proc_timer_signal(pt, (s32)MIN(missed, (u64)INT32_MAX));
}

static struct proc_timer *proc_timer_find(struct proc *p, s32 id) REQUIRES(proc_timers_mutex)
{
	struct proc_timer *pt;

	list_for_each(pt, &p->timers, node) {
		if (pt->id == id)
			return pt;
	}
	return NULL;
}

/* Makes one; its id is the lowest that is free.  0, -EAGAIN. */
static int proc_timer_new(struct proc *p, s32 id, struct proc_timer **out) REQUIRES(proc_timers_mutex)
{
	struct proc_timer *pt;

	while (id != PROC_TIMER_REAL && proc_timer_find(p, id))
		id++;
	if (id == PROC_TIMERS_MAX)
		return -EAGAIN;
	pt = kzalloc(sizeof(*pt), 0);
	if (!pt)
		return -EAGAIN;
	timer_init(&pt->timer, proc_timer_fire);
	pt->proc = p;
	pt->id = id;
	list_push_back(&p->timers, &pt->node);
	*out = pt;
	return 0;
}

static void proc_timer_free(struct proc_timer *pt) REQUIRES(proc_timers_mutex)
{
	timer_cancel(&pt->timer);
	list_remove(&pt->node);
	kfree(pt);
}

static void proc_timers_delete(struct proc *p, bool real_too)
{
	struct proc_timer *pt, *after;

	if (list_empty(&p->timers))
		return;
	mutex_lock(&proc_timers_mutex);
	list_for_each_safe(pt, after, &p->timers, node) {
		if (real_too || pt->id != PROC_TIMER_REAL)
			proc_timer_free(pt);
	}
	mutex_unlock(&proc_timers_mutex);
}

void proc_timers_exec(struct proc *p)
{
	proc_timers_delete(p, false);
}

void proc_timers_exit(struct proc *p)
{
	proc_timers_delete(p, true);
}

/* What is left until it fires, and its interval; nothing left: not armed. */
static void proc_timer_get(const struct proc_timer *pt, nsec_t *left, nsec_t *interval)
{
	nsec_t now = time_mono();

	*interval = pt ? pt->interval : 0;
	*left = 0;
	if (pt && READ_ONCE(pt->timer.armed))
		*left = pt->timer.deadline > now ? pt->timer.deadline - now : 1;
}

/* Arms for a monotonic deadline, 0: disarms. */
static void proc_timer_set(struct proc_timer *pt, nsec_t deadline, nsec_t interval)
{
	timer_cancel(&pt->timer);
	pt->interval = interval;
	pt->overrun = 0;
	if (deadline)
		timer_start(&pt->timer, deadline);
}

/* ---- setitimer ------------------------------------------------------------------------------------ */

static struct timeval ns_to_timeval(nsec_t ns)
{
	/* Rounded up: a timer that is armed never says zero. */
	ns += NSEC_PER_USEC - 1;
	return (struct timeval){ .tv_sec = ns / NSEC_PER_SEC,
				 .tv_usec = ns % NSEC_PER_SEC / NSEC_PER_USEC };
}

static int timeval_to_ns(const struct timeval *tv, nsec_t *ns)
{
	struct timespec ts = { tv->tv_sec, tv->tv_usec * NSEC_PER_USEC };

	if (tv->tv_usec < 0 || tv->tv_usec >= NSEC_PER_SEC / NSEC_PER_USEC)
		return -EINVAL;
	return timespec_to_ns(&ts, ns);
}

static int itimer_check(int which)
{
	return which >= ITIMER_REAL && which <= ITIMER_PROF ? 0 : -EINVAL;
}

/* A timer's old value, and its new one if there is one. */
static int itimer_exchange(int which, nsec_t *left, nsec_t *interval, const nsec_t *new)
{
	struct proc *p = current_proc();
	struct proc_timer *pt;
	int err = 0;

	if (which != ITIMER_REAL) {
		cpu_timer_get(p, which, left, interval);
		if (new)
			cpu_timer_set(p, which, new[0], new[0] ? new[1] : 0);
		return 0;
	}
	mutex_lock(&proc_timers_mutex);
	pt = proc_timer_find(p, PROC_TIMER_REAL);
	proc_timer_get(pt, left, interval);
	if (new && !pt && new[0]) {
		err = proc_timer_new(p, PROC_TIMER_REAL, &pt);
		if (!err)
			pt->info = (siginfo_t){ .si_signo = SIGALRM, .si_code = SI_KERNEL };
	}
	if (new && pt)
		proc_timer_set(pt, new[0] ? time_mono() + new[0] : 0, new[1]);
	mutex_unlock(&proc_timers_mutex);
	return err;
}

static int itimer_copy_out(struct itimerval __user *to, nsec_t left, nsec_t interval)
{
	struct itimerval value = { ns_to_timeval(interval), ns_to_timeval(left) };

	return copy_to_user(to, &value, sizeof(value));
}

long sys_getitimer(int which, struct itimerval __user *value)
{
	nsec_t left, interval;
	int err = itimer_check(which);

	if (err)
		return err;
	err = itimer_exchange(which, &left, &interval, NULL);
	return err ? err : itimer_copy_out(value, left, interval);
}

long sys_setitimer(int which, const struct itimerval __user *new, struct itimerval __user *old)
{
	struct itimerval value = { 0 };
	nsec_t left, interval, wanted[2];
	int err = itimer_check(which);

	if (err)
		return err;
	if (new && copy_from_user(&value, new, sizeof(value)))
		return -EFAULT;
	if (timeval_to_ns(&value.it_value, &wanted[0]) || timeval_to_ns(&value.it_interval, &wanted[1]))
		return -EINVAL;
	err = itimer_exchange(which, &left, &interval, wanted);
	if (err)
		return err;
	return old ? itimer_copy_out(old, left, interval) : 0;
}

/* ---- timer_create ---------------------------------------------------------------------------------- */

/* 0, -EOPNOTSUPP for the clocks of CPU time, -EINVAL. */
static int proc_timer_check_clock(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

/* What timer_create() was told to send; without words SIGALRM with the timer's id. */
static int proc_timer_configure(struct proc_timer *pt, int clock, const struct sigevent *event)
{
	struct task *t;

	pt->clock = clock;
	pt->notify = event->sigev_notify;
	pt->tid = event->sigev_tid;
	pt->info = (siginfo_t){ .si_signo = event->sigev_signo, .si_code = SI_TIMER };
	pt->info.si_timerid = pt->id;
	pt->info.si_timer_value = event->sigev_value;
	if (pt->notify == SIGEV_NONE)
		return 0;
	if (event->sigev_signo < 1 || event->sigev_signo > NSIG)
		return -EINVAL;
	if (pt->notify == SIGEV_SIGNAL || pt->notify == SIGEV_THREAD)
		return 0;
	if (pt->notify != SIGEV_THREAD_ID)
		return -EINVAL;
	t = task_find(pt->tid);
	if (!t)
		return -EINVAL;
	clock = t->proc == pt->proc ? 0 : -EINVAL;
	task_put(t);
	return clock;
}

long sys_timer_create(int clock, struct sigevent __user *uevent, s32 __user *id)
{
	struct sigevent event = { .sigev_signo = SIGALRM, .sigev_notify = SIGEV_SIGNAL };
	struct proc_timer *pt;
	int err = proc_timer_check_clock(clock);

	if (err)
		return err;
	if (uevent && copy_from_user(&event, uevent, sizeof(event)))
		return -EFAULT;
	mutex_lock(&proc_timers_mutex);
	err = proc_timer_new(current_proc(), 0, &pt);
	if (err)
		goto out_unlock;
	if (!uevent)
		event.sigev_value.sival_int = pt->id;
	err = proc_timer_configure(pt, clock, &event);
	if (!err && put_user(pt->id, id))
		err = -EFAULT;
	if (err)
		proc_timer_free(pt);
out_unlock:
	mutex_unlock(&proc_timers_mutex);
	return err;
}

/* The current process's timer of that id, with the mutex held; NULL (not held) when there is none. */
static struct proc_timer *proc_timer_lock(s32 id)
{
	struct proc_timer *pt = NULL;

	mutex_lock(&proc_timers_mutex);
	if (id >= 0)
		pt = proc_timer_find(current_proc(), id);
	if (!pt)
		mutex_unlock(&proc_timers_mutex);
	return pt;
}

long sys_timer_gettime(s32 id, struct itimerspec __user *value)
{
	struct proc_timer *pt = proc_timer_lock(id);
	struct itimerspec spec;
	nsec_t left, interval;

	if (!pt)
		return -EINVAL;
	proc_timer_get(pt, &left, &interval);
	mutex_unlock(&proc_timers_mutex);
	spec = (struct itimerspec){ ns_to_timespec(interval), ns_to_timespec(left) };
	return copy_to_user(value, &spec, sizeof(spec));
}

/* When a timer of this clock set to `value` fires, in monotonic ns; 0: never. */
static nsec_t proc_timer_deadline(const struct proc_timer *pt, nsec_t value, bool absolute)
{
	s64 offset = pt->clock == CLOCK_REALTIME ? time_real_offset() : 0;

	if (!value)
		return 0;
	if (!absolute)
		return time_mono() + value;
	/* A time before the counter's start is as good as its first nanosecond. */
	return (s64)value <= offset ? 1 : value - (nsec_t)offset;
}

long sys_timer_settime(s32 id, int flags, const struct itimerspec __user *new,
		       struct itimerspec __user *old)
{
	struct itimerspec spec, before;
	nsec_t value, interval, left, old_interval;
	struct proc_timer *pt;

	if (!new)
		return -EINVAL;
	if (copy_from_user(&spec, new, sizeof(spec)))
		return -EFAULT;
	if (timespec_to_ns(&spec.it_value, &value) || timespec_to_ns(&spec.it_interval, &interval))
		return -EINVAL;
	pt = proc_timer_lock(id);
	if (!pt)
		return -EINVAL;
	proc_timer_get(pt, &left, &old_interval);
	proc_timer_set(pt, proc_timer_deadline(pt, value, flags & TIMER_ABSTIME), interval);
	mutex_unlock(&proc_timers_mutex);
	before = (struct itimerspec){ ns_to_timespec(old_interval), ns_to_timespec(left) };
	return old ? copy_to_user(old, &before, sizeof(before)) : 0;
}

long sys_timer_getoverrun(s32 id)
{
	struct proc_timer *pt = proc_timer_lock(id);
	s32 overrun;

	if (!pt)
		return -EINVAL;
	overrun = pt->overrun;
	mutex_unlock(&proc_timers_mutex);
	return overrun;
}

long sys_timer_delete(s32 id)
{
	struct proc_timer *pt = proc_timer_lock(id);

	if (!pt)
		return -EINVAL;
	proc_timer_free(pt);
	mutex_unlock(&proc_timers_mutex);
	return 0;
}
