/*
 * The names of a tmpfs directory in two trees: one by (hash, name) to find them, one by cookie to read
 * them.  A cookie is given once and never again, so a reader that stopped at one goes on behind it whatever
 * was added or removed meanwhile; new names come last.  No kernel state: tested on the host.
 */
#include <kernel/dir_index.h>

#include <kernel/errno.h>
#include <kernel/hash.h>
#include <kernel/string.h>

void dir_index_init(struct dir_index *d)
{
	*d = (struct dir_index){ .next_cookie = DIR_COOKIE_FIRST };
}

/* < 0, 0 or > 0 as the wanted name sorts before, at or behind e. */
static int dir_entry_compare(u32 hash, const char *name, u32 len, const struct dir_entry *e)
{
	if (hash != e->hash)
		return hash < e->hash ? -1 : 1;
	if (len != e->name_len)
		return len < e->name_len ? -1 : 1;
	return memcmp(name, e->name, len);
}

struct dir_entry *dir_index_find(const struct dir_index *d, const char *name, u32 len)
{
	u32 hash = hash_bytes(name, len);
	struct rb_node *node = d->by_name.root;

	while (node) {
		struct dir_entry *e = rb_entry(node, struct dir_entry, by_name);
		int order = dir_entry_compare(hash, name, len, e);

		if (order == 0)
			return e;
		node = order < 0 ? node->left : node->right;
	}
	return NULL;
}

static int dir_index_insert_name(struct dir_index *d, struct dir_entry *e)
{
	struct rb_node **link = &d->by_name.root, *parent = NULL;

	while (*link) {
		int order;

		parent = *link;
		order = dir_entry_compare(e->hash, e->name, e->name_len,
					  rb_entry(parent, struct dir_entry, by_name));
		if (order == 0)
			return -EEXIST;
		link = order < 0 ? &parent->left : &parent->right;
	}
	rb_insert(&d->by_name, &e->by_name, parent, link);
	return 0;
}

int dir_index_insert(struct dir_index *d, struct dir_entry *e)
{
	struct rb_node *last;
	int err;

	e->hash = hash_bytes(e->name, e->name_len);
	err = dir_index_insert_name(d, e);
	if (err)
		return err;
	e->cookie = d->next_cookie++;
	last = rb_last(&d->by_cookie);
	rb_insert(&d->by_cookie, &e->by_cookie, last, last ? &last->right : &d->by_cookie.root);
	d->count++;
	return 0;
}

void dir_index_remove(struct dir_index *d, struct dir_entry *e)
{
	rb_erase(&d->by_name, &e->by_name);
	rb_erase(&d->by_cookie, &e->by_cookie);
	d->count--;
}

struct dir_entry *dir_index_from(const struct dir_index *d, u64 from)
{
	struct rb_node *node = d->by_cookie.root;
	struct dir_entry *best = NULL;

	while (node) {
		struct dir_entry *e = rb_entry(node, struct dir_entry, by_cookie);

		if (e->cookie >= from)
			best = e;
		if (e->cookie == from)
			break;
		node = e->cookie > from ? node->left : node->right;
	}
	return best;
}
