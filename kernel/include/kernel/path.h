/*
 * A walk along a path, as open, rename and the others need it.  kernel/fs/path.c
 */
#pragma once

#include <kernel/path_component.h>
#include <kernel/vfs.h>

/* The part before the last component has been walked when a LOOKUP_PARENT walk ends. */
struct walk {
	struct path at;         /* cursor; alive by `pinned`, or because dcache_lock is held */
	struct path pinned;     /* with references */
	struct dentry *held;    /* with a reference: a child just looked up */
	struct path root;       /* with references only if own_root */
	bool own_root;
	struct path start;      /* RESOLVE_BENEATH: nothing above */
	const char *rest;       /* not walked yet */
	char *buffer;           /* owned; holds rest after a symlink */
	u32 links;              /* symlinks followed */
	enum lookup_flags flags;
	const char *last;       /* LOOKUP_PARENT: the last component, inside the name or buffer */
	u32 last_len;
	enum component_kind last_kind; /* COMPONENT_NONE: the path was "/", or a link led to its end */
	bool last_slash;        /* it had a slash behind it */
};

/*
 * Walks to the end (or the parent).  On 0, w->pinned is the result with references; on an error nothing is
 * held.  walk_end() is due in the first case.  May sleep.
 */
int walk_begin(struct walk *w, int dirfd, const char *name, enum lookup_flags flags) __must_check;
/* Goes on behind a symlink that is a name in w->pinned, as a LOOKUP_PARENT walk.  As walk_begin(). */
int walk_follow_last(struct walk *w, struct dentry *link) __must_check;
void walk_end(struct walk *w);

/* The mount on top of p, as deep as they are stacked. */
void mount_cross(struct path *p) REQUIRES(dcache_lock);
/* From the root of a mount to where it is mounted; false at the top. */
bool mount_up(struct path *p) REQUIRES(dcache_lock);
void mount_get(struct mount *m);
/* May sleep. */
void mount_put(struct mount *m);
/* A mount that is not in the tree, for files without a name; takes over the hold on sb.  0 or -ENOMEM. */
int mount_hidden(struct super_block *sb, const char *source, struct mount **out) __must_check;
/* The top of the tree of mounts. */
extern struct mount *root_mount;
