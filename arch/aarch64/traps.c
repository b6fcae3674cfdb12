/*
 * The C ends of the vectors: decides what an exception means.  Entered with interrupts off on the
 * current task's kernel stack.  Aborts go to fault.c, system calls straight from vectors.S to their table.
 */
#include <arch/arch.h>

#include <arch/esr.h>
#include <arch/fault.h>
#include <arch/features.h>
#include <arch/traps.h>
#include <kernel/backtrace.h>
#include <kernel/cpu.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/oops.h>
#include <kernel/panic.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include <kernel/vmap.h>
#include <kernel/watchdog.h>

struct trap_expected trap_expected;

void arch_trap_print(const struct trap_frame *tf)
{
	log_print(LOG_ALERT, "pc  %pS", (void *)tf->pc);
	log_print(LOG_ALERT, "lr  %pS", (void *)tf->x[30]);
	log_print(LOG_ALERT, "sp  %016lx pstate %08lx", tf->sp, tf->pstate);
	log_print(LOG_ALERT, "esr %016lx (%s) far %016lx", tf->esr, esr_class_name(tf->esr), tf->far);
	for (int i = 0; i < 31; i += 4)
		log_print(LOG_ALERT, "x%-2d %016lx %016lx %016lx %016lx", i, tf->x[i], tf->x[i + 1],
			  tf->x[i + 2], i + 3 < 31 ? tf->x[i + 3] : tf->sp);
}

void arch_state_print(void)
{
	u64 esr, far;

	__asm__ volatile("mrs %0, esr_el1" : "=r"(esr));
	__asm__ volatile("mrs %0, far_el1" : "=r"(far));
	log_print(LOG_EMERG, "last exception here: esr %016lx (%s) far %016lx", esr,
		  esr_class_name(esr), far);
}

void trap_el1_sync(struct trap_frame *tf)
{
	switch (esr_class(tf->esr)) {
	case ESR_DABT_CURRENT:
	case ESR_IABT_CURRENT:
		fault_kernel_abort(tf);
		return;
	case ESR_BRK64:
		if ((tf->esr & ESR_BRK_IMM) == BRK_STAGE) {
			trap_expected.esr = tf->esr;
			trap_expected.pc = tf->pc;
			trap_expected.hits++;
			if (trap_expected.on_brk)
				trap_expected.on_brk();
			tf->pc += 4;
			return;
		}
		break;
	default:
		break;
	}
	oops(tf, "%s in the kernel", esr_class_name(tf->esr));
}

void trap_el1_irq(struct trap_frame *tf)
{
	current->cpu->irq_from_user = false;
	irq_dispatch();
	if (current->preempt_count == 0 && (READ_ONCE(current->work) & WORK_RESCHED))
		preempt_schedule_irq();
}

void trap_el0_irq(struct trap_frame *tf)
{
	current->cpu->irq_from_user = true;
	irq_dispatch();
}

void trap_fiq(struct trap_frame *tf)
{
	watchdog_nmi(tf);
}

/* An `mrs` of an ID register, given by the fields of the instruction. */
static bool trap_emulate_mrs(struct trap_frame *tf, u32 op0, u32 op1, u32 crn, u32 crm, u32 op2,
			     u32 rt)
{
	u64 value;

	if (features_user_mrs(op0, op1, crn, crm, op2, &value))
		return false;
	if (rt < 31)
		tf->x[rt] = value;
	tf->pc += 4;
	return true;
}

/* A trapped system register access: ISS of class 0x18 (Arm ARM D17.2.37). */
static bool trap_sysreg(struct trap_frame *tf)
{
	u64 esr = tf->esr;
	bool read = esr & 1;

	return read && trap_emulate_mrs(tf, esr >> 20 & 3, esr >> 14 & 7, esr >> 10 & 15,
					esr >> 1 & 15, esr >> 17 & 7, esr >> 5 & 31);
}

/* Before FEAT_IDST an `mrs` of an ID register at EL0 is undefined: look at the instruction. */
static bool trap_undefined_mrs(struct trap_frame *tf)
{
	u32 insn;

	if (get_user(insn, (const u32 __user *)tf->pc))
		return false;
	/* MRS: 1101 0101 0011 o0 op1 CRn CRm op2 Rt. */
	if ((insn & 0xfff00000) != 0xd5300000)
		return false;
	return trap_emulate_mrs(tf, 2 + (insn >> 19 & 1), insn >> 16 & 7, insn >> 12 & 15,
				insn >> 8 & 15, insn >> 5 & 7, insn & 31);
}

/* What an exception of a program means that is neither a system call nor an abort. */
static void trap_user_signal(struct trap_frame *tf)
{
	switch (esr_class(tf->esr)) {
	case ESR_PC_ALIGN:
		fault_signal(tf, SIGBUS, BUS_ADRALN, tf->far);
		return;
	case ESR_SP_ALIGN:
		fault_signal(tf, SIGBUS, BUS_ADRALN, tf->sp);
		return;
	case ESR_FP_EXC64:
		fault_signal(tf, SIGFPE, FPE_FLTINV, tf->pc);
		return;
	case ESR_BRK64:
		fault_signal(tf, SIGTRAP, TRAP_BRKPT, tf->pc);
		return;
	case ESR_STEP_LOWER:
		fault_signal(tf, SIGTRAP, TRAP_TRACE, tf->pc);
		return;
	case ESR_BREAKPT_LOWER:
	case ESR_WATCH_LOWER:
		fault_signal(tf, SIGTRAP, TRAP_HWBKPT, tf->far);
		return;
	default:
		/* Undefined, trapped or withheld, by features known and to come. */
		fault_signal(tf, SIGILL, ILL_ILLOPC, tf->pc);
		return;
	}
}

void trap_el0_sync(struct trap_frame *tf)
{
	switch (esr_class(tf->esr)) {
	case ESR_DABT_LOWER:
	case ESR_IABT_LOWER:
		fault_user_abort(tf);
		return;
	case ESR_WFX:
		/* A hint: the program may as well go on. */
		tf->pc += 4;
		return;
	case ESR_SYSREG:
		if (trap_sysreg(tf))
			return;
		break;
	case ESR_UNKNOWN:
		arch_irq_enable();
		if (trap_undefined_mrs(tf))
			return;
		break;
	default:
		break;
	}
	arch_irq_enable();
	trap_user_signal(tf);
}

void trap_user_work(struct trap_frame *tf)
{
	u32 work = READ_ONCE(current->work);

	if (work & WORK_RESCHED)
		preempt_schedule_irq();
	if (work & ~(u32)WORK_RESCHED) {
		arch_irq_enable();
		signal_deliver(tf);
	}
}

void trap_serror(struct trap_frame *tf)
{
	arch_trap_print(tf);
	panic("SError: the machine reports a failed access");
}

void trap_bad_vector(struct trap_frame *tf, u64 vector)
{
	arch_trap_print(tf);
	panic("exception through vector %lu, which is never used", vector);
}

void trap_stack_overflow(struct trap_frame *tf)
{
	const char *guard = vmap_guard_name(tf->far);

	log_print(LOG_ALERT, "Kernel stack overflow: task %s (%d), sp %016lx, stack %016lx, guard %s",
		  current->name, current->tid, tf->sp, (vaddr_t)current->kstack,
		  guard ? guard : "none");
	if (trap_expected.overflow_pc) {
		trap_expected.overflow_frame = *tf;
		trap_expected.hits++;
		tf->pc = trap_expected.overflow_pc;
		tf->sp = trap_expected.overflow_sp;
		trap_expected.overflow_pc = 0;
		return;
	}
	arch_trap_print(tf);
	log_print(LOG_ALERT, "Backtrace of the culprit:");
	backtrace_print_trap(tf);
	panic("kernel stack overflow in task %s", current->name);
}
