/*
 * Numbers of threads, processes, groups and sessions: one space, one hash table.  kernel/proc/pid.c
 * A number is free again when nothing of any kind bears it.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/list.h>
#include <kernel/types.h>

enum pid_kind { PID_TASK, PID_PROC, PID_GROUP, PID_SESSION };

/* Embedded in whatever has a number.  (T) tree_lock */
struct pid_link {
	struct list_node node; /* (T) in its bucket */
	pid_t nr;              /* (T) */
	enum pid_kind kind;    /* (T) */
};

/* Makes the object findable by its number. */
void pid_link_add(struct pid_link *link, pid_t nr, enum pid_kind kind) REQUIRES(tree_lock);
/* Takes it out; the number is free if this was its last bearer. */
void pid_link_remove(struct pid_link *link) REQUIRES(tree_lock);
/* The object's link, or NULL. */
struct pid_link *pid_link_find(pid_t nr, enum pid_kind kind) REQUIRES(tree_lock);
