/*
 * The watchdog: a CPU that does one thing only for cpu.watchdog_limit is reported with its backtrace.
 *
 * Interrupts on, preemption off: the CPU's own tick sees that the scheduler has not been able to run.
 *
 * Interrupts off: each tick (and each end of idling) sets a second timer, which only fires if no tick
 * comes for the limit.  Its interrupt is the one that arch_irq_disable() does not mask (an FIQ), so that
 * it stops the CPU inside the loop, and one CPU is enough.  Where the interrupt controller keeps
 * such interrupts for a secure world the neighbour looks at the CPU's ticks instead, and can only name the
 * task; the CPU itself says where it was once it takes interrupts again.
 *
 * An idle CPU is well; its second timer fires once and is not set again before something runs.  It does
 * not look at its neighbour either: it has no tick.  Linux has a thread of highest priority, performance
 * counters as NMI, and may panic; a report is all we do.
 */
#include <kernel/watchdog.h>

#include <kernel/cpu.h>
#include <kernel/dt.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/machine.h>
#include <kernel/string.h>

struct watchdog_report watchdog_last;

static bool watchdog_off;
static u32 watchdog_intid; /* of the second timer; 0: there is none that we may use */

static const char *const watchdog_kind_text[] = {
	[WATCHDOG_PREEMPT_OFF] = "with preemption off",
	[WATCHDOG_IRQS_OFF] = "with interrupts off",
	[WATCHDOG_SILENT] = "and takes no interrupts",
};

/* Writes the report down, then prints it.  Any context, NMI too. */
static void watchdog_report(struct cpu *cpu, enum watchdog_kind kind, nsec_t now)
{
	struct watchdog_report *r = &watchdog_last;
	const struct task *t = cpu->rq.running;

	r->kind = kind;
	r->cpu = cpu->id;
	strlcpy(r->task, t->name, sizeof(r->task));
	r->since = cpu->watchdog_touched;
	r->found = now;
	r->count++;
	log_err("watchdog: CPU %u hangs %s for %lu ms in task %s (%d)", cpu->id,
		watchdog_kind_text[kind], (now - r->since) / NSEC_PER_MSEC, t->name, t->tid);
	backtrace_print(r->entries, r->depth);
}

/* EL1 physical timer: the second interrupt of the timer's node (devicetree: arm,arch_timer). */
static u32 watchdog_find_intid(void)
{
	int node = dt_find_compatible(&machine_dt, -1, "arm,armv8-timer");
	bool edge;
	u32 intid;

	if (node < 0 || machine_irq(&machine_dt, node, 1, &intid, &edge))
		return 0;
	return intid < IRQ_FIRST_SPI ? intid : 0;
}

void watchdog_init_cpu(struct cpu *cpu)
{
	if (!cpu->id)
		watchdog_intid = watchdog_find_intid();
	cpu->watchdog_limit = WATCHDOG_LIMIT_NS;
	arch_watchdog_stop();
	cpu->watchdog_nmi = watchdog_intid && irq_chip->nmi_enable &&
			    irq_chip->nmi_enable(watchdog_intid) == 0;
	arch_nmi_allow();
}

/* The part of the limit in which the second timer need not be set again, and comes later for it. */
enum { WATCHDOG_SLACK = 8 };

static __noinline void watchdog_arm(struct cpu *cpu, nsec_t now)
{
	nsec_t limit = cpu->watchdog_limit;

	cpu->watchdog_armed = now;
	arch_watchdog_set(time_to_counter(now + limit + limit / WATCHDOG_SLACK));
}

void watchdog_pet(struct cpu *cpu, nsec_t now)
{
	cpu->watchdog_touched = now;
	if (cpu->watchdog_nmi)
		watchdog_arm(cpu, now);
}

/* Looks at the next CPU's ticks, where that is the only way. */
static __noinline void watchdog_check_neighbour(struct cpu *cpu, nsec_t now)
{
	struct cpu *other = &cpus[(cpu->id + 1) % cpu_count];
	u64 ticks = READ_ONCE(other->tick_count);

	if (other == cpu || other->watchdog_nmi)
		return;
	if (ticks != cpu->neighbour_ticks || !READ_ONCE(other->tick_armed)) {
		cpu->neighbour_ticks = ticks;
		cpu->neighbour_changed = now;
	} else if (now - cpu->neighbour_changed > other->watchdog_limit) {
		watchdog_last.depth = 0;
		watchdog_report(other, WATCHDOG_SILENT, now);
		irq_chip->send_ipi(1ul << other->id, IPI_BACKTRACE);
		cpu->neighbour_changed = now;
	}
}

static __noinline void watchdog_preemption_off(struct cpu *cpu, nsec_t now)
{
	watchdog_last.depth = backtrace_here(watchdog_last.entries, WATCHDOG_DEPTH);
	watchdog_report(cpu, WATCHDOG_PREEMPT_OFF, now);
	cpu->watchdog_touched = now;
}

/* On the path of every tick: what is rare is out of line. */
void watchdog_tick(struct cpu *cpu, nsec_t now)
{
	/* The handler itself holds preemption off once. */
	bool may_switch = cpu->irq_from_user || current->preempt_count == 1;

	if (watchdog_off)
		return;
	if (cpu->watchdog_nmi && now - cpu->watchdog_armed >= cpu->watchdog_limit / WATCHDOG_SLACK)
		watchdog_arm(cpu, now);
	if (may_switch) {
		cpu->watchdog_touched = now;
	} else if (now - cpu->watchdog_touched > cpu->watchdog_limit) {
		watchdog_preemption_off(cpu, now);
	}
	if (cpu_count > 1)
		watchdog_check_neighbour(cpu, now);
}

void watchdog_nmi(struct trap_frame *tf)
{
	struct cpu *cpu = current->cpu;
	u32 ack = irq_chip->nmi_ack();
	nsec_t now = time_mono();

	if ((ack & IRQ_ID_MASK) >= IRQ_MAX)
		return;
	cpu->in_nmi = true;
	/* Until the next tick sets it again: one report for one hang. */
	arch_watchdog_stop();
	cpu->watchdog_armed = 0;
	if (!trap_irqs_masked(tf)) {
		/* The whole CPU was held up, or so it looks to us; the tick is pending and comes now. */
	} else if (!watchdog_off && cpu->rq.running != cpu->idle) {
		watchdog_last.depth = backtrace_trap(tf, watchdog_last.entries, WATCHDOG_DEPTH);
		watchdog_report(cpu, WATCHDOG_IRQS_OFF, now);
	}
	cpu->in_nmi = false;
	irq_chip->nmi_eoi(ack);
}

void watchdog_disable(void)
{
	watchdog_off = true;
}

void watchdog_answer(void *arg)
{
	log_err("watchdog: CPU %u takes interrupts again, in task %s", this_cpu()->id, current->name);
	backtrace_print_here();
}
