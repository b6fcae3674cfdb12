/*
 * Advisory locks: fcntl(2)'s POSIX and open file description locks, and flock(2).  lock_range.c decides what
 * conflicts; here are owners, waiting, and what a program sees.
 *
 * A POSIX lock belongs to a descriptor table (so to a process) and goes when it closes any descriptor of the
 * file; the other two belong to the open file and go with it.  One who waits tries again whenever a lock of
 * that file changes.  POSIX waiters that wait for each other in a circle are found before the last of them
 * sleeps (-EDEADLK).
 *
 * One spin lock guards all locks of all files: they are few and held briefly.
 */
#include <kernel/file_lock.h>

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/lock_range.h>
#include <kernel/proc.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>

/* inode.locks.  Fields: (l) file_locks_lock */
struct file_locks {
	struct list held;          /* (l) struct lock_range.node */
	struct wait_queue changed; /* woken when one is given up */
};

/* A POSIX owner that sleeps for a lock.  On the stack of who waits. */
struct lock_waiter {
	struct list_node node;     /* (l) on lock_waiters */
	const void *owner;         /* (!) */
	const void *blocker;       /* (l) who holds what it waits for */
};

static struct spinlock file_locks_lock = SPINLOCK_INIT("file_locks");
static struct list lock_waiters = LIST_INIT(lock_waiters); /* (l) */

/* The locks of an inode, made at the first use; NULL when there is no memory. */
static struct file_locks *file_locks_of(struct inode *inode)
{
	struct file_locks *fl = load_acquire(&inode->locks), *found;

	if (fl)
		return fl;
	fl = kzalloc(sizeof(*fl), 0);
	if (!fl)
		return NULL;
	list_init(&fl->held);
	wait_queue_init(&fl->changed);
	found = cmpxchg(&inode->locks, (struct file_locks *)NULL, fl);
	if (!found)
		return fl;
	kfree(fl);
	return found;
}

void file_locks_free(struct inode *inode)
{
	kfree(inode->locks);
	inode->locks = NULL;
}

static void lock_list_free(struct list *freed)
{
	struct lock_range *l;

	while ((l = list_pop_front_entry(freed, struct lock_range, node)) != NULL)
		kfree(l);
}

/* Would `owner` wait, over others that wait, for itself? */
static bool lock_waits_in_circle(const void *owner, const void *blocker) REQUIRES(file_locks_lock)
{
	const struct lock_waiter *w;
	u32 steps = 0;

	do {
		const void *next = NULL;

		if (blocker == owner)
			return true;
		list_for_each(w, &lock_waiters, node) {
			if (w->owner == blocker)
				next = w->blocker;
		}
		blocker = next;
	} while (blocker && ++steps < 64);
	return false;
}

/*
 * One try to set the lock.  0, -EAGAIN when another is in the way, or -EDEADLK (then `waiter`, which may be
 * NULL, would never be woken).  spare[] is used up as needed.
 */
static int lock_try(struct file_locks *fl, const struct lock_range *want, struct lock_range *spare[2],
		    struct lock_waiter *waiter)
{
	struct list freed = LIST_INIT(freed);
	struct lock_range *conflict = NULL;
	int err = 0;

	spin_lock(&file_locks_lock);
	if (want->type != LOCK_NONE)
		conflict = lock_range_conflict(&fl->held, want);
	if (!conflict) {
		lock_range_set(&fl->held, want, spare, &freed);
	} else {
		err = -EAGAIN;
		if (waiter && conflict->kind == LOCK_POSIX && want->kind == LOCK_POSIX) {
			waiter->blocker = conflict->owner;
			if (lock_waits_in_circle(want->owner, conflict->owner))
				err = -EDEADLK;
		}
	}
	spin_unlock(&file_locks_lock);
	/* Given up, or turned into one that hinders less. */
	if (!conflict)
		wait_queue_wake_all(&fl->changed);
	lock_list_free(&freed);
	return err;
}

static int lock_wait(struct file_locks *fl, const struct lock_range *want, struct lock_range *spare[2])
{
	struct lock_waiter waiter = { .owner = want->owner };
	int err, result = -EAGAIN;

	spin_lock(&file_locks_lock);
	list_push_back(&lock_waiters, &waiter.node);
	spin_unlock(&file_locks_lock);
	err = wait_event_interruptible(&fl->changed,
				       (result = lock_try(fl, want, spare, &waiter)) != -EAGAIN);
	spin_lock(&file_locks_lock);
	list_remove(&waiter.node);
	spin_unlock(&file_locks_lock);
	return err ? err : result;
}

/* Sets, changes or gives up a lock.  0, -EAGAIN, -EDEADLK, -ENOLCK or -ERESTARTSYS. */
static int lock_set(struct inode *inode, const struct lock_range *want, bool wait)
{
	struct lock_range *spare[2] = { NULL, NULL };
	struct file_locks *fl;
	int err = -ENOLCK;

	if (want->type == LOCK_NONE && !inode->locks)
		return 0;
	fl = file_locks_of(inode);
	spare[0] = kmalloc(sizeof(*spare[0]), 0);
	spare[1] = kmalloc(sizeof(*spare[1]), 0);
	if (fl && spare[0] && spare[1]) {
		err = lock_try(fl, want, spare, NULL);
		if (err == -EAGAIN && wait)
			err = lock_wait(fl, want, spare);
	}
	kfree(spare[0]);
	kfree(spare[1]);
	return err;
}

/* Drops everything of one owner and kind.  Needs no memory: nothing is split. */
static void locks_drop(struct inode *inode, enum lock_kind kind, const void *owner)
{
	struct file_locks *fl = inode->locks;
	struct list freed = LIST_INIT(freed);
	struct lock_range *l, *after;

	spin_lock(&file_locks_lock);
	list_for_each_safe(l, after, &fl->held, node) {
		if (l->kind == kind && l->owner == owner) {
			list_remove(&l->node);
			list_push_back(&freed, &l->node);
		}
	}
	spin_unlock(&file_locks_lock);
	if (!list_empty(&freed))
		wait_queue_wake_all(&fl->changed);
	lock_list_free(&freed);
}

void file_locks_close(struct file *f, const struct fd_table *t)
{
	locks_drop(f->inode, LOCK_POSIX, t);
}

void file_locks_release(struct file *f)
{
	locks_drop(f->inode, LOCK_OFD, f);
	locks_drop(f->inode, LOCK_FLOCK, f);
}

/* ---- fcntl --------------------------------------------------------------------------------------- */

/* l_whence, l_start and l_len as first and last byte.  0, -EINVAL or -EOVERFLOW. */
static int lock_range_from_user(const struct file *f, const struct flock *u, struct lock_range *want)
{
	loff_t base = 0;

	if (u->l_whence == SEEK_CUR)
		base = f->pos;
	else if (u->l_whence == SEEK_END)
		base = READ_ONCE(f->inode->size);
	else if (u->l_whence != SEEK_SET)
		return -EINVAL;
	if (__builtin_add_overflow(base, u->l_start, &want->start))
		return -EOVERFLOW;
	want->end = INT64_MAX;
	if (u->l_len > 0 && __builtin_add_overflow(want->start, u->l_len - 1, &want->end))
		return -EOVERFLOW;
	if (u->l_len < 0) { /* the bytes before l_start */
		want->end = want->start - 1;
		want->start += u->l_len;
	}
	return want->start < 0 ? -EINVAL : 0;
}

static int lock_from_user(struct file *f, u32 cmd, const struct flock *u, struct lock_range *want)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK || cmd == F_OFD_SETLKW;

	if (u->l_type != F_RDLCK && u->l_type != F_WRLCK && u->l_type != F_UNLCK)
		return -EINVAL;
	if (ofd && u->l_pid)
		return -EINVAL;
	*want = (struct lock_range){
		.type = u->l_type == F_RDLCK ? LOCK_READ : u->l_type == F_WRLCK ? LOCK_WRITE : LOCK_NONE,
		.kind = ofd ? LOCK_OFD : LOCK_POSIX,
		.owner = ofd ? (const void *)f : current->fds,
		.pid = ofd ? -1 : current_proc()->pid,
	};
	return lock_range_from_user(f, u, want);
}

/* F_GETLK: the first lock in the way, or F_UNLCK. */
static void lock_describe(struct inode *inode, const struct lock_range *want, struct flock *u)
{
	struct file_locks *fl = load_acquire(&inode->locks);
	const struct lock_range *l = NULL;

	spin_lock(&file_locks_lock);
	if (fl)
		l = lock_range_conflict(&fl->held, want);
	if (!l) {
		u->l_type = F_UNLCK;
	} else {
		u->l_type = l->type == LOCK_WRITE ? F_WRLCK : F_RDLCK;
		u->l_whence = SEEK_SET;
		u->l_start = l->start;
		u->l_len = l->end == INT64_MAX ? 0 : l->end - l->start + 1;
		u->l_pid = l->pid;
	}
	spin_unlock(&file_locks_lock);
}

long file_lock_fcntl(struct file *f, u32 cmd, void __user *arg)
{
	struct flock u;
	struct lock_range want;
	int err;

	if (f->flags & O_PATH)
		return -EBADF;
	if (!f->inode)
		return -EINVAL;
	if (copy_from_user(&u, arg, sizeof(u)))
		return -EFAULT;
	err = lock_from_user(f, cmd, &u, &want);
	if (err)
		return err;
	if (cmd == F_GETLK || cmd == F_OFD_GETLK) {
		if (want.type == LOCK_NONE && cmd == F_GETLK)
			return -EINVAL;
		lock_describe(f->inode, &want, &u);
		return copy_to_user(arg, &u, sizeof(u));
	}
	if ((want.type == LOCK_READ && !file_readable(f)) || (want.type == LOCK_WRITE && !file_writable(f)))
		return -EBADF;
	return lock_set(f->inode, &want, cmd == F_SETLKW || cmd == F_OFD_SETLKW);
}

/* ---- flock --------------------------------------------------------------------------------------- */

/* A lock of another type is given up first, so that two who both change theirs do not wait for ever. */
static int flock_set(struct file *f, enum lock_type type, bool wait)
{
	struct lock_range want = { .end = INT64_MAX, .type = LOCK_NONE, .kind = LOCK_FLOCK, .owner = f };
	int err;

	want.type = type;
	err = lock_set(f->inode, &want, false);
	if (err != -EAGAIN || !wait)
		return err;
	want.type = LOCK_NONE;
	err = lock_set(f->inode, &want, false);
	if (err)
		return err;
	want.type = type;
	return lock_set(f->inode, &want, true);
}

long sys_flock(u32 fd, u32 cmd)
{
	enum lock_type type;
	struct file *f;
	int err;

	switch (cmd & ~(u32)LOCK_NB) {
	case LOCK_SH:
		type = LOCK_READ;
		break;
	case LOCK_EX:
		type = LOCK_WRITE;
		break;
	case LOCK_UN:
		type = LOCK_NONE;
		break;
	default:
		return -EINVAL;
	}
	err = fd_get_file((int)fd, &f);
	if (err)
		return err;
	err = f->inode ? flock_set(f, type, !(cmd & LOCK_NB)) : -EBADF;
	file_put(f);
	return err;
}
