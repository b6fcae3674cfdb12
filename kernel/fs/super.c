/*
 * Super blocks and the types of file systems that make them.
 */
#include <kernel/vfs.h>

#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/string.h>

#include "fs_internal.h"

struct list all_supers = LIST_INIT(all_supers);
struct list all_fs_types = LIST_INIT(all_fs_types);
struct spinlock super_lock = SPINLOCK_INIT("super");

struct fs_type *fs_type_find(const char *name, size_t len)
{
	struct fs_type *t, *found = NULL;

	spin_lock(&super_lock);
	list_for_each(t, &all_fs_types, node) {
		if (strlen(t->name) == len && memcmp(t->name, name, len) == 0) {
			found = t;
			break;
		}
	}
	spin_unlock(&super_lock);
	return found;
}

int fs_type_register(struct fs_type *t)
{
	if (fs_type_find(t->name, strlen(t->name)))
		return -EBUSY;
	spin_lock(&super_lock);
	list_push_back(&all_fs_types, &t->node);
	spin_unlock(&super_lock);
	return 0;
}

int super_new(const char *type, const struct super_ops *ops, u64 magic, struct super_block **out)
{
	static u32 last_minor; /* super_lock */
	struct super_block *sb = kzalloc(sizeof(*sb), 0);

	if (!sb)
		return -ENOMEM;
	sb->type = type;
	sb->ops = ops;
	sb->magic = magic;
	sb->block_size = PAGE_SIZE;
	sb->mounts = 1;
	list_init(&sb->inodes);
	spin_init(&sb->inodes_lock, "super.inodes");
	spin_lock(&super_lock);
	last_minor++;
	sb->dev = DEV_MAKE(0, last_minor);
	list_push_back(&all_supers, &sb->all);
	spin_unlock(&super_lock);
	*out = sb;
	return 0;
}

int super_set_root(struct super_block *sb, struct inode *root)
{
	return dentry_new_root(sb, root, &sb->root);
}

bool super_get(struct super_block *sb)
{
	bool alive;

	spin_lock(&dcache_lock);
	alive = sb->mounts > 0;
	sb->mounts += alive;
	spin_unlock(&dcache_lock);
	return alive;
}

void super_put(struct super_block *sb)
{
	bool last;

	spin_lock(&dcache_lock);
	last = --sb->mounts == 0;
	spin_unlock(&dcache_lock);
	if (!last)
		return;
	if (sb->ops && sb->ops->sync)
		sb->ops->sync(sb);
	/* Each round frees names, which leaves their directories unused for the next. */
	while (dcache_shrink(sb, ~0u))
		;
	if (sb->root)
		dentry_put(sb->root);
	if (sb->ops && sb->ops->destroy)
		sb->ops->destroy(sb);
	PANIC_IF(!list_empty(&sb->inodes));
	spin_lock(&super_lock);
	list_remove(&sb->all);
	spin_unlock(&super_lock);
	kfree(sb);
}

/* The super block behind sb (NULL: the first) that is alive, with a hold; NULL at the end. */
static struct super_block *super_next(struct super_block *sb)
{
	struct list_node *node;
	struct super_block *next = NULL;

	spin_lock(&super_lock);
	node = sb ? list_next(&all_supers, &sb->all) : list_first(&all_supers);
	for (; node && !next; node = list_next(&all_supers, node)) {
		next = list_entry(node, struct super_block, all);
		if (!super_get(next))
			next = NULL;
	}
	spin_unlock(&super_lock);
	return next;
}

void vfs_sync_all(void)
{
	struct super_block *sb = super_next(NULL), *next;

	for (; sb; sb = next) {
		if (sb->ops && sb->ops->sync)
			sb->ops->sync(sb);
		next = super_next(sb);
		super_put(sb);
	}
}
