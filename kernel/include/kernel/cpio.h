/*
 * Reading "newc" cpio archives (magic 070701, or 070702 with checksums) as an initramfs has them: several
 * archives one behind the other, each ended by TRAILER!!!, zeros between and after.  Every field is
 * checked before it is used; nothing is copied, entries point into the archive.  Nothing sleeps.
 */
#pragma once

#include <kernel/types.h>

struct cpio_entry {
	const char *name; /* terminated, inside the archive */
	u32 ino;
	u32 mode;
	u32 uid;
	u32 gid;
	u32 nlink;
	u32 mtime; /* seconds since 1970 */
	u32 dev_major, dev_minor;
	u32 rdev_major, rdev_minor; /* for device nodes */
	const void *data;
	u32 size;
};

struct cpio_reader {
	const u8 *base;
	size_t size;
	size_t offset;       /* of the next header */
	u32 archive;         /* how many trailers have been passed */
	bool in_archive;     /* a header was seen and no trailer since */
	const char *problem; /* one sentence, when cpio_next fails */
};

void cpio_open(struct cpio_reader *r, const void *base, size_t size);

/* 1 with the next entry, 0 at the end (at least one trailer seen, nothing open), or
 * -ENODATA truncated, -ENOEXEC bad magic, -EINVAL bad number, -ENAMETOOLONG bad name length,
 * -EILSEQ name not terminated or NUL inside, -EBADMSG wrong checksum.  r->offset is then the place. */
int cpio_next(struct cpio_reader *r, struct cpio_entry *e);
