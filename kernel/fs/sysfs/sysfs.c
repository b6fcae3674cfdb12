/*
 * /sys: so far the CPUs that are online, as libraries count them (/sys/devices/system/cpu/online), and empty
 * directories where programs expect some.
 */
#include <kernel/procfs.h>

#include <kernel/cpu.h>
#include <kernel/panic.h>
#include <kernel/pseudo.h>

enum { SYSFS_MAGIC = 0x62656572 };

#define SYS_DIR(dir, table) { .name = dir, .mode = S_IFDIR | 0555, .children = table }

/* "0" or "0-3": numbers are dense. */
static int sysfs_show_cpus(struct pseudo_text *t, u64 key)
{
	if (cpu_count == 1)
		pseudo_printf(t, "0\n");
	else
		pseudo_printf(t, "0-%u\n", cpu_count - 1);
	return 0;
}

static const struct pseudo_node sysfs_empty[] = { { NULL } };

static const struct pseudo_node sysfs_cpu[] = {
	{ .name = "online", .mode = S_IFREG | 0444, .show = sysfs_show_cpus },
	{ .name = "possible", .mode = S_IFREG | 0444, .show = sysfs_show_cpus },
	{ .name = "present", .mode = S_IFREG | 0444, .show = sysfs_show_cpus },
	{ NULL },
};

static const struct pseudo_node sysfs_system[] = { SYS_DIR("cpu", sysfs_cpu), { NULL } };
static const struct pseudo_node sysfs_devices[] = { SYS_DIR("system", sysfs_system), { NULL } };

static const struct pseudo_node sysfs_root_files[] = {
	SYS_DIR("block", sysfs_empty),
	SYS_DIR("bus", sysfs_empty),
	SYS_DIR("class", sysfs_empty),
	SYS_DIR("devices", sysfs_devices),
	SYS_DIR("fs", sysfs_empty),
	SYS_DIR("kernel", sysfs_empty),
	{ NULL },
};

static const struct pseudo_node sysfs_root = {
	.mode = S_IFDIR | 0555, .children = sysfs_root_files,
};

static int sysfs_mount(const char *source, u32 flags, const char *options, struct super_block **out)
{
	return pseudo_super_new("sysfs", SYSFS_MAGIC, &sysfs_root, out);
}

static struct fs_type sysfs_type = { .name = "sysfs", .mount = sysfs_mount, .nodev = true };

void sysfs_init(void)
{
	PANIC_IF(fs_type_register(&sysfs_type));
}
