/*
 * Arm Generic Interrupt Controller version 3 (IHI 0069).  Registered with irq.c by its probe.
 *
 * Distributor for shared interrupts, one redistributor per CPU for SGIs and PPIs, the CPU interface in
 * system registers.  Interrupts are group 1 with one priority, so none preempts another, but for those
 * of nmi_enable(): group 0, which the CPU sees as FIQs.
 * No LPIs: nothing here uses message interrupts.
 */
#include <arch/arch.h>
#include <arch/gic.h>
#include <kernel/cpu.h>
#include <kernel/driver.h>
#include <kernel/errno.h>
#include <kernel/io.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/machine.h>
#include <kernel/panic.h>
#include <kernel/task.h>

/* Distributor, IHI 0069 12.9.  Most of these are also in a redistributor's SGI frame. */
enum gicv3_distributor {
	GICD_CTLR       = 0x0000,
	GICD_TYPER      = 0x0004,
	GICD_IGROUPR    = 0x0080,
	GICD_ISENABLER  = 0x0100,
	GICD_ICENABLER  = 0x0180,
	GICD_ISPENDR    = 0x0200,
	GICD_IPRIORITYR = 0x0400,
	GICD_ICFGR      = 0x0c00,
	GICD_IGRPMODR   = 0x0d00,
	GICD_IROUTER    = 0x6000,
};

/* With one security state bit 0 would be group 0; with two, seen non-secure, it is RES0 or group 1. */
enum gicv3_ctlr {
	GICD_CTLR_GROUP0 = 1 << 0,
	GICD_CTLR_GROUP1 = 1 << 1,
	GICD_CTLR_ARE    = 1 << 4,
	GICD_CTLR_DS     = 1 << 6, /* one security state: group 0 is ours */
	GICD_CTLR_RWP    = 1U << 31,
};

/* Redistributor, IHI 0069 12.11: two 64 KiB frames, two more with virtual LPIs. */
enum gicv3_redistributor {
	GICR_CTLR     = 0x0000,
	GICR_TYPER    = 0x0008,
	GICR_WAKER    = 0x0014,
	GICR_SGI_BASE = 0x10000,
	GICR_STRIDE   = 0x20000,
	GICR_STRIDE_VLPI = 0x40000,
};

enum gicv3_bits {
	GICR_CTLR_RWP     = 1 << 3,
	GICR_TYPER_VLPIS  = 1 << 1,
	GICR_TYPER_LAST   = 1 << 4,
	GICR_WAKER_SLEEP  = 1 << 1,
	GICR_WAKER_ASLEEP = 1 << 2,
	GICD_TYPER_LINES  = 0x1f,
	GIC_ICFGR_EDGE    = 2,
};

enum gicv3_priority {
	GIC_PRIORITY_NMI  = 0x20,
	GIC_PRIORITY      = 0xa0,
	GIC_PRIORITY_MASK = 0xf0,
};

/* ICC_SGI1R_EL1: a list of 16 CPUs that share Aff3..Aff1. */
enum gicv3_sgi1r { SGI1R_AFF1 = 16, SGI1R_INTID = 24, SGI1R_AFF2 = 32, SGI1R_AFF3 = 48 };

struct gicv3 {
	volatile void *dist;
	volatile void *region[ARRAY_SIZE(machine.gic_redist)];
	volatile void *redist[CPUS_MAX]; /* each CPU's own, found when it comes up */
	u32 lines;                       /* INTIDs from 0 that exist */
	u64 mpidr[CPUS_MAX];
};

static struct gicv3 gicv3;

/* The bits of an MPIDR that IROUTER takes: Aff3 and Aff2..Aff0. */
static const u64 gicv3_affinity_mask = 0xff00ffffffUL;

static u32 mpidr_level(u64 mpidr, int level)
{
	return mpidr >> (level == 3 ? 32 : 8 * level) & 0xff;
}

/* Where the registers of an interrupt are: this CPU's SGI frame or the distributor. */
static volatile void *gicv3_frame(u32 intid)
{
	if (intid >= IRQ_FIRST_SPI)
		return gicv3.dist;
	return (volatile char *)gicv3.redist[this_cpu()->id] + GICR_SGI_BASE;
}

/* Waits until a change of enables has reached everybody. */
static void gicv3_wait(u32 intid)
{
	if (intid >= IRQ_FIRST_SPI) {
		while (io_read32(gicv3.dist, GICD_CTLR) & GICD_CTLR_RWP)
			arch_cpu_relax();
	} else {
		while (io_read32(gicv3.redist[this_cpu()->id], GICR_CTLR) & GICR_CTLR_RWP)
			arch_cpu_relax();
	}
}

static u32 gicv3_ack(void)
{
	return arch_gic_ack();
}

static void gicv3_eoi(u32 ack)
{
	arch_gic_eoi(ack);
}

static void gicv3_mask(u32 intid)
{
	io_write32(gicv3_frame(intid), GICD_ICENABLER + intid / 32 * 4, 1U << intid % 32);
	gicv3_wait(intid);
}

static void gicv3_unmask(u32 intid)
{
	io_write32(gicv3_frame(intid), GICD_ISENABLER + intid / 32 * 4, 1U << intid % 32);
}

static bool gicv3_pending(u32 intid)
{
	return io_read32(gicv3_frame(intid), GICD_ISPENDR + intid / 32 * 4) >> intid % 32 & 1;
}

static void gicv3_set_pending(u32 intid)
{
	io_write32(gicv3_frame(intid), GICD_ISPENDR + intid / 32 * 4, 1U << intid % 32);
}

/* SGIs are always edge triggered; their field is read-only. */
static void gicv3_set_trigger(u32 intid, enum irq_trigger t)
{
	u32 offset = GICD_ICFGR + intid / 16 * 4;
	u32 bit = GIC_ICFGR_EDGE << intid % 16 * 2;
	u32 old;

	if (intid < IRQ_FIRST_PPI)
		return;
	old = io_read32(gicv3_frame(intid), offset);
	io_write32(gicv3_frame(intid), offset, t == IRQ_EDGE ? old | bit : old & ~bit);
}

static void gicv3_set_target(u32 intid, u32 cpu)
{
	io_write64(gicv3.dist, GICD_IROUTER + intid * 8, cpus[cpu].mpidr & gicv3_affinity_mask);
}

/* One register write reaches the CPUs of one cluster (Aff3..Aff1), 16 at most: enough for our 8. */
static void gicv3_send_ipi(u64 cpu_mask, enum ipi ipi)
{
	for (u32 i = 0; i < CPUS_MAX; i++) {
		u64 mpidr = gicv3.mpidr[i];
		u64 list = 0;

		if (!(cpu_mask & 1UL << i))
			continue;
		for (u32 j = i; j < CPUS_MAX; j++) {
			if (!(cpu_mask & 1UL << j) || gicv3.mpidr[j] >> 8 != mpidr >> 8)
				continue;
			list |= 1UL << mpidr_level(gicv3.mpidr[j], 0);
			cpu_mask &= ~(1UL << j);
		}
		arch_gic_send_sgi((u64)mpidr_level(mpidr, 3) << SGI1R_AFF3 |
				  (u64)mpidr_level(mpidr, 2) << SGI1R_AFF2 |
				  (u64)mpidr_level(mpidr, 1) << SGI1R_AFF1 |
				  (u64)ipi << SGI1R_INTID | list);
	}
}

/* What can be in use of a region, which is often laid out for hundreds of CPUs: pages cost time to map. */
static u64 gicv3_region_size(const struct phys_range *region)
{
	u64 cpus_there = machine.cpu_count + machine.cpus_ignored;

	return MIN(region->size, cpus_there * GICR_STRIDE_VLPI);
}

/* Looks for the redistributor whose affinity is ours. */
static volatile void *gicv3_find_redist(u64 mpidr)
{
	u32 affinity = mpidr_level(mpidr, 3) << 24 | (mpidr & 0xffffff);

	for (u32 i = 0; i < machine.gic_redist_count; i++) {
		volatile char *r = gicv3.region[i];
		volatile char *end = r + gicv3_region_size(&machine.gic_redist[i]);
		u64 typer = 0;

		while (r < end && !(typer & GICR_TYPER_LAST)) {
			typer = io_read64(r, GICR_TYPER);
			if (typer >> 32 == affinity)
				return r;
			r += typer & GICR_TYPER_VLPIS ? GICR_STRIDE_VLPI : GICR_STRIDE;
		}
	}
	panic("gicv3: no redistributor for the CPU with affinity %x", affinity);
}

/* Group 1 and one priority for `count` interrupts from `first`, all masked. */
static void gicv3_reset_lines(volatile void *frame, u32 first, u32 count)
{
	for (u32 i = first; i < first + count; i += 32) {
		io_write32(frame, GICD_ICENABLER + i / 8, ~0U);
		io_write32(frame, GICD_IGROUPR + i / 8, ~0U);
		io_write32(frame, GICD_IGRPMODR + i / 8, 0);
	}
	for (u32 i = first; i < first + count; i += 4)
		io_write32(frame, GICD_IPRIORITYR + i, GIC_PRIORITY * 0x01010101U);
}

static void gicv3_init_cpu(void)
{
	struct cpu *cpu = this_cpu();
	volatile void *redist = gicv3_find_redist(cpu->mpidr);

	gicv3.redist[cpu->id] = redist;
	gicv3.mpidr[cpu->id] = cpu->mpidr & gicv3_affinity_mask;
	io_write32(redist, GICR_WAKER, io_read32(redist, GICR_WAKER) & ~GICR_WAKER_SLEEP);
	while (io_read32(redist, GICR_WAKER) & GICR_WAKER_ASLEEP)
		arch_cpu_relax();
	gicv3_reset_lines((volatile char *)redist + GICR_SGI_BASE, 0, IRQ_FIRST_SPI);
	gicv3_wait(0);
	if (!arch_gic_cpu_enable(GIC_PRIORITY_MASK))
		panic("gicv3: CPU %u has no system register interface", cpu->id);
}

/* Called on each CPU while the others may already run: only its own frame is changed. */
static int gicv3_nmi_enable(u32 intid)
{
	volatile void *frame = gicv3_frame(intid);

	if (!(io_read32(gicv3.dist, GICD_CTLR) & GICD_CTLR_DS))
		return -ENODEV;
	gicv3_mask(intid);
	io_write32(frame, GICD_IGROUPR, io_read32(frame, GICD_IGROUPR) & ~(1U << intid));
	io_write8(frame, GICD_IPRIORITYR + intid, GIC_PRIORITY_NMI);
	arch_gic_fiq_enable();
	gicv3_unmask(intid);
	return 0;
}

static u32 gicv3_nmi_ack(void)
{
	return arch_gic_fiq_ack();
}

static void gicv3_nmi_eoi(u32 ack)
{
	arch_gic_fiq_eoi(ack);
}

static const struct irq_chip gicv3_chip = {
	.name = "gicv3",
	.init_cpu = gicv3_init_cpu,
	.ack = gicv3_ack,
	.eoi = gicv3_eoi,
	.mask = gicv3_mask,
	.unmask = gicv3_unmask,
	.pending = gicv3_pending,
	.set_pending = gicv3_set_pending,
	.set_trigger = gicv3_set_trigger,
	.set_target = gicv3_set_target,
	.send_ipi = gicv3_send_ipi,
	.nmi_enable = gicv3_nmi_enable,
	.nmi_ack = gicv3_nmi_ack,
	.nmi_eoi = gicv3_nmi_eoi,
};

static int gicv3_probe(int node)
{
	u32 ctlr;

	if (irq_chip)
		return -EBUSY;
	gicv3.dist = arch_map_device(machine.gic_distributor.base, machine.gic_distributor.size);
	for (u32 i = 0; i < machine.gic_redist_count; i++)
		gicv3.region[i] = arch_map_device(machine.gic_redist[i].base,
						  gicv3_region_size(&machine.gic_redist[i]));

	io_write32(gicv3.dist, GICD_CTLR, 0);
	gicv3_wait(IRQ_FIRST_SPI);
	gicv3.lines = MIN(32 * ((io_read32(gicv3.dist, GICD_TYPER) & GICD_TYPER_LINES) + 1), IRQ_MAX + 4U);
	gicv3_reset_lines(gicv3.dist, IRQ_FIRST_SPI, gicv3.lines - IRQ_FIRST_SPI);
	ctlr = GICD_CTLR_ARE | GICD_CTLR_GROUP1;
	if (io_read32(gicv3.dist, GICD_CTLR) & GICD_CTLR_DS)
		ctlr |= GICD_CTLR_GROUP0;
	io_write32(gicv3.dist, GICD_CTLR, ctlr);
	gicv3_wait(IRQ_FIRST_SPI);
	irq_chip_register(&gicv3_chip);
	return 0;
}

static const char *const gicv3_compatible[] = { "arm,gic-v3", NULL };
DRIVER(gicv3_driver, .name = "gicv3", .compatible = gicv3_compatible, .phase = DRIVER_IRQCHIP,
       .probe = gicv3_probe);
