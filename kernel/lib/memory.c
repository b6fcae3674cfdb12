/*
 * Blocks of memory: memcpy, memmove, memset, memcmp, memchr.  Called by everybody and by the compiler
 * itself.  Words are moved unaligned, which is fine on normal memory: not for use before the MMU is on,
 * nor on device memory.  An architecture may replace this file as a whole.
 */
#include <kernel/string.h>

#include <kernel/compiler.h>

typedef u64 __attribute__((aligned(1), may_alias)) word_t;

enum { WORD = sizeof(word_t), BLOCK = 8 * WORD };

/* Or the compiler would recognise a copy loop and turn memcpy into a call of memcpy. */
#define MEMORY_LOOP __attribute__((optimize("no-tree-loop-distribute-patterns")))

/* Loads the whole block before it stores any of it: right for overlaps in either direction. */
static inline void memory_move_block(u8 *to, const u8 *from)
{
	word_t a = ((const word_t *)from)[0];
	word_t b = ((const word_t *)from)[1];
	word_t c = ((const word_t *)from)[2];
	word_t d = ((const word_t *)from)[3];
	word_t e = ((const word_t *)from)[4];
	word_t f = ((const word_t *)from)[5];
	word_t g = ((const word_t *)from)[6];
	word_t h = ((const word_t *)from)[7];

	/* All loads before all stores, so that they pair up. */
	barrier();
	((word_t *)to)[0] = a;
	((word_t *)to)[1] = b;
	((word_t *)to)[2] = c;
	((word_t *)to)[3] = d;
	((word_t *)to)[4] = e;
	((word_t *)to)[5] = f;
	((word_t *)to)[6] = g;
	((word_t *)to)[7] = h;
}

static inline void memory_copy_forward(u8 *to, const u8 *from, size_t n)
{
	for (; n >= BLOCK; n -= BLOCK, to += BLOCK, from += BLOCK)
		memory_move_block(to, from);
	for (; n >= WORD; n -= WORD, to += WORD, from += WORD)
		*(word_t *)to = *(const word_t *)from;
	while (n--)
		*to++ = *from++;
}

MEMORY_LOOP void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	memory_copy_forward(to, from, n);
	return to;
}

MEMORY_LOOP void *memmove(void *to, const void *from, size_t n)
{
	u8 *t = to;
	const u8 *f = from;

	/* Also true, by wrapping, when `to` lies below `from`: then going forward is safe. */
	if ((size_t)(t - f) >= n) {
		memory_copy_forward(t, f, n);
		return to;
	}
	for (; n >= BLOCK; n -= BLOCK)
		memory_move_block(t + n - BLOCK, f + n - BLOCK);
	for (; n >= WORD; n -= WORD)
		*(word_t *)(t + n - WORD) = *(const word_t *)(f + n - WORD);
	for (; n > 0; n--)
		t[n - 1] = f[n - 1];
	return to;
}

MEMORY_LOOP void *memset(void *to, int byte, size_t n)
{
	enum { ONES_LOW = 0x01010101 };
	u64 word = (u8)byte * ((u64)ONES_LOW << 32 | ONES_LOW);
	u8 *t = to;

	for (; n >= BLOCK; n -= BLOCK, t += BLOCK) {
		((word_t *)t)[0] = word;
		((word_t *)t)[1] = word;
		((word_t *)t)[2] = word;
		((word_t *)t)[3] = word;
		((word_t *)t)[4] = word;
		((word_t *)t)[5] = word;
		((word_t *)t)[6] = word;
		((word_t *)t)[7] = word;
	}
	for (; n >= WORD; n -= WORD, t += WORD)
		*(word_t *)t = word;
	while (n--)
		*t++ = (u8)byte;
	return to;
}

MEMORY_LOOP int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a;
	const u8 *y = b;

	for (; n >= WORD && *(const word_t *)x == *(const word_t *)y; n -= WORD) {
		x += WORD;
		y += WORD;
	}
	for (; n > 0; n--, x++, y++) {
		if (*x != *y)
			return *x - *y;
	}
	return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
	const u8 *p = s;

	for (; n > 0; n--, p++) {
		if (*p == (u8)byte)
			return (void *)p;
	}
	return NULL;
}
