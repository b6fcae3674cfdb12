/*
 * statfs and fstatfs.
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>
#include <uapi/statfs.h>

static int super_statfs(const struct super_block *sb, const struct mount *mnt, struct statfs __user *buf)
{
	struct kstatfs k = { .magic = sb->magic, .block_size = sb->block_size };
	u32 flags = mnt ? mnt->flags | sb->flags : 0;
	struct statfs out;
	int err = 0;

	if (sb->ops && sb->ops->statfs)
		err = sb->ops->statfs((struct super_block *)sb, &k);
	if (err)
		return err;
	out = (struct statfs){
		.f_type = (s64)k.magic,
		.f_bsize = k.block_size,
		.f_blocks = k.blocks,
		.f_bfree = k.blocks_free,
		.f_bavail = k.blocks_free,
		.f_files = k.files,
		.f_ffree = k.files_free,
		.f_fsid = { (s32)sb->dev, (s32)(sb->dev >> 32) },
		.f_namelen = NAME_MAX,
		.f_frsize = k.block_size,
		.f_flags = ST_VALID | (flags & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)) |
			   (flags & MS_NOATIME ? ST_NOATIME : 0) |
			   (flags & (MS_NOATIME | MS_STRICTATIME) ? 0 : ST_RELATIME),
	};
	return copy_to_user(buf, &out, sizeof(out));
}

long sys_statfs(const char __user *path, struct statfs __user *buf)
{
	struct path p;
	int err = path_lookup_user(AT_FDCWD, path, LOOKUP_FOLLOW, &p);

	if (err)
		return err;
	err = super_statfs(p.mnt->sb, p.mnt, buf);
	path_put(&p);
	return err;
}

long sys_fstatfs(u32 fd, struct statfs __user *buf)
{
	struct file *f;
	int err = fd_get(fd, &f);

	if (err)
		return err;
	if (f->path.mnt)
		err = super_statfs(f->path.mnt->sb, f->path.mnt, buf);
	else if (f->inode)
		err = super_statfs(f->inode->sb, NULL, buf);
	else
		err = -ENOSYS;
	file_put(f);
	return err;
}
