/* Bit n is bit n % 64 of word n / 64.  Nothing here is atomic: the caller locks. */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

enum { BITMAP_WORD_BITS = 64 };

#define BITMAP_WORDS(bits) DIV_ROUND_UP((size_t)(bits), BITMAP_WORD_BITS)

static inline void bitmap_set(u64 *map, size_t bit)
{
	map[bit / BITMAP_WORD_BITS] |= (u64)1 << (bit % BITMAP_WORD_BITS);
}

static inline void bitmap_clear(u64 *map, size_t bit)
{
	map[bit / BITMAP_WORD_BITS] &= ~((u64)1 << (bit % BITMAP_WORD_BITS));
}

static inline bool bitmap_test(const u64 *map, size_t bit)
{
	return map[bit / BITMAP_WORD_BITS] >> (bit % BITMAP_WORD_BITS) & 1;
}

/* Sets or clears `count` bits from `first`. */
void bitmap_set_range(u64 *map, size_t first, size_t count);
void bitmap_clear_range(u64 *map, size_t first, size_t count);

/* The first set (clear) bit at or after `from` among `bits`; `bits` when there is none. */
size_t bitmap_find_set(const u64 *map, size_t bits, size_t from);
size_t bitmap_find_zero(const u64 *map, size_t bits, size_t from);

/* The first run of `count` clear bits at or after `from`; `bits` when there is none. */
size_t bitmap_find_zero_range(const u64 *map, size_t bits, size_t from, size_t count);

/* How many of the first `bits` are set. */
size_t bitmap_count(const u64 *map, size_t bits);

#define bitmap_for_each(bit, map, bits)                                                            \
	for ((bit) = bitmap_find_set((map), (bits), 0); (bit) < (bits);                            \
	     (bit) = bitmap_find_set((map), (bits), (bit) + 1))
