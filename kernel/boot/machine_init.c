/*
 * The first thing that kmain does: learn from the device tree what machine this is, and get a console
 * to say so.  The tree is read by machine_parse(); here is what has effects.
 */
#include <kernel/machine.h>
#include <arch/arch.h>
#include <arch/boot.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/sections.h>
#include <kernel/uart.h>

/*
 * Where QEMU's virt has its UART.  Used for one thing: to say that the device tree, which should have
 * told, cannot be read.
 */
enum { MACHINE_LAST_RESORT_UART = 0x09000000 };

/*
 * How to end the machine before its tree has said so: by the conduit that the way we were entered leaves,
 * with the numbers of PSCI 0.2.
 */
struct machine machine = {
	.psci_system_off = PSCI_SYSTEM_OFF,
	.psci_system_reset = PSCI_SYSTEM_RESET,
};

static __noreturn void machine_refused(const char *why)
{
	if (!uart.base)
		uart_early_init(MACHINE_LAST_RESORT_UART);
	boot_refuse("device tree refused: %s", why);
}

static void machine_describe(const struct machine *m)
{
	u64 ram = 0;

	for (u32 i = 0; i < m->memory_count; i++)
		ram += m->memory[i].size;
	log_info("machine: %s, %lu MiB in %u range(s), %u CPU(s), GICv%d, PSCI by %s", m->model,
		 ram >> 20, m->memory_count, m->cpu_count, m->gic == GIC_V3 ? 3 : 2,
		 m->psci == PSCI_HVC ? "hvc" : m->psci == PSCI_SMC ? "smc" : "none");
	if (m->cpus_ignored)
		log_warn("machine: %u CPU(s) are not used", m->cpus_ignored);
	if (m->psci == PSCI_NONE)
		log_warn("machine: no PSCI, so one CPU and no power-off");
}

void machine_init(const void *blob, size_t limit)
{
	u8 byte;
	int err;

	machine.psci = boot_record.cpus[0].el == 2 ? PSCI_SMC : PSCI_HVC;
	if (arch_probe_read(blob, &byte))
		machine_refused("there is no memory where x0 points");
	if (dt_open(&machine_dt, blob, limit))
		machine_refused(machine_dt.problem ? machine_dt.problem : "no tree was passed");
	err = machine_parse(&machine_dt, &machine);
	if (machine.uart.size)
		uart_early_init(machine.uart.base);
	if (!err)
		err = machine_reserve(&machine, boot_record.phys_base, _end - _text, "kernel");
	if (!err)
		err = machine_reserve(&machine, (vaddr_t)blob - LINEAR_BASE, machine_dt.size, "device tree");
	if (err)
		machine_refused(machine.problem);
	machine_describe(&machine);
}
