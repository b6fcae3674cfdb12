/*
 * Open files and the descriptors that name them.  kernel/fs/file.c, kernel/fs/fdtable.c
 */
#pragma once

#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/vfs.h>
#include <uapi/fcntl.h>

struct file;
struct iov_iter;
struct iovec;
struct task;
struct poll_table;
struct mm_map_args;

/* Every op may sleep.  A missing one is -EINVAL (read, write), -ENOTTY (ioctl), always ready (poll). */
struct file_ops {
	const char *name;
	int (*open)(struct inode *inode, struct file *f);
	/* Reads up to n bytes to user or kernel memory (struct iov_iter); *pos is advanced.  Bytes or errno. */
	ssize_t (*read)(struct file *f, struct iov_iter *to, loff_t *pos);
	ssize_t (*write)(struct file *f, struct iov_iter *from, loff_t *pos);
	loff_t (*seek)(struct file *f, loff_t off, int whence); /* NULL: -ESPIPE */
	int (*iterate)(struct file *f, struct dir_context *ctx);
	u32 (*poll)(struct file *f, struct poll_table *pt);      /* POLLIN ... ready now; registers */
	long (*ioctl)(struct file *f, u32 cmd, unsigned long arg);
	/* Whether it can be mapped: 0 by inode.mapping, 1 as anonymous memory, or an errno; none: -ENODEV. */
	int (*mmap)(struct file *f, const struct mm_map_args *args);
	int (*fsync)(struct file *f, bool data_only);
	void (*flush)(struct file *f);                           /* each close(2) */
	void (*release)(struct file *f);                         /* last reference */
};

struct file {
	atomic_t refs;
	int flags;                   /* O_* ; O_APPEND, O_NONBLOCK may change */
	loff_t pos;                  /* (pos_lock) */
	struct mutex pos_lock;
	const struct file_ops *ops;  /* (!) */
	struct inode *inode;         /* (!) may be NULL for anonymous files */
	struct path path;            /* (!) dentry may be NULL */
	void *private;               /* the owner's */
	struct list epoll_items;     /* its places in sets, <kernel/epoll.h> */
	struct list_node all;        /* on all_files */
};

extern struct list all_files;

/* Makes the caches of files and descriptor tables.  Once, before any is used. */
void files_init(void);

/* Whether it was opened for reading (writing). */
bool file_readable(const struct file *f);
bool file_writable(const struct file *f);

/*
 * A place for bytes: a list of user segments, or one kernel buffer.  kernel/fs/iov.c
 * iov_copy_* move up to n bytes and advance; they return the bytes moved (short: a fault, or the end).
 */
struct iov_iter {
	bool kernel;
	const struct iovec *iov;
	u32 count;
	size_t offset;               /* into iov[0] */
	size_t left;                 /* bytes in all */
	u32 flags;                   /* RWF_* of preadv2 and pwritev2; a write op honours RWF_APPEND */
};
void iov_init_user(struct iov_iter *it, struct iovec *single, void __user *p, size_t n);
void iov_init_kernel(struct iov_iter *it, struct iovec *single, void *p, size_t n);
size_t iov_copy_to(struct iov_iter *it, const void *src, size_t n);   /* into the iterator */
size_t iov_copy_from(struct iov_iter *it, void *dst, size_t n);       /* out of it */
size_t iov_zero(struct iov_iter *it, size_t n);

/* An open file without a path (pipe, console, stage result); ops->open is not called.  One reference.  0, -ENFILE, -ENOMEM. */
int file_new(const struct file_ops *ops, int flags, void *private, struct file **out) __must_check;
/* The same with a descriptor of current, which it returns, or an errno; O_CLOEXEC in flags counts.  Takes
 * `private`, from kmalloc(), over: an error frees it or has it released. */
int file_new_fd(const struct file_ops *ops, int flags, void *private) __must_check;
void file_get(struct file *f);
/* The last one calls release, then file_detach() (<kernel/vfs.h>), then frees.  May sleep. */
void file_put(struct file *f);
ssize_t file_read(struct file *f, struct iov_iter *to, loff_t *pos);
ssize_t file_write(struct file *f, struct iov_iter *from, loff_t *pos);
ssize_t file_read_kernel(struct file *f, void *buf, size_t n, loff_t *pos);
ssize_t file_write_kernel(struct file *f, const void *buf, size_t n, loff_t *pos);

struct fd_table; /* kernel/fs/fdtable.c: RCU-free, lock + array that grows; lowest free by bitmap */

int fd_table_new(struct fd_table **out);
int fd_table_copy(struct fd_table *from, struct fd_table **out);
void fd_table_get(struct fd_table *t);
void fd_table_put(struct fd_table *t);
void fd_table_close_on_exec(struct fd_table *t);
/* The file of a descriptor of current, with a reference.  0 or -EBADF. */
int fd_get(int fd, struct file **out) __must_check;
/* Installs at the lowest free descriptor >= from; takes its own reference.  0 with *fd, or -EMFILE. */
int fd_install(struct file *f, int from, bool cloexec, int *fd) __must_check;
int fd_install_at(struct fd_table *t, struct file *f, int fd, bool cloexec) __must_check;
int fd_close(int fd);
