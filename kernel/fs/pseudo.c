/*
 * File systems whose content is made up: a tree of constant tables shown as inodes.  An inode is made when
 * its name is looked up and goes with its dentry; names below a directory with `dynamic` names are never
 * cached, so what a pid names is decided anew each time.
 */
#include <kernel/pseudo.h>

#include <kernel/dentry.h>
#include <kernel/errno.h>
#include <kernel/hash.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/slab.h>
#include <kernel/string.h>

/* inode.private */
struct pseudo_inode {
	const struct pseudo_node *node;
	u64 key;
};

/* file.private of generated files */
struct pseudo_file {
	struct mutex lock;       /* two readers by pread do not make the text twice */
	struct pseudo_text text;
	bool made;
};

static const struct pseudo_node *pseudo_node_of(const struct inode *inode)
{
	return ((const struct pseudo_inode *)inode->private)->node;
}

u64 pseudo_key(const struct inode *inode)
{
	return ((const struct pseudo_inode *)inode->private)->key;
}

/* ---- files --------------------------------------------------------------------------------------- */

static int pseudo_open(struct inode *inode, struct file *f)
{
	struct pseudo_file *pf = kzalloc(sizeof(*pf), 0);

	if (!pf)
		return -ENOMEM;
	mutex_init(&pf->lock, "pseudo_file");
	f->private = pf;
	return 0;
}

static void pseudo_release(struct file *f)
{
	struct pseudo_file *pf = f->private;

	kfree(pf->text.buf);
	kfree(pf);
}

/* Makes the text, unless it is there and the reader is past its beginning. */
static int pseudo_make_text(struct file *f, loff_t pos)
{
	const struct pseudo_node *node = pseudo_node_of(f->inode);
	struct pseudo_file *pf = f->private;
	int err;

	if (pf->made && pos > 0)
		return 0;
	pf->text.len = 0;
	pf->text.err = 0;
	err = node->show(&pf->text, pseudo_key(f->inode));
	if (!err)
		err = pf->text.err;
	pf->made = !err;
	return err;
}

static ssize_t pseudo_read(struct file *f, struct iov_iter *to, loff_t *pos)
{
	struct pseudo_file *pf = f->private;
	ssize_t n = 0;

	if (!pseudo_node_of(f->inode)->show)
		return -EINVAL;
	if (*pos < 0)
		return -EINVAL;
	mutex_lock(&pf->lock);
	n = pseudo_make_text(f, *pos);
	if (!n && (u64)*pos < pf->text.len && to->left) {
		n = (ssize_t)iov_copy_to(to, pf->text.buf + *pos, pf->text.len - (size_t)*pos);
		*pos += n;
		if (!n)
			n = -EFAULT;
	}
	mutex_unlock(&pf->lock);
	return n;
}

static ssize_t pseudo_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	const struct pseudo_node *node = pseudo_node_of(f->inode);
	size_t n = from->left;
	char *text;
	int err;

	if (!node->store || n >= PAGE_SIZE)
		return -EINVAL;
	text = kmalloc(n + 1, 0);
	if (!text)
		return -ENOMEM;
	err = iov_copy_from(from, text, n) == n ? 0 : -EFAULT;
	text[n] = 0;
	if (!err)
		err = node->store(text, n, pseudo_key(f->inode));
	kfree(text);
	if (err)
		return err;
	*pos += (loff_t)n;
	return (ssize_t)n;
}

static loff_t pseudo_seek(struct file *f, loff_t off, int whence)
{
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	f->pos = off;
	return off;
}

static const struct file_ops pseudo_file_ops = {
	.name = "pseudo",
	.open = pseudo_open,
	.read = pseudo_read,
	.write = pseudo_write,
	.seek = pseudo_seek,
	.release = pseudo_release,
};

/* ---- inodes -------------------------------------------------------------------------------------- */

/* Filled below: a directory's look-up makes inodes of these kinds. */
static const struct inode_ops pseudo_inode_ops, pseudo_jump_ops;
static const struct file_ops pseudo_dir_ops;

static ino_t pseudo_ino(const struct pseudo_node *node, u64 key)
{
	return hash_u64((u64)node + key * 0x100000001b3ull, 31) + 2;
}

static void pseudo_inode_set_kind(struct inode *inode, const struct inode *dir, const struct pseudo_node *node,
				  u64 key)
{
	inode->ops = node->follow ? &pseudo_jump_ops : &pseudo_inode_ops;
	switch (node->mode & S_IFMT) {
	case S_IFDIR:
		inode->nlink = 2;
		inode->fops = &pseudo_dir_ops;
		inode->uncached_names = node->dynamic || (dir && dir->uncached_names);
		break;
	case S_IFREG:
		inode->fops = node->fops ? node->fops : &pseudo_file_ops;
		break;
	case S_IFCHR:
		inode->rdev = node->rdev(key);
		break;
	}
}

static int pseudo_inode_new(struct super_block *sb, const struct inode *dir, const struct pseudo_node *node,
			    u64 key, struct inode **out)
{
	struct pseudo_inode *pi = kmalloc(sizeof(*pi), 0);
	struct inode *inode;
	int err;

	if (!pi)
		return -ENOMEM;
	err = inode_new(sb, NULL, node->mode, &inode);
	if (err) {
		kfree(pi);
		return err;
	}
	*pi = (struct pseudo_inode){ node, key };
	inode->private = pi;
	inode->ino = pseudo_ino(node, key);
	inode->uid = 0;
	inode->gid = 0;
	pseudo_inode_set_kind(inode, dir, node, key);
	if (node->owner)
		err = node->owner(key, &inode->uid, &inode->gid);
	if (err)
		inode_put(inode);
	else
		*out = inode;
	return err;
}

static int pseudo_getattr(struct inode *inode, struct kstat *st)
{
	const struct pseudo_node *node = pseudo_node_of(inode);

	return node->owner ? node->owner(pseudo_key(inode), &st->uid, &st->gid) : 0;
}

/* A made-up file has no length to cut: "echo 1 > file" opens it with O_TRUNC. */
static int pseudo_truncate(struct inode *inode, loff_t size)
{
	return 0;
}

static int pseudo_readlink(struct inode *inode, char *buf, size_t n)
{
	const struct pseudo_node *node = pseudo_node_of(inode);

	return node->readlink ? node->readlink(pseudo_key(inode), buf, n) : -EINVAL;
}

static int pseudo_follow(struct inode *inode, struct path *out)
{
	return pseudo_node_of(inode)->follow(pseudo_key(inode), out);
}

static const struct pseudo_node *pseudo_find_static(const struct pseudo_node *dir, const char *name, u32 len)
{
	const struct pseudo_node *n;

	for (n = dir->children; n && n->name; n++) {
		if (strlen(n->name) == len && memcmp(n->name, name, len) == 0)
			return n;
	}
	return NULL;
}

static int pseudo_lookup(struct inode *dir, struct dentry *d)
{
	const struct pseudo_node *parent = pseudo_node_of(dir);
	const struct pseudo_node *node = pseudo_find_static(parent, d->name, d->name_len);
	u64 key = pseudo_key(dir);
	struct inode *inode;
	int err;

	if (!node && parent->dynamic) {
		err = parent->dynamic->lookup(key, d->name, d->name_len, &node, &key);
		if (err)
			return err == -ENOENT ? 0 : err;
	}
	if (!node)
		return 0;
	err = pseudo_inode_new(dir->sb, dir, node, key, &inode);
	if (!err)
		dentry_attach(d, inode);
	return err;
}

static const struct inode_ops pseudo_inode_ops = {
	.lookup = pseudo_lookup,
	.getattr = pseudo_getattr,
	.truncate = pseudo_truncate,
	.readlink = pseudo_readlink,
};

static const struct inode_ops pseudo_jump_ops = {
	.getattr = pseudo_getattr,
	.readlink = pseudo_readlink,
	.follow = pseudo_follow,
};

/* ---- directories ---------------------------------------------------------------------------------- */

/* Cookies: 0 and 1 are the dots, then the table, and from here on what is found by functions. */
enum { PSEUDO_COOKIE_TABLE = 2, PSEUDO_COOKIE_DYNAMIC = 1 << 16 };

static bool pseudo_emit(struct dir_context *ctx, const char *name, const struct pseudo_node *node, u64 key)
{
	return ctx->emit(ctx, name, strlen(name), pseudo_ino(node, key), (node->mode & S_IFMT) >> 12);
}

static bool pseudo_emit_dots(const struct file *f, struct dir_context *ctx)
{
	if (ctx->pos == 0) {
		if (!ctx->emit(ctx, ".", 1, f->inode->ino, S_IFDIR >> 12))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!ctx->emit(ctx, "..", 2, dentry_parent_ino(f->path.dentry), S_IFDIR >> 12))
			return false;
		ctx->pos = PSEUDO_COOKIE_TABLE;
	}
	return true;
}

static bool pseudo_emit_table(const struct pseudo_node *dir, u64 key, struct dir_context *ctx)
{
	u32 i = 0;

	if (ctx->pos >= PSEUDO_COOKIE_DYNAMIC)
		return true;
	for (; dir->children && dir->children[i].name; i++) {
		if (i + PSEUDO_COOKIE_TABLE < ctx->pos)
			continue;
		ctx->pos = i + PSEUDO_COOKIE_TABLE;
		if (!pseudo_emit(ctx, dir->children[i].name, &dir->children[i], key))
			return false;
	}
	ctx->pos = PSEUDO_COOKIE_DYNAMIC;
	return true;
}

static int pseudo_emit_dynamic(const struct pseudo_node *dir, u64 key, struct dir_context *ctx)
{
	u64 pos = (u64)ctx->pos - PSEUDO_COOKIE_DYNAMIC, child;
	const struct pseudo_node *node;
	char name[NAME_MAX + 1];
	int err;

	for (;;) {
		err = dir->dynamic->next(key, &pos, name, &node, &child);
		if (err)
			return err == -ENOENT ? 0 : err;
		ctx->pos = (loff_t)(pos + PSEUDO_COOKIE_DYNAMIC);
		if (!pseudo_emit(ctx, name, node, child))
			return 0;
		ctx->pos = (loff_t)(++pos + PSEUDO_COOKIE_DYNAMIC);
	}
}

static int pseudo_iterate(struct file *f, struct dir_context *ctx)
{
	const struct pseudo_node *dir = pseudo_node_of(f->inode);
	u64 key = pseudo_key(f->inode);

	if (!pseudo_emit_dots(f, ctx) || !pseudo_emit_table(dir, key, ctx))
		return 0;
	return dir->dynamic ? pseudo_emit_dynamic(dir, key, ctx) : 0;
}

static const struct file_ops pseudo_dir_ops = {
	.name = "pseudo_dir",
	.seek = pseudo_seek,
	.iterate = pseudo_iterate,
};

/* ---- super blocks --------------------------------------------------------------------------------- */

static void pseudo_evict(struct inode *inode)
{
	kfree(inode->private);
}

static const struct super_ops pseudo_super_ops = { .evict = pseudo_evict };

int pseudo_super_new(const char *type, u64 magic, const struct pseudo_node *root, struct super_block **out)
{
	struct super_block *sb;
	struct inode *inode;
	int err;

	err = super_new(type, &pseudo_super_ops, magic, &sb);
	if (err)
		return err;
	err = pseudo_inode_new(sb, NULL, root, 0, &inode);
	if (!err)
		err = super_set_root(sb, inode);
	if (err)
		super_put(sb);
	else
		*out = sb;
	return err;
}
