/*
 * close, dup, dup3, close_range and fcntl: what is done with descriptors and with the flags of the files
 * behind them.  File locks, leases and seals belong to file systems; what is not here is -EINVAL.
 */
#include <kernel/file.h>

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/file_lock.h>
#include <kernel/pipe.h>
#include <kernel/proc.h>
#include <kernel/syscall.h>
#include <kernel/tmpfs.h>

/* F_SETFL changes these and ignores the rest. */
enum { FCNTL_SETTABLE = O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME };

enum close_range_flag { CLOSE_RANGE_UNSHARE = 2, CLOSE_RANGE_CLOEXEC = 4 };

long sys_close(u32 fd)
{
	return fd_close((int)fd);
}

/* A second descriptor for the file, the lowest free one from `from` up. */
static int fcntl_dup(int fd, int from, bool cloexec)
{
	struct file *f;
	int err, copy;

	err = fd_get(fd, &f);
	if (err)
		return err;
	err = fd_install(f, from, cloexec, &copy);
	file_put(f);
	return err ? err : copy;
}

long sys_dup(u32 fd)
{
	return fcntl_dup((int)fd, 0, false);
}

long sys_dup3(u32 old, u32 new, int flags)
{
	struct file *f;
	int err;

	if (old == new || (flags & ~O_CLOEXEC))
		return -EINVAL;
	err = fd_get((int)old, &f);
	if (err)
		return err;
	if (new >= current_proc()->limits[RLIMIT_NOFILE].rlim_cur)
		err = -EBADF;
	else
		err = fd_install_at(current->fds, f, (int)new, flags & O_CLOEXEC);
	/* A number that no table can hold is a bad one, however high the limit. */
	if (err == -EMFILE)
		err = -EBADF;
	file_put(f);
	return err ? err : (long)new;
}

long sys_close_range(u32 first, u32 last, u32 flags)
{
	struct file *f;
	int fd, err;

	if (first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)))
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE) {
		err = fd_table_unshare();
		if (err)
			return err;
	}
	for (;;) {
		fd = fd_table_next(current->fds, first, &f);
		if (fd < 0 || (u32)fd > last)
			break;
		file_put(f);
		if (flags & CLOSE_RANGE_CLOEXEC)
			fd_cloexec_set(fd, true);
		else
			fd_close(fd);
		first = (u32)fd + 1;
	}
	if (fd >= 0)
		file_put(f);
	return 0;
}

/* O_APPEND and the like; several threads may do it at once, the last one wins. */
static int fcntl_set_flags(struct file *f, int flags)
{
	f->flags = (f->flags & ~FCNTL_SETTABLE) | (flags & FCNTL_SETTABLE);
	return 0;
}

/* What works on the descriptor alone, O_PATH or not. */
static long fcntl_descriptor(int fd, u32 cmd, unsigned long arg)
{
	bool cloexec;
	int err;

	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (arg >= current_proc()->limits[RLIMIT_NOFILE].rlim_cur)
			return -EINVAL;
		return fcntl_dup(fd, (int)arg, cmd == F_DUPFD_CLOEXEC);
	case F_GETFD:
		err = fd_cloexec_get(fd, &cloexec);
		if (err)
			return err;
		return cloexec ? FD_CLOEXEC : 0;
	default:
		return fd_cloexec_set(fd, arg & FD_CLOEXEC);
	}
}

static long fcntl_file(struct file *f, u32 cmd, unsigned long arg)
{
	switch (cmd) {
	case F_GETFL:
		/* What was only for the open itself is not kept; programs expect O_LARGEFILE. */
		return (f->flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC)) |
		       (f->flags & O_PATH ? 0 : O_LARGEFILE);
	case F_SETFL:
		return f->flags & O_PATH ? -EBADF : fcntl_set_flags(f, (int)arg);
	case F_GETPIPE_SZ:
		return pipe_size_get(f);
	case F_SETPIPE_SZ:
		return pipe_size_set(f, arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return file_lock_fcntl(f, cmd, (void __user *)arg);
	case F_GET_SEALS:
		return memfd_seals_get(f);
	case F_ADD_SEALS:
		return memfd_seals_add(f, arg);
	default:
		return -EINVAL;
	}
}

long sys_fcntl(u32 fd, u32 cmd, unsigned long arg)
{
	struct file *f;
	long ret;
	int err;

	err = fd_get((int)fd, &f);
	if (err)
		return err;
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
	case F_GETFD:
	case F_SETFD:
		ret = fcntl_descriptor((int)fd, cmd, arg);
		break;
	default:
		ret = fcntl_file(f, cmd, arg);
		break;
	}
	file_put(f);
	return ret;
}
