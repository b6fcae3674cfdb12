/* Times and clocks as programs see them.  clock_gettime(2), setitimer(2), times(2), adjtimex(2) */
#pragma once

#include <kernel/types.h>

struct timespec {
	s64 tv_sec;
	s64 tv_nsec;
};

struct timeval {
	s64 tv_sec;
	s64 tv_usec;
};

struct timezone {
	s32 tz_minuteswest;
	s32 tz_dsttime;
};

struct itimerspec {
	struct timespec it_interval;
	struct timespec it_value;
};

struct itimerval {
	struct timeval it_interval;
	struct timeval it_value;
};

enum { USER_HZ = 100 }; /* clock ticks per second in times(2) and /proc */

struct tms {
	s64 tms_utime;
	s64 tms_stime;
	s64 tms_cutime;
	s64 tms_cstime;
};

enum clock_id {
	CLOCK_REALTIME,
	CLOCK_MONOTONIC,
	CLOCK_PROCESS_CPUTIME_ID,
	CLOCK_THREAD_CPUTIME_ID,
	CLOCK_MONOTONIC_RAW,
	CLOCK_REALTIME_COARSE,
	CLOCK_MONOTONIC_COARSE,
	CLOCK_BOOTTIME,
	CLOCK_REALTIME_ALARM,
	CLOCK_BOOTTIME_ALARM,
	CLOCK_TAI = 11,
};

enum { TIMER_ABSTIME = 1 };
enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

struct timex {
	u32 modes;
	s64 offset;
	s64 freq;
	s64 maxerror;
	s64 esterror;
	s32 status;
	s64 constant;
	s64 precision;
	s64 tolerance;
	struct timeval time;
	s64 tick;
	s64 ppsfreq;
	s64 jitter;
	s32 shift;
	s64 stabil;
	s64 jitcnt;
	s64 calcnt;
	s64 errcnt;
	s64 stbcnt;
	s32 tai;
	s32 pad_[11];
};
_Static_assert(sizeof(struct timex) == 208, "struct timex is part of the ABI");
