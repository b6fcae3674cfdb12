/* Writes "newc" archives (cpio(5)), as the kernel unpacks them into its root. */
#pragma once

#include "util.h"

/* An archive in memory.  Zero-initialised is empty. */
struct cpio {
	struct buf out;
	struct buf dirs;  /* names of folders already added, each between newlines */
	struct buf parent; /* the folder of the last name added */
	uint32_t   inode; /* each entry has its own, hard links share their first's */
	uint32_t   mtime; /* seconds; 0 for archives that must not change from build to build */
};

/* Names are given with or without the leading slash.  Folders on the way are added when new. */
void cpio_dir(struct cpio *c, const char *name, mode_t perm);
void cpio_file(struct cpio *c, const char *name, mode_t perm, const void *data, size_t len);
void cpio_symlink(struct cpio *c, const char *name, const char *target);
void cpio_node(struct cpio *c, const char *name, mode_t mode, unsigned int major, unsigned int minor);
/* Adds the host file or folder at path, with what is below it, in the order of names.  0 or -errno. */
int cpio_tree(struct cpio *c, const char *name, const char *path);
/* Ends the archive, padded to 512 bytes, so that another may follow. */
void cpio_end(struct cpio *c);
/* Whether it is a row of whole newc archives.  If not, *at is where it stops being one. */
bool cpio_check(const void *data, size_t len, size_t *at);
/* True when the newc archive (or row of archives) holds the name; *mode is its st_mode. */
bool cpio_find(const void *data, size_t len, const char *name, mode_t *mode);
