/* What happens to a reference count that went wrong. */
#include <kernel/panic.h>
#include <kernel/refcount.h>

void refcount_broken(refcount_t *r, const char *what)
{
	/* From here every get and put stays negative: nobody frees the object again. */
	int count = atomic_exchange(&r->count, REFCOUNT_SATURATED);

	panic("reference count %p was %s (now %d)", (void *)r, what, count);
}
