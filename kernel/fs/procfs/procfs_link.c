/*
 * Symlinks of /proc that jump: exe, cwd, root and fd/N lead to the very file, whatever its name says by now.
 * A descriptor without a name (a pipe) reads as "pipe:[number]" and cannot be opened again through here.
 */
#include "procfs.h"

#include <kernel/errno.h>
#include <kernel/fdtable.h>
#include <kernel/mm.h>
#include <kernel/printf.h>
#include <kernel/slab.h>
#include <kernel/string.h>

/* ---- exe, cwd, root ---------------------------------------------------------------------------- */

int procfs_follow_exe(u64 key, struct path *out)
{
	struct mm *mm;
	int err;

	err = procfs_may_inspect(key);
	if (!err)
		err = procfs_get_mm(key, &mm);
	if (err)
		return err;
	mutex_lock(&mm->lock);
	if (mm->exe && mm->exe->path.dentry) {
		*out = mm->exe->path;
		path_get(out);
	} else {
		err = -ENOENT;
	}
	mutex_unlock(&mm->lock);
	mm_put(mm);
	return err;
}

static int procfs_follow_fs(u64 key, bool root, struct path *out)
{
	struct fs_context *fs;
	int err;

	err = procfs_may_inspect(key);
	if (!err)
		err = procfs_get_fs(key, &fs);
	if (err)
		return err;
	spin_lock(&fs->lock);
	*out = root ? fs->root : fs->cwd;
	path_get(out);
	spin_unlock(&fs->lock);
	fs_context_put(fs);
	return 0;
}

int procfs_follow_cwd(u64 key, struct path *out)
{
	return procfs_follow_fs(key, false, out);
}

int procfs_follow_root(u64 key, struct path *out)
{
	return procfs_follow_fs(key, true, out);
}

/* The text of a link whose path we hold; drops that. */
static int procfs_link_text(struct path *p, char *buf, size_t n)
{
	char *text = kmalloc(PROCFS_PATH_MAX, 0);
	int len = -ENOMEM;

	if (text)
		len = kscnprintf(buf, n, "%s", procfs_path_text(p, text));
	kfree(text);
	path_put(p);
	return len;
}

int procfs_read_exe(u64 key, char *buf, size_t n)
{
	struct path p;
	int err = procfs_follow_exe(key, &p);

	return err ? err : procfs_link_text(&p, buf, n);
}

int procfs_read_cwd(u64 key, char *buf, size_t n)
{
	struct path p;
	int err = procfs_follow_cwd(key, &p);

	return err ? err : procfs_link_text(&p, buf, n);
}

int procfs_read_root(u64 key, char *buf, size_t n)
{
	struct path p;
	int err = procfs_follow_root(key, &p);

	return err ? err : procfs_link_text(&p, buf, n);
}

/* ---- fd ---------------------------------------------------------------------------------------- */

/* The first open descriptor >= from of the process: its number with its file, or an errno. */
static int procfs_next_fd(u64 key, u32 from, struct file **out)
{
	struct fd_table *fds;
	int fd;

	fd = procfs_may_inspect(key);
	if (!fd)
		fd = procfs_get_fds(procfs_key(procfs_pid(key), 0), &fds);
	if (fd)
		return fd;
	fd = fd_table_next(fds, from, out);
	fd_table_put(fds);
	return fd;
}

/* The file that the key of a link names. */
static int procfs_fd_file(u64 key, struct file **out)
{
	u32 wanted = procfs_detail(key) - 1;
	int fd = procfs_next_fd(key, wanted, out);

	if (fd < 0)
		return fd;
	if ((u32)fd == wanted)
		return 0;
	file_put(*out);
	return -ENOENT;
}

static int procfs_fd_follow(u64 key, struct path *out)
{
	struct file *f;
	int err = procfs_fd_file(key, &f);

	if (err)
		return err;
	if (f->path.dentry) {
		*out = f->path;
		path_get(out);
	} else {
		err = -ENXIO;
	}
	file_put(f);
	return err;
}

static int procfs_fd_readlink(u64 key, char *buf, size_t n)
{
	struct path p;
	struct file *f;
	int err = procfs_fd_file(key, &f);

	if (err)
		return err;
	if (f->path.dentry) {
		p = f->path;
		path_get(&p);
		err = procfs_link_text(&p, buf, n);
	} else if (f->inode) {
		err = kscnprintf(buf, n, "%s:[%lu]", f->ops->name, f->inode->ino);
	} else {
		err = kscnprintf(buf, n, "anon_inode:[%s]", f->ops->name);
	}
	file_put(f);
	return err;
}

static const struct pseudo_node procfs_fd_link = {
	.mode = S_IFLNK | 0700, .follow = procfs_fd_follow, .readlink = procfs_fd_readlink,
};

static int procfs_fds_lookup(u64 key, const char *name, size_t len, const struct pseudo_node **node,
			     u64 *child)
{
	struct file *f;
	u32 fd;
	int err;

	err = procfs_parse_number(name, len, &fd);
	if (err)
		return err;
	*child = procfs_key(procfs_pid(key), fd + 1);
	err = procfs_fd_file(*child, &f);
	if (err)
		return err == -EACCES ? err : -ENOENT;
	file_put(f);
	*node = &procfs_fd_link;
	return 0;
}

static int procfs_fds_next(u64 key, u64 *pos, char name[NAME_MAX + 1],
			   const struct pseudo_node **node, u64 *child)
{
	struct file *f;
	int fd = procfs_next_fd(key, (u32)*pos, &f);

	if (fd < 0)
		return fd == -EACCES ? fd : -ENOENT;
	file_put(f);
	*pos = (u64)fd;
	ksnprintf(name, NAME_MAX + 1, "%d", fd);
	*node = &procfs_fd_link;
	*child = procfs_key(procfs_pid(key), (u32)fd + 1);
	return 0;
}

const struct pseudo_dynamic procfs_fds = {
	.lookup = procfs_fds_lookup,
	.next = procfs_fds_next,
};
