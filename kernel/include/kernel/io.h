/*
 * Device registers: one access of the named width, never merged, split or reordered by the compiler.
 * Device memory keeps the order of accesses to one device (Arm ARM B2.7.2); against RAM that the device
 * reads or writes, the driver adds arch_io_mb().
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

#define IO_ACCESS(name, type)                                                                      \
	static inline type io_read##name(const volatile void *base, u32 offset)                    \
	{                                                                                          \
		return *(const volatile type *)((const volatile char *)base + offset);             \
	}                                                                                          \
	static inline void io_write##name(volatile void *base, u32 offset, type value)             \
	{                                                                                          \
		*(volatile type *)((volatile char *)base + offset) = value;                        \
	}

IO_ACCESS(8, u8)
IO_ACCESS(32, u32)
IO_ACCESS(64, u64)
