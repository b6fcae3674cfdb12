/*
 * The frame of a signal handler on the user's stack, as Linux lays it out on arm64 (uapi/asm/sigcontext.h,
 * ucontext.h).  From the stack pointer up: siginfo, ucontext, and a frame record for unwinders.
 */
#pragma once

#include <kernel/types.h>
#include <uapi/signal.h>

enum {
	SIGCONTEXT_RESERVED = 4096,
	FPSIMD_MAGIC        = 0x46508001,
	ESR_MAGIC           = 0x45535201,
};

/* Each record in sigcontext.reserved begins so; a magic and size of zero ends them. */
struct sig_record {
	u32 magic;
	u32 size;
};

struct sig_fpsimd {
	struct sig_record head;
	u32 fpsr;
	u32 fpcr;
	u64 v[64];
};

struct sig_esr {
	struct sig_record head;
	u64 esr;
};

struct sigcontext {
	u64 fault_address;
	u64 regs[31];
	u64 sp;
	u64 pc;
	u64 pstate;
	u8 reserved[SIGCONTEXT_RESERVED] __attribute__((aligned(16)));
};

struct ucontext {
	u64 uc_flags;
	u64 uc_link;
	stack_t uc_stack;
	sigset_t uc_sigmask;
	u8 unused[128 - sizeof(sigset_t)];
	struct sigcontext uc_mcontext;
};

struct rt_sigframe {
	siginfo_t info;
	struct ucontext uc;
};

/* Above the frame: the interrupted x29 and x30, where unwinding by frame pointers goes on. */
struct sig_frame_record {
	u64 fp;
	u64 lr;
};

_Static_assert(sizeof(struct sig_fpsimd) == 528, "fpsimd_context is part of the ABI");
_Static_assert(__builtin_offsetof(struct sigcontext, reserved) == 288, "sigcontext is part of the ABI");
_Static_assert(__builtin_offsetof(struct ucontext, uc_mcontext) == 176, "ucontext is part of the ABI");
_Static_assert(sizeof(struct rt_sigframe) == 4688, "rt_sigframe is part of the ABI");
