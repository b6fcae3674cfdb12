/*
 * Stage 57: what boot mounted besides the root.  Each file system is asked for something that only it can
 * know, by path, as a program would.
 */
#include <kernel/vfs.h>

#include <kernel/cpu.h>
#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/stage.h>
#include <kernel/string.h>
#include <kernel/uts.h>

enum { PSEUDO_STAGE_TEXT = 512 };

/* Reads the beginning of a file into a terminated buffer; the length or an errno. */
static ssize_t pseudo_stage_read(const char *name, char buf[PSEUDO_STAGE_TEXT])
{
	struct file *f;
	loff_t pos = 0;
	ssize_t n;
	int err;

	err = file_open_kernel(name, O_RDONLY, 0, &f);
	if (err)
		return err;
	n = file_read_kernel(f, buf, PSEUDO_STAGE_TEXT - 1, &pos);
	file_put(f);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

/* The type of the file system that a path is on; "" when there is no such path. */
static const char *pseudo_stage_type(const char *name)
{
	const char *type;
	struct path p;

	if (path_lookup_kernel(name, LOOKUP_FOLLOW, &p))
		return "";
	type = p.dentry->sb->type;
	path_put(&p);
	return type;
}

static void pseudo_stage_dev(void)
{
	struct file *f;
	struct path p;
	loff_t pos = 0;

	EXPECT_OK(path_lookup_kernel("/dev/null", LOOKUP_FOLLOW, &p));
	EXPECT_EQ(p.dentry->inode->mode, S_IFCHR | 0666u);
	EXPECT_EQ(p.dentry->inode->rdev, DEV_MAKE(1, 3));
	path_put(&p);
	EXPECT_OK(file_open_kernel("/dev/null", O_RDWR, 0, &f));
	EXPECT_EQ(file_write_kernel(f, "gone", 4, &pos), 4);
	EXPECT_EQ(file_read_kernel(f, &pos, 1, &pos), 0);
	file_put(f);
	/* A device that nobody drives has no node. */
	EXPECT_EQ(file_open_kernel("/dev/nothing", O_RDWR, 0, &f), -ENOENT);
}

static void pseudo_stage_proc(void)
{
	char text[PSEUDO_STAGE_TEXT];

	EXPECT_GT(pseudo_stage_read("/proc/version", text), 0);
	EXPECT(strstr(text, uts_name.release));
	EXPECT_GT(pseudo_stage_read("/proc/filesystems", text), 0);
	EXPECT(strstr(text, "nodev\tdevtmpfs\n"));
	EXPECT(strstr(text, "nodev\tdevpts\n"));
	EXPECT_GT(pseudo_stage_read("/proc/meminfo", text), 0);
	EXPECT(strstr(text, "MemTotal: "));
	EXPECT_GT(pseudo_stage_read("/proc/sys/kernel/ostype", text), 0);
	EXPECT(strcmp(text, "Linux\n") == 0);
	EXPECT_EQ(pseudo_stage_read("/proc/0/stat", text), -ENOENT);
	EXPECT_EQ(pseudo_stage_read("/proc/01", text), -ENOENT);
}

void stage_fs_pseudo(void)
{
	char text[PSEUDO_STAGE_TEXT];

	EXPECT(strcmp(pseudo_stage_type("/dev"), "devtmpfs") == 0);
	EXPECT(strcmp(pseudo_stage_type("/proc"), "proc") == 0);
	EXPECT(strcmp(pseudo_stage_type("/sys"), "sysfs") == 0);
	EXPECT(strcmp(pseudo_stage_type("/dev/pts"), "devpts") == 0);
	pseudo_stage_dev();
	pseudo_stage_proc();
	EXPECT_GT(pseudo_stage_read("/sys/devices/system/cpu/online", text), 1);
	EXPECT_EQ(text[0], '0');
	EXPECT_EQ(text[1] == '-', cpu_count > 1);
}
