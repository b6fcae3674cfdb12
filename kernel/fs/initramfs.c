/*
 * The initramfs: newc archives unpacked into the root before the first program runs.
 *
 * The archive is whatever the boot loader left: it is read through <kernel/cpio.h>, which checks every
 * field, and each name is opened by the ordinary path walk, with ".." refused.  Files that share an inode
 * number and have more than one link are hard links; their data comes with any of them.
 */
#include <kernel/vfs.h>

#include <kernel/cpio.h>
#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/machine.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/string.h>

#include "fs_internal.h"

enum { LINK_BUCKETS = 64 };

/* A file that more names may follow for, within one archive. */
struct unpack_link {
	struct unpack_link *next;
	u32 ino, dev_major, dev_minor;
	struct inode *inode; /* a reference */
};

struct unpack {
	struct cpio_reader reader;
	struct unpack_link *links[LINK_BUCKETS];
	u32 archive;      /* the links are of this one */
	u32 files;
	const char *problem;
};

static void unpack_forget_links(struct unpack *u)
{
	for (u32 i = 0; i < LINK_BUCKETS; i++) {
		struct unpack_link *l = u->links[i], *next;

		for (; l; l = next) {
			next = l->next;
			inode_put(l->inode);
			kfree(l);
		}
		u->links[i] = NULL;
	}
}

static struct inode *unpack_find_link(const struct unpack *u, const struct cpio_entry *e)
{
	const struct unpack_link *l;

	for (l = u->links[e->ino % LINK_BUCKETS]; l; l = l->next) {
		if (l->ino == e->ino && l->dev_major == e->dev_major && l->dev_minor == e->dev_minor)
			return l->inode;
	}
	return NULL;
}

static int unpack_remember_link(struct unpack *u, const struct cpio_entry *e, struct inode *inode)
{
	struct unpack_link *l = kmalloc(sizeof(*l), 0);

	if (!l)
		return -ENOMEM;
	*l = (struct unpack_link){ u->links[e->ino % LINK_BUCKETS], e->ino, e->dev_major, e->dev_minor, inode };
	inode_get(inode);
	u->links[e->ino % LINK_BUCKETS] = l;
	return 0;
}

/* True when no component is "..": nothing outside the root is named. */
static bool unpack_name_is_safe(const char *name)
{
	for (const char *p = name; (p = strstr(p, "..")) != NULL; p += 2) {
		bool starts = p == name || p[-1] == '/';
		bool ends = p[2] == 0 || p[2] == '/';

		if (starts && ends)
			return false;
	}
	return true;
}

static void unpack_set_attributes(struct inode *inode, const struct cpio_entry *e)
{
	inode->mode = (inode->mode & S_IFMT) | (e->mode & S_IALLUGO);
	inode->uid = e->uid;
	inode->gid = e->gid;
	inode->atime = inode->mtime = (s64)e->mtime * NSEC_PER_SEC;
}

/* Writes the data of a regular file through its page mapping. */
static int unpack_data(const struct path *p, const struct cpio_entry *e)
{
	struct file *f;
	loff_t pos = 0;
	ssize_t n;
	int err;

	if (!e->size)
		return 0;
	err = file_open_path(p, O_WRONLY, &f);
	if (err)
		return err;
	n = file_write_kernel(f, e->data, e->size, &pos);
	file_put(f);
	if (n < 0)
		return (int)n;
	return (u64)n == e->size ? 0 : -ENOSPC;
}

/* What the archive has twice: the later entry wins, except that a directory stays. */
static int unpack_clear_name(const struct path *parent, struct dentry **d, const struct walk *w, bool directory)
{
	struct inode *dir = parent->dentry->inode;
	int err;

	if (!(*d)->inode)
		return 0;
	if (S_ISDIR((*d)->inode->mode))
		return directory ? 0 : -EISDIR;
	err = dir->ops->unlink ? dir->ops->unlink(dir, *d) : -EPERM;
	if (err)
		return err;
	dentry_remove(*d);
	dentry_put(*d);
	return dentry_lookup(parent->dentry, w->last, w->last_len, d);
}

static int unpack_symlink(const struct cpio_entry *e, struct inode *dir, struct dentry *d)
{
	char *target;
	int err;

	if (e->size == 0 || e->size >= PATH_MAX)
		return -ENAMETOOLONG;
	target = kmalloc(e->size + 1, 0);
	if (!target)
		return -ENOMEM;
	memcpy(target, e->data, e->size);
	target[e->size] = 0;
	err = dir->ops->symlink(dir, d, target);
	kfree(target);
	return err;
}

static int unpack_make(struct unpack *u, const struct cpio_entry *e, struct inode *dir, struct dentry *d)
{
	struct inode *link = S_ISREG(e->mode) && e->nlink > 1 ? unpack_find_link(u, e) : NULL;

	if (d->inode) /* a directory that is there already */
		return 0;
	if (link)
		return dir->ops->link(dir, d, link);
	if (S_ISLNK(e->mode))
		return unpack_symlink(e, dir, d);
	return dir->ops->create(dir, d, e->mode & (S_IFMT | S_IALLUGO),
				DEV_MAKE(e->rdev_major, e->rdev_minor));
}

/* One entry at the end of a walk: the name, then what it holds. */
static int unpack_at(struct unpack *u, const struct cpio_entry *e, struct walk *w)
{
	struct path p = { w->pinned.mnt, NULL };
	struct inode *dir = w->pinned.dentry->inode;
	int err;

	if (w->last_kind != COMPONENT_NAME) {
		unpack_set_attributes(dir, e); /* "." is the root */
		return 0;
	}
	mutex_lock(&dir->lock);
	err = dentry_lookup(w->pinned.dentry, w->last, w->last_len, &p.dentry);
	if (!err)
		err = unpack_clear_name(&w->pinned, &p.dentry, w, S_ISDIR(e->mode));
	if (!err)
		err = unpack_make(u, e, dir, p.dentry);
	mutex_unlock(&dir->lock);
	if (!err && S_ISREG(e->mode))
		err = unpack_data(&p, e);
	if (!err) {
		unpack_set_attributes(p.dentry->inode, e);
		if (S_ISREG(e->mode) && e->nlink > 1 && !unpack_find_link(u, e))
			err = unpack_remember_link(u, e, p.dentry->inode);
	}
	if (p.dentry)
		dentry_put(p.dentry);
	return err;
}

static int unpack_entry(struct unpack *u, const struct cpio_entry *e)
{
	struct walk w;
	int err;

	if (u->archive != u->reader.archive) {
		unpack_forget_links(u);
		u->archive = u->reader.archive;
	}
	if (!unpack_name_is_safe(e->name)) {
		u->problem = "a name with \"..\"";
		return -EINVAL;
	}
	u->problem = "a name that cannot be made";
	err = walk_begin(&w, AT_FDCWD, e->name, LOOKUP_PARENT | LOOKUP_KERNEL);
	if (err)
		return err;
	err = unpack_at(u, e, &w);
	walk_end(&w);
	u->files++;
	return err;
}

int initramfs_unpack(const void *data, size_t size)
{
	struct unpack *u = kzalloc(sizeof(*u), 0);
	struct cpio_entry e = { .name = "" };
	int err, more;

	if (!u)
		return -ENOMEM;
	cpio_open(&u->reader, data, size);
	do {
		size_t at = u->reader.offset;

		more = cpio_next(&u->reader, &e);
		if (more < 0)
			u->problem = u->reader.problem;
		err = more > 0 ? unpack_entry(u, &e) : more;
		if (err)
			log_err("initramfs: refused at byte %zu (after %u files, last name \"%.64s\"): %s, error %d",
				at, u->files, e.name, u->problem, err);
	} while (more > 0 && !err);
	unpack_forget_links(u);
	kfree(u);
	return err == 0 || err == -ENOMEM ? err : -EINVAL;
}

void initramfs_init(void)
{
	if (!machine.initrd.size) {
		log_warn("initramfs: the boot loader gave none");
		return;
	}
	if (initramfs_unpack(phys_to_virt(machine.initrd.base), machine.initrd.size))
		boot_refuse("the initramfs cannot be used, see above");
	/* Everything was copied. */
	page_release_reserved(machine.initrd.base, machine.initrd.size);
}
