/* How the machine ended.  kernel/proc/reboot.c */
#pragma once

#include <kernel/types.h>

/*
 * Written last, for the debugger and for the host, which reads it in a machine that is off already: its
 * layout is fixed (xtask/host_stages.c).
 */
struct reboot_record {
	u32 settled;  /* 1: the steps below were all taken */
	u32 mounts;   /* file systems still mounted: the root, which every task stands on */
	u64 cpus;     /* bit n: cpus[n] still runs */
};

extern struct reboot_record reboot_record;
