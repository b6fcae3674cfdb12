/*
 * The names of a directory in memory: found by name, and read in the order of their cookies, which never
 * change or come back.  kernel/fs/tmpfs/dir_index.c: no kernel state, tested on the host.  The caller locks.
 */
#pragma once

#include <kernel/rbtree.h>
#include <kernel/types.h>

struct inode;

struct dir_entry {
	struct rb_node by_name;   /* keyed by (hash, name) */
	struct rb_node by_cookie;
	u64 cookie;
	struct inode *inode;      /* the owner's; a reference */
	u32 hash;
	u8 name_len;
	char name[];              /* not terminated */
};

struct dir_index {
	struct rb_tree by_name, by_cookie;
	u64 next_cookie;
	u32 count;
};

enum { DIR_COOKIE_FIRST = 2 }; /* 0 and 1 are "." and ".." */

void dir_index_init(struct dir_index *d);
/* The entry or NULL. */
struct dir_entry *dir_index_find(const struct dir_index *d, const char *name, u32 len);
/* Adds e (name, name_len set by the caller) with a new cookie.  0 or -EEXIST. */
int dir_index_insert(struct dir_index *d, struct dir_entry *e);
void dir_index_remove(struct dir_index *d, struct dir_entry *e);
/* The entry with the lowest cookie >= from, or NULL. */
struct dir_entry *dir_index_from(const struct dir_index *d, u64 from);
