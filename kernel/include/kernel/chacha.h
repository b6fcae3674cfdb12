/* The ChaCha20 block function (RFC 8439, 2.3).  kernel/lib/chacha.c.  Pure. */
#pragma once

#include <kernel/types.h>

enum { CHACHA_KEY_WORDS = 8, CHACHA_WORDS = 16, CHACHA_COUNTER = 12, CHACHA_BLOCK = 64 };

/* state: 4 constants, 8 words of key, counter, 3 words of nonce.  Writes 64 bytes; state is unchanged. */
void chacha_block(const u32 state[CHACHA_WORDS], u8 out[CHACHA_BLOCK]);
/* A state with this key, counter and nonce 0. */
void chacha_init(u32 state[CHACHA_WORDS], const u32 key[CHACHA_KEY_WORDS]);
