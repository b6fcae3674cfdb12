/*
 * Clocks.  kernel/task/time.c; the counter is the architecture's.
 */
#pragma once

#include <kernel/types.h>
#include <uapi/time.h>

struct wait_queue;

enum { NSEC_PER_SEC = 1000000000, NSEC_PER_MSEC = 1000000, NSEC_PER_USEC = 1000, HZ = 100 };

/*
 * What the vDSO needs to tell the time: monotonic ns = (counter * mult) >> TIME_SHIFT, in 128 bits.
 * ARCH maps it for programs; `sequence` is odd while the kernel writes.
 */
enum { TIME_SHIFT = 32 };
struct vvar_time {
	u32 sequence;
	u32 reserved;
	u64 mult;
	s64 real_offset;          /* realtime - monotonic, ns */
};

void time_init(void);             /* first of all; before it every clock reads 0 */
nsec_t time_mono(void);           /* ns since the counter started, monotonic; any context */
nsec_t time_real(void);           /* ns since 1970 */
/* Sets the wall clock and tells all who wait for a time of day.  Any context. */
void time_set_real(nsec_t t);
void delay_ns(nsec_t ns);         /* spins; any context */

/* What a value of arch_counter() means in monotonic ns (for what was recorded before time_init()). */
nsec_t time_from_counter(u64 count);
/* The first count at which time_mono() is at least ns. */
u64 time_to_counter(nsec_t ns);

/* Where ARCH wants struct vvar_time kept up to date: a page that programs can read.  Once, at boot. */
void time_set_vvar(struct vvar_time *vvar);

/* Woken by time_set_real(): who sleeps until a time of day looks at the clock again. */
extern struct wait_queue time_real_changed;

/* realtime - monotonic in ns, for deadlines given as a time of day. */
s64 time_real_offset(void);

/* Conversions; timespec_to_ns() says -EINVAL for a negative time or tv_nsec outside 0 to 10^9 - 1, and
 * takes what is too far away for NSEC_NEVER / 2. */
int timespec_to_ns(const struct timespec *ts, nsec_t *ns);
struct timespec ns_to_timespec(nsec_t ns);
