/* Hashes for tables in memory; not for anything an enemy may choose the keys of. */
#pragma once

#include <kernel/types.h>

/* FNV-1a, 32 bits, one byte at a time from HASH_BYTES_EMPTY. */
#define HASH_BYTES_EMPTY 0x811c9dc5u

static inline u32 hash_byte(u32 hash, u8 byte)
{
	enum { FNV_PRIME = 0x01000193u };

	return (hash ^ byte) * FNV_PRIME;
}

static inline u32 hash_bytes(const void *data, size_t n)
{
	const u8 *p = data;
	u32 h = HASH_BYTES_EMPTY;

	while (n--)
		h = hash_byte(h, *p++);
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
