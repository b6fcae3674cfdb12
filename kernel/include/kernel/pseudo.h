/*
 * File systems whose content is made up when it is asked for: what procfs, sysfs and devpts are built of.
 * kernel/fs/pseudo.c, kernel/fs/pseudo_text.c
 *
 * A file system is a tree of constant tables of struct pseudo_node.  A directory may also have names found
 * by functions (/proc/PID); such a name carries a key (the pid, say) that everything below it is called with.
 * Functions run in process context and may sleep.
 */
#pragma once

#include <kernel/file.h>
#include <kernel/vfs.h>

/* A text that grows; after -ENOMEM it takes no more. */
struct pseudo_text {
	char *buf;
	size_t len, size;
	int err;
};
void pseudo_printf(struct pseudo_text *t, const char *fmt, ...) __printf(2, 3);
void pseudo_append(struct pseudo_text *t, const void *data, size_t n);

struct pseudo_node;

/* Names found by functions, beside the table of the directory. */
struct pseudo_dynamic {
	/* 0 with what the name is and the key below it, or -ENOENT. */
	int (*lookup)(u64 key, const char *name, size_t len, const struct pseudo_node **node, u64 *child);
	/*
	 * The first name at or after *pos (from 0 up, the directory's own numbering, stable while read): 0 with
	 * *pos set to its place, name and node; -ENOENT at the end.
	 */
	int (*next)(u64 key, u64 *pos, char name[NAME_MAX + 1], const struct pseudo_node **node, u64 *child);
};

struct pseudo_node {
	const char *name;                   /* NULL ends a table; unused for what `dynamic` finds */
	mode_t mode;                        /* with S_IFMT: directory, file, symlink or device */
	const struct pseudo_node *children; /* directory */
	const struct pseudo_dynamic *dynamic; /* directory */
	/* File: its whole text, made at the first read and anew at offset 0.  0 or an errno for read(2). */
	int (*show)(struct pseudo_text *t, u64 key);
	/* File: one write(2), as a terminated copy of at most a page.  0 or an errno. */
	int (*store)(const char *text, size_t n, u64 key);
	/* Symlink: its text, the length or an errno. */
	int (*readlink)(u64 key, char *buf, size_t n);
	/* Symlink that jumps: a path with references. */
	int (*follow)(u64 key, struct path *out);
	const struct file_ops *fops;        /* file: instead of show and store; pseudo_key(f->inode) */
	dev_t (*rdev)(u64 key);             /* device node */
	/* Its owner; NULL: root.  -ENOENT when it has gone. */
	int (*owner)(u64 key, uid_t *uid, gid_t *gid);
};

/* A super block that shows `root`; for fs_type.mount.  0 or -ENOMEM. */
int pseudo_super_new(const char *type, u64 magic, const struct pseudo_node *root,
		     struct super_block **out) __must_check;
/* The key of a pseudo file system's inode. */
u64 pseudo_key(const struct inode *inode);
