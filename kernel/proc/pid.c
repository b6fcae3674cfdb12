/*
 * Numbers: one hash table of everything that bears one.  Called by fork, exec, setsid, setpgid and
 * whoever looks somebody up; all under tree_lock.  A number goes back to the allocator of thread
 * numbers with its last bearer, so that a group outlives the process that founded it.
 */
#include <kernel/pid.h>

#include <kernel/hash.h>
#include <kernel/panic.h>
#include <kernel/proc.h>
#include <kernel/task.h>

enum { PID_HASH_BITS = 10 };

/* (tree_lock) chains of struct pid_link.node; a zeroed bucket is made a list when it is first used */
static struct list pid_buckets[1 << PID_HASH_BITS];

static struct list *pid_bucket(pid_t nr)
{
	struct list *bucket = &pid_buckets[hash_u64((u64)nr, PID_HASH_BITS)];

	if (unlikely(!bucket->head.next))
		list_init(bucket);
	return bucket;
}

void pid_link_add(struct pid_link *link, pid_t nr, enum pid_kind kind)
{
	ASSERT(spin_held(&tree_lock));
	link->nr = nr;
	link->kind = kind;
	list_push_front(pid_bucket(nr), &link->node);
}

void pid_link_remove(struct pid_link *link)
{
	struct pid_link *other;

	ASSERT(spin_held(&tree_lock));
	list_remove(&link->node);
	list_for_each(other, pid_bucket(link->nr), node) {
		if (other->nr == link->nr)
			return;
	}
	tid_free(link->nr);
}

struct pid_link *pid_link_find(pid_t nr, enum pid_kind kind)
{
	struct pid_link *link;

	ASSERT(spin_held(&tree_lock));
	list_for_each(link, pid_bucket(nr), node) {
		if (link->nr == nr && link->kind == kind)
			return link;
	}
	return NULL;
}

struct proc *proc_find(pid_t pid)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	struct pid_link *link = pid_link_find(pid, PID_PROC);
	struct proc *p = link ? container_of(link, struct proc, pid_link) : NULL;

	if (p)
		proc_get(p);
	spin_unlock_irqrestore(&tree_lock, flags);
	return p;
}

struct task *task_find(pid_t tid)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	struct pid_link *link = pid_link_find(tid, PID_TASK);
	struct task *t = link ? container_of(link, struct task, tid_link) : NULL;

	if (t)
		task_get(t);
	spin_unlock_irqrestore(&tree_lock, flags);
	return t;
}

struct proc_group *group_find(pid_t pgid)
{
	struct pid_link *link = pid_link_find(pgid, PID_GROUP);

	return link ? container_of(link, struct proc_group, pid_link) : NULL;
}
