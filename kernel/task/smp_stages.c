/*
 * Stages 45 to 48: CPUs, inter-processor calls, spin locks, balance.  A virtual CPU may be stopped by the
 * host for a while at any point, so times here are only limits after which something is lost.
 */
#include <arch/boot.h>
#include <kernel/cpu.h>
#include <kernel/crew.h>
#include <kernel/machine.h>
#include <kernel/smp.h>
#include <kernel/spinlock.h>
#include <kernel/stage.h>
#include <kernel/task.h>
#include <kernel/time.h>

#define SMP_STAGE_LIMIT (20 * (nsec_t)NSEC_PER_SEC)

static struct crew smp_crew;

/* Written on each CPU by itself. */
static struct {
	u64 mpidr;
	u32 id;
	u32 calls;
	bool irqs;
	struct task *task;
} seen_on[CPUS_MAX];

static void smp_look(void *arg)
{
	u32 id = this_cpu()->id;

	seen_on[id].mpidr = arch_mpidr();
	seen_on[id].id = id;
	seen_on[id].irqs = arch_irqs_enabled();
	seen_on[id].task = current;
	seen_on[id].calls++;
}

static bool machine_lists(u64 mpidr)
{
	for (u32 i = 0; i < machine.cpu_count; i++)
		if (machine.cpu_mpidr[i] == mpidr)
			return true;
	return false;
}

void stage_smp_online(void)
{
	EXPECT_EQ(cpu_count, machine.cpu_count);
	EXPECT_EQ(smp_online_mask(), (1ul << machine.cpu_count) - 1);
	smp_call(smp_online_mask(), smp_look, NULL);
	for (u32 i = 0; i < cpu_count; i++) {
		EXPECT_EQ(seen_on[i].id, i);
		EXPECT_EQ(seen_on[i].mpidr, cpus[i].mpidr);
		EXPECT(machine_lists(seen_on[i].mpidr));
		/* The way in was the same: from EL2 where the boot CPU was entered there. */
		EXPECT_EQ(boot_record.cpus[i].el, boot_record.cpus[0].el);
		EXPECT_EQ(boot_record.cpus[i].hcr, boot_record.cpus[0].hcr);
		for (u32 j = 0; j < i; j++)
			EXPECT_NE(seen_on[j].mpidr, seen_on[i].mpidr);
	}
}

enum { IPI_ROUNDS = 10, IPI_STORM = 5 };

static atomic_t ipi_hits[CPUS_MAX];

static void ipi_hit(void *arg)
{
	atomic_inc(&ipi_hits[this_cpu()->id]);
}

/* Everybody calls everybody at once. */
static void ipi_body(struct crew_member *m)
{
	for (u32 i = 0; i < IPI_STORM; i++)
		smp_call(smp_online_mask(), ipi_hit, NULL);
}

void stage_smp_ipi(void)
{
	u32 first = seen_on[0].calls;

	for (u32 i = 0; i < cpu_count; i++)
		seen_on[i].calls = first;
	for (u32 round = 1; round <= IPI_ROUNDS; round++) {
		smp_call(smp_online_mask(), smp_look, NULL);
		for (u32 i = 0; i < cpu_count; i++) {
			EXPECT_EQ(seen_on[i].calls, first + round);
			EXPECT(!seen_on[i].irqs);
		}
	}
	/* To one: nobody else hears it. */
	smp_call(1ul << (cpu_count - 1), smp_look, NULL);
	EXPECT_EQ(seen_on[cpu_count - 1].calls, first + IPI_ROUNDS + 1);
	EXPECT_EQ(seen_on[0].calls, first + IPI_ROUNDS);

	for (u32 i = 0; i < cpu_count; i++)
		atomic_store(&ipi_hits[i], 0);
	EXPECT_OK(crew_start(&smp_crew, cpu_count, CREW_SPREAD, ipi_body));
	EXPECT_OK(crew_join(&smp_crew, SMP_STAGE_LIMIT));
	for (u32 i = 0; i < cpu_count; i++)
		EXPECT_EQ(atomic_load(&ipi_hits[i]), (int)(IPI_STORM * cpu_count));
}

enum { LOCK_ROUNDS = 1000, LOCK_WORK = 50 };

static struct spinlock stage_lock = SPINLOCK_INIT("stage");
static u32 lock_first, lock_second; /* equal whenever the lock is free */

/* Everybody has had its rounds: until then all go on, so that nobody has the lock to itself. */
static bool lock_all_done(void)
{
	for (u32 i = 0; i < smp_crew.count; i++)
		if (READ_ONCE(smp_crew.members[i].value) < LOCK_ROUNDS)
			return false;
	return true;
}

/* value: rounds done; result: the longest wait in us. */
static void lock_body(struct crew_member *m)
{
	while (!lock_all_done()) {
		nsec_t start = time_mono(), wait;

		spin_lock(&stage_lock);
		wait = time_mono() - start;
		EXPECT_EQ(READ_ONCE(lock_first), READ_ONCE(lock_second));
		WRITE_ONCE(lock_first, lock_first + 1);
		for (u32 n = 0; n < LOCK_WORK; n++)
			barrier();
		WRITE_ONCE(lock_second, lock_second + 1);
		spin_unlock(&stage_lock);
		m->result = MAX(m->result, (long)(wait / NSEC_PER_USEC));
		WRITE_ONCE(m->value, m->value + 1);
	}
}

void stage_smp_spinlock(void)
{
	irqflags_t flags;
	u64 sum = 0;

	lock_first = lock_second = 0;
	EXPECT_OK(crew_start(&smp_crew, cpu_count, CREW_SPREAD, lock_body));
	EXPECT_OK(crew_join(&smp_crew, SMP_STAGE_LIMIT));
	for (u32 i = 0; i < cpu_count; i++) {
		EXPECT_GE(smp_crew.members[i].value, (u64)LOCK_ROUNDS);
		/* Nobody is passed over: the bound is that of the host's scheduler, not of the lock. */
		EXPECT_LT(smp_crew.members[i].result, 2000000);
		sum += smp_crew.members[i].value;
	}
	EXPECT_EQ((u64)lock_first, sum);
	EXPECT_EQ(stage_lock.word, 0u);

	flags = spin_lock_irqsave(&stage_lock);
	EXPECT(spin_held(&stage_lock));
	EXPECT(!spin_trylock(&stage_lock));
	EXPECT(!arch_irqs_enabled());
	spin_unlock_irqrestore(&stage_lock, flags);
	EXPECT(!spin_held(&stage_lock));
	EXPECT(arch_irqs_enabled());
}

/* Spins; value: the CPUs it has been seen on. */
static void balance_body(struct crew_member *m)
{
	while (!smp_crew.stop)
		WRITE_ONCE(m->value, m->value | 1ul << READ_ONCE(current->cpu)->id);
}

static u64 balance_seen(void)
{
	u64 seen = 0;

	for (u32 i = 0; i < smp_crew.count; i++)
		seen |= READ_ONCE(smp_crew.members[i].value);
	return seen;
}

/* Waits until the members have been seen on every CPU. */
static void balance_expect_spread(void)
{
	nsec_t limit = time_mono() + SMP_STAGE_LIMIT;

	while (balance_seen() != smp_online_mask() && time_mono() < limit) {
		task_set_state(TASK_UNINTERRUPTIBLE);
		(void)task_sleep_until(time_mono() + NSEC_PER_MSEC);
	}
	EXPECT_EQ(balance_seen(), smp_online_mask());
}

void stage_smp_balance(void)
{
	u64 last = 1ul << (cpu_count - 1);

	/* Placed when they start. */
	EXPECT_OK(crew_start(&smp_crew, cpu_count, CREW_ANYWHERE, balance_body));
	balance_expect_spread();
	smp_crew.stop = true;
	EXPECT_OK(crew_join(&smp_crew, SMP_STAGE_LIMIT));

	/* Pulled by idle CPUs: all begin on one, which is then no longer the only one allowed. */
	EXPECT_OK(crew_start(&smp_crew, cpu_count, CREW_HERE, balance_body));
	for (u32 i = 0; i < cpu_count; i++)
		EXPECT_OK(sched_set_affinity(smp_crew.members[i].task, ~0ul));
	balance_expect_spread();

	/* And where they are told to go. */
	for (u32 i = 0; i < cpu_count; i++)
		EXPECT_OK(sched_set_affinity(smp_crew.members[i].task, last));
	EXPECT_EQ(sched_set_affinity(smp_crew.members[0].task, 1ul << CPUS_MAX), -EINVAL);
	smp_crew.stop = true;
	EXPECT_OK(crew_join(&smp_crew, SMP_STAGE_LIMIT));

	EXPECT_OK(sched_set_affinity(current, last));
	EXPECT_EQ(READ_ONCE(current->cpu)->id, cpu_count - 1);
	EXPECT_OK(sched_set_affinity(current, 1));
	EXPECT_EQ(READ_ONCE(current->cpu)->id, 0u);
	EXPECT_OK(sched_set_affinity(current, ~0ul));
}
