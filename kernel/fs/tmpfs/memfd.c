/*
 * Files in memory without a name: memfd_create(2), and what else needs one.  They live in a tmpfs that is
 * mounted nowhere; /proc/PID/fd shows them as "/memfd:NAME (deleted)".
 */
#include "tmpfs_internal.h"

#include <kernel/dentry.h>
#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/path.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

static struct mount *memfd_mount;

void memfd_init(void)
{
	struct super_block *sb;

	PANIC_IF(tmpfs_super_new("tmpfs", &(struct tmpfs_options){ .mode = 0700 }, &sb));
	sb->root->inode->uncached_names = true;
	PANIC_IF(mount_hidden(sb, "memfd", &memfd_mount));
}

/* A dentry for the inode that no look-up finds; takes over the inode's reference. */
static int memfd_name(const char *name, struct inode *inode, struct dentry **out)
{
	struct dentry *root = memfd_mount->root;
	int err;

	mutex_lock(&root->inode->lock);
	err = dentry_lookup(root, name, (u32)strlen(name), out);
	mutex_unlock(&root->inode->lock);
	if (err) {
		inode_put(inode);
		return err;
	}
	dentry_attach(*out, inode);
	dentry_remove(*out);
	return 0;
}

int tmpfs_file_new(const char *name, loff_t size, int flags, struct file **out)
{
	struct path p = { memfd_mount, NULL };
	struct inode *inode;
	int err;

	err = tmpfs_inode_new(memfd_mount->sb, NULL, S_IFREG | S_IRWXUGO, 0, &inode);
	if (err)
		return err;
	inode->nlink = 0;
	inode->size = size;
	inode->seals = F_SEAL_SEAL;
	err = memfd_name(name, inode, &p.dentry);
	if (err)
		return err;
	err = file_open_path(&p, flags, out);
	dentry_put(p.dentry);
	return err;
}

long sys_memfd_create(const char __user *user_name, u32 flags)
{
	static const char prefix[] = "memfd:";
	const u32 known = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC;
	char name[NAME_MAX + 1];
	struct file *f;
	ssize_t len;
	int err, fd;

	if (flags & ~known)
		return -EINVAL;
	memcpy(name, prefix, sizeof(prefix));
	len = strncpy_from_user(name + sizeof(prefix) - 1, user_name, sizeof(name) - sizeof(prefix) + 1);
	if (len < 0)
		return len == -ENAMETOOLONG ? -EINVAL : len;
	err = tmpfs_file_new(name, 0, O_RDWR, &f);
	if (err)
		return err;
	if (flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL))
		f->inode->seals = 0;
	err = fd_install(f, 0, flags & MFD_CLOEXEC, &fd);
	file_put(f);
	return err ? err : fd;
}

/* F_ADD_SEALS and F_GET_SEALS. */
static int memfd_check(const struct file *f)
{
	return f->inode && f->path.mnt == memfd_mount ? 0 : -EINVAL;
}

long memfd_seals_get(struct file *f)
{
	int err = memfd_check(f);

	return err ? err : (long)READ_ONCE(f->inode->seals);
}

long memfd_seals_add(struct file *f, unsigned long seals)
{
	const u32 known = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
	struct inode *inode = f->inode;
	int err = memfd_check(f);

	if (err)
		return err;
	if (seals & ~(unsigned long)known)
		return -EINVAL;
	if (!file_writable(f))
		return -EPERM;
	mutex_lock(&inode->lock);
	if (inode->seals & F_SEAL_SEAL)
		err = -EPERM;
	else if ((seals & F_SEAL_WRITE) && !list_empty(&inode->mapping.areas))
		err = -EBUSY;
	else
		inode->seals |= (u32)seals;
	mutex_unlock(&inode->lock);
	return err;
}
