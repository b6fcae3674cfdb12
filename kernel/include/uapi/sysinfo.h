/* sysinfo(2). */
#pragma once

#include <kernel/types.h>

#define SI_LOAD_SHIFT 16

struct sysinfo {
	s64 uptime;    /* seconds */
	u64 loads[3];  /* 1, 5 and 15 minutes, << SI_LOAD_SHIFT */
	u64 totalram;  /* in mem_unit bytes, as all that follow */
	u64 freeram;
	u64 sharedram;
	u64 bufferram;
	u64 totalswap;
	u64 freeswap;
	u16 procs;
	u16 pad;
	u64 totalhigh;
	u64 freehigh;
	u32 mem_unit;
};
_Static_assert(sizeof(struct sysinfo) == 112, "struct sysinfo is part of the ABI");
