/*
 * Random numbers: a ChaCha20 generator seeded from the device tree (rng-seed, kaslr-seed), the counter
 * and whatever drivers add.  kernel/proc/random.c
 */
#pragma once

#include <kernel/types.h>

/* Fills buf.  Any context. */
void random_bytes(void *buf, size_t n);
/* Stirs in what somebody believes to be unpredictable; `bits` of it count.  Any context. */
void random_add(const void *data, size_t n, u32 bits);
/* True once it was seeded with 256 bits that count. */
bool random_ready(void);
