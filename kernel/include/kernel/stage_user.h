/* The part of the trail that runs at EL0.  kernel/boot/stage_user.c */
#pragma once

#include <kernel/stage.h>

/*
 * Starts `/stages/run ID` with the console on descriptors 0 to 2 and a result file on 3, waits for it
 * to its limit and judges: exit status 0, a count of executed expectations above zero, no failed one.
 * Whatever it leaves running is killed.  Process context; may sleep.
 */
void stage_run_user(enum stage_number n);
