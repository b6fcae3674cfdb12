/*
 * What the kernel says it is, in uname(2) and /proc: the Linux release whose interface it offers, so that
 * programs that compare versions find what they expect, and its own name behind that.
 */
#pragma once

#define KERNEL_SYSNAME "Linux"
#define KERNEL_RELEASE "6.1.0-cairn"
#define KERNEL_VERSION "#1 SMP PREEMPT Cairn"
#define KERNEL_MACHINE "aarch64"
