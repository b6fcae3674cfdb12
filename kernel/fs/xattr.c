/*
 * Extended attributes: no file system here keeps any.  Names and files are checked as if; then listing
 * finds none, and the rest is -EOPNOTSUPP, as on a Linux file system without them.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/file.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

enum { XATTR_NAME_MAX = 255, XATTR_SIZE_MAX = 65536, XATTR_PIECE = 128 };

static int xattr_check_name(const char __user *name)
{
	char text[XATTR_NAME_MAX + 1];
	ssize_t len = strncpy_from_user(text, name, sizeof(text));

	if (len == 0 || len == -ENAMETOOLONG)
		return -ERANGE;
	return len < 0 ? (int)len : 0;
}

/* What any call about one attribute comes to. */
static long xattr_at_path(const char __user *path, const char __user *name, enum lookup_flags flags)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, path, flags, &p);

	if (err)
		return err;
	path_put(&p);
	err = xattr_check_name(name);
	return err ? err : -EOPNOTSUPP;
}

static long xattr_at_fd(int fd, const char __user *name)
{
	struct file *f;
	int err = fd_get_file(fd, &f);

	if (err)
		return err;
	file_put(f);
	err = xattr_check_name(name);
	return err ? err : -EOPNOTSUPP;
}

static long xattr_list_path(const char __user *path, enum lookup_flags flags)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, path, flags, &p);

	if (!err)
		path_put(&p);
	return err;
}

/* Linux reads a new value before it asks the file system: of two errors its is told. */
static long xattr_after_value(long err, const void __user *value, size_t size)
{
	const char __user *from = value;
	char piece[XATTR_PIECE];
	size_t n;

	if (err != -EOPNOTSUPP)
		return err;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	for (; size; size -= n, from += n) {
		n = MIN(size, sizeof(piece));
		if (copy_from_user(piece, from, n))
			return -EFAULT;
	}
	return err;
}

long sys_setxattr(const char __user *path, const char __user *name, const void __user *value, size_t size,
		  int flags)
{
	return xattr_after_value(xattr_at_path(path, name, LOOKUP_FOLLOW), value, size);
}

long sys_lsetxattr(const char __user *path, const char __user *name, const void __user *value, size_t size,
		   int flags)
{
	return xattr_after_value(xattr_at_path(path, name, 0), value, size);
}

long sys_fsetxattr(int fd, const char __user *name, const void __user *value, size_t size, int flags)
{
	return xattr_after_value(xattr_at_fd(fd, name), value, size);
}

long sys_getxattr(const char __user *path, const char __user *name, void __user *value, size_t size)
{
	return xattr_at_path(path, name, LOOKUP_FOLLOW);
}

long sys_lgetxattr(const char __user *path, const char __user *name, void __user *value, size_t size)
{
	return xattr_at_path(path, name, 0);
}

long sys_fgetxattr(int fd, const char __user *name, void __user *value, size_t size)
{
	return xattr_at_fd(fd, name);
}

long sys_listxattr(const char __user *path, char __user *list, size_t size)
{
	return xattr_list_path(path, LOOKUP_FOLLOW);
}

long sys_llistxattr(const char __user *path, char __user *list, size_t size)
{
	return xattr_list_path(path, 0);
}

long sys_flistxattr(int fd, char __user *list, size_t size)
{
	struct file *f;
	int err = fd_get_file(fd, &f);

	if (!err)
		file_put(f);
	return err;
}

long sys_removexattr(const char __user *path, const char __user *name)
{
	return xattr_at_path(path, name, LOOKUP_FOLLOW);
}

long sys_lremovexattr(const char __user *path, const char __user *name)
{
	return xattr_at_path(path, name, 0);
}

long sys_fremovexattr(int fd, const char __user *name)
{
	return xattr_at_fd(fd, name);
}
