/* Pipes and FIFOs.  kernel/fs/pipe.c */
#pragma once

#include <kernel/file.h>

enum {
	PIPE_BUF          = 4096,    /* a write of at most this many bytes is never torn apart */
	PIPE_SIZE_FIRST   = 4096,    /* what a new pipe's ring has; it grows when it is full */
	PIPE_SIZE_DEFAULT = 65536,   /* up to this */
	PIPE_SIZE_MAX     = 1 << 20, /* or what F_SETPIPE_SZ asked for */
};

extern struct list all_pipes; /* struct pipe.all */

/* Two open files, the read end and the write end; one reference each.  0, -ENFILE or -ENOMEM. */
int pipe_new(int flags, struct file **reader, struct file **writer) __must_check;

/* F_GETPIPE_SZ, F_SETPIPE_SZ: the size, -EBADF (no pipe), -EINVAL, -EPERM, -EBUSY (holds more) or -ENOMEM. */
long pipe_size_get(struct file *f);
long pipe_size_set(struct file *f, unsigned long size);

/* What opening a FIFO's inode does: waits for the other end unless O_NONBLOCK. */
extern const struct file_ops fifo_ops;
