/* What a read of a signalfd yields.  signalfd(2) */
#pragma once

#include <kernel/types.h>

struct signalfd_siginfo {
	u32 ssi_signo;
	s32 ssi_errno;
	s32 ssi_code;
	u32 ssi_pid;
	u32 ssi_uid;
	s32 ssi_fd;
	u32 ssi_tid;
	u32 ssi_band;
	u32 ssi_overrun;
	u32 ssi_trapno;
	s32 ssi_status;
	s32 ssi_int;
	u64 ssi_ptr;
	u64 ssi_utime;
	u64 ssi_stime;
	u64 ssi_addr;
	u16 ssi_addr_lsb;
	u8 pad_[46];
};

_Static_assert(sizeof(struct signalfd_siginfo) == 128, "signalfd_siginfo is part of the ABI");
