/*
 * What happens to the locks of a thread that ends: robust lists (Documentation of Linux,
 * "robust-futexes") and clear_child_tid, by which pthread_join() learns of it.
 *
 * The list is in the program's memory and may hold anything: every access may fail, and its length is
 * bounded.
 */
#include <kernel/futex.h>

#include <kernel/errno.h>
#include <kernel/mm.h>
#include <kernel/proc.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include <uapi/futex.h>

/* Bit 0 of a list pointer marks a priority-inheritance mutex. */
enum { ROBUST_PI = 1 };

/*
 * Marks a lock as orphaned if this thread holds it and wakes one waiter.  `pending`: the thread was just
 * taking or leaving it.  False when the memory is no good.
 */
static bool robust_release(struct task *t, u32 __user *word, bool pending)
{
	u32 value, found;

	if ((vaddr_t)word % sizeof(u32) || get_user(value, word))
		return false;
	if (pending && !value) {
		(void)futex_wake(word, false, 1, FUTEX_BITSET_MATCH_ANY);
		return true;
	}
	while ((value & FUTEX_TID_MASK) == (u32)t->tid) {
		if (futex_cmpxchg(word, value, (value & FUTEX_WAITERS) | FUTEX_OWNER_DIED, &found))
			return false;
		if (found == value) {
			if (value & FUTEX_WAITERS)
				(void)futex_wake(word, false, 1, FUTEX_BITSET_MATCH_ANY);
			break;
		}
		value = found;
	}
	return true;
}

static u32 __user *robust_word(vaddr_t entry, s64 offset)
{
	return (u32 __user *)((entry & ~(vaddr_t)ROBUST_PI) + (u64)offset);
}

static void robust_list_release(struct task *t)
{
	struct robust_list_head __user *user = t->robust_list;
	struct robust_list_head head;
	vaddr_t entry, pending, next;
	int limit = ROBUST_LIST_LIMIT;

	if (copy_from_user(&head, user, sizeof(head)))
		return;
	pending = head.list_op_pending & ~(vaddr_t)ROBUST_PI;
	for (entry = head.list.next; entry != (vaddr_t)user && limit; limit--) {
		if (get_user(next, (vaddr_t __user *)(entry & ~(vaddr_t)ROBUST_PI)))
			break;
		if ((entry & ~(vaddr_t)ROBUST_PI) != pending &&
		    !robust_release(t, robust_word(entry, head.futex_offset), false))
			return;
		entry = next;
	}
	if (pending)
		(void)robust_release(t, robust_word(pending, head.futex_offset), true);
}

void futex_exit(struct task *t)
{
	if (!t->mm)
		return;
	if (t->robust_list)
		robust_list_release(t);
	t->robust_list = NULL;
	/* A process of one thread has nobody who could wait. */
	if (t->clear_child_tid && atomic_load(&t->mm->users) > 1 && !put_user(0, t->clear_child_tid))
		(void)futex_wake((u32 __user *)t->clear_child_tid, false, 1, FUTEX_BITSET_MATCH_ANY);
	t->clear_child_tid = NULL;
}

long sys_set_tid_address(pid_t __user *tidptr)
{
	current->clear_child_tid = tidptr;
	return current->tid;
}

long sys_set_robust_list(struct robust_list_head __user *head, size_t size)
{
	if (size != sizeof(*head))
		return -EINVAL;
	current->robust_list = head;
	return 0;
}

long sys_get_robust_list(pid_t pid, struct robust_list_head __user *__user *head, size_t __user *size)
{
	struct robust_list_head __user *list;
	struct task *t;

	if (pid) {
		t = task_find(pid);
		if (!t)
			return -ESRCH;
		if (t->proc != current_proc() && !current_privileged()) {
			task_put(t);
			return -EPERM;
		}
		list = t->robust_list;
		task_put(t);
	} else {
		list = current->robust_list;
	}
	if (put_user(sizeof(struct robust_list_head), size) || put_user(list, head))
		return -EFAULT;
	return 0;
}
