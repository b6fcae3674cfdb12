/*
 * A sleeping lock with an owner, handed over in the order of arrival.  kernel/task/mutex.c
 * Taking it twice by one task panics (self-deadlock).  Process context only.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/spinlock.h>

struct task;

struct mutex {
	struct spinlock guard;
	struct task *owner;    /* (guard) */
	struct list waiters;   /* (guard) struct mutex_waiter, oldest first */
	const char *name;
};

#define MUTEX_INIT(var, mutex_name)                                                                \
	{ .guard = SPINLOCK_INIT(mutex_name), .waiters = LIST_INIT((var).waiters), .name = (mutex_name) }

void mutex_init(struct mutex *m, const char *name);
void mutex_lock(struct mutex *m);                          /* may sleep */
int mutex_lock_interruptible(struct mutex *m) __must_check; /* 0 or -ERESTARTSYS */
int mutex_trylock(struct mutex *m);                        /* 1 when taken */
void mutex_unlock(struct mutex *m);                        /* by the owner only */
bool mutex_held(const struct mutex *m);                    /* by current */
