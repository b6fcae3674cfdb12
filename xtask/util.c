/* What every part of xtask uses: ending with a message, strings, buffers, files. */
#include "util.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void complain(const char *fmt, va_list ap)
{
	fflush(stdout);
	fputs("xtask: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void die(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
	exit(code);
}

void warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap);
	va_end(ap);
}

void *xrealloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		die(EXIT_RED, "out of memory");
	return p;
}

void *xmalloc(size_t n)
{
	return xrealloc(NULL, n);
}

char *xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

static char *format_new(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		die(EXIT_RED, "out of memory");
	return s;
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = format_new(fmt, ap);
	va_end(ap);
	return s;
}

bool starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool parse_u64(const char *s, uint64_t max, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	*out = strtoull(s, &end, starts_with(s, "0x") ? 16 : 10);
	return !errno && !*end && *out <= max;
}

bool parse_size(const char *s, uint64_t *out)
{
	size_t digits = strspn(s, "0123456789");
	const char *unit = s + digits;
	int shift = 20; /* QEMU's -m counts in MiB */
	char number[24];

	if (!digits || digits >= sizeof(number))
		return false;
	memcpy(number, s, digits);
	number[digits] = '\0';
	if (*unit) {
		const char *units = "KMGT", *at = strchr(units, toupper((unsigned char)*unit));

		if (!at || (unit[1] && strcmp(unit + 1, "iB") && strcmp(unit + 1, "B")))
			return false;
		shift = 10 * (int)(at - units + 1);
	}
	if (!parse_u64(number, UINT64_MAX >> shift, out))
		return false;
	*out <<= shift;
	return true;
}

static void buf_reserve(struct buf *b, size_t more)
{
	char *base = b->data ? b->data - b->off : NULL;

	if (b->data && b->len + more + 1 <= b->cap)
		return;
	if (b->data && b->off > b->len) { /* room enough in front to be worth the move */
		memmove(base, b->data, b->len);
	} else {
		size_t cap = (b->len + more + 1) * 2;
		char *grown = xmalloc(cap);

		if (b->len)
			memcpy(grown, b->data, b->len);
		free(base);
		*b = (struct buf){ .data = grown, .len = b->len, .cap = cap };
		return;
	}
	b->data = base;
	b->cap += b->off;
	b->off = 0;
	buf_reserve(b, more);
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	buf_reserve(b, n);
	if (n)
		memcpy(b->data + b->len, p, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = format_new(fmt, ap);
	va_end(ap);
	buf_add(b, s, strlen(s));
	free(s);
}

void buf_drop(struct buf *b, size_t n)
{
	b->data += n;
	b->off += n;
	b->len -= n;
	b->cap -= n;
}

void buf_free(struct buf *b)
{
	if (b->data)
		free(b->data - b->off);
	*b = (struct buf){ 0 };
}

void strv_push(struct strv *s, const char *str)
{
	s->v = xrealloc(s->v, (s->n + 2) * sizeof(*s->v));
	s->v[s->n++] = xstrdup(str);
	s->v[s->n] = NULL;
}

void strv_pushf(struct strv *s, const char *fmt, ...)
{
	va_list ap;
	char *str;

	va_start(ap, fmt);
	str = format_new(fmt, ap);
	va_end(ap);
	strv_push(s, str);
	free(str);
}

void strv_free(struct strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct strv){ 0 };
}

bool read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	ssize_t n;

	if (fd < 0)
		return false;
	do {
		buf_reserve(out, 1 << 16);
		n = read(fd, out->data + out->len, out->cap - out->len - 1);
		if (n > 0)
			out->len += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	err = errno;
	out->data[out->len] = '\0';
	close(fd);
	errno = err;
	return n == 0;
}

bool write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

void make_parents(const char *path)
{
	char *copy = xstrdup(path);

	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(copy, 0777) && errno != EEXIST)
			die(EXIT_RED, "cannot make the folder '%s': %s", copy, strerror(errno));
		*slash = '/';
	}
	free(copy);
}

void write_file(const char *path, const void *data, size_t len)
{
	char *temp = xasprintf("%s.%d", path, (int)getpid());
	int fd;

	make_parents(path);
	fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0 || !write_all(fd, data, len) || close(fd) || rename(temp, path)) {
		int err = errno;

		unlink(temp);
		die(EXIT_RED, "cannot write '%s': %s", path, strerror(err));
	}
	free(temp);
}

char *path_normalise(const char *cwd, const char *path)
{
	char *full = *path == '/' ? xstrdup(path) : xasprintf("%s/%s", cwd, path);
	char *out = xmalloc(strlen(full) + 2);
	size_t len = 0;

	for (char *part = strtok(full, "/"); part; part = strtok(NULL, "/")) {
		if (!strcmp(part, "."))
			continue;
		if (!strcmp(part, "..")) {
			while (len && out[--len] != '/')
				;
			continue;
		}
		out[len++] = '/';
		memcpy(out + len, part, strlen(part));
		len += strlen(part);
	}
	if (!len)
		out[len++] = '/';
	out[len] = '\0';
	free(full);
	return out;
}

/* The tree: xtask is its build/xtask. */
static const char *tree_root(void)
{
	static char root[4096];
	struct stat ours, here;
	ssize_t n;

	if (*root)
		return root;
	n = readlink("/proc/self/exe", root, sizeof(root) - 1);
	root[n > 0 ? n : 0] = '\0';
	for (int up = 0; up < 2; up++)
		if (strrchr(root, '/'))
			*strrchr(root, '/') = '\0';
	if (!*root || (!stat(root, &ours) && !stat(".", &here) && ours.st_dev == here.st_dev &&
		       ours.st_ino == here.st_ino))
		strcpy(root, ".");
	return root;
}

char *tree_path(const char *fmt, ...)
{
	va_list ap;
	char *path, *full;

	va_start(ap, fmt);
	path = format_new(fmt, ap);
	va_end(ap);
	if (!strcmp(tree_root(), "."))
		return path;
	full = xasprintf("%s/%s", tree_root(), path);
	free(path);
	return full;
}

int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}
