/*
 * Reading and writing a file through its pages; for file systems that keep them in inode.mapping.
 * kernel/fs/filemap.c
 */
#pragma once

#include <kernel/file.h>
#include <kernel/vfs.h>

/* file_ops.read, .write, .seek, .mmap of such files.  Holes read as zeroes. */
ssize_t filemap_read(struct file *f, struct iov_iter *to, loff_t *pos);
ssize_t filemap_write(struct file *f, struct iov_iter *from, loff_t *pos);
loff_t filemap_seek(struct file *f, loff_t off, int whence);
int filemap_mmap(struct file *f, const struct mm_map_args *args);
/* inode_ops.truncate: drops the pages behind size and zeroes the rest of its last one. */
int filemap_truncate(struct inode *inode, loff_t size) REQUIRES(inode->lock);
/* Writes zeroes over [from, to) where there are pages. */
int filemap_zero(struct inode *inode, loff_t from, loff_t to) REQUIRES(inode->lock);

#define FILE_SIZE_MAX ((loff_t)0x7fffffffffffffff)
