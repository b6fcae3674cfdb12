/* Clocks.  kernel/task/time.c; the counter is the architecture's. */
#pragma once

#include <kernel/types.h>

enum { NSEC_PER_SEC = 1000000000, NSEC_PER_MSEC = 1000000, NSEC_PER_USEC = 1000, HZ = 100 };

void time_init(void);
nsec_t time_mono(void);           /* ns since boot, monotonic; any context */
nsec_t time_real(void);           /* ns since 1970 */
void time_set_real(nsec_t t);
void delay_ns(nsec_t ns);         /* spins */
