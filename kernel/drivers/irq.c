/*
 * Interrupts, whatever the controller.  The vectors call irq_dispatch(); drivers request lines.
 *
 * A handler runs with interrupts off, so it is never interrupted and never sleeps.  A line has one
 * handler: nothing on the machines we know shares one.  Compared with Linux there are no interrupt
 * domains and no threads; long work belongs into a task that the handler wakes.
 */
#include <kernel/irq.h>
#include <kernel/atomic.h>
#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/log.h>
#include <kernel/spinlock.h>
#include <kernel/task.h>

const struct irq_chip *irq_chip;
struct irq_line irq_lines[IRQ_MAX];

static struct spinlock irq_lock = SPINLOCK_INIT("irq_lock");
static u64 irq_spurious;

void irq_chip_register(const struct irq_chip *chip)
{
	irq_chip = chip;
	irq_init_cpu();
}

int irq_request(u32 intid, enum irq_trigger t, void (*handler)(void *arg), void *arg, const char *name)
{
	irqflags_t flags;
	int err = 0;

	if (intid >= IRQ_MAX || !handler)
		return -EINVAL;
	if (!irq_chip)
		return -ENODEV;
	flags = spin_lock_irqsave(&irq_lock);
	if (irq_lines[intid].handler) {
		err = -EBUSY;
	} else {
		irq_lines[intid] = (struct irq_line){ handler, arg, name, 0 };
		irq_chip->set_trigger(intid, t);
		if (intid >= IRQ_FIRST_SPI)
			irq_chip->set_target(intid, 0);
		irq_chip->unmask(intid);
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

void irq_init_cpu(void)
{
	irqflags_t flags = spin_lock_irqsave(&irq_lock);

	irq_chip->init_cpu();
	for (u32 i = 0; i < IRQ_FIRST_SPI; i++)
		if (irq_lines[i].handler)
			irq_chip->unmask(i);
	spin_unlock_irqrestore(&irq_lock, flags);
}

/* Waits until the CPU has left the interrupt that it is in, if any. */
static void irq_wait_cpu(const struct cpu *cpu)
{
	u64 count = READ_ONCE(cpu->irq_count);

	while (READ_ONCE(cpu->irq_depth) && READ_ONCE(cpu->irq_count) == count)
		arch_cpu_relax();
}

/* A per-CPU line stays unmasked elsewhere; without a handler it is masked where it next arrives. */
void irq_free(u32 intid)
{
	irqflags_t flags = spin_lock_irqsave(&irq_lock);

	irq_chip->mask(intid);
	WRITE_ONCE(irq_lines[intid].handler, NULL);
	spin_unlock_irqrestore(&irq_lock, flags);

	arch_mb();
	for (u32 i = 0; i < cpu_count; i++)
		irq_wait_cpu(&cpus[i]);
}

static void irq_unexpected(u32 intid)
{
	irq_chip->mask(intid);
	irq_spurious++;
	log_warn("irq: nobody handles interrupt %u on CPU %u, masked", intid, this_cpu()->id);
}

/* One interrupt; another that is pending is taken as soon as the vector returns. */
void irq_dispatch(void)
{
	struct task *interrupted = current;
	const struct irq_chip *chip = irq_chip;
	struct cpu *cpu = interrupted->cpu;
	struct irq_line *line;
	void (*handler)(void *arg);
	u32 ack, intid;

	/* Nothing below may switch tasks; the vector looks at WORK_RESCHED when we return. */
	interrupted->preempt_count++;
	/* ack() has a barrier: irq_free() sees our depth, or we see that the handler is gone. */
	cpu->irq_depth++;
	ack = chip->ack();
	intid = ack & IRQ_ID_MASK;
	if (likely(intid < IRQ_MAX)) {
		line = &irq_lines[intid];
		handler = READ_ONCE(line->handler);
		if (likely(handler))
			handler(line->arg);
		else
			irq_unexpected(intid);
		line->count++;
		store_release(&cpu->irq_count, cpu->irq_count + 1);
		chip->eoi(ack);
	}
	cpu->irq_depth--;
	interrupted->preempt_count--;
}

bool in_interrupt(void)
{
	bool in;

	preempt_disable();
	in = this_cpu()->irq_depth != 0;
	preempt_enable();
	return in;
}
