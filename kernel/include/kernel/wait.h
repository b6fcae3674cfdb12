/*
 * Wait queues: tasks that sleep until a condition holds.  kernel/task/wait.c
 * A waiter puts itself on the queue, sets its state, tests, and only then sleeps, so that a wake
 * between test and sleep is never lost.  Who changes the condition changes it before it wakes.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/spinlock.h>
#include <kernel/task.h>

struct wait_queue {
	struct spinlock lock;
	struct list waiters;  /* (lock) struct waiter.node */
};

/*
 * One task (or one callback) on one queue.  wake() runs with queue.lock held and interrupts off and
 * returns true when it consumed the wake.
 */
struct waiter {
	struct list_node node;
	struct wait_queue *queue; /* NULL when on none */
	struct task *task;
	bool (*wake)(struct waiter *w);
	bool exclusive;
};

#define WAIT_QUEUE_INIT(var)                                                                       \
	{ .lock = SPINLOCK_INIT("wait_queue"), .waiters = LIST_INIT((var).waiters) }

void wait_queue_init(struct wait_queue *q);
void waiter_init(struct waiter *w);                        /* wakes current */
/* A full barrier: whoever changes the condition after this returns wakes w. */
void wait_queue_add(struct wait_queue *q, struct waiter *w);
void wait_queue_remove(struct waiter *w);                  /* no-op when not queued */

/* Wakes all non-exclusive waiters and one exclusive one.  Any context. */
void wait_queue_wake(struct wait_queue *q);
void wait_queue_wake_all(struct wait_queue *q);

/*
 * Sleeps until cond holds; deadline is absolute, monotonic ns, NSEC_NEVER for none.  0 when cond holds
 * (even if a signal or the deadline came too), else -ERESTARTSYS or -ETIMEDOUT as of
 * task_sleep_until().  May sleep; no spin lock held; cond itself must not sleep.
 */
#define wait_event_state(q, cond, state, deadline)                                                 \
	({                                                                                         \
		struct waiter w_;                                                                  \
		int err_ = 0;                                                                      \
		waiter_init(&w_);                                                                  \
		wait_queue_add((q), &w_);                                                          \
		for (;;) {                                                                         \
			task_set_state(state);                                                     \
			if (cond) {                                                                \
				err_ = 0;                                                          \
				break;                                                             \
			}                                                                          \
			if (err_)                                                                  \
				break;                                                             \
			err_ = task_sleep_until(deadline);                                         \
		}                                                                                  \
		task_set_state(TASK_RUNNING);                                                      \
		wait_queue_remove(&w_);                                                            \
		err_;                                                                              \
	})

#define wait_event(q, cond)               (void)wait_event_state(q, cond, TASK_UNINTERRUPTIBLE, NSEC_NEVER)
#define wait_event_interruptible(q, cond) wait_event_state(q, cond, TASK_INTERRUPTIBLE, NSEC_NEVER)
#define wait_event_interruptible_until(q, cond, deadline)                                          \
	wait_event_state(q, cond, TASK_INTERRUPTIBLE, deadline)
