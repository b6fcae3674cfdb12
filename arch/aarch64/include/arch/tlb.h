/* Inside arch/: TLB maintenance and ASIDs.  arch/aarch64/tlb.c, asid.c */
#pragma once

#include <arch/arch.h>

enum { ASID_BITS = 16, ASID_MASK = 0xffff };

/* Forgets everything on this CPU. */
void tlb_flush_local(void);
