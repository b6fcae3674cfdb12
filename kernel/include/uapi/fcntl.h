/* open, fcntl and the *at calls (Linux; four O_ flags differ on arm64 from asm-generic). */
#pragma once

#include <stdint.h>

enum {
	O_RDONLY    = 0,
	O_WRONLY    = 1,
	O_RDWR      = 2,
	O_ACCMODE   = 3,
	O_CREAT     = 0100,
	O_EXCL      = 0200,
	O_NOCTTY    = 0400,
	O_TRUNC     = 01000,
	O_APPEND    = 02000,
	O_NONBLOCK  = 04000,
	O_DSYNC     = 010000,
	O_ASYNC     = 020000,
	O_DIRECTORY = 040000,    /* arm64 */
	O_NOFOLLOW  = 0100000,   /* arm64 */
	O_DIRECT    = 0200000,   /* arm64 */
	O_LARGEFILE = 0400000,   /* arm64 */
	O_NOATIME   = 01000000,
	O_CLOEXEC   = 02000000,
	O_SYNC      = 04010000,
	O_PATH      = 010000000,
	O_TMPFILE   = 020040000, /* with O_DIRECTORY in it */
};

enum {
	F_DUPFD     = 0,
	F_GETFD     = 1,
	F_SETFD     = 2,
	F_GETFL     = 3,
	F_SETFL     = 4,
	F_GETLK     = 5,
	F_SETLK     = 6,
	F_SETLKW    = 7,
	F_SETOWN    = 8,
	F_GETOWN    = 9,
	F_SETSIG    = 10,
	F_GETSIG    = 11,
	F_SETOWN_EX = 15,
	F_GETOWN_EX = 16,
	F_OFD_GETLK  = 36,
	F_OFD_SETLK  = 37,
	F_OFD_SETLKW = 38,
	F_SETLEASE   = 1024,
	F_GETLEASE   = 1025,
	F_NOTIFY     = 1026,
	F_DUPFD_CLOEXEC = 1030,
	F_SETPIPE_SZ = 1031,
	F_GETPIPE_SZ = 1032,
	F_ADD_SEALS  = 1033,
	F_GET_SEALS  = 1034,
};

enum { FD_CLOEXEC = 1 };
enum { F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2 };
enum { LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8 };
enum {
	F_SEAL_SEAL         = 1,
	F_SEAL_SHRINK       = 2,
	F_SEAL_GROW         = 4,
	F_SEAL_WRITE        = 8,
	F_SEAL_FUTURE_WRITE = 16,
};
enum { MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_HUGETLB = 4, MFD_NOEXEC_SEAL = 8, MFD_EXEC = 16 };

struct flock {
	int16_t l_type;
	int16_t l_whence;
	int64_t l_start;
	int64_t l_len;
	int32_t l_pid;
};

enum { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE };

enum {
	AT_FDCWD            = -100,
	AT_SYMLINK_NOFOLLOW = 0x100,
	AT_EACCESS          = 0x200, /* faccessat2 */
	AT_REMOVEDIR        = 0x200, /* unlinkat */
	AT_SYMLINK_FOLLOW   = 0x400,
	AT_NO_AUTOMOUNT     = 0x800,
	AT_EMPTY_PATH       = 0x1000,
	AT_STATX_SYNC_TYPE  = 0x6000,
};

enum { F_OK = 0, X_OK = 1, W_OK = 2, R_OK = 4 };
enum { RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2, RENAME_WHITEOUT = 4 };

enum {
	FALLOC_FL_KEEP_SIZE  = 0x01,
	FALLOC_FL_PUNCH_HOLE = 0x02,
	FALLOC_FL_ZERO_RANGE = 0x10,
};

enum {
	POSIX_FADV_NORMAL, POSIX_FADV_RANDOM, POSIX_FADV_SEQUENTIAL, POSIX_FADV_WILLNEED,
	POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE,
};

enum { SYNC_FILE_RANGE_WAIT_BEFORE = 1, SYNC_FILE_RANGE_WRITE = 2, SYNC_FILE_RANGE_WAIT_AFTER = 4 };

/* openat2 */
struct user_open_how {
	uint64_t flags;
	uint64_t mode;
	uint64_t resolve;
};
enum {
	RESOLVE_NO_XDEV       = 0x01,
	RESOLVE_NO_MAGICLINKS = 0x02,
	RESOLVE_NO_SYMLINKS   = 0x04,
	RESOLVE_BENEATH       = 0x08,
	RESOLVE_IN_ROOT       = 0x10,
	RESOLVE_CACHED        = 0x20,
};
