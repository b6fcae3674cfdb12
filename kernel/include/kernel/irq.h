/*
 * Interrupts: numbers are the controller's INTIDs.  kernel/drivers/irq.c over a struct irq_chip
 * that GICv2 or GICv3 registers.
 */
#pragma once

#include <kernel/types.h>

enum { IRQ_MAX = 1020 };
enum irq_trigger { IRQ_LEVEL, IRQ_EDGE };
enum ipi { IPI_RESCHED, IPI_CALL, IPI_STOP, IPI_BACKTRACE, IPI_COUNT };

struct irq_chip {
	const char *name;
	void (*init_cpu)(void);                       /* on each CPU */
	u32 (*ack)(void);                             /* INTID, 1023 for none */
	void (*eoi)(u32 intid);
	void (*mask)(u32 intid);
	void (*unmask)(u32 intid);
	void (*set_trigger)(u32 intid, enum irq_trigger t);
	void (*set_target)(u32 intid, u32 cpu);
	void (*send_ipi)(u64 cpu_mask, enum ipi ipi); /* bit n is cpus[n] */
};

extern const struct irq_chip *irq_chip;

void irq_chip_register(const struct irq_chip *chip);
/* Installs a handler and unmasks.  PPIs: call on each CPU.  0, -EBUSY or -EINVAL. */
int irq_request(u32 intid, enum irq_trigger t, void (*handler)(void *arg), void *arg, const char *name);
void irq_free(u32 intid);
/* From the vector: acknowledges, runs handlers, completes.  Interrupts off. */
void irq_dispatch(void);
bool in_interrupt(void);

/* Runs fn(arg) once on each CPU of the mask and waits for all.  Interrupts on; may not hold locks. */
void smp_call(u64 cpu_mask, void (*fn)(void *arg), void *arg);
void smp_init(void);                                  /* brings every CPU of the device tree online */
