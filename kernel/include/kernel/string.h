/* Bytes and strings, as in ISO C; the blocks are in kernel/lib/memory.c, the strings in string.c. */
#pragma once

#include <kernel/types.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int byte, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);

/* Copies as much as fits into n bytes, always terminated if n > 0.  Returns strlen(from): the copy
 * was cut short when that is >= n. */
size_t strlcpy(char *to, const char *from, size_t n);
