/*
 * Resource limits: prlimit64(2) and its two ancestors.  They are copied by fork and kept by exec; each
 * subsystem enforces its own by looking at current_proc()->limits.
 */
#include <kernel/proc.h>

#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/resource.h>

/* Linux's limit of descriptors per process (fs.nr_open). */
enum { FILES_LIMIT_CEILING = 1 << 20 };

static int limit_check(const struct proc *p, u32 resource, const struct rlimit *new)
{
	if (new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (resource == RLIMIT_NOFILE && new->rlim_max > FILES_LIMIT_CEILING)
		return -EPERM;
	if (new->rlim_max > p->limits[resource].rlim_max && !current_privileged())
		return -EPERM;
	return 0;
}

/* Whether current may look at or set the limits of p: its own ids all over, or privileged. */
static bool limit_may_access(struct proc *p)
{
	const struct cred *self = current_cred();
	struct cred *c;
	bool same;

	if (p == current_proc() || current_privileged())
		return true;
	c = cred_get(p);
	same = self->uid == c->uid && self->uid == c->euid && self->uid == c->suid &&
	       self->gid == c->gid && self->gid == c->egid && self->gid == c->sgid;
	cred_put(c);
	return same;
}

static int limit_change(struct proc *p, u32 resource, const struct rlimit *new, struct rlimit *old)
{
	irqflags_t flags;
	int err = 0;

	if (!limit_may_access(p))
		return -EPERM;
	flags = spin_lock_irqsave(&p->sig_lock);
	if (new)
		err = limit_check(p, resource, new);
	*old = p->limits[resource];
	if (new && !err) {
		p->limits[resource] = *new;
		if (resource == RLIMIT_CPU && new->rlim_cur != RLIM_INFINITY)
			p->cpu_timers = true;
	}
	spin_unlock_irqrestore(&p->sig_lock, flags);
	return err;
}

long sys_prlimit64(pid_t pid, u32 resource, const struct rlimit __user *new, struct rlimit __user *old)
{
	struct rlimit in, out;
	struct proc *p;
	int err;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (new && copy_from_user(&in, new, sizeof(in)))
		return -EFAULT;
	if (pid) {
		p = proc_find(pid);
		if (!p)
			return -ESRCH;
	} else {
		p = current_proc();
		proc_get(p);
	}
	err = limit_change(p, resource, new ? &in : NULL, &out);
	proc_put(p);
	if (!err && old && copy_to_user(old, &out, sizeof(out)))
		return -EFAULT;
	return err;
}

long sys_getrlimit(u32 resource, struct rlimit __user *limit)
{
	struct rlimit out;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	(void)limit_change(current_proc(), resource, NULL, &out);
	return copy_to_user(limit, &out, sizeof(out));
}

long sys_setrlimit(u32 resource, const struct rlimit __user *limit)
{
	struct rlimit in, out;

	if (resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (copy_from_user(&in, limit, sizeof(in)))
		return -EFAULT;
	return limit_change(current_proc(), resource, &in, &out);
}
