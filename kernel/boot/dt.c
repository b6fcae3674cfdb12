/*
 * The flattened device tree, read in place.  kmain opens the machine's own tree once; after that every
 * driver, the memory map and the interrupt code ask it questions.  dt_open() walks the whole blob and
 * checks the framing (Devicetree Specification 0.4, chapter 5), so that nothing below can run out of it.
 *
 *	header | memory reservations | structure: tokens | strings: names of properties
 *
 * Simplified vs Linux: nothing is unflattened, every question walks the tokens again.
 */
#include <kernel/compiler.h>
#include <kernel/dt.h>
#include <kernel/errno.h>
#include <kernel/string.h>

enum dt_header_word { /* 5.2, in 32-bit words */
	DT_MAGIC,
	DT_TOTALSIZE,
	DT_OFF_STRUCT,
	DT_OFF_STRINGS,
	DT_OFF_RESERVE,
	DT_VERSION,
	DT_LAST_COMP_VERSION,
	DT_BOOT_CPU,
	DT_SIZE_STRINGS,
	DT_SIZE_STRUCT,
	DT_HEADER_WORDS,
};

enum dt_token { /* 5.4.1 */
	DT_BEGIN_NODE = 1,
	DT_END_NODE   = 2,
	DT_PROP       = 3,
	DT_NOP        = 4,
	DT_END        = 9,
};

enum {
	DT_MAGIC_VALUE = 0xd00dfeed,
	DT_VERSION_OLDEST = 16,
	DT_VERSION_KNOWN = 17,
	DT_CELL = sizeof(u32),
	DT_PROP_HEADER = 2 * DT_CELL, /* length, offset of the name */
	DT_RESERVE_ENTRY = 16,
	DT_DEPTH_MAX = 32,
};

struct dt machine_dt;

static inline u32 dt_be32(const void *p)
{
	const u8 *b = p;

	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

/* A number of `cells` cells; only the low 64 bits of more than two. */
static u64 dt_number(const void *p, u32 cells)
{
	const u8 *b = p;
	u64 n = 0;
	u32 i;

	for (i = 0; i < cells; i++)
		n = n << 32 | dt_be32(b + i * DT_CELL);
	return n;
}

static inline u32 dt_token_at(const struct dt *dt, u32 at)
{
	return dt_be32(dt->blob + dt->struct_offset + at);
}

/* ---- dt_open: the checks ------------------------------------------------------------------- */

static int dt_refuse(struct dt *dt, const char *problem)
{
	dt->problem = problem;
	return -EINVAL;
}

int dt_total_size(const void *blob, u32 *size)
{
	const u8 *words = blob;

	if (dt_be32(words) != DT_MAGIC_VALUE)
		return -EINVAL;
	*size = dt_be32(words + DT_TOTALSIZE * DT_CELL);
	return 0;
}

/* Whether [offset, offset + size) lies in the blob behind the header. */
static bool dt_block_fits(const struct dt *dt, u32 offset, u32 size)
{
	return offset >= DT_HEADER_WORDS * DT_CELL && offset <= dt->size &&
	       size <= dt->size - offset;
}

static int dt_check_header(struct dt *dt, size_t limit)
{
	const u8 *blob = dt->blob;

	if (limit < DT_HEADER_WORDS * DT_CELL)
		return dt_refuse(dt, "shorter than a device tree header");
	if (dt_total_size(blob, &dt->size))
		return dt_refuse(dt, "no device tree magic");
	if (dt->size > limit || dt->size < DT_HEADER_WORDS * DT_CELL)
		return dt_refuse(dt, "total size does not fit");
	if (dt_be32(blob + DT_LAST_COMP_VERSION * DT_CELL) > DT_VERSION_KNOWN ||
	    dt_be32(blob + DT_VERSION * DT_CELL) <= DT_VERSION_OLDEST)
		return dt_refuse(dt, "unknown version");
	dt->struct_offset = dt_be32(blob + DT_OFF_STRUCT * DT_CELL);
	dt->struct_size = dt_be32(blob + DT_SIZE_STRUCT * DT_CELL);
	dt->strings_offset = dt_be32(blob + DT_OFF_STRINGS * DT_CELL);
	dt->strings_size = dt_be32(blob + DT_SIZE_STRINGS * DT_CELL);
	dt->reserve_offset = dt_be32(blob + DT_OFF_RESERVE * DT_CELL);
	dt->boot_cpu = dt_be32(blob + DT_BOOT_CPU * DT_CELL);
	if (!IS_ALIGNED(dt->struct_offset, DT_CELL) || !IS_ALIGNED(dt->struct_size, DT_CELL) ||
	    !dt_block_fits(dt, dt->struct_offset, dt->struct_size))
		return dt_refuse(dt, "structure block out of bounds");
	if (!dt_block_fits(dt, dt->strings_offset, dt->strings_size))
		return dt_refuse(dt, "strings block out of bounds");
	if (dt->strings_size > 0 && blob[dt->strings_offset + dt->strings_size - 1] != '\0')
		return dt_refuse(dt, "strings block not terminated");
	return 0;
}

static int dt_check_reservations(struct dt *dt)
{
	const u8 *entry;
	u32 at = dt->reserve_offset;

	if (!IS_ALIGNED(at, sizeof(u64)))
		return dt_refuse(dt, "memory reservations misaligned");
	for (;; at += DT_RESERVE_ENTRY) {
		if (!dt_block_fits(dt, at, DT_RESERVE_ENTRY))
			return dt_refuse(dt, "memory reservations do not end");
		entry = dt->blob + at;
		if (dt_number(entry, 2) == 0 && dt_number(entry + sizeof(u64), 2) == 0)
			return 0;
		dt->reserve_count++;
	}
}

/* The place behind a BEGIN_NODE's name, or a negative errno. */
static int dt_check_name(struct dt *dt, u32 at)
{
	const char *name = (const char *)dt->blob + dt->struct_offset + at;
	size_t room = dt->struct_size - at;
	size_t n = strnlen(name, room);

	if (n == room)
		return dt_refuse(dt, "node name not terminated");
	return (int)(at + ALIGN_UP((u32)n + 1, DT_CELL));
}

static int dt_check_prop(struct dt *dt, u32 at)
{
	u32 len;

	if (dt->struct_size - at < DT_PROP_HEADER)
		return dt_refuse(dt, "property cut off");
	len = dt_token_at(dt, at);
	if (dt_token_at(dt, at + DT_CELL) >= dt->strings_size)
		return dt_refuse(dt, "property name out of bounds");
	at += DT_PROP_HEADER;
	if (len > dt->struct_size - at || ALIGN_UP(len, DT_CELL) > dt->struct_size - at)
		return dt_refuse(dt, "property value out of bounds");
	return (int)(at + ALIGN_UP(len, DT_CELL));
}

/* One token: at is the place behind it.  The place of the next one, or a negative errno. */
static int dt_check_token(struct dt *dt, u32 token, u32 at, int *depth)
{
	switch (token) {
	case DT_BEGIN_NODE:
		if (++*depth > DT_DEPTH_MAX)
			return dt_refuse(dt, "nodes nested too deep");
		return dt_check_name(dt, at);
	case DT_END_NODE:
		if (--*depth < 0)
			return dt_refuse(dt, "node ended that never began");
		return (int)at;
	case DT_PROP:
		if (*depth == 0)
			return dt_refuse(dt, "property outside of a node");
		return dt_check_prop(dt, at);
	case DT_NOP:
		return (int)at;
	default:
		return dt_refuse(dt, "unknown token");
	}
}

static int dt_check_structure(struct dt *dt)
{
	int depth = 0;
	int roots = 0;
	int next = 0;
	u32 token;

	while (dt->struct_size - (u32)next >= DT_CELL) {
		token = dt_token_at(dt, (u32)next);
		if (token == DT_END) {
			if (depth != 0 || roots != 1)
				return dt_refuse(dt, "not exactly one complete root node");
			return 0;
		}
		if (token == DT_BEGIN_NODE && depth == 0 && (roots++ || next != 0))
			return dt_refuse(dt, "not exactly one complete root node");
		next = dt_check_token(dt, token, (u32)next + DT_CELL, &depth);
		if (next < 0)
			return next;
	}
	return dt_refuse(dt, "structure block does not end");
}

int dt_open(struct dt *dt, const void *blob, size_t limit)
{
	int err;

	*dt = (struct dt){ .blob = blob };
	if (!IS_ALIGNED((u64)blob, sizeof(u64)))
		return dt_refuse(dt, "misaligned in memory");
	err = dt_check_header(dt, limit);
	if (!err)
		err = dt_check_reservations(dt);
	if (!err)
		err = dt_check_structure(dt);
	return err;
}

/* ---- walking ------------------------------------------------------------------------------- */

/* The place behind the token at `at`, with all its payload. */
static u32 dt_token_end(const struct dt *dt, u32 at)
{
	const char *text = (const char *)dt->blob + dt->struct_offset + at + DT_CELL;

	switch (dt_token_at(dt, at)) {
	case DT_BEGIN_NODE:
		return at + DT_CELL + ALIGN_UP((u32)strlen(text) + 1, DT_CELL);
	case DT_PROP:
		return at + DT_CELL + DT_PROP_HEADER + ALIGN_UP(dt_be32(text), DT_CELL);
	default:
		return at + DT_CELL;
	}
}

/* The next BEGIN_NODE behind `node`; *depth is changed by what is entered and left on the way. */
static int dt_step(const struct dt *dt, int node, int *depth)
{
	u32 at = dt_token_end(dt, (u32)node);

	for (;; at = dt_token_end(dt, at)) {
		switch (dt_token_at(dt, at)) {
		case DT_BEGIN_NODE:
			++*depth;
			return (int)at;
		case DT_END_NODE:
			--*depth;
			break;
		case DT_END:
			return -ENOENT;
		}
	}
}

int dt_next(const struct dt *dt, int node)
{
	int depth = 0;

	return dt_step(dt, node, &depth);
}

int dt_first_child(const struct dt *dt, int node)
{
	int depth = 0;
	int child = dt_step(dt, node, &depth);

	return child >= 0 && depth == 1 ? child : -ENOENT;
}

int dt_next_sibling(const struct dt *dt, int node)
{
	int depth = 0;
	int next = node;

	do {
		next = dt_step(dt, next, &depth);
	} while (next >= 0 && depth > 0);
	return next >= 0 && depth == 0 ? next : -ENOENT;
}

int dt_parent(const struct dt *dt, int node)
{
	int path[DT_DEPTH_MAX + 1];
	int depth = 0;
	int at = 0;

	while (at >= 0 && at != node) {
		path[depth] = at;
		at = dt_step(dt, at, &depth);
	}
	return at == node && depth > 0 ? path[depth - 1] : -ENOENT;
}

const char *dt_name(const struct dt *dt, int node)
{
	return (const char *)dt->blob + dt->struct_offset + node + DT_CELL;
}

/* ---- properties ---------------------------------------------------------------------------- */

const void *dt_prop(const struct dt *dt, int node, const char *name, u32 *len)
{
	const char *strings = (const char *)dt->blob + dt->strings_offset;
	u32 at = dt_token_end(dt, (u32)node);
	u32 token;

	for (;; at = dt_token_end(dt, at)) {
		token = dt_token_at(dt, at);
		if (token == DT_NOP)
			continue;
		/* Properties come before children (5.4.2). */
		if (token != DT_PROP)
			return NULL;
		if (strcmp(strings + dt_token_at(dt, at + 2 * DT_CELL), name) != 0)
			continue;
		if (len)
			*len = dt_token_at(dt, at + DT_CELL);
		return dt->blob + dt->struct_offset + at + DT_CELL + DT_PROP_HEADER;
	}
}

int dt_prop_u32(const struct dt *dt, int node, const char *name, u32 index, u32 *value)
{
	u32 len;
	const u8 *p = dt_prop(dt, node, name, &len);

	if (!p)
		return -ENOENT;
	if (index >= len / DT_CELL)
		return -ERANGE;
	*value = dt_be32(p + index * DT_CELL);
	return 0;
}

int dt_prop_number(const struct dt *dt, int node, const char *name, u64 *value)
{
	u32 len;
	const u8 *p = dt_prop(dt, node, name, &len);

	if (!p)
		return -ENOENT;
	if (len != DT_CELL && len != 2 * DT_CELL)
		return -ERANGE;
	*value = dt_number(p, len / DT_CELL);
	return 0;
}

const char *dt_prop_string(const struct dt *dt, int node, const char *name)
{
	u32 len;
	const char *s = dt_prop(dt, node, name, &len);

	if (!s || strnlen(s, len) == len)
		return NULL;
	return s;
}

bool dt_is_compatible(const struct dt *dt, int node, const char *compatible)
{
	u32 len;
	const char *s = dt_prop(dt, node, "compatible", &len);
	size_t n;

	if (!s)
		return false;
	while (len > 0) {
		n = strnlen(s, len);
		if (n == len)
			return false;
		if (strcmp(s, compatible) == 0)
			return true;
		s += n + 1;
		len -= (u32)n + 1;
	}
	return false;
}

bool dt_is_available(const struct dt *dt, int node)
{
	const char *status = dt_prop_string(dt, node, "status");

	if (!status)
		return dt_prop(dt, node, "status", NULL) == NULL;
	return strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}
