/*
 * Descriptors: small numbers that name open files, per process (CLONE_FILES shares the table).  Two
 * bitmaps beside the array say which are taken and which close on exec; the lowest free one is found by
 * its first clear bit.  The first 64 live in the table itself, so that most processes never grow it.
 *
 * Linux reads the table without a lock (RCU); here a spin lock is held for the two loads.
 * Fields: (t) fd_table.lock  (a) atomic
 */
#include <kernel/file.h>

#include <kernel/bitmap.h>
#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/file_lock.h>
#include <kernel/proc.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/task.h>

struct fd_table {
	atomic_t refs;       /* (a) tasks that use it */
	struct spinlock lock;
	u32 size;            /* (t) places in files[]; a multiple of 64 */
	u32 lowest;          /* (t) everything below is taken */
	struct file **files; /* (t) inline_files or kmalloc() */
	u64 *taken;          /* (t) NULL file with its bit set: being opened */
	u64 *cloexec;        /* (t) */
	struct file *inline_files[FD_INLINE];
	u64 inline_taken;
	u64 inline_cloexec;
};

static struct cache *fd_table_cache;

void fdtable_init(void)
{
	fd_table_cache = cache_create("fd_table", sizeof(struct fd_table), 0, CACHE_ZERO);
}

int fd_table_new(struct fd_table **out)
{
	struct fd_table *t = cache_alloc(fd_table_cache, ALLOC_ZERO);

	if (!t)
		return -ENOMEM;
	atomic_store(&t->refs, 1);
	spin_init(&t->lock, "fd_table");
	t->size = FD_INLINE;
	t->files = t->inline_files;
	t->taken = &t->inline_taken;
	t->cloexec = &t->inline_cloexec;
	*out = t;
	return 0;
}

void fd_table_get(struct fd_table *t)
{
	atomic_inc(&t->refs);
}

bool fd_table_is_shared(const struct fd_table *t)
{
	return atomic_load(&t->refs) > 1;
}

/* ---- growing -------------------------------------------------------------------------------- */

/* One block: the array, then both bitmaps. */
static size_t fd_block_size(u32 size)
{
	return size * sizeof(struct file *) + 2 * BITMAP_WORDS(size) * sizeof(u64);
}

static void fd_block_free(struct fd_table *t, struct file **files)
{
	if (files != t->inline_files)
		kfree(files);
}

/* Moves the table into a larger block.  Returns the old one, to be freed without the lock. */
static struct file **fd_table_move(struct fd_table *t, void *block, u32 size) REQUIRES(t->lock)
{
	struct file **old = t->files;
	u64 *taken = (u64 *)((struct file **)block + size);
	u64 *cloexec = taken + BITMAP_WORDS(size);

	memcpy(block, t->files, t->size * sizeof(struct file *));
	memcpy(taken, t->taken, BITMAP_WORDS(t->size) * sizeof(u64));
	memcpy(cloexec, t->cloexec, BITMAP_WORDS(t->size) * sizeof(u64));
	t->files = block;
	t->taken = taken;
	t->cloexec = cloexec;
	t->size = size;
	return old;
}

/* Makes room for descriptor fd.  0, or -EMFILE when memory or the fixed limit says no.  May sleep. */
static int fd_table_grow(struct fd_table *t, u32 fd)
{
	struct file **unused;
	u32 size = FD_INLINE;
	void *block;

	if (fd >= FD_MAX)
		return -EMFILE;
	while (size <= fd)
		size *= 2;
	block = kzalloc(fd_block_size(size), 0);
	if (!block)
		return -ENOMEM;
	spin_lock(&t->lock);
	/* Another thread may have grown it while we allocated. */
	unused = t->size < size ? fd_table_move(t, block, size) : block;
	spin_unlock(&t->lock);
	fd_block_free(t, unused);
	return 0;
}

/* ---- taking and giving back ------------------------------------------------------------------ */

static void fd_mark(struct fd_table *t, u32 fd, struct file *f, bool cloexec) REQUIRES(t->lock)
{
	t->files[fd] = f;
	bitmap_set(t->taken, fd);
	if (cloexec)
		bitmap_set(t->cloexec, fd);
	else
		bitmap_clear(t->cloexec, fd);
}

/* Takes the file out; NULL when there is none. */
static struct file *fd_take_out(struct fd_table *t, u32 fd) REQUIRES(t->lock)
{
	struct file *f;

	if (fd >= t->size)
		return NULL;
	f = t->files[fd];
	if (!f)
		return NULL;
	t->files[fd] = NULL;
	bitmap_clear(t->taken, fd);
	bitmap_clear(t->cloexec, fd);
	t->lowest = MIN(t->lowest, fd);
	return f;
}

/* What close(2) does with a file besides dropping the descriptor. */
static void fd_file_close(const struct fd_table *t, struct file *f)
{
	if (f->inode && f->inode->locks)
		file_locks_close(f, t);
	if (f->ops && f->ops->flush)
		f->ops->flush(f);
	file_put(f);
}

static u32 fd_limit(void)
{
	u64 limit = current->proc ? current->proc->limits[RLIMIT_NOFILE].rlim_cur : FD_MAX;

	return (u32)MIN(limit, (u64)FD_MAX);
}

int fd_install(struct file *f, int from, bool cloexec, int *fd)
{
	struct fd_table *t = current->fds;
	u32 limit = fd_limit();
	u32 n;
	int err;

	for (;;) {
		spin_lock(&t->lock);
		n = (u32)bitmap_find_zero(t->taken, t->size, MAX((u32)from, t->lowest));
		if (n < t->size && n < limit) {
			fd_mark(t, n, f, cloexec);
			/* The search began at `lowest`: what it passed is taken. */
			if ((u32)from <= t->lowest)
				t->lowest = n + 1;
			spin_unlock(&t->lock);
			file_get(f);
			*fd = (int)n;
			return 0;
		}
		spin_unlock(&t->lock);
		n = MAX(n, (u32)from);
		if (n >= limit)
			return -EMFILE;
		err = fd_table_grow(t, n);
		if (err)
			return err;
	}
}

int fd_install_at(struct fd_table *t, struct file *f, int fd, bool cloexec)
{
	struct file *old;
	bool fits;
	int err;

	for (;;) {
		spin_lock(&t->lock);
		fits = (u32)fd < t->size;
		if (fits) {
			old = fd_take_out(t, (u32)fd);
			fd_mark(t, (u32)fd, f, cloexec);
		}
		spin_unlock(&t->lock);
		if (fits)
			break;
		err = fd_table_grow(t, (u32)fd);
		if (err)
			return err;
	}
	file_get(f);
	if (old)
		fd_file_close(t, old);
	return 0;
}

int fd_get(int fd, struct file **out)
{
	struct fd_table *t = current->fds;
	struct file *f = NULL;

	if (unlikely(!t))
		return -EBADF;
	spin_lock(&t->lock);
	if ((u32)fd < t->size)
		f = t->files[fd];
	if (f)
		file_get(f);
	spin_unlock(&t->lock);
	if (!f)
		return -EBADF;
	*out = f;
	return 0;
}

int fd_get_file(int fd, struct file **out)
{
	int err = fd_get(fd, out);

	if (err)
		return err;
	if ((*out)->flags & O_PATH) {
		file_put(*out);
		return -EBADF;
	}
	return 0;
}

int fd_close(int fd)
{
	struct fd_table *t = current->fds;
	struct file *f;

	spin_lock(&t->lock);
	f = fd_take_out(t, (u32)fd);
	spin_unlock(&t->lock);
	if (!f)
		return -EBADF;
	fd_file_close(t, f);
	return 0;
}

int fd_cloexec_get(int fd, bool *cloexec)
{
	struct fd_table *t = current->fds;
	int err = -EBADF;

	spin_lock(&t->lock);
	if ((u32)fd < t->size && t->files[fd]) {
		*cloexec = bitmap_test(t->cloexec, (u32)fd);
		err = 0;
	}
	spin_unlock(&t->lock);
	return err;
}

int fd_cloexec_set(int fd, bool cloexec)
{
	struct fd_table *t = current->fds;
	int err = -EBADF;

	spin_lock(&t->lock);
	if ((u32)fd < t->size && t->files[fd]) {
		fd_mark(t, (u32)fd, t->files[fd], cloexec);
		err = 0;
	}
	spin_unlock(&t->lock);
	return err;
}

u32 fd_table_size(struct fd_table *t)
{
	return READ_ONCE(t->size);
}

int fd_table_next(struct fd_table *t, u32 from, struct file **out)
{
	struct file *f = NULL;
	u32 fd;

	spin_lock(&t->lock);
	for (fd = from; fd < t->size; fd++) {
		fd = (u32)bitmap_find_set(t->taken, t->size, fd);
		if (fd >= t->size)
			break;
		f = t->files[fd];
		if (f)
			break;
	}
	if (f)
		file_get(f);
	spin_unlock(&t->lock);
	if (!f)
		return -ENOENT;
	*out = f;
	return (int)fd;
}

/* ---- whole tables ---------------------------------------------------------------------------- */

/* Copies all entries; the new table is not shared yet.  False when it is too small by now. */
static bool fd_table_fill(struct fd_table *to, struct fd_table *from)
{
	bool fits;
	u32 fd;

	spin_lock(&from->lock);
	fits = from->size <= to->size;
	for (fd = 0; fits && fd < from->size; fd++) {
		fd = (u32)bitmap_find_set(from->taken, from->size, fd);
		if (fd >= from->size)
			break;
		if (!from->files[fd])
			continue;
		file_get(from->files[fd]);
		fd_mark(to, fd, from->files[fd], bitmap_test(from->cloexec, fd));
	}
	to->lowest = from->lowest;
	spin_unlock(&from->lock);
	return fits;
}

int fd_table_copy(struct fd_table *from, struct fd_table **out)
{
	struct fd_table *t;
	int err;

	err = fd_table_new(&t);
	if (err)
		return err;
	while (!fd_table_fill(t, from)) {
		err = fd_table_grow(t, from->size - 1);
		if (err) {
			fd_table_put(t);
			return err;
		}
	}
	*out = t;
	return 0;
}

int fd_table_unshare(void)
{
	struct fd_table *own, *shared = current->fds;
	irqflags_t flags;
	int err;

	err = fd_table_copy(shared, &own);
	if (err)
		return err;
	/* Under the lock, because /proc takes references of it there. */
	flags = spin_lock_irqsave(&current->proc->sig_lock);
	current->fds = own;
	spin_unlock_irqrestore(&current->proc->sig_lock, flags);
	fd_table_put(shared);
	return 0;
}

void fd_table_put(struct fd_table *t)
{
	struct file *f;
	u32 fd;

	if (atomic_dec_return(&t->refs) > 0)
		return;
	/* Nobody else sees it any more: no lock, and closing may sleep. */
	bitmap_for_each(fd, t->taken, t->size) {
		f = t->files[fd];
		if (f)
			fd_file_close(t, f);
	}
	fd_block_free(t, t->files);
	cache_free(fd_table_cache, t);
}

void fd_table_close_on_exec(struct fd_table *t)
{
	struct file *f;
	u32 fd;

	for (;;) {
		spin_lock(&t->lock);
		fd = (u32)bitmap_find_set(t->cloexec, t->size, 0);
		f = fd < t->size ? fd_take_out(t, fd) : NULL;
		spin_unlock(&t->lock);
		if (!f)
			return;
		fd_file_close(t, f);
	}
}
