/* mount, umount2, and the flags that statfs shows. */
#pragma once

enum {
	MS_RDONLY      = 1 << 0,
	MS_NOSUID      = 1 << 1,
	MS_NODEV       = 1 << 2,
	MS_NOEXEC      = 1 << 3,
	MS_SYNCHRONOUS = 1 << 4,
	MS_REMOUNT     = 1 << 5,
	MS_MANDLOCK    = 1 << 6,
	MS_DIRSYNC     = 1 << 7,
	MS_NOSYMFOLLOW = 1 << 8,
	MS_NOATIME     = 1 << 10,
	MS_NODIRATIME  = 1 << 11,
	MS_BIND        = 1 << 12,
	MS_MOVE        = 1 << 13,
	MS_REC         = 1 << 14,
	MS_SILENT      = 1 << 15,
	MS_UNBINDABLE  = 1 << 17,
	MS_PRIVATE     = 1 << 18,
	MS_SLAVE       = 1 << 19,
	MS_SHARED      = 1 << 20,
	MS_RELATIME    = 1 << 21,
	MS_STRICTATIME = 1 << 24,
	MS_LAZYTIME    = 1 << 25,
};

enum { MNT_FORCE = 1, MNT_DETACH = 2, MNT_EXPIRE = 4, UMOUNT_NOFOLLOW = 8 };

/* f_flags of statfs: the low MS_ bits, and these. */
enum { ST_VALID = 0x20, ST_NOATIME = 0x400, ST_NODIRATIME = 0x800, ST_RELATIME = 0x1000 };
