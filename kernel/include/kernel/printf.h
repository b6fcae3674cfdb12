/*
 * Formatted text into a buffer: %d %i %u %x %X %o %c %s %p %%, the lengths hh h l ll z j t, flags
 * "-0+ #", width and precision (numbers or *), and %pS: an address as symbol+offset.
 * No floating point, no %n.  Nothing sleeps or locks; any context.
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

/* Writes at most n bytes with the terminator.  Returns the length the whole text would have. */
int kvsnprintf(char *buf, size_t n, const char *fmt, va_list args);
int ksnprintf(char *buf, size_t n, const char *fmt, ...) __printf(3, 4);

/* Like ksnprintf, but returns what was really written (at most n - 1): for appending in steps. */
int kscnprintf(char *buf, size_t n, const char *fmt, ...) __printf(3, 4);

/* Who turns an address into text for %pS: writes at most n bytes, terminated, returns the length. */
typedef int (*printf_symbol_fn)(char *buf, size_t n, vaddr_t address);

/* Sets the %pS hook (kernel/debug/symbols.c does, once); without one an address prints as hex. */
void printf_set_symbol_hook(printf_symbol_fn hook);
