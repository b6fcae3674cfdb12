/*
 * mount(2) and umount2(2).
 * Simplified compared with Linux: one name space, no propagation between mounts (all are private).
 */
#include <kernel/vfs.h>

#include <kernel/errno.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

#include "fs_internal.h"

enum { MOUNT_TEXT_MAX = 4096, MOUNT_TYPE_MAX = 64 };

/* An optional string of the program; *out stays NULL for a null pointer. */
static int mount_text_from_user(const char __user *text, size_t max, char **out)
{
	ssize_t len;

	*out = NULL;
	if (!text)
		return 0;
	*out = kmalloc(max, 0);
	if (!*out)
		return -ENOMEM;
	len = strncpy_from_user(*out, text, max);
	if (len == -ENAMETOOLONG)
		return -EINVAL;
	return len < 0 ? (int)len : 0;
}

/* What mount(2) was called with, in kernel memory. */
struct mount_call {
	char *source, *type, *options;
	struct path on;
	u32 flags;
};

static int mount_call_bind(const struct mount_call *c)
{
	struct path what;
	int err;

	if (!c->source)
		return -EINVAL;
	err = path_lookup_at(AT_FDCWD, c->source, LOOKUP_FOLLOW, &what);
	if (err)
		return err;
	err = mount_bind(&what, &c->on);
	path_put(&what);
	return err;
}

static int mount_call_carry_out(const struct mount_call *c)
{
	u32 propagation = c->flags & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE);

	if (c->flags & MS_REMOUNT)
		return mount_change_flags(&c->on, c->flags);
	if (propagation) /* all mounts are private, so that these two change nothing */
		return propagation & (MS_SHARED | MS_UNBINDABLE) ? -EINVAL : 0;
	if (c->flags & MS_BIND)
		return mount_call_bind(c);
	if (c->flags & MS_MOVE)
		return -EINVAL;
	if (!c->type)
		return -EINVAL;
	return mount_type(c->source ? c->source : "none", &c->on, c->type, c->flags, c->options);
}

long sys_mount(const char __user *source, const char __user *target, const char __user *type,
	       unsigned long flags, const void __user *data)
{
	struct mount_call c = { .flags = (u32)flags };
	struct access_ids ids = access_ids_current();
	int err;

	err = mount_text_from_user(source, PATH_MAX, &c.source);
	if (!err)
		err = mount_text_from_user(type, MOUNT_TYPE_MAX, &c.type);
	if (!err)
		err = mount_text_from_user(data, MOUNT_TEXT_MAX, &c.options);
	if (!err)
		err = path_lookup_user(AT_FDCWD, target, LOOKUP_FOLLOW, &c.on);
	if (err)
		goto out_free;
	err = ids.uid == 0 ? mount_call_carry_out(&c) : -EPERM;
	path_put(&c.on);
out_free:
	kfree(c.source);
	kfree(c.type);
	kfree(c.options);
	return err;
}

long sys_umount2(const char __user *target, int flags)
{
	struct access_ids ids = access_ids_current();
	struct path p;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	if (ids.uid != 0)
		return -EPERM;
	err = path_lookup_user(AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &p);
	if (err)
		return err;
	err = mount_umount(&p, flags);
	path_put(&p);
	return err;
}
