/*
 * Pseudoterminals: a terminal whose device is a file.  What a program writes to the master arrives at the
 * slave as if typed; what the slave's programs write, and its echo, can be read from the master.
 *
 * Opening /dev/ptmx takes a free one; its slave appears as /dev/pts/N (devpts).  When the master is closed the
 * slave is hung up.  A struct pty is never freed, only used again, so that a session that still names one
 * by accident sees another terminal, not freed memory.  Packet mode (TIOCPKT) is not there.
 */
#include <kernel/tty.h>

#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/log.h>
#include <kernel/poll.h>
#include <kernel/printf.h>
#include <kernel/proc.h>
#include <kernel/ring.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/uaccess.h>
#include <uapi/ioctl.h>
#include <uapi/poll.h>

enum {
	PTY_BUFFER = 8192,   /* output on its way to the master */
	PTY_CHUNK = 256,
	PTY_ROOM_LOW = 512,  /* room that wakes writers of the slave */
	PTY_NAME_MAX = 12,
	PTMX_MAJOR = 5,
	PTMX_MINOR = 2,
	PTS_MAJOR = 136,
	PTS_GROUP = 5,       /* "tty" */
};

/* Fields: (P) ptys_lock  (o) out_lock, irqsave, inside tty.lock  (!) set at creation */
struct pty {
	struct tty slave;
	char name[PTY_NAME_MAX];          /* (!) "pts/3" */
	struct char_device device;        /* (!) what opening the slave finds */
	u32 index;                        /* (!) */
	bool in_use;                      /* (P) the master or a slave is open */
	bool master_open;                 /* (P) */
	bool locked;                      /* (P) until unlockpt(3) */
	bool was_opened;                  /* (P) the slave, since the master was */
	u32 slave_opens;                  /* (P) */
	uid_t uid;                        /* (P) who opened the master */
	struct spinlock out_lock;
	struct ring out;                  /* (o) */
	u8 buffer[PTY_BUFFER];
	struct wait_queue readable;       /* the master's reader and poll */
	struct wait_queue writable;       /* the master's writer and poll */
};

static struct mutex ptys_lock = MUTEX_INIT(ptys_lock, "ptys");
static struct pty *ptys[PTY_MAX]; /* (P) made when first needed */

static struct pty *pty_of_slave(struct tty *tty)
{
	return container_of(tty, struct pty, slave);
}

/* ---- the slave's device ---------------------------------------------------------------------- */

static size_t pty_out_write(struct tty *tty, const u8 *bytes, size_t n)
{
	struct pty *pty = pty_of_slave(tty);
	irqflags_t flags = spin_lock_irqsave(&pty->out_lock);
	size_t done = ring_write(&pty->out, bytes, (u32)n);

	spin_unlock_irqrestore(&pty->out_lock, flags);
	if (done)
		wait_queue_wake_all(&pty->readable);
	return done;
}

static size_t pty_out_room(struct tty *tty)
{
	return ring_free(&pty_of_slave(tty)->out);
}

/* What the master may read has arrived: tcdrain(3) need not wait until it does. */
static bool pty_out_idle(struct tty *tty)
{
	return true;
}

static int pty_slave_open(struct tty *tty)
{
	struct pty *pty = pty_of_slave(tty);
	int err = 0;

	mutex_lock(&ptys_lock);
	if (!pty->master_open || pty->locked) {
		err = -EIO;
	} else {
		pty->slave_opens++;
		pty->was_opened = true;
	}
	mutex_unlock(&ptys_lock);
	return err;
}

static void pty_slave_close(struct tty *tty)
{
	struct pty *pty = pty_of_slave(tty);

	mutex_lock(&ptys_lock);
	pty->slave_opens--;
	pty->in_use = pty->master_open || pty->slave_opens;
	mutex_unlock(&ptys_lock);
	/* The master sees the end of what its programs said. */
	wait_queue_wake_all(&pty->readable);
}

static void pty_slave_consumed(struct tty *tty)
{
	wait_queue_wake_all(&pty_of_slave(tty)->writable);
}

static const struct tty_driver pty_driver = {
	.name = "pty",
	.write = pty_out_write,
	.room = pty_out_room,
	.idle = pty_out_idle,
	.open = pty_slave_open,
	.close = pty_slave_close,
	.consumed = pty_slave_consumed,
};

/* ---- taking one ------------------------------------------------------------------------------ */

static int pty_make(u32 index, struct pty **out) REQUIRES(ptys_lock)
{
	struct pty *pty = kzalloc(sizeof(*pty), 0);
	int err;

	if (!pty)
		return -ENOMEM;
	pty->index = index;
	ksnprintf(pty->name, sizeof(pty->name), "pts/%u", index);
	spin_init(&pty->out_lock, "pty.out");
	wait_queue_init(&pty->readable);
	wait_queue_init(&pty->writable);
	pty->slave.name = pty->name;
	pty->slave.dev = DEV_MAKE(PTS_MAJOR, index);
	pty->slave.driver = &pty_driver;
	tty_register(&pty->slave);
	pty->device = (struct char_device){
		.name = pty->name, .dev = pty->slave.dev, .mode = 0620, .elsewhere = true,
		.ops = &tty_ops, .private = &pty->slave,
	};
	err = char_device_register(&pty->device);
	if (err) {
		list_remove(&pty->slave.all);
		kfree(pty);
		return err;
	}
	*out = pty;
	return 0;
}

/* As new: nothing of its earlier life is left. */
static void pty_reset(struct pty *pty) REQUIRES(ptys_lock)
{
	struct tty *tty = &pty->slave;
	irqflags_t flags = spin_lock_irqsave(&tty->lock);

	ldisc_init(&tty->ldisc);
	tty->size = (struct winsize){ 0 };
	tty->hung_up = false;
	spin_unlock_irqrestore(&tty->lock, flags);
	ring_init(&pty->out, pty->buffer, PTY_BUFFER);
	pty->in_use = pty->master_open = pty->locked = true;
	pty->was_opened = false;
	pty->uid = current_cred()->fsuid;
}

/* The lowest free one, made if it never was.  0, -ENOSPC or -ENOMEM. */
static int pty_take(struct pty **out)
{
	int err = -ENOSPC;
	u32 i;

	mutex_lock(&ptys_lock);
	for (i = 0; i < PTY_MAX; i++) {
		if (ptys[i] && ptys[i]->in_use)
			continue;
		err = ptys[i] ? 0 : pty_make(i, &ptys[i]);
		break;
	}
	if (!err) {
		pty_reset(ptys[i]);
		*out = ptys[i];
	}
	mutex_unlock(&ptys_lock);
	return err;
}

int pty_next(u32 from, struct pty_info *info)
{
	int err = -ENOENT;
	u32 i;

	mutex_lock(&ptys_lock);
	for (i = from; i < PTY_MAX && err; i++) {
		if (!ptys[i] || !ptys[i]->master_open)
			continue;
		*info = (struct pty_info){ i, ptys[i]->slave.dev, ptys[i]->uid, PTS_GROUP };
		err = 0;
	}
	mutex_unlock(&ptys_lock);
	return err;
}

/* ---- the master ------------------------------------------------------------------------------ */

/* The slave was open and is no more. */
static bool pty_slave_gone(const struct pty *pty)
{
	return READ_ONCE(pty->was_opened) && READ_ONCE(pty->slave_opens) == 0;
}

static bool pty_master_has(const struct pty *pty)
{
	return !ring_empty(&pty->out) || pty_slave_gone(pty);
}

static ssize_t pty_master_take(struct pty *pty, struct iov_iter *to)
{
	u8 chunk[PTY_CHUNK];
	ssize_t done = 0;
	irqflags_t flags;
	u32 n;

	while (to->left > 0) {
		flags = spin_lock_irqsave(&pty->out_lock);
		n = ring_read(&pty->out, chunk, (u32)MIN(to->left, sizeof(chunk)));
		spin_unlock_irqrestore(&pty->out_lock, flags);
		if (n == 0)
			break;
		if (iov_copy_to(to, chunk, n) < n)
			return done ? done : -EFAULT;
		done += n;
	}
	if (done && ring_free(&pty->out) >= PTY_ROOM_LOW)
		tty_writable(&pty->slave);
	return done;
}

static ssize_t pty_master_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct pty *pty = f->private;
	ssize_t n;
	int err;

	for (;;) {
		n = pty_master_take(pty, to);
		if (n || to->left == 0)
			return n;
		if (pty_slave_gone(pty))
			return -EIO;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&pty->readable, pty_master_has(pty));
		if (err)
			return err;
	}
}

/* Whether the slave takes more input.  One that nobody reads must not make the master wait for ever for a
 * line to end, so that only readable input counts. */
static bool pty_slave_takes(struct pty *pty)
{
	irqflags_t flags = spin_lock_irqsave(&pty->slave.lock);
	const struct ldisc *ld = &pty->slave.ldisc;
	bool takes = ld->head - ld->tail < LDISC_SIZE / 2 || !ldisc_readable(ld, 1);

	spin_unlock_irqrestore(&pty->slave.lock, flags);
	return takes;
}

static ssize_t pty_master_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct pty *pty = f->private;
	u8 chunk[PTY_CHUNK];
	ssize_t done = 0;
	int err = 0;
	size_t n;

	while (from->left > 0 && !err) {
		if (pty_slave_takes(pty)) {
			n = iov_copy_from(from, chunk, MIN(from->left, sizeof(chunk)));
			tty_receive(&pty->slave, chunk, n);
			done += (ssize_t)n;
			err = n ? 0 : -EFAULT;
		} else if (f->flags & O_NONBLOCK) {
			err = -EAGAIN;
		} else {
			err = wait_event_interruptible(&pty->writable, pty_slave_takes(pty));
		}
	}
	return done ? done : err;
}

static u32 pty_master_poll(struct file *f, struct poll_table *pt)
{
	struct pty *pty = f->private;
	u32 ready = 0;

	poll_wait(pt, &pty->readable);
	poll_wait(pt, &pty->writable);
	if (!ring_empty(&pty->out))
		ready |= POLLIN | POLLRDNORM;
	if (pty_slave_gone(pty))
		ready |= POLLHUP;
	if (pty_slave_takes(pty))
		ready |= POLLOUT | POLLWRNORM;
	return ready;
}

static long pty_lock_set(struct pty *pty, const int __user *user)
{
	int lock;

	if (get_user(lock, user))
		return -EFAULT;
	WRITE_ONCE(pty->locked, lock != 0);
	return 0;
}

static long pty_master_ioctl(struct file *f, u32 cmd, unsigned long arg)
{
	struct pty *pty = f->private;

	switch (cmd) {
	case TIOCGPTN:
		return put_user(pty->index, (u32 __user *)arg);
	case TIOCSPTLCK:
		return pty_lock_set(pty, (const int __user *)arg);
	case TIOCGPTLCK:
		return put_user((int)pty->locked, (int __user *)arg);
	case FIONREAD:
		return put_user((int)ring_used(&pty->out), (int __user *)arg);
	case TIOCGPGRP:
		/* The master may ask who is in the foreground without belonging to the session. */
		return put_user(READ_ONCE(pty->slave.foreground), (pid_t __user *)arg);
	case TIOCGSID:
		return put_user(READ_ONCE(pty->slave.session), (pid_t __user *)arg);
	default:
		return tty_ioctl_settings(&pty->slave, cmd, arg);
	}
}

static void pty_master_release(struct file *f)
{
	struct pty *pty = f->private;

	tty_hang_up(&pty->slave);
	mutex_lock(&ptys_lock);
	pty->master_open = false;
	pty->in_use = pty->slave_opens > 0;
	mutex_unlock(&ptys_lock);
}

static const struct file_ops pty_master_ops = {
	.name = "ptmx",
	.read = pty_master_read,
	.write = pty_master_write,
	.poll = pty_master_poll,
	.ioctl = pty_master_ioctl,
	.release = pty_master_release,
};

static int ptmx_open(struct inode *inode, struct file *f)
{
	struct pty *pty;
	int err;

	err = pty_take(&pty);
	if (err)
		return err;
	f->private = pty;
	f->ops = &pty_master_ops;
	return 0;
}

static const struct file_ops ptmx_ops = { .name = "ptmx", .open = ptmx_open };

static struct char_device ptmx_device = {
	.name = "ptmx", .dev = DEV_MAKE(PTMX_MAJOR, PTMX_MINOR), .mode = 0666, .ops = &ptmx_ops,
};

void pty_init(void)
{
	if (char_device_register(&ptmx_device))
		log_err("pty: /dev/ptmx is taken");
}
