/*
 * Features of the CPU: found in the ID registers, never assumed.  The kernel asks for PAN; programs
 * are told by AT_HWCAP, and by ID registers that they read through a trap.
 *
 * Both say the same: an ID register shows EL0 exactly the fields whose feature is in hwcap_rows, at the
 * value that was announced; every other field reads as not implemented (Linux:
 * Documentation/arm64/cpu-feature-registers.rst).  What needs state that we do not switch (SVE, SME, MTE,
 * pointer authentication keys) is withheld.
 */
#include <arch/features.h>

#include <arch/arch.h>
#include <kernel/errno.h>

enum id_register {
	ID_PFR0,
	ID_PFR1,
	ID_ISAR0,
	ID_ISAR1,
	ID_MMFR0,
	ID_MMFR1,
	ID_MMFR2,
	ID_COUNT,
};

/* AT_HWCAP bits of Linux, arch/arm64 uapi; from bit 32 on AT_HWCAP2's. */
enum hwcap {
	HWCAP_FP       = 0,
	HWCAP_ASIMD    = 1,
	HWCAP_AES      = 3,
	HWCAP_PMULL    = 4,
	HWCAP_SHA1     = 5,
	HWCAP_SHA2     = 6,
	HWCAP_CRC32    = 7,
	HWCAP_ATOMICS  = 8,
	HWCAP_FPHP     = 9,
	HWCAP_ASIMDHP  = 10,
	HWCAP_CPUID    = 11,
	HWCAP_ASIMDRDM = 12,
	HWCAP_JSCVT    = 13,
	HWCAP_FCMA     = 14,
	HWCAP_LRCPC    = 15,
	HWCAP_DCPOP    = 16,
	HWCAP_SHA3     = 17,
	HWCAP_SM3      = 18,
	HWCAP_SM4      = 19,
	HWCAP_ASIMDDP  = 20,
	HWCAP_SHA512   = 21,
	HWCAP_ASIMDFHM = 23,
	HWCAP_DIT      = 24,
	HWCAP_USCAT    = 25,
	HWCAP_ILRCPC   = 26,
	HWCAP_FLAGM    = 27,
	HWCAP_SB       = 29,
	HWCAP2_DCPODP  = 32,
	HWCAP2_FLAGM2  = 32 + 7,
	HWCAP2_FRINT   = 32 + 8,
	HWCAP2_I8MM    = 32 + 13,
	HWCAP2_BF16    = 32 + 14,
	HWCAP2_DGH     = 32 + 15,
	HWCAP2_RNG     = 32 + 16,
};

/* A field of an ID register whose value is at least `min` means the capability. */
struct hwcap_row {
	u8 reg;   /* enum id_register */
	u8 shift;
	u8 min;
	u8 cap;   /* enum hwcap */
};

static const struct hwcap_row hwcap_rows[] = {
	{ ID_ISAR0, 4, 1, HWCAP_AES },      { ID_ISAR0, 4, 2, HWCAP_PMULL },
	{ ID_ISAR0, 8, 1, HWCAP_SHA1 },     { ID_ISAR0, 12, 1, HWCAP_SHA2 },
	{ ID_ISAR0, 12, 2, HWCAP_SHA512 },  { ID_ISAR0, 16, 1, HWCAP_CRC32 },
	{ ID_ISAR0, 20, 2, HWCAP_ATOMICS }, { ID_ISAR0, 28, 1, HWCAP_ASIMDRDM },
	{ ID_ISAR0, 32, 1, HWCAP_SHA3 },    { ID_ISAR0, 36, 1, HWCAP_SM3 },
	{ ID_ISAR0, 40, 1, HWCAP_SM4 },     { ID_ISAR0, 44, 1, HWCAP_ASIMDDP },
	{ ID_ISAR0, 48, 1, HWCAP_ASIMDFHM }, { ID_ISAR0, 52, 1, HWCAP_FLAGM },
	{ ID_ISAR0, 52, 2, HWCAP2_FLAGM2 }, { ID_ISAR0, 60, 1, HWCAP2_RNG },
	{ ID_ISAR1, 0, 1, HWCAP_DCPOP },    { ID_ISAR1, 0, 2, HWCAP2_DCPODP },
	{ ID_ISAR1, 12, 1, HWCAP_JSCVT },   { ID_ISAR1, 16, 1, HWCAP_FCMA },
	{ ID_ISAR1, 20, 1, HWCAP_LRCPC },   { ID_ISAR1, 20, 2, HWCAP_ILRCPC },
	{ ID_ISAR1, 32, 1, HWCAP2_FRINT },  { ID_ISAR1, 36, 1, HWCAP_SB },
	{ ID_ISAR1, 44, 1, HWCAP2_BF16 },   { ID_ISAR1, 48, 1, HWCAP2_DGH },
	{ ID_ISAR1, 52, 1, HWCAP2_I8MM },   { ID_PFR0, 48, 1, HWCAP_DIT },
	{ ID_MMFR2, 32, 1, HWCAP_USCAT },
};

static u64 id_registers[ID_COUNT];
static u64 id_user[ID_COUNT];      /* what EL0 is shown */
static u64 user_hwcap, user_hwcap2;
static bool has_pan;

static u32 id_field(u64 value, int shift)
{
	return value >> shift & 0xf;
}

static void hwcap_set(int cap)
{
	if (cap < 32)
		user_hwcap |= 1UL << cap;
	else
		user_hwcap2 |= 1UL << (cap - 32);
}

/* FP and AdvSIMD: 15 means absent, 1 half precision too. */
static void features_detect_fp(void)
{
	u32 fp = id_field(id_registers[ID_PFR0], 16), simd = id_field(id_registers[ID_PFR0], 20);

	if (fp != 0xf)
		hwcap_set(HWCAP_FP);
	if (fp == 1)
		hwcap_set(HWCAP_FPHP);
	if (simd != 0xf)
		hwcap_set(HWCAP_ASIMD);
	if (simd == 1)
		hwcap_set(HWCAP_ASIMDHP);
	/* EL0 and EL1 run AArch64 only; the FP fields as they are. */
	id_user[ID_PFR0] = 0x11 | (u64)fp << 16 | (u64)simd << 20;
}

void features_detect(void)
{
	__asm__("mrs %0, id_aa64pfr0_el1" : "=r"(id_registers[ID_PFR0]));
	__asm__("mrs %0, id_aa64pfr1_el1" : "=r"(id_registers[ID_PFR1]));
	__asm__("mrs %0, id_aa64isar0_el1" : "=r"(id_registers[ID_ISAR0]));
	__asm__("mrs %0, id_aa64isar1_el1" : "=r"(id_registers[ID_ISAR1]));
	__asm__("mrs %0, id_aa64mmfr0_el1" : "=r"(id_registers[ID_MMFR0]));
	__asm__("mrs %0, id_aa64mmfr1_el1" : "=r"(id_registers[ID_MMFR1]));
	__asm__("mrs %0, s3_0_c0_c7_2" : "=r"(id_registers[ID_MMFR2]));

	has_pan = id_field(id_registers[ID_MMFR1], 20) != 0;
	features_detect_fp();
	hwcap_set(HWCAP_CPUID);
	for (unsigned int i = 0; i < ARRAY_SIZE(hwcap_rows); i++) {
		const struct hwcap_row *row = &hwcap_rows[i];
		u32 value = id_field(id_registers[row->reg], row->shift);

		if (value < row->min)
			continue;
		hwcap_set(row->cap);
		id_user[row->reg] &= ~(0xfUL << row->shift);
		id_user[row->reg] |= (u64)value << row->shift;
	}
}

bool arch_has_pan(void)
{
	return has_pan;
}

u64 arch_hwcap(void)
{
	return user_hwcap;
}

u64 arch_hwcap2(void)
{
	return user_hwcap2;
}

/* Registers with CRm 0: who made the CPU, and which one it is (always CPU 0, as Linux says). */
static int features_user_midr(u32 op2, u64 *value)
{
	switch (op2) {
	case 0:
		__asm__("mrs %0, midr_el1" : "=r"(*value));
		return 0;
	case 5:
		*value = 1UL << 31;
		return 0;
	case 6:
		__asm__("mrs %0, revidr_el1" : "=r"(*value));
		return 0;
	default:
		return -EPERM;
	}
}

int features_user_mrs(u32 op0, u32 op1, u32 crn, u32 crm, u32 op2, u64 *value)
{
	if (op0 != 3 || op1 != 0 || crn != 0)
		return -EPERM;
	if (crm == 0)
		return features_user_midr(op2, value);
	if (crm < 4 || crm > 7)
		return -EPERM;

	/* Registers of the ID space that have no field for EL0, or no name yet, read as zero. */
	*value = 0;
	if (crm == 4 && op2 == 0)
		*value = id_user[ID_PFR0];
	else if (crm == 4 && op2 == 1)
		*value = id_user[ID_PFR1];
	else if (crm == 6 && op2 == 0)
		*value = id_user[ID_ISAR0];
	else if (crm == 6 && op2 == 1)
		*value = id_user[ID_ISAR1];
	else if (crm == 7 && op2 <= 2)
		*value = id_user[ID_MMFR0 + op2];
	else if (crm == 5 && op2 == 0)
		*value = 6; /* ID_AA64DFR0_EL1: the debug architecture of Armv8.0 */
	return 0;
}
