/* The kernel's own function names, carried in its image.  kernel/debug/symbols.c */
#pragma once

#include <kernel/types.h>

/*
 * The function that holds the address: its name, with the distance from its start and its size (0 for
 * the last) through the pointers, which may be NULL.  NULL when the address is not kernel text.
 * Any context.
 */
const char *symbol_find(vaddr_t address, u64 *offset, u64 *size);

/* The address of a function by its name, 0 when there is none.  Slow; any context. */
vaddr_t symbol_address(const char *name);

/* Writes "name+0x10/0x40", or the number.  At most n bytes, terminated; returns the length. */
int symbol_format(char *buf, size_t n, vaddr_t address);

/*
 * The same for a return address: a call that never returns may be its function's last instruction, so
 * that the address already belongs to the next one.
 */
int symbol_format_return(char *buf, size_t n, vaddr_t address);

/* Makes printf's %pS use this table. */
void symbols_init(void);
