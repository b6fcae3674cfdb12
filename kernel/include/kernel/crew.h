/*
 * A few kernel threads that do the same thing, for the stages: started together, waited for with a time
 * limit.  kernel/task/crew.c
 */
#pragma once

#include <kernel/atomic.h>
#include <kernel/task.h>
#include <kernel/wait.h>

enum { CREW_MAX = 16 };

struct crew;

struct crew_member {
	struct crew *crew;
	struct task *task;     /* with a reference until crew_join() */
	u32 index;
	u64 value;             /* these two are the body's own */
	long result;
};

/* Reused by one stage after the other; static, because threads of a failed stage may outlive it. */
struct crew {
	void (*body)(struct crew_member *m);
	u32 count;
	atomic_t left;         /* (a) members that have not finished */
	volatile bool stop;    /* (a) for bodies that run until told */
	struct wait_queue done;
	struct crew_member members[CREW_MAX];
};

/* Where the members run: all on one CPU, member n on CPU n, or where the scheduler likes. */
enum crew_place { CREW_HERE, CREW_SPREAD, CREW_ANYWHERE };

/* Starts `count` members that run body(member).  0 or -ENOMEM, -EAGAIN.  May sleep. */
int crew_start(struct crew *c, u32 count, enum crew_place place, void (*body)(struct crew_member *m))
	__must_check;

/* Waits until all bodies have returned, ns at most, and lets them go.  0 or -ETIMEDOUT. */
int crew_join(struct crew *c, nsec_t ns) __must_check;
