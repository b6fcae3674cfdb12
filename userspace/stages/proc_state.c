/* Stages of what a new process starts with, and of how it may start: fork, vfork, scripts, orphans. */
#include "expect.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

enum { OUTPUT_MAX = 1024, MS = 1000000 };

/* ---- proc.fork_state ------------------------------------------------------------------------- */

/* What the child finds is the parent's; what it changes stays its own. */
static void fork_state_child(int fd, int cloexec, pid_t parent)
{
	struct rlimit limit;
	struct tms tms;
	char cwd[64];

	EXPECT_EQ(getppid(), parent);
	EXPECT_EQ(getpgid(0), getpgid(parent));
	EXPECT_EQ(getsid(0), getsid(parent));
	EXPECT_STR(getcwd(cwd, sizeof(cwd)), "/tmp");
	EXPECT_EQ(umask(0), 027u);
	EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(limit.rlim_cur, 100u);
	EXPECT_EQ(getpriority(PRIO_PROCESS, 0), 5);
	EXPECT_EQ(fcntl(cloexec, F_GETFD), FD_CLOEXEC);
	EXPECT_EQ(getgid(), 7u);
	EXPECT_NE(times(&tms), -1);
	EXPECT_EQ(tms.tms_cutime + tms.tms_cstime, 0);

	/* One open file, one offset. */
	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 3);
	EXPECT_EQ(lseek(fd, 5, SEEK_SET), 5);
	EXPECT_OK(close(cloexec));
	EXPECT_OK(chdir("/"));
	EXPECT_OK(setresgid(8, 8, 8));
	limit.rlim_cur = 50;
	EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
}

static void fork_state_parent(void)
{
	int fd = open("/etc/passwd", O_RDONLY), cloexec = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct rlimit limit = { 100, 4096 };
	pid_t pid, self = getpid();
	char cwd[64];

	EXPECT_OK(fd);
	EXPECT_OK(cloexec);
	EXPECT_EQ(lseek(fd, 3, SEEK_SET), 3);
	umask(027);
	EXPECT_OK(chdir("/tmp"));
	EXPECT_OK(setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_OK(setpriority(PRIO_PROCESS, 0, 5));
	EXPECT_OK(setresgid(7, 7, 7));
	IN_CHILD(pid)
		fork_state_child(fd, cloexec, self);
	EXPECT_CHILD_OK(pid);

	EXPECT_EQ(lseek(fd, 0, SEEK_CUR), 5);
	EXPECT_EQ(fcntl(cloexec, F_GETFD), FD_CLOEXEC);
	EXPECT_STR(getcwd(cwd, sizeof(cwd)), "/tmp");
	EXPECT_EQ(umask(022), 027u);
	EXPECT_EQ(getgid(), 7u);
	EXPECT_OK(getrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_EQ(limit.rlim_cur, 100u);
}

void stage_proc_fork_state(void)
{
	fork_state_parent();
}

/* ---- proc.orphan ----------------------------------------------------------------------------- */

static void wait_until_gone(pid_t pid)
{
	struct timespec ms = { .tv_nsec = MS };
	int i;

	for (i = 0; i < 2000 && kill(pid, 0) == 0; i++)
		nanosleep(&ms, NULL);
	EXPECT_ERRNO(kill(pid, 0), ESRCH);
}

/*
 * A child that leaves a grandchild behind.  The grandchild waits until its parent is another one, tells
 * which, and exits with 5; its pid is returned.
 */
static pid_t leave_orphan(int *told_parent)
{
	struct { pid_t pid, parent; } told = { 0, 0 };
	int fds[2];
	pid_t pid;

	EXPECT_OK(pipe(fds));
	IN_CHILD(pid) {
		pid_t child = getpid();

		if (fork() == 0) {
			while (getppid() == child)
				sched_yield();
			told.pid = getpid();
			told.parent = getppid();
			EXPECT_EQ(write(fds[1], &told, sizeof(told)), (ssize_t)sizeof(told));
			_exit(5);
		}
	}
	EXPECT_CHILD_OK(pid);
	close(fds[1]);
	EXPECT_EQ(read(fds[0], &told, sizeof(told)), (ssize_t)sizeof(told));
	close(fds[0]);
	*told_parent = told.parent;
	return told.pid;
}

void stage_proc_orphan(void)
{
	pid_t orphan;
	int parent, status;

	/* To init; where there is none the kernel takes it. */
	orphan = leave_orphan(&parent);
	EXPECT_LE(parent, 1);
	wait_until_gone(orphan);
	EXPECT_ERRNO(waitpid(orphan, &status, 0), ECHILD);

	EXPECT_OK(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
	orphan = leave_orphan(&parent);
	EXPECT_EQ(parent, getpid());
	EXPECT_EQ(waitpid(orphan, &status, 0), orphan);
	EXPECT_EQ(WEXITSTATUS(status), 5);
	wait_until_gone(orphan);
	EXPECT_OK(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0));
	orphan = leave_orphan(&parent);
	EXPECT_LE(parent, 1);
	wait_until_gone(orphan);
}

/* ---- proc.shebang ---------------------------------------------------------------------------- */

static char output[OUTPUT_MAX];

/* Runs a program with these arguments and keeps what it writes in `output`.  Its wait status. */
static int run_for_output(const char *path, char *const *argv)
{
	size_t have = 0;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	EXPECT_OK(pipe(fds));
	IN_CHILD(pid) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv(path, argv);
		EXPECT_EQ(errno, 0);
	}
	close(fds[1]);
	while ((n = read(fds[0], output + have, sizeof(output) - 1 - have)) > 0)
		have += n;
	output[have] = 0;
	close(fds[0]);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

static void write_script(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	EXPECT_OK(fd);
	EXPECT_EQ(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	EXPECT_OK(chmod(name, 0755));
}

void stage_proc_shebang(void)
{
	char *argv[] = { "name that is lost", "a", "b c", NULL };

	EXPECT_OK(chdir("/tmp"));
	/* The interpreter's argument is one, blanks and all; the script's name follows. */
	write_script("script", "#! /bin/printf \t <%s> ,  \nignored\n");
	EXPECT_EQ(run_for_output("./script", argv), 0);
	EXPECT_STR(output, "<./script> ,<a> ,<b c> ,");
	EXPECT_EQ(run_for_output("/tmp/script", argv), 0);
	EXPECT_STR(output, "</tmp/script> ,<a> ,<b c> ,");
	/* No argument, and no newline at the end. */
	write_script("bare", "#!/bin/echo");
	EXPECT_EQ(run_for_output("bare", argv), 0);
	EXPECT_STR(output, "bare a b c\n");
	/* An interpreter that is a script itself. */
	write_script("outer", "#!/tmp/script x\n");
	EXPECT_EQ(run_for_output("./outer", argv), 0);
	EXPECT_STR(output, "</tmp/script> ,<x> ,<./outer> ,<a> ,<b c> ,");
	write_script("shell", "#!/bin/sh\necho $# \"$0\" \"$2\"\nexit 6\n");
	EXPECT_EQ(run_for_output("./shell", argv), 6 << 8);
	EXPECT_STR(output, "2 ./shell b c\n");
	EXPECT_OK(unlink("script"));
	EXPECT_OK(unlink("bare"));
	EXPECT_OK(unlink("outer"));
	EXPECT_OK(unlink("shell"));
	EXPECT_OK(chdir("/"));
}

/* ---- proc.exec_threads ----------------------------------------------------------------------- */

static void *thread_pausing(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static void *thread_exec(void *arg)
{
	execl("/bin/sh", "sh", "-c", "echo $$; ls /proc/$$/task", (char *)NULL);
	EXPECT_EQ(errno, 0);
	return NULL;
}

/* In a process with five threads one of them, by number, executes a shell. */
static void exec_among_threads(int fd, int by)
{
	pthread_t t;
	int i;

	dup2(fd, STDOUT_FILENO);
	close(fd);
	for (i = 1; i < 5; i++) {
		if (i != by)
			EXPECT_EQ(pthread_create(&t, NULL, thread_pausing, NULL), 0);
	}
	if (!by)
		thread_exec(NULL);
	EXPECT_EQ(pthread_create(&t, NULL, thread_exec, NULL), 0);
	thread_pausing(NULL);
}

void stage_proc_exec_threads(void)
{
	char want[64];
	int by, fds[2], status;
	ssize_t n, have;
	pid_t pid;

	for (by = 0; by < 3; by++) {
		EXPECT_OK(pipe(fds));
		IN_CHILD(pid) {
			close(fds[0]);
			exec_among_threads(fds[1], by);
		}
		close(fds[1]);
		for (have = 0; (n = read(fds[0], output + have, sizeof(output) - 1 - have)) > 0;)
			have += n;
		output[have] = 0;
		close(fds[0]);
		EXPECT_EQ(waitpid(pid, &status, 0), pid);
		EXPECT_EQ(status, 0);
		/* The number of the process, and one thread that bears it. */
		snprintf(want, sizeof(want), "%d\n%d\n", pid, pid);
		EXPECT_STR(output, want);
	}
}

/* ---- proc.vfork ------------------------------------------------------------------------------ */

static volatile int vfork_value;

/*
 * The call itself, inlined: the child runs in this very frame, and what it leaves below is of no use to the
 * parent.  Some libcs make vfork() a fork().
 */
static inline __attribute__((always_inline)) long raw_vfork(void)
{
	register long x0 __asm__("x0") = CLONE_VM | CLONE_VFORK | SIGCHLD;
	register long x1 __asm__("x1") = 0;
	register long x8 __asm__("x8") = SYS_clone;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory", "cc");
	return x0;
}

static void vfork_shares(void)
{
	struct timespec wait = { .tv_nsec = 3 * MS };
	int status;
	pid_t pid;

	vfork_value = 1;
	pid = (pid_t)raw_vfork();
	if (pid == 0) {
		nanosleep(&wait, NULL);
		vfork_value = 2;
		_exit(vfork_value == 2 ? 9 : 0);
	}
	/* The parent goes on only now, in the memory that the child wrote. */
	EXPECT_GT(pid, 0);
	EXPECT_EQ(vfork_value, 2);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(WEXITSTATUS(status), 9);

	pid = (pid_t)raw_vfork();
	if (pid == 0) {
		vfork_value = 3;
		execl("/bin/sh", "sh", "-c", "sleep 1000", (char *)NULL);
		_exit(127);
	}
	/* Until exec, not until the end. */
	EXPECT_EQ(vfork_value, 3);
	EXPECT_EQ(waitpid(pid, &status, WNOHANG), 0);
	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, SIGKILL);
}

static void vfork_spawns(void)
{
	char *argv[] = { "sh", "-c", "read x; echo got $x; exit 4", NULL };
	posix_spawn_file_actions_t fa;
	int fds[2], status;
	pid_t pid;

	EXPECT_OK(pipe(fds));
	EXPECT_EQ(write(fds[1], "line\n", 5), 5);
	close(fds[1]);
	EXPECT_EQ(posix_spawn_file_actions_init(&fa), 0);
	EXPECT_EQ(posix_spawn_file_actions_adddup2(&fa, fds[0], STDIN_FILENO), 0);
	EXPECT_EQ(posix_spawn_file_actions_addopen(&fa, STDOUT_FILENO, "/tmp/spawned",
						   O_WRONLY | O_CREAT | O_TRUNC, 0600), 0);
	EXPECT_EQ(posix_spawn(&pid, "/bin/sh", &fa, NULL, argv, environ), 0);
	close(fds[0]);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(WEXITSTATUS(status), 4);
	EXPECT_EQ(posix_spawn(&pid, "/no/such/program", &fa, NULL, argv, environ), EBADF);
	EXPECT_EQ(posix_spawn(&pid, "/no/such/program", NULL, NULL, argv, environ), ENOENT);
	posix_spawn_file_actions_destroy(&fa);
	EXPECT_ERRNO(wait(&status), ECHILD);

	fds[0] = open("/tmp/spawned", O_RDONLY);
	EXPECT_EQ(read(fds[0], output, sizeof(output)), 9);
	EXPECT_MEM(output, "got line\n", 9);
	close(fds[0]);
	EXPECT_OK(unlink("/tmp/spawned"));
}

void stage_proc_vfork(void)
{
	vfork_shares();
	vfork_spawns();
}
