/* ESR_EL1: why an exception was taken (Arm ARM D17.2.37). */
#pragma once

#include <kernel/types.h>

enum esr_class {
	ESR_UNKNOWN       = 0x00,
	ESR_WFX           = 0x01,
	ESR_FP_ACCESS     = 0x07,
	ESR_ILLEGAL_STATE = 0x0e,
	ESR_SVC64         = 0x15,
	ESR_SYSREG        = 0x18,
	ESR_SVE_ACCESS    = 0x19,
	ESR_PAC_FAIL      = 0x1c,
	ESR_IABT_LOWER    = 0x20,
	ESR_IABT_CURRENT  = 0x21,
	ESR_PC_ALIGN      = 0x22,
	ESR_DABT_LOWER    = 0x24,
	ESR_DABT_CURRENT  = 0x25,
	ESR_SP_ALIGN      = 0x26,
	ESR_FP_EXC64      = 0x2c,
	ESR_SERROR        = 0x2f,
	ESR_BREAKPT_LOWER = 0x30,
	ESR_STEP_LOWER    = 0x32,
	ESR_STEP_CURRENT  = 0x33,
	ESR_WATCH_LOWER   = 0x34,
	ESR_WATCH_CURRENT = 0x35,
	ESR_BRK64         = 0x3c,
};

/* Fields of the syndrome of aborts. */
enum esr_bits {
	ESR_IL        = 1 << 25,
	ESR_ISS       = (1 << 25) - 1,
	ESR_ISS_WNR   = 1 << 6,  /* data abort: a write */
	ESR_ISS_S1PTW = 1 << 7,
	ESR_ISS_CM    = 1 << 8,  /* by a cache maintenance instruction: WnR is set, it is no write */
	ESR_ISS_FNV   = 1 << 10, /* FAR is not valid */
	ESR_ISS_FSC   = 0x3f,
	ESR_BRK_IMM   = 0xffff,
};

/* Fault status; the low two bits of the first four are the level. */
enum esr_fault {
	FSC_ADDRESS_SIZE = 0x00,
	FSC_TRANSLATION  = 0x04,
	FSC_ACCESS_FLAG  = 0x08,
	FSC_PERMISSION   = 0x0c,
	FSC_LEVEL        = 0x03,
	FSC_EXTERNAL     = 0x10,
	FSC_ALIGNMENT    = 0x21,
};

/* Immediates of the kernel's own BRK instructions. */
enum brk_imm {
	BRK_STAGE = 0xca1, /* stage boot.vectors: goes on after it */
};

static inline enum esr_class esr_class(u64 esr)
{
	return (enum esr_class)(esr >> 26 & 0x3f);
}

/* The class in a few words, for reports. */
const char *esr_class_name(u64 esr);

/* What kind of fault an abort was, and its level: "translation fault, level 3". */
const char *esr_fault_name(u64 esr);
