/*
 * The tree of mounts.  A mount sits on a dentry of its parent mount; the walk crosses over when it meets a
 * dentry with mounts > 0.  There are few mounts, so they are found by walking all_mounts.
 *
 * References: one is the tree's own; each path (open file, working directory) and each mount on top holds
 * one more.  A lazily detached mount leaves the tree at once and is freed with its last user.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/tmpfs.h>

#include "fs_internal.h"

struct list all_mounts = LIST_INIT(all_mounts);
struct mount *root_mount;

enum {
	MOUNT_FLAGS = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME |
		      MS_STRICTATIME | MS_RELATIME | MS_NOSYMFOLLOW,
};

void mount_get(struct mount *m)
{
	atomic_inc(&m->refs);
}

static void mount_free(struct mount *m)
{
	struct path on = { m->parent, m->mountpoint };

	dentry_put(m->root);
	super_put(m->sb);
	kfree(m->source);
	kfree(m);
	path_put(&on);
}

void mount_put(struct mount *m)
{
	if (atomic_dec_return(&m->refs) == 0)
		mount_free(m);
}

void path_get(const struct path *p)
{
	mount_get(p->mnt);
	dentry_get(p->dentry);
}

void path_put(const struct path *p)
{
	if (p->dentry)
		dentry_put(p->dentry);
	if (p->mnt)
		mount_put(p->mnt);
}

/* The mount that sits directly on p, or NULL; the newest covers the others. */
static struct mount *mount_on(const struct path *p) REQUIRES(dcache_lock)
{
	struct mount *m;

	list_for_each(m, &all_mounts, all) {
		if (m->mountpoint == p->dentry && m->parent == p->mnt)
			return m;
	}
	return NULL;
}

void mount_cross(struct path *p)
{
	struct mount *m;

	while (p->dentry->mounts && (m = mount_on(p)) != NULL)
		*p = (struct path){ m, m->root };
}

bool mount_up(struct path *p)
{
	if (!p->mnt->parent || p->mnt->detached)
		return false;
	*p = (struct path){ p->mnt->parent, p->mnt->mountpoint };
	return true;
}

/* A mount of sb that shows `root`, not in the tree yet; takes over the caller's hold on sb in any case. */
static int mount_new(struct super_block *sb, struct dentry *root, const char *source, u32 flags,
		     struct mount **out)
{
	static atomic_t last_id;
	size_t len = strlen(source) + 1;
	struct mount *m = kzalloc(sizeof(*m), 0);
	char *copy = kmalloc(len, 0);

	if (!m || !copy) {
		kfree(m);
		kfree(copy);
		super_put(sb);
		return -ENOMEM;
	}
	memcpy(copy, source, len);
	m->source = copy;
	m->sb = sb;
	m->root = root;
	dentry_get(root);
	m->flags = flags & MOUNT_FLAGS;
	m->id = atomic_inc_return(&last_id);
	atomic_store_relaxed(&m->refs, 1);
	*out = m;
	return 0;
}

/* Puts a new mount on top of whatever is mounted on `on` already. */
static int mount_attach(struct mount *m, const struct path *on)
{
	struct path top = *on;

	spin_lock(&dcache_lock);
	mount_cross(&top);
	if (top.dentry->state == DENTRY_REMOVED) {
		spin_unlock(&dcache_lock);
		return -ENOENT;
	}
	path_get(&top);
	m->parent = top.mnt;
	m->mountpoint = top.dentry;
	m->mountpoint->mounts++;
	list_push_back(&all_mounts, &m->all);
	spin_unlock(&dcache_lock);
	return 0;
}

int mount_hidden(struct super_block *sb, const char *source, struct mount **out)
{
	return mount_new(sb, sb->root, source, 0, out);
}

static int mount_check_kinds(const struct path *on, const struct dentry *root)
{
	if (S_ISDIR(on->dentry->inode->mode) != S_ISDIR(root->inode->mode))
		return -ENOTDIR;
	return 0;
}

static int mount_type_at(const char *source, const struct path *on, const struct fs_type *t, u32 flags,
			 const char *options)
{
	struct super_block *sb;
	struct mount *m;
	int err;

	err = t->mount(source, flags, options, &sb);
	if (err)
		return err;
	if (on->mnt->sb == sb && on->dentry == on->mnt->root && on->mnt->root == sb->root) {
		super_put(sb); /* the very same is there already */
		return -EBUSY;
	}
	err = mount_new(sb, sb->root, source, flags, &m);
	if (err)
		return err;
	err = mount_check_kinds(on, sb->root);
	if (!err)
		err = mount_attach(m, on);
	if (err)
		mount_put(m);
	return err;
}

/* The first mount of all. */
static int mount_root(const char *source, const struct fs_type *t, u32 flags, const char *options)
{
	struct super_block *sb;
	int err = t->mount(source, flags, options, &sb);

	if (!err)
		err = mount_new(sb, sb->root, source, flags, &root_mount);
	if (err)
		return err;
	spin_lock(&dcache_lock);
	list_push_back(&all_mounts, &root_mount->all);
	spin_unlock(&dcache_lock);
	return 0;
}

int vfs_mount(const char *source, const char *target, const char *type, u32 flags, const char *options)
{
	struct fs_type *t = fs_type_find(type, strlen(type));
	struct path on;
	int err;

	if (!t)
		return -ENODEV;
	if (!root_mount)
		return mount_root(source, t, flags, options);
	err = path_lookup_kernel(target, LOOKUP_FOLLOW, &on);
	if (err)
		return err;
	err = mount_type_at(source, &on, t, flags, options);
	path_put(&on);
	return err;
}

/* Shows a part of the tree in a second place. */
int mount_bind(const struct path *what, const struct path *on)
{
	struct mount *m;
	int err = mount_check_kinds(on, what->dentry);

	if (!err && !super_get(what->mnt->sb))
		err = -ENOENT;
	if (!err)
		err = mount_new(what->mnt->sb, what->dentry, what->mnt->source, what->mnt->flags, &m);
	if (err)
		return err;
	err = mount_attach(m, on);
	if (err)
		mount_put(m);
	return err;
}

int mount_type(const char *source, const struct path *on, const char *type, u32 flags, const char *options)
{
	size_t len = strchr(type, '.') ? (size_t)(strchr(type, '.') - type) : strlen(type);
	struct fs_type *t = fs_type_find(type, len);

	return t ? mount_type_at(source, on, t, flags, options) : -ENODEV;
}

int mount_change_flags(const struct path *p, u32 flags)
{
	if (p->dentry != p->mnt->root)
		return -EINVAL;
	spin_lock(&dcache_lock);
	p->mnt->flags = flags & MOUNT_FLAGS;
	spin_unlock(&dcache_lock);
	return 0;
}

static bool mount_has_children(const struct mount *parent) REQUIRES(dcache_lock)
{
	const struct mount *m;

	list_for_each(m, &all_mounts, all) {
		if (m->parent == parent)
			return true;
	}
	return false;
}

/* Takes a mount out of the tree; `users` references are the caller's.  0 or -EBUSY. */
static int mount_detach(struct mount *m, u32 flags, int users)
{
	int err = 0;

	spin_lock(&dcache_lock);
	if (m->detached || !m->parent)
		err = -EINVAL;
	else if (mount_has_children(m) || (!(flags & MNT_DETACH) && atomic_load(&m->refs) > users + 1))
		err = -EBUSY;
	if (!err) {
		list_remove(&m->all);
		m->mountpoint->mounts--;
		m->detached = true;
	}
	spin_unlock(&dcache_lock);
	if (!err)
		mount_put(m);
	return err;
}

int mount_umount(const struct path *p, u32 flags)
{
	if (p->dentry != p->mnt->root)
		return -EINVAL;
	return mount_detach(p->mnt, flags, 1);
}

/* The youngest mount but the root, with a reference; NULL when there is none. */
static struct mount *mount_last(void)
{
	struct mount *m;

	if (!root_mount)
		return NULL;
	spin_lock(&dcache_lock);
	m = list_entry(list_last(&all_mounts), struct mount, all);
	if (m == root_mount)
		m = NULL;
	else
		mount_get(m);
	spin_unlock(&dcache_lock);
	return m;
}

void vfs_umount_all(void)
{
	struct mount *m;

	vfs_sync_all();
	/* A mount is younger than what it sits on, so from the end there are never children. */
	while ((m = mount_last()) != NULL) {
		int err = mount_detach(m, MNT_DETACH, 1);

		mount_put(m);
		if (err)
			break;
	}
}

void vfs_init(void)
{
	dcache_init();
	inode_cache_init();
	path_name_init();
	tmpfs_init();
	memfd_init();
	devtmpfs_init();
	if (vfs_mount("rootfs", "/", "tmpfs", 0, "mode=755,size=100%"))
		panic("the root file system cannot be mounted");
	if (fs_context_new(&current->fs))
		panic("no memory for the first working directory");
}
