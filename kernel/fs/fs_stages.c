/*
 * Stages 55 and 56: the root file system, and the archive unpacked into it.  The archives of the second are
 * made here, entry by entry, so that each field is known; what they hold is removed again.
 */
#include <kernel/vfs.h>

#include <kernel/dev.h>
#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/machine.h>
#include <kernel/page.h>
#include <kernel/printf.h>
#include <kernel/slab.h>
#include <kernel/stage.h>
#include <kernel/string.h>

#include "fs_internal.h"

/* Removes a file or an empty directory of the root file system. */
static int fs_stage_remove(const char *name)
{
	struct dentry *d = NULL;
	struct inode *dir;
	struct walk w;
	int err = walk_begin(&w, AT_FDCWD, name, LOOKUP_PARENT | LOOKUP_KERNEL);

	if (err)
		return err;
	dir = w.pinned.dentry->inode;
	mutex_lock(&dir->lock);
	err = dentry_lookup(w.pinned.dentry, w.last, w.last_len, &d);
	if (!err && !d->inode)
		err = -ENOENT;
	if (!err)
		err = S_ISDIR(d->inode->mode) ? dir->ops->rmdir(dir, d) : dir->ops->unlink(dir, d);
	if (!err)
		dentry_remove(d);
	mutex_unlock(&dir->lock);
	if (d)
		dentry_put(d);
	walk_end(&w);
	return err;
}

/* The inode at a path, without a reference: the tree keeps it.  NULL when there is none. */
static struct inode *fs_stage_inode(const char *name, enum lookup_flags flags)
{
	struct inode *inode;
	struct path p;

	if (path_lookup_kernel(name, flags, &p))
		return NULL;
	inode = p.dentry->inode;
	path_put(&p);
	return inode;
}

static void fs_stage_root_paths(void)
{
	struct path p;

	EXPECT(root_mount != NULL);
	EXPECT_EQ(strcmp(root_mount->sb->type, "tmpfs"), 0);
	EXPECT_OK(path_lookup_kernel("/", 0, &p));
	EXPECT_EQ(p.dentry, root_mount->root);
	path_put(&p);
	EXPECT_OK(path_lookup_kernel("/../.././", 0, &p));
	EXPECT_EQ(p.dentry, root_mount->root);
	EXPECT(S_ISDIR(p.dentry->inode->mode));
	path_put(&p);
	EXPECT_EQ(path_lookup_kernel("/no-such-name", 0, &p), -ENOENT);
	EXPECT_EQ(path_lookup_kernel("/no-such-name", 0, &p), -ENOENT); /* now from the cache */
}

/* A file of 10,000 bytes, a hole, and one byte behind it. */
static void fs_stage_root_file(void)
{
	enum { SIZE = 10000, FAR = 1 << 20 };
	u8 *data = kmalloc(SIZE, 0), *back = kmalloc(SIZE, 0);
	struct file *f, *again;
	loff_t pos = 0;

	EXPECT(data && back);
	for (u32 i = 0; i < SIZE; i++)
		data[i] = (u8)(i * 7 + i / 251);
	EXPECT_OK(file_open_kernel("/stage-file", O_CREAT | O_EXCL | O_RDWR, 0640, &f));
	EXPECT_EQ(file_write_kernel(f, data, SIZE, &pos), (ssize_t)SIZE);
	EXPECT_EQ(pos, (loff_t)SIZE);
	pos = 0;
	EXPECT_EQ(file_read_kernel(f, back, SIZE, &pos), (ssize_t)SIZE);
	EXPECT_EQ(memcmp(data, back, SIZE), 0);
	EXPECT_EQ(file_read_kernel(f, back, SIZE, &pos), 0L);

	pos = FAR;
	EXPECT_EQ(file_write_kernel(f, "x", 1, &pos), 1L);
	EXPECT_EQ(f->inode->size, (loff_t)FAR + 1);
	EXPECT_EQ(f->inode->mapping.count, 4ul); /* three pages and one, the hole has none */
	pos = SIZE;
	EXPECT_EQ(file_read_kernel(f, back, SIZE, &pos), (ssize_t)SIZE);
	for (u32 i = 0; i < SIZE; i++) {
		if (back[i])
			EXPECT_EQ(back[i], 0);
	}
	EXPECT_EQ(file_open_kernel("/stage-file", O_CREAT | O_EXCL | O_RDWR, 0640, &again), -EEXIST);
	EXPECT_EQ(file_open_kernel("/stage-file/x", O_RDONLY, 0, &again), -ENOTDIR);
	EXPECT_EQ(f->inode->mode, (mode_t)(S_IFREG | 0640));
	file_put(f);
	kfree(data);
	kfree(back);
}

void stage_fs_root(void)
{
	struct list *inodes = &root_mount->sb->inodes;
	size_t before = list_length(inodes);

	fs_stage_root_paths();
	fs_stage_root_file();
	EXPECT_EQ(list_length(inodes), before + 1);
	EXPECT_OK(fs_stage_remove("/stage-file"));
	EXPECT_EQ(fs_stage_remove("/stage-file"), -ENOENT);
	EXPECT_EQ(list_length(inodes), before);
}

/* An archive being written. */
struct fs_stage_archive {
	char *buf;
	size_t len;
};

struct fs_stage_entry {
	const char *name, *data;
	u32 ino, mode, nlink, rdev_major, rdev_minor;
};

enum { ARCHIVE_SIZE = 8192, ARCHIVE_MTIME = 1700000000, ARCHIVE_UID = 7, ARCHIVE_GID = 9 };

static void fs_stage_pad(struct fs_stage_archive *a)
{
	while (a->len % 4)
		a->buf[a->len++] = 0;
}

/* cpio(5), "New ASCII format". */
static void fs_stage_add(struct fs_stage_archive *a, const struct fs_stage_entry *e)
{
	u32 size = e->data ? (u32)strlen(e->data) : 0, name = (u32)strlen(e->name) + 1;

	a->len += (size_t)ksnprintf(a->buf + a->len, ARCHIVE_SIZE - a->len,
				    "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", e->ino, e->mode,
				    ARCHIVE_UID, ARCHIVE_GID, e->nlink, ARCHIVE_MTIME, size, 0, 1,
				    e->rdev_major, e->rdev_minor, name, 0);
	memcpy(a->buf + a->len, e->name, name);
	a->len += name;
	fs_stage_pad(a);
	if (size)
		memcpy(a->buf + a->len, e->data, size);
	a->len += size;
	fs_stage_pad(a);
}

static void fs_stage_add_all(struct fs_stage_archive *a, const struct fs_stage_entry *e)
{
	for (; e->name; e++)
		fs_stage_add(a, e);
	fs_stage_add(a, &(struct fs_stage_entry){ .name = "TRAILER!!!", .nlink = 1 });
}

static const struct fs_stage_entry first_archive[] = {
	{ .name = "stage-dir", .ino = 1, .mode = S_IFDIR | 01750, .nlink = 2 },
	{ .name = "stage-dir/file", .ino = 2, .mode = S_IFREG | 04751, .nlink = 1, .data = "first" },
	/* Two files without links may carry one number: each is a file of its own. */
	{ .name = "stage-dir/other", .ino = 2, .mode = S_IFREG | 0600, .nlink = 1, .data = "other" },
	{ .name = "stage-dir/link1", .ino = 3, .mode = S_IFREG | 0644, .nlink = 2 },
	{ .name = "stage-dir/link2", .ino = 3, .mode = S_IFREG | 0644, .nlink = 2, .data = "linked" },
	{ .name = "stage-dir/symlink", .ino = 4, .mode = S_IFLNK | 0777, .nlink = 1, .data = "file" },
	{ .name = "stage-dir/device", .ino = 5, .mode = S_IFCHR | 0620, .nlink = 1, .rdev_major = 1,
	  .rdev_minor = 3 },
	{ .name = NULL },
};

/* Link 3 of another archive is another file; "file" is there already and is replaced. */
static const struct fs_stage_entry second_archive[] = {
	{ .name = "stage-dir/link3", .ino = 3, .mode = S_IFREG | 0644, .nlink = 2, .data = "apart" },
	{ .name = "stage-dir/file", .ino = 4, .mode = S_IFREG | 0640, .nlink = 1, .data = "second" },
	{ .name = NULL },
};

static void fs_stage_expect_text(const char *name, const char *text)
{
	char buf[32];
	struct file *f;
	loff_t pos = 0;

	EXPECT_OK(file_open_kernel(name, O_RDONLY, 0, &f));
	EXPECT_EQ(file_read_kernel(f, buf, sizeof(buf), &pos), (ssize_t)strlen(text));
	EXPECT_EQ(memcmp(buf, text, strlen(text)), 0);
	file_put(f);
}

static void fs_stage_expect_unpacked(void)
{
	const struct inode *dir = fs_stage_inode("/stage-dir", 0), *link, *device;

	EXPECT(dir != NULL);
	EXPECT_EQ(dir->mode, (mode_t)(S_IFDIR | 01750));
	EXPECT_EQ(dir->uid, (uid_t)ARCHIVE_UID);
	EXPECT_EQ(dir->gid, (gid_t)ARCHIVE_GID);
	EXPECT_EQ(dir->mtime, (s64)ARCHIVE_MTIME * NSEC_PER_SEC);
	fs_stage_expect_text("/stage-dir/file", "second");
	EXPECT_EQ(fs_stage_inode("/stage-dir/file", 0)->mode, (mode_t)(S_IFREG | 0640));
	fs_stage_expect_text("/stage-dir/other", "other");
	EXPECT_EQ(fs_stage_inode("/stage-dir/symlink", LOOKUP_FOLLOW), fs_stage_inode("/stage-dir/file", 0));

	link = fs_stage_inode("/stage-dir/link1", 0);
	EXPECT_EQ(link, fs_stage_inode("/stage-dir/link2", 0));
	EXPECT_EQ(link->nlink, 2u);
	fs_stage_expect_text("/stage-dir/link1", "linked");
	EXPECT_NE(link, fs_stage_inode("/stage-dir/link3", 0));
	EXPECT_EQ(fs_stage_inode("/stage-dir/link3", 0)->nlink, 1u);
	fs_stage_expect_text("/stage-dir/link3", "apart");

	device = fs_stage_inode("/stage-dir/device", 0);
	EXPECT_EQ(device->mode, (mode_t)(S_IFCHR | 0620));
	EXPECT_EQ(device->rdev, DEV_MAKE(1, 3));
}

/* Each of these ends with -EINVAL and a line in the log, whatever was unpacked before it. */
static void fs_stage_expect_refused(struct fs_stage_archive *a)
{
	static const struct fs_stage_entry outside[] = {
		{ .name = "stage-dir/../../evil", .ino = 1, .mode = S_IFREG | 0644, .nlink = 1 }, { .name = NULL }
	};
	static const struct fs_stage_entry nowhere[] = {
		{ .name = "no-such-dir/file", .ino = 1, .mode = S_IFREG | 0644, .nlink = 1 }, { .name = NULL }
	};

	a->len = 0;
	fs_stage_add_all(a, outside);
	EXPECT_EQ(initramfs_unpack(a->buf, a->len), -EINVAL);
	a->len = 0;
	fs_stage_add_all(a, nowhere);
	EXPECT_EQ(initramfs_unpack(a->buf, a->len), -EINVAL);
	a->len = 0;
	fs_stage_add_all(a, second_archive);
	EXPECT_EQ(initramfs_unpack(a->buf, 60), -EINVAL);
	EXPECT_EQ(initramfs_unpack(a->buf, 130), -EINVAL);
	a->buf[5] = 'x';
	EXPECT_EQ(initramfs_unpack(a->buf, a->len), -EINVAL);
	EXPECT_EQ(fs_stage_inode("/evil", 0), NULL);
}

void stage_fs_initramfs(void)
{
	static const char *const names[] = { "file", "other", "link1", "link2", "link3", "symlink", "device" };
	struct fs_stage_archive a = { kmalloc(ARCHIVE_SIZE, 0), 0 };
	size_t before = list_length(&root_mount->sb->inodes);
	char name[32];

	EXPECT(a.buf != NULL);
	if (machine.initrd.size)
		EXPECT_GT(before, 1ul);
	fs_stage_add_all(&a, first_archive);
	memset(a.buf + a.len, 0, 512); /* zeros between archives, as cpio and cat leave them */
	a.len += 512;
	fs_stage_add_all(&a, second_archive);
	EXPECT_OK(initramfs_unpack(a.buf, a.len));
	fs_stage_expect_unpacked();
	fs_stage_expect_refused(&a);
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		ksnprintf(name, sizeof(name), "/stage-dir/%s", names[i]);
		EXPECT_OK(fs_stage_remove(name));
	}
	EXPECT_OK(fs_stage_remove("/stage-dir"));
	EXPECT_EQ(list_length(&root_mount->sb->inodes), before);
	kfree(a.buf);
}
