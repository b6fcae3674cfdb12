/*
 * Wait queues.  Called by everybody who sleeps for an event, mostly through wait_event().
 *
 * The queue's lock is held over the callbacks, and a callback may wake tasks: queue lock before run
 * queue lock.  Linux also has autoremoving entries and keyed wakes; a callback here does both.
 */
#include <kernel/wait.h>

#include <kernel/panic.h>

void wait_queue_init(struct wait_queue *q)
{
	spin_init(&q->lock, "wait_queue");
	list_init(&q->waiters);
}

static bool waiter_wake_task(struct waiter *w)
{
	return task_wake(w->task);
}

void waiter_init(struct waiter *w)
{
	*w = (struct waiter){ .task = current, .wake = waiter_wake_task };
}

void wait_queue_add(struct wait_queue *q, struct waiter *w)
{
	irqflags_t flags = spin_lock_irqsave(&q->lock);

	ASSERT(!w->queue);
	w->queue = q;
	/* Non-exclusive ones in front: a wake stops at the first exclusive one that takes it. */
	if (w->exclusive)
		list_push_back(&q->waiters, &w->node);
	else
		list_push_front(&q->waiters, &w->node);
	spin_unlock_irqrestore(&q->lock, flags);
	/* For who looks at the condition now and does not call task_set_state() in between (poll). */
	arch_mb();
}

void wait_queue_remove(struct waiter *w)
{
	struct wait_queue *q = w->queue;
	irqflags_t flags;

	if (!q)
		return;
	flags = spin_lock_irqsave(&q->lock);
	/* A callback may have taken it off between our look and the lock. */
	if (list_node_linked(&w->node))
		list_remove(&w->node);
	w->queue = NULL;
	spin_unlock_irqrestore(&q->lock, flags);
}

static void wait_queue_wake_some(struct wait_queue *q, bool all)
{
	struct waiter *w, *after;
	irqflags_t flags;

	/*
	 * Pairs with the barrier of wait_queue_add(): the waiter sees the condition that our caller changed,
	 * or we see the waiter on the queue.  Without this an idle queue would cost a lock for every byte
	 * through a pipe.
	 */
	arch_mb();
	if (READ_ONCE(q->waiters.head.next) == &q->waiters.head)
		return;
	flags = spin_lock_irqsave(&q->lock);
	list_for_each_safe(w, after, &q->waiters, node) {
		bool exclusive = w->exclusive;

		/* The callback may take its waiter off the queue: w is not touched afterwards. */
		if (w->wake(w) && exclusive && !all)
			break;
	}
	spin_unlock_irqrestore(&q->lock, flags);
}

void wait_queue_wake(struct wait_queue *q)
{
	wait_queue_wake_some(q, false);
}

void wait_queue_wake_all(struct wait_queue *q)
{
	wait_queue_wake_some(q, true);
}
