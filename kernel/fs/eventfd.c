/*
 * eventfd2(2): a number that programs add to and read, and poll for being other than zero.  As a semaphore
 * each read takes one, otherwise all of it.
 */
#include <kernel/file.h>

#include <kernel/errno.h>
#include <kernel/poll.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <uapi/eventpoll.h>
#include <uapi/poll.h>

#define EVENTFD_MAX (~(u64)0 - 1)

struct eventfd {
	struct spinlock lock;
	u64 count;                  /* (lock) at most EVENTFD_MAX */
	bool semaphore;             /* (!) */
	struct wait_queue changed;  /* woken by every read and write */
};

/* Takes what a read gets.  False while there is nothing. */
static bool eventfd_take(struct eventfd *e, u64 *value)
{
	spin_lock(&e->lock);
	*value = e->semaphore && e->count ? 1 : e->count;
	e->count -= *value;
	spin_unlock(&e->lock);
	return *value != 0;
}

/* False while it would run over. */
static bool eventfd_add(struct eventfd *e, u64 value)
{
	bool fits;

	spin_lock(&e->lock);
	fits = value <= EVENTFD_MAX - e->count;
	if (fits)
		e->count += value;
	spin_unlock(&e->lock);
	return fits;
}

static ssize_t eventfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct eventfd *e = f->private;
	u64 value;
	int err;

	if (to->left < sizeof(value))
		return -EINVAL;
	while (!eventfd_take(e, &value)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&e->changed, READ_ONCE(e->count) != 0);
		if (err)
			return err;
	}
	wait_queue_wake_all(&e->changed);
	return iov_copy_to(to, &value, sizeof(value)) == sizeof(value) ? (ssize_t)sizeof(value) :
									  -EFAULT;
}

static ssize_t eventfd_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct eventfd *e = f->private;
	u64 value;
	int err;

	if (from->left < sizeof(value))
		return -EINVAL;
	if (iov_copy_from(from, &value, sizeof(value)) < sizeof(value))
		return -EFAULT;
	if (value > EVENTFD_MAX)
		return -EINVAL;
	while (!eventfd_add(e, value)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&e->changed,
					       value <= EVENTFD_MAX - READ_ONCE(e->count));
		if (err)
			return err;
	}
	wait_queue_wake_all(&e->changed);
	return sizeof(value);
}

static u32 eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->private;
	u64 count;

	poll_wait(pt, &e->changed);
	count = READ_ONCE(e->count);
	return (count ? POLLIN | POLLRDNORM : 0) | (count < EVENTFD_MAX ? POLLOUT | POLLWRNORM : 0);
}

static void eventfd_release(struct file *f)
{
	kfree(f->private);
}

static const struct file_ops eventfd_ops = {
	.name = "eventfd",
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
};

long sys_eventfd2(u32 count, int flags)
{
	struct eventfd *e;

	if (flags & ~(EFD_SEMAPHORE | O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	e = kzalloc(sizeof(*e), 0);
	if (!e)
		return -ENOMEM;
	spin_init(&e->lock, "eventfd");
	wait_queue_init(&e->changed);
	e->count = count;
	e->semaphore = flags & EFD_SEMAPHORE;
	return file_new_fd(&eventfd_ops, O_RDWR | (flags & (O_NONBLOCK | O_CLOEXEC)), e);
}
