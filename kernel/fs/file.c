/*
 * Open files: what descriptors share after dup(2) and fork(2).  Opened by open.c, pipe.c and drivers;
 * read and written through rw.c or by the kernel itself.  Freed with the last reference, which may be
 * dropped wherever sleeping is allowed.
 */
#include <kernel/file.h>

#include <kernel/epoll.h>
#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/spinlock.h>
#include <uapi/uio.h>

enum { FILES_MAX = 65536 };

struct list all_files = LIST_INIT(all_files);
static struct spinlock all_files_lock = SPINLOCK_INIT("all_files");
static u32 file_count; /* (all_files_lock) */
static struct cache *file_cache;

void files_init(void)
{
	file_cache = cache_create("file", sizeof(struct file), 0, CACHE_ZERO);
	fdtable_init();
}

/* Puts the file on the list, unless there are too many. */
static int file_count_in(struct file *f)
{
	int err = 0;

	spin_lock(&all_files_lock);
	if (file_count < FILES_MAX) {
		list_push_back(&all_files, &f->all);
		file_count++;
	} else {
		err = -ENFILE;
	}
	spin_unlock(&all_files_lock);
	return err;
}

static void file_count_out(struct file *f)
{
	spin_lock(&all_files_lock);
	list_remove(&f->all);
	file_count--;
	spin_unlock(&all_files_lock);
}

int file_new(const struct file_ops *ops, int flags, void *private, struct file **out)
{
	struct file *f = cache_alloc(file_cache, ALLOC_ZERO);

	if (!f)
		return -ENOMEM;
	atomic_store(&f->refs, 1);
	mutex_init(&f->pos_lock, "file.pos");
	f->flags = flags;
	f->ops = ops;
	f->private = private;
	list_init(&f->epoll_items);
	if (file_count_in(f)) {
		cache_free(file_cache, f);
		return -ENFILE;
	}
	*out = f;
	return 0;
}

int file_new_fd(const struct file_ops *ops, int flags, void *private)
{
	struct file *f;
	int err, fd;

	err = file_new(ops, flags & ~O_CLOEXEC, private, &f);
	if (err) {
		kfree(private);
		return err;
	}
	err = fd_install(f, 0, flags & O_CLOEXEC, &fd);
	file_put(f);
	return err ? err : fd;
}

void file_get(struct file *f)
{
	int refs = atomic_inc_return(&f->refs);

	ASSERT(refs > 1);
}

void file_put(struct file *f)
{
	int refs = atomic_dec_return(&f->refs);

	ASSERT(refs >= 0);
	if (refs > 0)
		return;
	file_count_out(f);
	if (!list_empty(&f->epoll_items))
		epoll_forget(f);
	if (f->ops && f->ops->release)
		f->ops->release(f);
	file_detach(f);
	cache_free(file_cache, f);
}

bool file_readable(const struct file *f)
{
	return (f->flags & O_ACCMODE) != O_WRONLY && !(f->flags & O_PATH);
}

bool file_writable(const struct file *f)
{
	return (f->flags & O_ACCMODE) != O_RDONLY && !(f->flags & O_PATH);
}

ssize_t file_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	if (!file_readable(f))
		return -EBADF;
	if (!f->ops->read)
		return f->inode && S_ISDIR(f->inode->mode) ? -EISDIR : -EINVAL;
	return f->ops->read(f, to, pos);
}

ssize_t file_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	if (!file_writable(f))
		return -EBADF;
	if (!f->ops->write)
		return -EINVAL;
	return f->ops->write(f, from, pos);
}

ssize_t file_read_kernel(struct file *f, void *buf, size_t n, loff_t *pos)
{
	struct iovec single;
	struct iov_iter it;

	iov_init_kernel(&it, &single, buf, n);
	return file_read(f, &it, pos);
}

ssize_t file_write_kernel(struct file *f, const void *buf, size_t n, loff_t *pos)
{
	struct iovec single;
	struct iov_iter it;

	/* Only read through: the iterator has no const. */
	iov_init_kernel(&it, &single, (void *)buf, n);
	return file_write(f, &it, pos);
}
