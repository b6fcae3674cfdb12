/*
 * The frame that a signal handler runs on, and the way back: called by signal delivery on return to
 * EL0, and by rt_sigreturn.  Everything read back is the program's and may be forged: the registers cannot
 * leave EL0, unmask or mask anything, whatever the frame says.
 *
 * The frame has fpsimd and (after a fault) esr records; Linux adds others for state that we do not have.
 */
#include <arch/sigframe.h>

#include <arch/arch.h>
#include <arch/sysreg.h>
#include <arch/vdso.h>
#include <kernel/errno.h>
#include <kernel/mm.h>
#include <kernel/signal.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>

/* What of PSTATE a program may set: the flags, and the modes that it can set by itself. */
enum { PSTATE_NZCV = 0xf0000000, PSTATE_DIT = 1 << 24, PSTATE_SSBS = 1 << 12 };
#define PSTATE_USER_BITS ((u64)(u32)PSTATE_NZCV | PSTATE_DIT | PSTATE_SSBS)

/* Where the records of one frame are. */
struct sigframe_place {
	struct rt_sigframe __user *frame;
	struct sig_frame_record __user *record;
};

static struct sigframe_place sigframe_place(const struct trap_frame *tf, const struct k_sigaction *sa)
{
	vaddr_t sp = signal_handler_stack(tf->sp, sa);
	struct sigframe_place place;

	sp = ALIGN_DOWN(sp - sizeof(struct sig_frame_record), 16);
	place.record = (struct sig_frame_record __user *)sp;
	place.frame = (struct rt_sigframe __user *)(sp - sizeof(struct rt_sigframe));
	return place;
}

/* The fpsimd and esr records and their end.  The FP registers in arch_thread are the live ones. */
static int sigframe_put_records(struct rt_sigframe __user *frame)
{
	u8 __user *p = frame->uc.uc_mcontext.reserved;
	const struct arch_fp *fp = &current->arch.fp_state;
	struct sig_fpsimd __user *fpsimd = (struct sig_fpsimd __user *)p;
	struct sig_record head = { FPSIMD_MAGIC, sizeof(struct sig_fpsimd) };
	struct sig_esr esr = { { ESR_MAGIC, sizeof(struct sig_esr) }, current->arch.fault_esr };
	struct sig_record end = { 0, 0 };
	int err;

	err = put_user(head, &fpsimd->head) | put_user(fp->fpsr, &fpsimd->fpsr) |
	      put_user(fp->fpcr, &fpsimd->fpcr) | copy_to_user(fpsimd->v, fp->v, sizeof(fp->v));
	p += sizeof(struct sig_fpsimd);
	if (esr.esr) {
		err |= copy_to_user(p, &esr, sizeof(esr));
		p += sizeof(esr);
	}
	err |= copy_to_user(p, &end, sizeof(end));
	return err ? -EFAULT : 0;
}

static int sigframe_put_context(struct rt_sigframe __user *frame, const struct trap_frame *tf,
				sigset_t mask)
{
	struct sigcontext __user *sc = &frame->uc.uc_mcontext;
	stack_t stack;
	int err;

	signal_altstack_get(tf->sp, &stack);
	err = put_user((u64)0, &frame->uc.uc_flags) | put_user((u64)0, &frame->uc.uc_link) |
	      put_user(stack, &frame->uc.uc_stack) | put_user(mask, &frame->uc.uc_sigmask) |
	      put_user(current->arch.fault_address, &sc->fault_address) |
	      copy_to_user(sc->regs, tf->x, sizeof(sc->regs)) | put_user(tf->sp, &sc->sp) |
	      put_user(tf->pc, &sc->pc) | put_user(tf->pstate, &sc->pstate);
	return err ? -EFAULT : sigframe_put_records(frame);
}

int arch_signal_frame_push(struct trap_frame *tf, const struct k_sigaction *sa, const siginfo_t *info,
			   sigset_t mask)
{
	struct sigframe_place place = sigframe_place(tf, sa);
	struct sig_frame_record record = { tf->x[29], tf->x[30] };

	arch_thread_save_live();
	if (sigframe_put_context(place.frame, tf, mask) ||
	    copy_to_user(place.record, &record, sizeof(record)))
		return -EFAULT;
	if (sa->flags & SA_SIGINFO) {
		if (copy_to_user(&place.frame->info, info, sizeof(*info)))
			return -EFAULT;
		tf->x[1] = (u64)&place.frame->info;
		tf->x[2] = (u64)&place.frame->uc;
	}
	tf->x[0] = info->si_signo;
	tf->x[29] = (u64)place.record;
	tf->x[30] = sa->flags & SA_RESTORER ? sa->restorer : current->mm->vdso + vdso_sigreturn_offset();
	tf->sp = (u64)place.frame;
	tf->pc = sa->handler;
	tf->syscall = -1;
	return 0;
}

static int sigframe_get_fpsimd(const struct sig_fpsimd __user *from, struct arch_fp *fp)
{
	if (copy_from_user(fp->v, from->v, sizeof(fp->v)) || get_user(fp->fpsr, &from->fpsr) ||
	    get_user(fp->fpcr, &from->fpcr))
		return -EFAULT;
	return 0;
}

/* Walks the records: exactly one fpsimd, perhaps an esr, nothing unknown, an end.  0 or -EINVAL. */
static int sigframe_get_records(const struct rt_sigframe __user *frame, struct arch_fp *fp)
{
	const u8 __user *p = frame->uc.uc_mcontext.reserved;
	u64 left = SIGCONTEXT_RESERVED;
	bool have_fp = false;
	struct sig_record head;

	for (;;) {
		if (left < sizeof(head) || get_user(head, (const struct sig_record __user *)p))
			return -EINVAL;
		if (!head.magic && !head.size)
			return have_fp ? 0 : -EINVAL;
		if (head.size < sizeof(head) || head.size > left || head.size % 16)
			return -EINVAL;
		if (head.magic == FPSIMD_MAGIC) {
			if (have_fp || head.size != sizeof(struct sig_fpsimd) ||
			    sigframe_get_fpsimd((const struct sig_fpsimd __user *)p, fp))
				return -EINVAL;
			have_fp = true;
		} else if (head.magic != ESR_MAGIC) {
			return -EINVAL;
		}
		p += head.size;
		left -= head.size;
	}
}

/* General registers; a PSTATE that is not EL0's with everything unmasked is refused. */
static int sigframe_get_registers(const struct rt_sigframe __user *frame, struct trap_frame *tf)
{
	const struct sigcontext __user *sc = &frame->uc.uc_mcontext;
	u64 pstate;

	if (copy_from_user(tf->x, sc->regs, sizeof(tf->x)) || get_user(tf->sp, &sc->sp) ||
	    get_user(tf->pc, &sc->pc) || get_user(pstate, &sc->pstate))
		return -EFAULT;
	tf->pstate = pstate & PSTATE_USER_BITS;
	return pstate & (PSTATE_MODE | 1 << 4 | PSTATE_DAIF) ? -EINVAL : 0;
}

static int sigframe_pop(const struct rt_sigframe __user *frame, struct trap_frame *tf)
{
	struct arch_fp fp;
	stack_t stack;
	sigset_t mask;

	if ((u64)frame & 15)
		return -EINVAL;
	if (get_user(mask, &frame->uc.uc_sigmask) || get_user(stack, &frame->uc.uc_stack))
		return -EFAULT;
	signal_set_blocked(mask);
	if (sigframe_get_registers(frame, tf))
		return -EINVAL;
	if (sigframe_get_records(frame, &fp))
		return -EINVAL;
	arch_thread_set_fp(&fp);
	/* As Linux: a stack that is not acceptable leaves things as they are. */
	(void)signal_altstack_set(tf->sp, &stack);
	return 0;
}

/* Ends a handler: the frame at SP becomes the registers.  Its "result" is the x0 that comes back. */
long sys_rt_sigreturn(void)
{
	struct trap_frame *tf = task_trap_frame(current);

	current->sig.restart = NULL;
	tf->syscall = -1;
	if (sigframe_pop((const struct rt_sigframe __user *)tf->sp, tf))
		signal_force_fault(SIGSEGV, SI_KERNEL, 0);
	return (long)tf->x[0];
}
