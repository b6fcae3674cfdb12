/*
 * A pipe: one ring of bytes, two kinds of ends.  pipe2(2) makes an unnamed one; a FIFO's inode leads all
 * who open it to the same one.  Freed with its last end.
 *
 * A write of at most PIPE_BUF bytes goes in as a whole or waits.  The ring starts small and doubles up to
 * `limit` when writers fill it.  Linux keeps pages and can splice them; we copy bytes, and O_DIRECT
 * (packets) is refused.
 */
#include <kernel/pipe.h>

#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/proc.h>
#include <kernel/poll.h>
#include <kernel/ring.h>
#include <kernel/signal.h>
#include <kernel/slab.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <kernel/wait.h>
#include <uapi/ioctl.h>
#include <uapi/poll.h>

/* Fields: (p) pipe.lock  (!) set at creation  (f) fifo_lock */
struct pipe {
	struct mutex lock;
	struct ring ring;            /* (p) */
	u32 limit;                   /* (p) what the ring may grow to */
	u32 readers;                 /* (p) open read ends */
	u32 writers;                 /* (p) open write ends */
	u32 reader_opens;            /* (p) ever: who opens a FIFO waits for the other count to move */
	u32 writer_opens;            /* (p) */
	struct wait_queue readable;  /* (!) woken when bytes came in or the last writer left */
	struct wait_queue writable;  /* (!) woken when room was made or the last reader left */
	struct inode *inode;         /* (!) of a FIFO, else NULL */
	u32 users;                   /* (f) open files that use it */
	struct list_node all;        /* (f) on all_pipes */
};

struct list all_pipes = LIST_INIT(all_pipes);

/* Over all_pipes and the users of each pipe, so that a FIFO is found or gone, never in between. */
static struct mutex fifo_lock = MUTEX_INIT(fifo_lock, "fifo");

/* ---- life ------------------------------------------------------------------------------------ */

/* A pipe with one user, on the list.  0 or -ENOMEM. */
static int pipe_create(struct inode *inode, struct pipe **out) REQUIRES(fifo_lock)
{
	struct pipe *p = kzalloc(sizeof(*p), 0);
	void *buffer;

	if (!p)
		return -ENOMEM;
	buffer = kmalloc(PIPE_SIZE_FIRST, 0);
	if (!buffer) {
		kfree(p);
		return -ENOMEM;
	}
	mutex_init(&p->lock, "pipe");
	ring_init(&p->ring, buffer, PIPE_SIZE_FIRST);
	p->limit = PIPE_SIZE_DEFAULT;
	wait_queue_init(&p->readable);
	wait_queue_init(&p->writable);
	p->inode = inode;
	p->users = 1;
	list_push_back(&all_pipes, &p->all);
	*out = p;
	return 0;
}

/* One user less; the last one frees it. */
static void pipe_leave(struct pipe *p)
{
	bool last;

	mutex_lock(&fifo_lock);
	last = --p->users == 0;
	if (last)
		list_remove(&p->all);
	mutex_unlock(&fifo_lock);
	if (!last)
		return;
	kfree(p->ring.buffer);
	kfree(p);
}

static void pipe_release(struct file *f)
{
	struct pipe *p = f->private;

	mutex_lock(&p->lock);
	if (file_readable(f) && --p->readers == 0)
		wait_queue_wake_all(&p->writable);
	if (file_writable(f) && --p->writers == 0)
		wait_queue_wake_all(&p->readable);
	mutex_unlock(&p->lock);
	pipe_leave(p);
}

/* Moves the ring into a buffer of `size` bytes, which hold what is in it.  0 or -ENOMEM. */
static int pipe_resize(struct pipe *p, u32 size) REQUIRES(p->lock)
{
	void *old = p->ring.buffer;
	void *buffer = kmalloc(size, 0);
	u32 used;

	ASSERT(mutex_held(&p->lock));
	if (!buffer)
		return -ENOMEM;
	used = ring_read(&p->ring, buffer, size);
	ring_init(&p->ring, buffer, size);
	ring_produce(&p->ring, used);
	kfree(old);
	return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Moves what is there.  Bytes, or -EFAULT when the first one could not be stored. */
static ssize_t pipe_take(struct pipe *p, struct iov_iter *to) REQUIRES(p->lock)
{
	size_t done = 0;
	size_t part, moved;
	u8 *from;

	while (to->left > 0 && !ring_empty(&p->ring)) {
		part = MIN((size_t)ring_read_span(&p->ring, &from), to->left);
		moved = iov_copy_to(to, from, part);
		ring_consume(&p->ring, (u32)moved);
		done += moved;
		if (moved < part)
			return done ? (ssize_t)done : -EFAULT;
	}
	return (ssize_t)done;
}

static ssize_t pipe_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct pipe *p = f->private;
	ssize_t n = 0;
	int err;

	if (to->left == 0)
		return 0;
	mutex_lock(&p->lock);
	while (ring_empty(&p->ring)) {
		if (p->writers == 0)
			goto out_unlock;
		if (f->flags & O_NONBLOCK) {
			n = -EAGAIN;
			goto out_unlock;
		}
		mutex_unlock(&p->lock);
		err = wait_event_interruptible(&p->readable,
					       !ring_empty(&p->ring) || READ_ONCE(p->writers) == 0);
		if (err)
			return err;
		mutex_lock(&p->lock);
	}
	n = pipe_take(p, to);
	if (n > 0)
		wait_queue_wake_all(&p->writable);
out_unlock:
	mutex_unlock(&p->lock);
	return n;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Bytes that could be written now, the ring grown to its limit. */
static inline u32 pipe_room(const struct pipe *p)
{
	u32 used = ring_used(&p->ring);

	return used < p->limit ? p->limit - used : 0;
}

/* A piece goes in at once only with this much room: small writes are not torn. */
static inline u32 pipe_piece(size_t left)
{
	return left <= PIPE_BUF ? (u32)left : 1;
}

/* Grows the ring until n bytes fit or the limit is reached; less memory only means smaller pieces. */
static void pipe_make_room(struct pipe *p, size_t n) REQUIRES(p->lock)
{
	u32 size = p->ring.size;

	while (size - ring_used(&p->ring) < n && size < p->limit)
		size *= 2;
	if (size > p->ring.size)
		(void)pipe_resize(p, size);
}

/* Moves what fits, `piece` at least.  Bytes, -EFAULT (the first one could not be fetched) or -ENOMEM. */
static ssize_t pipe_give(struct pipe *p, struct iov_iter *from, u32 piece) REQUIRES(p->lock)
{
	size_t done = 0;
	size_t part, moved;
	u8 *to;

	pipe_make_room(p, from->left);
	if (ring_free(&p->ring) < piece)
		return -ENOMEM;
	while (from->left > 0 && !ring_full(&p->ring)) {
		part = MIN((size_t)ring_write_span(&p->ring, &to), from->left);
		moved = iov_copy_from(from, to, part);
		ring_produce(&p->ring, (u32)moved);
		done += moved;
		if (moved < part)
			return done ? (ssize_t)done : -EFAULT;
	}
	return (ssize_t)done;
}

/* Nobody can ever read it: SIGPIPE for the writer (POSIX write(2)). */
static ssize_t pipe_broken(void)
{
	siginfo_t info = { .si_signo = SIGPIPE, .si_code = SI_USER };

	if (current->proc) {
		info.si_pid = current->proc->pid;
		info.si_uid = current->proc->cred->uid;
		signal_send_task(current, &info);
	}
	return -EPIPE;
}

/* Sleeps, pipe unlocked, until a piece fits or no reader is left.  0 or -ERESTARTSYS. */
static int pipe_wait_room(struct pipe *p, u32 piece)
{
	int err;

	mutex_unlock(&p->lock);
	err = wait_event_interruptible(&p->writable,
				       pipe_room(p) >= piece || READ_ONCE(p->readers) == 0);
	mutex_lock(&p->lock);
	return err;
}

static ssize_t pipe_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct pipe *p = f->private;
	u32 piece = pipe_piece(from->left);
	ssize_t done = 0, n = 0;

	if (from->left == 0)
		return 0;
	mutex_lock(&p->lock);
	while (from->left > 0) {
		if (p->readers == 0) {
			n = pipe_broken();
			break;
		}
		n = 0;
		if (pipe_room(p) >= piece)
			n = pipe_give(p, from, piece);
		if (n > 0) {
			done += n;
			wait_queue_wake_all(&p->readable);
			continue;
		}
		if (n == 0 && (f->flags & O_NONBLOCK))
			n = -EAGAIN;
		if (n == 0)
			n = pipe_wait_room(p, piece);
		if (n < 0)
			break;
	}
	mutex_unlock(&p->lock);
	return done ? done : n;
}

/* ---- the rest of a file ---------------------------------------------------------------------- */

/* What an end is ready for, by what it was opened for. */
static u32 pipe_events(const struct pipe *p, const struct file *f) REQUIRES(p->lock)
{
	u32 ready = 0;

	if (file_readable(f)) {
		if (!ring_empty(&p->ring))
			ready |= POLLIN | POLLRDNORM;
		/* A FIFO that nobody ever opened for writing has not been hung up. */
		if (p->writers == 0 && p->writer_opens != 0)
			ready |= POLLHUP;
	}
	if (file_writable(f)) {
		if (pipe_room(p) >= PIPE_BUF)
			ready |= POLLOUT | POLLWRNORM;
		if (p->readers == 0)
			ready |= POLLERR;
	}
	return ready;
}

static u32 pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->private;
	u32 ready;

	if (file_readable(f))
		poll_wait(pt, &p->readable);
	if (file_writable(f))
		poll_wait(pt, &p->writable);
	/* Locked: a ring that is being moved looks like anything. */
	mutex_lock(&p->lock);
	ready = pipe_events(p, f);
	mutex_unlock(&p->lock);
	return ready;
}

static long pipe_ioctl(struct file *f, u32 cmd, unsigned long arg)
{
	struct pipe *p = f->private;
	int used;

	if (cmd != FIONREAD)
		return -ENOTTY;
	mutex_lock(&p->lock);
	used = (int)ring_used(&p->ring);
	mutex_unlock(&p->lock);
	return put_user(used, (int __user *)arg);
}

static const struct file_ops pipe_ops = {
	.name = "pipe",
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
};

/* The pipe behind a file, or NULL. */
static struct pipe *pipe_of(struct file *f)
{
	return f->ops == &pipe_ops || f->ops == &fifo_ops ? f->private : NULL;
}

long pipe_size_get(struct file *f)
{
	struct pipe *p = pipe_of(f);

	return p ? (long)READ_ONCE(p->limit) : -EBADF;
}

long pipe_size_set(struct file *f, unsigned long size)
{
	struct pipe *p = pipe_of(f);
	u32 rounded = PIPE_SIZE_FIRST;
	long ret;

	if (!p)
		return -EBADF;
	if (size > 1ul << 31)
		return -EINVAL;
	if (size > PIPE_SIZE_MAX)
		return -EPERM;
	while (rounded < size)
		rounded *= 2;
	mutex_lock(&p->lock);
	ret = rounded;
	if (rounded < ring_used(&p->ring))
		ret = -EBUSY;
	else if (rounded < p->ring.size && pipe_resize(p, rounded))
		ret = -ENOMEM;
	else
		p->limit = rounded;
	mutex_unlock(&p->lock);
	/* Readers too: one that looked while the ring was moved saw it empty. */
	wait_queue_wake_all(&p->writable);
	wait_queue_wake_all(&p->readable);
	return ret;
}

/* ---- unnamed pipes --------------------------------------------------------------------------- */

/* One end; uses up a use of the pipe even when it fails. */
static int pipe_end(struct pipe *p, int flags, struct file **out)
{
	struct file *f;
	int err;

	err = file_new(&pipe_ops, flags, p, &f);
	if (err) {
		pipe_leave(p);
		return err;
	}
	mutex_lock(&p->lock);
	if (file_readable(f))
		p->readers++;
	else
		p->writers++;
	mutex_unlock(&p->lock);
	err = inode_new_anonymous(S_IFIFO | 0600, &f->inode);
	if (err) {
		file_put(f);
		return err;
	}
	*out = f;
	return 0;
}

int pipe_new(int flags, struct file **reader, struct file **writer)
{
	struct pipe *p;
	int err;

	mutex_lock(&fifo_lock);
	err = pipe_create(NULL, &p);
	if (!err) {
		p->users = 2;
		p->reader_opens = p->writer_opens = 1;
	}
	mutex_unlock(&fifo_lock);
	if (err)
		return err;
	err = pipe_end(p, O_RDONLY | (flags & O_NONBLOCK), reader);
	if (err) {
		pipe_leave(p);
		return err;
	}
	err = pipe_end(p, O_WRONLY | (flags & O_NONBLOCK), writer);
	if (err)
		file_put(*reader);
	return err;
}

/* Gives both ends descriptors and tells the program.  Nothing stays behind when it fails. */
static int pipe_install(struct file *reader, struct file *writer, bool cloexec, int __user *user)
{
	int fds[2];
	int err;

	err = fd_install(reader, 0, cloexec, &fds[0]);
	if (err)
		return err;
	err = fd_install(writer, 0, cloexec, &fds[1]);
	if (err)
		goto out_close_reader;
	err = copy_to_user(user, fds, sizeof(fds));
	if (!err)
		return 0;
	fd_close(fds[1]);
out_close_reader:
	fd_close(fds[0]);
	return err;
}

long sys_pipe2(int __user *fds, int flags)
{
	struct file *reader, *writer;
	int err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return -EINVAL;
	err = pipe_new(flags, &reader, &writer);
	if (err)
		return err;
	err = pipe_install(reader, writer, flags & O_CLOEXEC, fds);
	/* The descriptors hold references of their own. */
	file_put(writer);
	file_put(reader);
	return err;
}

/* ---- FIFOs ----------------------------------------------------------------------------------- */

/* The pipe of a FIFO's inode, one user more; made when nobody has it open. */
static int fifo_enter(struct inode *inode, struct pipe **out)
{
	struct pipe *p;
	int err = 0;

	mutex_lock(&fifo_lock);
	list_for_each(p, &all_pipes, all) {
		if (p->inode != inode)
			continue;
		p->users++;
		*out = p;
		goto out_unlock;
	}
	err = pipe_create(inode, out);
out_unlock:
	mutex_unlock(&fifo_lock);
	return err;
}

/* Sleeps, pipe unlocked, until an end of the other kind is opened, however briefly. */
static int fifo_wait_partner(struct pipe *p, struct wait_queue *q, const u32 *opens)
{
	u32 seen = *opens;
	int err;

	mutex_unlock(&p->lock);
	err = wait_event_interruptible(q, READ_ONCE(*opens) != seen);
	mutex_lock(&p->lock);
	return err;
}

/* Counts the new end in and waits for its partner (POSIX open(2), O_NONBLOCK). */
static int fifo_join(struct pipe *p, struct file *f) REQUIRES(p->lock)
{
	int mode = f->flags & O_ACCMODE;

	if (mode == O_WRONLY && (f->flags & O_NONBLOCK) && p->readers == 0)
		return -ENXIO;
	if (mode != O_WRONLY) {
		p->readers++;
		p->reader_opens++;
		wait_queue_wake_all(&p->writable);
	}
	if (mode != O_RDONLY) {
		p->writers++;
		p->writer_opens++;
		wait_queue_wake_all(&p->readable);
	}
	if (f->flags & O_NONBLOCK)
		return 0;
	if (mode == O_RDONLY && p->writers == 0)
		return fifo_wait_partner(p, &p->readable, &p->writer_opens);
	if (mode == O_WRONLY && p->readers == 0)
		return fifo_wait_partner(p, &p->writable, &p->reader_opens);
	return 0;
}

static int fifo_open(struct inode *inode, struct file *f)
{
	struct pipe *p;
	int err;

	err = fifo_enter(inode, &p);
	if (err)
		return err;
	f->private = p;
	mutex_lock(&p->lock);
	err = fifo_join(p, f);
	/* -ENXIO came before it was counted in; an interrupted wait did not. */
	if (err == -ERESTARTSYS) {
		p->readers -= file_readable(f);
		p->writers -= file_writable(f);
	}
	mutex_unlock(&p->lock);
	if (err)
		pipe_leave(p);
	return err;
}

const struct file_ops fifo_ops = {
	.name = "fifo",
	.open = fifo_open,
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
};
