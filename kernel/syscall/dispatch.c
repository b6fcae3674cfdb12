/*
 * From the number in x8 to the body of a system call, and its result back to x0.
 *
 * Entered from the vector for every SVC: the whole path of a call that does nothing should stay under
 * 120 instructions, both exception levels together.  As in Linux only the low half of x8 counts.
 */
#include <kernel/syscall.h>

#include <arch/trap.h>
#include <kernel/compiler.h>
#include <kernel/errno.h>

void syscall_dispatch(struct trap_frame *tf)
{
	u32 nr = (u32)tf->x[8];
	syscall_fn body = NULL;

	tf->orig_x0 = tf->x[0];
	tf->syscall = nr;
	if (likely(nr < SYSCALL_COUNT))
		body = syscall_table[nr];
	if (unlikely(!body)) {
		tf->x[0] = (u64)-ENOSYS;
		return;
	}
	tf->x[0] = (u64)body(tf->x[0], tf->x[1], tf->x[2], tf->x[3], tf->x[4], tf->x[5]);
}
