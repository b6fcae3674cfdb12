/*
 * Thread numbers, one space for processes, their threads and kernel threads.  Handed out upwards and
 * round again, so that a number that was in use is not soon somebody else's.  TID_INIT is never handed
 * out: the first process takes it.
 */
#include <kernel/bitmap.h>
#include <kernel/panic.h>
#include <kernel/task.h>

/* (tid_lock) */
static u64 tid_map[BITMAP_WORDS(TID_MAX)];
static pid_t tid_next = TID_INIT + 1;
static struct spinlock tid_lock = SPINLOCK_INIT("tid");

pid_t tid_alloc(void)
{
	irqflags_t flags = spin_lock_irqsave(&tid_lock);
	size_t tid = bitmap_find_zero(tid_map, TID_MAX, (size_t)tid_next);

	if (tid == TID_MAX)
		tid = bitmap_find_zero(tid_map, TID_MAX, TID_INIT + 1);
	if (tid < TID_MAX) {
		bitmap_set(tid_map, tid);
		tid_next = (pid_t)tid + 1;
	}
	spin_unlock_irqrestore(&tid_lock, flags);
	return tid < TID_MAX ? (pid_t)tid : -EAGAIN;
}

void tid_free(pid_t tid)
{
	irqflags_t flags;

	if (tid == TID_INIT)
		return;
	flags = spin_lock_irqsave(&tid_lock);
	PANIC_IF(!bitmap_test(tid_map, (size_t)tid));
	bitmap_clear(tid_map, (size_t)tid);
	spin_unlock_irqrestore(&tid_lock, flags);
}
