/*
 * Where tasks run.  Called by sched.c when a task becomes runnable, when a CPU runs out of work, and by
 * the tick of a CPU that has more than it can run.
 *
 * Looks at other queues are unlocked and may be history; what is done is done under the locks.  Lock
 * order: a CPU that holds its own queue only tries another's, so two can never wait for each other.
 * A try that fails leaves the work to the next tick, which kicks an idle CPU again.
 */
#include <kernel/sched.h>

#include <kernel/cpu.h>
#include <kernel/task.h>

bool sched_cpu_idle(const struct cpu *cpu)
{
	return READ_ONCE(cpu->rq.count) == 0;
}

static bool sched_allowed(const struct task *t, const struct cpu *cpu)
{
	return READ_ONCE(cpu->online) && READ_ONCE(t->cpu_mask) >> cpu->id & 1;
}

struct cpu *sched_choose_cpu(const struct task *t)
{
	struct cpu *last = READ_ONCE(t->cpu), *best = NULL;

	if (cpu_count == 1)
		return last;
	/* Its caches are warm where it ran last; after that where it is woken. */
	if (sched_allowed(t, last) && sched_cpu_idle(last))
		return last;
	if (sched_allowed(t, this_cpu()) && sched_cpu_idle(this_cpu()))
		return this_cpu();
	for (u32 i = 1; i <= cpu_count; i++) {
		struct cpu *cpu = &cpus[(last->id + i) % cpu_count];

		/* `last` comes at the end of the round and wins a tie. */
		if (sched_allowed(t, cpu) &&
		    (!best || READ_ONCE(cpu->rq.count) < READ_ONCE(best->rq.count) ||
		     (cpu == last && READ_ONCE(cpu->rq.count) == READ_ONCE(best->rq.count))))
			best = cpu;
	}
	/* The mask has an online CPU: sched_set_affinity() saw to that. */
	return best ? best : last;
}

void sched_migrate(struct cpu *from, struct cpu *to, struct task *t)
{
	fair_remove(&from->rq.fair, &t->fair);
	from->rq.count--;
	fair_move(&from->rq.fair, &to->rq.fair, &t->fair);
	WRITE_ONCE(t->cpu, to);
	fair_insert(&to->rq.fair, &t->fair);
	to->rq.count++;
}

/* The first in from's queue that may run on `to`. */
static struct task *sched_find_movable(struct cpu *from, struct cpu *to)
{
	struct rb_node *node;

	rb_for_each(node, &from->rq.fair.tree) {
		struct task *t = rb_entry(node, struct task, fair.node);

		if (t->cpu_mask >> to->id & 1)
			return t;
	}
	return NULL;
}

/* Takes one task over from `other`, if its queue is free to be looked at. */
static bool sched_pull_from(struct cpu *other, struct cpu *cpu) REQUIRES(cpu->rq.lock)
{
	struct task *t;

	if (!READ_ONCE(other->rq.fair.waiting) || !spin_trylock(&other->rq.lock))
		return false;
	t = sched_find_movable(other, cpu);
	if (t)
		sched_migrate(other, cpu, t);
	spin_unlock(&other->rq.lock);
	return t != NULL;
}

bool sched_pull(struct cpu *cpu)
{
	/* Beginning with the next, so that idle CPUs do not all try the same one. */
	for (u32 i = 1; i < cpu_count; i++)
		if (sched_pull_from(&cpus[(cpu->id + i) % cpu_count], cpu))
			return true;
	return false;
}

/* Whether somebody who waits here may run there. */
static bool sched_has_movable(struct cpu *from, struct cpu *to)
{
	bool found;

	spin_lock(&from->rq.lock);
	found = sched_find_movable(from, to) != NULL;
	spin_unlock(&from->rq.lock);
	return found;
}

void sched_kick_idle(struct cpu *cpu)
{
	for (u32 i = 0; i < cpu_count; i++) {
		struct cpu *other = &cpus[i];

		if (other != cpu && READ_ONCE(other->online) && sched_cpu_idle(other) &&
		    sched_has_movable(cpu, other)) {
			sched_resched(other);
			return;
		}
	}
}
