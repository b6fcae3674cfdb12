/*
 * /dev/pts: a node for the slave of every pseudoterminal whose master is open.  It is made up from the
 * table of pseudoterminals at every look, so that nothing has to be added or removed.
 */
#include <kernel/procfs.h>

#include <kernel/errno.h>
#include <kernel/panic.h>
#include <kernel/printf.h>
#include <kernel/pseudo.h>
#include <kernel/string.h>
#include <kernel/tty.h>

enum { DEVPTS_MAGIC = 0x1cd1 };

/* The key of a node is the number of its pseudoterminal. */
static int devpts_find(u64 key, struct pty_info *info)
{
	int err = pty_next((u32)key, info);

	return err || info->index != key ? -ENOENT : 0;
}

static dev_t devpts_rdev(u64 key)
{
	struct pty_info info;

	return devpts_find(key, &info) ? 0 : info.dev;
}

static int devpts_owner(u64 key, uid_t *uid, gid_t *gid)
{
	struct pty_info info;
	int err = devpts_find(key, &info);

	if (err)
		return err;
	*uid = info.uid;
	*gid = info.gid;
	return 0;
}

static const struct pseudo_node devpts_slave = {
	.mode = S_IFCHR | 0620, .rdev = devpts_rdev, .owner = devpts_owner,
};

static int devpts_lookup(u64 key, const char *name, size_t len, const struct pseudo_node **node,
			 u64 *child)
{
	struct pty_info info;
	char own[12];

	for (*child = 0; !pty_next((u32)*child, &info); *child = info.index + 1) {
		if ((size_t)ksnprintf(own, sizeof(own), "%u", info.index) != len ||
		    memcmp(own, name, len) != 0)
			continue;
		*child = info.index;
		*node = &devpts_slave;
		return 0;
	}
	return -ENOENT;
}

static int devpts_next(u64 key, u64 *pos, char name[NAME_MAX + 1], const struct pseudo_node **node,
		       u64 *child)
{
	struct pty_info info;

	if (*pos >= PTY_MAX || pty_next((u32)*pos, &info))
		return -ENOENT;
	*pos = *child = info.index;
	ksnprintf(name, NAME_MAX + 1, "%u", info.index);
	*node = &devpts_slave;
	return 0;
}

static const struct pseudo_dynamic devpts_names = {
	.lookup = devpts_lookup,
	.next = devpts_next,
};

static const struct pseudo_node devpts_root = {
	.mode = S_IFDIR | 0755, .dynamic = &devpts_names,
};

static int devpts_mount(const char *source, u32 flags, const char *options, struct super_block **out)
{
	return pseudo_super_new("devpts", DEVPTS_MAGIC, &devpts_root, out);
}

static struct fs_type devpts_type = { .name = "devpts", .mount = devpts_mount, .nodev = true };

void devpts_init(void)
{
	PANIC_IF(fs_type_register(&devpts_type));
}
