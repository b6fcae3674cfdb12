/*
 * One-shot timers with nanosecond deadlines, per CPU, in deadline order, never early.
 * kernel/task/timer.c
 */
#pragma once

#include <kernel/rbtree.h>
#include <kernel/types.h>

struct cpu;

struct timer {
	struct rb_node node;               /* in its CPU's timer_queue */
	struct cpu *cpu;                   /* NULL when not armed */
	nsec_t deadline;                   /* absolute, monotonic */
	/* Runs in interrupt context with no timer lock held; may re-arm its timer. */
	void (*fire)(struct timer *t);
};

void timer_init(struct timer *t, void (*fire)(struct timer *t));
/* Arms (or re-arms) on this CPU.  Any context. */
void timer_start(struct timer *t, nsec_t deadline);
/* Disarms; true if it had been armed.  On return fire() is not running anywhere.  Not from fire(). */
bool timer_cancel(struct timer *t);
/* The timer interrupt: runs what is due and programs the next.  Interrupts off. */
void timer_interrupt(void);
