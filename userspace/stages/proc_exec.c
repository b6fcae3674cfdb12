/*
 * Stages proc.exec and proc.exec_errors.  The program that is executed is /stages/run itself: with "@args"
 * as its first argument it writes back what it was given.
 */
#include "expect.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PROGRAM "/stages/run"

enum { ARG_LONG = 100000, ARG_COUNT_MANY = 2000, ARG_TOO_LONG = 128 << 10, REPORT_SIZE = 256 << 10 };

extern char **environ;

/* ---- the other side -------------------------------------------------------------------------- */

static void write_all(int fd, const void *buf, size_t n)
{
	const char *p = buf;
	ssize_t done;

	while (n && (done = write(fd, p, n)) > 0) {
		p += done;
		n -= done;
	}
}

/* Every string with its NUL, arguments and environment divided by a newline. */
int stage_echo_args(int argc, char **argv)
{
	char **p;

	for (p = argv; *p; p++)
		write_all(STDOUT_FILENO, *p, strlen(*p) + 1);
	write_all(STDOUT_FILENO, "\n", 1);
	for (p = environ; *p; p++)
		write_all(STDOUT_FILENO, *p, strlen(*p) + 1);
	return argc & 0x7f;
}

/* ---- proc.exec ------------------------------------------------------------------------------- */

static char report[REPORT_SIZE];

/* What a program is given: executed in a child whose output comes back. */
struct exec_case {
	int dirfd;
	const char *path;
	char *const *argv, *const *envp;
	int flags;
};

/* Runs it; the length of what it wrote to `report`, its exit status in *status. */
static size_t exec_and_read(const struct exec_case *c, int *status)
{
	size_t have = 0;
	int fds[2];
	ssize_t n;
	pid_t pid;

	EXPECT_OK(pipe(fds));
	IN_CHILD(pid) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		syscall(SYS_execveat, c->dirfd, c->path, c->argv, c->envp, c->flags);
		EXPECT_EQ(errno, 0);
	}
	close(fds[1]);
	while ((n = read(fds[0], report + have, sizeof(report) - have)) > 0)
		have += n;
	close(fds[0]);
	EXPECT_EQ(waitpid(pid, status, 0), pid);
	return have;
}

static size_t append_strings(char *to, char *const *list)
{
	char *start = to;

	for (; *list; list++) {
		strcpy(to, *list);
		to += strlen(*list) + 1;
	}
	return to - start;
}

static void exec_check(const struct exec_case *c)
{
	char *want = malloc(REPORT_SIZE);
	size_t n, have;
	int argc = 0, status;

	EXPECT(want != NULL);
	n = append_strings(want, c->argv);
	want[n++] = '\n';
	n += append_strings(want + n, c->envp);
	while (c->argv[argc])
		argc++;
	have = exec_and_read(c, &status);
	EXPECT_EQ(have, n);
	EXPECT_MEM(report, want, n);
	EXPECT(WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), argc & 0x7f);
	free(want);
}

static void exec_arguments(void)
{
	static char long_arg[ARG_LONG + 1];
	char *argv[] = { "any name", "@args", "", "two words", long_arg, "last", NULL };
	char *envp[] = { "EMPTY=", "NO EQUALS SIGN", "X=\xff\x01", NULL };
	char *none[] = { NULL };
	struct exec_case c = { AT_FDCWD, PROGRAM, argv, envp, 0 };

	memset(long_arg, 'a', ARG_LONG);
	exec_check(&c);
	c.envp = none;
	exec_check(&c);
}

static void exec_many(void)
{
	static char *argv[ARG_COUNT_MANY + 1];
	static char text[ARG_COUNT_MANY][8];
	char *envp[] = { "A=B", NULL };
	struct exec_case c = { AT_FDCWD, PROGRAM, argv, envp, 0 };
	int i;

	for (i = 0; i < ARG_COUNT_MANY; i++) {
		snprintf(text[i], sizeof(text[i]), "%d", i);
		argv[i] = text[i];
	}
	argv[1] = "@args";
	exec_check(&c);
}

/* By directory and descriptor, by descriptor alone, relative to the working directory. */
static void exec_at(void)
{
	char *argv[] = { "run", "@args", NULL }, *envp[] = { NULL };
	struct exec_case c = { AT_FDCWD, "stages/run", argv, envp, 0 };
	int dir = open("/stages", O_RDONLY | O_DIRECTORY), file = open(PROGRAM, O_PATH);

	EXPECT_OK(dir);
	EXPECT_OK(file);
	exec_check(&c);
	c.dirfd = dir;
	c.path = "run";
	exec_check(&c);
	c.dirfd = file;
	c.path = "";
	c.flags = AT_EMPTY_PATH;
	exec_check(&c);
	c.dirfd = -1;
	c.path = PROGRAM;
	exec_check(&c);
	close(dir);
	close(file);
}

/* argv NULL or empty: the program finds one empty argument, as on Linux since 5.18. */
static void exec_without_arguments(void)
{
	struct exec_case c = { AT_FDCWD, PROGRAM, NULL, NULL, 0 };
	char *none[] = { NULL };
	int status;

	exec_and_read(&c, &status);
	EXPECT(WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), 127);
	c.argv = c.envp = none;
	exec_and_read(&c, &status);
	EXPECT_EQ(WEXITSTATUS(status), 127);
}

/* The process is the same one: its number, parent, working directory and open files stay. */
static void exec_keeps(void)
{
	char *argv[] = { "sh", "-c", "echo $$ $PPID; pwd; cat <&9", NULL }, *envp[] = { "PATH=/bin", NULL };
	struct exec_case c = { AT_FDCWD, "/bin/busybox", argv, envp, 0 };
	int fd = open("/tmp/exec-keeps", O_RDWR | O_CREAT | O_TRUNC, 0600), status;
	char want[64];
	size_t n;
	int pid;

	EXPECT_OK(fd);
	EXPECT_EQ(write(fd, "kept\n", 5), 5);
	EXPECT_EQ(lseek(fd, 0, SEEK_SET), 0);
	EXPECT_EQ(dup2(fd, 9), 9);
	EXPECT_OK(chdir("/tmp"));
	n = exec_and_read(&c, &status);
	EXPECT_EQ(status, 0);
	EXPECT_LT(n, sizeof(report));
	report[n] = 0;
	EXPECT_EQ(sscanf(report, "%d", &pid), 1);
	EXPECT_GT(pid, getpid());
	snprintf(want, sizeof(want), "%d %d\n/tmp\nkept\n", pid, getpid());
	EXPECT_STR(report, want);
	EXPECT_OK(chdir("/"));
	close(fd);
	close(9);
	EXPECT_OK(unlink("/tmp/exec-keeps"));
}

void stage_proc_exec(void)
{
	exec_arguments();
	exec_many();
	exec_at();
	exec_without_arguments();
	exec_keeps();
}

/* ---- proc.exec_errors ------------------------------------------------------------------------ */

#define DIR_NAME "/tmp/exec-errors"

static char *const error_argv[] = { "x", NULL };
static char *const error_envp[] = { NULL };

static void make_file(const char *name, const void *bytes, size_t n, mode_t mode)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	EXPECT_OK(fd);
	EXPECT_EQ(write(fd, bytes, n), (ssize_t)n);
	close(fd);
	EXPECT_OK(chmod(name, mode));
}

static void make_text(const char *name, const char *text, mode_t mode)
{
	make_file(name, text, strlen(text), mode);
}

#define EXPECT_EXEC(path, wanted) EXPECT_ERRNO(execve(path, error_argv, error_envp), wanted)

static void errors_of_paths(void)
{
	static char name[PATH_MAX + 2];

	EXPECT_EXEC("no-such-file", ENOENT);
	EXPECT_EXEC("", ENOENT);
	EXPECT_EXEC("no-such-dir/file", ENOENT);
	EXPECT_EXEC("/etc/passwd/file", ENOTDIR);
	EXPECT_OK(symlink("loop", "loop"));
	EXPECT_EXEC("loop", ELOOP);
	EXPECT_EXEC("loop/file", ELOOP);
	memset(name, 'n', 300);
	EXPECT_EXEC(name, ENAMETOOLONG);
	memset(name, '/', PATH_MAX + 1);
	EXPECT_EXEC(name, ENAMETOOLONG);
	EXPECT_OK(symlink(PROGRAM, "link"));
	EXPECT_ERRNO(syscall(SYS_execveat, AT_FDCWD, "link", error_argv, error_envp,
			     AT_SYMLINK_NOFOLLOW), ELOOP);
	EXPECT_ERRNO(syscall(SYS_execveat, -1, "link", error_argv, error_envp, 0), EBADF);
	EXPECT_ERRNO(syscall(SYS_execveat, AT_FDCWD, "link", error_argv, error_envp, 0x4000), EINVAL);
}

static void errors_of_access(void)
{
	pid_t pid;

	make_text("plain", "#!/bin/sh\n", 0644);
	EXPECT_EXEC("plain", EACCES);
	EXPECT_EXEC("/", EACCES);
	EXPECT_EXEC("/dev/null", EACCES);
	/* Root may execute what anybody may; others need their own bit. */
	make_text("owner", "#!/bin/sh\n", 0700);
	IN_CHILD(pid) {
		EXPECT_OK(setuid(1000));
		EXPECT_EXEC("owner", EACCES);
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_OK(mkdir("closed", 0700));
	IN_CHILD(pid) {
		EXPECT_OK(setuid(1000));
		EXPECT_EXEC("closed/file", EACCES);
	}
	EXPECT_CHILD_OK(pid);
}

static void errors_of_scripts(void)
{
	make_text("text", "echo no interpreter\n", 0755);
	EXPECT_EXEC("text", ENOEXEC);
	make_text("empty", "", 0755);
	EXPECT_EXEC("empty", ENOEXEC);
	make_text("blank", "#!  \n", 0755);
	EXPECT_EXEC("blank", ENOEXEC);
	make_text("lost", "#!/no/such/interpreter\n", 0755);
	EXPECT_EXEC("lost", ENOENT);
	make_text("itself", "#!" DIR_NAME "/itself\n", 0755);
	EXPECT_EXEC("itself", ELOOP);
}

/* A copy of the start of this program, to be spoiled. */
static void read_head(char *head, size_t n)
{
	int fd = open(PROGRAM, O_RDONLY);

	EXPECT_OK(fd);
	EXPECT_EQ(read(fd, head, n), (ssize_t)n);
	close(fd);
}

static void errors_of_elf(void)
{
	static char head[4096];
	Elf64_Ehdr *eh = (Elf64_Ehdr *)head;
	Elf64_Phdr *ph = (Elf64_Phdr *)(head + sizeof(*eh));
	static const char interp[] = "/no/such/loader";

	read_head(head, sizeof(head));
	make_file("cut", head, 40, 0755);
	EXPECT_EXEC("cut", ENOEXEC);
	eh->e_machine = EM_X86_64;
	make_file("machine", head, sizeof(head), 0755);
	EXPECT_EXEC("machine", ENOEXEC);
	eh->e_machine = EM_AARCH64;
	eh->e_type = ET_REL;
	make_file("object", head, sizeof(head), 0755);
	EXPECT_EXEC("object", ENOEXEC);

	/* One page of code, and a loader that does not exist. */
	eh->e_type = ET_EXEC;
	eh->e_phnum = 2;
	eh->e_phoff = sizeof(*eh);
	eh->e_entry = 0x400000;
	memset(ph, 0, 2 * sizeof(*ph));
	ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x400000,
			      .p_filesz = sizeof(head), .p_memsz = sizeof(head), .p_align = 4096 };
	ph[1] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_offset = 1024, .p_filesz = sizeof(interp),
			      .p_memsz = sizeof(interp) };
	memcpy(head + 1024, interp, sizeof(interp));
	make_file("loader", head, sizeof(head), 0755);
	EXPECT_EXEC("loader", ENOENT);
	ph[1].p_offset = 1 << 20;
	make_file("bad-loader", head, sizeof(head), 0755);
	EXPECT_EXEC("bad-loader", ENOEXEC);
}

static void errors_of_size(void)
{
	static char text[ARG_TOO_LONG + 1];
	char *argv[66] = { "x", text, NULL };
	int i;

	/* One string of 128 KiB with its NUL is too long, many of nearly that are too much. */
	memset(text, 'x', ARG_TOO_LONG);
	EXPECT_ERRNO(execve(PROGRAM, argv, error_envp), E2BIG);
	EXPECT_ERRNO(execve(PROGRAM, error_argv, argv), E2BIG);
	text[ARG_TOO_LONG - 2] = 0;
	for (i = 1; i < 65; i++)
		argv[i] = text;
	EXPECT_ERRNO(execve(PROGRAM, argv, error_envp), E2BIG);
}

static void errors_of_pointers(void)
{
	char *bad[] = { "x", (char *)16, NULL };

	EXPECT_ERRNO(syscall(SYS_execve, (char *)16, error_argv, error_envp), EFAULT);
	EXPECT_ERRNO(syscall(SYS_execve, PROGRAM, (char **)16, error_envp), EFAULT);
	EXPECT_ERRNO(syscall(SYS_execve, PROGRAM, error_argv, (char **)16), EFAULT);
	EXPECT_ERRNO(syscall(SYS_execve, PROGRAM, bad, error_envp), EFAULT);
	EXPECT_ERRNO(syscall(SYS_execve, PROGRAM, error_argv, bad), EFAULT);
	EXPECT_ERRNO(syscall(SYS_execve, PROGRAM, (char **)-4096l, error_envp), EFAULT);
}

static void errors_of_writers(void)
{
	int fd;

	make_text("busy", "#!/bin/sh\nexit 0\n", 0755);
	EXPECT_EQ(link(PROGRAM, "running"), 0);
	/* What runs cannot be written ... */
	EXPECT_ERRNO(open("running", O_WRONLY), ETXTBSY);
	EXPECT_ERRNO(open("running", O_RDWR | O_TRUNC), ETXTBSY);
	EXPECT_ERRNO(truncate("running", 0), ETXTBSY);
	/* ... and what is written cannot run. */
	fd = open(PROGRAM, O_RDONLY);
	EXPECT_OK(fd);
	close(fd);
	EXPECT_EQ(system("cp " PROGRAM " " DIR_NAME "/copy"), 0);
	EXPECT_OK(chmod("copy", 0755));
	fd = open("copy", O_WRONLY);
	EXPECT_OK(fd);
	EXPECT_EXEC("copy", ETXTBSY);
	close(fd);
}

static void on_signal(int sig)
{
}

void stage_proc_exec_errors(void)
{
	struct sigaction sa = { .sa_handler = on_signal }, now;
	char *heap = malloc(64);
	pid_t pid = getpid();
	int fd, status;

	/* What a failed exec must not touch. */
	EXPECT_OK(mkdir(DIR_NAME, 0755));
	EXPECT_OK(chdir(DIR_NAME));
	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	EXPECT_OK(fd);
	strcpy(heap, "still here");

	errors_of_paths();
	errors_of_access();
	errors_of_scripts();
	errors_of_elf();
	errors_of_size();
	errors_of_pointers();
	errors_of_writers();

	EXPECT_STR(heap, "still here");
	EXPECT_EQ(getpid(), pid);
	EXPECT_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EXPECT_OK(sigaction(SIGUSR1, NULL, &now));
	EXPECT(now.sa_handler == on_signal);
	EXPECT_OK(chdir("/"));
	/* The same file runs once nobody writes it. */
	status = system(DIR_NAME "/busy");
	EXPECT_EQ(status, 0);
	EXPECT_EQ(system("rm -r " DIR_NAME), 0);
	close(fd);
	free(heap);
}
