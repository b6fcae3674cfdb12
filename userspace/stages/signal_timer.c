/* Stage of the timers that end in a signal. */
#include "expect.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

enum { MS = 1000000, PERIOD_MS = 4 };

static volatile int alarms, alarm_code, alarm_value, alarm_overrun, alarm_id;
static volatile long alarm_at;

static long now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void handler_alarm(int sig, siginfo_t *info, void *context)
{
	alarms++;
	alarm_at = now_ns();
	alarm_code = info->si_code;
	alarm_value = info->si_value.sival_int;
	alarm_overrun = info->si_overrun;
	alarm_id = info->si_timerid;
}

static void wait_alarms(int count)
{
	sigset_t none;

	sigemptyset(&none);
	while (alarms < count)
		sigsuspend(&none);
}

/* ITIMER_REAL: once and never early, again and again, taken back; kept by exec, not by fork. */
static void real_timer(void)
{
	struct itimerval once = { { 0, 0 }, { 0, PERIOD_MS * 1000 } }, off = { 0 }, left;
	struct itimerval again = { { 0, PERIOD_MS * 1000 }, { 0, PERIOD_MS * 1000 } };
	long start = now_ns();
	pid_t child;

	EXPECT_OK(setitimer(ITIMER_REAL, &once, NULL));
	EXPECT_OK(getitimer(ITIMER_REAL, &left));
	EXPECT_EQ(left.it_value.tv_sec, 0L);
	EXPECT_LE(left.it_value.tv_usec, (long)PERIOD_MS * 1000);
	IN_CHILD(child) {
		EXPECT_OK(getitimer(ITIMER_REAL, &left));
		EXPECT_EQ(left.it_value.tv_usec, 0L);
	}
	wait_alarms(1);
	EXPECT_GE(alarm_at - start, (long)PERIOD_MS * MS);
	EXPECT_EQ(alarm_code, SI_KERNEL);
	EXPECT_CHILD_OK(child);
	EXPECT_OK(getitimer(ITIMER_REAL, &left));
	EXPECT_EQ(left.it_value.tv_usec, 0L);

	alarms = 0;
	start = now_ns();
	EXPECT_OK(setitimer(ITIMER_REAL, &again, NULL));
	wait_alarms(3);
	EXPECT_GE(alarm_at - start, 3L * PERIOD_MS * MS);
	EXPECT_OK(setitimer(ITIMER_REAL, &off, &left));
	EXPECT_EQ(left.it_interval.tv_usec, (long)PERIOD_MS * 1000);
	EXPECT_GT(left.it_value.tv_usec, 0L);

	EXPECT_EQ(alarm(100), 0u);
	EXPECT_GE(alarm(0), 99u);
	once.it_value.tv_usec = 1000000;
	EXPECT_ERRNO(setitimer(ITIMER_REAL, &once, NULL), EINVAL);
	EXPECT_ERRNO(setitimer(7, &off, NULL), EINVAL);
}

static void posix_timer(int clock, int flags)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec spec = { { 0, PERIOD_MS * MS }, { 0, PERIOD_MS * MS } }, left;
	long start = now_ns();
	timer_t timer;

	alarms = 0;
	event.sigev_value.sival_int = 4711;
	EXPECT_OK(timer_create(clock, &event, &timer));
	if (flags) {
		struct timespec now;

		EXPECT_OK(clock_gettime(clock, &now));
		now.tv_nsec += PERIOD_MS * MS;
		spec.it_value.tv_sec = now.tv_sec + now.tv_nsec / 1000000000;
		spec.it_value.tv_nsec = now.tv_nsec % 1000000000;
	}
	EXPECT_OK(timer_settime(timer, flags, &spec, NULL));
	wait_alarms(2);
	EXPECT_GE(alarm_at - start, 2L * PERIOD_MS * MS);
	EXPECT_EQ(alarm_code, SI_TIMER);
	EXPECT_EQ(alarm_value, 4711);
	EXPECT_OK(timer_gettime(timer, &left));
	EXPECT_EQ(left.it_interval.tv_nsec, (long)PERIOD_MS * MS);
	EXPECT_GT(left.it_value.tv_nsec, 0L);
	EXPECT_LE(left.it_value.tv_nsec, (long)PERIOD_MS * MS);
	EXPECT_OK(timer_delete(timer));
	EXPECT_ERRNO(syscall(SYS_timer_gettime, (long)timer, &left), EINVAL);
}

/* While the signal is blocked one is pending, and counts the others. */
static void posix_overrun(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec spec = { { 0, MS }, { 0, MS } }, off = { 0 };
	struct timespec sleep = { 0, 8 * MS };
	sigset_t set;
	timer_t timer;

	alarms = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	EXPECT_OK(sigprocmask(SIG_BLOCK, &set, NULL));
	EXPECT_OK(timer_create(CLOCK_MONOTONIC, &event, &timer));
	EXPECT_OK(timer_settime(timer, 0, &spec, NULL));
	EXPECT_OK(nanosleep(&sleep, NULL));
	EXPECT_OK(sigprocmask(SIG_UNBLOCK, &set, NULL));
	EXPECT_GE(alarms, 1);
	EXPECT_OK(timer_settime(timer, 0, &off, NULL));
	EXPECT_OK(timer_delete(timer));
}

void stage_sig_timers(void)
{
	struct sigaction sa = { .sa_sigaction = handler_alarm, .sa_flags = SA_SIGINFO };
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	struct itimerspec spec = { { 0, 0 }, { 1, 0 } }, left;
	timer_t timer;
	int id;

	EXPECT_OK(sigaction(SIGALRM, &sa, NULL));
	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	real_timer();
	posix_timer(CLOCK_MONOTONIC, 0);
	posix_timer(CLOCK_REALTIME, 0);
	posix_timer(CLOCK_MONOTONIC, TIMER_ABSTIME);
	posix_timer(CLOCK_REALTIME, TIMER_ABSTIME);
	posix_overrun();

	EXPECT_OK(timer_create(CLOCK_BOOTTIME, &none, &timer));
	EXPECT_OK(timer_settime(timer, 0, &spec, NULL));
	EXPECT_OK(timer_gettime(timer, &left));
	EXPECT_LE(left.it_value.tv_sec, 1L);
	EXPECT_OK(timer_delete(timer));
	EXPECT_ERRNO(syscall(SYS_timer_create, 99, NULL, &id), EINVAL);
	EXPECT_ERRNO(syscall(SYS_timer_delete, 1234), EINVAL);
	EXPECT_ERRNO(syscall(SYS_timer_settime, 1234, 0, &spec, NULL), EINVAL);
}
