/*
 * Reading and writing a file through its pages.  Holes are pages that are not there: they read as zeroes
 * and are made by the first write.
 *
 * A write holds inode.lock, a read nothing: a read beside a write may see a part of it, as on Linux.  The
 * program's buffer may be a mapping of the same file, so no page lock is held while bytes are copied.
 */
#include <kernel/filemap.h>

#include <kernel/errno.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/proc.h>
#include <kernel/signal.h>
#include <kernel/string.h>
#include <uapi/uio.h>

#include "fs_internal.h"

/* Copies what is in one page, or zeroes where there is none.  Bytes; fewer than n after a fault. */
static size_t filemap_read_page(struct inode *inode, struct iov_iter *to, loff_t pos, size_t n)
{
	struct page *p;
	size_t done;

	if (page_mapping_get(&inode->mapping, (u64)pos >> PAGE_SHIFT, false, &p))
		return iov_zero(to, n);
	done = iov_copy_to(to, (char *)page_virt(p) + pos % PAGE_SIZE, n);
	page_put(p);
	return done;
}

ssize_t filemap_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct inode *inode = f->inode;
	ssize_t total = 0;

	while (to->left > 0) {
		loff_t size = READ_ONCE(inode->size);
		size_t n = MIN(to->left, (size_t)(PAGE_SIZE - *pos % PAGE_SIZE)), done;

		if (*pos >= size)
			break;
		n = MIN(n, (size_t)(size - *pos));
		done = filemap_read_page(inode, to, *pos, n);
		*pos += done;
		total += done;
		if (done < n)
			return total ? total : -EFAULT;
	}
	if (!(f->flags & O_NOATIME))
		inode_accessed(inode, f->path.mnt);
	return total;
}

/* Cuts a write at the file size limit; one that begins there is answered with SIGXFSZ. */
static int filemap_write_limit(struct iov_iter *from, loff_t pos)
{
	u64 limit = current->proc ? current->proc->limits[RLIMIT_FSIZE].rlim_cur : RLIM_INFINITY;

	if (pos < 0)
		return -EINVAL;
	if ((u64)pos >= limit) {
		signal_kernel(current->proc, SIGXFSZ);
		return -EFBIG;
	}
	if (pos >= FILE_SIZE_MAX - (loff_t)from->left)
		return -EFBIG;
	from->left = MIN(from->left, (size_t)MIN(limit - (u64)pos, (u64)FILE_SIZE_MAX));
	return 0;
}

/* Fills one page from the iterator; bytes or an errno. */
static ssize_t filemap_write_page(struct inode *inode, struct iov_iter *from, loff_t pos, size_t n)
{
	struct page *p;
	size_t done;
	int err;

	err = page_mapping_get(&inode->mapping, (u64)pos >> PAGE_SHIFT, true, &p);
	if (err)
		return err == -ENOMEM ? -ENOSPC : err;
	done = iov_copy_from(from, (char *)page_virt(p) + pos % PAGE_SIZE, n);
	page_mapping_written(p);
	page_put(p);
	return done ? (ssize_t)done : -EFAULT;
}

/* Copies it all, with inode.lock; the bytes written, or an errno when there are none. */
static ssize_t filemap_write_locked(struct inode *inode, struct iov_iter *from, loff_t *pos)
{
	ssize_t total = 0;

	while (from->left > 0) {
		size_t n = MIN(from->left, (size_t)(PAGE_SIZE - *pos % PAGE_SIZE));
		ssize_t done = filemap_write_page(inode, from, *pos, n);

		if (done < 0)
			return total ? total : done;
		*pos += done;
		total += done;
		if (*pos > inode->size)
			WRITE_ONCE(inode->size, *pos);
		if ((size_t)done < n)
			break;
	}
	return total;
}

ssize_t filemap_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	struct inode *inode = f->inode;
	ssize_t n;

	if (from->left == 0)
		return 0;
	mutex_lock(&inode->lock);
	if ((f->flags & O_APPEND) || (from->flags & RWF_APPEND))
		*pos = inode->size;
	n = filemap_write_limit(from, *pos);
	if (!n && (inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		n = -EPERM;
	if (!n && (inode->seals & F_SEAL_GROW) && *pos + (loff_t)from->left > inode->size)
		n = -EPERM;
	if (!n)
		n = filemap_write_locked(inode, from, pos);
	if (n > 0) {
		inode_touch(inode, false, true, true);
		inode_drop_setid_unprivileged(inode);
	}
	mutex_unlock(&inode->lock);
	return n;
}

/* SEEK_DATA and SEEK_HOLE: the first byte at or behind `off` that is (not) in a page. */
static loff_t filemap_seek_extent(struct inode *inode, loff_t off, bool data)
{
	loff_t size = READ_ONCE(inode->size);
	u64 index = (u64)off >> PAGE_SHIFT, found;

	if (off < 0 || off >= size)
		return -ENXIO;
	if (data) {
		if (page_mapping_next(&inode->mapping, index, &found))
			return -ENXIO;
		off = MAX(off, (loff_t)(found << PAGE_SHIFT));
		return off < size ? off : -ENXIO;
	}
	while (page_mapping_next(&inode->mapping, index, &found) == 0 && found == index)
		off = (loff_t)(++index << PAGE_SHIFT);
	return MIN(off, size);
}

loff_t filemap_seek(struct file *f, loff_t off, int whence)
{
	struct inode *inode = f->inode;
	loff_t base = 0;

	if (whence == SEEK_DATA || whence == SEEK_HOLE) {
		off = filemap_seek_extent(inode, off, whence == SEEK_DATA);
		if (off >= 0)
			f->pos = off;
		return off;
	}
	if (whence == SEEK_CUR)
		base = f->pos;
	else if (whence == SEEK_END)
		base = READ_ONCE(inode->size);
	if (__builtin_add_overflow(base, off, &off))
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = off;
	return off;
}

int filemap_mmap(struct file *f, const struct mm_map_args *args)
{
	bool shared_write = (args->flags & AREA_SHARED) && (args->prot & PROT_WRITE);

	if (shared_write && (f->inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return -EPERM;
	if (f->path.mnt && (f->path.mnt->flags & MS_NOEXEC) && (args->prot & PROT_EXEC))
		return -EPERM;
	if (!(f->flags & O_NOATIME))
		inode_accessed(f->inode, f->path.mnt);
	return 0;
}

/* Zeroes [from, to) inside one page, if it is there. */
static void filemap_zero_part(struct inode *inode, loff_t from, loff_t to)
{
	struct page *p;

	if (from >= to || page_mapping_get(&inode->mapping, (u64)from >> PAGE_SHIFT, false, &p))
		return;
	memset((char *)page_virt(p) + from % PAGE_SIZE, 0, (size_t)(to - from));
	page_mapping_written(p);
	page_put(p);
}

int filemap_truncate(struct inode *inode, loff_t size)
{
	loff_t old = inode->size;

	ASSERT(mutex_held(&inode->lock));
	/* The size first: a fault beyond it from now on is a SIGBUS and makes no page. */
	WRITE_ONCE(inode->size, size);
	if (size < old) {
		filemap_zero_part(inode, size, ALIGN_UP(size, (loff_t)PAGE_SIZE));
		page_mapping_truncate(&inode->mapping, ((u64)size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	}
	return 0;
}

int filemap_zero(struct inode *inode, loff_t from, loff_t to)
{
	ASSERT(mutex_held(&inode->lock));
	while (from < to) {
		loff_t end = MIN(ALIGN_DOWN(from, (loff_t)PAGE_SIZE) + PAGE_SIZE, to);
		u64 next;

		filemap_zero_part(inode, from, end);
		/* Over a hole in one step. */
		if (page_mapping_next(&inode->mapping, (u64)end >> PAGE_SHIFT, &next))
			break;
		from = MAX(end, (loff_t)(next << PAGE_SHIFT));
	}
	return 0;
}
