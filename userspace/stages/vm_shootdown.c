/*
 * A page that one thread unmaps while others read it: when munmap has returned nobody gets at it.
 * Two readers; each has a way of its own out of the fault.
 */
#include "expect.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

enum { PAGE = 4096, READERS = 2, ROUNDS = 8, OLD = 'o' };

static char *volatile shared_page;
static volatile int round_number; /* odd: unmapped, even: mapped */
static volatile int readers_in;   /* (a) that have read in this round */
static volatile int readers_out;  /* (a) that have faulted in this round */
static volatile int late_reads;   /* (a) that worked after munmap had returned */

static __thread sigjmp_buf reader_return;

static void reader_fault(int sig)
{
	siglongjmp(reader_return, 1);
}

/* Reads until the page is gone; says when it saw the page, and when it did not. */
static void reader_round(int number)
{
	volatile char *p = shared_page;
	int counted = 0, gone;

	if (sigsetjmp(reader_return, 1)) {
		__atomic_fetch_add(&readers_out, 1, __ATOMIC_SEQ_CST);
		return;
	}
	for (;;) {
		gone = __atomic_load_n(&round_number, __ATOMIC_SEQ_CST) != number;
		if (*p != OLD || gone) {
			__atomic_fetch_add(&late_reads, 1, __ATOMIC_SEQ_CST);
			__atomic_fetch_add(&readers_out, 1, __ATOMIC_SEQ_CST);
			return;
		}
		if (!counted++)
			__atomic_fetch_add(&readers_in, 1, __ATOMIC_SEQ_CST);
	}
}

static void *reader(void *arg)
{
	for (int n = 2; n <= 2 * ROUNDS; n += 2) {
		while (__atomic_load_n(&round_number, __ATOMIC_SEQ_CST) < n)
			sched_yield();
		reader_round(n);
	}
	return NULL;
}

static void await_count(volatile int *count)
{
	while (__atomic_load_n(count, __ATOMIC_SEQ_CST) < READERS)
		sched_yield();
}

void stage_vm_tlb_shootdown(void)
{
	struct sigaction sa = { .sa_handler = reader_fault, .sa_flags = SA_NODEFER };
	pthread_t threads[READERS];

	EXPECT_OK(sigaction(SIGSEGV, &sa, NULL));
	for (int i = 0; i < READERS; i++)
		EXPECT_EQ(pthread_create(&threads[i], NULL, reader, NULL), 0);
	for (int n = 2; n <= 2 * ROUNDS; n += 2) {
		char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		EXPECT(p != MAP_FAILED);
		*p = OLD;
		shared_page = p;
		readers_in = readers_out = 0;
		__atomic_store_n(&round_number, n, __ATOMIC_SEQ_CST);
		await_count(&readers_in);
		EXPECT_OK(munmap(p, PAGE));
		__atomic_store_n(&round_number, n + 1, __ATOMIC_SEQ_CST);
		await_count(&readers_out);
		EXPECT_EQ(late_reads, 0);
	}
	for (int i = 0; i < READERS; i++)
		EXPECT_EQ(pthread_join(threads[i], NULL), 0);
}
