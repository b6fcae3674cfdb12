/* Stage 36: a backtrace out of a nested exception. */
#include <arch/arch.h>

#include <arch/esr.h>
#include <arch/traps.h>
#include <kernel/backtrace.h>
#include <kernel/stage.h>
#include <kernel/string.h>
#include <kernel/symbols.h>

enum { STAGE_TRACE_MAX = 32 };
enum { INSN_BRK = 0xd4200000 }; /* C6.2.36, the immediate at bit 5 */

static struct backtrace_entry stage_trace[STAGE_TRACE_MAX];
/* volatile: the compiler does not see that a BRK calls. */
static volatile int stage_trace_count;
static volatile u32 stage_trace_depth;

static __noinline void stage_brk(void)
{
	/* Says that it calls, so that it has a frame of its own. */
	__asm__ volatile("brk %0" : : "i"(BRK_STAGE) : "x30", "memory");
}

/* In the handler of the first BRK: another one.  In the handler of that: who called whom? */
static void stage_on_brk(void)
{
	if (stage_trace_depth++ == 0)
		stage_brk();
	else
		stage_trace_count = backtrace_here(stage_trace, STAGE_TRACE_MAX);
	__asm__ volatile("" : : : "memory");
}

static __noinline void stage_trace_outer(void)
{
	stage_brk();
	__asm__ volatile("" : : : "memory");
}

/* The next entry from *at on in the named function; *at moves behind it. */
static const struct backtrace_entry *expect_frame(int *at, const char *name)
{
	for (; *at < stage_trace_count; (*at)++) {
		const char *found = symbol_find(backtrace_symbol_pc(&stage_trace[*at]), NULL, NULL);

		if (found && strcmp(found, name) == 0)
			return &stage_trace[(*at)++];
	}
	stage_fail(__FILE__, __LINE__, "no frame of %s among %d", name, stage_trace_count);
}

void stage_debug_backtrace(void)
{
	const struct backtrace_entry *e;
	char text[64];
	int at = 0;

	stage_trace_depth = 0;
	trap_expected.on_brk = stage_on_brk;
	stage_trace_outer();
	trap_expected.on_brk = NULL;
	EXPECT_EQ(stage_trace_depth, 2u);

	expect_frame(&at, "stage_on_brk");
	expect_frame(&at, "trap_el1_sync");
	e = expect_frame(&at, "stage_brk");
	EXPECT(e->tf != NULL);
	EXPECT_EQ(*(const u32 *)e->pc, INSN_BRK | BRK_STAGE << 5);
	expect_frame(&at, "stage_on_brk");
	expect_frame(&at, "trap_el1_sync");
	e = expect_frame(&at, "stage_brk");
	EXPECT(e->tf != NULL);
	e = expect_frame(&at, "stage_trace_outer");
	EXPECT(e->tf == NULL);
	expect_frame(&at, "stage_debug_backtrace");

	symbol_format(text, sizeof(text), (vaddr_t)stage_debug_backtrace + 4);
	EXPECT_EQ(strncmp(text, "stage_debug_backtrace+0x4/0x", 28), 0);
	EXPECT_EQ(symbol_address("stage_debug_backtrace"), (vaddr_t)stage_debug_backtrace);
	EXPECT(symbol_find(0x1234, NULL, NULL) == NULL);
}
