/* Stage proc.wait: hearing how children ended, stopped and went on. */
#include "expect.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#ifndef __WCLONE
#define __WCLONE 0x80000000
#endif
#ifndef __WALL
#define __WALL 0x40000000
#endif

/* waitid(2) itself: libc's has no rusage. */
static long raw_waitid(int which, pid_t id, siginfo_t *info, int options, struct rusage *usage)
{
	return syscall(SYS_waitid, which, id, info, options, usage);
}

static pid_t child_exiting(int code)
{
	pid_t pid;

	IN_CHILD(pid)
		_exit(code);
	return pid;
}

/* A child that waits to be killed. */
static pid_t child_pausing(void)
{
	pid_t pid;

	IN_CHILD(pid) {
		for (;;)
			pause();
	}
	return pid;
}

static void wait_statuses(void)
{
	static const int codes[] = { 0, 1, 42, 255, 256 + 7 };
	int status;
	unsigned int i;
	pid_t pid;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		pid = child_exiting(codes[i]);
		status = -1;
		EXPECT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT(WIFEXITED(status));
		EXPECT_EQ(WEXITSTATUS(status), codes[i] & 0xff);
	}
	pid = child_pausing();
	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT(WIFSIGNALED(status));
	EXPECT_EQ(WTERMSIG(status), SIGKILL);
	pid = child_pausing();
	EXPECT_OK(kill(pid, SIGTERM));
	EXPECT_EQ(wait(&status), pid);
	EXPECT_EQ(status, SIGTERM);
	/* Without anywhere to put the status. */
	pid = child_exiting(3);
	EXPECT_EQ(wait4(pid, NULL, 0, NULL), pid);
}

static void wait_errors(void)
{
	siginfo_t info;
	int status = 77;
	pid_t pid;

	EXPECT_ERRNO(wait(&status), ECHILD);
	EXPECT_ERRNO(waitpid(getpid(), &status, 0), ECHILD);
	EXPECT_ERRNO(waitpid(1 << 22, &status, WNOHANG), ECHILD);
	EXPECT_ERRNO(waitpid(-1, &status, 0x1000), EINVAL);
	EXPECT_EQ(status, 77);
	EXPECT_ERRNO(raw_waitid(P_PID, getpid(), &info, 0, NULL), EINVAL);
	EXPECT_ERRNO(raw_waitid(9, 0, &info, WEXITED, NULL), EINVAL);
	EXPECT_ERRNO(raw_waitid(P_PID, 0, &info, WEXITED, NULL), EINVAL);

	/* A status that cannot be stored: the child has been waited for all the same. */
	pid = child_exiting(1);
	EXPECT_ERRNO(syscall(SYS_wait4, pid, (void *)8, 0, NULL), EFAULT);
	EXPECT_ERRNO(waitpid(pid, &status, 0), ECHILD);
}

static void wait_nohang(void)
{
	siginfo_t info;
	pid_t pid = child_pausing();
	int status = 77;

	EXPECT_EQ(waitpid(pid, &status, WNOHANG), 0);
	EXPECT_EQ(waitpid(-1, &status, WNOHANG), 0);
	EXPECT_EQ(status, 77);
	memset(&info, 0xff, sizeof(info));
	EXPECT_OK(raw_waitid(P_ALL, 0, &info, WEXITED | WNOHANG, NULL));
	EXPECT_EQ(info.si_pid, 0);
	EXPECT_EQ(info.si_signo, 0);
	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
}

static void wait_stops(void)
{
	pid_t pid = child_pausing();
	siginfo_t info;
	int status;

	EXPECT_OK(kill(pid, SIGSTOP));
	EXPECT_EQ(waitpid(pid, &status, WUNTRACED), pid);
	EXPECT(WIFSTOPPED(status));
	EXPECT_EQ(WSTOPSIG(status), SIGSTOP);
	/* Reported once. */
	EXPECT_EQ(waitpid(pid, &status, WUNTRACED | WNOHANG), 0);
	EXPECT_OK(kill(pid, SIGCONT));
	EXPECT_EQ(waitpid(pid, &status, WCONTINUED), pid);
	EXPECT(WIFCONTINUED(status));
	EXPECT_EQ(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);

	/* In a group of its own, which somebody can continue: that of this process is an orphaned one. */
	EXPECT_OK(setpgid(pid, pid));
	EXPECT_OK(kill(pid, SIGTSTP));
	EXPECT_OK(raw_waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT, NULL));
	EXPECT_EQ(info.si_code, CLD_STOPPED);
	EXPECT_EQ(info.si_status, SIGTSTP);
	EXPECT_OK(raw_waitid(P_PID, pid, &info, WSTOPPED, NULL));
	EXPECT_EQ(info.si_pid, pid);
	/* SIGKILL ends it although it is stopped. */
	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, SIGKILL);
}

static void wait_nowait(void)
{
	pid_t pid = child_exiting(9);
	siginfo_t info;
	int i, status;

	for (i = 0; i < 3; i++) {
		memset(&info, 0xff, sizeof(info));
		EXPECT_OK(raw_waitid(P_PID, pid, &info, WEXITED | WNOWAIT, NULL));
		EXPECT_EQ(info.si_signo, SIGCHLD);
		EXPECT_EQ(info.si_errno, 0);
		EXPECT_EQ(info.si_code, CLD_EXITED);
		EXPECT_EQ(info.si_status, 9);
		EXPECT_EQ(info.si_pid, pid);
		EXPECT_EQ(info.si_uid, getuid());
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(WEXITSTATUS(status), 9);
	EXPECT_ERRNO(raw_waitid(P_PID, pid, &info, WEXITED, NULL), ECHILD);
}

/* Only children that the call asks for: by group, by number, by how they were made. */
static void wait_selection(void)
{
	pid_t one = child_pausing(), two = child_exiting(2), got;
	int status;

	EXPECT_OK(setpgid(one, one));
	EXPECT_EQ(waitpid(-one, &status, WNOHANG), 0);
	EXPECT_ERRNO(waitpid(-two, &status, WNOHANG), ECHILD);
	EXPECT_EQ(waitpid(0, &status, 0), two);
	EXPECT_EQ(WEXITSTATUS(status), 2);
	EXPECT_ERRNO(waitpid(0, &status, 0), ECHILD);
	EXPECT_OK(kill(-one, SIGTERM));
	EXPECT_EQ(waitpid(-one, &status, 0), one);

	/* A child without an exit signal shows with __WALL or __WCLONE only. */
	got = (pid_t)syscall(SYS_clone, 0, NULL, NULL, 0, NULL);
	EXPECT_OK(got);
	if (!got)
		_exit(4);
	EXPECT_ERRNO(waitpid(got, &status, 0), ECHILD);
	EXPECT_EQ(waitpid(got, &status, __WCLONE), got);
	EXPECT_EQ(WEXITSTATUS(status), 4);
}

static void burn_cpu(long ms)
{
	struct timespec t;

	do
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < ms);
}

static long usage_us(const struct rusage *ru)
{
	return (ru->ru_utime.tv_sec + ru->ru_stime.tv_sec) * 1000000 + ru->ru_utime.tv_usec +
	       ru->ru_stime.tv_usec;
}

static void wait_usage(void)
{
	enum { BURN_MS = 5 };
	struct rusage child = { 0 }, before, after;
	pid_t pid;
	int status;

	EXPECT_OK(getrusage(RUSAGE_CHILDREN, &before));
	IN_CHILD(pid)
		burn_cpu(BURN_MS);
	EXPECT_EQ(wait4(pid, &status, 0, &child), pid);
	EXPECT_GE(usage_us(&child), BURN_MS * 1000L);
	EXPECT_GT(child.ru_minflt, 0);
	EXPECT_OK(getrusage(RUSAGE_CHILDREN, &after));
	EXPECT_GE(usage_us(&after) - usage_us(&before), BURN_MS * 1000L);

	pid = child_exiting(0);
	memset(&child, 0xff, sizeof(child));
	EXPECT_OK(raw_waitid(P_PID, pid, NULL, WEXITED, &child));
	EXPECT_LT(usage_us(&child), 1000000L);
}

static volatile sig_atomic_t wait_alarms;
static pid_t wait_victim;

/* The third time it ends the child that the parent waits for. */
static void wait_on_signal(int sig)
{
	if (++wait_alarms == 3 && wait_victim)
		kill(wait_victim, SIGKILL);
}

/* Signals the parent every millisecond until it is killed: some find it asleep. */
static pid_t child_signalling(pid_t parent, int sig)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	pid_t pid;

	IN_CHILD(pid) {
		for (;;) {
			kill(parent, sig);
			nanosleep(&ms, NULL);
		}
	}
	return pid;
}

/* A blocked wait ends with EINTR for a handler without SA_RESTART, and goes on with it. */
static void wait_interrupted(void)
{
	struct sigaction sa = { .sa_handler = wait_on_signal };
	pid_t pid = child_pausing(), parent = getpid(), helper;
	int status;

	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	helper = child_signalling(parent, SIGUSR1);
	EXPECT_ERRNO(waitpid(pid, &status, 0), EINTR);
	EXPECT_GE(wait_alarms, 1);

	sa.sa_flags = SA_RESTART;
	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	wait_victim = pid;
	wait_alarms = 0;
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, SIGKILL);
	kill(helper, SIGKILL);
	EXPECT_EQ(waitpid(helper, &status, 0), helper);
	signal(SIGUSR1, SIG_DFL);
}

void stage_proc_wait(void)
{
	wait_errors();
	wait_statuses();
	wait_nohang();
	wait_stops();
	wait_nowait();
	wait_selection();
	wait_usage();
	wait_interrupted();
	EXPECT_ERRNO(wait(NULL), ECHILD);
}
