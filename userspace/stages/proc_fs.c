/* Stage 184: what /proc says about a process. */
#include "asleep.h"
#include "expect.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { PROC_TEXT_MAX = 4096 };

/* Reads a file of /proc/PID (0: self) whole, terminated; its length. */
static size_t proc_read(pid_t pid, const char *name, char text[PROC_TEXT_MAX])
{
	char path[64];
	size_t n = 0;
	ssize_t got;
	int fd;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	else
		snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = open(path, O_RDONLY);
	EXPECT_OK(fd);
	while ((got = read(fd, text + n, PROC_TEXT_MAX - 1 - n)) > 0)
		n += (size_t)got;
	EXPECT_EQ(got, 0);
	text[n] = 0;
	close(fd);
	return n;
}

/* The number behind "Name:\t" in status. */
static long proc_status(const char *text, const char *name)
{
	char key[32];
	const char *line;

	snprintf(key, sizeof(key), "%s:\t", name);
	line = strstr(text, key);
	EXPECT(line != NULL);
	return strtol(line + strlen(key), NULL, 10);
}

static void proc_own_texts(void)
{
	char text[PROC_TEXT_MAX];
	int pid, ppid, pgid, sid;
	char name[20], state;

	proc_read(0, "stat", text);
	EXPECT_EQ(sscanf(text, "%d (%19[^)]) %c %d %d %d", &pid, name, &state, &ppid, &pgid, &sid), 6);
	EXPECT_EQ(pid, getpid());
	EXPECT_STR(name, "run");
	EXPECT_EQ(state, 'R');
	EXPECT_EQ(ppid, getppid());
	EXPECT_EQ(pgid, getpgrp());
	EXPECT_EQ(sid, getsid(0));
	proc_read(0, "status", text);
	EXPECT_EQ(proc_status(text, "Pid"), getpid());
	EXPECT_EQ(proc_status(text, "PPid"), getppid());
	EXPECT_EQ(proc_status(text, "Uid"), 0);
	EXPECT_EQ(proc_status(text, "Threads"), 1);
	EXPECT_GT(proc_status(text, "VmRSS"), 0);
	proc_read(0, "comm", text);
	EXPECT_STR(text, "run\n");
	/* The arguments, each with its end. */
	EXPECT_EQ(proc_read(0, "cmdline", text), sizeof("/stages/run") + sizeof("fs.proc_pid"));
	EXPECT_MEM(text, "/stages/run\0fs.proc_pid", sizeof("/stages/run\0fs.proc_pid"));
	proc_read(0, "maps", text);
	EXPECT(strstr(text, "/stages/run\n") != NULL);
	EXPECT(strstr(text, "[stack]\n") != NULL);
	EXPECT(strstr(text, "[vdso]\n") != NULL);
	proc_read(0, "mounts", text);
	EXPECT(strstr(text, "proc /proc proc rw") != NULL);
}

static void proc_own_links(void)
{
	char path[64], text[PROC_TEXT_MAX];
	struct stat a, b;
	int fd = open("/tmp/proc-link", O_RDWR | O_CREAT, 0600);
	ssize_t n;

	EXPECT_OK(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, text, sizeof(text));
	EXPECT_EQ(n, (ssize_t)strlen("/tmp/proc-link"));
	EXPECT_MEM(text, "/tmp/proc-link", (size_t)n);
	/* It leads to the file even when that has no name any more. */
	EXPECT_OK(unlink("/tmp/proc-link"));
	EXPECT_OK(stat(path, &a));
	EXPECT_OK(fstat(fd, &b));
	EXPECT_EQ(a.st_ino, b.st_ino);
	close(fd);
	EXPECT_ERRNO(stat(path, &a), ENOENT);
	n = readlink("/proc/self/exe", text, sizeof(text));
	EXPECT_EQ(n, (ssize_t)strlen("/stages/run"));
	EXPECT_MEM(text, "/stages/run", (size_t)n);
	EXPECT_OK(chdir("/tmp"));
	n = readlink("/proc/self/cwd", text, sizeof(text));
	EXPECT_EQ(n, 4);
	EXPECT_MEM(text, "/tmp", 4);
	EXPECT_OK(chdir("/"));
	EXPECT_ERRNO(open("/proc/999999/stat", O_RDONLY), ENOENT);
	EXPECT_ERRNO(open("/proc/self/stat", O_WRONLY | O_TRUNC | O_CREAT | O_EXCL, 0600), EEXIST);
}

static void proc_own_auxv(void)
{
	char text[PROC_TEXT_MAX];
	size_t n = proc_read(0, "auxv", text), i;
	const uint64_t *pair;
	unsigned long page = 0, entry = 0;

	EXPECT_EQ(n % 16, (size_t)0);
	for (i = 0; i < n; i += 16) {
		pair = (const void *)(text + i);
		page = pair[0] == AT_PAGESZ ? pair[1] : page;
		entry = pair[0] == AT_ENTRY ? pair[1] : entry;
		if (pair[0] == AT_NULL)
			break;
	}
	EXPECT_EQ(page, 4096ul);
	EXPECT_EQ(entry, getauxval(AT_ENTRY));
}

/* Another program: what it was started with. */
static void proc_other_program(void)
{
	char *const env[] = { "NAME=value", "OTHER=", NULL };
	char text[PROC_TEXT_MAX], path[64];
	int status;
	ssize_t n;
	pid_t pid = fork();

	EXPECT_OK(pid);
	if (pid == 0) {
		execle("/bin/busybox", "sleep", "1000", NULL, env);
		_exit(99);
	}
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	do {
		n = readlink(path, text, sizeof(text));
		EXPECT_GT(n, 0);
	} while (n != (ssize_t)strlen("/bin/busybox"));
	wait_until_asleep(pid);
	EXPECT_EQ(proc_read(pid, "cmdline", text), sizeof("sleep\0" "1000"));
	EXPECT_MEM(text, "sleep\0" "1000", sizeof("sleep\0" "1000"));
	EXPECT_EQ(proc_read(pid, "environ", text), sizeof("NAME=value\0OTHER="));
	EXPECT_MEM(text, "NAME=value\0OTHER=", sizeof("NAME=value\0OTHER="));
	/* A zombie has neither, but it has a state. */
	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_OK(waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
	EXPECT_EQ(proc_read(pid, "cmdline", text), (size_t)0);
	proc_read(pid, "stat", text);
	EXPECT(strstr(text, ") Z ") != NULL);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_ERRNO(readlink(path, text, sizeof(text)), ENOENT);
}

/* Its memory can be read and written. */
static void proc_other_memory(void)
{
	static volatile uint64_t word = 1;
	uint64_t value = 0, wanted = 0x1122334455667788;
	char text[PROC_TEXT_MAX], path[64];
	int status, fd;
	pid_t pid = fork();

	EXPECT_OK(pid);
	if (pid == 0) {
		word = 7;
		pause();
		_exit(1);
	}
	wait_until_asleep(pid);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR);
	EXPECT_OK(fd);
	EXPECT_EQ(pread(fd, &value, 8, (off_t)(uintptr_t)&word), 8);
	EXPECT_EQ(value, (uint64_t)7);
	EXPECT_EQ(pwrite(fd, &wanted, 8, (off_t)(uintptr_t)&word), 8);
	EXPECT_EQ(pread(fd, &value, 8, (off_t)(uintptr_t)&word), 8);
	EXPECT_EQ(value, wanted);
	EXPECT_ERRNO(pread(fd, &value, 8, 0x1000), EIO);
	/* Ours was a copy. */
	EXPECT_EQ(word, (uint64_t)1);
	EXPECT_OK(kill(pid, SIGSTOP));
	EXPECT_EQ(waitpid(pid, &status, WUNTRACED), pid);
	proc_read(pid, "stat", text);
	EXPECT(strstr(text, ") T ") != NULL);
	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	close(fd);
	EXPECT_ERRNO(open(path, O_RDONLY), ENOENT);
}

static void *proc_thread(void *arg)
{
	pthread_barrier_wait(arg);
	pthread_barrier_wait(arg);
	return NULL;
}

static void proc_threads(void)
{
	pthread_barrier_t barrier;
	struct dirent *e;
	pthread_t thread;
	int own = 0, all = 0;
	DIR *d;

	pthread_barrier_init(&barrier, NULL, 2);
	EXPECT_EQ(pthread_create(&thread, NULL, proc_thread, &barrier), 0);
	pthread_barrier_wait(&barrier);
	d = opendir("/proc/self/task");
	EXPECT(d != NULL);
	while ((e = readdir(d)) != NULL) {
		all += e->d_name[0] != '.';
		own += atoi(e->d_name) == getpid();
	}
	closedir(d);
	EXPECT_EQ(all, 2);
	EXPECT_EQ(own, 1);
	pthread_barrier_wait(&barrier);
	EXPECT_EQ(pthread_join(thread, NULL), 0);
}

void stage_fs_proc_pid(void)
{
	char text[PROC_TEXT_MAX];

	proc_own_texts();
	proc_own_links();
	proc_own_auxv();
	proc_other_program();
	proc_other_memory();
	proc_threads();
	EXPECT_OK(setenv("PROC", "x", 1));
	/* As it was at exec: later changes are the program's own business. */
	proc_read(0, "environ", text);
	EXPECT(strstr(text, "PROC=x") == NULL);
}
