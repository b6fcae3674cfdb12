/*
 * Interrupts: numbers are the controller's INTIDs.  kernel/drivers/irq.c over a struct irq_chip
 * that GICv2 or GICv3 registers.
 */
#pragma once

#include <kernel/types.h>

enum { IRQ_MAX = 1020 };
enum irq_trigger { IRQ_LEVEL, IRQ_EDGE };
/* Software interrupts: INTID = enum ipi (SGI 0 to 15).  smp.c requests its own with irq_request(). */
enum ipi { IPI_RESCHED, IPI_CALL, IPI_STOP, IPI_BACKTRACE, IPI_TEST, IPI_COUNT };

enum { IRQ_FIRST_PPI = 16, IRQ_FIRST_SPI = 32, IRQ_ID_MASK = 0x3ff };

struct irq_chip {
	const char *name;
	void (*init_cpu)(void);                       /* on each CPU */
	u32 (*ack)(void);                             /* INTID in its low 10 bits, 1020 and up for none */
	void (*eoi)(u32 ack);                         /* gets all that ack() returned */
	void (*mask)(u32 intid);
	void (*unmask)(u32 intid);
	bool (*pending)(u32 intid);                   /* of an SGI or PPI: this CPU's */
	void (*set_pending)(u32 intid);               /* as if its device had asked; not for SGIs */
	void (*set_trigger)(u32 intid, enum irq_trigger t);
	void (*set_target)(u32 intid, u32 cpu);
	void (*send_ipi)(u64 cpu_mask, enum ipi ipi); /* bit n is cpus[n] */
	/*
	 * Makes a PPI of this CPU one that arch_irq_disable() does not keep away: it arrives in
	 * watchdog_nmi().  0, or -ENODEV where such interrupts belong to a secure world.
	 */
	int (*nmi_enable)(u32 intid);
	u32 (*nmi_ack)(void);
	void (*nmi_eoi)(u32 ack);
};

/* What is known of one interrupt.  Fields: (l) irq_lock */
struct irq_line {
	void (*handler)(void *arg); /* (l) NULL: not requested */
	void *arg;                  /* (l) */
	const char *name;           /* (l) */
	u64 count;                  /* handled; not exact where several CPUs take it at once */
};

extern const struct irq_chip *irq_chip;
extern struct irq_line irq_lines[IRQ_MAX];

/* By a controller's probe, on the boot CPU, which it is then set up for. */
void irq_chip_register(const struct irq_chip *chip);
/*
 * Installs a handler (interrupt context, interrupts off) and unmasks.  SPIs go to CPU 0 until
 * irq_chip->set_target().  SGIs and PPIs (INTID < 32) belong to each CPU: request once, and
 * irq_init_cpu() unmasks them on every other CPU.  0, -EBUSY, -EINVAL, or -ENODEV without a controller.
 */
int irq_request(u32 intid, enum irq_trigger t, void (*handler)(void *arg), void *arg, const char *name);
/* Masks and forgets; on return the handler runs nowhere.  May not be called from it. */
void irq_free(u32 intid);
/* The controller and every requested SGI and PPI, on a CPU that has just come up.  Interrupts off. */
void irq_init_cpu(void);
/* From the vector: acknowledges, runs handlers, completes.  Interrupts off. */
void irq_dispatch(void);
bool in_interrupt(void);
