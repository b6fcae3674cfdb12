/* Inside arch/: address space identifiers.  arch/aarch64/asid.c; arch_mmu_switch() is the user. */
#pragma once

#include <arch/arch.h>

/* Finds out how many there are.  Once, at boot. */
void asid_init(void);

/* Uses only this many from the next allocation on; returns the former number.  For the stages. */
u32 asid_set_count(u32 count);

/* The generation, in the place that it has in a context. */
u64 asid_current_generation(void);
