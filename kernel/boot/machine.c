/*
 * The device tree turned into struct machine, by the Devicetree Specification 0.4 (memory 3.4,
 * reserved-memory 3.5, chosen 3.6, cpus 3.7) and Linux's bindings of the GIC, the architected timer and
 * PSCI.  Called once by machine_init(), and by a stage and the unit test with other trees.
 *
 * Nothing is assumed: an address or an interrupt that the tree does not name is not used.  Left out
 * compared with Linux: NUMA, hotplug, spin-table CPUs, memory below a gap in `ranges`.
 */
#include <kernel/machine.h>
#include <kernel/errno.h>
#include <kernel/printf.h>
#include <kernel/string.h>

/* GIC binding: an interrupt is <type number flags>. */
enum gic_cells { GIC_CELL_TYPE, GIC_CELL_NUMBER, GIC_CELL_FLAGS, GIC_CELLS };
enum gic_cell_type { GIC_TYPE_SPI = 0, GIC_TYPE_PPI = 1 };
enum { GIC_FIRST_PPI = 16, GIC_FIRST_SPI = 32, GIC_SPI_END = 1020 };
enum { GIC_FLAG_EDGE_RISING = 1, GIC_FLAG_EDGE_FALLING = 2 };

/* Order of the interrupts of an arm,armv8-timer node. */
enum timer_irq { TIMER_IRQ_SECURE, TIMER_IRQ_NONSECURE, TIMER_IRQ_VIRTUAL };

/* Bits of MPIDR_EL1 that name a CPU: Aff3 and Aff2..Aff0. */
static const u64 machine_affinity_mask = 0xff00ffffffUL;

/* Granule in which RAM is handed out. */
enum { MACHINE_PAGE = 4096 };

static int machine_refuse(struct machine *m, const char *problem)
{
	strlcpy(m->problem, problem, sizeof(m->problem));
	return -EINVAL;
}

int machine_irq(const struct dt *dt, int node, u32 index, u32 *intid, bool *edge)
{
	struct dt_irq irq;
	u32 number;
	int err;

	err = dt_interrupt(dt, node, index, &irq);
	if (err)
		return err;
	if (irq.cell_count < GIC_CELLS)
		return -EINVAL;
	number = irq.cells[GIC_CELL_NUMBER];
	switch (irq.cells[GIC_CELL_TYPE]) {
	case GIC_TYPE_SPI:
		if (number >= GIC_SPI_END - GIC_FIRST_SPI)
			return -EINVAL;
		*intid = number + GIC_FIRST_SPI;
		break;
	case GIC_TYPE_PPI:
		if (number >= GIC_FIRST_SPI - GIC_FIRST_PPI)
			return -EINVAL;
		*intid = number + GIC_FIRST_PPI;
		break;
	default:
		return -EINVAL;
	}
	*edge = irq.cells[GIC_CELL_FLAGS] & (GIC_FLAG_EDGE_RISING | GIC_FLAG_EDGE_FALLING);
	return 0;
}

/* A console that is not a PL011 is no error: the log ring is kept all the same. */
static void machine_parse_uart(const struct dt *dt, struct machine *m)
{
	int chosen = dt_find_path(dt, "/chosen");
	const char *path = chosen < 0 ? NULL : dt_prop_string(dt, chosen, "stdout-path");
	int node = path ? dt_find_path(dt, path) : -ENOENT;
	bool edge;

	if (node < 0 || !dt_is_compatible(dt, node, "arm,pl011"))
		return;
	if (dt_reg(dt, node, 0, &m->uart.base, &m->uart.size)) {
		m->uart.size = 0;
		return;
	}
	m->uart.name = "uart";
	if (machine_irq(dt, node, 0, &m->uart_intid, &edge))
		m->uart_intid = 0;
}

static void machine_parse_chosen(const struct dt *dt, struct machine *m)
{
	int chosen = dt_find_path(dt, "/chosen");
	const char *text = dt_prop_string(dt, 0, "model");
	u64 start, end;

	m->model = text ? text : "unnamed machine";
	m->cmdline = "";
	if (chosen < 0)
		return;
	text = dt_prop_string(dt, chosen, "bootargs");
	if (text)
		m->cmdline = text;
	if (dt_prop_number(dt, chosen, "linux,initrd-start", &start) == 0 &&
	    dt_prop_number(dt, chosen, "linux,initrd-end", &end) == 0 && end > start) {
		m->initrd.base = start;
		m->initrd.size = end - start;
		m->initrd.name = "initrd";
	}
}

/* Puts a range into its place by address, joined with a neighbour it touches. */
static int machine_add_memory(struct machine *m, paddr_t base, u64 size)
{
	paddr_t start = ALIGN_UP(base, (paddr_t)MACHINE_PAGE);
	paddr_t end = ALIGN_DOWN(base + size, (paddr_t)MACHINE_PAGE);
	u32 i = 0;

	if (base + size < base)
		return machine_refuse(m, "a memory range wraps around the address space");
	if (end <= start)
		return 0;
	while (i < m->memory_count && m->memory[i].base + m->memory[i].size < start)
		i++;
	/* [i, last) touch the new range and melt into it. */
	u32 last = i;

	while (last < m->memory_count && m->memory[last].base <= end) {
		start = MIN(start, m->memory[last].base);
		end = MAX(end, m->memory[last].base + m->memory[last].size);
		last++;
	}
	if (m->memory_count - (last - i) >= MACHINE_RANGES_MAX)
		return machine_refuse(m, "too many memory ranges");
	memmove(&m->memory[i + 1], &m->memory[last],
		(m->memory_count - last) * sizeof(m->memory[0]));
	m->memory_count = m->memory_count - (last - i) + 1;
	m->memory[i] = (struct phys_range){ start, end - start, "ram" };
	return 0;
}

static int machine_parse_memory(const struct dt *dt, struct machine *m)
{
	int node = -1;
	paddr_t base;
	u64 size;

	while ((node = dt_find_type(dt, node, "memory")) >= 0) {
		if (!dt_is_available(dt, node))
			continue;
		for (u32 i = 0; dt_reg(dt, node, i, &base, &size) == 0; i++) {
			int err = machine_add_memory(m, base, size);

			if (err)
				return err;
		}
	}
	return m->memory_count ? 0 : machine_refuse(m, "the device tree names no memory");
}

int machine_reserve(struct machine *m, paddr_t base, u64 size, const char *name)
{
	if (!size)
		return 0;
	if (base + size < base)
		return machine_refuse(m, "a reserved range wraps around the address space");
	if (m->reserved_count == MACHINE_RANGES_MAX)
		return machine_refuse(m, "too many reserved ranges");
	m->reserved[m->reserved_count++] = (struct phys_range){ base, size, name };
	return 0;
}

static int machine_parse_reserved(const struct dt *dt, struct machine *m)
{
	int parent = dt_find_path(dt, "/reserved-memory");
	int node, err = 0;
	paddr_t base;
	u64 size;

	for (u32 i = 0; !err && dt_reserved(dt, i, &base, &size) == 0; i++)
		err = machine_reserve(m, base, size, "memreserve");
	if (!err)
		err = machine_reserve(m, m->initrd.base, m->initrd.size, "initrd");
	if (err || parent < 0)
		return err;
	dt_for_each_child(node, dt, parent)
	{
		for (u32 i = 0; !err && dt_reg(dt, node, i, &base, &size) == 0; i++)
			err = machine_reserve(m, base, size, dt_name(dt, node));
	}
	return err;
}

static int machine_parse_cpus(const struct dt *dt, struct machine *m)
{
	int node = -1;
	u64 mpidr;

	while ((node = dt_find_type(dt, node, "cpu")) >= 0) {
		const char *method = dt_prop_string(dt, node, "enable-method");

		if (!dt_is_available(dt, node))
			continue;
		if (dt_prop_number(dt, node, "reg", &mpidr))
			return machine_refuse(m, "a CPU has no reg");
		/* The first may be the one we run on, which nobody has to start. */
		if (m->cpu_count == MACHINE_CPUS_MAX ||
		    (m->cpu_count && (!method || strcmp(method, "psci")))) {
			m->cpus_ignored++;
			continue;
		}
		m->cpu_mpidr[m->cpu_count++] = mpidr & machine_affinity_mask;
	}
	return m->cpu_count ? 0 : machine_refuse(m, "the device tree names no CPU");
}

/* Without PSCI the machine runs on one CPU and cannot be powered off; that is no reason to refuse. */
static void machine_parse_psci(const struct dt *dt, struct machine *m)
{
	static const char *const compatible[] = { "arm,psci-1.0", "arm,psci-0.2", "arm,psci" };
	const char *method;
	int node = -ENOENT;

	for (u32 i = 0; node < 0 && i < ARRAY_SIZE(compatible); i++)
		node = dt_find_compatible(dt, -1, compatible[i]);
	method = node < 0 ? NULL : dt_prop_string(dt, node, "method");
	if (!method)
		return;
	if (!strcmp(method, "hvc"))
		m->psci = PSCI_HVC;
	else if (!strcmp(method, "smc"))
		m->psci = PSCI_SMC;
	m->psci_cpu_on = PSCI_CPU_ON_64;
	m->psci_cpu_off = PSCI_CPU_OFF;
	m->psci_system_off = PSCI_SYSTEM_OFF;
	m->psci_system_reset = PSCI_SYSTEM_RESET;
	if (dt_is_compatible(dt, node, "arm,psci-1.0") || dt_is_compatible(dt, node, "arm,psci-0.2"))
		return;
	/* PSCI 0.1 numbers its functions in the tree and cannot end the machine. */
	m->psci_system_off = m->psci_system_reset = 0;
	if (dt_prop_u32(dt, node, "cpu_on", 0, &m->psci_cpu_on) ||
	    dt_prop_u32(dt, node, "cpu_off", 0, &m->psci_cpu_off))
		m->psci = PSCI_NONE;
}

static int machine_parse_gicv3(const struct dt *dt, int node, struct machine *m)
{
	u32 regions;

	if (dt_prop_u32(dt, node, "#redistributor-regions", 0, &regions))
		regions = 1;
	regions = MIN(regions, (u32)ARRAY_SIZE(m->gic_redist));
	for (u32 i = 0; i < regions; i++) {
		struct phys_range *r = &m->gic_redist[i];

		if (dt_reg(dt, node, 1 + i, &r->base, &r->size))
			return machine_refuse(m, "the GICv3 names no redistributors");
		r->name = "gic redistributors";
	}
	m->gic_redist_count = regions;
	m->gic = GIC_V3;
	return 0;
}

static int machine_parse_gic(const struct dt *dt, struct machine *m)
{
	static const char *const v2[] = { "arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic" };
	int v3_node = dt_find_compatible(dt, -1, "arm,gic-v3");
	int node = v3_node;

	for (u32 i = 0; node < 0 && i < ARRAY_SIZE(v2); i++)
		node = dt_find_compatible(dt, -1, v2[i]);
	if (node < 0)
		return machine_refuse(m, "the device tree names no GICv2 or GICv3");
	if (dt_reg(dt, node, 0, &m->gic_distributor.base, &m->gic_distributor.size))
		return machine_refuse(m, "the interrupt controller has no distributor");
	m->gic_distributor.name = "gic distributor";
	if (node == v3_node)
		return machine_parse_gicv3(dt, node, m);
	if (dt_reg(dt, node, 1, &m->gic_cpu.base, &m->gic_cpu.size))
		return machine_refuse(m, "the GICv2 has no CPU interface");
	m->gic_cpu.name = "gic cpu interface";
	m->gic = GIC_V2;
	return 0;
}

static int machine_parse_timer(const struct dt *dt, struct machine *m)
{
	int node = dt_find_compatible(dt, -1, "arm,armv8-timer");
	bool edge;

	if (node < 0)
		return machine_refuse(m, "the device tree names no arm,armv8-timer");
	if (machine_irq(dt, node, TIMER_IRQ_VIRTUAL, &m->timer_intid, &edge))
		return machine_refuse(m, "the timer has no virtual interrupt");
	return 0;
}

int machine_parse(const struct dt *dt, struct machine *m)
{
	int err;

	memset(m, 0, sizeof(*m));
	machine_parse_uart(dt, m);
	machine_parse_psci(dt, m);
	machine_parse_chosen(dt, m);
	err = machine_parse_memory(dt, m);
	if (!err)
		err = machine_parse_reserved(dt, m);
	if (!err)
		err = machine_parse_cpus(dt, m);
	if (!err)
		err = machine_parse_gic(dt, m);
	if (!err)
		err = machine_parse_timer(dt, m);
	return err;
}
