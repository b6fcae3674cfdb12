/* Finds CPUs that hang. */
#include <kernel/watchdog.h>

void watchdog_tick(struct cpu *cpu)
{
}

void watchdog_answer(void *arg)
{
}
