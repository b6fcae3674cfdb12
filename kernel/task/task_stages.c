/*
 * Stages 37 to 41: threads, switches, sleeping, mutexes, preemption.  Each waits with a time limit, so
 * that a task that is never woken is a failure and not a hang.
 */
#include <arch/arch.h>
#include <kernel/cpu.h>
#include <kernel/crew.h>
#include <kernel/mutex.h>
#include <kernel/stage.h>
#include <kernel/string.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/wait.h>

#define SECONDS(n) ((nsec_t)(n) * NSEC_PER_SEC)

/* Long enough for a starved host; what is not done by then is lost. */
#define STAGE_LIMIT SECONDS(20)

static struct crew crew;

static void stage_pause(nsec_t ns)
{
	task_set_state(TASK_UNINTERRUPTIBLE);
	(void)task_sleep_until(time_mono() + ns);
}

/* Whether t is still listed. */
static bool task_listed(const struct task *t)
{
	irqflags_t flags = spin_lock_irqsave(&tasks_lock);
	const struct task *other;
	bool found = false;

	list_for_each(other, &all_tasks, all)
		found = found || other == t;
	spin_unlock_irqrestore(&tasks_lock, flags);
	return found;
}

/* What a new thread found, filled in by itself. */
struct create_probe {
	struct task *self;
	void *arg;
	bool stack_is_own;
	u32 preempt_count;
	bool irqs;
};

static struct create_probe probe;

static void create_probe_entry(void *arg)
{
	char here;

	probe.self = current;
	probe.arg = arg;
	probe.stack_is_own = &here > (char *)current->kstack &&
			     &here < (char *)current->kstack + KSTACK_SIZE;
	probe.preempt_count = current->preempt_count;
	probe.irqs = arch_irqs_enabled();
	task_exit(7);
}

void stage_task_create(void)
{
	nsec_t limit = time_mono() + STAGE_LIMIT;
	struct task *t, *unstarted;

	memset(&probe, 0, sizeof(probe));
	EXPECT_OK(kthread_run("probe", create_probe_entry, &limit, &t));
	while (READ_ONCE(t->state) != TASK_DEAD && time_mono() < limit)
		stage_pause(NSEC_PER_MSEC);
	EXPECT_EQ(t->state, TASK_DEAD);
	EXPECT_EQ(probe.self, t);
	EXPECT_EQ(probe.arg, (void *)&limit);
	EXPECT(probe.stack_is_own);
	EXPECT_EQ(probe.preempt_count, 0u);
	EXPECT(probe.irqs);
	EXPECT_EQ(t->exit_code, 7);
	EXPECT_GT(t->tid, TID_INIT);
	EXPECT(!strcmp(t->name, "probe"));
	EXPECT(!task_wake(t));

	/* Our reference keeps it; the last one to go takes it off the list. */
	EXPECT(task_listed(t));
	task_put(t);
	while (task_listed(t) && time_mono() < limit) {
		task_reap_dead();
		stage_pause(NSEC_PER_MSEC);
	}
	EXPECT(!task_listed(t));

	EXPECT_OK(task_create("unstarted", create_probe_entry, NULL, &unstarted));
	EXPECT(!task_wake(unstarted));
	EXPECT(task_listed(unstarted));
	task_put(unstarted);
	EXPECT(!task_listed(unstarted));
}

enum { SWITCHES = 10000, SWITCH_CREW = 4, SWITCH_PATTERN = 64 };

/* Yields with its own values in every register that a call keeps, and on the stack. */
static void switch_body(struct crew_member *m)
{
	volatile u64 pattern[SWITCH_PATTERN];
	u64 seed = (m->index + 1) * 0x0101010101010101ul;

	for (u32 i = 0; i < SWITCH_PATTERN; i++)
		pattern[i] = seed ^ i;
	for (u32 n = 0; n < SWITCHES / SWITCH_CREW; n++)
		m->value |= arch_check_kept_registers(seed + n, task_yield);
	for (u32 i = 0; i < SWITCH_PATTERN; i++)
		EXPECT_EQ(pattern[i], seed ^ i);
}

void stage_task_switch(void)
{
	u64 before;

	EXPECT_OK(sched_set_affinity(current, 1ul << READ_ONCE(current->cpu)->id));
	before = current->cpu->rq.switches;
	EXPECT_OK(crew_start(&crew, SWITCH_CREW, CREW_HERE, switch_body));
	EXPECT_OK(crew_join(&crew, STAGE_LIMIT));
	for (u32 i = 0; i < SWITCH_CREW; i++)
		EXPECT_EQ(crew.members[i].value, 0ul);
	EXPECT_GE(current->cpu->rq.switches - before, (u64)SWITCHES);
	EXPECT_OK(sched_set_affinity(current, ~0ul));
}

/* Across CPUs a hand-over costs what the host needs to wake a thread: no more of them than time allows. */
enum { HANDOVERS = 10000, HANDOVERS_APART = 5000, APART_NS = 200 * NSEC_PER_MSEC };

static struct wait_queue ball_moved = WAIT_QUEUE_INIT(ball_moved);
static u32 ball; /* (a) whose turn: member ball % 2 */
static u32 ball_last;
static nsec_t ball_until;

static void ping_pong_body(struct crew_member *m)
{
	for (;;) {
		int err = wait_event_state(&ball_moved, READ_ONCE(ball) % 2 == m->index,
					   TASK_UNINTERRUPTIBLE, time_mono() + STAGE_LIMIT);

		EXPECT_OK(err);
		if (READ_ONCE(ball) >= ball_last || time_mono() > ball_until)
			break;
		WRITE_ONCE(ball, ball + 1);
		m->value++;
		wait_queue_wake_all(&ball_moved);
	}
	/* The other one waits for its turn: that is its sign to stop, too. */
	ball_last = 0;
	WRITE_ONCE(ball, ball + 1);
	wait_queue_wake_all(&ball_moved);
}

/* Hands over up to `count` times, until the deadline; how often it really was. */
static u32 ping_pong(u32 count, enum crew_place place, nsec_t until)
{
	ball = 0;
	ball_last = count;
	ball_until = until;
	EXPECT_OK(crew_start(&crew, 2, place, ping_pong_body));
	EXPECT_OK(crew_join(&crew, STAGE_LIMIT));
	return crew.members[0].value + crew.members[1].value;
}

static atomic_t exclusive_ready;

static void exclusive_body(struct crew_member *m)
{
	struct waiter w;

	waiter_init(&w);
	w.exclusive = true;
	wait_queue_add(&ball_moved, &w);
	task_set_state(TASK_UNINTERRUPTIBLE);
	atomic_inc(&exclusive_ready);
	m->result = task_sleep_until(time_mono() + STAGE_LIMIT);
	wait_queue_remove(&w);
}

void stage_task_waitqueue(void)
{
	struct waiter nobody;
	nsec_t before;
	u32 apart;

	/* Apart on two CPUs where there are two: the wake then races with the way to sleep. */
	apart = ping_pong(HANDOVERS_APART, CREW_SPREAD, time_mono() + APART_NS);
	EXPECT_GT(apart, 0u);
	EXPECT_EQ(apart + ping_pong(HANDOVERS - apart, CREW_HERE, NSEC_NEVER), (u32)HANDOVERS);

	before = time_mono();
	/* A wait that nobody ends does end, with the right word and not early. */
	EXPECT_EQ(wait_event_state(&ball_moved, ball == 0, TASK_UNINTERRUPTIBLE,
				   time_mono() + NSEC_PER_MSEC), -ETIMEDOUT);
	EXPECT_GE(time_mono() - before, (nsec_t)NSEC_PER_MSEC);
	EXPECT(list_empty(&ball_moved.waiters));

	/* One wake, one exclusive waiter. */
	atomic_store(&exclusive_ready, 0);
	EXPECT_OK(crew_start(&crew, 3, CREW_ANYWHERE, exclusive_body));
	while (atomic_load(&exclusive_ready) < 3 && time_mono() < before + STAGE_LIMIT)
		stage_pause(NSEC_PER_MSEC);
	wait_queue_wake(&ball_moved);
	/* However long the one takes on a loaded host, no second one follows it. */
	while (atomic_load(&crew.left) == 3 && time_mono() < before + STAGE_LIMIT)
		stage_pause(NSEC_PER_MSEC);
	stage_pause(2 * NSEC_PER_MSEC);
	EXPECT_EQ(atomic_load(&crew.left), 2);
	wait_queue_wake_all(&ball_moved);
	EXPECT_OK(crew_join(&crew, STAGE_LIMIT));

	waiter_init(&nobody);
	wait_queue_remove(&nobody);
	EXPECT(list_empty(&ball_moved.waiters));
}

enum { MUTEX_CREW = 4, MUTEX_ROUNDS = 200 };

static struct mutex stage_mutex = MUTEX_INIT(stage_mutex, "stage");
static u32 mutex_counter;
static u32 mutex_order[MUTEX_CREW], mutex_arrived;

static size_t stage_mutex_waiters(void)
{
	size_t n;

	spin_lock(&stage_mutex.guard);
	n = list_length(&stage_mutex.waiters);
	spin_unlock(&stage_mutex.guard);
	return n;
}

static void mutex_order_body(struct crew_member *m)
{
	nsec_t limit = time_mono() + STAGE_LIMIT;

	/* In the order of their numbers: each waits until the one before is queued. */
	while (stage_mutex_waiters() < m->index && time_mono() < limit)
		stage_pause(NSEC_PER_MSEC / 4);
	mutex_lock(&stage_mutex);
	mutex_order[mutex_arrived++] = m->index;
	mutex_unlock(&stage_mutex);
}

static void mutex_exclusion_body(struct crew_member *m)
{
	for (u32 i = 0; i < MUTEX_ROUNDS; i++) {
		u32 seen;

		mutex_lock(&stage_mutex);
		seen = READ_ONCE(mutex_counter);
		if (i % 4 == 0)
			task_yield();
		WRITE_ONCE(mutex_counter, seen + 1);
		mutex_unlock(&stage_mutex);
	}
}

void stage_task_mutex(void)
{
	nsec_t limit = time_mono() + STAGE_LIMIT;

	mutex_counter = mutex_arrived = 0;
	EXPECT_OK(crew_start(&crew, MUTEX_CREW, CREW_SPREAD, mutex_exclusion_body));
	EXPECT_OK(crew_join(&crew, STAGE_LIMIT));
	EXPECT_EQ(mutex_counter, (u32)(MUTEX_CREW * MUTEX_ROUNDS));

	EXPECT(mutex_trylock(&stage_mutex));
	EXPECT(mutex_held(&stage_mutex));
	EXPECT(!mutex_trylock(&stage_mutex));
	EXPECT_EQ(mutex_lock_interruptible(&stage_mutex), -EDEADLK);
	EXPECT(mutex_held(&stage_mutex));

	EXPECT_OK(crew_start(&crew, MUTEX_CREW, CREW_ANYWHERE, mutex_order_body));
	while (stage_mutex_waiters() < MUTEX_CREW && time_mono() < limit)
		stage_pause(NSEC_PER_MSEC);
	EXPECT_EQ(mutex_owner(&stage_mutex), current);
	mutex_unlock(&stage_mutex);
	/* Handed over, not released: nobody who comes now overtakes those who wait. */
	EXPECT_NE(mutex_owner(&stage_mutex), current);
	EXPECT_OK(crew_join(&crew, STAGE_LIMIT));
	for (u32 i = 0; i < MUTEX_CREW; i++)
		EXPECT_EQ(mutex_order[i], i);
	EXPECT_EQ(mutex_owner(&stage_mutex), NULL);
}

enum { PREEMPT_CREW = 2, PREEMPT_TURNS = 3, PREEMPT_SPINS = 100000 };

static u32 preempt_last;                 /* the member that ran last */
static u32 preempt_turns[PREEMPT_CREW];

static bool preempt_done(void)
{
	for (u32 i = 0; i < PREEMPT_CREW; i++)
		if (READ_ONCE(preempt_turns[i]) < PREEMPT_TURNS)
			return false;
	return true;
}

/*
 * Never yields; its FP registers hold its own values, as a user task's do.  Only a tick gives the other
 * one its turns: nobody else runs on this CPU.
 */
static void preempt_body(struct crew_member *m)
{
	nsec_t limit = time_mono() + SECONDS(5);

	arch_thread_own_fp();
	while (!preempt_done() && time_mono() < limit) {
		if (READ_ONCE(preempt_last) != m->index) {
			WRITE_ONCE(preempt_last, m->index);
			preempt_turns[m->index]++;
		}
		m->value += arch_check_fp_registers((m->index + 1) << 16, PREEMPT_SPINS);
	}
	m->result = (long)current->switches_forced;
}

void stage_task_preempt(void)
{
	preempt_last = PREEMPT_CREW;
	memset(preempt_turns, 0, sizeof(preempt_turns));
	EXPECT_OK(sched_set_affinity(current, 1ul << READ_ONCE(current->cpu)->id));
	EXPECT_OK(crew_start(&crew, PREEMPT_CREW, CREW_HERE, preempt_body));
	EXPECT_OK(crew_join(&crew, STAGE_LIMIT));
	for (u32 i = 0; i < PREEMPT_CREW; i++) {
		EXPECT_GE(preempt_turns[i], (u32)PREEMPT_TURNS);
		EXPECT_GE(crew.members[i].result, PREEMPT_TURNS - 1L);
		EXPECT_EQ(crew.members[i].value, 0ul);
	}
	EXPECT_OK(sched_set_affinity(current, ~0ul));
}
