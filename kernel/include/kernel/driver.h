/*
 * A driver is one file with a DRIVER() record, bound by the device tree's `compatible`.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/dt.h>

/* Early drivers (interrupt controller; console and clock) are probed before there are tasks. */
enum driver_phase { DRIVER_IRQCHIP, DRIVER_CONSOLE, DRIVER_DEVICE };

struct driver {
	const char *name;
	const char *const *compatible;       /* NULL-terminated */
	enum driver_phase phase;
	int (*probe)(int node);              /* of machine_dt; 0 or negative errno; may sleep in DRIVER_DEVICE */
};

#define DRIVER(sym, ...)                                                                           \
	static const struct driver sym __section("drivers") __aligned(8) = { __VA_ARGS__ }

/* Probes every driver of the phase against every node that is `okay`.  Number bound. */
int drivers_probe(enum driver_phase phase);
