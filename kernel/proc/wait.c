/*
 * wait4(2) and waitid(2): hearing how children ended, stopped or went on.
 *
 * Dead children are on a list of their own, so that waiting for any child takes the first; a wait for
 * one pid goes through the table of numbers.  Only a wait for stopped or continued ones, or for a group,
 * walks the list of children.
 */
#include <kernel/proc.h>
#include <kernel/proc_internal.h>

#include <kernel/signal.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <uapi/resource.h>
#include <uapi/wait.h>

#define WAIT4_OPTIONS (WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)
#define WAITID_OPTIONS                                                                             \
	(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)

/* Which children, and what was found. */
struct wait_request {
	enum waitid_type type;
	pid_t id;             /* pid or group, by type */
	u32 options;
	bool want_usage;

	pid_t pid;            /* found; 0: nothing */
	uid_t uid;
	int status;           /* wait status */
	struct proc *reaped;  /* the caller drops the reference it had while alive */
	struct rusage usage;
};

static bool wait_matches(const struct wait_request *rq, const struct proc *child) REQUIRES(tree_lock)
{
	bool cloned = child->exit_signal != SIGCHLD;

	if (rq->type == P_PID && child->pid != rq->id)
		return false;
	if (rq->type == P_PGID && child->group->pgid != rq->id)
		return false;
	return (rq->options & __WALL) || cloned == !!(rq->options & __WCLONE);
}

static void wait_found(struct wait_request *rq, struct proc *child, int status)
{
	rq->pid = child->pid;
	rq->uid = child->cred->uid;
	rq->status = status;
	if (rq->want_usage)
		usage_both(child, &rq->usage);
}

static bool wait_take_zombie(struct wait_request *rq, struct proc *child) REQUIRES(tree_lock)
{
	struct proc *parent = child->parent;

	if (!(rq->options & WEXITED))
		return false;
	wait_found(rq, child, child->exit_status);
	if (rq->options & WNOWAIT)
		return true;
	usage_add_child(parent, child);
	proc_unlink(child);
	rq->reaped = child;
	return true;
}

static bool wait_take_change(struct wait_request *rq, struct proc *child) REQUIRES(tree_lock)
{
	bool keep = rq->options & WNOWAIT;
	bool found = false;

	spin_lock(&child->sig_lock);
	if (child->stopped && (rq->options & WSTOPPED)) {
		wait_found(rq, child, WSTATUS_STOPPED(child->stop_sig));
		child->stopped = keep;
		found = true;
	} else if (child->continued && (rq->options & WCONTINUED)) {
		wait_found(rq, child, WSTATUS_CONTINUED);
		child->continued = keep;
		found = true;
	}
	spin_unlock(&child->sig_lock);
	return found;
}

/* One child by its number. */
static long wait_scan_pid(struct wait_request *rq, struct proc *parent) REQUIRES(tree_lock)
{
	struct pid_link *link = pid_link_find(rq->id, PID_PROC);
	struct proc *child = link ? container_of(link, struct proc, pid_link) : NULL;
	bool found;

	if (!child || child->parent != parent || !wait_matches(rq, child))
		return -ECHILD;
	found = child->state == PROC_ZOMBIE ? wait_take_zombie(rq, child) : wait_take_change(rq, child);
	return found;
}

static long wait_scan_all(struct wait_request *rq, struct proc *parent) REQUIRES(tree_lock)
{
	bool any = false;
	struct proc *child;

	list_for_each(child, &parent->zombies, sibling) {
		if (!wait_matches(rq, child))
			continue;
		any = true;
		if (wait_take_zombie(rq, child))
			return 1;
	}
	list_for_each(child, &parent->children, sibling) {
		if (!wait_matches(rq, child))
			continue;
		any = true;
		if (!(rq->options & (WSTOPPED | WCONTINUED)))
			break;
		if (wait_take_change(rq, child))
			return 1;
	}
	return any ? 0 : -ECHILD;
}

/* 1: found; 0: nothing yet; -ECHILD: nothing to wait for. */
static long wait_scan(struct wait_request *rq)
{
	struct proc *parent = current_proc();
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	long ret;

	if (rq->type == P_PID)
		ret = wait_scan_pid(rq, parent);
	else
		ret = wait_scan_all(rq, parent);
	spin_unlock_irqrestore(&tree_lock, flags);
	return ret;
}

/* 0 with the request filled (pid 0: WNOHANG and nothing), -ECHILD or -ERESTARTSYS. */
static long wait_for_child(struct wait_request *rq)
{
	long ret = wait_scan(rq);
	int err = 0;

	if (!ret && !(rq->options & WNOHANG))
		err = wait_event_interruptible(&current_proc()->child_exit,
					       (ret = wait_scan(rq)) != 0);
	if (rq->reaped)
		proc_put(rq->reaped);
	if (err)
		return err;
	return ret < 0 ? ret : 0;
}

long sys_wait4(pid_t pid, int __user *status, int options, struct rusage __user *usage)
{
	struct wait_request rq;
	long err;

	if ((u32)options & ~WAIT4_OPTIONS)
		return -EINVAL;
	if (pid == (-2147483647 - 1))
		return -ESRCH;
	rq.options = (u32)options | WEXITED;
	rq.want_usage = usage;
	rq.pid = 0;
	rq.reaped = NULL;
	rq.type = pid > 0 ? P_PID : pid == -1 ? P_ALL : P_PGID;
	rq.id = pid < 0 ? -pid : pid;
	if (!pid)
		rq.id = current_proc()->group->pgid;
	err = wait_for_child(&rq);
	if (err || !rq.pid)
		return err;
	if (status && put_user(rq.status, status))
		return -EFAULT;
	if (usage && copy_to_user(usage, &rq.usage, sizeof(rq.usage)))
		return -EFAULT;
	return rq.pid;
}

/* A wait status in siginfo's terms. */
static void wait_siginfo(const struct wait_request *rq, siginfo_t *info)
{
	int low = rq->status & 0x7f;

	memset(info, 0, sizeof(*info));
	if (!rq->pid)
		return;
	info->si_signo = SIGCHLD;
	info->si_child_pid = rq->pid;
	info->si_child_uid = rq->uid;
	info->si_status = rq->status >> 8 & 0xff;
	if (rq->status == WSTATUS_CONTINUED) {
		info->si_code = CLD_CONTINUED;
		info->si_status = SIGCONT;
	} else if (low == WSTATUS_STOPPED(0)) {
		info->si_code = CLD_STOPPED;
	} else if (low) {
		info->si_code = rq->status & WSTATUS_CORE ? CLD_DUMPED : CLD_KILLED;
		info->si_status = low;
	} else {
		info->si_code = CLD_EXITED;
	}
}

static int waitid_check(int which, pid_t *id, int options)
{
	if ((u32)options & ~WAITID_OPTIONS)
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	if (which != P_ALL && which != P_PID && which != P_PGID)
		return -EINVAL;
	if (which == P_PID && *id <= 0)
		return -EINVAL;
	if (which == P_PGID && *id < 0)
		return -EINVAL;
	if (which == P_PGID && !*id)
		*id = current_proc()->group->pgid;
	return 0;
}

long sys_waitid(int which, pid_t id, siginfo_t __user *info, int options, struct rusage __user *usage)
{
	struct wait_request rq;
	siginfo_t out;
	long err;

	err = waitid_check(which, &id, options);
	if (err)
		return err;
	rq.type = (enum waitid_type)which;
	rq.id = id;
	rq.options = (u32)options;
	rq.want_usage = usage;
	rq.pid = 0;
	rq.reaped = NULL;
	err = wait_for_child(&rq);
	wait_siginfo(&rq, &out);
	if (usage && rq.pid && copy_to_user(usage, &rq.usage, sizeof(rq.usage)))
		return -EFAULT;
	/* Linux clears it on failure, too, and leaves what lies behind si_status alone. */
	if (info && copy_to_user(info, &out, offsetof(siginfo_t, si_utime)))
		return -EFAULT;
	return err;
}
