/*
 * The clocks.  Monotonic time is the counter, scaled; nothing has to be updated, so any context may
 * read it without a lock.  The wall clock is monotonic time plus an offset, set from the RTC at boot and
 * by clock_settime(2).
 *
 * Linux counts from the end of boot and slews its clocks by NTP; ours count from when the counter
 * started, at its nominal rate.
 */
#include <kernel/time.h>
#include <arch/arch.h>
#include <kernel/atomic.h>
#include <kernel/errno.h>
#include <kernel/spinlock.h>
#include <kernel/wait.h>

/* Bits behind the point of time_inverse: counters up to 16 GHz. */
enum { TIME_INVERSE_SHIFT = 60 };

struct wait_queue time_real_changed = WAIT_QUEUE_INIT(time_real_changed);

static u64 time_mult;     /* ns per count << TIME_SHIFT */
static u64 time_inverse;  /* counts per ns << TIME_INVERSE_SHIFT */
static s64 time_offset;   /* (a) realtime - monotonic; (time_lock) to write */
static struct spinlock time_lock = SPINLOCK_INIT("time_lock");
static struct vvar_time *time_vvar;

static inline u64 time_scale(u64 n, u64 mult, u32 shift)
{
	return (unsigned __int128)n * mult >> shift;
}

/* (a << shift) / b, rounded down, for a < b << (64 - shift): long division, one bit at a time. */
static u64 time_divide(u64 a, u64 b, u32 shift)
{
	u64 quotient = a / b, rest = a % b;

	while (shift--) {
		rest <<= 1;
		quotient = quotient << 1 | (rest >= b);
		rest -= rest >= b ? b : 0;
	}
	return quotient;
}

void time_init(void)
{
	u64 hz = arch_counter_hz();

	time_mult = time_divide(NSEC_PER_SEC, hz, TIME_SHIFT);
	time_inverse = time_divide(hz, NSEC_PER_SEC, TIME_INVERSE_SHIFT);
}

nsec_t time_from_counter(u64 count)
{
	return time_scale(count, time_mult, TIME_SHIFT);
}

u64 time_to_counter(nsec_t ns)
{
	nsec_t reached;
	u64 count;

	/* 292 years will do; further on the sums below overflow. */
	ns = MIN(ns, NSEC_NEVER / 2);
	count = time_scale(ns, time_inverse, TIME_INVERSE_SHIFT);
	/* Both factors are rounded: step up to the first count that is not early. */
	while ((reached = time_from_counter(count)) < ns)
		count += time_scale(ns - reached, time_inverse, TIME_INVERSE_SHIFT) + 1;
	return count;
}

nsec_t time_mono(void)
{
	return time_from_counter(arch_counter());
}

s64 time_real_offset(void)
{
	return READ_ONCE(time_offset);
}

nsec_t time_real(void)
{
	return time_mono() + time_real_offset();
}

/* Writes what the vDSO reads; its readers retry while the sequence is odd or has changed. */
static void time_update_vvar(void) REQUIRES(time_lock)
{
	struct vvar_time *v = time_vvar;

	if (!v)
		return;
	WRITE_ONCE(v->sequence, v->sequence + 1);
	arch_wmb();
	v->mult = time_mult;
	v->real_offset = time_offset;
	arch_wmb();
	WRITE_ONCE(v->sequence, v->sequence + 1);
}

void time_set_real(nsec_t t)
{
	irqflags_t flags = spin_lock_irqsave(&time_lock);

	WRITE_ONCE(time_offset, (s64)(t - time_mono()));
	time_update_vvar();
	spin_unlock_irqrestore(&time_lock, flags);
	wait_queue_wake_all(&time_real_changed);
}

void time_set_vvar(struct vvar_time *vvar)
{
	irqflags_t flags = spin_lock_irqsave(&time_lock);

	time_vvar = vvar;
	time_update_vvar();
	spin_unlock_irqrestore(&time_lock, flags);
}

void delay_ns(nsec_t ns)
{
	nsec_t end = time_mono() + ns;

	while (time_mono() < end)
		arch_cpu_relax();
}

int timespec_to_ns(const struct timespec *ts, nsec_t *ns)
{
	if (ts->tv_sec < 0 || ts->tv_nsec < 0 || ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	if (__builtin_mul_overflow((u64)ts->tv_sec, (u64)NSEC_PER_SEC, ns) ||
	    __builtin_add_overflow(*ns, (u64)ts->tv_nsec, ns) || *ns > NSEC_NEVER / 2)
		*ns = NSEC_NEVER / 2;
	return 0;
}

struct timespec ns_to_timespec(nsec_t ns)
{
	return (struct timespec){ .tv_sec = ns / NSEC_PER_SEC, .tv_nsec = ns % NSEC_PER_SEC };
}
