/*
 * epoll: a set of files that is asked for those that are ready.  Each member hangs a waiter on the queues
 * its file announces; the waiter's callback, in any context, puts the member on the ready list.  epoll_wait
 * takes members off that list, asks the file itself, and reports what is still true.  Level-triggered
 * members go back to the end of the list, edge-triggered ones wait for the next callback.
 *
 * A member does not hold its file: the last file_put() calls epoll_forget(), which removes it from all sets
 * before the file's queues go.  Linux allows nesting five deep, as we do.
 *
 * Lock order: epoll_lock (who is a member of what), epoll.lock (members against waiters), queue locks,
 * epoll.ready_lock (irqsave).  Fields: (E) epoll_lock  (m) epoll.lock  (r) ready_lock  (!) set at creation
 */
#include <kernel/epoll.h>

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/poll.h>
#include <kernel/proc.h>
#include <kernel/rbtree.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <uapi/eventpoll.h>
#include <uapi/poll.h>

enum {
	EPOLL_NESTING_MAX = 5,
	EPOLL_QUEUES = 2,           /* that one file may announce: input and output */
	EPOLL_EVENTS_MAX = INT32_MAX / (int)sizeof(struct epoll_event),
	EPOLL_ALWAYS = POLLERR | POLLHUP,
};

#define EPOLL_FLAGS (EPOLLEXCLUSIVE | EPOLLWAKEUP | EPOLLONESHOT | EPOLLET)

struct epoll {
	struct file *file;          /* (!) itself, no reference */
	struct mutex lock;
	struct rb_tree items;       /* (m) by file and descriptor */
	struct spinlock ready_lock;
	struct list ready;          /* (r) struct epoll_item.ready */
	struct wait_queue waiters;  /* epoll_wait */
	struct wait_queue pollers;  /* poll and other sets on this one */
};

/* A waiter of an item on one queue. */
struct epoll_hook {
	struct waiter waiter;
	struct epoll_item *item;
};

/* A member. */
struct epoll_item {
	struct rb_node node;        /* (m) */
	struct list_node of_file;   /* (E) on file->epoll_items */
	struct list_node ready;     /* (r) */
	struct epoll *set;          /* (!) */
	struct file *file;          /* (!) no reference */
	int fd;                     /* (!) */
	u32 events;                 /* (m) wanted, with the flags; 0: one-shot that has shot */
	u64 data;                   /* (m) the program's */
	u32 hook_count;             /* (m) */
	struct epoll_hook hooks[EPOLL_QUEUES];
};

/* What ops->poll sees while a member is added. */
struct epoll_table {
	struct poll_table table;
	struct epoll_item *item;
	int error;
};

static struct mutex epoll_lock = MUTEX_INIT(epoll_lock, "epoll");
static const struct file_ops epoll_ops;

/* ---- readiness ------------------------------------------------------------------------------- */

/* Puts the item on the ready list and wakes who waits.  Any context.  True when somebody woke. */
static bool epoll_make_ready(struct epoll_item *item)
{
	struct epoll *ep = item->set;
	irqflags_t flags = spin_lock_irqsave(&ep->ready_lock);

	if (!list_node_linked(&item->ready))
		list_push_back(&ep->ready, &item->ready);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
	wait_queue_wake(&ep->waiters);
	wait_queue_wake_all(&ep->pollers);
	return true;
}

static bool epoll_hook_wake(struct waiter *w)
{
	struct epoll_hook *hook = container_of(w, struct epoll_hook, waiter);

	return epoll_make_ready(hook->item);
}

static void epoll_hook_add(struct poll_table *pt, struct wait_queue *q)
{
	struct epoll_table *table = container_of(pt, struct epoll_table, table);
	struct epoll_item *item = table->item;
	struct epoll_hook *hook;

	if (item->hook_count == EPOLL_QUEUES) {
		table->error = -ENOMEM;
		return;
	}
	hook = &item->hooks[item->hook_count++];
	waiter_init(&hook->waiter);
	hook->waiter.wake = epoll_hook_wake;
	hook->waiter.exclusive = item->events & EPOLLEXCLUSIVE;
	hook->item = item;
	wait_queue_add(q, &hook->waiter);
}

/* What of the wanted events is true now. */
static u32 epoll_item_ready(struct epoll_item *item) REQUIRES(item->set->lock)
{
	u32 wanted = item->events & ~EPOLL_FLAGS;

	if (!wanted)
		return 0;
	return item->file->ops->poll(item->file, NULL) & (wanted | EPOLL_ALWAYS);
}

/* The first of the list, taken off it; NULL when it is empty. */
static struct epoll_item *epoll_pop(struct epoll *ep, struct list *from)
{
	irqflags_t flags = spin_lock_irqsave(&ep->ready_lock);
	struct epoll_item *item = list_pop_front_entry(from, struct epoll_item, ready);

	spin_unlock_irqrestore(&ep->ready_lock, flags);
	return item;
}

static bool epoll_has_ready(struct epoll *ep)
{
	irqflags_t flags = spin_lock_irqsave(&ep->ready_lock);
	bool has = !list_empty(&ep->ready);

	spin_unlock_irqrestore(&ep->ready_lock, flags);
	return has;
}

/* Back to the end of the ready list. */
static void epoll_push(struct epoll *ep, struct epoll_item *item)
{
	irqflags_t flags = spin_lock_irqsave(&ep->ready_lock);

	if (!list_node_linked(&item->ready))
		list_push_back(&ep->ready, &item->ready);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
}

/* ---- members --------------------------------------------------------------------------------- */

static int epoll_compare(const struct epoll_item *item, const struct file *f, int fd)
{
	if (item->file != f)
		return item->file < f ? -1 : 1;
	return item->fd < fd ? -1 : item->fd > fd;
}

static struct epoll_item *epoll_find(struct epoll *ep, struct file *f, int fd) REQUIRES(ep->lock)
{
	struct rb_node *n = ep->items.root;
	struct epoll_item *item;
	int order;

	while (n) {
		item = rb_entry(n, struct epoll_item, node);
		order = epoll_compare(item, f, fd);
		if (order == 0)
			return item;
		n = order < 0 ? n->right : n->left;
	}
	return NULL;
}

static void epoll_insert(struct epoll *ep, struct epoll_item *item) REQUIRES(ep->lock)
{
	struct rb_node **link = &ep->items.root, *parent = NULL;

	while (*link) {
		parent = *link;
		if (epoll_compare(rb_entry(parent, struct epoll_item, node), item->file,
				  item->fd) < 0)
			link = &parent->right;
		else
			link = &parent->left;
	}
	rb_insert(&ep->items, &item->node, parent, link);
}

/* Takes a member out and frees it. */
static void epoll_remove(struct epoll_item *item) REQUIRES(epoll_lock) REQUIRES(item->set->lock)
{
	struct epoll *ep = item->set;
	irqflags_t flags;
	u32 i;

	for (i = 0; i < item->hook_count; i++)
		wait_queue_remove(&item->hooks[i].waiter);
	/* No callback runs from here. */
	flags = spin_lock_irqsave(&ep->ready_lock);
	if (list_node_linked(&item->ready))
		list_remove(&item->ready);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
	list_remove(&item->of_file);
	rb_erase(&ep->items, &item->node);
	kfree(item);
}

void epoll_forget(struct file *f)
{
	struct epoll_item *item, *after;
	struct epoll *ep;

	mutex_lock(&epoll_lock);
	list_for_each_safe(item, after, &f->epoll_items, of_file) {
		ep = item->set;
		mutex_lock(&ep->lock);
		epoll_remove(item);
		mutex_unlock(&ep->lock);
	}
	mutex_unlock(&epoll_lock);
}

static int epoll_add(struct epoll *ep, struct file *f, int fd, const struct epoll_event *event)
	REQUIRES(epoll_lock) REQUIRES(ep->lock)
{
	struct epoll_item *item = kzalloc(sizeof(*item), 0);
	struct epoll_table table = { .table.add = epoll_hook_add, .item = item };
	u32 ready;

	if (!item)
		return -ENOMEM;
	item->set = ep;
	item->file = f;
	item->fd = fd;
	item->events = event->events;
	item->data = event->data;
	epoll_insert(ep, item);
	list_push_back(&f->epoll_items, &item->of_file);
	ready = f->ops->poll(f, &table.table);
	if (table.error) {
		epoll_remove(item);
		return table.error;
	}
	if (ready & ((item->events & ~EPOLL_FLAGS) | EPOLL_ALWAYS))
		epoll_make_ready(item);
	return 0;
}

static int epoll_modify(struct epoll_item *item, const struct epoll_event *event)
	REQUIRES(item->set->lock)
{
	/* How it hangs on its queues cannot be changed any more. */
	if ((item->events | event->events) & EPOLLEXCLUSIVE)
		return -EINVAL;
	item->events = event->events;
	item->data = event->data;
	if (epoll_item_ready(item))
		epoll_make_ready(item);
	return 0;
}

/* ---- nesting --------------------------------------------------------------------------------- */

static struct epoll *epoll_of(struct file *f)
{
	return f->ops == &epoll_ops ? f->private : NULL;
}

/* How deep sets are nested below f; more than the limit when `ep` is among them.  The recursion ends
 * there, too. */
static int epoll_depth(struct file *f, struct epoll *ep, int level) REQUIRES(epoll_lock)
{
	struct epoll *below = epoll_of(f);
	struct rb_node *n;
	int depth = 0;
	int deeper;

	if (!below)
		return 0;
	if (below == ep || level > EPOLL_NESTING_MAX)
		return EPOLL_NESTING_MAX + 1;
	/* Members change under epoll_lock, which we have. */
	rb_for_each(n, &below->items) {
		deeper = epoll_depth(rb_entry(n, struct epoll_item, node)->file, ep, level + 1);
		depth = MAX(depth, deeper);
	}
	return depth + 1;
}

/* How deep the sets are that f's set is in. */
static int epoll_height(struct file *f, int level) REQUIRES(epoll_lock)
{
	struct epoll_item *item;
	int height = 0;
	int higher;

	if (level > EPOLL_NESTING_MAX)
		return level;
	list_for_each(item, &f->epoll_items, of_file) {
		higher = 1 + epoll_height(item->set->file, level + 1);
		height = MAX(height, higher);
	}
	return height;
}

/* ---- epoll_ctl ------------------------------------------------------------------------------- */

/* Whether f, which can be waited for, may become a member.  0, -EINVAL or -ELOOP. */
static int epoll_may_add(struct epoll *ep, struct file *f, const struct epoll_event *event)
	REQUIRES(epoll_lock)
{
	if (!epoll_of(f))
		return 0;
	if (event->events & EPOLLEXCLUSIVE)
		return -EINVAL;
	if (epoll_depth(f, ep, 1) + epoll_height(ep->file, 1) + 1 > EPOLL_NESTING_MAX)
		return -ELOOP;
	return 0;
}

static int epoll_change(struct epoll *ep, int op, struct file *f, int fd,
			const struct epoll_event *event) REQUIRES(epoll_lock) REQUIRES(ep->lock)
{
	struct epoll_item *item = epoll_find(ep, f, fd);
	int err;

	switch (op) {
	case EPOLL_CTL_ADD:
		if (item)
			return -EEXIST;
		err = epoll_may_add(ep, f, event);
		return err ? err : epoll_add(ep, f, fd, event);
	case EPOLL_CTL_MOD:
		return item ? epoll_modify(item, event) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (item)
			epoll_remove(item);
		return item ? 0 : -ENOENT;
	default:
		return -EINVAL;
	}
}

/* The set behind a descriptor, its file with a reference.  0, -EBADF or -EINVAL. */
static int epoll_get(int fd, struct file **out)
{
	int err = fd_get_file(fd, out);

	if (err)
		return err;
	if (epoll_of(*out))
		return 0;
	file_put(*out);
	return -EINVAL;
}

long sys_epoll_ctl(int epfd, int op, int fd, struct epoll_event __user *event)
{
	struct epoll_event e = { 0 };
	struct file *set, *f;
	struct epoll *ep;
	int err;

	if (op != EPOLL_CTL_DEL && get_user(e, event))
		return -EFAULT;
	err = fd_get_file(fd, &f);
	if (err)
		return err;
	err = epoll_get(epfd, &set);
	/* What is always ready cannot be waited for; that is told before what is no set. */
	if (err != -EBADF && !f->ops->poll) {
		if (!err)
			file_put(set);
		err = -EPERM;
	}
	if (err)
		goto out_put_file;
	ep = epoll_of(set);
	mutex_lock(&epoll_lock);
	mutex_lock(&ep->lock);
	err = f == set ? -EINVAL : epoll_change(ep, op, f, fd, &e);
	mutex_unlock(&ep->lock);
	mutex_unlock(&epoll_lock);
	file_put(set);
out_put_file:
	file_put(f);
	return err;
}

/* ---- epoll_wait ------------------------------------------------------------------------------ */

/* Reports one member.  1, 0 (nothing is true any more) or -EFAULT. */
static int epoll_report(struct epoll *ep, struct epoll_item *item, struct epoll_event __user *user)
	REQUIRES(ep->lock)
{
	struct epoll_event e = { .events = epoll_item_ready(item), .data = item->data };

	if (!e.events)
		return 0;
	if (put_user(e, user)) {
		epoll_push(ep, item);
		return -EFAULT;
	}
	if (item->events & EPOLLONESHOT)
		item->events &= EPOLL_FLAGS;
	else if (!(item->events & EPOLLET))
		epoll_push(ep, item);
	return 1;
}

/* Reports up to max members of those that were on the list when it began.  How many, or -EFAULT. */
static int epoll_collect(struct epoll *ep, struct epoll_event __user *user, int max)
{
	struct list batch = LIST_INIT(batch);
	struct epoll_item *item;
	irqflags_t flags;
	int n = 0, got = 0;

	mutex_lock(&ep->lock);
	flags = spin_lock_irqsave(&ep->ready_lock);
	list_splice_back(&batch, &ep->ready);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
	while (n < max && got >= 0 && (item = epoll_pop(ep, &batch)) != NULL) {
		got = epoll_report(ep, item, &user[n]);
		if (got > 0)
			n++;
	}
	/* The rest comes first the next time. */
	flags = spin_lock_irqsave(&ep->ready_lock);
	list_splice_back(&batch, &ep->ready);
	list_splice_back(&ep->ready, &batch);
	spin_unlock_irqrestore(&ep->ready_lock, flags);
	mutex_unlock(&ep->lock);
	return n || got >= 0 ? n : got;
}

/* Until something is reported or the deadline (0: at once).  How many, -EINTR or -EFAULT. */
static int epoll_wait(struct epoll *ep, struct epoll_event __user *user, int max, nsec_t deadline)
{
	int err = 0;
	int n;

	for (;;) {
		n = epoll_collect(ep, user, max);
		if (n || err == -ETIMEDOUT || deadline == 0)
			return n;
		if (err)
			return -EINTR;
		err = wait_event_interruptible_until(&ep->waiters, epoll_has_ready(ep), deadline);
	}
}

static long epoll_wait_on(int epfd, struct epoll_event __user *events, int max, nsec_t deadline)
{
	struct file *set;
	int err;

	if (max <= 0 || max > EPOLL_EVENTS_MAX)
		return -EINVAL;
	if (!user_range_ok(events, (size_t)max * sizeof(*events)))
		return -EFAULT;
	err = epoll_get(epfd, &set);
	if (err)
		return err;
	err = epoll_wait(epoll_of(set), events, max, deadline);
	file_put(set);
	return err;
}

/* The mask is looked at first: of two errors a program sees the one that Linux tells. */
static long epoll_wait_masked(int epfd, struct epoll_event __user *events, int max, nsec_t deadline,
			      const sigset_t __user *mask, size_t mask_size)
{
	int err = poll_mask_begin(mask, mask_size);

	if (err)
		return err;
	err = epoll_wait_on(epfd, events, max, deadline);
	poll_mask_end(err);
	return err;
}

long sys_epoll_pwait(int epfd, struct epoll_event __user *events, int max, int timeout_ms,
		     const sigset_t __user *mask, size_t mask_size)
{
	nsec_t deadline = NSEC_NEVER;

	if (timeout_ms >= 0)
		deadline = timeout_ms ? time_mono() + (u64)timeout_ms * NSEC_PER_MSEC : 0;
	return epoll_wait_masked(epfd, events, max, deadline, mask, mask_size);
}

long sys_epoll_pwait2(int epfd, struct epoll_event __user *events, int max,
		      const struct timespec __user *timeout, const sigset_t __user *mask,
		      size_t mask_size)
{
	nsec_t deadline;
	int err;

	err = poll_deadline(timeout, &deadline);
	if (err)
		return err;
	return epoll_wait_masked(epfd, events, max, deadline, mask, mask_size);
}

/* ---- the set as a file ----------------------------------------------------------------------- */

/* Ready when a member is: asked, because what is on the list may no longer be true. */
static u32 epoll_poll(struct file *f, struct poll_table *pt)
{
	struct epoll *ep = epoll_of(f);
	struct epoll_item *item;
	u32 ready = 0;

	poll_wait(pt, &ep->pollers);
	mutex_lock(&ep->lock);
	while (!ready && (item = epoll_pop(ep, &ep->ready)) != NULL) {
		if (!epoll_item_ready(item))
			continue;
		epoll_push(ep, item);
		ready = POLLIN | POLLRDNORM;
	}
	mutex_unlock(&ep->lock);
	return ready;
}

static void epoll_release(struct file *f)
{
	struct epoll *ep = f->private;
	struct rb_node *n;

	mutex_lock(&epoll_lock);
	mutex_lock(&ep->lock);
	while ((n = rb_first(&ep->items)) != NULL)
		epoll_remove(rb_entry(n, struct epoll_item, node));
	mutex_unlock(&ep->lock);
	mutex_unlock(&epoll_lock);
	kfree(ep);
}

static const struct file_ops epoll_ops = {
	.name = "eventpoll",
	.poll = epoll_poll,
	.release = epoll_release,
};

long sys_epoll_create1(int flags)
{
	struct epoll *ep;
	struct file *f;
	int err, fd;

	if (flags & ~O_CLOEXEC)
		return -EINVAL;
	ep = kzalloc(sizeof(*ep), 0);
	if (!ep)
		return -ENOMEM;
	mutex_init(&ep->lock, "epoll.set");
	spin_init(&ep->ready_lock, "epoll.ready");
	list_init(&ep->ready);
	wait_queue_init(&ep->waiters);
	wait_queue_init(&ep->pollers);
	err = file_new(&epoll_ops, O_RDWR, ep, &ep->file);
	if (err) {
		kfree(ep);
		return err;
	}
	f = ep->file;
	err = fd_install(f, 0, flags & O_CLOEXEC, &fd);
	file_put(f);
	return err ? err : fd;
}
