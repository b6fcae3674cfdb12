/*
 * A parent and its child on one CPU, neither of which enters the kernel: only the tick can give each its
 * turns.  Both keep values of their own in every vector register meanwhile.
 */
#include "expect.h"

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { PREEMPT_TURNS = 3, PREEMPT_SPINS = 20000, PREEMPT_LIMIT_SECONDS = 10 };

/* What the two see of each other. */
struct preempt_board {
	volatile int last;       /* who ran last: 0 parent, 1 child */
	volatile int turns[2];
	volatile int damaged[2]; /* vector registers that changed */
};

static uint64_t preempt_counter(void)
{
	uint64_t n;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(n));
	return n;
}

static uint64_t preempt_counter_hz(void)
{
	uint64_t hz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz;
}

#define EACH_VECTOR                                                                                \
	"0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"

/* Fills v0 to v31 with seed + number, spins, and says how many changed. */
static int preempt_spin(uint64_t seed, uint64_t spins)
{
	uint64_t changed = 0, want, low, high;

	__asm__ volatile(
		".irp n," EACH_VECTOR "\n\t"
		"add %[want], %[seed], #\\n\n\t"
		"dup v\\n\\().2d, %[want]\n\t"
		".endr\n"
		"1:\n\t"
		"subs %[spins], %[spins], #1\n\t"
		"b.ne 1b\n\t"
		".irp n," EACH_VECTOR "\n\t"
		"add %[want], %[seed], #\\n\n\t"
		"umov %[low], v\\n\\().d[0]\n\t"
		"umov %[high], v\\n\\().d[1]\n\t"
		"cmp %[want], %[low]\n\t"
		"ccmp %[want], %[high], #0, eq\n\t"
		"cinc %[changed], %[changed], ne\n\t"
		".endr"
		: [spins] "+r"(spins), [changed] "+r"(changed), [want] "=&r"(want),
		  [low] "=&r"(low), [high] "=&r"(high)
		: [seed] "r"(seed)
		: "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11",
		  "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23",
		  "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
	return (int)changed;
}

/* Spins until both have had their turns or the time is over.  No system calls. */
static void preempt_play(struct preempt_board *board, int me)
{
	uint64_t end = preempt_counter() + PREEMPT_LIMIT_SECONDS * preempt_counter_hz();

	while (preempt_counter() < end &&
	       (board->turns[0] < PREEMPT_TURNS || board->turns[1] < PREEMPT_TURNS)) {
		if (board->last != me) {
			board->last = me;
			board->turns[me]++;
		}
		board->damaged[me] += preempt_spin((uint64_t)(me + 1) << 32, PREEMPT_SPINS);
	}
}

void stage_user_preempt(void)
{
	struct preempt_board *board;
	cpu_set_t one, before;
	int status;
	pid_t child;

	EXPECT_OK(sched_getaffinity(0, sizeof(before), &before));
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	EXPECT_OK(sched_setaffinity(0, sizeof(one), &one));
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EXPECT(board != MAP_FAILED);
	board->last = -1;

	child = fork();
	EXPECT_OK(child);
	if (child == 0) {
		preempt_play(board, 1);
		/* Until it is killed, which also takes an interrupt. */
		for (;;)
			preempt_spin(7, PREEMPT_SPINS);
	}
	preempt_play(board, 0);
	EXPECT_GE(board->turns[0], PREEMPT_TURNS);
	EXPECT_GE(board->turns[1], PREEMPT_TURNS);
	EXPECT_EQ(board->damaged[0], 0);
	EXPECT_EQ(board->damaged[1], 0);

	EXPECT_OK(kill(child, SIGKILL));
	EXPECT_EQ(waitpid(child, &status, 0), child);
	EXPECT(WIFSIGNALED(status));
	EXPECT_EQ(WTERMSIG(status), SIGKILL);
	EXPECT_OK(sched_setaffinity(0, sizeof(before), &before));
	EXPECT_OK(munmap(board, sizeof(*board)));
}
