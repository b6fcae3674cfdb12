/* statfs and fstatfs (asm-generic, 64 bits: 120 bytes), and the magic numbers of file systems. */
#pragma once

#include <stdint.h>

struct statfs {
	int64_t  f_type;
	int64_t  f_bsize;
	uint64_t f_blocks;
	uint64_t f_bfree;
	uint64_t f_bavail;
	uint64_t f_files;
	uint64_t f_ffree;
	int32_t  f_fsid[2];
	int64_t  f_namelen;
	int64_t  f_frsize;
	int64_t  f_flags;
	int64_t  f_spare[4];
};
_Static_assert(sizeof(struct statfs) == 120, "struct statfs is 120 bytes");

enum {
	TMPFS_MAGIC      = 0x01021994,
	PROC_SUPER_MAGIC = 0x9fa0,
	SYSFS_MAGIC      = 0x62656572,
	DEVPTS_SUPER_MAGIC = 0x1cd1,
	EXT2_SUPER_MAGIC = 0xef53,
	PIPEFS_MAGIC     = 0x50495045,
	ANON_INODE_FS_MAGIC = 0x09041934,
};
