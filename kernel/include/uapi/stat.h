/* File kinds, permission bits and what stat and statx report (Linux, asm-generic for 64 bits). */
#pragma once

#include <stdint.h>

enum {
	S_IFMT   = 0170000,
	S_IFSOCK = 0140000,
	S_IFLNK  = 0120000,
	S_IFREG  = 0100000,
	S_IFBLK  = 0060000,
	S_IFDIR  = 0040000,
	S_IFCHR  = 0020000,
	S_IFIFO  = 0010000,
	S_ISUID  = 0004000,
	S_ISGID  = 0002000,
	S_ISVTX  = 0001000,
	S_IRWXU  = 0700,
	S_IRWXG  = 0070,
	S_IXGRP  = 0010,
	S_IRWXO  = 0007,
	S_IRWXUGO = 0777,
	S_IXUGO  = 0111,
	S_IALLUGO = 07777,
};

#define S_ISLNK(m)  (((m) & S_IFMT) == S_IFLNK)
#define S_ISREG(m)  (((m) & S_IFMT) == S_IFREG)
#define S_ISDIR(m)  (((m) & S_IFMT) == S_IFDIR)
#define S_ISCHR(m)  (((m) & S_IFMT) == S_IFCHR)
#define S_ISBLK(m)  (((m) & S_IFMT) == S_IFBLK)
#define S_ISFIFO(m) (((m) & S_IFMT) == S_IFIFO)
#define S_ISSOCK(m) (((m) & S_IFMT) == S_IFSOCK)

/* struct stat: 128 bytes. */
struct stat {
	uint64_t st_dev;
	uint64_t st_ino;
	uint32_t st_mode;
	uint32_t st_nlink;
	uint32_t st_uid;
	uint32_t st_gid;
	uint64_t st_rdev;
	uint64_t st_pad1;
	int64_t  st_size;
	int32_t  st_blksize;
	int32_t  st_pad2;
	int64_t  st_blocks; /* of 512 bytes */
	int64_t  st_atime_sec;
	uint64_t st_atime_nsec;
	int64_t  st_mtime_sec;
	uint64_t st_mtime_nsec;
	int64_t  st_ctime_sec;
	uint64_t st_ctime_nsec;
	uint32_t st_unused[2];
};
_Static_assert(sizeof(struct stat) == 128, "struct stat is 128 bytes");

struct statx_timestamp {
	int64_t  tv_sec;
	uint32_t tv_nsec;
	int32_t  pad;
};

/* struct statx: 256 bytes. */
struct statx {
	uint32_t stx_mask;
	uint32_t stx_blksize;
	uint64_t stx_attributes;
	uint32_t stx_nlink;
	uint32_t stx_uid;
	uint32_t stx_gid;
	uint16_t stx_mode;
	uint16_t stx_pad0;
	uint64_t stx_ino;
	uint64_t stx_size;
	uint64_t stx_blocks;
	uint64_t stx_attributes_mask;
	struct statx_timestamp stx_atime, stx_btime, stx_ctime, stx_mtime;
	uint32_t stx_rdev_major, stx_rdev_minor;
	uint32_t stx_dev_major, stx_dev_minor;
	uint64_t stx_mnt_id;
	uint64_t stx_pad1[13];
};
_Static_assert(sizeof(struct statx) == 256, "struct statx is 256 bytes");

enum {
	STATX_BASIC_STATS = 0x07ff,
	STATX_BTIME       = 0x0800,
	STATX_MNT_ID      = 0x1000,
	STATX_RESERVED    = (int)0x80000000,
	STATX_ATTR_MOUNT_ROOT = 0x2000,
};

/* utimensat: values of tv_nsec. */
enum { UTIME_NOW = (1 << 30) - 1, UTIME_OMIT = (1 << 30) - 2 };
