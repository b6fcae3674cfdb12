/*
 * The cache of names: a hash of (parent, name) over dentries, negative ones too.
 *
 * A dentry holds a reference on its parent, so that a path always leads to its root.  Unreferenced ones
 * stay, oldest first, on one list of bounded length; a name comes back from it for the price of a look-up
 * in the hash.  Everything that path walking reads changes under dcache_lock only, and a dentry is freed
 * only after it was unhashed under it: whoever holds the lock may follow pointers without references.
 *
 * Simplified compared with Linux: one lock instead of RCU and sequence counts; an unlinked name never
 * becomes a negative dentry, it leaves the hash.
 */
#include <kernel/dentry.h>

#include <kernel/errno.h>
#include <kernel/hash.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/string.h>

#include "fs_internal.h"

struct spinlock dcache_lock = SPINLOCK_INIT("dcache");
struct dcache_stats dcache_stats;

static struct dentry *dcache_table[1 << DCACHE_HASH_BITS]; /* (d) */
static struct list dcache_unused = LIST_INIT(dcache_unused); /* (d) oldest first */
static struct cache *dentry_cache;

void dcache_init(void)
{
	dentry_cache = cache_create("dentry", sizeof(struct dentry), 0, CACHE_ZERO);
}

u32 dentry_hash_mix(const struct dentry *parent, u32 name_hash)
{
	return name_hash ^ hash_pointer(parent, 32);
}

u32 dentry_hash(const struct dentry *parent, const char *name, u32 len)
{
	return dentry_hash_mix(parent, hash_bytes(name, len));
}

static struct dentry **dcache_bucket(u32 hash)
{
	return &dcache_table[(hash ^ hash >> DCACHE_HASH_BITS) & (ARRAY_SIZE(dcache_table) - 1)];
}

struct dentry *dentry_find(const struct dentry *parent, const char *name, u32 len, u32 hash)
{
	struct dentry *d;

	ASSERT(spin_held(&dcache_lock));
	for (d = *dcache_bucket(hash); d; d = d->hash_next) {
		if (d->hash == hash && d->parent == parent && d->name_len == len &&
		    memcmp(d->name, name, len) == 0) {
			dcache_stats.hits++;
			return d;
		}
	}
	return NULL;
}

static void dentry_hash_in(struct dentry *d) REQUIRES(dcache_lock)
{
	struct dentry **bucket = dcache_bucket(d->hash);

	d->hash_next = *bucket;
	*bucket = d;
	d->state = DENTRY_CACHED;
}

/* Leaves the hash for the given state. */
static void dentry_hash_out(struct dentry *d, enum dentry_state state) REQUIRES(dcache_lock)
{
	struct dentry **link = dcache_bucket(d->hash);

	if (d->state == DENTRY_CACHED) {
		while (*link != d)
			link = &(*link)->hash_next;
		*link = d->hash_next;
		d->hash_next = NULL;
	}
	d->state = state;
}

static int dentry_set_name(struct dentry *d, const char *name, u32 len)
{
	d->name = d->inline_name;
	if (len >= sizeof(d->inline_name)) {
		d->name = kmalloc(len + 1, 0);
		if (!d->name)
			return -ENOMEM;
	}
	memcpy(d->name, name, len);
	d->name[len] = 0;
	d->name_len = len;
	return 0;
}

/* A negative dentry, uncached, with one reference. */
static int dentry_new(struct super_block *sb, const char *name, u32 len, struct dentry **out)
{
	struct dentry *d = cache_alloc(dentry_cache, 0);

	if (!d)
		return -ENOMEM;
	if (dentry_set_name(d, name, len)) {
		cache_free(dentry_cache, d);
		return -ENOMEM;
	}
	atomic_store_relaxed(&d->refs, 1);
	list_init(&d->children);
	d->state = DENTRY_UNCACHED;
	d->sb = sb;
	*out = d;
	return 0;
}

static void dentry_free(struct dentry *d)
{
	if (d->inode)
		inode_put(d->inode);
	if (d->name != d->inline_name)
		kfree(d->name);
	cache_free(dentry_cache, d);
}

static void dentry_free_list(struct list *dead)
{
	struct dentry *d;

	while ((d = list_pop_front_entry(dead, struct dentry, unused)) != NULL)
		dentry_free(d);
}

/* Takes an unreferenced dentry out of the tree, onto `dead`; its parent, which lost a reference. */
static struct dentry *dentry_cut(struct dentry *d, struct list *dead) REQUIRES(dcache_lock)
{
	struct dentry *parent = d->parent == d ? NULL : d->parent;

	if (d->state == DENTRY_CACHED)
		dentry_hash_out(d, DENTRY_UNCACHED);
	if (list_node_linked(&d->unused)) {
		list_remove(&d->unused);
		dcache_stats.unused--;
	}
	if (list_node_linked(&d->sibling))
		list_remove(&d->sibling);
	list_push_back(dead, &d->unused);
	dcache_stats.live--;
	return parent;
}

/* The last reference went: keeps a cached name, cuts others, and what hung on them alone. */
static void dentry_retire(struct dentry *d, struct list *dead) REQUIRES(dcache_lock)
{
	while (d->state != DENTRY_CACHED) {
		d = dentry_cut(d, dead);
		if (!d || atomic_dec_return(&d->refs) > 0)
			return;
	}
	if (list_node_linked(&d->unused))
		list_remove(&d->unused);
	else
		dcache_stats.unused++;
	list_push_back(&dcache_unused, &d->unused);
}

/* Forgets one unused name for good. */
static void dentry_prune(struct dentry *d, struct list *dead) REQUIRES(dcache_lock)
{
	if (atomic_load_relaxed(&d->refs) > 0) {
		/* In use again: it comes back with its last put. */
		list_remove(&d->unused);
		dcache_stats.unused--;
		return;
	}
	dentry_hash_out(d, DENTRY_UNCACHED);
	dentry_retire(d, dead);
}

u32 dcache_shrink(struct super_block *sb, u32 max)
{
	struct dentry *d;
	struct list dead;
	u64 before, left;
	u32 freed;

	list_init(&dead);
	spin_lock(&dcache_lock);
	before = dcache_stats.live;
	left = dcache_stats.unused;
	for (; left && before - dcache_stats.live < max; left--) {
		d = list_first_entry(&dcache_unused, struct dentry, unused);
		if (!d)
			break;
		if (!sb || d->sb == sb) {
			dentry_prune(d, &dead);
		} else {
			list_remove(&d->unused);
			list_push_back(&dcache_unused, &d->unused);
		}
	}
	freed = before - dcache_stats.live;
	spin_unlock(&dcache_lock);
	dentry_free_list(&dead);
	return freed;
}

void dentry_get(struct dentry *d)
{
	atomic_inc(&d->refs);
}

void dentry_put(struct dentry *d)
{
	int refs = atomic_load_relaxed(&d->refs);
	struct list dead;

	while (refs > 1) {
		int found = atomic_cmpxchg(&d->refs, refs, refs - 1);

		if (found == refs)
			return;
		refs = found;
	}
	list_init(&dead);
	spin_lock(&dcache_lock);
	if (atomic_dec_return(&d->refs) == 0)
		dentry_retire(d, &dead);
	while (dcache_stats.unused > DCACHE_UNUSED_MAX)
		dentry_prune(list_first_entry(&dcache_unused, struct dentry, unused), &dead);
	spin_unlock(&dcache_lock);
	dentry_free_list(&dead);
}

int dentry_new_root(struct super_block *sb, struct inode *inode, struct dentry **out)
{
	struct dentry *d;
	int err = dentry_new(sb, "/", 1, &d);

	if (err) {
		inode_put(inode);
		return err;
	}
	d->parent = d;
	d->inode = inode;
	spin_lock(&dcache_lock);
	dcache_stats.live++;
	spin_unlock(&dcache_lock);
	*out = d;
	return 0;
}

/* Hangs a new dentry below its parent, unless names there come and go by themselves. */
static void dentry_link(struct dentry *d, struct dentry *parent)
{
	bool cached = !parent->inode->uncached_names && parent->inode->nlink > 0;

	spin_lock(&dcache_lock);
	dcache_stats.misses++;
	dcache_stats.live++;
	list_push_back(&parent->children, &d->sibling);
	if (cached)
		dentry_hash_in(d);
	spin_unlock(&dcache_lock);
}

int dentry_lookup(struct dentry *parent, const char *name, u32 len, struct dentry **out)
{
	u32 hash = dentry_hash(parent, name, len);
	struct inode *dir = parent->inode;
	struct dentry *d;
	int err;

	ASSERT(mutex_held(&dir->lock));
	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	spin_lock(&dcache_lock);
	d = dentry_find(parent, name, len, hash);
	if (d)
		dentry_get(d);
	spin_unlock(&dcache_lock);
	if (d) {
		*out = d;
		return 0;
	}

	err = dentry_new(parent->sb, name, len, &d);
	if (err)
		return err;
	d->hash = hash;
	d->parent = parent;
	if (dir->ops->lookup)
		err = dir->ops->lookup(dir, d);
	if (err) {
		dentry_free(d);
		return err;
	}
	dentry_get(parent);
	dentry_link(d, parent);
	*out = d;
	return 0;
}

void dentry_attach(struct dentry *d, struct inode *inode)
{
	ASSERT(!d->inode);
	store_release(&d->inode, inode);
}

void dentry_remove(struct dentry *d)
{
	struct dentry *child, *after;
	struct list dead;

	list_init(&dead);
	spin_lock(&dcache_lock);
	dentry_hash_out(d, DENTRY_REMOVED);
	/* An empty directory still has names that were looked up in vain. */
	list_for_each_safe(child, after, &d->children, sibling) {
		if (atomic_load_relaxed(&child->refs) == 0)
			dentry_prune(child, &dead);
	}
	spin_unlock(&dcache_lock);
	dentry_free_list(&dead);
}

bool dentry_is_ancestor(const struct dentry *a, const struct dentry *b)
{
	spin_lock(&dcache_lock);
	while (b != a && b->parent != b)
		b = b->parent;
	spin_unlock(&dcache_lock);
	return b == a;
}

ino_t dentry_parent_ino(const struct dentry *d)
{
	ino_t ino;

	spin_lock(&dcache_lock);
	ino = d->parent->inode->ino;
	spin_unlock(&dcache_lock);
	return ino;
}

/* Puts d below parent; the reference on the old parent is handed to the caller. */
static struct dentry *dentry_reparent(struct dentry *d, struct dentry *parent) REQUIRES(dcache_lock)
{
	struct dentry *old = d->parent;

	dentry_get(parent);
	list_remove(&d->sibling);
	list_push_back(&parent->children, &d->sibling);
	d->parent = parent;
	return old;
}

static void dentry_rehash(struct dentry *d) REQUIRES(dcache_lock)
{
	d->hash = dentry_hash(d->parent, d->name, d->name_len);
	dentry_hash_in(d);
}

int dentry_move(struct dentry *from, struct dentry *to)
{
	char *long_name = NULL, *old_name;
	struct dentry *old_parent;

	if (to->name_len >= sizeof(to->inline_name)) {
		long_name = kmalloc(to->name_len + 1, 0);
		if (!long_name)
			return -ENOMEM;
	}
	spin_lock(&dcache_lock);
	dentry_hash_out(from, DENTRY_UNCACHED);
	dentry_hash_out(to, DENTRY_REMOVED);
	old_name = from->name == from->inline_name ? NULL : from->name;
	from->name = long_name ? long_name : from->inline_name;
	from->name_len = to->name_len;
	memcpy(from->name, to->name, to->name_len + 1);
	old_parent = dentry_reparent(from, to->parent);
	dentry_rehash(from);
	spin_unlock(&dcache_lock);
	kfree(old_name);
	dentry_put(old_parent);
	return 0;
}

static void dentry_swap_names(struct dentry *a, struct dentry *b) REQUIRES(dcache_lock)
{
	char *a_name = a->name == a->inline_name ? b->inline_name : a->name;
	char *b_name = b->name == b->inline_name ? a->inline_name : b->name;
	char tmp[sizeof(a->inline_name)];
	u32 len = a->name_len;

	memcpy(tmp, a->inline_name, sizeof(tmp));
	memcpy(a->inline_name, b->inline_name, sizeof(tmp));
	memcpy(b->inline_name, tmp, sizeof(tmp));
	a->name = b_name;
	b->name = a_name;
	a->name_len = b->name_len;
	b->name_len = len;
}

void dentry_exchange(struct dentry *a, struct dentry *b)
{
	struct dentry *a_parent = a->parent, *b_parent = b->parent;

	spin_lock(&dcache_lock);
	dentry_hash_out(a, DENTRY_UNCACHED);
	dentry_hash_out(b, DENTRY_UNCACHED);
	dentry_swap_names(a, b);
	dentry_reparent(a, b_parent);
	dentry_reparent(b, a_parent);
	dentry_rehash(a);
	dentry_rehash(b);
	spin_unlock(&dcache_lock);
	dentry_put(a_parent);
	dentry_put(b_parent);
}
