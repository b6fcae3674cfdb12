/*
 * Walking a path (POSIX 4.13).  Used by everything that takes a name.
 *
 * As long as each component is in the cache, the walk holds dcache_lock from beginning to end and takes no
 * references.  It lets go of the lock to ask a file system or to read a symlink; then `pinned` holds the
 * cursor.  The text of a symlink and what was left behind it become the new rest of the path.
 *
 * Simplified compared with Linux: no RCU, no automounts, no revalidation (names of made-up file systems are
 * not cached at all).
 */
#include <kernel/path.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>

#include "fs_internal.h"

static bool path_same(const struct path *a, const struct path *b)
{
	return a->dentry == b->dentry && a->mnt == b->mnt;
}

/* Lets go of dcache_lock, with references on the cursor instead. */
static void walk_unlock(struct walk *w)
{
	struct path old = w->pinned;
	struct dentry *held = w->held;

	path_get(&w->at);
	w->pinned = w->at;
	w->held = NULL;
	spin_unlock(&dcache_lock);
	path_put(&old);
	if (held)
		dentry_put(held);
}

/* Drops all that an unfinished or finished walk holds. */
void walk_end(struct walk *w)
{
	path_put(&w->pinned);
	w->pinned = (struct path){ NULL, NULL };
	if (w->held)
		dentry_put(w->held);
	w->held = NULL;
	if (w->own_root)
		path_put(&w->root);
	w->own_root = false;
	path_put(&w->start);
	w->start = (struct path){ NULL, NULL };
	kfree(w->buffer);
	w->buffer = NULL;
}

/* One level up, but never above the root of current (or of a RESOLVE_BENEATH walk). */
static int walk_up(struct walk *w)
{
	if (path_same(&w->at, &w->root))
		return w->flags & LOOKUP_BENEATH ? -EXDEV : 0;
	if (w->start.dentry && path_same(&w->at, &w->start) && (w->flags & LOOKUP_BENEATH))
		return -EXDEV;
	while (w->at.dentry == w->at.mnt->root) {
		if (w->flags & LOOKUP_NO_XDEV)
			return -EXDEV;
		if (!mount_up(&w->at) || path_same(&w->at, &w->root))
			return 0;
	}
	w->at.dentry = w->at.dentry->parent;
	mount_cross(&w->at);
	return 0;
}

/* Asks the file system for a name that is not cached.  Drops dcache_lock and takes it again. */
static int walk_lookup_slow(struct walk *w, const char *name, u32 len, struct dentry **out)
{
	struct inode *dir = w->at.dentry->inode;
	struct dentry *d;
	int err;

	walk_unlock(w);
	mutex_lock(&dir->lock);
	err = dentry_lookup(w->at.dentry, name, len, &d);
	mutex_unlock(&dir->lock);
	spin_lock(&dcache_lock);
	if (err)
		return err;
	w->held = d;
	*out = d;
	return 0;
}

static int walk_may_search(const struct walk *w)
{
	const struct inode *dir = w->at.dentry->inode;

	if (!S_ISDIR(dir->mode))
		return -ENOTDIR;
	return w->flags & LOOKUP_KERNEL ? 0 : inode_permission(dir, MAY_EXEC);
}

/* What comes after the current component: its text, then what was left of the path. */
static int walk_set_rest(struct walk *w, const char *text, size_t len)
{
	size_t rest = strlen(w->rest);
	char *joined;

	if (len == 0)
		return -ENOENT;
	joined = kmalloc(len + rest + 2, 0);
	if (!joined)
		return -ENOMEM;
	memcpy(joined, text, len);
	if (rest)
		joined[len++] = '/';
	memcpy(joined + len, w->rest, rest + 1);
	kfree(w->buffer);
	w->buffer = joined;
	w->rest = joined;
	return 0;
}

/* Replaces the cursor, which must be pinned, by a path with references. */
static void walk_jump(struct walk *w, const struct path *to)
{
	path_put(&w->pinned);
	w->pinned = w->at = *to;
}

/* The text of a symlink becomes the rest of the path.  The cursor is pinned, no lock held. */
static int walk_read_link(struct walk *w, struct inode *link)
{
	char *text;
	int len;

	if (link->ops->follow) {
		struct path to;
		int err = w->flags & LOOKUP_NO_MAGIC ? -ELOOP : link->ops->follow(link, &to);

		if (!err)
			walk_jump(w, &to);
		return err;
	}
	if (link->link)
		return walk_set_rest(w, link->link, strlen(link->link));
	if (!link->ops->readlink)
		return -EINVAL;
	text = kmalloc(PATH_MAX, 0);
	if (!text)
		return -ENOMEM;
	len = link->ops->readlink(link, text, PATH_MAX - 1);
	if (len >= 0)
		len = walk_set_rest(w, text, len);
	kfree(text);
	return len;
}

/* Follows the symlink d in the cursor's directory: with dcache_lock, which is dropped meanwhile. */
static int walk_follow(struct walk *w, struct dentry *d)
{
	struct inode *link = d->inode;
	int err;

	if (++w->links > SYMLINKS_MAX || (w->flags & LOOKUP_NO_SYMLINKS) ||
	    (w->at.mnt->flags & MS_NOSYMFOLLOW))
		return -ELOOP;
	inode_get(link);
	walk_unlock(w);
	inode_accessed(link, w->at.mnt);
	err = walk_read_link(w, link);
	inode_put(link);
	spin_lock(&dcache_lock);
	if (err)
		return err;
	if (w->rest[0] == '/' && w->rest == w->buffer) {
		if ((w->flags & LOOKUP_BENEATH) ||
		    ((w->flags & LOOKUP_NO_XDEV) && w->root.mnt != w->at.mnt))
			return -EXDEV;
		w->at = w->root;
	}
	return 0;
}

/* The ordinary case: a name in the cursor's directory; a symlink there is followed if `follow`. */
static int walk_name(struct walk *w, const struct path_component *c, bool follow)
{
	struct path next = { w->at.mnt, NULL };
	struct inode *inode;
	int err = 0;

	if (c->len > NAME_MAX)
		return -ENAMETOOLONG;
	next.dentry = dentry_find(w->at.dentry, c->name, c->len, dentry_hash_mix(w->at.dentry, c->hash));
	if (!next.dentry)
		err = walk_lookup_slow(w, c->name, c->len, &next.dentry);
	if (err)
		return err;
	inode = load_acquire(&next.dentry->inode);
	if (!inode)
		return -ENOENT;
	if (S_ISLNK(inode->mode) && follow)
		return walk_follow(w, next.dentry);
	mount_cross(&next);
	if ((w->flags & LOOKUP_NO_XDEV) && next.mnt != w->at.mnt)
		return -EXDEV;
	w->at = next;
	return 0;
}

/* Remembers the last component for those who make or remove it. */
static void walk_set_last(struct walk *w, const struct path_component *c)
{
	w->last = c->name;
	w->last_len = c->len;
	w->last_kind = c->kind;
	w->last_slash = c->slash;
}

/* One component.  "name/" must be a directory, and a link there is followed. */
static int walk_component(struct walk *w, const struct path_component *c)
{
	if (c->kind == COMPONENT_NAME)
		return walk_name(w, c, !c->last || c->slash || (w->flags & LOOKUP_FOLLOW));
	return c->kind == COMPONENT_DOTDOT ? walk_up(w) : 0;
}

/* Walks w->rest from the cursor on, with dcache_lock. */
static int walk_components(struct walk *w)
{
	struct path_component c;
	int err;

	w->last_kind = COMPONENT_NONE;
	for (;;) {
		const char *before = w->rest;

		if (!path_component_next(&w->rest, &c)) /* a slash behind the last one wants a directory */
			return w->rest != before && !S_ISDIR(w->at.dentry->inode->mode) ? -ENOTDIR : 0;
		err = walk_may_search(w);
		if (err)
			return err;
		if (c.last && (w->flags & LOOKUP_PARENT)) {
			walk_set_last(w, &c);
			return 0;
		}
		if (c.last && c.slash) /* one stays in the rest, whatever a symlink puts before it */
			w->rest--;
		err = walk_component(w, &c);
		if (err)
			return err;
	}
}

/* Runs the walk from a pinned cursor; the result is pinned. */
static int walk_run(struct walk *w)
{
	int err;

	spin_lock(&dcache_lock);
	err = walk_components(w);
	if (!err && (w->flags & LOOKUP_DIRECTORY) && !(w->flags & LOOKUP_PARENT) &&
	    !S_ISDIR(w->at.dentry->inode->mode))
		err = -ENOTDIR;
	if (err) {
		spin_unlock(&dcache_lock);
		walk_end(w);
		return err;
	}
	walk_unlock(w);
	return 0;
}

/* Where a relative name starts: a directory's descriptor.  Pinned. */
static int walk_start_at(struct walk *w, int dirfd)
{
	struct file *f;
	int err = fd_get(dirfd, &f);

	if (err)
		return err;
	if (!f->path.dentry) {
		file_put(f);
		return -ENOTDIR;
	}
	path_get(&f->path);
	w->pinned = w->at = f->path;
	file_put(f);
	return 0;
}

/* Copies the root and (when asked) the working directory of current, with references. */
static void walk_start_context(struct walk *w, bool want_cwd)
{
	struct fs_context *fs = current->fs;

	if ((w->flags & LOOKUP_KERNEL) || !fs) {
		w->root = (struct path){ root_mount, root_mount->root };
		spin_lock(&dcache_lock);
		mount_cross(&w->root);
		w->pinned = w->root;
		path_get(&w->pinned);
		spin_unlock(&dcache_lock);
		w->at = w->pinned;
		return;
	}
	spin_lock(&fs->lock);
	w->root = fs->root;
	w->pinned = want_cwd ? fs->cwd : fs->root;
	path_get(&w->root);
	path_get(&w->pinned);
	spin_unlock(&fs->lock);
	w->own_root = true;
	w->at = w->pinned;
}

static int walk_start(struct walk *w, int dirfd, const char *name)
{
	bool absolute = name[0] == '/';

	if (absolute && (w->flags & LOOKUP_BENEATH))
		return -EXDEV;
	if (w->flags & LOOKUP_IN_ROOT)
		absolute = false;
	walk_start_context(w, dirfd == AT_FDCWD && !absolute);
	if (absolute || dirfd == AT_FDCWD)
		return 0;
	path_put(&w->pinned);
	w->pinned = (struct path){ NULL, NULL };
	return walk_start_at(w, dirfd);
}

/* openat2's RESOLVE_BENEATH and RESOLVE_IN_ROOT: where the walk began is as far up as it goes. */
static void walk_confine(struct walk *w)
{
	if (!(w->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)))
		return;
	path_get(&w->at);
	w->start = w->at;
	if (!(w->flags & LOOKUP_IN_ROOT))
		return;
	path_get(&w->at);
	if (w->own_root)
		path_put(&w->root);
	w->root = w->at;
	w->own_root = true;
}

int walk_begin(struct walk *w, int dirfd, const char *name, enum lookup_flags flags)
{
	int err;

	*w = (struct walk){ .flags = flags, .rest = name };
	if (!name[0] && !(flags & LOOKUP_EMPTY))
		return -ENOENT;
	err = walk_start(w, dirfd, name);
	if (err) {
		walk_end(w);
		return err;
	}
	walk_confine(w);
	return walk_run(w);
}

int walk_follow_last(struct walk *w, struct dentry *link)
{
	int err;

	w->rest = w->last_slash ? "/" : "";
	spin_lock(&dcache_lock);
	err = walk_follow(w, link);
	spin_unlock(&dcache_lock);
	if (err) {
		walk_end(w);
		return err;
	}
	return walk_run(w);
}

int path_lookup_at(int dirfd, const char *name, enum lookup_flags flags, struct path *out)
{
	struct walk w;
	int err = walk_begin(&w, dirfd, name, flags);

	if (err)
		return err;
	*out = w.pinned;
	w.pinned = (struct path){ NULL, NULL };
	walk_end(&w);
	return 0;
}

int path_lookup_kernel(const char *name, enum lookup_flags flags, struct path *out)
{
	return path_lookup_at(AT_FDCWD, name, flags | LOOKUP_KERNEL, out);
}
