/*
 * timerfd: a timer as a file.  Reading tells how often it has expired since the last read, and waits until
 * it has.  A timer by the wall clock is converted when it is set; Linux would also follow later changes of
 * the clock (TFD_TIMER_CANCEL_ON_SET is refused).
 *
 * Fields: (t) timerfd.lock, irqsave, taken by the timer's interrupt  (!) set at creation
 */
#include <kernel/file.h>

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/poll.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/timer.h>
#include <kernel/uaccess.h>
#include <uapi/eventpoll.h>
#include <uapi/poll.h>

struct timerfd {
	struct spinlock lock;
	struct timer timer;
	int clock;                 /* (!) */
	nsec_t next;               /* (t) when it expires, monotonic; 0: disarmed */
	nsec_t interval;           /* (t) 0: once */
	u64 expired;               /* (t) since the last read */
	struct wait_queue changed;
};

/* Runs in interrupt context.  Expirations that were missed are counted, not made up for. */
static void timerfd_fire(struct timer *t)
{
	struct timerfd *tf = container_of(t, struct timerfd, timer);
	irqflags_t flags = spin_lock_irqsave(&tf->lock);
	nsec_t now = time_mono();
	u64 missed;

	if (tf->next && tf->next <= now) {
		missed = tf->interval ? (now - tf->next) / tf->interval : 0;
		tf->expired += 1 + missed;
		tf->next = tf->interval ? tf->next + (1 + missed) * tf->interval : 0;
	}
	if (tf->next)
		timer_start(t, tf->next);
	spin_unlock_irqrestore(&tf->lock, flags);
	wait_queue_wake_all(&tf->changed);
}

static ssize_t timerfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct timerfd *tf = f->private;
	irqflags_t flags;
	u64 expired;
	int err;

	if (to->left < sizeof(expired))
		return -EINVAL;
	for (;;) {
		flags = spin_lock_irqsave(&tf->lock);
		expired = tf->expired;
		tf->expired = 0;
		spin_unlock_irqrestore(&tf->lock, flags);
		if (expired)
			break;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&tf->changed, READ_ONCE(tf->expired) != 0);
		if (err)
			return err;
	}
	return iov_copy_to(to, &expired, sizeof(expired)) == sizeof(expired) ?
		       (ssize_t)sizeof(expired) :
		       -EFAULT;
}

static u32 timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *tf = f->private;

	poll_wait(pt, &tf->changed);
	return READ_ONCE(tf->expired) ? POLLIN | POLLRDNORM : 0;
}

static void timerfd_release(struct file *f)
{
	struct timerfd *tf = f->private;

	timer_cancel(&tf->timer);
	kfree(tf);
}

static const struct file_ops timerfd_ops = {
	.name = "timerfd",
	.read = timerfd_read,
	.poll = timerfd_poll,
	.release = timerfd_release,
};

long sys_timerfd_create(int clock, int flags)
{
	struct timerfd *tf;

	if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME)
		return -EINVAL;
	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	tf = kzalloc(sizeof(*tf), 0);
	if (!tf)
		return -ENOMEM;
	spin_init(&tf->lock, "timerfd");
	timer_init(&tf->timer, timerfd_fire);
	tf->clock = clock;
	wait_queue_init(&tf->changed);
	return file_new_fd(&timerfd_ops, O_RDWR | flags, tf);
}

/* ---- setting and asking ---------------------------------------------------------------------- */

/* What is left to the next expiration, and the interval. */
static struct itimerspec timerfd_state(struct timerfd *tf) REQUIRES(tf->lock)
{
	nsec_t now = time_mono();
	nsec_t left = 0;

	/* Due but not fired yet: never "disarmed". */
	if (tf->next)
		left = tf->next > now ? tf->next - now : 1;
	return (struct itimerspec){
		.it_interval = ns_to_timespec(tf->interval),
		.it_value = ns_to_timespec(left),
	};
}

/* When a given value means, on the monotonic clock; 0 disarms. */
static nsec_t timerfd_deadline(const struct timerfd *tf, nsec_t value, bool absolute)
{
	s64 offset = tf->clock == CLOCK_REALTIME ? time_real_offset() : 0;

	if (!value)
		return 0;
	if (!absolute)
		return time_mono() + value;
	/* Long past is due at once. */
	return (s64)value > offset ? value - (nsec_t)offset : 1;
}

static struct itimerspec timerfd_set(struct timerfd *tf, nsec_t deadline, nsec_t interval)
{
	struct itimerspec old;
	irqflags_t flags;

	/* Outside of the lock: it waits for a fire() that wants it. */
	timer_cancel(&tf->timer);
	flags = spin_lock_irqsave(&tf->lock);
	old = timerfd_state(tf);
	tf->next = deadline;
	tf->interval = interval;
	tf->expired = 0;
	if (deadline)
		timer_start(&tf->timer, deadline);
	spin_unlock_irqrestore(&tf->lock, flags);
	return old;
}

/* The timer behind a descriptor, its file with a reference.  0, -EBADF or -EINVAL. */
static int timerfd_get(int fd, struct file **out)
{
	int err = fd_get_file(fd, out);

	if (err)
		return err;
	if ((*out)->ops == &timerfd_ops)
		return 0;
	file_put(*out);
	return -EINVAL;
}

long sys_timerfd_settime(int fd, int flags, const struct itimerspec __user *new,
			 struct itimerspec __user *old)
{
	struct itimerspec spec, was;
	nsec_t value, interval;
	struct file *f;
	int err;

	if (flags & ~TFD_TIMER_ABSTIME)
		return -EINVAL;
	if (get_user(spec, new))
		return -EFAULT;
	if (timespec_to_ns(&spec.it_value, &value) || timespec_to_ns(&spec.it_interval, &interval))
		return -EINVAL;
	err = timerfd_get(fd, &f);
	if (err)
		return err;
	was = timerfd_set(f->private, timerfd_deadline(f->private, value, flags & TFD_TIMER_ABSTIME),
			  interval);
	file_put(f);
	return old ? put_user(was, old) : 0;
}

long sys_timerfd_gettime(int fd, struct itimerspec __user *value)
{
	struct itimerspec now;
	struct timerfd *tf;
	struct file *f;
	irqflags_t flags;
	int err;

	err = timerfd_get(fd, &f);
	if (err)
		return err;
	tf = f->private;
	flags = spin_lock_irqsave(&tf->lock);
	now = timerfd_state(tf);
	spin_unlock_irqrestore(&tf->lock, flags);
	file_put(f);
	return put_user(now, value);
}
