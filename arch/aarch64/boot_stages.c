/* Stages 1 to 6, 9 and 10: what the entry code did, the vectors, the first address space. */
#include <arch/arch.h>

#include <arch/boot.h>
#include <arch/esr.h>
#include <arch/pagetable.h>
#include <arch/sysreg.h>
#include <arch/traps.h>
#include <kernel/errno.h>
#include <kernel/sections.h>
#include <kernel/stage.h>
#include <kernel/string.h>
#include <kernel/time.h>

#define read_sysreg(name)                                                                          \
	({                                                                                         \
		u64 value_;                                                                        \
		__asm__ volatile("mrs %0, " #name : "=r"(value_));                                 \
		value_;                                                                            \
	})

/* The Image header (Linux, Documentation/arch/arm64/booting). */
struct image_header {
	u32 code[2];
	u64 text_offset;
	u64 image_size;
	u64 flags;
	u64 reserved[3];
	u32 magic;
	u32 pe_offset;
};

enum {
	IMAGE_MAGIC      = 0x644d5241, /* "ARM\x64" */
	IMAGE_BIG_ENDIAN = 1 << 0,
	IMAGE_PAGES_4K   = 1 << 1,
	DTB_MAGIC        = 0xedfe0dd0, /* big-endian d00dfeed, as we read it */
};

/* When the entry code was there: from one point of the boot to the next. */
static void boot_stage_times(enum boot_point from, enum boot_point to)
{
	stage_happened(time_from_counter(boot_record.time[from]),
		       time_from_counter(boot_record.time[to]));
}

void stage_boot_entry(void)
{
	const struct image_header *header = (const struct image_header *)_text;
	u32 magic;

	EXPECT_EQ(header->magic, (u32)IMAGE_MAGIC);
	EXPECT_EQ(header->text_offset, 0UL);
	EXPECT_EQ(header->image_size, (u64)(_end - _text));
	EXPECT_EQ(header->flags & (IMAGE_BIG_ENDIAN | IMAGE_PAGES_4K), (u64)IMAGE_PAGES_4K);
	EXPECT(IS_ALIGNED(boot_record.phys_base, BLOCK_SIZE));

	EXPECT_NE(boot_record.dtb, 0UL);
	EXPECT(IS_ALIGNED(boot_record.dtb, 8UL));
	memcpy(&magic, (const void *)(LINEAR_BASE + boot_record.dtb), sizeof(magic));
	EXPECT_EQ(magic, (u32)DTB_MAGIC);
	EXPECT_EQ(boot_record.x1 | boot_record.x2 | boot_record.x3, 0UL);
	boot_stage_times(BOOT_ENTERED, BOOT_ENTERED);
}

/* What a CPU that came in at EL2 set on its way down, as it read it back. */
static void expect_drop_from_el2(const struct cpu_entry *e)
{
	EXPECT_EQ(e->hcr >> HCR_RW_SHIFT & 1, 1UL);
	EXPECT_EQ(e->hcr & (HCR_VM | HCR_TGE), 0UL);
	EXPECT_EQ(e->cptr & CPTR_EL2_TFP, 0UL);
	EXPECT_EQ(e->mdcr & MDCR_TRAPS, 0UL);
	EXPECT_EQ(e->vmpidr, read_sysreg(mpidr_el1));
	EXPECT_EQ(e->cnthctl & 3, (u64)(CNTHCTL_EL1PCTEN | CNTHCTL_EL1PCEN));
	EXPECT_EQ(e->spsr, (u64)(PSTATE_DAIF | PSTATE_EL1h));
	if (read_sysreg(id_aa64pfr0_el1) >> 24 & 0xf)
		EXPECT_EQ(e->icc_sre & ICC_SRE_ENABLE, (u64)ICC_SRE_ENABLE);
}

void stage_boot_el1(void)
{
	const struct cpu_entry *e = &boot_record.cpus[0];

	EXPECT_EQ(read_sysreg(CurrentEL) >> 2, 1UL);
	EXPECT_EQ(read_sysreg(SPSel), 1UL);
	EXPECT(e->el == 1 || e->el == 2);
	EXPECT_EQ(e->sctlr & SCTLR_M, 0UL);
	if (e->el == 2)
		expect_drop_from_el2(e);
	EXPECT_LE(boot_record.time[BOOT_ENTERED], boot_record.time[BOOT_AT_EL1]);
	boot_stage_times(BOOT_ENTERED, BOOT_AT_EL1);
}

void stage_boot_stack(void)
{
	vaddr_t sp = (vaddr_t)__builtin_frame_address(0);
	u64 canary;

	EXPECT_NE(boot_record.bss_before[0], 0UL);
	EXPECT_NE(boot_record.bss_before[1], 0UL);
	EXPECT_EQ(boot_record.bss_after[0], 0UL);
	EXPECT_EQ(boot_record.bss_after[1], 0UL);

	EXPECT(sp >= (vaddr_t)boot_stack && sp < (vaddr_t)boot_stack + KSTACK_SIZE);
	EXPECT(IS_ALIGNED((vaddr_t)boot_stack, KSTACK_ALIGN));
	memcpy(&canary, boot_stack, sizeof(canary));
	EXPECT_EQ(canary, KSTACK_CANARY);
	EXPECT_LE(boot_record.time[BOOT_AT_EL1], boot_record.time[BOOT_HAS_STACK]);
	boot_stage_times(BOOT_AT_EL1, BOOT_HAS_STACK);
}

void stage_boot_mmu(void)
{
	u64 sctlr = read_sysreg(sctlr_el1);
	vaddr_t pc = (vaddr_t)stage_boot_mmu;
	paddr_t pa = 0;

	EXPECT_EQ(sctlr & SCTLR_M, (u64)SCTLR_M);
	EXPECT_EQ(sctlr & SCTLR_C, (u64)SCTLR_C);
	EXPECT_EQ(sctlr & SCTLR_I, (u64)SCTLR_I);
	EXPECT_EQ(read_sysreg(mair_el1), (u64)MAIR_VALUE);
	EXPECT_EQ(read_sysreg(ttbr1_el1) & PTE_ADDR, kernel_mmu.root);

	__asm__("adr %0, ." : "=r"(pc));
	EXPECT_GE(pc, IMAGE_BASE);
	EXPECT_OK(arch_translate(pc, false, false, &pa));
	EXPECT_EQ(pa, boot_record.phys_base + (pc - IMAGE_BASE));
	EXPECT_LE(boot_record.time[BOOT_HAS_STACK], boot_record.time[BOOT_MMU_ON]);
	boot_stage_times(BOOT_HAS_STACK, BOOT_MMU_ON);
}

void stage_boot_vectors(void)
{
	u32 before = trap_expected.hits;
	u64 kept = 0, flags = 0;
	vaddr_t pc = 0;

	EXPECT_EQ(read_sysreg(vbar_el1), (vaddr_t)vectors);
	__asm__ volatile("mov x9, #0x55aa\n\t"
			 "cmp x9, x9\n\t"
			 "adr %0, 1f\n"
			 "1:\tbrk %3\n\t"
			 "mov %1, x9\n\t"
			 "mrs %2, nzcv"
			 : "=&r"(pc), "=&r"(kept), "=&r"(flags) : "i"(BRK_STAGE) : "x9", "cc", "memory");
	EXPECT_EQ(trap_expected.hits, before + 1);
	EXPECT_EQ(trap_expected.pc, pc);
	EXPECT_EQ((int)esr_class(trap_expected.esr), (int)ESR_BRK64);
	EXPECT_EQ(trap_expected.esr & ESR_BRK_IMM, (u64)BRK_STAGE);
	EXPECT_EQ(strcmp(esr_class_name(trap_expected.esr), "BRK"), 0);
	EXPECT_EQ(kept, 0x55aaUL);
	EXPECT_EQ(flags >> 28, 6UL); /* Z and C: x9 == x9 */
}

void stage_boot_fixup(void)
{
	void *nowhere = (void *)(VMAP_END - PAGE_SIZE);
	u8 byte = 0x5a;
	u64 word;

	EXPECT_EQ(arch_probe_read(nowhere, &byte), -EFAULT);
	EXPECT_EQ(byte, 0x5a);
	EXPECT_EQ(arch_probe_read_word(nowhere, &word), -EFAULT);
	EXPECT_EQ(arch_probe_write(nowhere, 1), -EFAULT);
	/* Where there is memory the same loads succeed. */
	EXPECT_OK(arch_probe_read(_text + 56, &byte));
	EXPECT_EQ(byte, 'A');
	EXPECT_OK(arch_probe_write(&byte, 7));
	EXPECT_EQ(byte, 7);
}

void stage_boot_no_identity(void)
{
	paddr_t idmap = boot_record.phys_base + (u64)(__idmap_start - _text);
	paddr_t pa;
	u8 byte;

	EXPECT_EQ(arch_probe_read((void *)idmap, &byte), -EFAULT);
	EXPECT_EQ(arch_probe_read((void *)boot_record.phys_base, &byte), -EFAULT);
	EXPECT_EQ(arch_probe_read(NULL, &byte), -EFAULT);
	EXPECT_EQ(arch_translate(idmap, false, false, &pa), -EFAULT);
	EXPECT_EQ(read_sysreg(ttbr0_el1) >> TTBR_ASID_SHIFT, 0UL);
}

/* Every mapping of a section has these permissions, by the tables and by the hardware. */
static void expect_section(const char *start, const char *stop, enum pt_flags flags)
{
	for (const char *p = start; p < stop; p += PAGE_SIZE) {
		struct pt_leaf leaf;
		paddr_t pa;

		EXPECT_OK(pt_lookup(&kernel_mmu, (vaddr_t)p, &leaf));
		EXPECT_EQ((int)leaf.flags, (int)flags);
		EXPECT_EQ(leaf.size, PAGE_SIZE);
		EXPECT_EQ(arch_translate((vaddr_t)p, false, true, &pa),
			  flags & PT_WRITE ? 0 : -EFAULT);
	}
}

/* Nowhere is memory writable and executable; only the image's text is executable at all. */
static int expect_no_wx(void *arg, const struct pt_leaf *leaf)
{
	bool text = leaf->va >= (vaddr_t)_text && leaf->va < (vaddr_t)_etext;

	EXPECT((leaf->flags & (PT_WRITE | PT_EXEC)) != (PT_WRITE | PT_EXEC));
	EXPECT(text || !(leaf->flags & PT_EXEC));
	return 0;
}

void stage_boot_wx(void)
{
	void *alias = (void *)(LINEAR_BASE + boot_record.phys_base);
	struct pt_leaf leaf;
	u8 before;

	expect_section(_text, _etext, PT_READ | PT_EXEC);
	expect_section(__rodata_start, __rodata_end, PT_READ);
	expect_section(_data, _end, PT_READ | PT_WRITE);
	pt_for_each(&kernel_mmu, LINEAR_BASE, IMAGE_BASE + GIB_SIZE - LINEAR_BASE, expect_no_wx, NULL);

	for (u64 offset = 0; offset < (u64)(__rodata_end - _text); offset += PAGE_SIZE) {
		EXPECT_OK(pt_lookup(&kernel_mmu, (vaddr_t)alias + offset, &leaf));
		EXPECT_EQ((int)leaf.flags, PT_READ);
		EXPECT_EQ(leaf.size, PAGE_SIZE);
	}
	EXPECT_OK(arch_probe_read(_text, &before));
	EXPECT_EQ(arch_probe_write(_text, before), -EFAULT);
	EXPECT_EQ(arch_probe_write(alias, before), -EFAULT);
	EXPECT_EQ(arch_probe_write(__rodata_start, 0), -EFAULT);
}
