/*
 * What the device tree says about this machine, read once before there is an allocator.
 * kernel/boot/machine.c; its users never look at the tree for these things themselves.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/dt.h>
#include <kernel/types.h>

enum { MACHINE_RANGES_MAX = 16, MACHINE_CPUS_MAX = 8, MACHINE_PROBLEM_MAX = 96 };

/* Physical bytes [base, base + size).  `name` says what they are: "kernel", "initrd", "ram" ... */
struct phys_range {
	paddr_t base;
	u64 size;
	const char *name;
};

enum psci_conduit { PSCI_NONE, PSCI_HVC, PSCI_SMC };
/* Function numbers of PSCI 0.2 and later (DEN0022 5.1), SMC64 where an address is passed. */
enum psci_function {
	PSCI_CPU_OFF      = 0x84000002,
	PSCI_CPU_ON_64    = 0xc4000003,
	PSCI_SYSTEM_OFF   = 0x84000008,
	PSCI_SYSTEM_RESET = 0x84000009,
};

enum gic_version { GIC_NONE, GIC_V2, GIC_V3 };

struct machine {
	/* RAM, ascending, page aligned, not overlapping. */
	struct phys_range memory[MACHINE_RANGES_MAX];
	u32 memory_count;
	/*
	 * Parts of RAM that are taken: kernel image, device tree, initrd, /memreserve/ and
	 * /reserved-memory.  In no order, may overlap; whole pages around them must stay untouched.
	 */
	struct phys_range reserved[MACHINE_RANGES_MAX];
	u32 reserved_count;
	struct phys_range initrd;            /* size 0: none */

	const char *cmdline;                 /* /chosen/bootargs in the tree itself, "" when absent */
	const char *model;

	u64 cpu_mpidr[MACHINE_CPUS_MAX];     /* affinity, in the tree's order */
	u32 cpu_count;                       /* usable ones */
	u32 cpus_ignored;                    /* beyond MACHINE_CPUS_MAX or not started by PSCI */

	enum psci_conduit psci;
	u32 psci_cpu_on, psci_cpu_off, psci_system_off, psci_system_reset; /* function numbers */

	enum gic_version gic;
	struct phys_range gic_distributor;
	struct phys_range gic_cpu;           /* GICv2: the CPU interface */
	struct phys_range gic_redist[4];     /* GICv3: regions of redistributors */
	u32 gic_redist_count;

	u32 timer_intid;                     /* virtual timer, 27 on every machine we know */

	struct phys_range uart;              /* of stdout-path; size 0: none or not a PL011 */
	u32 uart_intid;

	char problem[MACHINE_PROBLEM_MAX];   /* why machine_parse() refused */
};

extern struct machine machine;

/*
 * Reads the machine out of an opened tree.  0, or -EINVAL with m->problem set to one sentence when
 * something without which nothing can run is missing or senseless: memory, CPU, interrupt controller,
 * timer.  Whatever could be read (above all the UART, which is read first) is in *m even then.  Pure:
 * nothing but *m is written.
 */
int machine_parse(const struct dt *dt, struct machine *m) __must_check;

/*
 * Finds out what we run on, at boot: opens the tree at blob (at most `limit` bytes) as machine_dt, fills
 * `machine`, brings up the early console and adds kernel image and tree to the reserved ranges.
 * A tree that is no use is refused with a line on the console (when not even the console is known: on
 * the UART of QEMU's virt) and panic().
 */
void machine_init(const void *blob, size_t limit);

/*
 * Marks a physical range as taken.  0, or -EINVAL with m->problem set.  `name` must stay valid.
 */
int machine_reserve(struct machine *m, paddr_t base, u64 size, const char *name) __must_check;

/* The INTID of an interrupt of a node, by its three GIC cells.  0, -ENOENT or -EINVAL. */
int machine_irq(const struct dt *dt, int node, u32 index, u32 *intid, bool *edge);
