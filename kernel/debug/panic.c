/* The end: says what is known and resets the machine, or stops it where a debugger finds it. */
#include <kernel/panic.h>

#include <arch/arch.h>
#include <kernel/log.h>
#include <kernel/printf.h>

void panic(const char *fmt, ...)
{
	char line[256];
	va_list args;

	arch_irq_disable();
	log_enter_panic();
	va_start(args, fmt);
	kvsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	log_print(LOG_EMERG, "panic: %s", line);
	for (;;)
		arch_wait_for_interrupt();
}

void assert_failed(const char *file, int line, const char *expr)
{
	panic("%s:%d: assertion failed: %s", file, line, expr);
}
