/* Stages of what a process is and may: ids, groups and sessions, limits, prctl, times. */
#include "expect.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>

enum { USER = 1000, OTHER = 1001, MS = 1000000, SECOND = 1000000000 };

static pid_t child_pausing_as(uid_t uid)
{
	int fds[2];
	pid_t pid;
	char c;

	EXPECT_OK(pipe(fds));
	IN_CHILD(pid) {
		EXPECT_OK(setuid(uid));
		close(fds[0]);
		close(fds[1]);
		for (;;)
			pause();
	}
	/* Until it is who it shall be. */
	close(fds[1]);
	EXPECT_EQ(read(fds[0], &c, 1), 0);
	close(fds[0]);
	return pid;
}

static void child_end(pid_t pid)
{
	int status;

	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
}

/* ---- proc.ids -------------------------------------------------------------------------------- */

static void expect_uids(uid_t ruid, uid_t euid, uid_t suid)
{
	uid_t r, e, s;

	EXPECT_OK(getresuid(&r, &e, &s));
	EXPECT_EQ(r, ruid);
	EXPECT_EQ(e, euid);
	EXPECT_EQ(s, suid);
	EXPECT_EQ(getuid(), ruid);
	EXPECT_EQ(geteuid(), euid);
}

/* setuid, setreuid and setresuid as credentials(7) has them; raw calls, since libc's reach all threads. */
static void ids_of_user(void)
{
	EXPECT_OK(syscall(SYS_setresuid, 1, 2, 3));
	expect_uids(1, 2, 3);
	EXPECT_ERRNO(syscall(SYS_setresuid, 4, -1, -1), EPERM);
	EXPECT_OK(syscall(SYS_setresuid, -1, 3, 2));
	expect_uids(1, 3, 2);
	EXPECT_ERRNO(syscall(SYS_setuid, 3), EPERM);
	EXPECT_OK(syscall(SYS_setuid, 2));
	expect_uids(1, 2, 2);
	EXPECT_OK(syscall(SYS_setreuid, 2, 1));
	expect_uids(2, 1, 1);
	EXPECT_ERRNO(syscall(SYS_setreuid, 3, -1), EPERM);
	EXPECT_ERRNO(syscall(SYS_setuid, -1), EINVAL);
	EXPECT_ERRNO(syscall(SYS_setgid, 5), EPERM);
	EXPECT_ERRNO(syscall(SYS_setgroups, 0, NULL), EPERM);
}

static void ids_dropped_for_good(void)
{
	EXPECT_OK(syscall(SYS_setuid, USER));
	expect_uids(USER, USER, USER);
	EXPECT_ERRNO(syscall(SYS_setuid, 0), EPERM);
	EXPECT_ERRNO(syscall(SYS_setresuid, 0, 0, 0), EPERM);
	EXPECT_ERRNO(open("/etc/shadow-of-root", O_WRONLY | O_CREAT, 0600), EACCES);
}

static void ids_of_groups(void)
{
	gid_t list[3] = { 10, 20, 30 }, got[8] = { 0 }, r, e, s;

	EXPECT_OK(syscall(SYS_setgroups, 3, list));
	EXPECT_EQ(getgroups(0, NULL), 3);
	EXPECT_ERRNO(getgroups(2, got), EINVAL);
	EXPECT_EQ(getgroups(8, got), 3);
	EXPECT_MEM(got, list, sizeof(list));
	EXPECT_OK(syscall(SYS_setresgid, 1, 2, 3));
	EXPECT_OK(getresgid(&r, &e, &s));
	EXPECT_EQ(r * 100 + e * 10 + s, 123u);
	EXPECT_EQ(getgid(), 1u);
	EXPECT_EQ(getegid(), 2u);
	EXPECT_EQ(setfsgid(9), 2);
	EXPECT_EQ(setfsgid(-1), 9);
	EXPECT_ERRNO(syscall(SYS_setgroups, 70000, list), EINVAL);
}

int stage_tell_euid(void)
{
	bool other = getuid() != geteuid() || getgid() != getegid();

	return getauxval(AT_SECURE) == other && getauxval(AT_EUID) == geteuid() ? geteuid() & 0xff : 1;
}

/* As USER, runs this program, which belongs to OTHER and is set-user-id: whom it runs as. */
static void ids_run_setuid(bool no_new_privs, uid_t want)
{
	struct stat st;
	int status;
	pid_t pid;

	EXPECT_EQ(system("cp /stages/run /tmp/id"), 0);
	EXPECT_OK(chown("/tmp/id", OTHER, 0));
	EXPECT_OK(chmod("/tmp/id", 04755));
	EXPECT_OK(stat("/tmp/id", &st));
	EXPECT_EQ(st.st_mode & 07777, 04755u);
	IN_CHILD(pid) {
		EXPECT_OK(setuid(USER));
		if (no_new_privs)
			EXPECT_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		execl("/tmp/id", "id", "@euid", (char *)NULL);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, (int)(want & 0xff) << 8);
	EXPECT_OK(unlink("/tmp/id"));
}

static void ids_of_signals(void)
{
	pid_t mine = child_pausing_as(USER), theirs = child_pausing_as(OTHER), pid;
	int status;

	IN_CHILD(pid) {
		EXPECT_OK(setuid(USER));
		EXPECT_OK(kill(mine, 0));
		EXPECT_ERRNO(kill(theirs, 0), EPERM);
		EXPECT_ERRNO(kill(theirs, SIGTERM), EPERM);
		EXPECT_ERRNO(kill(getppid(), SIGKILL), EPERM);
		EXPECT_ERRNO(kill(1 << 22, SIGTERM), ESRCH);
		EXPECT_OK(kill(mine, SIGTERM));
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_EQ(waitpid(mine, &status, 0), mine);
	EXPECT_EQ(status, SIGTERM);
	child_end(theirs);
}

void stage_proc_ids(void)
{
	static void (*const parts[])(void) = { ids_of_user, ids_dropped_for_good, ids_of_groups };
	unsigned int i;
	pid_t pid;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		IN_CHILD(pid)
			parts[i]();
		EXPECT_CHILD_OK(pid);
	}
	expect_uids(0, 0, 0);
	ids_run_setuid(false, OTHER);
	ids_of_signals();
}

/* ---- proc.groups ----------------------------------------------------------------------------- */

static void groups_move(void)
{
	pid_t one = child_pausing_as(0), two = child_pausing_as(0), self = getpid();
	int status;

	EXPECT_EQ(getpgid(one), getpgrp());
	EXPECT_OK(setpgid(one, 0));
	EXPECT_EQ(getpgid(one), one);
	EXPECT_OK(setpgid(two, one));
	EXPECT_EQ(getpgid(two), one);
	EXPECT_EQ(getsid(two), getsid(0));
	EXPECT_ERRNO(setpgid(two, 1 << 20), EPERM);
	EXPECT_ERRNO(setpgid(1 << 20, 0), ESRCH);
	EXPECT_ERRNO(setpgid(one, -1), EINVAL);
	/* This process leads a session. */
	EXPECT_EQ(getsid(0), self);
	EXPECT_ERRNO(setpgid(0, one), EPERM);
	EXPECT_ERRNO(setsid(), EPERM);
	EXPECT_ERRNO(getpgid(1 << 20), ESRCH);
	/* A signal to the group reaches both. */
	EXPECT_OK(kill(-one, SIGTERM));
	EXPECT_EQ(waitpid(one, &status, 0), one);
	EXPECT_EQ(status, SIGTERM);
	/* The group lives on without its founder, until its last member was waited for. */
	EXPECT_EQ(waitpid(-one, &status, 0), two);
	EXPECT_EQ(status, SIGTERM);
	EXPECT_ERRNO(kill(-one, SIGTERM), ESRCH);
}

static void groups_after_exec(void)
{
	int fds[2], status;
	pid_t pid;
	char c;

	EXPECT_OK(pipe(fds));
	IN_CHILD(pid) {
		dup2(fds[1], STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", "echo; sleep 1000", (char *)NULL);
	}
	EXPECT_EQ(read(fds[0], &c, 1), 1);
	EXPECT_ERRNO(setpgid(pid, pid), EACCES);
	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	close(fds[1]);
}

static void groups_new_session(void)
{
	pid_t pid, self = getpid();

	IN_CHILD(pid) {
		EXPECT_EQ(setsid(), getpid());
		EXPECT_EQ(getsid(0), getpid());
		EXPECT_EQ(getpgrp(), getpid());
		EXPECT_EQ(getsid(self), self);
		EXPECT_ERRNO(setpgid(0, self), EPERM);
		EXPECT_ERRNO(setsid(), EPERM);
		EXPECT_ERRNO(open("/dev/tty", O_RDWR), ENXIO);
	}
	EXPECT_CHILD_OK(pid);
}

void stage_proc_groups(void)
{
	groups_move();
	groups_after_exec();
	groups_new_session();
}

/* ---- proc.limits ----------------------------------------------------------------------------- */

static void limit_set(int resource, rlim_t soft)
{
	struct rlimit limit;

	EXPECT_OK(getrlimit(resource, &limit));
	limit.rlim_cur = soft;
	EXPECT_OK(setrlimit(resource, &limit));
}

static void limit_files(void)
{
	int fd;

	limit_set(RLIMIT_NOFILE, 10);
	while ((fd = open("/dev/null", O_RDONLY)) >= 0)
		EXPECT_LT(fd, 10);
	EXPECT_EQ(errno, EMFILE);
	EXPECT_ERRNO(dup(0), EMFILE);
	EXPECT_ERRNO(dup2(0, 10), EBADF);
}

static void limit_memory(void)
{
	void *p;

	limit_set(RLIMIT_AS, 32 << 20);
	p = mmap(NULL, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(p == MAP_FAILED);
	EXPECT_EQ(errno, ENOMEM);
	p = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(p != MAP_FAILED);
}

static void limit_processes(void)
{
	struct rlimit limit = { 2, 2 };
	pid_t pid;

	EXPECT_OK(setrlimit(RLIMIT_NPROC, &limit));
	EXPECT_OK(setuid(OTHER + 1));
	pid = fork();
	EXPECT_OK(pid);
	if (!pid) {
		EXPECT_ERRNO(fork(), EAGAIN);
		_exit(0);
	}
	EXPECT_CHILD_OK(pid);
	/* It counts those that are there, not those that were. */
	IN_CHILD(pid)
		_exit(0);
	EXPECT_CHILD_OK(pid);
}

static void limit_file_size(void)
{
	char bytes[100] = { 0 };
	int fd = open("/tmp/limited", O_RDWR | O_CREAT | O_TRUNC, 0600);

	EXPECT_OK(fd);
	signal(SIGXFSZ, SIG_IGN);
	limit_set(RLIMIT_FSIZE, 150);
	EXPECT_EQ(write(fd, bytes, 100), 100);
	EXPECT_EQ(write(fd, bytes, 100), 50);
	EXPECT_ERRNO(write(fd, bytes, 100), EFBIG);
	signal(SIGXFSZ, SIG_DFL);
	(void)!write(fd, bytes, 100);
	expect_fail(__FILE__, __LINE__, "expected SIGXFSZ");
}

static void limit_no_core(void)
{
	limit_set(RLIMIT_CORE, 0);
	abort();
}

static void limit_core(void)
{
	limit_set(RLIMIT_CORE, 1 << 20);
	abort();
}

static void limit_cpu(void)
{
	limit_set(RLIMIT_CPU, 0);
	for (;;)
		;
}

/* Runs a part as its own process, which must end with this status. */
static void limit_part(void (*part)(void), int want)
{
	int status;
	pid_t pid;

	IN_CHILD(pid)
		part();
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, want);
}

void stage_proc_limits(void)
{
	struct rlimit limit, old;
	pid_t pid;

	limit_part(limit_files, 0);
	limit_part(limit_memory, 0);
	limit_part(limit_processes, 0);
	limit_part(limit_file_size, SIGXFSZ);
	limit_part(limit_no_core, SIGABRT);
	EXPECT_ERRNO(access("core", F_OK), ENOENT);
	limit_part(limit_core, SIGABRT | 0x80);
	EXPECT_OK(unlink("core"));
	limit_part(limit_cpu, SIGXCPU);
	EXPECT_OK(unlink("/tmp/limited"));

	/* The hard limit goes down for anybody, up for root alone. */
	limit = (struct rlimit){ 20, 10 };
	EXPECT_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EINVAL);
	EXPECT_ERRNO(prlimit(0, 99, NULL, &limit), EINVAL);
	EXPECT_ERRNO(prlimit(1 << 22, RLIMIT_NOFILE, NULL, &limit), ESRCH);
	pid = child_pausing_as(USER);
	limit = (struct rlimit){ 30, 40 };
	EXPECT_OK(prlimit(pid, RLIMIT_NOFILE, &limit, &old));
	EXPECT_OK(prlimit(pid, RLIMIT_NOFILE, NULL, &old));
	EXPECT_EQ(old.rlim_cur * 100 + old.rlim_max, 3040u);
	child_end(pid);
	IN_CHILD(pid) {
		limit = (struct rlimit){ 30, 40 };
		EXPECT_OK(setuid(USER));
		EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
		limit.rlim_max = 41;
		EXPECT_ERRNO(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
		EXPECT_ERRNO(prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit), EPERM);
	}
	EXPECT_CHILD_OK(pid);
}

/* ---- proc.prctl ------------------------------------------------------------------------------ */

static void prctl_names(void)
{
	char name[17] = "";

	EXPECT_OK(prctl(PR_GET_NAME, name));
	EXPECT_STR(name, "run");
	EXPECT_OK(prctl(PR_SET_NAME, "a name of more than fifteen"));
	EXPECT_OK(prctl(PR_GET_NAME, name));
	EXPECT_STR(name, "a name of more ");
	EXPECT_ERRNO(prctl(PR_SET_NAME, 8), EFAULT);
	EXPECT_OK(prctl(PR_SET_NAME, "run"));
}

/* The death of its parent reaches a process that asked for it. */
static void prctl_death_signal(void)
{
	int fds[2];
	pid_t pid;
	char c = 0;

	EXPECT_OK(pipe(fds));
	IN_CHILD(pid) {
		int ready[2];

		EXPECT_OK(pipe(ready));
		if (fork() == 0) {
			sigset_t usr1;
			int sig;

			sigemptyset(&usr1);
			sigaddset(&usr1, SIGUSR1);
			sigprocmask(SIG_BLOCK, &usr1, NULL);
			EXPECT_OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
			close(ready[1]);
			EXPECT_EQ(sigwait(&usr1, &sig), 0);
			EXPECT_EQ(write(fds[1], "d", 1), 1);
			_exit(0);
		}
		close(ready[1]);
		EXPECT_EQ(read(ready[0], &c, 1), 0);
	}
	EXPECT_CHILD_OK(pid);
	close(fds[1]);
	EXPECT_EQ(read(fds[0], &c, 1), 1);
	EXPECT_EQ(c, 'd');
	close(fds[0]);
}

/* For good, and a set-user-id program gains nothing. */
static void prctl_no_new_privs(void)
{
	pid_t pid;

	EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	EXPECT_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	IN_CHILD(pid) {
		EXPECT_OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
		EXPECT_ERRNO(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	}
	EXPECT_CHILD_OK(pid);
	ids_run_setuid(true, USER);
}

void stage_proc_prctl(void)
{
	int value = -1;

	prctl_names();
	prctl_death_signal();
	prctl_no_new_privs();
	EXPECT_EQ(prctl(PR_GET_DUMPABLE), 1);
	EXPECT_OK(prctl(PR_SET_DUMPABLE, 0));
	EXPECT_EQ(prctl(PR_GET_DUMPABLE), 0);
	EXPECT_ERRNO(prctl(PR_SET_DUMPABLE, 2), EINVAL);
	EXPECT_OK(prctl(PR_SET_DUMPABLE, 1));
	EXPECT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	EXPECT_OK(prctl(PR_GET_CHILD_SUBREAPER, &value));
	EXPECT_EQ(value, 1);
	EXPECT_OK(prctl(PR_SET_CHILD_SUBREAPER, 0));
	EXPECT_OK(prctl(PR_GET_PDEATHSIG, &value));
	EXPECT_EQ(value, 0);
	EXPECT_ERRNO(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	EXPECT_ERRNO(prctl(12345), EINVAL);
}

/* ---- proc.times ------------------------------------------------------------------------------ */

static long times_clock(clockid_t clock)
{
	struct timespec ts;

	EXPECT_OK(clock_gettime(clock, &ts));
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static long times_usage(int who)
{
	struct rusage ru;

	EXPECT_OK(getrusage(who, &ru));
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * SECOND +
	       (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000;
}

static void times_burn(long ns)
{
	long end = times_clock(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (times_clock(CLOCK_THREAD_CPUTIME_ID) < end)
		;
}

void stage_proc_times(void)
{
	enum { BURN = 30 * MS, TICK = 10 * MS, SLACK = MS, ROUNDING = 2000 };
	struct timespec rest = { .tv_nsec = 20 * MS };
	long before, cpu, usage, ticks, own;
	struct tms tms;
	struct rusage ru;
	clockid_t clock;
	pid_t pid;

	before = times_clock(CLOCK_PROCESS_CPUTIME_ID);
	times_burn(BURN);
	cpu = times_clock(CLOCK_PROCESS_CPUTIME_ID);
	usage = times_usage(RUSAGE_SELF);
	own = times_clock(CLOCK_THREAD_CPUTIME_ID);
	EXPECT_NE(times(&tms), -1);
	ticks = (tms.tms_utime + tms.tms_stime) * TICK;
	EXPECT_GE(cpu - before, (long)BURN);
	/* Read one after the other: each at least the one before, and all within a tick or two. */
	EXPECT_GE(usage + ROUNDING, cpu);
	EXPECT_GE(own + SLACK, usage);
	EXPECT_GE(times_usage(RUSAGE_THREAD) + ROUNDING, own);
	EXPECT_GE(ticks + TICK * 2, cpu);
	EXPECT_LE(ticks, times_clock(CLOCK_PROCESS_CPUTIME_ID));

	/* Sleep costs nothing: all but that may be CPU time. */
	before = times_clock(CLOCK_MONOTONIC);
	cpu = times_clock(CLOCK_PROCESS_CPUTIME_ID);
	EXPECT_OK(nanosleep(&rest, NULL));
	cpu = times_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	EXPECT_LE(cpu, times_clock(CLOCK_MONOTONIC) - before - rest.tv_nsec);
	/* A child's time counts when it was waited for. */
	EXPECT_EQ(times_usage(RUSAGE_CHILDREN), 0);
	IN_CHILD(pid)
		times_burn(BURN);
	EXPECT_OK(clock_getcpuclockid(pid, &clock));
	EXPECT_CHILD_OK(pid);
	EXPECT_GE(times_usage(RUSAGE_CHILDREN), (long)BURN);
	EXPECT_NE(times(&tms), -1);
	EXPECT_GE((tms.tms_cutime + tms.tms_cstime) * TICK + 2 * TICK, (long)BURN);
	EXPECT_OK(getrusage(RUSAGE_SELF, &ru));
	EXPECT_GT(ru.ru_minflt, 0);
	EXPECT_GT(ru.ru_maxrss, 0);
	EXPECT_GT(ru.ru_nvcsw, 0);
	EXPECT_ERRNO(getrusage(7, &ru), EINVAL);
}
