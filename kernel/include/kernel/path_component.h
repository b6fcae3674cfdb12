/* A path cut at its slashes.  kernel/fs/path_component.c: no kernel state, tested on the host. */
#pragma once

#include <kernel/types.h>

enum component_kind { COMPONENT_NAME, COMPONENT_DOT, COMPONENT_DOTDOT, COMPONENT_NONE };

struct path_component {
	const char *name; /* inside the path, not terminated */
	u32 len;
	u32 hash;         /* hash_bytes() of it */
	enum component_kind kind;
	bool last;        /* nothing but slashes follows */
	bool slash;       /* at least one slash follows */
};

/* Takes the first component off *rest, which then has no slash at its beginning; false when there is none. */
bool path_component_next(const char **rest, struct path_component *c);
