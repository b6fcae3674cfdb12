/* The tables made before the MMU was on. */
#pragma once

#include <kernel/types.h>

extern paddr_t idmap_l0;          /* identity map of one page of code, for CPUs that start */
extern paddr_t early_tables_next; /* next unused page of the early pool */

void early_mmu_init(void);
