/* Readiness: how poll, select and epoll wait on many files at once.  kernel/fs/poll.c */
#pragma once

#include <kernel/wait.h>

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
