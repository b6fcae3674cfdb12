/* The control port: the virtio-serial port "cairn.control", where verdicts go to the host. */
#pragma once

#include <kernel/types.h>

/*
 * Writes whole records to the host.  May sleep until the host has taken them.  Dropped when the machine
 * has no such port: the verdict of record is stage_table.
 */
void control_write(const char *text, size_t n);

/* True when the machine has a control port that the host has opened. */
bool control_available(void);
