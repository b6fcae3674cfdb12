/* The integer types of the kernel, and the words that say what a number means. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef long ssize_t;

typedef u64 paddr_t;  /* a physical address */
typedef u64 vaddr_t;  /* a virtual address, kernel's or user's */
typedef u64 nsec_t;   /* nanoseconds, monotonic since boot unless said otherwise */
typedef s32 pid_t;
typedef u32 uid_t;
typedef u32 gid_t;
typedef u32 mode_t;
typedef s64 loff_t;
typedef u64 ino_t;
typedef u64 dev_t;    /* Linux's 64-bit encoding, <kernel/dev.h> */
typedef u64 sigset_t; /* bit n-1 is signal n */

/* A pointer into the address space of the current process: only <kernel/uaccess.h> follows it. */
#define __user
