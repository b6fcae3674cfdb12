/* ESR_EL1 in words, for reports. */
#include <arch/esr.h>

const char *esr_class_name(u64 esr)
{
	switch (esr_class(esr)) {
	case ESR_UNKNOWN: return "unknown or undefined instruction";
	case ESR_WFX: return "trapped WFI or WFE";
	case ESR_FP_ACCESS: return "FP/SIMD access";
	case ESR_ILLEGAL_STATE: return "illegal execution state";
	case ESR_SVC64: return "SVC";
	case ESR_SYSREG: return "system register access";
	case ESR_SVE_ACCESS: return "SVE access";
	case ESR_PAC_FAIL: return "pointer authentication failure";
	case ESR_IABT_LOWER: return "instruction abort (EL0)";
	case ESR_IABT_CURRENT: return "instruction abort (EL1)";
	case ESR_PC_ALIGN: return "PC alignment";
	case ESR_DABT_LOWER: return "data abort (EL0)";
	case ESR_DABT_CURRENT: return "data abort (EL1)";
	case ESR_SP_ALIGN: return "SP alignment";
	case ESR_FP_EXC64: return "floating-point exception";
	case ESR_SERROR: return "SError";
	case ESR_BREAKPT_LOWER: return "hardware breakpoint (EL0)";
	case ESR_STEP_LOWER: return "software step (EL0)";
	case ESR_STEP_CURRENT: return "software step (EL1)";
	case ESR_WATCH_LOWER: return "watchpoint (EL0)";
	case ESR_WATCH_CURRENT: return "watchpoint (EL1)";
	case ESR_BRK64: return "BRK";
	}
	return "unrecognised exception class";
}

const char *esr_fault_name(u64 esr)
{
	static const char *const names[4][4] = {
		{ "level 0 address size fault", "level 1 address size fault",
		  "level 2 address size fault", "level 3 address size fault" },
		{ "level 0 translation fault", "level 1 translation fault",
		  "level 2 translation fault", "level 3 translation fault" },
		{ "level 0 access flag fault", "level 1 access flag fault",
		  "level 2 access flag fault", "level 3 access flag fault" },
		{ "level 0 permission fault", "level 1 permission fault",
		  "level 2 permission fault", "level 3 permission fault" },
	};
	u32 fsc = esr & ESR_ISS_FSC;

	if (fsc < FSC_EXTERNAL)
		return names[fsc >> 2][fsc & FSC_LEVEL];
	if (fsc == FSC_ALIGNMENT)
		return "alignment fault";
	if (fsc < 0x20)
		return "external abort";
	return "unusual fault";
}
