/*
 * Spin locks.  kernel/task/spinlock.c
 * A lock taken by an interrupt handler is taken with _irqsave everywhere.  Holding one disables
 * preemption; nobody sleeps with one held.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

struct cpu;

/*
 * One word: who has it, whose turn is next, who waits.  `held` and `offered` are written by the holder;
 * waiters set their bit of `waiting` and take the lock by changing the whole word at once.
 */
struct spinlock {
	union {
		u32 word;            /* (a) */
		struct {
			u8 held;     /* 1 while somebody has it */
			u8 offered;  /* number + 1 of the CPU it was handed to, 0 for whoever comes */
			u8 waiting;  /* bit n: cpus[n] spins for it */
			u8 unused;
		};
	};
	struct cpu *cpu;   /* holder's CPU, for the debugger and for assertions */
	const char *name;
};

typedef unsigned long irqflags_t;

#define SPINLOCK_INIT(lock_name) { .name = (lock_name) }

void spin_init(struct spinlock *l, const char *name);

/* Takes the lock with preemption off.  Not from a context that an interrupt handler can share. */
void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);
/* 1 when taken, 0 when somebody else holds it or waits for it. */
int spin_trylock(struct spinlock *l);

/* Takes the lock with interrupts off; returns what to hand to spin_unlock_irqrestore(). */
irqflags_t spin_lock_irqsave(struct spinlock *l);
void spin_unlock_irqrestore(struct spinlock *l, irqflags_t flags);

/* True when this CPU holds the lock.  For assertions. */
bool spin_held(const struct spinlock *l);
