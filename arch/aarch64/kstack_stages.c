/* Stage 20: a kernel stack that overflows, on purpose, on a stack of its own. */
#include <arch/arch.h>

#include <arch/traps.h>
#include <kernel/backtrace.h>
#include <kernel/log.h>
#include <kernel/stage.h>
#include <kernel/string.h>
#include <kernel/symbols.h>
#include <kernel/vmap.h>

enum { DEPTH_MAX = 1000, FRAME_BYTES = 480, ENTRIES = 64, LINE_MAX = 256 };

static volatile u32 overflow_depth;

/* Calls itself until the stack is used up; more than that means that nothing stopped it. */
static __noinline u32 overflow_recurse(u32 depth)
{
	volatile u8 block[FRAME_BYTES];

	overflow_depth = depth;
	block[depth % FRAME_BYTES] = depth;
	if (depth >= DEPTH_MAX)
		return 0;
	return overflow_recurse(depth + 1) + block[depth % FRAME_BYTES];
}

/* The compiler may have made a variant of it, "overflow_recurse.part.0". */
static bool overflow_is_culprit(const char *name)
{
	return name && !strncmp(name, "overflow_recurse", strlen("overflow_recurse"));
}

static void overflow_start(void)
{
	overflow_recurse(0);
}

/* Whether a line of the log that is younger than `position` holds the words. */
static bool log_has_since(u64 position, const char *words)
{
	char line[LINE_MAX];

	while (log_read(&position, line, sizeof(line), NULL) >= 0) {
		if (strstr(line, words))
			return true;
	}
	return false;
}

/* The frames of the culprit are found from the exception on. */
static void overflow_check_backtrace(const struct trap_frame *tf)
{
	static struct backtrace_entry entries[ENTRIES];
	int n = backtrace_trap(tf, entries, ENTRIES);
	int culprits = 0;

	for (int i = 0; i < n; i++) {
		const char *name = symbol_find(backtrace_symbol_pc(&entries[i]), NULL, NULL);

		culprits += overflow_is_culprit(name);
	}
	EXPECT_GT(culprits, 2);
}

void stage_mm_kstack_guard(void)
{
	const struct trap_frame *tf = &trap_expected.overflow_frame;
	u32 hits = trap_expected.hits;
	u64 position = kernel_log.next;
	u8 *stack = vmap_stack_alloc();
	const char *culprit;

	EXPECT(stack != NULL);
	arch_overflow_probe(overflow_start, stack + KSTACK_SIZE, &trap_expected.overflow_pc,
			    &trap_expected.overflow_sp);

	EXPECT_EQ(trap_expected.hits, hits + 1);
	EXPECT_GT(overflow_depth, 10u);
	EXPECT_LT(overflow_depth, (u32)DEPTH_MAX);
	/* It was found before anything below the stack was written. */
	EXPECT_GT(tf->sp, (vaddr_t)stack - KSTACK_SIZE);
	EXPECT_LT(tf->sp, (vaddr_t)stack + KSTACK_SIZE);
	culprit = symbol_find(tf->pc, NULL, NULL);
	EXPECT(overflow_is_culprit(culprit));
	overflow_check_backtrace(tf);
	EXPECT(log_has_since(position, "Kernel stack overflow"));
	EXPECT(log_has_since(position, "guard kernel stack"));

	memset(stack, 0, KSTACK_SIZE);
	vmap_stack_free(stack);
}
