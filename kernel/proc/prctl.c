/*
 * prctl(2) and personality(2): odds and ends that a process sets about itself.  What is not listed is
 * -EINVAL, as on a Linux without that feature.
 */
#include <kernel/proc.h>

#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/prctl.h>

enum { CAPABILITY_LAST = 40, TIMER_SLACK_NS = 50000 };
#define PERSONALITY_GET 0xffffffffu

static long prctl_set_name(const char __user *name)
{
	char copy[TASK_NAME_MAX];
	ssize_t n = strncpy_from_user(copy, name, sizeof(copy) - 1);

	if (n == -EFAULT)
		return -EFAULT;
	if (n == -ENAMETOOLONG)
		n = sizeof(copy) - 1;
	copy[n] = 0;
	strlcpy(current->name, copy, sizeof(current->name));
	return 0;
}

static long prctl_get_name(char __user *name)
{
	char copy[TASK_NAME_MAX] = { 0 };

	strlcpy(copy, current->name, sizeof(copy));
	return copy_to_user(name, copy, sizeof(copy));
}

static long prctl_set_dumpable(struct proc *p, unsigned long value)
{
	if (value != SUID_DUMP_DISABLE && value != SUID_DUMP_USER)
		return -EINVAL;
	p->dumpable = value;
	return 0;
}

static long prctl_set_pdeath(struct proc *p, unsigned long sig)
{
	if (sig > NSIG)
		return -EINVAL;
	p->pdeath_sig = (int)sig;
	return 0;
}

static long prctl_no_new_privs(struct proc *p, unsigned long arg2, unsigned long rest)
{
	if (arg2 != 1 || rest)
		return -EINVAL;
	p->no_new_privs = true;
	return 0;
}

long sys_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4, unsigned long arg5)
{
	struct proc *p = current_proc();
	unsigned long rest = arg3 | arg4 | arg5;

	switch (option) {
	case PR_SET_NAME: return prctl_set_name((const char __user *)arg2);
	case PR_GET_NAME: return prctl_get_name((char __user *)arg2);
	case PR_SET_PDEATHSIG: return prctl_set_pdeath(p, arg2);
	case PR_GET_PDEATHSIG: return put_user(p->pdeath_sig, (int __user *)arg2);
	case PR_SET_DUMPABLE: return prctl_set_dumpable(p, arg2);
	case PR_GET_DUMPABLE: return p->dumpable;
	case PR_SET_CHILD_SUBREAPER: p->subreaper = arg2 != 0; return 0;
	case PR_GET_CHILD_SUBREAPER: return put_user((int)p->subreaper, (int __user *)arg2);
	case PR_SET_NO_NEW_PRIVS: return prctl_no_new_privs(p, arg2, rest);
	case PR_GET_NO_NEW_PRIVS: return arg2 || rest ? -EINVAL : p->no_new_privs;
	case PR_CAPBSET_READ: return arg2 <= CAPABILITY_LAST ? 1 : -EINVAL;
	case PR_GET_TIMERSLACK: return TIMER_SLACK_NS;
	case PR_GET_SECCOMP: return 0;
	case PR_GET_TID_ADDRESS:
		return put_user((vaddr_t)current->clear_child_tid, (vaddr_t __user *)arg2);
	default: return -EINVAL;
	}
}

/* Kept and returned; nothing here behaves differently for it. */
long sys_personality(u32 persona)
{
	struct proc *p = current_proc();
	u32 old = p->personality;

	if (persona != PERSONALITY_GET)
		p->personality = persona;
	return old;
}
