/*
 * A map from u64 to a pointer: a tree of 64-way nodes, as high as its largest index needs.  Pages of
 * a file, descriptors and processes live in such trees.  NULL cannot be stored.  The caller locks.
 */
#pragma once

#include <kernel/types.h>

enum {
	RADIX_BITS = 6,
	RADIX_WAYS = 1 << RADIX_BITS,
};

struct radix_node {
	void *slots[RADIX_WAYS]; /* children, or entries on level 0 */
	u32 used;                /* slots that are not NULL */
	u32 level;               /* 0 holds entries */
};

/* Where nodes come from: alloc returns zeroed memory or NULL. */
struct radix_ops {
	void *(*alloc)(size_t size);
	void (*free)(void *node);
};

struct radix {
	struct radix_node *root; /* NULL when empty */
	const struct radix_ops *ops;
	u64 count; /* entries */
};

void radix_init(struct radix *r, const struct radix_ops *ops);

/* The entry, or NULL. */
void *radix_lookup(const struct radix *r, u64 index);

/* The RADIX_WAYS slots among which index and its neighbours are; NULL when none of them has an entry. */
void *const *radix_neighbours(const struct radix *r, u64 index);

/* 0, -EEXIST (taken), -EINVAL (NULL entry) or -ENOMEM.  Sleeps only if ops->alloc does. */
int radix_insert(struct radix *r, u64 index, void *entry);

/* Puts `entry` where there is one already and returns the old one; NULL and no change if none. */
void *radix_replace(struct radix *r, u64 index, void *entry);

/* Takes the entry out and returns it, or NULL; empty nodes are freed. */
void *radix_remove(struct radix *r, u64 index);

/* The first entry at or above *index, which is set to its place; NULL when there is none. */
void *radix_next(const struct radix *r, u64 *index);

/* Frees all nodes; the entries are the caller's business. */
void radix_destroy(struct radix *r);

/* Walks the entries in order; `index` (a u64) is the place of each. */
#define radix_for_each(entry, index, r)                                                            \
	for ((index) = 0; ((entry) = radix_next((r), &(index))) != NULL; (index)++)
