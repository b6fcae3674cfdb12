/*
 * Backtraces from frame pointers (the kernel is built with them), named by the image's own symbols.
 * Called by oops, panic, the watchdog and the stages.  The shape of a frame is the architecture's
 * (arch_unwind()); a chain that leads nowhere ends, it never faults.
 */
#include <kernel/backtrace.h>

#include <arch/arch.h>
#include <kernel/log.h>
#include <kernel/symbols.h>
#include <kernel/task.h>

enum { BACKTRACE_MAX = 32, BACKTRACE_NAME_MAX = 96 };

static int backtrace_collect(struct arch_unwind *u, struct backtrace_entry *entries, int max)
{
	int n = 0;

	while (n < max) {
		entries[n++] = (struct backtrace_entry){ .pc = u->pc, .tf = u->tf };
		if (!arch_unwind_next(u))
			break;
	}
	return n;
}

__noinline int backtrace_here(struct backtrace_entry *entries, int max)
{
	struct arch_unwind u;

	arch_unwind_here(&u);
	return backtrace_collect(&u, entries, max);
}

int backtrace_trap(const struct trap_frame *tf, struct backtrace_entry *entries, int max)
{
	struct arch_unwind u;

	arch_unwind_trap(&u, tf);
	return backtrace_collect(&u, entries, max);
}

int backtrace_task(const struct task *t, struct backtrace_entry *entries, int max)
{
	struct arch_unwind u;

	arch_unwind_task(&u, t);
	return backtrace_collect(&u, entries, max);
}

vaddr_t backtrace_symbol_pc(const struct backtrace_entry *e)
{
	return e->tf ? e->pc : e->pc - 4;
}

void backtrace_print(const struct backtrace_entry *entries, int count)
{
	char name[BACKTRACE_NAME_MAX];

	for (int i = 0; i < count; i++) {
		const struct backtrace_entry *e = &entries[i];

		if (e->tf && trap_from_user(e->tf))
			log_print(LOG_EMERG, "  #%d user 0x%lx", i, e->pc);
		else if (e->tf)
			log_print(LOG_EMERG, "  #%d %pS  <exception>", i, (void *)e->pc);
		else if (symbol_format_return(name, sizeof(name), e->pc))
			log_print(LOG_EMERG, "  #%d %s", i, name);
	}
}

void backtrace_print_here(void)
{
	struct backtrace_entry entries[BACKTRACE_MAX];

	backtrace_print(entries, backtrace_here(entries, BACKTRACE_MAX));
}

void backtrace_print_trap(const struct trap_frame *tf)
{
	struct backtrace_entry entries[BACKTRACE_MAX];

	backtrace_print(entries, backtrace_trap(tf, entries, BACKTRACE_MAX));
}

void backtrace_print_task(const struct task *t)
{
	struct backtrace_entry entries[BACKTRACE_MAX];

	backtrace_print(entries, backtrace_task(t, entries, BACKTRACE_MAX));
}
