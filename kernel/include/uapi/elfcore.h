/* The notes of a core file, as gdb and binutils read them (Linux, uapi/linux/elfcore.h, 64-bit Arm). */
#pragma once

#include <kernel/types.h>
#include <uapi/time.h>

enum elf_note_type {
	NT_PRSTATUS = 1,
	NT_FPREGSET = 2,
	NT_PRPSINFO = 3,
	NT_SIGINFO  = 0x53494749,
};

enum { CORE_REGISTERS = 34 }; /* x0 to x30, sp, pc, pstate */

struct elf64_nhdr {
	u32 n_namesz;
	u32 n_descsz;
	u32 n_type;
};

struct elf_prstatus {
	s32 si_signo, si_code, si_errno;
	s16 cursig;
	u64 sigpend, sighold;
	s32 pid, ppid, pgrp, sid;
	struct timeval utime, stime, cutime, cstime;
	u64 regs[CORE_REGISTERS];
	s32 fpvalid;
};

struct elf_prpsinfo {
	char state, sname, zomb, nice;
	u64 flag;
	u32 uid, gid;
	s32 pid, ppid, pgrp, sid;
	char fname[16];
	char psargs[80];
};

_Static_assert(sizeof(struct elf_prstatus) == 392, "elf_prstatus is part of the ABI");
_Static_assert(__builtin_offsetof(struct elf_prstatus, regs) == 112, "elf_prstatus is part of the ABI");
_Static_assert(sizeof(struct elf_prpsinfo) == 136, "elf_prpsinfo is part of the ABI");
