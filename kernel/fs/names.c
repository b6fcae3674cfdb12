/*
 * Paths as text: taken from a program, given back to one.
 */
#include <kernel/path.h>

#include <kernel/errno.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/uaccess.h>

#include "fs_internal.h"

static struct cache *path_name_cache;

void path_name_init(void)
{
	path_name_cache = cache_create("path_name", PATH_MAX, 0, 0);
}

int path_name_from_user(const char __user *name, bool empty_ok, char **out)
{
	char *buf = cache_alloc(path_name_cache, 0);
	ssize_t len;

	if (!buf)
		return -ENOMEM;
	len = strncpy_from_user(buf, name, PATH_MAX);
	if (len == 0 && !empty_ok)
		len = -ENOENT;
	if (len < 0) {
		cache_free(path_name_cache, buf);
		return (int)len;
	}
	*out = buf;
	return 0;
}

void path_name_free(char *name)
{
	cache_free(path_name_cache, name);
}

int path_lookup_user(int dirfd, const char __user *name, enum lookup_flags flags, struct path *out)
{
	char *buf;
	int err = path_name_from_user(name, flags & LOOKUP_EMPTY, &buf);

	if (err)
		return err;
	err = path_lookup_at(dirfd, buf, flags, out);
	path_name_free(buf);
	return err;
}

/* Text that grows from the end of a buffer towards its start. */
struct name_text {
	char *start, *p;
	bool full;
};

static void name_text_prepend(struct name_text *t, const char *s, size_t len)
{
	if ((size_t)(t->p - t->start) < len) {
		t->full = true;
		return;
	}
	t->p -= len;
	memcpy(t->p, s, len);
}

/* Prepends "/name" for each level up to root; false when root was not met. */
static bool path_prepend_names(struct path at, const struct path *root, struct name_text *t)
	REQUIRES(dcache_lock)
{
	while (at.dentry != root->dentry || at.mnt != root->mnt) {
		if (at.dentry == at.mnt->root) {
			/* The top of what is mounted nowhere (memfd) is as good as a root. */
			if (!mount_up(&at))
				return !at.mnt->parent && at.mnt != root_mount;
			continue;
		}
		if (at.dentry->parent == at.dentry)
			return false;
		name_text_prepend(t, at.dentry->name, at.dentry->name_len);
		name_text_prepend(t, "/", 1);
		at.dentry = at.dentry->parent;
	}
	return true;
}

int path_to_string(const struct path *p, const struct path *root, char *buf, size_t n, char **out)
{
	static const char deleted[] = " (deleted)", unreachable[] = "(unreachable)";
	struct name_text t = { buf, buf + n, false };
	bool reached;

	name_text_prepend(&t, "", 1);
	spin_lock(&dcache_lock);
	if (p->dentry->state == DENTRY_REMOVED)
		name_text_prepend(&t, deleted, sizeof(deleted) - 1);
	reached = path_prepend_names(*p, root, &t);
	spin_unlock(&dcache_lock);
	if (!t.full && (!*t.p || *t.p != '/'))
		name_text_prepend(&t, "/", 1);
	if (!reached)
		name_text_prepend(&t, unreachable, sizeof(unreachable) - 1);
	if (t.full)
		return -ENAMETOOLONG;
	*out = t.p;
	return 0;
}
