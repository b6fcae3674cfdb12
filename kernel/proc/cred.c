/*
 * User and group ids: who a process is.  setuid and its kin (credentials(7)), and who is privileged.
 *
 * A struct cred never changes once others can see it: a change makes a copy and swaps the pointer under
 * sig_lock.  Simplified: privilege is effective user id 0, capabilities are all or none, and the ids
 * belong to the process where Linux has them per thread (libc keeps threads alike by hand).
 */
#include <kernel/proc.h>
#include <kernel/proc_internal.h>

#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

#define ID_KEEP ((uid_t)-1)

static const struct cred kernel_cred;

int cred_new_root(struct cred **out)
{
	struct cred *c = kzalloc(sizeof(*c), 0);

	if (!c)
		return -ENOMEM;
	refcount_init(&c->refs, 1);
	*out = c;
	return 0;
}

void cred_put(struct cred *c)
{
	if (refcount_put(&c->refs))
		kfree(c);
}

struct cred *cred_get(struct proc *p)
{
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);
	struct cred *c = p->cred;

	refcount_get(&c->refs);
	spin_unlock_irqrestore(&p->sig_lock, flags);
	return c;
}

const struct cred *current_cred(void)
{
	return current->proc ? current_proc()->cred : &kernel_cred;
}

bool current_privileged(void)
{
	return current_cred()->euid == 0;
}

/* A private copy of current's ids to change.  NULL when out of memory. */
static struct cred *cred_copy(void)
{
	struct cred *c = kmalloc(sizeof(*c), 0);

	if (!c)
		return NULL;
	memcpy(c, current_cred(), sizeof(*c));
	refcount_init(&c->refs, 1);
	return c;
}

/* Makes c current's ids; takes over the reference. */
static void cred_commit(struct cred *c)
{
	struct proc *p = current_proc();
	irqflags_t flags = spin_lock_irqsave(&p->sig_lock);
	struct cred *old = p->cred;

	p->cred = c;
	if (c->euid != old->euid || c->egid != old->egid) {
		p->dumpable = false;
		p->pdeath_sig = 0;
	}
	spin_unlock_irqrestore(&p->sig_lock, flags);
	cred_put(old);
}

static bool uid_is_mine(uid_t uid, const struct cred *c)
{
	return uid == c->uid || uid == c->euid || uid == c->suid;
}

static bool gid_is_mine(gid_t gid, const struct cred *c)
{
	return gid == c->gid || gid == c->egid || gid == c->sgid;
}

long sys_setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	const struct cred *old = current_cred();
	struct cred *c;

	if (!current_privileged() &&
	    ((ruid != ID_KEEP && !uid_is_mine(ruid, old)) ||
	     (euid != ID_KEEP && !uid_is_mine(euid, old)) ||
	     (suid != ID_KEEP && !uid_is_mine(suid, old))))
		return -EPERM;
	c = cred_copy();
	if (!c)
		return -ENOMEM;
	if (ruid != ID_KEEP)
		c->uid = ruid;
	if (euid != ID_KEEP)
		c->euid = euid;
	if (suid != ID_KEEP)
		c->suid = suid;
	c->fsuid = c->euid;
	cred_commit(c);
	return 0;
}

long sys_setresgid(gid_t rgid, gid_t egid, gid_t sgid)
{
	const struct cred *old = current_cred();
	struct cred *c;

	if (!current_privileged() &&
	    ((rgid != ID_KEEP && !gid_is_mine(rgid, old)) ||
	     (egid != ID_KEEP && !gid_is_mine(egid, old)) ||
	     (sgid != ID_KEEP && !gid_is_mine(sgid, old))))
		return -EPERM;
	c = cred_copy();
	if (!c)
		return -ENOMEM;
	if (rgid != ID_KEEP)
		c->gid = rgid;
	if (egid != ID_KEEP)
		c->egid = egid;
	if (sgid != ID_KEEP)
		c->sgid = sgid;
	c->fsgid = c->egid;
	cred_commit(c);
	return 0;
}

long sys_setreuid(uid_t ruid, uid_t euid)
{
	const struct cred *old = current_cred();
	struct cred *c;

	if (!current_privileged() &&
	    ((ruid != ID_KEEP && ruid != old->uid && ruid != old->euid) ||
	     (euid != ID_KEEP && !uid_is_mine(euid, old))))
		return -EPERM;
	c = cred_copy();
	if (!c)
		return -ENOMEM;
	if (ruid != ID_KEEP)
		c->uid = ruid;
	if (euid != ID_KEEP)
		c->euid = euid;
	if (ruid != ID_KEEP || (euid != ID_KEEP && euid != old->uid))
		c->suid = c->euid;
	c->fsuid = c->euid;
	cred_commit(c);
	return 0;
}

long sys_setregid(gid_t rgid, gid_t egid)
{
	const struct cred *old = current_cred();
	struct cred *c;

	if (!current_privileged() &&
	    ((rgid != ID_KEEP && rgid != old->gid && rgid != old->egid) ||
	     (egid != ID_KEEP && !gid_is_mine(egid, old))))
		return -EPERM;
	c = cred_copy();
	if (!c)
		return -ENOMEM;
	if (rgid != ID_KEEP)
		c->gid = rgid;
	if (egid != ID_KEEP)
		c->egid = egid;
	if (rgid != ID_KEEP || (egid != ID_KEEP && egid != old->gid))
		c->sgid = c->egid;
	c->fsgid = c->egid;
	cred_commit(c);
	return 0;
}

long sys_setuid(uid_t uid)
{
	if (uid == ID_KEEP)
		return -EINVAL;
	if (current_privileged())
		return sys_setresuid(uid, uid, uid);
	if (uid != current_cred()->uid && uid != current_cred()->suid)
		return -EPERM;
	return sys_setresuid(ID_KEEP, uid, ID_KEEP);
}

long sys_setgid(gid_t gid)
{
	if (gid == ID_KEEP)
		return -EINVAL;
	if (current_privileged())
		return sys_setresgid(gid, gid, gid);
	if (gid != current_cred()->gid && gid != current_cred()->sgid)
		return -EPERM;
	return sys_setresgid(ID_KEEP, gid, ID_KEEP);
}

/* Returns the old id whatever happens, as setfsuid(2) says. */
long sys_setfsuid(uid_t uid)
{
	const struct cred *old = current_cred();
	uid_t was = old->fsuid;
	struct cred *c;

	if (uid == ID_KEEP || (!current_privileged() && uid != was && !uid_is_mine(uid, old)))
		return was;
	c = cred_copy();
	if (!c)
		return was;
	c->fsuid = uid;
	cred_commit(c);
	return was;
}

long sys_setfsgid(gid_t gid)
{
	const struct cred *old = current_cred();
	gid_t was = old->fsgid;
	struct cred *c;

	if (gid == ID_KEEP || (!current_privileged() && gid != was && !gid_is_mine(gid, old)))
		return was;
	c = cred_copy();
	if (!c)
		return was;
	c->fsgid = gid;
	cred_commit(c);
	return was;
}

long sys_getuid(void)
{
	return current_cred()->uid;
}

long sys_geteuid(void)
{
	return current_cred()->euid;
}

long sys_getgid(void)
{
	return current_cred()->gid;
}

long sys_getegid(void)
{
	return current_cred()->egid;
}

long sys_getresuid(uid_t __user *ruid, uid_t __user *euid, uid_t __user *suid)
{
	const struct cred *c = current_cred();

	if (put_user(c->uid, ruid) || put_user(c->euid, euid) || put_user(c->suid, suid))
		return -EFAULT;
	return 0;
}

long sys_getresgid(gid_t __user *rgid, gid_t __user *egid, gid_t __user *sgid)
{
	const struct cred *c = current_cred();

	if (put_user(c->gid, rgid) || put_user(c->egid, egid) || put_user(c->sgid, sgid))
		return -EFAULT;
	return 0;
}

long sys_getgroups(int size, gid_t __user *list)
{
	const struct cred *c = current_cred();

	if (size < 0 || (size && (u32)size < c->group_count))
		return -EINVAL;
	if (size && copy_to_user(list, c->groups, c->group_count * sizeof(gid_t)))
		return -EFAULT;
	return c->group_count;
}

long sys_setgroups(int size, const gid_t __user *list)
{
	struct cred *c;

	if (!current_privileged())
		return -EPERM;
	if (size < 0 || size > GROUPS_MAX)
		return -EINVAL;
	c = cred_copy();
	if (!c)
		return -ENOMEM;
	if (copy_from_user(c->groups, list, (size_t)size * sizeof(gid_t))) {
		cred_put(c);
		return -EFAULT;
	}
	c->group_count = (u32)size;
	cred_commit(c);
	return 0;
}
