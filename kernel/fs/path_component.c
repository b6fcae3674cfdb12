/*
 * Cutting a path into components (POSIX 4.13): any number of slashes is one.  The name is hashed on the way,
 * so that each byte of a path is looked at once.
 */
#include <kernel/path_component.h>

#include <kernel/hash.h>

static enum component_kind component_kind(const char *s, u32 len)
{
	if (s[0] != '.' || len > 2)
		return COMPONENT_NAME;
	if (len == 1)
		return COMPONENT_DOT;
	return s[1] == '.' ? COMPONENT_DOTDOT : COMPONENT_NAME;
}

bool path_component_next(const char **rest, struct path_component *c)
{
	const char *s = *rest;
	u32 hash = HASH_BYTES_EMPTY, len = 0;

	while (*s == '/')
		s++;
	if (!*s) {
		*rest = s;
		return false;
	}
	for (; s[len] && s[len] != '/'; len++)
		hash = hash_byte(hash, (u8)s[len]);
	c->name = s;
	c->len = len;
	c->hash = hash;
	c->kind = component_kind(s, len);
	s += len;
	c->slash = *s == '/';
	while (*s == '/')
		s++;
	c->last = !*s;
	*rest = s;
	return true;
}
