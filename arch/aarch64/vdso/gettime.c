/*
 * The clocks, read by the program itself: runs at EL0, calls nothing, touches only the vvar page.
 * What it does not know it asks the kernel.
 */
#include <arch/vdso_calls.h>

/* In the page below the vDSO; read-only here. */
static inline const volatile struct vvar_time *vdso_time(void)
{
	return &vdso_vvar;
}

static long vdso_syscall(long number, long a, long b)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
	return x0;
}

static inline u64 vdso_counter(void)
{
	u64 n;

	/* Not before the sequence was read, and not early. */
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(n) : : "memory");
	return n;
}

/* Monotonic ns; *offset is what makes it wall-clock time.  Both of one moment. */
static inline u64 vdso_mono(s64 *offset)
{
	const volatile struct vvar_time *t = vdso_time();
	u32 before;
	u64 ns;

	do {
		do {
			before = t->sequence;
		} while (before & 1);
		__asm__ volatile("dmb ishld" : : : "memory");
		ns = (unsigned __int128)vdso_counter() * t->mult >> TIME_SHIFT;
		*offset = t->real_offset;
		__asm__ volatile("dmb ishld" : : : "memory");
	} while (t->sequence != before);
	return ns;
}

/* Apart from the exported function: a call to that one would go through a table that nobody relocates. */
static inline int vdso_clock_gettime(int clock, struct timespec *ts)
{
	s64 offset;
	u64 ns;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		ns = vdso_mono(&offset);
		ns += (u64)offset;
		break;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		ns = vdso_mono(&offset);
		break;
	default:
		return (int)vdso_syscall(113, clock, (long)ts);
	}
	ts->tv_sec = (s64)(ns / NSEC_PER_SEC);
	ts->tv_nsec = (s64)(ns % NSEC_PER_SEC);
	return 0;
}

int __kernel_clock_gettime(int clock, struct timespec *ts)
{
	return vdso_clock_gettime(clock, ts);
}

int __kernel_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	struct timespec ts;

	if (tz)
		return (int)vdso_syscall(169, (long)tv, (long)tz);
	if (tv) {
		vdso_clock_gettime(CLOCK_REALTIME, &ts);
		tv->tv_sec = ts.tv_sec;
		tv->tv_usec = ts.tv_nsec / 1000;
	}
	return 0;
}

int __kernel_clock_getres(int clock, struct timespec *res)
{
	return (int)vdso_syscall(114, clock, (long)res);
}
