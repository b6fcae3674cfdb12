/*
 * Spin locks: fair where every CPU runs, and not worse than the host where one does not.
 *
 * A virtual CPU is a thread of the host, which may stop it for milliseconds.  A ticket lock then waits
 * for the CPU whose turn it is, and with more CPUs than host cores every hand-over waits for the host's
 * scheduler.  A plain test-and-set lock does not, but may pass somebody over for ever.  Ours hands over
 * in turn, round the CPUs, but as an offer: if the CPU it was offered to has not taken it after a short
 * while, whoever waits may.  A CPU that does run takes its offer well within that, so it waits for one
 * turn of each other CPU at most; one that does not run costs the others SPIN_PATIENCE rounds.
 *
 *	word = 0                          free
 *	held                              taken, nobody waits
 *	held, waiting = {1,3}             cpus 1 and 3 spin
 *	offered = 3 + 1, waiting = {1,3}  free, for CPU 3 to take
 *
 * An uncontended lock is one compare-and-swap, an unlock one store.  On two host cores, 8,000 turns of 4
 * virtual CPUs take 4 to 16 ms, 16,000 turns of 8 take 15 to 35; with an offer that stands for ever both
 * vary up to more than 20 seconds.  Linux: queued (MCS) locks, with stealing only under a hypervisor.
 */
#include <kernel/spinlock.h>

#include <kernel/atomic.h>
#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <kernel/task.h>
#include <kernel/time.h>

enum {
	SPIN_HELD          = 1,
	SPIN_OFFERED_SHIFT = 8,
	SPIN_OFFERED_MASK  = 0xff << SPIN_OFFERED_SHIFT,
	SPIN_WAITING_SHIFT = 16,
	SPIN_PATIENCE      = 64,      /* rounds that an offer stands */
	SPIN_CHECK_MASK    = (1 << 20) - 1,
	SPIN_STUCK_SECONDS = 30,      /* nobody holds a lock that long, even on a starved host */
};

STATIC_ASSERT(CPUS_MAX <= 8, "spinlock.waiting has a bit for each CPU");

void spin_init(struct spinlock *l, const char *name)
{
	l->word = 0;
	l->cpu = NULL;
	l->name = name;
}

/* Swaps the word from old to val, acquiring.  On failure *old is what was found. */
static __always_inline bool spin_swap(struct spinlock *l, u32 *old, u32 val)
{
	return __atomic_compare_exchange_n(&l->word, old, val, true, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static void spin_check_stuck(const struct spinlock *l, u64 since)
{
	const struct cpu *holder = READ_ONCE(l->cpu);

	if (arch_counter() - since < SPIN_STUCK_SECONDS * arch_counter_hz())
		return;
	panic("spin lock %s is stuck: CPU %u waits, CPU %d holds it", l->name, this_cpu()->id,
	      holder ? (int)holder->id : -1);
}

/* Waits for the lock and takes it.  Preemption off. */
static __noinline void spin_wait(struct spinlock *l)
{
	struct cpu *cpu = this_cpu();
	u32 me = 1u << (SPIN_WAITING_SHIFT + cpu->id);
	u32 mine = (cpu->id + 1) << SPIN_OFFERED_SHIFT;
	u64 since = arch_counter();
	u32 rounds = 0, unclaimed = 0, word, offer;

	if (READ_ONCE(l->cpu) == cpu)
		panic("spin lock %s is taken twice by CPU %u", l->name, cpu->id);
	__atomic_fetch_or(&l->word, me, __ATOMIC_RELAXED);
	for (;;) {
		word = READ_ONCE(l->word);
		offer = word & SPIN_OFFERED_MASK;
		if (word & SPIN_HELD)
			unclaimed = 0;
		else if (!offer || offer == mine || ++unclaimed > SPIN_PATIENCE)
			if (spin_swap(l, &word, (word & ~(me | SPIN_OFFERED_MASK)) | SPIN_HELD))
				break;
		arch_cpu_relax();
		if ((++rounds & SPIN_CHECK_MASK) == 0)
			spin_check_stuck(l, since);
	}
	l->cpu = cpu;
}

static __noinline irqflags_t spin_wait_irqsave(struct spinlock *l, irqflags_t flags)
{
	spin_wait(l);
	return flags;
}

/* Frees a lock for which somebody waits: offers it to the next waiting CPU after this one. */
static __noinline void spin_hand_over(struct spinlock *l, u32 waiting)
{
	u32 after = this_cpu()->id + 1;
	u32 later = waiting >> after << after;
	u32 next = __builtin_ctz(later ? later : waiting);

	/* held = 0 and offered in one store; bits that waiters set meanwhile are not touched. */
	__atomic_store_n((u16 *)&l->word, (u16)((next + 1) << SPIN_OFFERED_SHIFT), __ATOMIC_RELEASE);
}

/* The fast path: true when it took the lock.  Slow paths are tail calls, so that it needs no frame. */
static __always_inline bool spin_take_free(struct spinlock *l)
{
	u32 free = 0;

	if (unlikely(!spin_swap(l, &free, SPIN_HELD)))
		return false;
	l->cpu = this_cpu();
	return true;
}

static __always_inline void spin_release(struct spinlock *l)
{
	u32 waiting = READ_ONCE(l->waiting);

	ASSERT(l->cpu == this_cpu());
	l->cpu = NULL;
	/* Whoever starts to wait after we looked finds the lock free and not offered: nobody is lost. */
	if (likely(!waiting))
		__atomic_store_n((u16 *)&l->word, 0, __ATOMIC_RELEASE);
	else
		spin_hand_over(l, waiting);
}

void spin_lock(struct spinlock *l)
{
	preempt_disable();
	if (unlikely(!spin_take_free(l)))
		spin_wait(l);
}

void spin_unlock(struct spinlock *l)
{
	spin_release(l);
	preempt_enable();
}

int spin_trylock(struct spinlock *l)
{
	u32 free = 0;

	preempt_disable();
	if (!__atomic_compare_exchange_n(&l->word, &free, SPIN_HELD, false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED)) {
		preempt_enable();
		return 0;
	}
	l->cpu = this_cpu();
	return 1;
}

irqflags_t spin_lock_irqsave(struct spinlock *l)
{
	irqflags_t flags = arch_irq_save();

	preempt_disable();
	if (unlikely(!spin_take_free(l)))
		return spin_wait_irqsave(l, flags);
	return flags;
}

void spin_unlock_irqrestore(struct spinlock *l, irqflags_t flags)
{
	spin_release(l);
	arch_irq_restore(flags);
	preempt_enable();
}

bool spin_held(const struct spinlock *l)
{
	return READ_ONCE(l->cpu) == current->cpu;
}
