/*
 * What the bodies of user stages assert with.  The same words as in the kernel's <kernel/stage.h>.
 *
 * A failed expectation writes `FAIL file:line expected ... (values)` to the report descriptor and ends
 * the process (all its threads).  Forked children may use them too: the kernel reads what they
 * report, but only expectations of the first process are counted.
 */
#pragma once

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The kernel's special file for verdicts. */
enum { EXPECT_REPORT_FD = 3 };

/* Counts one executed expectation.  Any thread. */
void expect_count(void);

/* Reports and ends the process.  Async-signal-safe as far as vsnprintf of integers and strings is. */
void expect_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));

#define EXPECT(cond)                                                                               \
	do {                                                                                       \
		expect_count();                                                                    \
		if (!(cond))                                                                       \
			expect_fail(__FILE__, __LINE__, "expected %s", #cond);                     \
	} while (0)

#define EXPECT_OP(a, op, b)                                                                        \
	do {                                                                                       \
		__typeof__(a) ea_ = (a);                                                           \
		__typeof__(b) eb_ = (b);                                                           \
		expect_count();                                                                    \
		if (!(ea_ op eb_))                                                                 \
			expect_fail(__FILE__, __LINE__, "expected %s " #op " %s (0x%lx, 0x%lx)",   \
				    #a, #b, (unsigned long)ea_, (unsigned long)eb_);               \
	} while (0)

#define EXPECT_EQ(a, b) EXPECT_OP(a, ==, b)
#define EXPECT_NE(a, b) EXPECT_OP(a, !=, b)
#define EXPECT_LT(a, b) EXPECT_OP(a, <, b)
#define EXPECT_LE(a, b) EXPECT_OP(a, <=, b)
#define EXPECT_GT(a, b) EXPECT_OP(a, >, b)
#define EXPECT_GE(a, b) EXPECT_OP(a, >=, b)

/* A call that returns 0 or more on success and sets errno. */
#define EXPECT_OK(call)                                                                            \
	do {                                                                                       \
		long eo_ = (long)(call);                                                           \
		int ee_ = errno;                                                                   \
		expect_count();                                                                    \
		if (eo_ < 0)                                                                       \
			expect_fail(__FILE__, __LINE__, "expected %s to succeed (%ld, %s)", #call, \
				    eo_, strerror(ee_));                                           \
	} while (0)

/* A call that must fail with -1 and this errno. */
#define EXPECT_ERRNO(call, wanted)                                                                 \
	do {                                                                                       \
		long eo_ = (long)(call);                                                           \
		int ee_ = errno;                                                                   \
		expect_count();                                                                    \
		if (eo_ != -1)                                                                     \
			expect_fail(__FILE__, __LINE__, "expected %s to fail with %s (got 0x%lx)", \
				    #call, #wanted, eo_);                                          \
		if (ee_ != (wanted))                                                               \
			expect_fail(__FILE__, __LINE__, "expected %s to fail with %s (%s)", #call, \
				    #wanted, strerror(ee_));                                       \
	} while (0)

#define EXPECT_STR(a, b)                                                                           \
	do {                                                                                       \
		const char *ea_ = (a);                                                             \
		const char *eb_ = (b);                                                             \
		expect_count();                                                                    \
		if (strcmp(ea_, eb_))                                                              \
			expect_fail(__FILE__, __LINE__, "expected %s == %s (\"%s\", \"%s\")", #a,  \
				    #b, ea_, eb_);                                                 \
	} while (0)

#define EXPECT_MEM(a, b, n)                                                                        \
	do {                                                                                       \
		expect_count();                                                                    \
		if (memcmp((a), (b), (n)))                                                         \
			expect_fail(__FILE__, __LINE__, "expected %s and %s alike in %lu bytes",   \
				    #a, #b, (unsigned long)(n));                                   \
	} while (0)

/* Forks a child that runs what follows up to the end of the block, then exits with status 0. */
#define IN_CHILD(pid)                                                                              \
	for (int in_child_ = ((pid) = fork(), EXPECT_CHILD_FORKED(pid)); in_child_; _exit(0))
#define EXPECT_CHILD_FORKED(pid)                                                                   \
	({                                                                                         \
		EXPECT_OK(pid);                                                                    \
		(pid) == 0;                                                                        \
	})

/* Waits for a child and expects that it exited with status 0. */
void expect_child_ok(const char *file, int line, pid_t pid);
#define EXPECT_CHILD_OK(pid) expect_child_ok(__FILE__, __LINE__, (pid))

/* Writes back what this program was given and exits with argc; proc_exec.c. */
int stage_echo_args(int argc, char **argv);

/* The low byte of the effective user id, if the kernel said rightly whether that is another; proc_ids.c. */
int stage_tell_euid(void);

/* The stages: each row of kernel/boot/stages.def that is verified by a user program. */
#define STAGE_KERNEL(sym)
#define STAGE_HOST(sym)
#define STAGE_USER(sym) void stage_##sym(void);
#define STAGE(sym, id, by, ...) STAGE_##by(sym)
#define PLANNED(...)
#include "stages.def"
#undef STAGE_KERNEL
#undef STAGE_HOST
#undef STAGE_USER
#undef STAGE
#undef PLANNED
