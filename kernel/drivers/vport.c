/*
 * Virtio-serial ports as files: /dev/vportNpM and /dev/virtio-ports/NAME.  Called by the file layer.
 *
 * Bytes go through unchanged.  A read returns what is there and sleeps only for the first byte; once the
 * host has closed, and all it sent is read, it returns 0.  A write returns when everything is with the
 * device; it sleeps while the host does not take more.  One reader and one writer at a time.  Linux lets
 * a port be opened once only; here it can be shared as any file.
 */
#include <kernel/virtio_console.h>
#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/poll.h>
#include <uapi/fcntl.h>
#include <uapi/poll.h>

static int vport_file_open(struct inode *inode, struct file *f)
{
	vport_open(f->private);
	return 0;
}

/* Copies received bytes out until the reader has enough or there are no more.  Bytes, or -EFAULT. */
static ssize_t vport_copy_out(struct vport *p, struct iov_iter *to)
{
	struct vport_buffer *b;
	ssize_t done = 0;

	while (to->left && (b = vport_filled(p))) {
		size_t n = MIN((size_t)(b->length - b->offset), to->left);
		size_t copied = iov_copy_to(to, b->data + b->offset, n);

		b->offset += copied;
		done += copied;
		if (b->offset == b->length)
			vport_recycle(p, b);
		if (copied < n)
			return done ? done : -EFAULT;
	}
	return done;
}

static ssize_t vport_file_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct vport *p = f->private;
	bool host_open = true;
	ssize_t done;

	if (!to->left)
		return 0;
	done = vport_start_rx(p);
	while (!done && host_open) {
		if (!vport_is_readable(p) && f->flags & O_NONBLOCK)
			return -EAGAIN;
		done = wait_event_interruptible(&p->readable, vport_is_readable(p));
		if (!done)
			done = mutex_lock_interruptible(&p->read_lock);
		if (done)
			return done;
		/* Looked at first: what the host sent before it closed is then there to be copied. */
		host_open = READ_ONCE(p->host_open);
		done = vport_copy_out(p, to);
		mutex_unlock(&p->read_lock);
		vport_notify_rx(p);
	}
	return done;
}

/* Sends one buffer's worth.  Bytes, -EAGAIN, -ERESTARTSYS or -EFAULT. */
static ssize_t vport_write_part(struct file *f, struct vport *p, struct iov_iter *from)
{
	struct vport_buffer *b;
	size_t n;
	int err;

	while (!vport_is_writable(p) || !(b = vport_take_tx(p))) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		err = wait_event_interruptible(&p->writable, vport_is_writable(p));
		if (err)
			return err;
	}
	n = iov_copy_from(from, b->data, MIN((size_t)b->size, from->left));
	vport_submit(p, b, n);
	return n ? (ssize_t)n : -EFAULT;
}

static ssize_t vport_file_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct vport *p = f->private;
	ssize_t done = 0, part;
	int err;

	err = mutex_lock_interruptible(&p->write_lock);
	if (err)
		return err;
	part = vport_start_tx(p);
	while (part >= 0 && from->left) {
		part = vport_write_part(f, p, from);
		if (part > 0)
			done += part;
	}
	mutex_unlock(&p->write_lock);
	return done ? done : part;
}

static u32 vport_file_poll(struct file *f, struct poll_table *pt)
{
	struct vport *p = f->private;
	u32 ready = 0;

	poll_wait(pt, &p->readable);
	poll_wait(pt, &p->writable);
	/* Without buffers nothing could ever arrive or leave. */
	if (!vport_start_rx(p) && vport_is_readable(p))
		ready |= POLLIN | POLLRDNORM;
	if (!vport_start_tx(p) && vport_is_writable(p))
		ready |= POLLOUT | POLLWRNORM;
	return p->host_open ? ready : ready | POLLHUP;
}

const struct file_ops vport_file_ops = {
	.name = "vport",
	.open = vport_file_open,
	.read = vport_file_read,
	.write = vport_file_write,
	.poll = vport_file_poll,
};
