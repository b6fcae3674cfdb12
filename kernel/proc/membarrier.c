/*
 * membarrier(2): a full barrier on every CPU that runs a thread of interest.  The registered ("expedited")
 * forms interrupt all CPUs, the global one as well: simple, right, and rare.
 */
#include <kernel/errno.h>
#include <kernel/proc.h>
#include <kernel/smp.h>
#include <kernel/syscall.h>
#include <arch/arch.h>

enum membarrier_command {
	MEMBARRIER_QUERY                        = 0,
	MEMBARRIER_GLOBAL                       = 1 << 0,
	MEMBARRIER_GLOBAL_EXPEDITED             = 1 << 1,
	MEMBARRIER_REGISTER_GLOBAL_EXPEDITED    = 1 << 2,
	MEMBARRIER_PRIVATE_EXPEDITED            = 1 << 3,
	MEMBARRIER_REGISTER_PRIVATE_EXPEDITED   = 1 << 4,
	MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE  = 1 << 5,
	MEMBARRIER_REGISTER_PRIVATE_SYNC_CORE   = 1 << 6,
	MEMBARRIER_ALL                          = (1 << 7) - 1,
};

static void membarrier_here(void *arg)
{
	arch_mb();
	/* The exception return behind this synchronises the instruction stream. */
}

long sys_membarrier(int cmd, u32 flags, int cpu)
{
	struct proc *p = current_proc();

	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_QUERY:
		return MEMBARRIER_ALL;
	case MEMBARRIER_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_REGISTER_PRIVATE_SYNC_CORE:
		p->membarrier_registered = true;
		return 0;
	case MEMBARRIER_REGISTER_GLOBAL_EXPEDITED:
		return 0;
	case MEMBARRIER_PRIVATE_EXPEDITED:
	case MEMBARRIER_PRIVATE_EXPEDITED_SYNC_CORE:
		if (!p->membarrier_registered)
			return -EPERM;
		break;
	case MEMBARRIER_GLOBAL:
	case MEMBARRIER_GLOBAL_EXPEDITED:
		break;
	default:
		return -EINVAL;
	}
	smp_call(smp_online_mask(), membarrier_here, NULL);
	return 0;
}
