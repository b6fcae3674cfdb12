/* A core file of the current process.  kernel/proc/coredump.c */
#pragma once

#include <kernel/types.h>
#include <uapi/signal.h>

struct trap_frame;

/*
 * Writes ./core for current, which dies by the signal in info with these registers.  True when a file was
 * written; not when RLIMIT_CORE or the process forbids it, or the file cannot be.  May sleep.
 */
bool core_dump(const siginfo_t *info, const struct trap_frame *tf);
