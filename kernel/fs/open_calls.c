/*
 * openat, openat2, creat's part of them, and opening by the kernel itself: flags checked and translated.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

#include "fs_internal.h"

enum {
	O_KNOWN = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC |
		  O_ASYNC | O_DIRECTORY | O_NOFOLLOW | O_DIRECT | O_LARGEFILE | O_NOATIME | O_CLOEXEC |
		  O_SYNC | O_PATH | O_TMPFILE,
	O_WITH_PATH = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
};

static enum lookup_flags open_lookup_flags(int flags)
{
	enum lookup_flags lookup = 0;

	if (!(flags & O_NOFOLLOW))
		lookup |= LOOKUP_FOLLOW;
	if (flags & O_DIRECTORY)
		lookup |= LOOKUP_DIRECTORY;
	return lookup;
}

/* open(2) ignores what it does not know. */
static int open_how_from_flags(int flags, mode_t mode, struct open_how *how)
{
	mode_t umask = current->fs ? READ_ONCE(current->fs->umask) : 0;

	flags &= O_KNOWN;
	if (flags & O_PATH)
		flags &= O_WITH_PATH;
	else
		flags |= O_LARGEFILE;
	if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY))
		return -EINVAL;
	*how = (struct open_how){ flags, mode & S_IALLUGO & ~umask, open_lookup_flags(flags) };
	return 0;
}

int file_open_at(int dirfd, const char *name, int flags, mode_t mode, struct file **out)
{
	struct open_how how;
	int err = open_how_from_flags(flags, mode, &how);

	return err ? err : open_by_how(dirfd, name, &how, out);
}

int file_open_kernel(const char *name, int flags, mode_t mode, struct file **out)
{
	struct open_how how = { flags | O_LARGEFILE, mode, open_lookup_flags(flags) | LOOKUP_KERNEL };

	return open_by_how(AT_FDCWD, name, &how, out);
}

/* Opens by a user's name and gives it the lowest free descriptor. */
static long open_to_fd(int dirfd, const char __user *path, const struct open_how *how)
{
	struct file *f;
	char *name;
	int fd, err;

	err = path_name_from_user(path, false, &name);
	if (err)
		return err;
	err = open_by_how(dirfd, name, how, &f);
	path_name_free(name);
	if (err)
		return err;
	err = fd_install(f, 0, how->flags & O_CLOEXEC, &fd);
	file_put(f);
	return err ? err : fd;
}

long sys_openat(int dirfd, const char __user *path, int flags, mode_t mode)
{
	struct open_how how;
	int err = open_how_from_flags(flags, mode, &how);

	return err ? err : open_to_fd(dirfd, path, &how);
}

static enum lookup_flags lookup_from_resolve(u64 resolve)
{
	enum lookup_flags lookup = 0;

	if (resolve & RESOLVE_NO_XDEV)
		lookup |= LOOKUP_NO_XDEV;
	if (resolve & RESOLVE_NO_MAGICLINKS)
		lookup |= LOOKUP_NO_MAGIC;
	if (resolve & RESOLVE_NO_SYMLINKS)
		lookup |= LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGIC;
	if (resolve & RESOLVE_BENEATH)
		lookup |= LOOKUP_BENEATH | LOOKUP_NO_MAGIC;
	if (resolve & RESOLVE_IN_ROOT)
		lookup |= LOOKUP_IN_ROOT | LOOKUP_NO_MAGIC;
	return lookup;
}

static int open_how_check(const struct user_open_how *h)
{
	const u64 known = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH |
			  RESOLVE_IN_ROOT;

	if (h->resolve & RESOLVE_CACHED)
		return -EAGAIN;
	if ((h->flags & ~(u64)O_KNOWN) || (h->resolve & ~known))
		return -EINVAL;
	if ((h->resolve & RESOLVE_BENEATH) && (h->resolve & RESOLVE_IN_ROOT))
		return -EINVAL;
	if (h->mode && (!(h->flags & O_CREAT) || (h->mode & ~(u64)S_IALLUGO)))
		return -EINVAL;
	if ((h->flags & O_PATH) && (h->flags & ~(u64)O_WITH_PATH))
		return -EINVAL;
	return 0;
}

/* Copies a structure that may be older (shorter) or newer (longer, then with zeroes) than ours. */
static int open_how_from_user(struct user_open_how *h, const u8 __user *how, size_t size)
{
	u8 byte;

	memset(h, 0, sizeof(*h));
	if (size < sizeof(*h))
		return -EINVAL;
	if (size > PATH_MAX)
		return -E2BIG;
	if (copy_from_user(h, how, sizeof(*h)))
		return -EFAULT;
	for (size_t i = sizeof(*h); i < size; i++) {
		if (get_user(byte, how + i))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return 0;
}

long sys_openat2(int dirfd, const char __user *path, void __user *user_how, size_t size)
{
	struct user_open_how h;
	struct open_how how;
	int err = open_how_from_user(&h, user_how, size);

	if (!err)
		err = open_how_check(&h);
	if (err)
		return err;
	how.flags = (int)h.flags | (h.flags & O_PATH ? 0 : O_LARGEFILE);
	how.mode = (mode_t)h.mode & ~READ_ONCE(current->fs->umask);
	how.lookup = open_lookup_flags(how.flags) | lookup_from_resolve(h.resolve);
	return open_to_fd(dirfd, path, &how);
}
