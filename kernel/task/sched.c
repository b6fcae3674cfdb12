/*
 * The scheduler: one run queue for each CPU, fair by weighted time.  schedule() is called by whoever
 * sleeps, by the return to EL0 and from interrupts to EL1; task_wake() by whoever has an event.
 *
 * The rule that everything else follows from: a CPU holds its run queue's lock from the moment schedule()
 * looks at prev until next runs and prev's registers are saved (sched_switch_done).  Therefore, with the
 * lock of t->cpu held, t either runs there, or waits in the tree, or is off every CPU with its registers
 * in memory.  A waker takes that lock first and never has to wait for a task that is still leaving.
 *
 * t->cpu changes only with the old queue's lock held and t out of the tree; t then is in no queue, and
 * RUNNING, until it is put into the new one.  Nobody but the one who changed it acts on t meanwhile.
 *
 * Simplified against Linux: no groups, no real-time classes, no load averages; balance.c.
 */
#include <kernel/sched.h>

#include <kernel/cpu.h>
#include <kernel/cpu_timer.h>
#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/mm.h>
#include <kernel/panic.h>
#include <kernel/smp.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/watchdog.h>

enum { WAKE_STATES = 1 << TASK_INTERRUPTIBLE | 1 << TASK_UNINTERRUPTIBLE | 1 << TASK_KILLABLE };

static inline struct task *task_of(struct fair *f)
{
	return container_of(f, struct task, fair);
}

/* Locks the run queue t belongs to.  Interrupts off. */
static struct cpu *sched_lock_of(struct task *t)
{
	for (;;) {
		struct cpu *cpu = READ_ONCE(t->cpu);

		spin_lock(&cpu->rq.lock);
		if (likely(cpu == READ_ONCE(t->cpu)))
			return cpu;
		spin_unlock(&cpu->rq.lock);
	}
}

/* Charges the running task up to now. */
static void sched_charge(struct cpu *cpu, nsec_t now) REQUIRES(cpu->rq.lock)
{
	struct task *t = cpu->rq.running;
	u64 ns;

	now = MAX(now, t->exec_start);
	ns = now - t->exec_start;
	t->exec_start = now;
	t->runtime_ns += ns;
	if (t == cpu->idle)
		cpu->idle_ns += ns;
	else
		fair_charge(&cpu->rq.fair, &t->fair, ns);
}

/* The work bits of what runs there: it passes through schedule() on its way out of the kernel. */
static void sched_mark_running(struct cpu *cpu) REQUIRES(cpu->rq.lock)
{
	__atomic_fetch_or(&cpu->rq.running->work, WORK_RESCHED, __ATOMIC_RELAXED);
}

/* Tells the CPU that its running task was marked: in its own interrupt return, or by an interrupt. */
static void sched_notify(struct cpu *cpu)
{
	if (cpu != this_cpu())
		irq_chip->send_ipi(1ul << cpu->id, IPI_RESCHED);
}

void sched_resched(struct cpu *cpu)
{
	irqflags_t flags = spin_lock_irqsave(&cpu->rq.lock);

	sched_mark_running(cpu);
	sched_notify(cpu);
	spin_unlock_irqrestore(&cpu->rq.lock, flags);
}

/* Puts t, which is in no queue, into cpu's, and preempts what runs there if t should. */
static void sched_enqueue(struct cpu *cpu, struct task *t) REQUIRES(cpu->rq.lock)
{
	struct run_queue *rq = &cpu->rq;

	ASSERT(!t->on_rq && !t->on_cpu && t->cpu == cpu);
	fair_insert(&rq->fair, &t->fair);
	t->on_rq = true;
	rq->count++;
	if (rq->running == cpu->idle || fair_preempts(&t->fair, &rq->running->fair)) {
		sched_mark_running(cpu);
		sched_notify(cpu);
	}
}

/*
 * Sends a runnable t, in no queue, to the CPU where it runs best.  `from`, its CPU, is locked and is
 * unlocked here.  Interrupts off.
 */
static void sched_place(struct cpu *from, struct task *t) REQUIRES(from->rq.lock)
{
	struct cpu *to = sched_choose_cpu(t);

	if (to != from) {
		fair_move(&from->rq.fair, &to->rq.fair, &t->fair);
		WRITE_ONCE(t->cpu, to);
		spin_unlock(&from->rq.lock);
		spin_lock(&to->rq.lock);
	}
	sched_enqueue(to, t);
	spin_unlock(&to->rq.lock);
}

bool task_wake_state(struct task *t, u32 state_mask)
{
	bool woken = false;
	irqflags_t flags;
	struct cpu *cpu;

	/*
	 * What the caller changed comes before our look at the state.  Pairs with task_set_state(): either
	 * we see that t sleeps, or t, which set its state first, sees the change and does not sleep.
	 */
	arch_mb();
	if (!(state_mask >> READ_ONCE(t->state) & 1))
		return false;

	flags = arch_irq_save();
	preempt_disable();
	cpu = sched_lock_of(t);
	if (state_mask >> t->state & 1) {
		woken = true;
		WRITE_ONCE(t->state, TASK_RUNNING);
	}
	if (woken && !t->on_rq) {
		fair_place_woken(&cpu->rq.fair, &t->fair);
		sched_place(cpu, t);
	} else {
		/* On the queue: it has not left yet, or was preempted on its way.  It will see RUNNING. */
		spin_unlock(&cpu->rq.lock);
	}
	arch_irq_restore(flags);
	preempt_enable();
	return woken;
}

bool task_wake(struct task *t)
{
	return task_wake_state(t, WAKE_STATES);
}

void task_start(struct task *t)
{
	irqflags_t flags = arch_irq_save();
	struct cpu *cpu;

	PANIC_IF(t->state != TASK_NEW);
	/* The scheduler's own reference, dropped by sched_switch_done() after its last switch. */
	task_get(t);
	preempt_disable();
	cpu = this_cpu();
	spin_lock(&cpu->rq.lock);
	t->cpu = cpu;
	t->fair.weight = fair_weight(t->nice);
	fair_place_new(&cpu->rq.fair, &t->fair);
	WRITE_ONCE(t->state, TASK_RUNNING);
	sched_place(cpu, t);
	arch_irq_restore(flags);
	preempt_enable();
}

/* Takes prev off the CPU, or back into the tree, and picks who is next. */
static struct task *sched_pick(struct cpu *cpu, struct task *prev, bool preempted) REQUIRES(cpu->rq.lock)
{
	struct run_queue *rq = &cpu->rq;
	struct fair *first;

	if (prev == cpu->idle) {
		/* Not counted, never in the tree. */
	} else if ((prev->state != TASK_RUNNING && !preempted) ||
		   (prev->state == TASK_RUNNING && !(prev->cpu_mask >> cpu->id & 1))) {
		/* It sleeps, or has to go elsewhere: sched_switch_done() sends it. */
		prev->on_rq = false;
		rq->count--;
	} else {
		fair_insert(&rq->fair, &prev->fair);
	}

	if (!rq->count)
		sched_pull(cpu);
	first = fair_first(&rq->fair);
	if (!first)
		return cpu->idle;
	fair_remove(&rq->fair, first);
	return task_of(first);
}

/* Writes down that next runs here from now on and loads its address space. */
static void sched_set_running(struct cpu *cpu, struct task *next, nsec_t now) REQUIRES(cpu->rq.lock)
{
	WRITE_ONCE(cpu->rq.running, next);
	cpu->rq.switches++;
	next->exec_start = now;
	WRITE_ONCE(next->on_cpu, true);
	/* A kernel thread runs on whatever is loaded; sched_forget_mm() keeps that from dangling. */
	if (next->mm && next->mm != cpu->mm) {
		mm_switch(cpu->mm, next->mm);
		cpu->mm = next->mm;
	}
	if (next != cpu->idle && !cpu->tick_armed) {
		cpu->tick_armed = true;
		timer_start(&cpu->tick, now + TICK_NS);
		watchdog_pet(cpu, now);
	}
}

/* The other half of a switch, in the task that was switched to: prev is off this CPU now. */
static void sched_switch_done(struct task *prev) REQUIRES(this_cpu()->rq.lock)
{
	struct cpu *cpu = this_cpu();
	/* On the queue: preempted on its way out, it comes back once more. */
	bool dead = prev->state == TASK_DEAD && !prev->on_rq;
	bool moves = prev->state == TASK_RUNNING && !prev->on_rq && prev != cpu->idle;

	WRITE_ONCE(prev->on_cpu, false);
	if (moves)
		sched_place(cpu, prev);
	else
		spin_unlock(&cpu->rq.lock);
	if (dead)
		task_put_deferred(prev);
}

/* A preempted task stays runnable whatever its state says: it was on its way to sleep, not asleep. */
static void sched_switch(bool preempted)
{
	irqflags_t flags = arch_irq_save();
	struct task *prev = current, *next;
	struct cpu *cpu = prev->cpu;

	spin_lock(&cpu->rq.lock);
	PANIC_IF(prev->preempt_count != 1);
	__atomic_fetch_and(&prev->work, ~(u32)WORK_RESCHED, __ATOMIC_RELAXED);
	sched_charge(cpu, time_mono());
	cpu->watchdog_touched = prev->exec_start;
	next = sched_pick(cpu, prev, preempted);
	if (next == prev) {
		spin_unlock(&cpu->rq.lock);
	} else {
		if (preempted)
			prev->switches_forced++;
		else
			prev->switches_voluntary++;
		sched_set_running(cpu, next, prev->exec_start);
		/* prev may come back on another CPU: `cpu` is history after this. */
		sched_switch_done(arch_switch(prev, next));
	}
	arch_irq_restore(flags);
}

void schedule(void)
{
	sched_switch(false);
}

void preempt_schedule(void)
{
	/* With interrupts off nobody expects to lose the CPU; the mark stays for later. */
	if (arch_irqs_enabled())
		sched_switch(true);
}

void preempt_schedule_irq(void)
{
	if (current->preempt_count == 0 && READ_ONCE(current->work) & WORK_RESCHED)
		sched_switch(true);
}

void task_first_run(struct task *prev)
{
	struct task *t = current;

	/* Born as if it had called schedule(): lock held, interrupts off. */
	sched_switch_done(prev);
	arch_irq_enable();
	if (t->entry) {
		t->entry(t->entry_arg);
		if (!t->proc)
			task_exit(0);
	}
	arch_irq_disable();
}

void task_yield(void)
{
	irqflags_t flags = arch_irq_save();
	struct run_queue *rq = &this_cpu()->rq;
	struct rb_node *last;

	spin_lock(&rq->lock);
	last = rb_last(&rq->fair.tree);
	if (last)
		fair_step_behind(&current->fair, rb_entry(last, struct fair, node));
	spin_unlock(&rq->lock);
	arch_irq_restore(flags);
	schedule();
}

/*
 * Locks t's run queue when t is in it or asleep.  A t on its way between two queues is RUNNING and in
 * none: whoever moves it is about to finish, on another CPU.
 */
static struct cpu *sched_lock_settled(struct task *t)
{
	for (;;) {
		struct cpu *cpu = sched_lock_of(t);

		if (t->on_rq || t->state != TASK_RUNNING || t == cpu->idle)
			return cpu;
		spin_unlock(&cpu->rq.lock);
		arch_cpu_relax();
	}
}

int sched_set_affinity(struct task *t, u64 mask)
{
	irqflags_t flags;
	struct cpu *cpu;

	if (!(mask & smp_online_mask()))
		return -EINVAL;
	flags = arch_irq_save();
	preempt_disable();
	cpu = sched_lock_settled(t);
	t->cpu_mask = mask;
	if (!t->on_rq || mask >> cpu->id & 1) {
		/* It is, or will be woken, where it may be. */
		spin_unlock(&cpu->rq.lock);
	} else if (cpu->rq.running == t) {
		/* schedule() sends it away. */
		sched_mark_running(cpu);
		sched_notify(cpu);
		spin_unlock(&cpu->rq.lock);
	} else if (t->state == TASK_RUNNING) {
		fair_remove(&cpu->rq.fair, &t->fair);
		t->on_rq = false;
		cpu->rq.count--;
		sched_place(cpu, t);
	} else {
		/* Preempted on its way to sleep: it runs a moment more here, and wakes elsewhere. */
		spin_unlock(&cpu->rq.lock);
	}
	arch_irq_restore(flags);
	preempt_enable();
	return 0;
}

void sched_set_nice(struct task *t, int nice)
{
	irqflags_t flags = arch_irq_save();
	struct cpu *cpu;

	preempt_disable();
	cpu = sched_lock_of(t);
	t->nice = nice;
	/* vruntime already earned stays; the place in the tree does not depend on the weight. */
	if (cpu->rq.running == t)
		sched_charge(cpu, time_mono());
	t->fair.weight = fair_weight(nice);
	spin_unlock(&cpu->rq.lock);
	arch_irq_restore(flags);
	preempt_enable();
}

void sched_use_mm(struct mm *mm)
{
	irqflags_t flags = arch_irq_save();
	struct cpu *cpu = this_cpu();

	current->mm = mm;
	if (cpu->mm != mm) {
		mm_switch(cpu->mm, mm);
		cpu->mm = mm;
	}
	arch_irq_restore(flags);
}

static void sched_drop_lazy_mm(void *arg)
{
	struct cpu *cpu = this_cpu();

	if (cpu->mm == arg) {
		mm_switch(cpu->mm, NULL);
		cpu->mm = NULL;
	}
}

void sched_forget_mm(struct mm *mm)
{
	u64 mask = 0;

	for (u32 i = 0; i < cpu_count; i++)
		if (READ_ONCE(cpus[i].mm) == mm)
			mask |= 1ul << i;
	if (mask)
		smp_call(mask, sched_drop_lazy_mm, mm);
}

/* The tick, once in TICK_NS while somebody runs here.  Interrupts off. */
static void sched_tick(struct timer *timer)
{
	struct cpu *cpu = this_cpu();
	struct run_queue *rq = &cpu->rq;
	struct task *t;
	u32 waiting;

	cpu->tick_count++;
	spin_lock(&rq->lock);
	sched_charge(cpu, cpu->timers.now);
	t = rq->running;
	if (cpu->irq_from_user)
		t->user_ticks++;
	else
		t->system_ticks++;
	if (t != cpu->idle && fair_slice_over(&rq->fair, &t->fair))
		sched_mark_running(cpu);
	waiting = rq->fair.waiting;
	cpu->tick_armed = t != cpu->idle;
	spin_unlock(&rq->lock);

	if (unlikely(t->proc && READ_ONCE(t->proc->cpu_timers)))
		cpu_timers_tick(t->proc);
	watchdog_tick(cpu, t->exec_start);
	if (waiting)
		sched_kick_idle(cpu);
	if (cpu->tick_armed)
		timer_again(timer, MAX(timer->deadline + TICK_NS, t->exec_start + 1));
}

void sched_init_cpu(struct cpu *cpu)
{
	spin_init(&cpu->rq.lock, "run_queue");
	timer_init(&cpu->tick, sched_tick);
	cpu->idle = current;
	current->exec_start = time_mono();
	watchdog_init_cpu(cpu);
}

void sched_init(void)
{
	sched_init_cpu(&cpus[0]);
}

void idle_run(void)
{
	for (;;) {
		task_reap_dead();
		arch_irq_disable();
		/* An interrupt that comes after this look still ends the wait: it is only masked. */
		if (!(READ_ONCE(current->work) & WORK_RESCHED))
			arch_wait_for_interrupt();
		arch_irq_enable();
		if (READ_ONCE(current->work) & WORK_RESCHED)
			schedule();
	}
}
