/* What the vDSO offers to programs; built for EL0, arch/aarch64/vdso/gettime.c. */
#pragma once

#include <kernel/time.h>

struct timeval;
struct timezone;

/* The page below the vDSO. */
extern const volatile struct vvar_time vdso_vvar __attribute__((visibility("hidden")));

/* As clock_gettime(2), gettimeofday(2) and clock_getres(2): 0 or a negative errno. */
int __kernel_clock_gettime(int clock, struct timespec *ts);
int __kernel_gettimeofday(struct timeval *tv, struct timezone *tz);
int __kernel_clock_getres(int clock, struct timespec *res);
