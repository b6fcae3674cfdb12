/* What the entry code needs to exist. */
#include <arch/boot.h>
#include <kernel/cpu.h>
#include <kernel/task.h>

struct task boot_tasks[NR_CPUS];
