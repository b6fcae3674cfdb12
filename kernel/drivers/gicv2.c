/*
 * Arm Generic Interrupt Controller version 2 (IHI 0048).  Registered with irq.c by its probe.
 *
 * One distributor, whose first 32 interrupts are banked per CPU, and one memory-mapped CPU interface,
 * banked as well.  Eight CPUs at most, named by the bit that each reads back from ITARGETSR0.
 *
 * Where there is no secure world all interrupts are put into group 1, which the CPU sees as IRQs, but for
 * those of nmi_enable(): group 0, as FIQs.  Where there is one, group 1 is all we see.
 */
#include <arch/arch.h>
#include <kernel/cpu.h>
#include <kernel/driver.h>
#include <kernel/errno.h>
#include <kernel/io.h>
#include <kernel/irq.h>
#include <kernel/machine.h>
#include <kernel/task.h>

/* Distributor, IHI 0048 4.3 */
enum gicv2_distributor {
	GICV2D_CTLR       = 0x000,
	GICV2D_TYPER      = 0x004,
	GICV2D_IGROUPR    = 0x080,
	GICV2D_ISENABLER  = 0x100,
	GICV2D_ICENABLER  = 0x180,
	GICV2D_ISPENDR    = 0x200,
	GICV2D_IPRIORITYR = 0x400,
	GICV2D_ITARGETSR  = 0x800,
	GICV2D_ICFGR      = 0xc00,
	GICV2D_SGIR       = 0xf00,
};

/* CPU interface, IHI 0048 4.4 */
enum gicv2_cpu_interface {
	GICC_CTLR = 0x00,
	GICC_PMR  = 0x04,
	GICC_BPR  = 0x08,
	GICC_IAR  = 0x0c,
	GICC_EOIR = 0x10,
};

enum gicv2_bits {
	GICV2_ENABLE        = 1 << 0,
	GICV2_ENABLE_GROUP1 = 1 << 1, /* these only without a secure world */
	GICV2_ACK_CTL       = 1 << 2, /* IAR serves group 1 too */
	GICV2_FIQ_EN        = 1 << 3, /* group 0 is signalled as FIQ */
	GICV2_TYPER_SECURE  = 1 << 10,
	GICV2_PRIORITY_NMI  = 0x20,
	GICV2_TYPER_LINES   = 0x1f,
	GICV2_ICFGR_EDGE    = 2,
	GICV2_SGIR_TARGETS  = 16,
	GICV2_PRIORITY      = 0xa0,
	GICV2_PRIORITY_MASK = 0xf0,
};

struct gicv2 {
	volatile void *dist;
	volatile void *cpu;
	u32 lines;
	bool fiq;            /* group 0 is ours */
	u8 target[CPUS_MAX]; /* each CPU's bit in ITARGETSR and SGIR */
};

static struct gicv2 gicv2;

/* IAR names the sender of an SGI too (bits 12:10), and EOIR wants it back. */
static u32 gicv2_ack(void)
{
	u32 ack = io_read32(gicv2.cpu, GICC_IAR);

	arch_io_mb();
	return ack;
}

static void gicv2_eoi(u32 ack)
{
	io_write32(gicv2.cpu, GICC_EOIR, ack);
}

static void gicv2_mask(u32 intid)
{
	io_write32(gicv2.dist, GICV2D_ICENABLER + intid / 32 * 4, 1U << intid % 32);
	arch_io_mb();
}

static void gicv2_unmask(u32 intid)
{
	io_write32(gicv2.dist, GICV2D_ISENABLER + intid / 32 * 4, 1U << intid % 32);
}

static bool gicv2_pending(u32 intid)
{
	return io_read32(gicv2.dist, GICV2D_ISPENDR + intid / 32 * 4) >> intid % 32 & 1;
}

static void gicv2_set_pending(u32 intid)
{
	io_write32(gicv2.dist, GICV2D_ISPENDR + intid / 32 * 4, 1U << intid % 32);
}

static void gicv2_set_trigger(u32 intid, enum irq_trigger t)
{
	u32 offset = GICV2D_ICFGR + intid / 16 * 4;
	u32 bit = GICV2_ICFGR_EDGE << intid % 16 * 2;
	u32 old = io_read32(gicv2.dist, offset);

	if (intid >= IRQ_FIRST_PPI)
		io_write32(gicv2.dist, offset, t == IRQ_EDGE ? old | bit : old & ~bit);
}

static void gicv2_set_target(u32 intid, u32 cpu)
{
	io_write8(gicv2.dist, GICV2D_ITARGETSR + intid, gicv2.target[cpu]);
}

static void gicv2_send_ipi(u64 cpu_mask, enum ipi ipi)
{
	u32 targets = 0;

	for (u32 i = 0; i < CPUS_MAX; i++)
		if (cpu_mask & 1UL << i)
			targets |= gicv2.target[i];
	/* What was stored before is visible to the CPUs that take the interrupt. */
	arch_io_mb();
	io_write32(gicv2.dist, GICV2D_SGIR, targets << GICV2_SGIR_TARGETS | ipi);
}

static void gicv2_reset_lines(u32 first, u32 count)
{
	for (u32 i = first; i < first + count; i += 32) {
		io_write32(gicv2.dist, GICV2D_ICENABLER + i / 8, ~0U);
		if (gicv2.fiq)
			io_write32(gicv2.dist, GICV2D_IGROUPR + i / 8, ~0U);
	}
	for (u32 i = first; i < first + count; i += 4)
		io_write32(gicv2.dist, GICV2D_IPRIORITYR + i, GICV2_PRIORITY * 0x01010101U);
}

/* A machine with one CPU may read 0: then the one interface needs no bit. */
static void gicv2_init_cpu(void)
{
	u32 id = this_cpu()->id;

	gicv2.target[id] = io_read8(gicv2.dist, GICV2D_ITARGETSR);
	if (!gicv2.target[id])
		gicv2.target[id] = 1U << id;
	gicv2_reset_lines(0, IRQ_FIRST_SPI);
	io_write32(gicv2.cpu, GICC_PMR, GICV2_PRIORITY_MASK);
	io_write32(gicv2.cpu, GICC_BPR, 0);
	if (gicv2.fiq)
		io_write32(gicv2.cpu, GICC_CTLR,
			   GICV2_ENABLE | GICV2_ENABLE_GROUP1 | GICV2_ACK_CTL | GICV2_FIQ_EN);
	else
		io_write32(gicv2.cpu, GICC_CTLR, GICV2_ENABLE);
}

static int gicv2_nmi_enable(u32 intid)
{
	u32 group = GICV2D_IGROUPR + intid / 32 * 4;

	if (!gicv2.fiq)
		return -ENODEV;
	gicv2_mask(intid);
	io_write32(gicv2.dist, group, io_read32(gicv2.dist, group) & ~(1U << intid % 32));
	io_write8(gicv2.dist, GICV2D_IPRIORITYR + intid, GICV2_PRIORITY_NMI);
	gicv2_unmask(intid);
	return 0;
}

static const struct irq_chip gicv2_chip = {
	.name = "gicv2",
	.init_cpu = gicv2_init_cpu,
	.ack = gicv2_ack,
	.eoi = gicv2_eoi,
	.mask = gicv2_mask,
	.unmask = gicv2_unmask,
	.pending = gicv2_pending,
	.set_pending = gicv2_set_pending,
	.set_trigger = gicv2_set_trigger,
	.set_target = gicv2_set_target,
	.send_ipi = gicv2_send_ipi,
	.nmi_enable = gicv2_nmi_enable,
	.nmi_ack = gicv2_ack,
	.nmi_eoi = gicv2_eoi,
};

static int gicv2_probe(int node)
{
	if (irq_chip)
		return -EBUSY;
	gicv2.dist = arch_map_device(machine.gic_distributor.base, machine.gic_distributor.size);
	gicv2.cpu = arch_map_device(machine.gic_cpu.base, machine.gic_cpu.size);

	io_write32(gicv2.dist, GICV2D_CTLR, 0);
	gicv2.fiq = !(io_read32(gicv2.dist, GICV2D_TYPER) & GICV2_TYPER_SECURE);
	gicv2.lines = 32 * ((io_read32(gicv2.dist, GICV2D_TYPER) & GICV2_TYPER_LINES) + 1);
	gicv2_reset_lines(IRQ_FIRST_SPI, gicv2.lines - IRQ_FIRST_SPI);
	io_write32(gicv2.dist, GICV2D_CTLR,
		   gicv2.fiq ? GICV2_ENABLE | GICV2_ENABLE_GROUP1 : GICV2_ENABLE);
	irq_chip_register(&gicv2_chip);
	return 0;
}

static const char *const gicv2_compatible[] = { "arm,cortex-a15-gic", "arm,gic-400",
						"arm,cortex-a9-gic", NULL };
DRIVER(gicv2_driver, .name = "gicv2", .compatible = gicv2_compatible, .phase = DRIVER_IRQCHIP,
       .probe = gicv2_probe);
