/* Every register of a program at once; registers.S. */
#pragma once

#include <stdint.h>

struct cpu_regs {
	uint64_t x[31];
	uint64_t sp; /* after a round: how far it moved */
	uint64_t nzcv;
	uint64_t fpcr;
	uint64_t fpsr;
	uint64_t pad;
	uint64_t v[64];
};

enum cpu_action { CPU_SVC, CPU_TOUCH, CPU_SPIN };

/* Loads *in, enters the kernel by the action with x0 = arg, stores to *out.  What x0 became. */
long registers_round(const struct cpu_regs *in, struct cpu_regs *out, long action, long arg);
/* Writes over all that a function may write over, and the flags. */
void registers_trash(void);

/* Different values in every register. */
void registers_fill(struct cpu_regs *r, uint64_t seed);
/* Expects that *out is *in but for x0; file and line of the caller. */
void registers_expect(const char *file, int line, const struct cpu_regs *in,
		      const struct cpu_regs *out);
#define EXPECT_REGISTERS(in, out) registers_expect(__FILE__, __LINE__, in, out)
