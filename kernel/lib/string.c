/* Terminated strings, as in ISO C.  Pure; any context. */
#include <kernel/string.h>

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return (size_t)(end - s);
}

size_t strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n > 0; n--, a++, b++) {
		if (*a != *b)
			return (unsigned char)*a - (unsigned char)*b;
		if (!*a)
			break;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (;; s++) {
		if (*s == (char)c)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

char *strrchr(const char *s, int c)
{
	const char *found = NULL;

	for (;; s++) {
		if (*s == (char)c)
			found = s;
		if (!*s)
			return (char *)found;
	}
}

char *strstr(const char *s, const char *what)
{
	size_t n = strlen(what);

	for (; strnlen(s, n) == n; s++) {
		if (memcmp(s, what, n) == 0)
			return (char *)s;
	}
	return NULL;
}

size_t strlcpy(char *to, const char *from, size_t n)
{
	size_t length = strlen(from);
	size_t fits;

	if (n == 0)
		return length;
	fits = length < n ? length : n - 1;
	memcpy(to, from, fits);
	to[fits] = '\0';
	return length;
}
