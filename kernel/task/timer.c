/*
 * One-shot timers: per CPU a red-black tree by deadline, over the CPU's own hardware comparator.
 * Callers: the tick, sleeping tasks, the watchdog, POSIX timers.
 *
 * The comparator is always set for the first timer of its queue or earlier: removing the first one
 * leaves it, and the interrupt that comes for nothing sets it anew.  A timer stays with the CPU that
 * armed it last; while fire() runs, with the CPU that runs it, so that timer_cancel() knows where to
 * look.  Linux has slack, a wheel for coarse timeouts and soft interrupts; here every timer is exact.
 */
#include <kernel/timer.h>
#include <arch/arch.h>
#include <kernel/atomic.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>
#include <kernel/machine.h>
#include <kernel/panic.h>
#include <kernel/task.h>
#include <kernel/time.h>

/* In timer.cpu while a timer is on its way from one queue to another; whoever sees it waits. */
#define TIMER_MOVING ((struct cpu *)1)

void timer_init(struct timer *t, void (*fire)(struct timer *t))
{
	*t = (struct timer){ .fire = fire };
}

/* Sets the comparator for the first timer, if there is one. */
static void timer_program(struct timer_queue *q) REQUIRES(q->lock)
{
	if (q->first)
		arch_timer_set(time_to_counter(q->first->deadline));
	else
		arch_timer_stop();
}

/* Equal deadlines fire in the order in which they were armed. */
static void timer_link(struct timer_queue *q, struct timer *t) REQUIRES(q->lock)
{
	struct rb_node **link = &q->timers.root, *parent = NULL;
	bool first = true;

	while (*link) {
		parent = *link;
		if (t->deadline < rb_entry(parent, struct timer, node)->deadline) {
			link = &parent->left;
		} else {
			link = &parent->right;
			first = false;
		}
	}
	rb_insert(&q->timers, &t->node, parent, link);
	t->armed = true;
	if (first)
		q->first = t;
}

static void timer_unlink(struct timer_queue *q, struct timer *t) REQUIRES(q->lock)
{
	if (q->first == t) {
		struct rb_node *next = rb_next(&t->node);

		q->first = next ? rb_entry(next, struct timer, node) : NULL;
	}
	rb_erase(&q->timers, &t->node);
	t->armed = false;
}

/* Locks the queue that the timer belongs to.  NULL, nothing locked: it was never armed.  Interrupts off. */
static struct timer_queue *timer_queue_lock(struct timer *t)
{
	for (;;) {
		struct cpu *cpu = READ_ONCE(t->cpu);

		if (!cpu)
			return NULL;
		if (cpu == TIMER_MOVING) {
			arch_cpu_relax();
			continue;
		}
		spin_lock(&cpu->timers.lock);
		if (t->cpu == cpu)
			return &cpu->timers;
		spin_unlock(&cpu->timers.lock);
	}
}

/* Disarms the timer and locks the queue that it is to be armed in: this CPU's, or where it is firing. */
static struct timer_queue *timer_take(struct timer *t)
{
	struct cpu *here = this_cpu();
	struct timer_queue *q;

	if (!t->cpu)
		cmpxchg(&t->cpu, NULL, here);
	q = timer_queue_lock(t);
	if (t->armed)
		timer_unlink(q, t);
	if (q == &here->timers || q->running == t)
		return q;
	WRITE_ONCE(t->cpu, TIMER_MOVING);
	spin_unlock(&q->lock);
	spin_lock(&here->timers.lock);
	store_release(&t->cpu, here);
	return &here->timers;
}

void timer_start(struct timer *t, nsec_t deadline)
{
	unsigned long flags = arch_irq_save();
	struct timer_queue *q = timer_take(t);

	t->deadline = deadline;
	timer_link(q, t);
	/* A queue that is running its timers is programmed when it has finished. */
	if (q->first == t && !q->running)
		timer_program(q);
	spin_unlock(&q->lock);
	arch_irq_restore(flags);
}

void timer_again(struct timer *t, nsec_t deadline)
{
	ASSERT(t->cpu->timers.running == t);
	t->cpu->timers.again = MAX(deadline, 1UL);
}

bool timer_cancel(struct timer *t)
{
	bool was_armed = false;
	bool running = true;

	while (running) {
		unsigned long flags = arch_irq_save();
		struct timer_queue *q = timer_queue_lock(t);

		running = false;
		if (q) {
			if (t->armed) {
				timer_unlink(q, t);
				was_armed = true;
			}
			running = q->running == t;
			spin_unlock(&q->lock);
		}
		arch_irq_restore(flags);
		if (running)
			arch_cpu_relax();
	}
	return was_armed;
}

/* Arms what asked for it in fire(), unless somebody else armed it since. */
static void timer_link_again(struct timer_queue *q, struct timer *t) REQUIRES(q->lock)
{
	if (!t->armed) {
		t->deadline = q->again;
		timer_link(q, t);
	}
	q->again = 0;
}

/* What becomes due meanwhile is left to the comparator, which then interrupts at once. */
void timer_interrupt(void)
{
	struct timer_queue *q = &this_cpu()->timers;
	nsec_t now = time_mono();
	struct timer *t;

	q->now = now;
	spin_lock(&q->lock);
	while ((t = q->first) && t->deadline <= now) {
		timer_unlink(q, t);
		q->running = t;
		spin_unlock(&q->lock);
		t->fire(t);
		/* The timer may be gone now. */
		spin_lock(&q->lock);
		q->running = NULL;
		if (q->again)
			timer_link_again(q, t);
	}
	timer_program(q);
	spin_unlock(&q->lock);
}

static void timer_irq_handler(void *arg)
{
	timer_interrupt();
}

void timer_init_cpu(void)
{
	arch_timer_init();
}

void timers_init(void)
{
	int err = irq_request(machine.timer_intid, IRQ_LEVEL, timer_irq_handler, NULL, "timer");

	PANIC_IF(err);
	timer_init_cpu();
}
