/*
 * An exception in the kernel that nothing had provided for.  The report goes to the log; the task ends;
 * the kernel goes on, since most such faults hurt one system call only.  Like Linux without
 * panic_on_oops; unlike it we give back nothing that the task held.
 */
#include <kernel/oops.h>

#include <arch/arch.h>
#include <kernel/backtrace.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/printf.h>
#include <kernel/proc.h>
#include <kernel/task.h>
#include <uapi/signal.h>

static atomic_t oops_reports;

static void oops_report(const struct trap_frame *tf, const char *what)
{
	log_print(LOG_ALERT, "Oops #%d: %s", atomic_inc_return(&oops_reports), what);
	log_print(LOG_ALERT, "CPU %u, task %s (%d)", current->cpu->id, current->name, current->tid);
	arch_trap_print(tf);
	log_print(LOG_ALERT, "Backtrace:");
	backtrace_print_trap(tf);
}

void oops(const struct trap_frame *tf, const char *fmt, ...)
{
	char what[160];
	va_list args;

	va_start(args, fmt);
	kvsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	oops_report(tf, what);
	if (in_interrupt() || !current->proc || current->proc == init_proc)
		panic("oops in %s", in_interrupt() ? "an interrupt" : current->name);

	current->preempt_count = 0;
	arch_irq_enable();
	proc_exit(SIGSEGV);
}
