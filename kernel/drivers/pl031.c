/*
 * Arm PrimeCell real-time clock, PL031 (DDI 0224): seconds since 1970 in one register.  Read once, at
 * boot, to set the wall clock.  Its alarm is not used.
 */
#include <arch/arch.h>
#include <kernel/driver.h>
#include <kernel/io.h>
#include <kernel/rtc.h>
#include <kernel/time.h>

/* DDI 0224 3.2 */
enum pl031_register {
	RTCDR = 0x00,
	RTCCR = 0x0c,
};

enum { RTCCR_START = 1 };

static volatile void *pl031;

u64 rtc_seconds(void)
{
	return pl031 ? io_read32(pl031, RTCDR) : 0;
}

static int pl031_probe(int node)
{
	paddr_t base;
	u64 size;
	int err;

	err = dt_reg(&machine_dt, node, 0, &base, &size);
	if (err)
		return err;
	pl031 = arch_map_device(base, size);
	if (!(io_read32(pl031, RTCCR) & RTCCR_START))
		io_write32(pl031, RTCCR, RTCCR_START);
	time_set_real(rtc_seconds() * NSEC_PER_SEC);
	return 0;
}

static const char *const pl031_compatible[] = { "arm,pl031", NULL };
DRIVER(pl031_driver, .name = "pl031", .compatible = pl031_compatible, .phase = DRIVER_CONSOLE,
       .probe = pl031_probe);
