/*
 * Writes "newc" archives (cpio(5)): a 110 byte header of hexadecimal fields, the name and the data,
 * each padded to 4 bytes.  Everything belongs to root; hard links of the host become copies.
 */
#include "cpio.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { NEWC_HEADER = 110, NEWC_NAMESIZE = 94, NEWC_FILESIZE = 54, NEWC_MODE = 14, NEWC_BLOCK = 512 };

struct newc_entry {
	const char  *name;
	mode_t       mode;
	const void  *data;
	size_t       len;
	unsigned int major;
	unsigned int minor;
};

static void newc_pad(struct cpio *c, size_t to)
{
	static const char zero[NEWC_BLOCK];

	buf_add(&c->out, zero, (to - c->out.len % to) % to);
}

static void newc_add(struct cpio *c, const struct newc_entry *e)
{
	if (e->len > UINT32_MAX)
		die(EXIT_USAGE, "'%s' is too large for an initramfs", e->name);
	buf_printf(&c->out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ++c->inode,
		   (unsigned int)e->mode, 0, 0, S_ISDIR(e->mode) ? 2 : 1, c->mtime,
		   (unsigned int)e->len, 0, 0, e->major, e->minor,
		   (unsigned int)strlen(e->name) + 1, 0);
	buf_add(&c->out, e->name, strlen(e->name) + 1);
	newc_pad(c, 4);
	buf_add(&c->out, e->data, e->len);
	newc_pad(c, 4);
}

static const char *without_slash(const char *name)
{
	while (*name == '/')
		name++;
	return name;
}

static bool dir_is_new(struct cpio *c, const char *name)
{
	char *key = xasprintf("\n%s\n", name);
	bool is_new = !c->dirs.data || !strstr(c->dirs.data, key);

	if (is_new)
		buf_add(&c->dirs, key, strlen(key));
	free(key);
	return is_new;
}

static void add_parents(struct cpio *c, const char *name)
{
	const char *last = strrchr(name, '/');
	size_t len = last ? (size_t)(last - name) : 0;
	char *copy;

	/* Names come in order: mostly the same folder as the time before. */
	if (!len || (len == c->parent.len && !memcmp(c->parent.data, name, len)))
		return;
	buf_drop(&c->parent, c->parent.len);
	buf_add(&c->parent, name, len);
	copy = xstrdup(name);
	for (char *slash = copy; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (dir_is_new(c, copy))
			newc_add(c, &(struct newc_entry){ .name = copy, .mode = S_IFDIR | 0755 });
		*slash = '/';
	}
	free(copy);
}

void cpio_dir(struct cpio *c, const char *name, mode_t perm)
{
	name = without_slash(name);
	if (!*name)
		return;
	add_parents(c, name);
	dir_is_new(c, name);
	newc_add(c, &(struct newc_entry){ .name = name, .mode = S_IFDIR | perm });
}

void cpio_file(struct cpio *c, const char *name, mode_t perm, const void *data, size_t len)
{
	name = without_slash(name);
	add_parents(c, name);
	newc_add(c, &(struct newc_entry){ name, S_IFREG | perm, data, len, 0, 0 });
}

void cpio_symlink(struct cpio *c, const char *name, const char *target)
{
	name = without_slash(name);
	add_parents(c, name);
	newc_add(c, &(struct newc_entry){ name, S_IFLNK | 0777, target, strlen(target), 0, 0 });
}

void cpio_node(struct cpio *c, const char *name, mode_t mode, unsigned int major, unsigned int minor)
{
	name = without_slash(name);
	add_parents(c, name);
	newc_add(c, &(struct newc_entry){ name, mode, NULL, 0, major, minor });
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_entries(struct cpio *c, const char *name, const char *path)
{
	struct strv names = { 0 };
	DIR *dir = opendir(path);
	struct dirent *e;
	int err = 0;

	if (!dir)
		return -errno;
	while ((e = readdir(dir)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			strv_push(&names, e->d_name);
	closedir(dir);
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), by_name);
	for (size_t i = 0; i < names.n && !err; i++) {
		char *below = xasprintf("%s/%s", path, names.v[i]);
		char *to = xasprintf("%s%s%s", name, *name ? "/" : "", names.v[i]);

		err = cpio_tree(c, to, below);
		free(below);
		free(to);
	}
	strv_free(&names);
	return err;
}

static int add_symlink(struct cpio *c, const char *name, const char *path)
{
	char target[4096];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = '\0';
	cpio_symlink(c, name, target);
	return 0;
}

static int add_regular(struct cpio *c, const char *name, const char *path, mode_t perm)
{
	struct buf data = { 0 };
	int err = 0;

	if (read_file(path, &data))
		cpio_file(c, name, perm, data.data, data.len);
	else
		err = -errno;
	buf_free(&data);
	return err;
}

int cpio_tree(struct cpio *c, const char *name, const char *path)
{
	struct stat st;

	name = without_slash(name);
	if (lstat(path, &st))
		return -errno;
	switch (st.st_mode & S_IFMT) {
	case S_IFDIR:
		cpio_dir(c, name, st.st_mode & 07777);
		return add_entries(c, name, path);
	case S_IFREG:
		return add_regular(c, name, path, st.st_mode & 07777);
	case S_IFLNK:
		return add_symlink(c, name, path);
	case S_IFSOCK:
		return 0;
	default:
		cpio_node(c, name, st.st_mode, major(st.st_rdev), minor(st.st_rdev));
		return 0;
	}
}

void cpio_end(struct cpio *c)
{
	newc_add(c, &(struct newc_entry){ .name = "TRAILER!!!" });
	newc_pad(c, NEWC_BLOCK);
	buf_free(&c->dirs);
	buf_free(&c->parent);
}

static size_t newc_field(const char *header, size_t offset)
{
	char digits[9] = { 0 };

	memcpy(digits, header + offset, 8);
	return strtoul(digits, NULL, 16);
}

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

bool cpio_find(const void *data, size_t len, const char *name, mode_t *mode)
{
	const char *p = data;
	size_t at = 0;
	bool found = false;

	name = without_slash(name);
	while (at + NEWC_HEADER < len) {
		size_t name_len = newc_field(p + at, NEWC_NAMESIZE);
		size_t data_len = newc_field(p + at, NEWC_FILESIZE);

		if (p[at] == '\0') { /* padding between two archives */
			at += 4;
			continue;
		}
		if (memcmp(p + at, "070701", 6) || at + NEWC_HEADER + name_len > len || !name_len)
			break;
		if (!strncmp(without_slash(p + at + NEWC_HEADER), name, name_len)) {
			*mode = newc_field(p + at, NEWC_MODE);
			found = true;
		}
		at = align4(align4(at + NEWC_HEADER + name_len) + data_len);
	}
	return found;
}

static bool all_zero(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

/* Whether a whole entry begins at p; *size is what it takes, *last that it ends its archive. */
static bool newc_whole(const char *p, size_t len, size_t *size, bool *last)
{
	size_t name_len, data_len;

	if (len < NEWC_HEADER || memcmp(p, "070701", 6) ||
	    strspn(p + 6, "0123456789abcdefABCDEF") < NEWC_HEADER - 6)
		return false;
	name_len = newc_field(p, NEWC_NAMESIZE);
	data_len = newc_field(p, NEWC_FILESIZE);
	if (!name_len || name_len > len - NEWC_HEADER || p[NEWC_HEADER + name_len - 1])
		return false;
	*last = !strcmp(p + NEWC_HEADER, "TRAILER!!!");
	*size = align4(NEWC_HEADER + name_len) + data_len;
	return *size <= len;
}

bool cpio_check(const void *data, size_t len, size_t *at)
{
	const char *p = data;
	size_t size;
	bool ended = false, last;

	for (*at = 0; *at < len;) {
		if (ended && all_zero(p + *at, len - *at))
			return true;
		if (!p[*at]) {
			if (!ended)
				return false;
			(*at)++;
			continue;
		}
		if (!newc_whole(p + *at, len - *at, &size, &last))
			return false;
		*at = align4(*at + size);
		ended = last;
	}
	return ended;
}
