/* Sleeping with a deadline and with an eye on signals.  Called through wait_event() and by mutexes. */
#include <kernel/task.h>

#include <kernel/panic.h>
#include <kernel/signal.h>
#include <kernel/time.h>
#include <kernel/timer.h>

/* A timer that wakes the task on whose stack it lies. */
struct sleep_timer {
	struct timer timer;
	struct task *task;
};

static void sleep_timer_fire(struct timer *timer)
{
	task_wake(container_of(timer, struct sleep_timer, timer)->task);
}

/* Whether a task that sleeps in this state has been interrupted. */
static bool sleep_interrupted(enum task_state state)
{
	struct task *t = current;

	if (!(READ_ONCE(t->work) & WORK_SIGNAL))
		return false;
	return (state == TASK_INTERRUPTIBLE && signal_pending(t)) ||
	       (state == TASK_KILLABLE && signal_fatal_pending(t));
}

int task_sleep_until(nsec_t deadline)
{
	enum task_state state = READ_ONCE(current->state);
	struct sleep_timer sleep = { .task = current };
	int err = 0;

	/*
	 * The state is set already: a signal or an event from here on finds us asleep and wakes us, one
	 * before is seen now.
	 */
	if (sleep_interrupted(state)) {
		task_set_state(TASK_RUNNING);
		return -ERESTARTSYS;
	}
	if (deadline == NSEC_NEVER) {
		schedule();
	} else if (time_mono() < deadline) {
		timer_init(&sleep.timer, sleep_timer_fire);
		timer_start(&sleep.timer, deadline);
		schedule();
		timer_cancel(&sleep.timer);
	}
	task_set_state(TASK_RUNNING);
	if (sleep_interrupted(state))
		err = -ERESTARTSYS;
	else if (deadline != NSEC_NEVER && time_mono() >= deadline)
		err = -ETIMEDOUT;
	return err;
}
