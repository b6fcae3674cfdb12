/* Inside arch/: what this CPU can do, from its ID registers.  arch/aarch64/features.c */
#pragma once

#include <kernel/types.h>

/* Reads the ID registers of the boot CPU.  Once. */
void features_detect(void);

/*
 * What EL0 reads from a system register by `mrs` (op0 to op2 as in the instruction): 0 and the value,
 * or -EPERM when it may not.
 */
int features_user_mrs(u32 op0, u32 op1, u32 crn, u32 crm, u32 op2, u64 *value);
