/*
 * Advisory locks on files: POSIX locks of fcntl(2), open file description locks, and flock(2).
 * kernel/fs/file_lock.c; ranges and their arithmetic in kernel/fs/lock_range.c
 */
#pragma once

#include <kernel/file.h>

struct fd_table;

/* fcntl's F_GETLK, F_SETLK, F_SETLKW and their F_OFD_ forms; arg points to a struct flock.
 * 0, -EAGAIN, -EDEADLK, -EBADF, -EINVAL, -EOVERFLOW, -EFAULT, -ENOLCK, -ERESTARTSYS.  May sleep. */
long file_lock_fcntl(struct file *f, u32 cmd, void __user *arg);
/* A descriptor of this table is closed: its POSIX locks on the file go, whoever else has it open. */
void file_locks_close(struct file *f, const struct fd_table *t);
/* The last reference of an open file goes, and what it locked with it. */
void file_locks_release(struct file *f);
/* An inode goes: it has no locks any more. */
void file_locks_free(struct inode *inode);
