/*
 * Stages 29 to 32: counter, tick, the tick's price, one-shot timers.  How long things take is judged
 * only where the machine counts instructions; everywhere nothing may be early or out of order.
 */
#include <arch/arch.h>
#include <kernel/boot.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>
#include <kernel/machine.h>
#include <kernel/sched.h>
#include <kernel/stage.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/timer.h>

#define TIME_STAGE_LIMIT (20 * (nsec_t)NSEC_PER_SEC)

#define SPIN_UNTIL(cond)                                                                           \
	do {                                                                                       \
		nsec_t end_ = time_mono() + TIME_STAGE_LIMIT;                                      \
		while (!(cond) && time_mono() < end_)                                              \
			arch_cpu_relax();                                                          \
		EXPECT(cond);                                                                      \
	} while (0)

/* ---- time.counter ----------------------------------------------------------------------------- */

enum { COUNTER_READS = 1000, COUNTER_LOOPS = 20000 };

static void expect_conversions(u64 hz)
{
	u64 second = time_from_counter(hz);

	EXPECT_LE(second, (u64)NSEC_PER_SEC);
	EXPECT_GE(second, (u64)NSEC_PER_SEC - 1);
	/* The first count that is not early, over the whole range that anybody waits. */
	for (u64 ns = 1; ns < NSEC_NEVER / 4; ns = ns * 3 + 7) {
		u64 count = time_to_counter(ns);

		EXPECT_GE(time_from_counter(count), ns);
		EXPECT_LT(time_from_counter(count - 1), ns);
	}
}

/* One instruction is one nanosecond there. */
static void expect_instruction_rate(void)
{
	u64 instructions, ns, slack;

	arch_instructions_start();
	instructions = arch_instructions();
	ns = time_mono();
	for (volatile int i = 0; i < COUNTER_LOOPS; i++)
		;
	ns = time_mono() - ns;
	instructions = arch_instructions() - instructions;
	slack = instructions / 100 + 200;
	EXPECT_GT(instructions, (u64)COUNTER_LOOPS);
	EXPECT_LE(ns, instructions + slack);
	EXPECT_GE(ns + slack, instructions);
}

void stage_time_counter(void)
{
	u64 hz = arch_counter_hz();
	u64 last = arch_counter(), first = last;
	nsec_t mono = time_mono();

	EXPECT_GE(hz, 1000000ul);
	EXPECT_LE(hz, 10000000000ul);
	for (int i = 0; i < COUNTER_READS; i++) {
		u64 now = arch_counter();

		if (now < last)
			EXPECT_GE(now, last);
		last = now;
	}
	EXPECT_GT(last, first);
	EXPECT_GT(time_mono(), mono);
	expect_conversions(hz);
	if (boot_options.icount)
		expect_instruction_rate();
}

/* ---- time.tick, time.budget ------------------------------------------------------------------- */

enum { TICKS_WATCHED = 4, VIRTUAL_TIMER_INTID = 27, TICK_SLACK_NS = 100000 };
/* The goal is set for the profile that is measured; the other one checks itself on the way. */
enum { TICK_BUDGET = CONFIG_DEBUG ? 1000 : 500 };

void stage_time_tick(void)
{
	struct cpu *cpu;
	u64 ticks, irqs;
	nsec_t start;

	EXPECT_EQ(machine.timer_intid, (u32)VIRTUAL_TIMER_INTID);
	EXPECT(irq_lines[machine.timer_intid].handler);
	preempt_disable();
	cpu = this_cpu();
	ticks = READ_ONCE(cpu->tick_count);
	SPIN_UNTIL(READ_ONCE(cpu->tick_count) > ticks);

	/* In phase with the tick now. */
	start = time_mono();
	irqs = irq_lines[machine.timer_intid].count;
	ticks = cpu->tick_count;
	SPIN_UNTIL(READ_ONCE(cpu->tick_count) >= ticks + TICKS_WATCHED);
	EXPECT_GE(irq_lines[machine.timer_intid].count - irqs, (u64)TICKS_WATCHED);
	/* The one we began after may have been late, so a period less is not early. */
	EXPECT_GE(time_mono() - start, (TICKS_WATCHED - 1) * (u64)TICK_NS);
	if (boot_options.icount) {
		EXPECT_GE(time_mono() - start, TICKS_WATCHED * (u64)TICK_NS - TICK_SLACK_NS);
		EXPECT_LE(time_mono() - start, TICKS_WATCHED * (u64)TICK_NS + TICK_SLACK_NS);
	}
	preempt_enable();
}

/* Instructions from where interrupts come on to where they are off again, with one tick in between. */
static u64 tick_cost(struct cpu *cpu)
{
	u64 ticks, before, after;

	arch_irq_disable();
	while (time_mono() <= cpu->tick.deadline)
		arch_cpu_relax();
	ticks = cpu->tick_count;
	before = arch_instructions();
	arch_irq_enable();
	arch_irq_disable();
	after = arch_instructions();
	arch_irq_enable();
	EXPECT_EQ(cpu->tick_count, ticks + 1);
	return after - before;
}

void stage_time_budget(void)
{
	struct cpu *cpu;

	arch_instructions_start();
	EXPECT_GT(arch_instructions(), 0ul);
	preempt_disable();
	cpu = this_cpu();
	EXPECT(cpu->tick_armed);
	for (int i = 0; i < TICKS_WATCHED; i++) {
		u64 cost = tick_cost(cpu);

		EXPECT_GT(cost, 50ul);
		EXPECT_LE(cost, (u64)TICK_BUDGET);
	}
	preempt_enable();
}

/* ---- time.hrtimer ----------------------------------------------------------------------------- */

enum { TEST_TIMERS = 8, TEST_STEP_NS = 200000, REARM_TIMES = 3 };

static struct test_timer {
	struct timer timer;
	nsec_t fired;   /* when, 0: not yet */
	u32 order;      /* it was the how-manieth */
	u32 times;
	bool irqs_on;
	bool rearm;
} test_timers[TEST_TIMERS];

static u32 timers_fired;

static void test_timer_fire(struct timer *timer)
{
	struct test_timer *t = container_of(timer, struct test_timer, timer);

	t->fired = time_mono();
	t->order = ++timers_fired;
	t->irqs_on = arch_irqs_enabled() || !in_interrupt();
	WRITE_ONCE(t->times, t->times + 1);
	if (t->rearm && t->times < REARM_TIMES)
		timer_start(timer, timer->deadline + TEST_STEP_NS);
}

static void test_timers_reset(void)
{
	timers_fired = 0;
	for (u32 i = 0; i < TEST_TIMERS; i++) {
		test_timers[i] = (struct test_timer){ 0 };
		timer_init(&test_timers[i].timer, test_timer_fire);
	}
}

/* Armed in a jumbled order, they fire by deadline. */
static void expect_deadline_order(void)
{
	nsec_t start = time_mono() + NSEC_PER_MSEC;
	irqflags_t flags;

	test_timers_reset();
	flags = arch_irq_save(); /* a host that stalls lets none fire before all are armed */
	for (u32 i = 0; i < TEST_TIMERS; i++) {
		u32 place = i * 5 % TEST_TIMERS;

		timer_start(&test_timers[place].timer, start + place * TEST_STEP_NS);
	}
	arch_irq_restore(flags);
	SPIN_UNTIL(READ_ONCE(test_timers[TEST_TIMERS - 1].times));
	for (u32 i = 0; i < TEST_TIMERS; i++) {
		const struct test_timer *t = &test_timers[i];

		EXPECT_EQ(t->times, 1u);
		EXPECT_EQ(t->order, i + 1);
		EXPECT_GE(t->fired, t->timer.deadline);
		EXPECT(!t->irqs_on);
		EXPECT(!t->timer.armed);
		if (boot_options.icount)
			EXPECT_LE(t->fired - t->timer.deadline, 10000ul);
	}
}

/* Equal deadlines keep the order of arming; a cancelled one never fires; a moved one fires once. */
static void expect_ties_and_cancel(void)
{
	nsec_t when = time_mono() + NSEC_PER_MSEC;
	irqflags_t flags;

	test_timers_reset();
	flags = arch_irq_save();
	for (u32 i = 0; i < TEST_TIMERS; i++)
		timer_start(&test_timers[i].timer, when);
	EXPECT(timer_cancel(&test_timers[3].timer));
	EXPECT(!timer_cancel(&test_timers[3].timer));
	timer_start(&test_timers[0].timer, when + TEST_STEP_NS);
	arch_irq_restore(flags);
	SPIN_UNTIL(READ_ONCE(test_timers[0].times));
	EXPECT_EQ(test_timers[3].times, 0u);
	EXPECT_EQ(timers_fired, (u32)TEST_TIMERS - 1);
	EXPECT_EQ(test_timers[1].order, 1u);
	EXPECT_EQ(test_timers[2].order, 2u);
	EXPECT_EQ(test_timers[4].order, 3u);
	EXPECT_EQ(test_timers[0].order, (u32)TEST_TIMERS - 1);
	EXPECT_GE(test_timers[0].fired, when + TEST_STEP_NS);
	EXPECT(!timer_cancel(&test_timers[0].timer));
}

static void expect_rearm_and_past(void)
{
	struct test_timer *t = &test_timers[0];
	nsec_t start = time_mono();

	test_timers_reset();
	t->rearm = true;
	timer_start(&t->timer, start + TEST_STEP_NS);
	SPIN_UNTIL(READ_ONCE(t->times) == REARM_TIMES);
	EXPECT_GE(t->fired, start + REARM_TIMES * TEST_STEP_NS);
	/* A deadline in the past is due at once, but by interrupt: not inside timer_start(). */
	t = &test_timers[1];
	arch_irq_disable();
	timer_start(&t->timer, 1);
	EXPECT_EQ(t->times, 0u);
	arch_irq_enable();
	SPIN_UNTIL(READ_ONCE(t->times) == 1);
}

void stage_time_hrtimer(void)
{
	preempt_disable();
	expect_deadline_order();
	expect_ties_and_cancel();
	expect_rearm_and_past();
	preempt_enable();
}
