/*
 * The end: says what is known, by polling, and resets the machine (xtask takes a reset for a dead kernel),
 * or with panic=halt stops it where a debugger finds it.
 */
#include <kernel/panic.h>

#include <arch/arch.h>
#include <kernel/atomic.h>
#include <kernel/backtrace.h>
#include <kernel/boot.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/printf.h>
#include <kernel/smp.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/watchdog.h>

enum { PANIC_LOG_LINES = 16 };

static atomic_t panic_entered;

static __noreturn void panic_halt(void)
{
	arch_irq_disable();
	for (;;)
		arch_wait_for_interrupt();
}

static void panic_report(const char *what)
{
	log_print(LOG_EMERG, "Kernel panic: %s", what);
	if (current->cpu)
		log_print(LOG_EMERG, "CPU %u, task %s (%d)", current->cpu->id, current->name,
			  current->tid);
	arch_state_print();
	log_print(LOG_EMERG, "Backtrace:");
	backtrace_print_here();
	log_print(LOG_EMERG, "Last lines of the log:");
	log_dump_tail(PANIC_LOG_LINES);
}

void panic(const char *fmt, ...)
{
	char what[256];
	va_list args;
	int before;

	arch_irq_disable();
	watchdog_disable();
	before = atomic_fetch_or(&panic_entered, 1);
	/* Another CPU, or this one while it reports: one report is enough. */
	if (before & 2)
		panic_halt();
	if (before & 1)
		atomic_fetch_or(&panic_entered, 2);
	log_enter_panic();
	va_start(args, fmt);
	kvsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	if (before) {
		log_print(LOG_EMERG, "Panic while panicking: %s", what);
		panic_halt();
	}
	if (irq_chip && current->cpu)
		smp_stop_others();
	panic_report(what);
	if (boot_options.panic && strcmp(boot_options.panic, "halt") == 0)
		panic_halt();
	arch_reset();
}

void boot_refuse(const char *fmt, ...)
{
	char what[256];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	arch_irq_disable();
	log_enter_panic();
	if (irq_chip && current->cpu)
		smp_stop_others();
	log_print(LOG_EMERG, "Cannot boot: %s", what);
	if (boot_options.panic && strcmp(boot_options.panic, "halt") == 0)
		panic_halt();
	arch_reset();
}

void assert_failed(const char *file, int line, const char *expr)
{
	panic("%s:%d: assertion failed: %s", file, line, expr);
}
