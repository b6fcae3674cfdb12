/*
 * Several CPUs: bringing them up, inter-processor interrupts, cross-CPU calls.  smp_init() runs once on
 * CPU 0; a secondary goes from the entry code to secondary_main() and becomes its idle task.
 *
 * A CPU that does not come up ends the bring-up with a line in the log; the kernel goes on with those
 * that did.  Nothing takes a CPU offline again but a panic.
 */
#include <kernel/smp.h>

#include <kernel/cpu.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/machine.h>
#include <kernel/panic.h>
#include <kernel/sched.h>
#include <kernel/task.h>
#include <kernel/vmap.h>
#include <kernel/watchdog.h>

enum { CPU_START_SECONDS = 10, STOP_SECONDS = 2 };

struct cpu cpus[CPUS_MAX];
u32 cpu_count;

/* One function for one CPU, on the caller's stack. */
struct smp_call_item {
	struct list_node node;
	void (*fn)(void *arg);
	void *arg;
	bool done;          /* (a) set last: the item is gone after it */
};

u64 smp_online_mask(void)
{
	u64 mask = 0;

	for (u32 i = 0; i < CPUS_MAX; i++)
		if (__atomic_load_n(&cpus[i].online, __ATOMIC_ACQUIRE))
			mask |= 1ul << i;
	return mask;
}

/* Runs what others have asked this CPU for.  Interrupts off. */
static void smp_run_calls(void *arg)
{
	struct call_queue *q = &this_cpu()->calls;
	struct smp_call_item *item;
	irqflags_t flags;

	for (;;) {
		flags = spin_lock_irqsave(&q->lock);
		item = list_pop_front_entry(&q->calls, struct smp_call_item, node);
		spin_unlock_irqrestore(&q->lock, flags);
		if (!item)
			return;
		item->fn(item->arg);
		__atomic_store_n(&item->done, true, __ATOMIC_RELEASE);
	}
}

static void smp_post(struct cpu *cpu, struct smp_call_item *item)
{
	irqflags_t flags = spin_lock_irqsave(&cpu->calls.lock);

	list_push_back(&cpu->calls.calls, &item->node);
	spin_unlock_irqrestore(&cpu->calls.lock, flags);
}

void smp_call(u64 cpu_mask, void (*fn)(void *arg), void *arg)
{
	struct smp_call_item items[CPUS_MAX];
	irqflags_t flags;
	u64 others;

	/* With interrupts off two CPUs that call each other would wait for ever. */
	PANIC_IF(!arch_irqs_enabled());
	preempt_disable();
	others = cpu_mask & smp_online_mask() & ~(1ul << this_cpu()->id);
	for (u32 i = 0; i < CPUS_MAX; i++) {
		items[i] = (struct smp_call_item){ .fn = fn, .arg = arg };
		if (others >> i & 1)
			smp_post(&cpus[i], &items[i]);
	}
	if (others)
		irq_chip->send_ipi(others, IPI_CALL);
	if (cpu_mask >> this_cpu()->id & 1) {
		flags = arch_irq_save();
		fn(arg);
		arch_irq_restore(flags);
	}
	for (u32 i = 0; i < CPUS_MAX; i++)
		while (others >> i & 1 && !__atomic_load_n(&items[i].done, __ATOMIC_ACQUIRE))
			arch_cpu_relax();
	preempt_enable();
}

/* The interrupt itself is the message: its return looks at current->work. */
static void smp_reschedule(void *arg)
{
}

static void smp_stop(void *arg)
{
	arch_irq_disable();
	__atomic_store_n(&this_cpu()->online, false, __ATOMIC_RELEASE);
	for (;;)
		arch_wait_for_interrupt();
}

void smp_stop_others(void)
{
	u64 start = arch_counter(), others;

	/* Or we might go on, on one of those that we stop. */
	preempt_disable();
	others = smp_online_mask() & ~(1ul << this_cpu()->id);
	if (others)
		irq_chip->send_ipi(others, IPI_STOP);
	/* They finish what they print first; one with interrupts off is not waited for long. */
	while (smp_online_mask() & others && arch_counter() - start < STOP_SECONDS * arch_counter_hz())
		arch_cpu_relax();
	preempt_enable();
}

static void smp_request_ipis(void)
{
	int err = irq_request(IPI_RESCHED, IRQ_EDGE, smp_reschedule, NULL, "ipi resched");

	if (!err)
		err = irq_request(IPI_CALL, IRQ_EDGE, smp_run_calls, NULL, "ipi call");
	if (!err)
		err = irq_request(IPI_STOP, IRQ_EDGE, smp_stop, NULL, "ipi stop");
	if (!err)
		err = irq_request(IPI_BACKTRACE, IRQ_EDGE, watchdog_answer, NULL, "ipi backtrace");
	if (err)
		panic("inter-processor interrupts are taken: %d", err);
}

void secondary_main(u32 id)
{
	struct cpu *cpu = &cpus[id];

	task_init_boot(cpu);
	irq_init_cpu();
	timer_init_cpu();
	sched_init_cpu(cpu);
	arch_irq_enable();
	__atomic_store_n(&cpu->online, true, __ATOMIC_RELEASE);
	idle_run();
}

/* Starts cpus[id] and waits until it says that it is there.  0 or negative errno. */
static int smp_start_cpu(u32 id, u64 mpidr)
{
	struct task *idle = &boot_tasks[id];
	nsec_t give_up;
	int err;

	idle->kstack = vmap_stack_alloc();
	if (!idle->kstack)
		return -ENOMEM;
	err = arch_cpu_start(id, mpidr, idle);
	if (err) {
		vmap_stack_free(idle->kstack);
		return err;
	}
	/* Generous: a host with fewer cores than we have CPUs may take its time. */
	give_up = time_mono() + CPU_START_SECONDS * (nsec_t)NSEC_PER_SEC;
	while (!__atomic_load_n(&cpus[id].online, __ATOMIC_ACQUIRE)) {
		if (time_mono() > give_up)
			return -ETIMEDOUT;
		task_set_state(TASK_UNINTERRUPTIBLE);
		(void)task_sleep_until(time_mono() + NSEC_PER_MSEC / 10);
	}
	cpu_count = id + 1;
	return 0;
}

void smp_init(void)
{
	u32 id = 1;
	int err;

	smp_request_ipis();
	for (u32 i = 0; i < machine.cpu_count && id < CPUS_MAX; i++) {
		if (machine.cpu_mpidr[i] == cpus[0].mpidr)
			continue;
		err = smp_start_cpu(id, machine.cpu_mpidr[i]);
		if (err) {
			log_err("smp: CPU %u (affinity 0x%lx) did not start: %d", id,
				(unsigned long)machine.cpu_mpidr[i], err);
			break;
		}
		id++;
	}
	log_info("smp: %u of %u CPUs online", cpu_count, machine.cpu_count);
}
