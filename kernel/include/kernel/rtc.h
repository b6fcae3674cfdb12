/* The battery-backed clock of the machine.  kernel/drivers/pl031.c */
#pragma once

#include <kernel/types.h>

/* Seconds since 1970 as the device has them, 0 when the machine has none.  Any context. */
u64 rtc_seconds(void);
