/*
 * The arithmetic of locked ranges (POSIX fcntl): which of them conflict, and what setting one makes of those
 * its owner had.  No kernel state: tested on the host.
 */
#include <kernel/lock_range.h>

#include <kernel/compiler.h>

static bool lock_same_family(const struct lock_range *a, const struct lock_range *b)
{
	return (a->kind == LOCK_FLOCK) == (b->kind == LOCK_FLOCK);
}

static bool lock_same_owner(const struct lock_range *a, const struct lock_range *b)
{
	return a->kind == b->kind && a->owner == b->owner;
}

static bool lock_overlaps(const struct lock_range *a, const struct lock_range *b)
{
	return a->start <= b->end && b->start <= a->end;
}

struct lock_range *lock_range_conflict(struct list *locks, const struct lock_range *want)
{
	struct lock_range *l;

	list_for_each(l, locks, node) {
		if (lock_same_family(l, want) && !lock_same_owner(l, want) && lock_overlaps(l, want) &&
		    (l->type == LOCK_WRITE || want->type == LOCK_WRITE))
			return l;
	}
	return NULL;
}

/* True when a ends where b begins or they overlap; the sums cannot overflow: the largest end is the end. */
static bool lock_touches(const struct lock_range *a, const struct lock_range *b)
{
	bool before = a->end >= b->start || a->end + 1 == b->start;
	bool after = b->end >= a->start || b->end + 1 == a->start;

	return before && after;
}

static void lock_drop(struct lock_range *l, struct list *freed)
{
	list_remove(&l->node);
	list_push_back(freed, &l->node);
}

/* Takes the new range out of one that its owner had, which may leave two pieces. */
static void lock_cut(struct lock_range *l, const struct lock_range *hole, struct lock_range **spare,
		     struct list *freed)
{
	if (l->start < hole->start && l->end > hole->end) {
		struct lock_range *right = *spare;

		*spare = NULL;
		*right = *l;
		right->node = (struct list_node){ NULL, NULL };
		right->start = hole->end + 1;
		l->end = hole->start - 1;
		list_insert_after(&l->node, &right->node);
	} else if (l->start < hole->start) {
		l->end = hole->start - 1;
	} else if (l->end > hole->end) {
		l->start = hole->end + 1;
	} else {
		lock_drop(l, freed);
	}
}

void lock_range_set(struct list *locks, const struct lock_range *want, struct lock_range *spare[2],
		    struct list *freed)
{
	struct lock_range joined = *want, *l, *after;

	list_for_each_safe(l, after, locks, node) {
		if (!lock_same_owner(l, want))
			continue;
		if (l->type == want->type && lock_touches(l, &joined)) {
			joined.start = MIN(joined.start, l->start);
			joined.end = MAX(joined.end, l->end);
			lock_drop(l, freed);
		} else if (lock_overlaps(l, want)) {
			lock_cut(l, want, &spare[1], freed);
		}
	}
	if (want->type != LOCK_NONE) {
		*spare[0] = joined;
		spare[0]->node = (struct list_node){ NULL, NULL };
		list_push_back(locks, &spare[0]->node);
		spare[0] = NULL;
	}
}
