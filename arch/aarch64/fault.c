/*
 * Aborts: of programs, which the address space resolves or which become a signal, and of the kernel, which
 * only a row of the exception table excuses.  Called by traps.c with interrupts off.
 */
#include <arch/fault.h>

#include <arch/arch.h>
#include <arch/esr.h>
#include <arch/extable.h>
#include <kernel/log.h>
#include <kernel/mm.h>
#include <kernel/oops.h>
#include <kernel/proc.h>
#include <kernel/sections.h>
#include <kernel/signal.h>
#include <kernel/task.h>

vaddr_t extable_find(vaddr_t pc)
{
	for (const struct extable_entry *e = __extable_start; e < __extable_stop; e++) {
		if ((vaddr_t)&e->insn + e->insn == pc)
			return (vaddr_t)&e->fixup + e->fixup;
	}
	return 0;
}

/* FAR without the tag that TBI lets a program put into the top byte. */
static vaddr_t fault_address(const struct trap_frame *tf)
{
	return tf->far & 1UL << 55 ? tf->far : tf->far & ~(0xffUL << 56);
}

static bool fault_is_instruction(u64 esr)
{
	return esr_class(esr) == ESR_IABT_LOWER || esr_class(esr) == ESR_IABT_CURRENT;
}

static enum mm_access fault_access(u64 esr)
{
	if (fault_is_instruction(esr))
		return MM_EXEC | MM_USER;
	/* Cache maintenance sets WnR, but only reads. */
	if ((esr & ESR_ISS_WNR) && !(esr & ESR_ISS_CM))
		return MM_WRITE | MM_USER;
	return MM_READ | MM_USER;
}

/* Whether the address space may be able to resolve it: translation, access flag, permission. */
static bool fault_is_resolvable(u64 esr)
{
	u32 fsc = esr & ESR_ISS_FSC;

	return fsc >= FSC_TRANSLATION && fsc < FSC_EXTERNAL;
}

/*
 * The syndrome that a program may see: of an address above its own, nothing that tells what the
 * kernel has mapped there.
 */
static u64 fault_visible_esr(u64 esr, vaddr_t address)
{
	if (address < TASK_SIZE)
		return esr;
	if (fault_is_instruction(esr))
		return (esr & ~(u64)ESR_ISS) | FSC_TRANSLATION;
	return (esr & (~(u64)ESR_ISS | ESR_ISS_CM | ESR_ISS_WNR)) | FSC_TRANSLATION;
}

static bool fault_is_unhandled(int sig)
{
	const struct k_sigaction *sa = &current->proc->sighand->actions[sig - 1];

	return sa->handler == SIG_DFL || sa->handler == SIG_IGN ||
	       (current->sig.blocked & SIGMASK(sig));
}

void fault_signal(struct trap_frame *tf, int sig, int code, vaddr_t address)
{
	enum esr_class class = esr_class(tf->esr);
	bool abort = class == ESR_DABT_LOWER || fault_is_instruction(tf->esr);

	current->arch.fault_address = abort ? address : 0;
	current->arch.fault_esr = fault_visible_esr(tf->esr, address);
	if (fault_is_unhandled(sig))
		log_info("%s[%d]: unhandled signal %d: %s, address 0x%lx, esr 0x%lx, pc 0x%lx sp 0x%lx",
			 current->name, current->proc->pid, sig,
			 abort ? esr_fault_name(tf->esr) : esr_class_name(tf->esr), address, tf->esr,
			 tf->pc, tf->sp);
	signal_force_fault(sig, code, address);
}

void fault_user_abort(struct trap_frame *tf)
{
	struct mm_fault_result result = { SIGSEGV, SEGV_MAPERR };
	vaddr_t address = fault_address(tf);
	u32 fsc = tf->esr & ESR_ISS_FSC;

	arch_irq_enable();
	if (fault_is_resolvable(tf->esr) && address < TASK_SIZE)
		result = mm_fault(address, fault_access(tf->esr));
	else if (fsc == FSC_ALIGNMENT)
		result = (struct mm_fault_result){ SIGBUS, BUS_ADRALN };
	else if (!fault_is_resolvable(tf->esr) && fsc >= FSC_EXTERNAL)
		result = (struct mm_fault_result){ SIGBUS, BUS_OBJERR };
	/* A SIGKILL has been sent already. */
	if (result.sig && result.sig != SIGKILL)
		fault_signal(tf, result.sig, result.si_code, address);
}

/* A user copy met a page that is not there: true when it is now and the instruction can run again. */
static bool fault_resolve_copy(struct trap_frame *tf, vaddr_t address)
{
	bool in_copy = tf->pc >= (vaddr_t)__usercopy_text_start &&
		       tf->pc < (vaddr_t)__usercopy_text_end;
	struct mm_fault_result result;

	if (!in_copy || address >= TASK_SIZE || !current->mm || !fault_is_resolvable(tf->esr) ||
	    current->preempt_count || (tf->pstate & ARCH_DAIF_I))
		return false;
	arch_irq_enable();
	result = mm_fault(address, fault_access(tf->esr));
	arch_irq_disable();
	return result.sig == 0;
}

void fault_kernel_abort(struct trap_frame *tf)
{
	vaddr_t address = fault_address(tf);
	vaddr_t fixup;

	if (fault_resolve_copy(tf, address))
		return;
	fixup = extable_find(tf->pc);
	if (fixup) {
		tf->pc = fixup;
		return;
	}
	oops(tf, "%s at 0x%lx: %s", fault_is_instruction(tf->esr) ? "kernel jumped" :
	     tf->esr & ESR_ISS_WNR ? "kernel write" : "kernel read", address,
	     esr_fault_name(tf->esr));
}
