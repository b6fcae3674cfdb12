/* Small numbers, the lowest free one first (process ids, device minors).  The caller locks. */
#pragma once

#include <kernel/types.h>

struct ids {
	u64 *map;  /* a set bit is taken; BITMAP_WORDS(end) words, the caller's */
	u32 first; /* lowest number handed out */
	u32 end;   /* one more than the highest */
	u32 hint;  /* nothing below is free */
	u32 used;
};

/* All of [first, end) is free; map has room for `end` bits and is cleared here. */
void ids_init(struct ids *ids, u64 *map, u32 first, u32 end);

/* The lowest free number, or -ENOSPC. */
int ids_alloc(struct ids *ids);

/* Takes this very number.  0, -EBUSY (taken) or -EINVAL (out of range). */
int ids_take(struct ids *ids, u32 id);

/* Gives it back; it must be taken. */
void ids_free(struct ids *ids, u32 id);
