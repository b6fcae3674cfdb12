/* Lowest free number first, by a bitmap and a hint.  The caller locks. */
#include <kernel/bitmap.h>
#include <kernel/errno.h>
#include <kernel/ids.h>
#include <kernel/panic.h>
#include <kernel/string.h>

void ids_init(struct ids *ids, u64 *map, u32 first, u32 end)
{
	memset(map, 0, BITMAP_WORDS(end) * sizeof(*map));
	*ids = (struct ids){ .map = map, .first = first, .end = end, .hint = first };
}

int ids_alloc(struct ids *ids)
{
	u32 id = (u32)bitmap_find_zero(ids->map, ids->end, ids->hint);

	if (id >= ids->end)
		return -ENOSPC;
	bitmap_set(ids->map, id);
	ids->hint = id + 1;
	ids->used++;
	return (int)id;
}

int ids_take(struct ids *ids, u32 id)
{
	if (id < ids->first || id >= ids->end)
		return -EINVAL;
	if (bitmap_test(ids->map, id))
		return -EBUSY;
	bitmap_set(ids->map, id);
	ids->used++;
	return 0;
}

void ids_free(struct ids *ids, u32 id)
{
	PANIC_IF(id < ids->first || id >= ids->end || !bitmap_test(ids->map, id));
	bitmap_clear(ids->map, id);
	ids->hint = MIN(ids->hint, id);
	ids->used--;
}
