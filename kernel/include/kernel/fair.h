/*
 * Who runs next: the entry that got least, by weighted time.  kernel/task/fair.c
 * Pure bookkeeping over one run queue; the scheduler locks.  Times are nanoseconds.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/rbtree.h>
#include <kernel/types.h>

enum {
	NICE_MIN = -20,
	NICE_MAX = 19,
	FAIR_WEIGHT_NICE_0 = 1024,
	FAIR_SLEEPER_CREDIT = 5000000, /* what a sleeper may be ahead of the queue when it wakes */
	FAIR_WAKE_LEAD = 1000000,      /* a woken one preempts only when it is ahead by more than this */
};

/* What the scheduler knows of one task. */
struct fair {
	struct rb_node node;   /* in fair_queue.tree while it waits for the CPU */
	u64 vruntime;          /* time it had, scaled by FAIR_WEIGHT_NICE_0 / weight */
	u32 weight;
};

/* Those that wait, by vruntime.  The one that runs is not in the tree. */
struct fair_queue {
	struct rb_tree tree;
	struct rb_node *first; /* leftmost, or NULL */
	u64 min_vruntime;      /* never goes back; where newcomers are placed */
	u32 waiting;           /* nodes in the tree */
};

/* The weight of a nice value: each step is a quarter more or less, nice 0 is 1024. */
u32 fair_weight(int nice);

void fair_init(struct fair *f, int nice);

/* Puts f into the tree: behind all that have the same vruntime. */
void fair_insert(struct fair_queue *q, struct fair *f);
void fair_remove(struct fair_queue *q, struct fair *f);
/* The one that is due, NULL when nobody waits. */
struct fair *fair_first(const struct fair_queue *q);

/* f ran for ns: moves its vruntime and the queue's minimum. */
void fair_charge(struct fair_queue *q, struct fair *f, u64 ns);

/* A newcomer starts at the queue's minimum. */
void fair_place_new(const struct fair_queue *q, struct fair *f);
/* A sleeper comes back: it keeps what it is behind, up to FAIR_SLEEPER_CREDIT. */
void fair_place_woken(const struct fair_queue *q, struct fair *f);
/* Keeps f's distance to the minimum when it changes queues. */
void fair_move(const struct fair_queue *from, const struct fair_queue *to, struct fair *f);

/* Puts f, not in the tree, behind `other`: it gives up what it was owed. */
void fair_step_behind(struct fair *f, const struct fair *other);

/* Whether `woken` should have the CPU instead of `running`. */
bool fair_preempts(const struct fair *woken, const struct fair *running);
/* Whether somebody who waits got less than `running`, at the end of its slice. */
bool fair_slice_over(const struct fair_queue *q, const struct fair *running);
