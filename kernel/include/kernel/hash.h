/* Hashes for tables in memory; not for anything an enemy may choose the keys of. */
#pragma once

#include <kernel/types.h>

/* FNV-1a, 32 bits. */
static inline u32 hash_bytes(const void *data, size_t n)
{
	enum { FNV_BASIS = 0x811c9dc5u, FNV_PRIME = 0x01000193u };
	const u8 *p = data;
	u32 h = FNV_BASIS;

	while (n--)
		h = (h ^ *p++) * FNV_PRIME;
	return h;
}

static inline u32 hash_string(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return hash_bytes(s, n);
}

/* The top `bits` bits (1 to 32) of the number times 2^64 / golden ratio. */
static inline u32 hash_u64(u64 n, unsigned int bits)
{
	return (u32)((n * 0x9e3779b97f4a7c15ull) >> (64 - bits));
}

static inline u32 hash_pointer(const void *p, unsigned int bits)
{
	return hash_u64((u64)p, bits);
}
