/*
 * signalfd4(2): a file that yields pending signals to who reads it, and polls readable while there are
 * some.  The signals are the reader's own, whoever made the file (as on Linux); a program blocks them, or
 * they are delivered as ever.
 *
 * All signalfds share one wait queue, woken for every signal while somebody waits: a queue of the
 * process's own could go before a poller lets go of it.
 */
#include <kernel/signal.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/poll.h>
#include <kernel/proc.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/task.h>
#include <kernel/uaccess.h>
#include <uapi/fcntl.h>
#include <uapi/poll.h>
#include <uapi/signalfd.h>

struct signalfd {
	sigset_t set; /* (a) what it yields */
};

static bool signalfd_ready(const struct signalfd *s)
{
	sigset_t pending = READ_ONCE(current->sig.pending.set) | READ_ONCE(current_proc()->pending.set);

	return pending & READ_ONCE(s->set);
}

/* Takes one signal of the set; 0 when there is none. */
static int signalfd_take(const struct signalfd *s, siginfo_t *info)
{
	irqflags_t flags = spin_lock_irqsave(&current_proc()->sig_lock);
	int sig = signal_dequeue(~s->set, info);

	signal_recalculate(current);
	spin_unlock_irqrestore(&current_proc()->sig_lock, flags);
	return sig;
}

static struct signalfd_siginfo signalfd_record(const siginfo_t *info)
{
	struct signalfd_siginfo r = { .ssi_signo = (u32)info->si_signo, .ssi_errno = info->si_errno,
				      .ssi_code = info->si_code };

	if (info->si_code == SI_TIMER) {
		r.ssi_tid = (u32)info->si_timerid;
		r.ssi_overrun = (u32)info->si_overrun;
		r.ssi_ptr = info->si_timer_value.sival_ptr;
		r.ssi_int = info->si_timer_value.sival_int;
	} else if (info->si_signo == SIGCHLD && info->si_code > 0) {
		r.ssi_pid = (u32)info->si_child_pid;
		r.ssi_uid = info->si_child_uid;
		r.ssi_status = info->si_status;
		r.ssi_utime = (u64)info->si_utime;
		r.ssi_stime = (u64)info->si_stime;
	} else if (info->si_code > 0 && info->si_code != SI_KERNEL) {
		r.ssi_addr = info->si_addr;
	} else {
		r.ssi_pid = (u32)info->si_pid;
		r.ssi_uid = info->si_uid;
		r.ssi_ptr = info->si_value.sival_ptr;
		r.ssi_int = info->si_value.sival_int;
	}
	return r;
}

static ssize_t signalfd_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct signalfd *s = f->private;
	struct signalfd_siginfo record;
	ssize_t done = 0;
	siginfo_t info;
	int err;

	if (to->left < sizeof(record))
		return -EINVAL;
	while (to->left >= sizeof(record)) {
		if (signalfd_take(s, &info)) {
			record = signalfd_record(&info);
			if (iov_copy_to(to, &record, sizeof(record)) < sizeof(record))
				return done ? done : -EFAULT;
			done += sizeof(record);
			continue;
		}
		if (done)
			break;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&signal_arrived, signalfd_ready(s));
		if (err)
			return err;
	}
	return done;
}

static u32 signalfd_poll(struct file *f, struct poll_table *pt)
{
	poll_wait(pt, &signal_arrived);
	return signalfd_ready(f->private) ? POLLIN | POLLRDNORM : 0;
}

static void signalfd_release(struct file *f)
{
	kfree(f->private);
}

static const struct file_ops signalfd_ops = {
	.name = "signalfd",
	.read = signalfd_read,
	.poll = signalfd_poll,
	.release = signalfd_release,
};

/* Gives the signalfd `fd` another set.  It, -EBADF or -EINVAL. */
static long signalfd_change(int fd, sigset_t set)
{
	struct file *f;
	int err = fd_get(fd, &f);

	if (err)
		return err;
	if (f->ops == &signalfd_ops) {
		WRITE_ONCE(((struct signalfd *)f->private)->set, set);
		wait_queue_wake_all(&signal_arrived);
		err = fd;
	} else {
		err = -EINVAL;
	}
	file_put(f);
	return err;
}

long sys_signalfd4(int fd, const sigset_t __user *mask, size_t mask_size, int flags)
{
	struct signalfd *s;
	sigset_t set;

	if (mask_size != sizeof(set) || (flags & ~(O_CLOEXEC | O_NONBLOCK)))
		return -EINVAL;
	if (copy_from_user(&set, mask, sizeof(set)))
		return -EFAULT;
	set &= ~(SIGMASK(SIGKILL) | SIGMASK(SIGSTOP));
	if (fd != -1)
		return signalfd_change(fd, set);
	s = kzalloc(sizeof(*s), 0);
	if (!s)
		return -ENOMEM;
	s->set = set;
	return file_new_fd(&signalfd_ops, O_RDWR | flags, s);
}
