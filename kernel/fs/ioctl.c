/* ioctl(2): what every file answers; the rest is the file's own.  Unknown requests are -ENOTTY. */
#include <kernel/file.h>

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/ioctl.h>

/* FIONBIO, FIOASYNC: an int in user memory switches a flag of the file. */
static int ioctl_flag(struct file *f, int flag, int __user *user)
{
	int on;

	if (get_user(on, user))
		return -EFAULT;
	f->flags = on ? f->flags | flag : f->flags & ~flag;
	return 0;
}

/* What is left to read of a regular file. */
static int ioctl_left(struct file *f, int __user *user)
{
	loff_t left = f->inode->size - f->pos;

	return put_user((int)left, user);
}

long sys_ioctl(u32 fd, u32 cmd, unsigned long arg)
{
	struct file *f;
	long ret;
	int err;

	err = fd_get_file((int)fd, &f);
	if (err)
		return err;
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		ret = fd_cloexec_set((int)fd, cmd == FIOCLEX);
		break;
	case FIONBIO:
		ret = ioctl_flag(f, O_NONBLOCK, (int __user *)arg);
		break;
	case FIOASYNC:
		ret = ioctl_flag(f, O_ASYNC, (int __user *)arg);
		break;
	case FIONREAD:
		if (f->inode && S_ISREG(f->inode->mode)) {
			ret = ioctl_left(f, (int __user *)arg);
			break;
		}
		/* fall through */
	default:
		ret = f->ops->ioctl ? f->ops->ioctl(f, cmd, arg) : -ENOTTY;
		break;
	}
	file_put(f);
	return ret;
}
