/* What of the descriptor table only fcntl, dup, ioctl and /proc need.  kernel/fs/fdtable.c */
#pragma once

#include <kernel/file.h>

enum {
	FD_INLINE = 64,      /* descriptors in the table itself */
	FD_MAX    = 1 << 18, /* whatever RLIMIT_NOFILE says */
};

/* Makes the cache of tables.  Boot CPU, once. */
void fdtable_init(void);

/* fd_get() for calls that do not work on O_PATH descriptors: those are -EBADF. */
int fd_get_file(int fd, struct file **out) __must_check;

/* Reads or sets FD_CLOEXEC of a descriptor of current.  0 or -EBADF. */
int fd_cloexec_get(int fd, bool *cloexec);
int fd_cloexec_set(int fd, bool cloexec);

/* The first open descriptor >= from: its number, and its file with a reference; -ENOENT at the end. */
int fd_table_next(struct fd_table *t, u32 from, struct file **out);

/* Whether somebody besides the caller uses the table (CLONE_FILES). */
bool fd_table_is_shared(const struct fd_table *t);

/* How many descriptors there are places for: every open one is below. */
u32 fd_table_size(struct fd_table *t);

/* Gives current a copy of its table for its own.  0 or -ENOMEM.  May sleep. */
int fd_table_unshare(void);
