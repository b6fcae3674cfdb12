/*
 * Power State Coordination Interface (Arm DEN 0022): starting CPUs, power-off, reset.  The conduit and
 * the function numbers come from the device tree (struct machine).
 */
#include <arch/arch.h>

#include <arch/boot.h>
#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/log.h>
#include <kernel/machine.h>
#include <kernel/sections.h>
#include <kernel/task.h>

enum psci_result {
	PSCI_SUCCESS        = 0,
	PSCI_NOT_SUPPORTED  = -1,
	PSCI_INVALID        = -2,
	PSCI_DENIED         = -3,
	PSCI_ALREADY_ON     = -4,
	PSCI_ON_PENDING     = -5,
	PSCI_INTERNAL       = -6,
};

/* What a starting CPU is told.  Read by it with its caches off. */
static struct cpu_start cpu_starts[NR_CPUS] __aligned(64);

static long psci_call(u64 function, u64 a1, u64 a2, u64 a3)
{
	register u64 x0 __asm__("x0") = function;
	register u64 x1 __asm__("x1") = a1;
	register u64 x2 __asm__("x2") = a2;
	register u64 x3 __asm__("x3") = a3;

	switch (machine.psci) {
	case PSCI_HVC:
		__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
				 : : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
				     "x13", "x14", "x15", "x16", "x17", "memory");
		return (long)x0;
	case PSCI_SMC:
		__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
				 : : "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
				     "x13", "x14", "x15", "x16", "x17", "memory");
		return (long)x0;
	default:
		return PSCI_NOT_SUPPORTED;
	}
}

static paddr_t psci_image_phys(const void *p)
{
	return boot_record.phys_base + ((vaddr_t)p - (vaddr_t)_text);
}

int arch_cpu_start(u32 id, u64 mpidr, struct task *idle)
{
	struct cpu_start *start = &cpu_starts[id];

	start->entry = psci_image_phys(&boot_record.cpus[id]);
	start->stack = (vaddr_t)idle->kstack + KSTACK_SIZE;
	start->idle = (vaddr_t)idle;
	start->id = id;
	arch_dcache_clean(start, sizeof(*start));
	/* That CPU writes its record around the cache. */
	arch_dcache_clean(&boot_record.cpus[id], sizeof(boot_record.cpus[id]));

	switch (psci_call(machine.psci_cpu_on, mpidr, psci_image_phys(entry_secondary),
			  psci_image_phys(start))) {
	case PSCI_SUCCESS:
		return 0;
	case PSCI_ALREADY_ON:
	case PSCI_ON_PENDING:
		return -EBUSY;
	case PSCI_NOT_SUPPORTED:
		return -ENOSYS;
	default:
		return -EINVAL;
	}
}

u64 arch_mpidr(void)
{
	u64 mpidr;

	__asm__("mrs %0, mpidr_el1" : "=r"(mpidr));
	return mpidr & 0xff00ffffff; /* Aff3, Aff2, Aff1, Aff0 */
}

static __noreturn void psci_halt(void)
{
	for (;;)
		arch_wait_for_interrupt();
}

void arch_power_off(void)
{
	arch_irq_disable();
	psci_call(machine.psci_system_off, 0, 0, 0);
	psci_halt();
}

void arch_reset(void)
{
	arch_irq_disable();
	psci_call(machine.psci_system_reset, 0, 0, 0);
	psci_halt();
}
