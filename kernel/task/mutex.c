/*
 * Sleeping mutexes.  Free or uncontended: one compare-and-swap each way.  Contended: waiters queue in
 * order of arrival and the unlock hands the lock to the oldest, which owns it before it runs; nobody
 * overtakes.
 *
 * mutex.word is the owner with bit 0 set while somebody waits.  With bit 0 set only a holder of `guard`
 * changes the word.  Linux's mutexes spin while the owner runs and let newcomers steal.
 */
#include <kernel/mutex.h>

#include <kernel/atomic.h>
#include <kernel/panic.h>
#include <kernel/signal.h>
#include <kernel/task.h>

struct mutex_waiter {
	struct list_node node;
	struct task *task;
};

void mutex_init(struct mutex *m, const char *name)
{
	m->word = 0;
	spin_init(&m->guard, name);
	list_init(&m->waiters);
	m->name = name;
}

struct task *mutex_owner(const struct mutex *m)
{
	return (struct task *)(READ_ONCE(m->word) & ~(uintptr_t)MUTEX_CONTENDED);
}

bool mutex_held(const struct mutex *m)
{
	return mutex_owner(m) == current;
}

int mutex_trylock(struct mutex *m)
{
	uintptr_t free = 0;

	return __atomic_compare_exchange_n(&m->word, &free, (uintptr_t)current, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Takes the mutex, or marks it contended so that its unlock comes to the waiters.  True when taken. */
static bool mutex_take_or_mark(struct mutex *m) REQUIRES(m->guard)
{
	uintptr_t word = READ_ONCE(m->word);

	while (!(word & MUTEX_CONTENDED)) {
		uintptr_t next = word ? word | MUTEX_CONTENDED : (uintptr_t)current;

		if (__atomic_compare_exchange_n(&m->word, &word, next, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return next == (uintptr_t)current;
	}
	return false;
}

/* After an interrupted wait: leaves the queue.  False when the lock has been handed to us meanwhile. */
static bool mutex_give_up(struct mutex *m, struct mutex_waiter *w)
{
	bool left = false;

	spin_lock(&m->guard);
	if (mutex_owner(m) != current) {
		list_remove(&w->node);
		left = true;
		if (list_empty(&m->waiters))
			m->word &= ~(uintptr_t)MUTEX_CONTENDED;
	}
	spin_unlock(&m->guard);
	return left;
}

static __noinline int mutex_lock_slow(struct mutex *m, enum task_state state)
{
	struct mutex_waiter w = { .task = current };
	int err = 0;

	if (mutex_held(m) && state == TASK_INTERRUPTIBLE)
		return -EDEADLK;
	if (mutex_held(m))
		panic("mutex %s: %s takes it twice", m->name, current->name);

	spin_lock(&m->guard);
	if (mutex_take_or_mark(m)) {
		spin_unlock(&m->guard);
		return 0;
	}
	list_push_back(&m->waiters, &w.node);
	spin_unlock(&m->guard);

	for (;;) {
		task_set_state(state);
		if (mutex_owner(m) == current || err)
			break;
		err = task_sleep_until(NSEC_NEVER);
	}
	task_set_state(TASK_RUNNING);
	if (err && mutex_give_up(m, &w))
		return err;
	return 0;
}

void mutex_lock(struct mutex *m)
{
	/* Even where it would be free: the next time it may not be. */
	ASSERT(current->preempt_count == 0);
	if (unlikely(!mutex_trylock(m)))
		(void)mutex_lock_slow(m, TASK_UNINTERRUPTIBLE);
}

int mutex_lock_interruptible(struct mutex *m)
{
	ASSERT(current->preempt_count == 0);
	if (likely(mutex_trylock(m)))
		return 0;
	return mutex_lock_slow(m, TASK_INTERRUPTIBLE);
}

/* Hands the mutex to the oldest waiter. */
static __noinline void mutex_unlock_slow(struct mutex *m)
{
	struct mutex_waiter *w;
	struct task *heir;

	PANIC_IF(!mutex_held(m));
	spin_lock(&m->guard);
	w = list_pop_front_entry(&m->waiters, struct mutex_waiter, node);
	heir = w->task;
	/*
	 * The heir may see itself as owner, go on, unlock and end before we wake it: hold on to it.  Its
	 * waiter is on its stack and is not touched after this store.
	 */
	task_get(heir);
	__atomic_store_n(&m->word, (uintptr_t)heir | (list_empty(&m->waiters) ? 0 : MUTEX_CONTENDED),
			 __ATOMIC_RELEASE);
	spin_unlock(&m->guard);
	task_wake(heir);
	task_put_deferred(heir);
}

void mutex_unlock(struct mutex *m)
{
	uintptr_t word = (uintptr_t)current;

	if (unlikely(!__atomic_compare_exchange_n(&m->word, &word, 0, false, __ATOMIC_RELEASE,
						  __ATOMIC_RELAXED)))
		mutex_unlock_slow(m);
}
