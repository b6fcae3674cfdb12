/* System register bits (Arm ARM D17) that assembly and C share.  Names are the manual's. */
#pragma once

/* CurrentEL, SPSR */
#define PSTATE_EL0t	0x0
#define PSTATE_EL1h	0x5
#define PSTATE_MODE	0xf
#define PSTATE_F	(1 << 6)
#define PSTATE_I	(1 << 7)
#define PSTATE_A	(1 << 8)
#define PSTATE_D	(1 << 9)
/* The same two as immediates of DAIFSet and DAIFClr. */
#define DAIF_F		1
#define DAIF_I		2
#define PSTATE_DAIF	(PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F)
#define PSTATE_SS	(1 << 21)
#define PSTATE_PAN	(1 << 22)

/* HCR_EL2 */
#define HCR_VM		(1 << 0)
#define HCR_TGE		(1 << 27)
#define HCR_RW_SHIFT	31
#define HCR_RW		(1 << HCR_RW_SHIFT)
#define HCR_APK_API_SHIFT 40 /* two bits: pointer authentication is not trapped */

/* CPTR_EL2 with E2H = 0: RES1 bits, nothing but SVE trapped */
#define CPTR_EL2_NO_TRAPS 0x33ff
#define CPTR_EL2_TFP	(1 << 10)

/* MDCR_EL2: everything but the number of counters (HPMN) */
#define MDCR_TRAPS	0x0fe0

/* CNTHCTL_EL2 with E2H = 0 */
#define CNTHCTL_EL1PCTEN (1 << 0)
#define CNTHCTL_EL1PCEN	(1 << 1)

/* ICC_SRE_EL2 */
#define ICC_SRE_SRE	(1 << 0)
#define ICC_SRE_DFB	(1 << 1)
#define ICC_SRE_DIB	(1 << 2)
#define ICC_SRE_ENABLE	(1 << 3)

/* SCTLR_EL1 */
#define SCTLR_M		(1 << 0)
#define SCTLR_A		(1 << 1)
#define SCTLR_C		(1 << 2)
#define SCTLR_SA	(1 << 3)
#define SCTLR_SA0	(1 << 4)
#define SCTLR_EOS	(1 << 11)
#define SCTLR_I		(1 << 12)
#define SCTLR_DZE	(1 << 14)
#define SCTLR_UCT	(1 << 15)
#define SCTLR_NTWI	(1 << 16)
#define SCTLR_NTWE	(1 << 18)
#define SCTLR_WXN	(1 << 19)
#define SCTLR_TSCXT	(1 << 20)
#define SCTLR_EIS	(1 << 22)
#define SCTLR_SPAN	(1 << 23)
#define SCTLR_UCI	(1 << 26)
#define SCTLR_NTLSMD	(1 << 28)
#define SCTLR_LSMAOE	(1 << 29)
#define SCTLR_RES1	(SCTLR_EOS | SCTLR_TSCXT | SCTLR_EIS | SCTLR_SPAN | SCTLR_NTLSMD | SCTLR_LSMAOE)
/* User may use DC ZVA, CTR_EL0, cache maintenance and WFE; WFI is trapped and skipped. */
#define SCTLR_MMU_ON	(SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_SA0 | SCTLR_I | \
			 SCTLR_DZE | SCTLR_UCT | SCTLR_NTWE | SCTLR_UCI)

/* CPACR_EL1 */
#define CPACR_FPEN	(3 << 20) /* FP/SIMD at EL1 and EL0 */

/* CNTKCTL_EL1 */
#define CNTKCTL_EL0VCTEN (1 << 1) /* EL0 may read CNTVCT_EL0 */

/* TCR_EL1: 48-bit halves, 4 KiB granule, write-back write-allocate, inner shareable walks */
#define TCR_T0SZ_48	(16 << 0)
#define TCR_IRGN0_WBWA	(1 << 8)
#define TCR_ORGN0_WBWA	(1 << 10)
#define TCR_SH0_INNER	(3 << 12)
#define TCR_T1SZ_48	(16 << 16)
#define TCR_IRGN1_WBWA	(1 << 24)
#define TCR_ORGN1_WBWA	(1 << 26)
#define TCR_SH1_INNER	(3 << 28)
#define TCR_TG1_4K	(2 << 30)
#define TCR_IPS_SHIFT	32
#define TCR_AS16_SHIFT	36
#define TCR_TBI0_SHIFT	37

/* MAIR_EL1: index = enum pte_memtype */
#define MAIR_VALUE	0xff440400 /* 0 nGnRnE, 1 nGnRE, 2 Normal non-cacheable, 3 Normal write-back */

#define TTBR_ASID_SHIFT	48
