/* Resource limits and usage.  getrlimit(2), getrusage(2), getpriority(2) */
#pragma once

#include <kernel/types.h>
#include <uapi/time.h>

enum rlimit_resource {
	RLIMIT_CPU,
	RLIMIT_FSIZE,
	RLIMIT_DATA,
	RLIMIT_STACK,
	RLIMIT_CORE,
	RLIMIT_RSS,
	RLIMIT_NPROC,
	RLIMIT_NOFILE,
	RLIMIT_MEMLOCK,
	RLIMIT_AS,
	RLIMIT_LOCKS,
	RLIMIT_SIGPENDING,
	RLIMIT_MSGQUEUE,
	RLIMIT_NICE,
	RLIMIT_RTPRIO,
	RLIMIT_RTTIME,
	RLIM_NLIMITS,
};

#define RLIM_INFINITY (~(u64)0)

struct rlimit {
	u64 rlim_cur;
	u64 rlim_max;
};

enum { RUSAGE_CHILDREN = -1, RUSAGE_SELF = 0, RUSAGE_THREAD = 1 };

struct rusage {
	struct timeval ru_utime;
	struct timeval ru_stime;
	s64 ru_maxrss; /* KiB */
	s64 ru_ixrss, ru_idrss, ru_isrss;
	s64 ru_minflt, ru_majflt;
	s64 ru_nswap;
	s64 ru_inblock, ru_oublock;
	s64 ru_msgsnd, ru_msgrcv;
	s64 ru_nsignals;
	s64 ru_nvcsw, ru_nivcsw;
};
_Static_assert(sizeof(struct rusage) == 144, "struct rusage is part of the ABI");

enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };
enum { PRIO_MIN = -20, PRIO_MAX = 19 };
