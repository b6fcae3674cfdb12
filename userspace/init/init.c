/*
 * PID 1.  The kernel starts it with the console on descriptors 0 to 2.
 *
 * With /run/cairn/command in the root (xtask run lays it there) it runs that program, with the
 * virtio-serial ports as its standard input, output and error, and tells the host how it ended;
 * otherwise it gives the console a shell.  Then it powers the machine off.  Meanwhile it reaps what
 * others leave behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COMMAND_FILE "/run/cairn/command"
#define PORTS        "/dev/virtio-ports/cairn."

enum { EXIT_CANNOT_EXECUTE = 126, EXIT_NOT_FOUND = 127 };

/* What to run: COMMAND_FILE is CWD, the number of arguments, these, and the environment. */
struct command {
	char  *cwd;
	char **argv;
	char **envp;
};

static void init_mount(const char *type, const char *where)
{
	mkdir(where, 0755);
	/* The kernel may have mounted it already: EBUSY. */
	if (mount(type, where, type, 0, NULL) && errno != EBUSY)
		fprintf(stderr, "init: cannot mount %s on %s: %s\n", type, where, strerror(errno));
}

static void init_mounts(void)
{
	static const char *const probe[][3] = {
		{ "devtmpfs", "/dev", "/dev/zero" },
		{ "proc", "/proc", "/proc/self" },
		{ "sysfs", "/sys", "/sys/kernel" },
		{ "devpts", "/dev/pts", "/dev/pts/ptmx" },
	};

	for (size_t i = 0; i < sizeof(probe) / sizeof(probe[0]); i++)
		if (access(probe[i][2], F_OK))
			init_mount(probe[i][0], probe[i][1]);
}

static char *read_command(size_t *len)
{
	struct stat st;
	char *data;
	int fd = open(COMMAND_FILE, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) || !(data = malloc(st.st_size + 1)))
		exit(EXIT_FAILURE);
	*len = 0;
	for (ssize_t n; (n = read(fd, data + *len, st.st_size - *len)) > 0;)
		*len += n;
	data[*len] = '\0';
	close(fd);
	unlink(COMMAND_FILE);
	rmdir("/run/cairn");
	return data;
}

/* Splits the file's strings.  False when it is not of the form. */
static int command_parse(struct command *c, char *data, size_t len)
{
	size_t strings = 0, argc;
	char **list;

	for (size_t i = 0; i < len; i++)
		strings += !data[i];
	list = calloc(strings + 3, sizeof(*list));
	if (!list || strings < 3)
		return 0;
	list++; /* a place before argv[0], see exec_command() */
	c->cwd = data;
	data += strlen(data) + 1;
	argc = strtoul(data, NULL, 10);
	data += strlen(data) + 1;
	strings -= 2;
	if (!argc || argc > strings)
		return 0;
	c->argv = list;
	c->envp = list + argc + 1;
	for (size_t i = 0; i < strings; i++, data += strlen(data) + 1)
		list[i < argc ? i : i + 1] = data;
	return 1;
}

static void use_as(const char *path, int flags, int fd)
{
	int opened = open(path, flags | O_NOCTTY);

	if (opened < 0 || opened == fd)
		return; /* without ports the console stays */
	dup2(opened, fd);
	close(opened);
}

static void __attribute__((noreturn)) exec_failed(const char *name)
{
	int err = errno;

	fprintf(stderr, "%s: %s\n", name, err == ENOENT ? "not found" : strerror(err));
	_exit(err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE);
}

/* Whether a file that the kernel does not execute may be a script: a damaged program is no shell's business. */
static bool may_be_script(const char *path)
{
	char head[128];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	if (fd >= 0)
		close(fd);
	return n < 4 || (memcmp(head, "\177ELF", 4) && !memchr(head, 0, n));
}

static void __attribute__((noreturn)) exec_command(const struct command *c)
{
	setsid();
	use_as(PORTS "stdin", O_RDONLY, STDIN_FILENO);
	use_as(PORTS "stdout", O_WRONLY, STDOUT_FILENO);
	use_as(PORTS "stderr", O_WRONLY, STDERR_FILENO);
	if (chdir(c->cwd))
		exec_failed(c->cwd);
	environ = c->envp;
	execvp(c->argv[0], c->argv);
	if (errno == ENOEXEC && may_be_script(c->argv[0])) { /* without #!, as every shell takes it */
		c->argv[-1] = "sh";
		execv("/bin/sh", c->argv - 1);
	}
	exec_failed(c->argv[0]);
}

static void __attribute__((noreturn)) exec_shell(void)
{
	static char *argv[] = { "-sh", NULL };
	static char *envp[] = { "PATH=/bin:/sbin:/usr/bin:/usr/sbin", "HOME=/root", "TERM=linux",
				"USER=root", "PS1=\\w # ", NULL };

	setsid();
	use_as("/dev/console", O_RDWR, STDIN_FILENO);
	ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	dup2(STDIN_FILENO, STDOUT_FILENO);
	dup2(STDIN_FILENO, STDERR_FILENO);
	execve("/bin/sh", argv, envp);
	exec_failed("/bin/sh");
}

/* Waits for the child, reaping whatever else ends. */
static int reap_until(pid_t child)
{
	int status;
	pid_t pid;

	while ((pid = wait(&status)) != child)
		if (pid < 0 && errno == ECHILD)
			return 0;
	return status;
}

static void report(int control, int status)
{
	if (control < 0)
		return;
	if (WIFSIGNALED(status))
		dprintf(control, "signal %d\n", WTERMSIG(status));
	else
		dprintf(control, "exit %d\n", WEXITSTATUS(status));
	close(control);
}

int main(int argc, char **argv)
{
	struct command command = { 0 };
	int control, status;
	size_t len = 0;
	char *data;
	pid_t child;

	init_mounts();
	data = read_command(&len);
	if (data && !command_parse(&command, data, len)) {
		fprintf(stderr, "init: " COMMAND_FILE " is not of its form\n");
		return EXIT_FAILURE;
	}
	control = open(PORTS "control", O_WRONLY | O_CLOEXEC);
	if (control >= 0)
		dprintf(control, "start\n");
	child = fork();
	if (child == 0 && data)
		exec_command(&command);
	if (child == 0)
		exec_shell();
	if (child < 0)
		fprintf(stderr, "init: cannot fork: %s\n", strerror(errno));
	status = child < 0 ? 0 : reap_until(child);
	report(control, status);
	sync();
	reboot(RB_POWER_OFF);
	return EXIT_FAILURE;
}
