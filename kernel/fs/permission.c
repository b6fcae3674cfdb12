/*
 * Who may do what with an inode (POSIX 4.7), and access(2).
 * Simplified compared with Linux: privilege is user id 0, there are no access control lists.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/syscall.h>

#include "fs_internal.h"

struct access_ids access_ids_current(void)
{
	const struct cred *c = current->proc ? current->proc->cred : NULL;

	return (struct access_ids){
		.uid = c ? c->fsuid : 0,
		.gid = c ? c->fsgid : 0,
		.cred = c,
	};
}

bool access_ids_in_group(const struct access_ids *ids, gid_t gid)
{
	if (ids->gid == gid)
		return true;
	for (u32 i = 0; ids->cred && i < ids->cred->group_count; i++) {
		if (ids->cred->groups[i] == gid)
			return true;
	}
	return false;
}

int inode_permission_ids(const struct inode *inode, int mask, const struct access_ids *ids)
{
	mode_t mode = inode->mode;
	u32 bits;

	if (ids->uid == 0) {
		/* Root needs one x bit somewhere to execute a file. */
		if (!(mask & MAY_EXEC) || S_ISDIR(mode) || (mode & S_IXUGO))
			return 0;
		return -EACCES;
	}
	if (ids->uid == inode->uid)
		bits = mode >> 6;
	else if (access_ids_in_group(ids, inode->gid))
		bits = mode >> 3;
	else
		bits = mode;
	return (mask & ~bits & 7) ? -EACCES : 0;
}

int inode_permission(const struct inode *inode, int mask)
{
	struct access_ids ids = access_ids_current();

	if (inode->ops && inode->ops->permission)
		return inode->ops->permission(inode, mask);
	return inode_permission_ids(inode, mask, &ids);
}

bool inode_owner_or_capable(const struct inode *inode)
{
	struct access_ids ids = access_ids_current();

	return ids.uid == 0 || ids.uid == inode->uid;
}

int mount_writable(const struct path *p)
{
	if ((p->mnt->flags | p->mnt->sb->flags) & MS_RDONLY)
		return -EROFS;
	return 0;
}

int path_permission(const struct path *p, int mask)
{
	const struct inode *inode = p->dentry->inode;
	bool on_disk = S_ISREG(inode->mode) || S_ISDIR(inode->mode) || S_ISLNK(inode->mode);

	if ((mask & MAY_WRITE) && on_disk && mount_writable(p))
		return -EROFS;
	if ((mask & MAY_EXEC) && S_ISREG(inode->mode) && (p->mnt->flags & MS_NOEXEC))
		return -EACCES;
	return inode_permission(inode, mask);
}

/* access(2) asks for the real user, unless told otherwise. */
static int path_access(const struct path *p, int mode, int flags)
{
	const struct inode *inode = p->dentry->inode;
	struct access_ids ids = access_ids_current();
	int err = 0;

	if (ids.cred && !(flags & AT_EACCESS)) {
		ids.uid = ids.cred->uid;
		ids.gid = ids.cred->gid;
	}
	if (inode->ops && inode->ops->permission)
		err = inode->ops->permission(inode, mode);
	else
		err = inode_permission_ids(inode, mode, &ids);
	if (err)
		return err;
	if ((mode & W_OK) && !S_ISCHR(inode->mode) && !S_ISBLK(inode->mode) && !S_ISFIFO(inode->mode))
		err = mount_writable(p);
	if ((mode & X_OK) && S_ISREG(inode->mode) && (p->mnt->flags & MS_NOEXEC))
		err = -EACCES;
	return err;
}

long sys_faccessat2(int dfd, const char __user *name, int mode, int flags)
{
	enum lookup_flags lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err;

	if (mode & ~(R_OK | W_OK | X_OK))
		return -EINVAL;
	if (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	err = path_lookup_user(dfd, name, lookup, &path);
	if (err)
		return err;
	err = mode ? path_access(&path, mode, flags) : 0;
	path_put(&path);
	return err;
}

long sys_faccessat(int dfd, const char __user *name, int mode)
{
	return sys_faccessat2(dfd, name, mode, 0);
}
