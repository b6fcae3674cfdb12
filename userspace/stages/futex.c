/* Stages of futexes, by raw system calls; and of robust mutexes. */
#include "expect.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

enum { WAIT, WAKE, REQUEUE = 3, CMP_REQUEUE, WAKE_OP, WAIT_BITSET = 9, WAKE_BITSET };
enum { PRIVATE = 128, REALTIME = 256, MS = 1000000, SECOND = 1000000000, SLEEPERS = 5 };

static unsigned int word, word2;
static unsigned int *shared; /* a page that children have, too */

static long futex(unsigned int *at, int op, unsigned int val, const void *timeout, unsigned int *at2,
		  unsigned int val3)
{
	return syscall(SYS_futex, at, op, val, timeout, at2, val3);
}

static long futex_now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static struct timespec futex_at(long ns)
{
	return (struct timespec){ ns / SECOND, ns % SECOND };
}

/* ---- sleepers -------------------------------------------------------------------------------- */

struct sleeper {
	pthread_t thread;
	unsigned int *at, bitset;
	volatile int done;
};

static volatile int sleepers_woken;

static void *sleeper_body(void *arg)
{
	struct sleeper *s = arg;

	EXPECT_OK(futex(s->at, WAIT_BITSET | PRIVATE, 0, NULL, NULL, s->bitset));
	s->done = 1;
	__atomic_fetch_add(&sleepers_woken, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Starts sleepers on a word and waits until all of them sleep: a requeue to the same word counts them. */
static void sleepers_start(struct sleeper *s, int n, unsigned int *at)
{
	struct timespec ms = { .tv_nsec = MS };
	int i;

	sleepers_woken = 0;
	for (i = 0; i < n; i++) {
		s[i] = (struct sleeper){ .at = at, .bitset = 1u << i };
		EXPECT_EQ(pthread_create(&s[i].thread, NULL, sleeper_body, &s[i]), 0);
	}
	for (i = 0; i < 1000; i++) {
		if (futex(at, REQUEUE | PRIVATE, 0, (void *)(long)n, at, 0) == n)
			return;
		nanosleep(&ms, NULL);
	}
	EXPECT_LT(i, 1000);
}

static void sleepers_join(struct sleeper *s, int n)
{
	int i;

	for (i = 0; i < n; i++)
		EXPECT_EQ(pthread_join(s[i].thread, NULL), 0);
	EXPECT_EQ(sleepers_woken, n);
}

/* ---- thr.futex ------------------------------------------------------------------------------- */

static void futex_errors(void)
{
	struct timespec bad = { .tv_nsec = SECOND };

	EXPECT_ERRNO(futex(&word, WAIT, 1, NULL, NULL, 0), EAGAIN);
	EXPECT_ERRNO(futex((unsigned int *)((char *)&word + 1), WAIT, 0, NULL, NULL, 0), EINVAL);
	EXPECT_ERRNO(futex((unsigned int *)8, WAIT | PRIVATE, 0, NULL, NULL, 0), EFAULT);
	EXPECT_ERRNO(futex((unsigned int *)-4096l, WAKE | PRIVATE, 1, NULL, NULL, 0), EFAULT);
	EXPECT_ERRNO(futex(&word, WAIT, 0, &bad, NULL, 0), EINVAL);
	EXPECT_ERRNO(futex(&word, WAIT, 0, (void *)8, NULL, 0), EFAULT);
	EXPECT_ERRNO(futex(&word, WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	EXPECT_ERRNO(futex(&word, 77, 0, NULL, NULL, 0), ENOSYS);
	EXPECT_EQ(futex(&word, WAKE, 1, NULL, NULL, 0), 0);
}

static void futex_timeouts(void)
{
	struct timespec ts = { .tv_nsec = 2 * MS };
	long start = futex_now(CLOCK_MONOTONIC);

	EXPECT_ERRNO(futex(&word, WAIT | PRIVATE, 0, &ts, NULL, 0), ETIMEDOUT);
	EXPECT_GE(futex_now(CLOCK_MONOTONIC) - start, 2L * MS);
	start = futex_now(CLOCK_MONOTONIC) + 2 * MS;
	ts = futex_at(start);
	EXPECT_ERRNO(futex(&word, WAIT_BITSET, 0, &ts, NULL, ~0u), ETIMEDOUT);
	EXPECT_GE(futex_now(CLOCK_MONOTONIC), start);
	start = futex_now(CLOCK_REALTIME) + 2 * MS;
	ts = futex_at(start);
	EXPECT_ERRNO(futex(&word, WAIT_BITSET | REALTIME, 0, &ts, NULL, ~0u), ETIMEDOUT);
	EXPECT_GE(futex_now(CLOCK_REALTIME), start);
	ts = futex_at(0);
	EXPECT_ERRNO(futex(&word, WAIT_BITSET | PRIVATE, 0, &ts, NULL, ~0u), ETIMEDOUT);
}

static void futex_wakes(void)
{
	struct sleeper s[SLEEPERS];

	sleepers_start(s, SLEEPERS, &word);
	/* Another word and another process's like it wake nobody. */
	EXPECT_EQ(futex(&word2, WAKE | PRIVATE, 100, NULL, NULL, 0), 0);
	EXPECT_EQ(sleepers_woken, 0);
	EXPECT_EQ(futex(&word, WAKE | PRIVATE, 2, NULL, NULL, 0), 2);
	EXPECT_EQ(futex(&word, WAKE | PRIVATE, 100, NULL, NULL, 0), SLEEPERS - 2);
	EXPECT_EQ(futex(&word, WAKE | PRIVATE, 100, NULL, NULL, 0), 0);
	sleepers_join(s, SLEEPERS);
}

/* Between processes, on shared memory. */
static void futex_shared(void)
{
	struct timespec ms = { .tv_nsec = MS };
	pid_t pid;
	int i;

	IN_CHILD(pid) {
		while (shared[0] == 0)
			(void)futex(&shared[0], WAIT, 0, NULL, NULL, 0);
		EXPECT_EQ(shared[0], 1u);
		shared[1] = 1;
		EXPECT_GE(futex(&shared[1], WAKE, 1, NULL, NULL, 0), 0);
	}
	for (i = 0; i < 3; i++)
		nanosleep(&ms, NULL);
	shared[0] = 1;
	EXPECT_GE(futex(&shared[0], WAKE, 1, NULL, NULL, 0), 0);
	while (shared[1] == 0)
		(void)futex(&shared[1], WAIT, 0, NULL, NULL, 0);
	EXPECT_CHILD_OK(pid);
}

static void futex_on_signal(int sig)
{
}

static void futex_interrupted(void)
{
	struct timespec moment = { .tv_nsec = MS };
	struct sigaction sa = { .sa_handler = futex_on_signal };
	pid_t pid, self = getpid();
	int status;

	EXPECT_OK(sigaction(SIGUSR1, &sa, NULL));
	IN_CHILD(pid) {
		for (;;) {
			nanosleep(&moment, NULL);
			kill(self, SIGUSR1);
		}
	}
	EXPECT_ERRNO(futex(&word, WAIT | PRIVATE, 0, NULL, NULL, 0), EINTR);
	EXPECT_OK(kill(pid, SIGKILL));
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	signal(SIGUSR1, SIG_DFL);
}

static unsigned int *shared_page(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	EXPECT(p != MAP_FAILED);
	return p;
}

void stage_thr_futex(void)
{
	shared = shared_page();
	futex_errors();
	futex_timeouts();
	futex_wakes();
	futex_shared();
	futex_interrupted();
}

/* ---- thr.futex_ops --------------------------------------------------------------------------- */

static void futex_requeues(void)
{
	struct sleeper s[SLEEPERS];

	sleepers_start(s, SLEEPERS, &word);
	EXPECT_ERRNO(futex(&word, CMP_REQUEUE | PRIVATE, 1, (void *)1, &word2, 7), EAGAIN);
	/* One is woken, two go over to the other word. */
	EXPECT_EQ(futex(&word, CMP_REQUEUE | PRIVATE, 1, (void *)2, &word2, 0), 3);
	EXPECT_EQ(futex(&word2, WAKE | PRIVATE, 100, NULL, NULL, 0), 2);
	EXPECT_EQ(futex(&word, WAKE | PRIVATE, 100, NULL, NULL, 0), SLEEPERS - 3);
	sleepers_join(s, SLEEPERS);
	EXPECT_ERRNO(futex(&word, REQUEUE, -1, (void *)1, &word2, 0), EINVAL);
}

static void futex_bitsets(void)
{
	struct sleeper s[SLEEPERS];

	sleepers_start(s, SLEEPERS, &word);
	EXPECT_EQ(futex(&word, WAKE_BITSET | PRIVATE, 100, NULL, NULL, 1u << SLEEPERS), 0);
	EXPECT_EQ(futex(&word, WAKE_BITSET | PRIVATE, 100, NULL, NULL, 1u << 3), 1);
	EXPECT_EQ(pthread_join(s[3].thread, NULL), 0);
	EXPECT_EQ(s[3].done, 1);
	EXPECT_EQ(sleepers_woken, 1);
	EXPECT_EQ(futex(&word, WAKE | PRIVATE, 100, NULL, NULL, 0), SLEEPERS - 1);
	EXPECT_EQ(pthread_join(s[0].thread, NULL), 0);
	EXPECT_EQ(pthread_join(s[1].thread, NULL), 0);
	EXPECT_EQ(pthread_join(s[2].thread, NULL), 0);
	EXPECT_EQ(pthread_join(s[4].thread, NULL), 0);
}

/* op, its operand, comparison, what with: as futex(2) packs them. */
static unsigned int wake_op(unsigned int op, unsigned int arg, unsigned int cmp, unsigned int with)
{
	return op << 28 | (arg & 0xfff) << 12 | cmp << 24 | (with & 0xfff);
}

static unsigned int apply(unsigned int old, unsigned int op, unsigned int arg)
{
	word2 = old;
	EXPECT_EQ(futex(&word, WAKE_OP | PRIVATE, 1, (void *)1, &word2, wake_op(op, arg, 0, 0)), 0);
	return word2;
}

static void futex_wake_ops(void)
{
	enum { SET, ADD, OR, ANDN, XOR, SHIFT = 8, EQ = 0, GT = 4 };
	struct sleeper a[1], b[1];

	EXPECT_EQ(apply(5, SET, 9), 9u);
	EXPECT_EQ(apply(5, ADD, 9), 14u);
	EXPECT_EQ(apply(5, ADD, -1), 4u);
	EXPECT_EQ(apply(5, OR, 8), 13u);
	EXPECT_EQ(apply(5, ANDN, 4), 1u);
	EXPECT_EQ(apply(5, XOR, 1), 4u);
	EXPECT_EQ(apply(5, OR | SHIFT, 4), 21u);
	EXPECT_ERRNO(futex(&word, WAKE_OP | PRIVATE, 1, (void *)1, &word2, 7u << 28), ENOSYS);

	/* The second word's waiters are woken only if the comparison held. */
	word2 = 0;
	sleepers_start(a, 1, &word);
	sleepers_start(b, 1, &word2);
	EXPECT_EQ(futex(&word, WAKE_OP | PRIVATE, 1, (void *)1, &word2, wake_op(ADD, 3, GT, 5)), 1);
	EXPECT_EQ(pthread_join(a->thread, NULL), 0);
	EXPECT_EQ(b->done, 0);
	EXPECT_EQ(futex(&word, WAKE_OP | PRIVATE, 1, (void *)1, &word2, wake_op(SET, 0, EQ, 3)), 1);
	EXPECT_EQ(pthread_join(b->thread, NULL), 0);
	EXPECT_EQ(word2, 0u);
}

void stage_thr_futex_ops(void)
{
	futex_requeues();
	futex_bitsets();
	futex_wake_ops();
}

/* ---- thr.robust ------------------------------------------------------------------------------ */

static void *robust_dies_with(void *arg)
{
	EXPECT_EQ(pthread_mutex_lock(arg), 0);
	return NULL;
}

void stage_thr_robust(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t *m;
	unsigned long size;
	pthread_t t;
	void *head;
	pid_t pid;
	int status;

	m = (pthread_mutex_t *)shared_page();
	EXPECT_EQ(pthread_mutexattr_init(&attr), 0);
	EXPECT_EQ(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED), 0);
	EXPECT_EQ(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST), 0);
	EXPECT_EQ(pthread_mutex_init(m, &attr), 0);

	/* A thread that ends with the lock, and a process that is killed with it. */
	EXPECT_EQ(pthread_create(&t, NULL, robust_dies_with, m), 0);
	EXPECT_EQ(pthread_join(t, NULL), 0);
	EXPECT_EQ(pthread_mutex_lock(m), EOWNERDEAD);
	EXPECT_EQ(pthread_mutex_consistent(m), 0);
	EXPECT_EQ(pthread_mutex_unlock(m), 0);
	IN_CHILD(pid) {
		robust_dies_with(m);
		kill(getpid(), SIGKILL);
	}
	/* Asleep on it when the owner dies, or coming later: either way it is told. */
	while ((status = pthread_mutex_lock(m)) == 0) {
		pthread_mutex_unlock(m);
		sched_yield();
	}
	EXPECT_EQ(status, EOWNERDEAD);
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_EQ(status, SIGKILL);
	EXPECT_EQ(pthread_mutex_consistent(m), 0);
	EXPECT_EQ(pthread_mutex_unlock(m), 0);
	EXPECT_EQ(pthread_mutex_lock(m), 0);
	EXPECT_EQ(pthread_mutex_unlock(m), 0);

	EXPECT_ERRNO(syscall(SYS_set_robust_list, m, 23), EINVAL);
	EXPECT_OK(syscall(SYS_get_robust_list, 0, &head, &size));
	EXPECT_EQ(size, 24u);
	/* A list that leads nowhere harms nobody but its owner. */
	IN_CHILD(pid)
		syscall(SYS_set_robust_list, (void *)-4096l, 24);
	EXPECT_CHILD_OK(pid);
	IN_CHILD(pid) {
		/* A ring that never comes back to its head. */
		((void **)m)[0] = (void **)m + 8;
		((void **)m)[8] = (void **)m + 8;
		syscall(SYS_set_robust_list, m, 24);
	}
	EXPECT_CHILD_OK(pid);
}
