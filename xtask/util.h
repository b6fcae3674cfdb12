/* What every part of xtask uses: ending with a message, strings, buffers, files. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* Exit codes of xtask itself; `run` adds the program's own status. */
enum exit_code {
	EXIT_OK       = 0,
	EXIT_RED      = 1,   /* the thing was tried and failed */
	EXIT_USAGE    = 2,   /* a wrong option or argument, a missing file: the caller's mistake */
	EXIT_TIMEOUT  = 124, /* run: the host's time limit */
	EXIT_KERNEL   = 125, /* run: the kernel died, or the machine could not be started */
	EXIT_SIGNALED = 128, /* run: plus the signal's number */
};

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

/* Prints "xtask: MESSAGE" on standard error and ends with the code.  Runs the handlers of atexit(). */
void die(int code, const char *fmt, ...) PRINTF_LIKE(2, 3) __attribute__((noreturn));
/* Prints "xtask: MESSAGE" on standard error. */
void warn(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* These never return NULL: without memory they end the program. */
void *xmalloc(size_t n);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

bool starts_with(const char *s, const char *prefix);
/* Reads all of a decimal or 0x number.  False when it is anything else or above max. */
bool parse_u64(const char *s, uint64_t max, uint64_t *out);
/* Reads a size such as 64M, 4G, 65536K or plain MiB as QEMU's -m does.  Bytes. */
bool parse_size(const char *s, uint64_t *out);

/* A growing run of bytes.  Zero-initialised is empty; data is NUL-terminated for text. */
struct buf {
	char  *data;
	size_t len;
	size_t cap; /* from data on */
	size_t off; /* dropped bytes in front of data that are still ours */
};
void buf_add(struct buf *b, const void *p, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Drops the first n bytes, without moving the others. */
void buf_drop(struct buf *b, size_t n);
void buf_free(struct buf *b);

/* Growing list of strings, NULL-terminated at all times after the first push. */
struct strv {
	char **v;
	size_t n;
};
void strv_push(struct strv *s, const char *str);
void strv_pushf(struct strv *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strv_free(struct strv *s);

/* Whole files.  read_file: false and errno when it cannot be read. */
bool read_file(const char *path, struct buf *out);
/* Writes through a temporary name and a rename.  Ends the program when it cannot. */
void write_file(const char *path, const void *data, size_t len);
/* write(2) until done.  False and errno on error. */
bool write_all(int fd, const void *data, size_t len);
/* Makes the folders that lead to path. */
void make_parents(const char *path);

/* The absolute path PATH names seen from CWD, without ".", ".." and double slashes.  malloc()ed. */
char *path_normalise(const char *cwd, const char *path);

/*
 * A path in the tree that this xtask was built in, so that it works from any folder: relative where that
 * is the working directory.  malloc()ed.
 */
char *tree_path(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Nanoseconds of the host's monotonic clock. */
int64_t now_ns(void);
enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };
