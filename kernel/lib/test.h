/*
 * What a host test includes first: CMocka and the C library, then the kernel's types, whose sigset_t
 * steps aside for the C library's.  Tests are compiled with -DCONFIG_DEBUG=1 -Ikernel/include and
 * linked with the kernel sources that their first line names.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <cmocka.h>

#define sigset_t kernel_sigset_t
#include <kernel/types.h>
#include <kernel/compiler.h>
#include <kernel/panic.h>

/* The kernel's panic and assertions become CMocka's, for expect_assert_failure(). */
#define TEST_PANIC                                                                                 \
	void panic(const char *fmt, ...)                                                           \
	{                                                                                          \
		mock_assert(0, fmt, __FILE__, __LINE__);                                           \
		abort();                                                                           \
	}                                                                                          \
	void assert_failed(const char *file, int line, const char *expr)                           \
	{                                                                                          \
		mock_assert(0, expr, file, line);                                                  \
		abort();                                                                           \
	}

/* A small generator, so that random tests run the same way every time (Marsaglia's xorshift). */
static inline u32 test_random(void)
{
	static u32 state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}
