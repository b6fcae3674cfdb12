/* Ranges and searches in bitmaps, a word at a time.  The caller locks. */
#include <kernel/bitmap.h>

/* Bits [from, 64) of a word. */
static inline u64 bitmap_mask_from(size_t from)
{
	return ~(u64)0 << (from % BITMAP_WORD_BITS);
}

/* Calls for each word that [first, first + count) touches: the mask of the range in it. */
static u64 bitmap_range_mask(size_t word, size_t first, size_t end)
{
	u64 mask = ~(u64)0;

	if (word == first / BITMAP_WORD_BITS)
		mask &= bitmap_mask_from(first);
	if (word == end / BITMAP_WORD_BITS)
		mask &= ~bitmap_mask_from(end);
	return mask;
}

void bitmap_set_range(u64 *map, size_t first, size_t count)
{
	size_t end = first + count;
	size_t word;

	for (word = first / BITMAP_WORD_BITS; word * BITMAP_WORD_BITS < end; word++)
		map[word] |= bitmap_range_mask(word, first, end);
}

void bitmap_clear_range(u64 *map, size_t first, size_t count)
{
	size_t end = first + count;
	size_t word;

	for (word = first / BITMAP_WORD_BITS; word * BITMAP_WORD_BITS < end; word++)
		map[word] &= ~bitmap_range_mask(word, first, end);
}

/* Looks for a bit that differs from `flip` (all zeros or all ones). */
static size_t bitmap_find(const u64 *map, size_t bits, size_t from, u64 flip)
{
	size_t word, bit;
	u64 rest;

	if (from >= bits)
		return bits;
	word = from / BITMAP_WORD_BITS;
	rest = (map[word] ^ flip) & bitmap_mask_from(from);
	while (rest == 0) {
		word++;
		if (word * BITMAP_WORD_BITS >= bits)
			return bits;
		rest = map[word] ^ flip;
	}
	bit = word * BITMAP_WORD_BITS + (size_t)__builtin_ctzll(rest);
	return MIN(bit, bits);
}

size_t bitmap_find_set(const u64 *map, size_t bits, size_t from)
{
	return bitmap_find(map, bits, from, 0);
}

size_t bitmap_find_zero(const u64 *map, size_t bits, size_t from)
{
	return bitmap_find(map, bits, from, ~(u64)0);
}

size_t bitmap_find_zero_range(const u64 *map, size_t bits, size_t from, size_t count)
{
	size_t start, end;

	for (start = bitmap_find_zero(map, bits, from); start + count <= bits;
	     start = bitmap_find_zero(map, bits, end)) {
		end = bitmap_find_set(map, bits, start);
		if (end - start >= count)
			return start;
	}
	return bits;
}

size_t bitmap_count(const u64 *map, size_t bits)
{
	size_t n = 0;
	size_t bit;

	bitmap_for_each(bit, map, bits)
		n++;
	return n;
}
