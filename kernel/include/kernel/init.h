/* What kmain calls once, in this order, and nobody else: each subsystem's beginning. */
#pragma once

#include <kernel/types.h>

void timers_init(void);           /* this CPU's timer queue and tick; interrupts off */
void sched_init(void);            /* run queues; from here kthread_run() works */
void idle_run(void) __attribute__((noreturn)); /* the boot context becomes CPU 0's idle task */
void initramfs_init(void);        /* unpacks the machine's initrd; a broken one is one clear line and a reset */
void pseudo_mounts_init(void);    /* /dev, /proc, /sys, /dev/pts */
void mem_devices_init(void);      /* /dev/null and its like; before the file systems */
void console_tty_init(void);      /* the terminal on the serial port */
void procs_init(void);            /* processes can be made */
void init_start(void);            /* pid 1 */

/* Syncs and unmounts, stops the other CPUs, turns the machine off.  Process context. */
void kernel_power_off(void) __attribute__((noreturn));
