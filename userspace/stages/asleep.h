/* For stages in which one process acts on another that has to be asleep in a system call first. */
#pragma once

#include <sys/types.h>

/*
 * Waits until the process sleeps in a system call, as /proc/PID/stat says (five seconds at most: what
 * follows then fails by itself).  However slow the host is, what it does next cannot come too early.
 */
void wait_until_asleep(pid_t pid);
