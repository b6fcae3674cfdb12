/*
 * A sleeping lock with an owner, handed over in the order of arrival.  kernel/task/mutex.c
 * Taking it twice by one task is a self-deadlock: -EDEADLK where the caller can be told, else a panic.
 * Process context only.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/spinlock.h>

struct task;

enum { MUTEX_CONTENDED = 1 }; /* bit 0 of mutex.word: somebody is in `waiters` */

struct mutex {
	uintptr_t word;        /* (a) owner's struct task *, 0 when free; bit 0: MUTEX_CONTENDED */
	struct spinlock guard;
	struct list waiters;   /* (guard) struct mutex_waiter, oldest first */
	const char *name;
};

#define MUTEX_INIT(var, mutex_name)                                                                \
	{ .guard = SPINLOCK_INIT(mutex_name), .waiters = LIST_INIT((var).waiters), .name = (mutex_name) }

void mutex_init(struct mutex *m, const char *name);
void mutex_lock(struct mutex *m);                          /* may sleep */
int mutex_lock_interruptible(struct mutex *m) __must_check; /* 0, -ERESTARTSYS or -EDEADLK */
int mutex_trylock(struct mutex *m);                        /* 1 when taken */
void mutex_unlock(struct mutex *m);                        /* by the owner only */
bool mutex_held(const struct mutex *m);                    /* by current */
/* Who has it now, NULL for nobody; may be history by the time the caller looks. */
struct task *mutex_owner(const struct mutex *m);
