/*
 * Following frame records (AAPCS64 6.4.6): x29 points at {caller's x29, return address}.  Every trap
 * frame contains a record of two zeroes with a type behind it (<arch/trap.h>), which leads on to the
 * interrupted registers.  Called by kernel/debug/backtrace.c in any state of the machine: every word is
 * read with a load that may fault.
 */
#include <arch/arch.h>

#include <kernel/symbols.h>
#include <kernel/task.h>

/* add x29, sp, #n (C6.2.4): from here on a function is in the chain of frames. */
enum { INSN_FRAME = 0x910003fd, INSN_FRAME_MASK = 0xffc003ff };

/* Whether the interrupted function had linked its frame; a leaf never does. */
static bool unwind_has_frame(vaddr_t pc)
{
	u64 offset, word;
	vaddr_t at;

	if (!symbol_find(pc, &offset, NULL))
		return true;
	for (at = pc - offset; at < pc; at += 4) {
		if (arch_probe_read_word((void *)(at & ~7ul), &word))
			return true;
		if (((at & 4 ? word >> 32 : word) & INSN_FRAME_MASK) == INSN_FRAME)
			return true;
	}
	return false;
}

void arch_unwind_here(struct arch_unwind *u)
{
	*u = (struct arch_unwind){
		.pc = (vaddr_t)__builtin_return_address(0),
		.fp = (vaddr_t)__builtin_frame_address(0),
	};
	/* The caller's own frame is where it starts. */
	arch_unwind_next(u);
}

void arch_unwind_trap(struct arch_unwind *u, const struct trap_frame *tf)
{
	*u = (struct arch_unwind){ .pc = tf->pc, .fp = tf->x[29], .tf = tf };
}

void arch_unwind_task(struct arch_unwind *u, const struct task *t)
{
	*u = (struct arch_unwind){ .pc = t->arch.pc, .fp = t->arch.fp };
}

bool arch_unwind_next(struct arch_unwind *u)
{
	const struct trap_frame *tf;
	u64 record[2], type;

	if (u->tf && trap_from_user(u->tf))
		return false;
	tf = u->tf;
	u->tf = NULL;
	if (tf && !unwind_has_frame(tf->pc) && symbol_find(tf->x[30] - 4, NULL, NULL)) {
		u->pc = tf->x[30];
		return true;
	}
	if (u->fp < LINEAR_BASE || u->fp & 7 || arch_probe_read_word((void *)u->fp, &record[0]) ||
	    arch_probe_read_word((void *)(u->fp + 8), &record[1]))
		return false;
	if (record[0] || record[1]) {
		u->fp = record[0];
		u->pc = record[1];
		return u->pc != 0;
	}

	tf = container_of((void *)u->fp, const struct trap_frame, record);
	if (arch_probe_read_word(&tf->type, &type))
		return false;
	type &= 0xffffffff;
	if (type != TRAP_RECORD_USER && type != TRAP_RECORD_KERNEL)
		return false;
	u->tf = tf;
	u->pc = tf->pc;
	u->fp = tf->x[29];
	/* A kernel thread's reserved frame is all zero: the end of the chain. */
	return tf->pc != 0;
}
