/*
 * Taking hold of what belongs to another process.  A process lives while it is referenced; what its tasks
 * share may go at any moment, so it is looked up and referenced under sig_lock, which exit holds while it
 * takes them away.
 */
#include "procfs.h"

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/mm.h>
#include <kernel/string.h>

int procfs_get(u64 key, struct proc **out)
{
	*out = proc_find(procfs_pid(key));
	return *out ? 0 : -ESRCH;
}

/* The thread of p with this number (0: its first one), or NULL. */
static struct task *procfs_find_thread(struct proc *p, pid_t tid) REQUIRES(p->sig_lock)
{
	struct task *t;

	list_for_each(t, &p->threads, thread) {
		if (tid == 0 || t->tid == tid)
			return t;
	}
	return tid == 0 ? p->leader : NULL;
}

int procfs_get_task(u64 key, struct task **out)
{
	struct task *t;
	struct proc *p;
	irqflags_t flags;
	int err;

	err = procfs_get(key, &p);
	if (err)
		return err;
	flags = spin_lock_irqsave(&p->sig_lock);
	t = procfs_find_thread(p, (pid_t)procfs_detail(key));
	if (t)
		task_get(t);
	spin_unlock_irqrestore(&p->sig_lock, flags);
	proc_put(p);
	*out = t;
	return t ? 0 : -ESRCH;
}

/* Which of a task's shared things is wanted, and how it is held. */
enum procfs_share { SHARE_MM, SHARE_FDS, SHARE_FS };

static void *procfs_share_get(struct task *t, enum procfs_share what)
{
	switch (what) {
	case SHARE_MM:
		if (t->mm)
			mm_get(t->mm);
		return t->mm;
	case SHARE_FDS:
		if (t->fds)
			fd_table_get(t->fds);
		return t->fds;
	default:
		if (t->fs)
			fs_context_get(t->fs);
		return t->fs;
	}
}

/* Of the first thread: the others share with it, or a debugger would know. */
static int procfs_get_share(u64 key, enum procfs_share what, void **out)
{
	struct task *t;
	struct proc *p;
	irqflags_t flags;
	int err;

	err = procfs_get(key, &p);
	if (err)
		return err;
	flags = spin_lock_irqsave(&p->sig_lock);
	t = procfs_find_thread(p, 0);
	*out = t ? procfs_share_get(t, what) : NULL;
	spin_unlock_irqrestore(&p->sig_lock, flags);
	proc_put(p);
	return *out ? 0 : -ENOENT;
}

int procfs_get_mm(u64 key, struct mm **out)
{
	return procfs_get_share(key, SHARE_MM, (void **)out);
}

int procfs_get_fds(u64 key, struct fd_table **out)
{
	return procfs_get_share(key, SHARE_FDS, (void **)out);
}

int procfs_get_fs(u64 key, struct fs_context **out)
{
	return procfs_get_share(key, SHARE_FS, (void **)out);
}

int procfs_may_inspect(u64 key)
{
	const struct cred *mine = current_cred();
	struct proc *p;
	struct cred *c;
	bool allowed;
	int err;

	err = procfs_get(key, &p);
	if (err)
		return err;
	c = cred_get(p);
	allowed = current_privileged() || p == current->proc ||
		  (mine->fsuid == c->euid && mine->fsuid == c->suid && mine->fsuid == c->uid &&
		   p->dumpable);
	cred_put(c);
	proc_put(p);
	return allowed ? 0 : -EACCES;
}

const char *procfs_path_text(const struct path *p, char buf[PROCFS_PATH_MAX])
{
	struct fs_context *fs = current->fs;
	struct path root;
	char *text;
	int err;

	spin_lock(&fs->lock);
	root = fs->root;
	path_get(&root);
	spin_unlock(&fs->lock);
	err = path_to_string(p, &root, buf, PROCFS_PATH_MAX, &text);
	path_put(&root);
	return err ? "(too long)" : text;
}
