/* Stages of threads: clone, TLS, the end of threads, and libc's threads on top. */
#include "expect.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { STACK_SIZE = 65536, MS = 1000000 };

/* Linux's struct clone_args, its first version. */
struct clone3_args {
	unsigned long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

/* ---- thr.clone ------------------------------------------------------------------------------- */

static char clone_stack[STACK_SIZE] __attribute__((aligned(16)));
static volatile int clone_value, clone_fd;
static volatile pid_t clone_pid, clone_tid, clone_parent_tid, clone_child_tid;

/* Changes everything that might be shared. */
static int clone_child(void *arg)
{
	clone_value++;
	clone_pid = (pid_t)syscall(SYS_getpid);
	clone_tid = (pid_t)syscall(SYS_gettid);
	syscall(SYS_close, clone_fd);
	syscall(SYS_chdir, "/tmp");
	return 3;
}

/* Runs it with these flags and waits; whether what it changed is ours, too: memory, descriptors, cwd. */
static void clone_and_compare(int flags, bool vm, bool files, bool fs)
{
	char cwd[32];
	int status;
	pid_t pid;

	EXPECT_OK(chdir("/"));
	clone_fd = open("/dev/null", O_RDONLY);
	clone_value = 0;
	pid = clone(clone_child, clone_stack + STACK_SIZE, flags | SIGCHLD, NULL);
	EXPECT_OK(pid);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(WEXITSTATUS(status), 3);
	EXPECT_EQ(clone_value, vm ? 1 : 0);
	EXPECT_EQ(fcntl(clone_fd, F_GETFD) < 0, files);
	EXPECT_STR(getcwd(cwd, sizeof(cwd)), fs ? "/tmp" : "/");
	if (vm)
		EXPECT_EQ(clone_pid, pid);
	if (!files)
		close(clone_fd);
	EXPECT_OK(chdir("/"));
}

/* A raw thread: in the same process, without a signal at its end. */
static void clone_thread(void)
{
	enum { FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		       CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID };
	struct timespec ms = { .tv_nsec = MS };
	int tid, i;

	clone_fd = -1;
	clone_child_tid = -1;
	tid = clone(clone_child, clone_stack + STACK_SIZE, FLAGS, NULL, &clone_parent_tid, NULL,
		    &clone_child_tid);
	EXPECT_OK(tid);
	for (i = 0; i < 1000 && clone_child_tid; i++)
		nanosleep(&ms, NULL);
	EXPECT_EQ(clone_child_tid, 0);
	EXPECT_EQ(clone_parent_tid, tid);
	EXPECT_EQ(clone_tid, tid);
	EXPECT_EQ(clone_pid, getpid());
	EXPECT_NE(tid, getpid());
	EXPECT_ERRNO(waitpid(tid, NULL, __WALL), ECHILD);
	EXPECT_OK(chdir("/"));
}

static long raw_clone(unsigned long flags)
{
	return syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
}

static void clone_refused(void)
{
	struct clone3_args args = { .exit_signal = SIGCHLD };
	struct { struct clone3_args known; unsigned long more[8]; } longer = { .known = args };

	EXPECT_ERRNO(raw_clone(CLONE_THREAD | CLONE_VM), EINVAL);
	EXPECT_ERRNO(raw_clone(CLONE_SIGHAND), EINVAL);
	EXPECT_ERRNO(syscall(SYS_clone3, &args, 32), EINVAL);
	EXPECT_ERRNO(syscall(SYS_clone3, (void *)8, sizeof(args)), EFAULT);
	EXPECT_ERRNO(syscall(SYS_clone3, &args, 8192), E2BIG);
	longer.more[7] = 1;
	EXPECT_ERRNO(syscall(SYS_clone3, &longer, sizeof(longer)), E2BIG);
	args.exit_signal = 65;
	EXPECT_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.exit_signal = SIGCHLD;
	args.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	EXPECT_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.flags = SIGCHLD;
	EXPECT_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
	args.flags = 0;
	args.stack = 4096;
	EXPECT_ERRNO(syscall(SYS_clone3, &args, sizeof(args)), EINVAL);
}

static void clone3_forks(void)
{
	struct { struct clone3_args args; unsigned long zeroes[8]; } longer = { 0 };
	pid_t pid, parent_tid = 0, child_tid = 0;
	int status;

	longer.args.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID;
	longer.args.exit_signal = SIGCHLD;
	longer.args.parent_tid = (unsigned long)&parent_tid;
	longer.args.child_tid = (unsigned long)&child_tid;
	pid = (pid_t)syscall(SYS_clone3, &longer, sizeof(longer));
	EXPECT_OK(pid);
	if (!pid)
		_exit(child_tid == (pid_t)syscall(SYS_getpid) ? 6 : 1);
	EXPECT_EQ(parent_tid, pid);
	EXPECT_EQ(child_tid, 0);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(WEXITSTATUS(status), 6);
}

void stage_thr_clone(void)
{
	clone_and_compare(0, false, false, false);
	clone_and_compare(CLONE_VM, true, false, false);
	clone_and_compare(CLONE_FILES, false, true, false);
	clone_and_compare(CLONE_FS, false, false, true);
	clone_and_compare(CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND, true, true, true);
	clone_thread();
	clone_refused();
	clone3_forks();
}

/* ---- thr.tls --------------------------------------------------------------------------------- */

enum { TLS_THREADS = 6, TLS_ROUNDS = 300 };

static __thread long tls_value = 11;
static __thread char tls_zero[100];

static unsigned long tls_register(void)
{
	unsigned long tp;

	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(tp));
	return tp;
}

static void *tls_thread(void *arg)
{
	unsigned long tp = tls_register();
	long mine = (long)arg;
	int i;

	EXPECT_EQ(tls_value, 11);
	EXPECT_EQ(tls_zero[99], 0);
	tls_value = mine;
	for (i = 0; i < TLS_ROUNDS; i++) {
		sched_yield();
		if (tls_register() != tp || tls_value != mine)
			break;
	}
	EXPECT_EQ(i, TLS_ROUNDS);
	return (void *)tp;
}

static int tls_child(void *arg)
{
	return tls_register() == *(unsigned long *)arg ? 0 : 1;
}

void stage_thr_tls(void)
{
	unsigned long tp = tls_register();
	pthread_t threads[TLS_THREADS];
	void *theirs[TLS_THREADS];
	int status;
	long i, j;
	pid_t pid;

	for (i = 0; i < TLS_THREADS; i++)
		EXPECT_EQ(pthread_create(&threads[i], NULL, tls_thread, (void *)(i + 100)), 0);
	for (i = 0; i < TLS_THREADS; i++)
		EXPECT_EQ(pthread_join(threads[i], &theirs[i]), 0);
	for (i = 0; i < TLS_THREADS; i++) {
		EXPECT_NE((unsigned long)theirs[i], tp);
		for (j = 0; j < i; j++)
			EXPECT_NE((unsigned long)theirs[i], (unsigned long)theirs[j]);
	}
	EXPECT_EQ(tls_register(), tp);
	EXPECT_EQ(tls_value, 11);
	/* Without CLONE_SETTLS it is inherited, with it it is what the call says. */
	pid = clone(tls_child, clone_stack + STACK_SIZE, SIGCHLD, &tp);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
	tp = 0x123456789abc;
	pid = clone(tls_child, clone_stack + STACK_SIZE, SIGCHLD | CLONE_SETTLS, &tp, NULL, tp, NULL);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, 0);
}

/* ---- thr.exit -------------------------------------------------------------------------------- */

static void *exit_sleeper(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

static void *exit_group_later(void *arg)
{
	struct timespec wait = { .tv_nsec = 2 * MS };

	nanosleep(&wait, NULL);
	exit(33);
}

static void *exit_with_value(void *arg)
{
	return arg;
}

static void *exit_outlives(void *arg)
{
	struct timespec wait = { .tv_nsec = 5 * MS };

	nanosleep(&wait, NULL);
	return NULL;
}

static void expect_status(pid_t pid, int want)
{
	int status;

	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, want);
}

void stage_thr_exit(void)
{
	pthread_t t, others[3];
	void *value;
	pid_t pid;
	long i;

	EXPECT_EQ(syscall(SYS_set_tid_address, &clone_child_tid), syscall(SYS_gettid));
	/* The joiner sleeps on the word that the kernel clears. */
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(pthread_create(&t, NULL, exit_with_value, (void *)i), 0);
		EXPECT_EQ(pthread_join(t, &value), 0);
		EXPECT_EQ((long)value, i);
	}
	/* exit_group by any thread ends all of them. */
	IN_CHILD(pid) {
		for (i = 0; i < 3; i++)
			pthread_create(&others[i], NULL, exit_sleeper, NULL);
		pthread_create(&t, NULL, exit_group_later, NULL);
		exit_sleeper(NULL);
	}
	expect_status(pid, 33 << 8);
	/* So does a signal. */
	IN_CHILD(pid) {
		for (i = 0; i < 3; i++)
			pthread_create(&others[i], NULL, exit_sleeper, NULL);
		kill(getpid(), SIGTERM);
		exit_sleeper(NULL);
	}
	expect_status(pid, SIGTERM);
	/* The first thread may go before the others: the process ends with the last one. */
	IN_CHILD(pid) {
		pthread_create(&t, NULL, exit_outlives, NULL);
		syscall(SYS_exit, 44);
	}
	EXPECT_EQ(waitpid(pid, NULL, WNOHANG), 0);
	expect_status(pid, 44 << 8);
}

/* ---- thr.pthread ----------------------------------------------------------------------------- */

enum { WORKERS = 6, ROUNDS = 500, TURNS = 30, GENERATIONS = 24 };

static pthread_mutex_t work_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work_cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t work_lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t work_barrier;
static long work_count, work_turn, work_written, work_torn[2];

static void *work_adds(void *arg)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&work_mutex);
		work_count++;
		pthread_mutex_unlock(&work_mutex);
	}
	return NULL;
}

/* One after the other, in order. */
static void *work_takes_turns(void *arg)
{
	long me = (long)arg;
	int i;

	for (i = 0; i < TURNS; i++) {
		pthread_mutex_lock(&work_mutex);
		while (work_turn % WORKERS != me)
			pthread_cond_wait(&work_cond, &work_mutex);
		work_turn++;
		pthread_cond_broadcast(&work_cond);
		pthread_mutex_unlock(&work_mutex);
	}
	return NULL;
}

/* In each generation one writes, the others read; nobody sees half of a write. */
static void *work_reads_and_writes(void *arg)
{
	long me = (long)arg;
	int i;

	for (i = 0; i < GENERATIONS; i++) {
		pthread_barrier_wait(&work_barrier);
		if (i % WORKERS == me) {
			pthread_rwlock_wrlock(&work_lock);
			work_torn[0]++;
			sched_yield();
			work_torn[1]++;
			work_written++;
		} else {
			pthread_rwlock_rdlock(&work_lock);
			EXPECT_EQ(work_torn[0], work_torn[1]);
		}
		pthread_rwlock_unlock(&work_lock);
	}
	return NULL;
}

static void work_together(void *(*what)(void *))
{
	pthread_t threads[WORKERS];
	long i;

	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(pthread_create(&threads[i], NULL, what, (void *)i), 0);
	for (i = 0; i < WORKERS; i++)
		EXPECT_EQ(pthread_join(threads[i], NULL), 0);
}

void stage_thr_pthread(void)
{
	struct timespec until;

	work_together(work_adds);
	EXPECT_EQ(work_count, (long)WORKERS * ROUNDS);
	work_together(work_takes_turns);
	EXPECT_EQ(work_turn, (long)WORKERS * TURNS);
	EXPECT_EQ(pthread_barrier_init(&work_barrier, NULL, WORKERS), 0);
	work_together(work_reads_and_writes);
	EXPECT_EQ(work_written, (long)GENERATIONS);

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 2 * MS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&work_mutex);
	EXPECT_EQ(pthread_cond_timedwait(&work_cond, &work_mutex, &until), ETIMEDOUT);
	pthread_mutex_unlock(&work_mutex);
}

/* ---- thr.membarrier -------------------------------------------------------------------------- */

void stage_thr_membarrier(void)
{
	enum { QUERY = 0, GLOBAL = 1, PRIVATE = 8, REGISTER_PRIVATE = 16 };
	long known = syscall(SYS_membarrier, QUERY, 0, 0);

	EXPECT_OK(known);
	EXPECT_EQ(known & (GLOBAL | PRIVATE | REGISTER_PRIVATE), GLOBAL | PRIVATE | REGISTER_PRIVATE);
	EXPECT_ERRNO(syscall(SYS_membarrier, PRIVATE, 0, 0), EPERM);
	EXPECT_OK(syscall(SYS_membarrier, REGISTER_PRIVATE, 0, 0));
	EXPECT_OK(syscall(SYS_membarrier, PRIVATE, 0, 0));
	EXPECT_OK(syscall(SYS_membarrier, GLOBAL, 0, 0));
	EXPECT_ERRNO(syscall(SYS_membarrier, GLOBAL, 1, 0), EINVAL);
	EXPECT_ERRNO(syscall(SYS_membarrier, 1 << 20, 0, 0), EINVAL);
	/* Restartable sequences are not there, and libc has to do without. */
	EXPECT_ERRNO(syscall(SYS_rseq, clone_stack, 32, 0, 0), ENOSYS);
}

/* ---- thr.cancel ------------------------------------------------------------------------------ */

static volatile int cancel_cleaned, cancel_passed;
static int cancel_pipe[2];
static sem_t cancel_ready;

static void cancel_cleanup(void *arg)
{
	cancel_cleaned += (int)(long)arg;
}

static void *cancel_in_read(void *arg)
{
	char c;

	pthread_cleanup_push(cancel_cleanup, (void *)1);
	sem_post(&cancel_ready);
	(void)!read(cancel_pipe[0], &c, 1);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *cancel_in_sleep(void *arg)
{
	struct timespec hour = { .tv_sec = 3600 };

	pthread_cleanup_push(cancel_cleanup, (void *)10);
	sem_post(&cancel_ready);
	nanosleep(&hour, NULL);
	pthread_cleanup_pop(0);
	return NULL;
}

static int cancel_sent;

/* What may not be cancelled is finished first. */
static void *cancel_not_now(void *arg)
{
	struct timespec wait = { .tv_nsec = MS };

	pthread_cleanup_push(cancel_cleanup, (void *)100);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	sem_post(&cancel_ready);
	do
		nanosleep(&wait, NULL);
	while (!__atomic_load_n(&cancel_sent, __ATOMIC_ACQUIRE));
	cancel_passed = 1;
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
	pthread_testcancel();
	cancel_passed = 2;
	pthread_cleanup_pop(0);
	return NULL;
}

static void *cancel_in_loop(void *arg)
{
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	sem_post(&cancel_ready);
	for (;;)
		;
	return NULL;
}

static void cancel_one(void *(*what)(void *))
{
	struct timespec moment = { .tv_nsec = MS };
	void *value = NULL;
	pthread_t t;

	__atomic_store_n(&cancel_sent, 0, __ATOMIC_RELEASE);
	EXPECT_EQ(pthread_create(&t, NULL, what, NULL), 0);
	sem_wait(&cancel_ready);
	nanosleep(&moment, NULL);
	EXPECT_EQ(pthread_cancel(t), 0);
	__atomic_store_n(&cancel_sent, 1, __ATOMIC_RELEASE);
	EXPECT_EQ(pthread_join(t, &value), 0);
	EXPECT(value == PTHREAD_CANCELED);
}

void stage_thr_cancel(void)
{
	EXPECT_OK(pipe(cancel_pipe));
	EXPECT_OK(sem_init(&cancel_ready, 0, 0));
	cancel_one(cancel_in_read);
	EXPECT_EQ(cancel_cleaned, 1);
	cancel_one(cancel_in_sleep);
	EXPECT_EQ(cancel_cleaned, 11);
	cancel_one(cancel_not_now);
	EXPECT_EQ(cancel_cleaned, 111);
	EXPECT_EQ(cancel_passed, 1);
	cancel_one(cancel_in_loop);
}
