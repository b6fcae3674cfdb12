/*
 * ioctl(2) of terminals: settings, window size, queues, and the session through tty_job.c.
 * Settings change under write_lock and tty.lock, so that no write sees half of them.
 */
#include <kernel/tty.h>

#include <kernel/errno.h>
#include <kernel/proc.h>
#include <kernel/signal.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/uaccess.h>
#include <uapi/ioctl.h>

enum { TTY_DRAIN_STEP = 2000000 /* ns between looks at the device */ };

static long tty_get_termios(struct tty *tty, struct ktermios __user *user)
{
	irqflags_t flags = spin_lock_irqsave(&tty->lock);
	struct ktermios t = tty->ldisc.termios;

	spin_unlock_irqrestore(&tty->lock, flags);
	return put_user(t, user);
}

int tty_drain(struct tty *tty)
{
	int err = 0;

	/* The device tells when it has room, not when it is empty: look now and then. */
	while (!tty->driver->idle(tty) && !READ_ONCE(tty->hung_up) && err != -ERESTARTSYS)
		err = wait_event_interruptible_until(&tty->writable, tty->driver->idle(tty),
						     time_mono() + TTY_DRAIN_STEP);
	return err == -ERESTARTSYS ? err : 0;
}

static void tty_flush_input(struct tty *tty)
{
	irqflags_t flags = spin_lock_irqsave(&tty->lock);

	ldisc_flush(&tty->ldisc);
	spin_unlock_irqrestore(&tty->lock, flags);
	if (tty->driver->consumed)
		tty->driver->consumed(tty);
}

/* TCSETS, TCSETSW (after the output so far), TCSETSF (and forgetting input). */
static long tty_set_termios(struct tty *tty, u32 cmd, const struct ktermios __user *user)
{
	struct ktermios t;
	irqflags_t flags;
	int err;

	err = tty_check_background(tty, SIGTTOU);
	if (err)
		return err;
	if (get_user(t, user))
		return -EFAULT;
	if (cmd != TCSETS)
		err = tty_drain(tty);
	if (err)
		return err;
	if (cmd == TCSETSF)
		tty_flush_input(tty);
	mutex_lock(&tty->write_lock);
	flags = spin_lock_irqsave(&tty->lock);
	ldisc_set_termios(&tty->ldisc, &t);
	if (!(t.c_iflag & IXON))
		tty->ldisc.stopped = false;
	spin_unlock_irqrestore(&tty->lock, flags);
	mutex_unlock(&tty->write_lock);
	/* A reader may be satisfied by the new rules, a writer no longer be stopped. */
	wait_queue_wake_all(&tty->readable);
	wait_queue_wake_all(&tty->writable);
	return 0;
}

static long tty_get_size(struct tty *tty, struct winsize __user *user)
{
	irqflags_t flags = spin_lock_irqsave(&tty->lock);
	struct winsize size = tty->size;

	spin_unlock_irqrestore(&tty->lock, flags);
	return put_user(size, user);
}

static long tty_set_size(struct tty *tty, const struct winsize __user *user)
{
	struct winsize size;
	irqflags_t flags;
	bool changed;

	if (get_user(size, user))
		return -EFAULT;
	flags = spin_lock_irqsave(&tty->lock);
	changed = memcmp(&size, &tty->size, sizeof(size)) != 0;
	tty->size = size;
	spin_unlock_irqrestore(&tty->lock, flags);
	if (changed)
		tty_signal_foreground(tty, SIGWINCH);
	return 0;
}

static long tty_get_available(struct tty *tty, int __user *user)
{
	irqflags_t flags = spin_lock_irqsave(&tty->lock);
	int n = (int)ldisc_available(&tty->ldisc);

	spin_unlock_irqrestore(&tty->lock, flags);
	return put_user(n, user);
}

/* tcflush(3).  What the device has taken is as good as sent: output cannot be called back. */
static long tty_flush(struct tty *tty, unsigned long which)
{
	int err;

	if (which > TCIOFLUSH)
		return -EINVAL;
	err = tty_check_background(tty, SIGTTOU);
	if (err)
		return err;
	if (which != TCOFLUSH)
		tty_flush_input(tty);
	return 0;
}

/* tcflow(3): stops and restarts output as ^S and ^Q do. */
static long tty_flow(struct tty *tty, unsigned long action)
{
	irqflags_t flags;

	if (action != TCOOFF && action != TCOON)
		return action == TCIOFF || action == TCION ? 0 : -EINVAL;
	flags = spin_lock_irqsave(&tty->lock);
	tty->ldisc.stopped = action == TCOOFF;
	spin_unlock_irqrestore(&tty->lock, flags);
	wait_queue_wake_all(&tty->writable);
	return 0;
}

/* A byte as if typed: for the owner of the terminal and root. */
static long tty_simulate_input(struct tty *tty, const char __user *user)
{
	char c;

	if (tty_of_current() != tty && !current_privileged())
		return -EPERM;
	if (get_user(c, user))
		return -EFAULT;
	tty_receive(tty, (const u8 *)&c, 1);
	return 0;
}

/* TIOCNOTTY: a leader's session loses the terminal; a member alone cannot give it up here. */
static long tty_give_up(struct tty *tty)
{
	struct session *s;
	irqflags_t flags;
	pid_t foreground = 0;
	long err = -EPERM;

	if (tty_of_current() != tty)
		return -ENOTTY;
	flags = spin_lock_irqsave(&tree_lock);
	s = current->proc->group->session;
	if (s->sid == current->proc->pid) {
		foreground = tty_session_end(s);
		err = 0;
	}
	spin_unlock_irqrestore(&tree_lock, flags);
	tty_hang_up_group(foreground);
	return err;
}

static long tty_ioctl_session(struct tty *tty, u32 cmd, unsigned long arg)
{
	switch (cmd) {
	case TIOCGPGRP:
		return tty_get_foreground(tty, (pid_t __user *)arg);
	case TIOCSPGRP:
		return tty_set_foreground(tty, (const pid_t __user *)arg);
	case TIOCGSID:
		return tty_get_session(tty, (pid_t __user *)arg);
	case TIOCSCTTY:
		return tty_session_begin(tty, arg == 1 && current_privileged());
	case TIOCNOTTY:
		return tty_give_up(tty);
	case TIOCSTI:
		return tty_simulate_input(tty, (const char __user *)arg);
	default:
		return -ENOTTY;
	}
}

static long tty_get_counters(struct tty *tty, struct serial_counters __user *user)
{
	struct serial_counters counters = { 0 };

	if (!tty->driver->count)
		return -ENOTTY;
	tty->driver->count(tty, &counters);
	return copy_to_user(user, &counters, sizeof(counters));
}

long tty_ioctl_settings(struct tty *tty, u32 cmd, unsigned long arg)
{
	switch (cmd) {
	case TCGETS:
		return tty_get_termios(tty, (struct ktermios __user *)arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return tty_set_termios(tty, cmd, (const struct ktermios __user *)arg);
	case TIOCGWINSZ:
		return tty_get_size(tty, (struct winsize __user *)arg);
	case TIOCSWINSZ:
		return tty_set_size(tty, (const struct winsize __user *)arg);
	case TCFLSH:
		return tty_flush(tty, arg);
	case TCXONC:
		return tty_flow(tty, arg);
	default:
		return -ENOTTY;
	}
}

long tty_ioctl(struct file *f, u32 cmd, unsigned long arg)
{
	struct tty *tty = f->private;
	long ret;

	if (READ_ONCE(tty->hung_up))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	switch (cmd) {
	case FIONREAD:
		return tty_get_available(tty, (int __user *)arg);
	case TIOCOUTQ:
		return put_user((int)!tty->driver->idle(tty), (int __user *)arg);
	case TIOCGICOUNT:
		return tty_get_counters(tty, (struct serial_counters __user *)arg);
	case TCSBRK:
	case TCSBRKP:
		/* tcdrain(3); a break is not sent. */
		return tty_drain(tty);
	default:
		ret = tty_ioctl_settings(tty, cmd, arg);
		return ret == -ENOTTY ? tty_ioctl_session(tty, cmd, arg) : ret;
	}
}
