/*
 * The locked ranges of one file.  kernel/fs/lock_range.c: no kernel state, tested on the host.
 * The caller locks.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/types.h>

enum lock_kind { LOCK_POSIX, LOCK_OFD, LOCK_FLOCK };
enum lock_type { LOCK_READ, LOCK_WRITE, LOCK_NONE };

struct lock_range {
	struct list_node node;   /* on struct lock_list, in the order of start per owner */
	loff_t start, end;       /* the last byte is in it */
	enum lock_type type;
	enum lock_kind kind;
	const void *owner;       /* the descriptor table (POSIX) or the open file */
	pid_t pid;               /* what F_GETLK shows */
};

/* The first lock that stands in the way of `want` (another owner's, overlapping, one of them for writing;
 * flock and the others do not see each other), or NULL. */
struct lock_range *lock_range_conflict(struct list *locks, const struct lock_range *want);

/*
 * Gives want->owner exactly want->type (LOCK_NONE: nothing) in want's range: what it had there is cut,
 * split or removed, neighbours of the same type are joined.  Takes what it needs from spare[] (two are
 * enough, both or none used) and puts what is left over onto `freed`.  The caller saw that nothing conflicts.
 */
void lock_range_set(struct list *locks, const struct lock_range *want, struct lock_range *spare[2],
		    struct list *freed);
