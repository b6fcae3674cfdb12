/*
 * Pseudoterminals: a terminal whose device is a file.  What a program writes to the master arrives at the
 * slave as if typed; what the slave's programs write, and its echo, can be read from the master.
 *
 * Opening /dev/ptmx makes one; its slave appears as /dev/pts/N (devpts).  When the master is closed the
 * slave is hung up, and with its last file it is freed.  A session that has it loses it by the hang-up, so
 * that who finds it through its session holds tty_life_lock until the file counts.  Packet mode (TIOCPKT)
 * is not there.
 */
#include <kernel/tty.h>

#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/log.h>
#include <kernel/panic.h>
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

/* Fields: (L) tty_life_lock  (o) out_lock, irqsave, inside tty.lock  (!) set at creation */
struct pty {
	struct tty slave;
	u32 index;                        /* (!) */
	bool master_open;                 /* (L) */
	bool locked;                      /* (a) until unlockpt(3) */
	bool was_opened;                  /* (L) the slave */
	u32 slave_opens;                  /* (L) */
	uid_t uid;                        /* (!) who opened the master */
	struct spinlock out_lock;
	struct ring out;                  /* (o) */
	u8 buffer[PTY_BUFFER];
	struct wait_queue readable;       /* the master's reader and poll */
	struct wait_queue writable;       /* the master's writer and poll */
};

/* A number: its place in /dev stays when it has been used once. */
struct pty_slot {
	struct pty *pty;                  /* (L) NULL: free */
	bool registered;                  /* (L) */
	char name[PTY_NAME_MAX];          /* (!) "pts/3" */
	struct char_device device;        /* (!) */
};

struct mutex tty_life_lock = MUTEX_INIT(tty_life_lock, "tty_life");
static struct pty_slot pty_slots[PTY_MAX];

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

static int pty_slave_open(struct tty *tty) REQUIRES(tty_life_lock)
{
	struct pty *pty = pty_of_slave(tty);

	ASSERT(mutex_held(&tty_life_lock));
	if (!pty->master_open || READ_ONCE(pty->locked))
		return -EIO;
	pty->slave_opens++;
	pty->was_opened = true;
	return 0;
}

/* Frees it once neither side is open. */
static void pty_put(struct pty *pty) REQUIRES(tty_life_lock)
{
	ASSERT(mutex_held(&tty_life_lock));
	if (pty->master_open || pty->slave_opens)
		return;
	pty_slots[pty->index].pty = NULL;
	tty_unregister(&pty->slave);
	kfree(pty);
}

static void pty_slave_close(struct tty *tty)
{
	struct pty *pty = pty_of_slave(tty);

	mutex_lock(&tty_life_lock);
	pty->slave_opens--;
	/* The master sees the end of what its programs said. */
	wait_queue_wake_all(&pty->readable);
	pty_put(pty);
	mutex_unlock(&tty_life_lock);
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

/* ---- making one ------------------------------------------------------------------------------ */

/* What is behind a number may have changed since the path was looked up: asked anew. */
static int pts_open(struct inode *inode, struct file *f)
{
	u32 index = (u32)DEV_MINOR(inode->rdev);
	struct pty *pty;
	int err = -ENXIO;

	mutex_lock(&tty_life_lock);
	pty = index < PTY_MAX ? pty_slots[index].pty : NULL;
	if (pty)
		err = tty_attach(f, &pty->slave);
	mutex_unlock(&tty_life_lock);
	if (!err)
		tty_opened(f);
	return err;
}

static const struct file_ops pts_ops = { .name = "pts", .open = pts_open };

/* The number's place in /dev. */
static int pty_slot_register(struct pty_slot *slot, u32 index) REQUIRES(tty_life_lock)
{
	int err;

	if (slot->registered)
		return 0;
	ksnprintf(slot->name, sizeof(slot->name), "pts/%u", index);
	slot->device = (struct char_device){
		.name = slot->name, .dev = DEV_MAKE(PTS_MAJOR, index), .mode = 0620,
		.elsewhere = true, .ops = &pts_ops,
	};
	err = char_device_register(&slot->device);
	slot->registered = !err;
	return err;
}

static int pty_make(struct pty_slot *slot, u32 index, struct pty **out) REQUIRES(tty_life_lock)
{
	struct pty *pty;
	int err;

	err = pty_slot_register(slot, index);
	if (err)
		return err;
	pty = kzalloc(sizeof(*pty), 0);
	if (!pty)
		return -ENOMEM;
	pty->index = index;
	pty->master_open = pty->locked = true;
	pty->uid = current_cred()->fsuid;
	spin_init(&pty->out_lock, "pty.out");
	ring_init(&pty->out, pty->buffer, PTY_BUFFER);
	wait_queue_init(&pty->readable);
	wait_queue_init(&pty->writable);
	pty->slave.name = slot->name;
	pty->slave.dev = slot->device.dev;
	pty->slave.driver = &pty_driver;
	tty_register(&pty->slave);
	slot->pty = *out = pty;
	return 0;
}

/* With the lowest free number.  0, -ENOSPC or -ENOMEM. */
static int pty_new(struct pty **out)
{
	int err = -ENOSPC;
	u32 i;

	mutex_lock(&tty_life_lock);
	for (i = 0; i < PTY_MAX && pty_slots[i].pty; i++)
		;
	if (i < PTY_MAX)
		err = pty_make(&pty_slots[i], i, out);
	mutex_unlock(&tty_life_lock);
	return err;
}

int pty_next(u32 from, struct pty_info *info)
{
	const struct pty *pty;
	int err = -ENOENT;
	u32 i;

	mutex_lock(&tty_life_lock);
	for (i = from; i < PTY_MAX && err; i++) {
		pty = pty_slots[i].pty;
		if (!pty || !pty->master_open)
			continue;
		*info = (struct pty_info){ i, pty->slave.dev, pty->uid, PTS_GROUP };
		err = 0;
	}
	mutex_unlock(&tty_life_lock);
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

	mutex_lock(&tty_life_lock);
	pty->master_open = false;
	tty_hang_up(&pty->slave);
	pty_put(pty);
	mutex_unlock(&tty_life_lock);
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

	err = pty_new(&pty);
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
