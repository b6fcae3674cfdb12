/* Numbers from text, strictly: no sign, no spaces, nothing left over, no overflow. */
#pragma once

#include <kernel/types.h>

/* Digits of `base` (2 to 16) from s; *end is where they stop.  0, -EINVAL (no digit) or -ERANGE. */
int parse_digits(const char *s, unsigned int base, const char **end, u64 *value);

/* A whole string: decimal, 0x hexadecimal or 0 octal.  0, -EINVAL or -ERANGE. */
int parse_u64(const char *s, u64 *value);

/* The same with an optional suffix K, M or G (either case, powers of 1024). */
int parse_size(const char *s, u64 *value);
