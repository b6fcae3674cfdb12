/* Readiness: how poll, select and epoll wait on many files at once.  kernel/fs/poll.c */
#pragma once

#include <kernel/wait.h>

struct timespec;

/* What a file's poll op hands its wait queues to. */
struct poll_table {
	void (*add)(struct poll_table *pt, struct wait_queue *q);
};

/* Called by a poll op for each queue on which a change of readiness is announced.  pt may be NULL. */
static inline void poll_wait(struct poll_table *pt, struct wait_queue *q)
{
	if (pt && pt->add)
		pt->add(pt, q);
}

/* Reads a user's timeout: *deadline is absolute, NSEC_NEVER for none, 0 for "do not wait".  0, -EFAULT or
 * -EINVAL. */
int poll_deadline(const struct timespec __user *user, nsec_t *deadline);

/* Blocks another set of signals for the duration of a call; NULL: does nothing.  0, -EINVAL or -EFAULT. */
int poll_mask_begin(const sigset_t __user *user, size_t size);
/* Back to the old set, unless a signal ended the call: then its frame restores it. */
void poll_mask_end(int result);
