/*
 * Futexes: sleeping on a word of user memory.  kernel/proc/futex.c
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

struct task;

/*
 * The end of a thread's memory, by exit and exec: marks the robust mutexes it holds, clears
 * clear_child_tid and wakes who waits there.  May sleep; current only, while it has its memory.
 */
void futex_exit(struct task *t);

/*
 * Writes `new` to an aligned word of current's memory if it holds `old`, atomically; *found is what it held.
 * Through the kernel's own mapping of the page: exclusives have no unprivileged form.  0 or -EFAULT.
 */
int futex_cmpxchg(u32 __user *uaddr, u32 old, u32 new, u32 *found) __must_check;

/* Wakes up to `count` waiters on a word of current's memory; how many, or -EFAULT.  May sleep. */
long futex_wake(u32 __user *uaddr, bool private, u32 count, u32 bitset);
