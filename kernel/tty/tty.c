/*
 * Reading and writing terminals.  Input comes from the device in interrupts and goes through the line
 * discipline at once, so that ^C works while nobody reads; programs take it from there.  Output goes
 * through the line discipline into the device, waiting for room.
 *
 * tty.lock is held over the line discipline and the device, never over user memory, sleeps or signals.
 */
#include <kernel/tty.h>

#include <kernel/errno.h>
#include <kernel/poll.h>
#include <kernel/proc.h>
#include <kernel/signal.h>
#include <kernel/time.h>
#include <uapi/poll.h>

enum {
	TTY_CHUNK = 256,        /* bytes that are moved under the lock in one go */
	TTY_ROOM_LOW = 64,      /* room for this much makes a terminal writable */
	TTY_TIME_UNIT = 100000000, /* of VTIME: a tenth of a second, in ns */
};

struct list all_ttys = LIST_INIT(all_ttys);
static struct spinlock all_ttys_lock = SPINLOCK_INIT("all_ttys");

void tty_register(struct tty *tty)
{
	spin_init(&tty->lock, tty->name);
	ldisc_init(&tty->ldisc);
	mutex_init(&tty->write_lock, tty->name);
	wait_queue_init(&tty->readable);
	wait_queue_init(&tty->writable);
	spin_lock(&all_ttys_lock);
	list_push_back(&all_ttys, &tty->all);
	spin_unlock(&all_ttys_lock);
}

void tty_unregister(struct tty *tty)
{
	spin_lock(&all_ttys_lock);
	list_remove(&tty->all);
	spin_unlock(&all_ttys_lock);
}

/* ---- input ----------------------------------------------------------------------------------- */

/* One byte through the line discipline, its echo to the device. */
static void tty_receive_byte(struct tty *tty, u8 byte)
{
	struct ldisc_effect effect;
	irqflags_t flags = spin_lock_irqsave(&tty->lock);
	size_t echoed;

	ldisc_input(&tty->ldisc, byte, &effect);
	echoed = effect.echo_length ? tty->driver->write(tty, effect.echo, effect.echo_length) : 0;
	tty->echo_lost += effect.echo_length - (u32)echoed;
	spin_unlock_irqrestore(&tty->lock, flags);
	if (effect.signal)
		tty_signal_foreground(tty, effect.signal);
	if (effect.readable)
		wait_queue_wake(&tty->readable);
	if (effect.flow)
		wait_queue_wake_all(&tty->writable);
}

void tty_receive(struct tty *tty, const u8 *bytes, size_t n)
{
	while (n--)
		tty_receive_byte(tty, *bytes++);
}

u32 tty_input_room(struct tty *tty)
{
	irqflags_t flags = spin_lock_irqsave(&tty->lock);
	u32 room = ldisc_room(&tty->ldisc);

	spin_unlock_irqrestore(&tty->lock, flags);
	return room;
}

/* Whether a read may go on: a line, `min` bytes in raw mode, or the end. */
static bool tty_has_input(struct tty *tty, u32 min)
{
	irqflags_t flags = spin_lock_irqsave(&tty->lock);
	bool has = tty->hung_up || ldisc_readable(&tty->ldisc, min);

	spin_unlock_irqrestore(&tty->lock, flags);
	return has;
}

/* Moves what may be read now.  Bytes or -EFAULT. */
static ssize_t tty_take(struct tty *tty, struct iov_iter *to)
{
	u8 chunk[TTY_CHUNK];
	ssize_t done = 0;
	irqflags_t flags;
	bool more = true;
	u32 n;

	while (to->left > 0 && more) {
		flags = spin_lock_irqsave(&tty->lock);
		n = ldisc_read(&tty->ldisc, chunk, (u32)MIN(to->left, sizeof(chunk)), &more);
		/* Raw input has no lines to end at: a full chunk may not be all. */
		more |= n == sizeof(chunk) && !(tty->ldisc.termios.c_lflag & ICANON);
		spin_unlock_irqrestore(&tty->lock, flags);
		if (iov_copy_to(to, chunk, n) < n)
			return done ? done : -EFAULT;
		done += n;
	}
	return done;
}

static int tty_wait_input(struct tty *tty, u32 min, nsec_t deadline)
{
	return wait_event_interruptible_until(&tty->readable, tty_has_input(tty, min), deadline);
}

/*
 * Raw input by MIN and TIME (POSIX 11.1.7): MIN bytes; with TIME the time between bytes is limited; with
 * MIN 0 it is the time for the first.  0 when a read may take what there is, or -ERESTARTSYS.
 */
static int tty_wait_raw(struct tty *tty, u32 min, nsec_t between)
{
	u32 have;
	int err = 0;

	if (min == 0) {
		if (between)
			err = tty_wait_input(tty, 1, time_mono() + between);
		return err == -ETIMEDOUT ? 0 : err;
	}
	if (!between)
		return tty_wait_input(tty, min, NSEC_NEVER);
	err = tty_wait_input(tty, 1, NSEC_NEVER);
	for (have = 2; !err && have <= min; have++)
		err = tty_wait_input(tty, have, time_mono() + between);
	return err == -ETIMEDOUT ? 0 : err;
}

/* Sleeps until there is something to take.  0, -EAGAIN or -ERESTARTSYS. */
static int tty_wait_read(struct tty *tty, struct file *f, size_t n)
{
	struct ktermios *t = &tty->ldisc.termios;
	bool canonical = t->c_lflag & ICANON;
	u32 min = canonical ? 1 : t->c_cc[VMIN];
	nsec_t between = (nsec_t)t->c_cc[VTIME] * TTY_TIME_UNIT;

	if (f->flags & O_NONBLOCK)
		return tty_has_input(tty, 1) ? 0 : -EAGAIN;
	if (canonical)
		return tty_wait_input(tty, 1, NSEC_NEVER);
	return tty_wait_raw(tty, (u32)MIN((size_t)min, n), between);
}

static ssize_t tty_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct tty *tty = f->private;
	ssize_t n;
	int err;

	err = tty_check_background(tty, SIGTTIN);
	if (err || to->left == 0)
		return err;
	err = tty_wait_read(tty, f, to->left);
	if (err)
		return err;
	n = tty_take(tty, to);
	if (tty->driver->consumed)
		tty->driver->consumed(tty);
	return n;
}

/* ---- output ---------------------------------------------------------------------------------- */

static bool tty_has_room(struct tty *tty)
{
	if (READ_ONCE(tty->hung_up))
		return true;
	return !READ_ONCE(tty->ldisc.stopped) && tty->driver->room(tty) >= TTY_ROOM_LOW;
}

void tty_writable(struct tty *tty)
{
	wait_queue_wake_all(&tty->writable);
}

/* Gives the device what it takes of n bytes.  How many of them. */
static size_t tty_put(struct tty *tty, const u8 *bytes, size_t n)
{
	irqflags_t flags = spin_lock_irqsave(&tty->lock);
	u8 out[LDISC_OUT_MAX];
	size_t done;
	u32 length;

	for (done = 0; done < n && !tty->ldisc.stopped; done++) {
		/* A byte is not begun that may not fit as a whole: its column has been counted. */
		if (tty->driver->room(tty) < sizeof(out))
			break;
		length = ldisc_output(&tty->ldisc, bytes[done], out);
		tty->driver->write(tty, out, length);
	}
	spin_unlock_irqrestore(&tty->lock, flags);
	return done;
}

/* Writes a chunk, waiting for room.  Bytes written; *err says why not all. */
static size_t tty_write_chunk(struct tty *tty, const u8 *bytes, size_t n, bool wait, int *err)
{
	size_t done = 0;

	for (;;) {
		*err = -EIO;
		if (READ_ONCE(tty->hung_up))
			return done;
		*err = 0;
		done += tty_put(tty, bytes + done, n - done);
		if (done == n)
			return done;
		*err = -EAGAIN;
		if (wait)
			*err = wait_event_interruptible(&tty->writable, tty_has_room(tty));
		if (*err)
			return done;
	}
}

static ssize_t tty_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct tty *tty = f->private;
	u8 chunk[TTY_CHUNK];
	ssize_t done = 0;
	size_t n;
	int err = 0;

	if (READ_ONCE(tty->ldisc.termios.c_lflag) & TOSTOP) {
		err = tty_check_background(tty, SIGTTOU);
		if (err)
			return err;
	}
	err = mutex_lock_interruptible(&tty->write_lock);
	if (err)
		return err;
	while (!err && from->left > 0) {
		n = iov_copy_from(from, chunk, MIN(from->left, sizeof(chunk)));
		if (n == 0)
			err = -EFAULT;
		else
			done += (ssize_t)tty_write_chunk(tty, chunk, n, !(f->flags & O_NONBLOCK), &err);
	}
	mutex_unlock(&tty->write_lock);
	return done ? done : err;
}

/* ---- the rest of a file ---------------------------------------------------------------------- */

static u32 tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty *tty = f->private;
	const struct ktermios *t = &tty->ldisc.termios;
	u32 ready = 0;

	poll_wait(pt, &tty->readable);
	poll_wait(pt, &tty->writable);
	/* With a time limit a read ends after the first byte, so that one is enough. */
	if (tty_has_input(tty, t->c_cc[VTIME] ? 1 : t->c_cc[VMIN]))
		ready |= POLLIN | POLLRDNORM;
	if (tty_has_room(tty))
		ready |= POLLOUT | POLLWRNORM;
	if (READ_ONCE(tty->hung_up))
		ready |= POLLHUP | POLLERR;
	return ready;
}

int tty_attach(struct file *f, struct tty *tty)
{
	int err = tty->driver->open ? tty->driver->open(tty) : 0;

	if (err)
		return err;
	f->private = tty;
	f->ops = &tty_ops;
	return 0;
}

/* A session leader without a terminal gets the first one that it opens (POSIX 11.1.3). */
void tty_opened(struct file *f)
{
	if (!(f->flags & O_NOCTTY))
		(void)tty_session_begin(f->private, false);
}

/* Of a terminal that is always there. */
static int tty_open(struct inode *inode, struct file *f)
{
	int err;

	mutex_lock(&tty_life_lock);
	err = tty_attach(f, f->private);
	mutex_unlock(&tty_life_lock);
	if (!err)
		tty_opened(f);
	return err;
}

static void tty_release(struct file *f)
{
	struct tty *tty = f->private;

	if (tty->driver->close)
		tty->driver->close(tty);
}

const struct file_ops tty_ops = {
	.name = "tty",
	.open = tty_open,
	.read = tty_read,
	.write = tty_write,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.release = tty_release,
};
