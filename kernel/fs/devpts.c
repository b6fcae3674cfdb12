/*
 * /dev/pts: the directory of pseudoterminals.  There are none yet, so it is empty; it exists because
 * programs mount it and look into it.
 */
#include <kernel/procfs.h>

#include <kernel/panic.h>
#include <kernel/pseudo.h>

enum { DEVPTS_MAGIC = 0x1cd1 };

static const struct pseudo_node devpts_files[] = { { NULL } };
static const struct pseudo_node devpts_root = {
	.mode = S_IFDIR | 0755, .children = devpts_files,
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
