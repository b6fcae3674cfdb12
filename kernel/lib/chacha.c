/* The ChaCha20 block function (RFC 8439), the heart of the random number generator.  Pure. */
#include <kernel/chacha.h>
#include <kernel/compiler.h>
#include <kernel/string.h>

enum { CHACHA_DOUBLE_ROUNDS = 10, CHACHA_CONSTANTS = 4 };

static inline u32 chacha_rotate(u32 x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

/* RFC 8439 2.1.  Inlined: the numbers are constants then, and the state stays in registers. */
static __always_inline void chacha_quarter(u32 *s, int a, int b, int c, int d)
{
	s[a] += s[b];
	s[d] = chacha_rotate(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = chacha_rotate(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = chacha_rotate(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = chacha_rotate(s[b] ^ s[c], 7);
}

void chacha_init(u32 state[CHACHA_WORDS], const u32 key[CHACHA_KEY_WORDS])
{
	/* "expand 32-byte k" */
	static const u32 constants[CHACHA_CONSTANTS] = { 0x61707865, 0x3320646e, 0x79622d32,
							 0x6b206574 };

	memset(state, 0, CHACHA_BLOCK);
	memcpy(state, constants, sizeof(constants));
	memcpy(state + CHACHA_CONSTANTS, key, CHACHA_KEY_WORDS * sizeof(*key));
}

void chacha_block(const u32 state[CHACHA_WORDS], u8 out[CHACHA_BLOCK])
{
	u32 s[CHACHA_WORDS];
	int i;

	memcpy(s, state, sizeof(s));
	for (i = 0; i < CHACHA_DOUBLE_ROUNDS; i++) {
		chacha_quarter(s, 0, 4, 8, 12);
		chacha_quarter(s, 1, 5, 9, 13);
		chacha_quarter(s, 2, 6, 10, 14);
		chacha_quarter(s, 3, 7, 11, 15);
		chacha_quarter(s, 0, 5, 10, 15);
		chacha_quarter(s, 1, 6, 11, 12);
		chacha_quarter(s, 2, 7, 8, 13);
		chacha_quarter(s, 3, 4, 9, 14);
	}
	for (i = 0; i < CHACHA_WORDS; i++)
		s[i] += state[i];
	/* Little-endian, as the machine is. */
	memcpy(out, s, sizeof(s));
}
