/*
 * Binding drivers to the device tree.  kmain calls drivers_probe() once per phase; drivers are the
 * DRIVER() records that the linker gathered between __drivers_start and __drivers_stop.
 */
#include <kernel/driver.h>
#include <kernel/errno.h>
#include <kernel/log.h>
#include <kernel/sections.h>
#include <kernel/string.h>

/* Whether the driver names one of the strings of a `compatible` property. */
static bool driver_matches(const struct driver *d, const char *strings, u32 length)
{
	for (u32 at = 0; at < length; at += strlen(strings + at) + 1)
		for (const char *const *c = d->compatible; *c; c++)
			if (!strcmp(strings + at, *c))
				return true;
	return false;
}

/* -ENODEV from a probe means "not there after all", -EBUSY "already bound": neither is worth a line. */
static bool driver_probe_node(const struct driver *d, int node)
{
	int err = d->probe(node);

	if (err && err != -ENODEV && err != -EBUSY)
		log_warn("%s: %s: error %d", d->name, dt_name(&machine_dt, node), -err);
	return err == 0;
}

int drivers_probe(enum driver_phase phase)
{
	int bound = 0;
	int node;

	dt_for_each(node, &machine_dt)
	{
		u32 length;
		const char *strings = dt_prop(&machine_dt, node, "compatible", &length);

		/* The list ends in a NUL, or nobody could read it. */
		if (!strings || !length || strings[length - 1])
			continue;
		for (const struct driver *d = __drivers_start; d < __drivers_stop; d++)
			if (d->phase == phase && driver_matches(d, strings, length) &&
			    dt_is_available(&machine_dt, node))
				bound += driver_probe_node(d, node);
	}
	return bound;
}
