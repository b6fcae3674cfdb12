/*
 * One-shot timers with nanosecond deadlines, per CPU, in deadline order, never early.
 * kernel/task/timer.c
 */
#pragma once

#include <kernel/rbtree.h>
#include <kernel/types.h>

struct cpu;

/* Fields: (l) lock of the queue of .cpu */
struct timer {
	struct rb_node node;               /* (l) in that CPU's timer_queue while armed */
	struct cpu *cpu;                   /* (l) whose queue it is in or was in last; NULL: never armed */
	bool armed;                        /* (l) */
	nsec_t deadline;                   /* (l) absolute, monotonic */
	/* Runs in interrupt context with no timer lock held; may re-arm or free its timer. */
	void (*fire)(struct timer *t);
};

void timer_init(struct timer *t, void (*fire)(struct timer *t));
/*
 * Arms (or re-arms) on this CPU; on the CPU where fire() runs, if it does.  A deadline in the past
 * fires at once, by interrupt.  NSEC_NEVER is a deadline like any other.  Any context.
 */
void timer_start(struct timer *t, nsec_t deadline);
/* Arms again the timer whose fire() calls this; cheaper than timer_start().  It must not be freed then. */
void timer_again(struct timer *t, nsec_t deadline);
/* Disarms; true if it had been armed.  On return fire() is not running anywhere.  Not from fire(). */
bool timer_cancel(struct timer *t);
/* The timer interrupt: runs what is due and programs the next.  Interrupts off. */
void timer_interrupt(void);
/* Requests the timer's interrupt, on the boot CPU, and sets its comparator up. */
void timers_init(void);
/* This CPU's hardware timer; irq_init_cpu() has unmasked its interrupt.  Interrupts off. */
void timer_init_cpu(void);
