/*
 * Reference counts.  A count that was dropped once too often, taken from zero, or run over is a
 * broken invariant: it saturates (the object leaks instead of being used after its end) and the
 * machine stops.  Any context.
 */
#pragma once

#include <kernel/atomic.h>
#include <kernel/compiler.h>

typedef struct {
	atomic_t count;
} refcount_t;

enum { REFCOUNT_SATURATED = -0x40000000 };

#define REFCOUNT_INIT(n) { ATOMIC_INIT(n) }

/* Saturates the count and panics, saying what was done to it. */
void refcount_broken(refcount_t *r, const char *what);

static inline void refcount_init(refcount_t *r, int n)
{
	atomic_store_relaxed(&r->count, n);
}

static inline int refcount_read(const refcount_t *r)
{
	return atomic_load_relaxed(&r->count);
}

/* Takes one more; the caller holds one already. */
static inline void refcount_get(refcount_t *r)
{
	int old = __atomic_fetch_add(&r->count.value, 1, __ATOMIC_RELAXED);

	if (unlikely(old <= 0))
		refcount_broken(r, old == 0 ? "taken from zero" : "taken after it saturated");
}

/* Takes one unless the count is zero already (an object found on a list that is about to go). */
static inline bool refcount_get_unless_zero(refcount_t *r)
{
	int old = atomic_load_relaxed(&r->count);
	int found;

	while (old != 0) {
		if (unlikely(old < 0)) {
			refcount_broken(r, "taken after it saturated");
			return true;
		}
		found = atomic_cmpxchg(&r->count, old, old + 1);
		if (found == old)
			return true;
		old = found;
	}
	return false;
}

/* Drops one; true when it was the last and the caller must free. */
static inline bool __must_check refcount_put(refcount_t *r)
{
	int old = __atomic_fetch_sub(&r->count.value, 1, __ATOMIC_ACQ_REL);

	if (unlikely(old <= 0))
		refcount_broken(r, "dropped below zero");
	return old == 1;
}
