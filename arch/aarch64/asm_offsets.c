/* Offsets of C structures for assembly; the Makefile turns this file into asm_offsets.h. */
#include <kernel/types.h>
#include <arch/boot.h>
#include <arch/esr.h>
#include <arch/trap.h>
#include <kernel/cpu.h>
#include <kernel/task.h>

#define DEFINE(name, value) __asm__ volatile("@define " #name " %0" : : "i"(value))
#define OFFSET(name, type, member) DEFINE(name, offsetof(struct type, member))

void asm_offsets(void);

void asm_offsets(void)
{
	OFFSET(BOOT_TIME, boot_record, time);
	OFFSET(BOOT_DTB, boot_record, dtb);
	OFFSET(BOOT_X1, boot_record, x1);
	OFFSET(BOOT_X3, boot_record, x3);
	OFFSET(BOOT_PHYS, boot_record, phys_base);
	OFFSET(BOOT_BSS_BEFORE, boot_record, bss_before);
	OFFSET(BOOT_BSS_AFTER, boot_record, bss_after);
	OFFSET(BOOT_CPUS, boot_record, cpus);
	OFFSET(ENTRY_EL, cpu_entry, el);
	OFFSET(ENTRY_SCTLR, cpu_entry, sctlr);
	OFFSET(ENTRY_HCR, cpu_entry, hcr);
	OFFSET(ENTRY_CPTR, cpu_entry, cptr);
	OFFSET(ENTRY_MDCR, cpu_entry, mdcr);
	OFFSET(ENTRY_VMPIDR, cpu_entry, vmpidr);
	OFFSET(ENTRY_CNTHCTL, cpu_entry, cnthctl);
	OFFSET(ENTRY_ICC_SRE, cpu_entry, icc_sre);
	OFFSET(ENTRY_SPSR, cpu_entry, spsr);
	OFFSET(START_ENTRY, cpu_start, entry);
	OFFSET(START_STACK, cpu_start, stack);
	OFFSET(START_ID, cpu_start, id);
	OFFSET(TF_X, trap_frame, x);
	OFFSET(TF_SP, trap_frame, sp);
	OFFSET(TF_PC, trap_frame, pc);
	OFFSET(TF_ESR, trap_frame, esr);
	OFFSET(TF_FAR, trap_frame, far);
	OFFSET(TF_ORIG_X0, trap_frame, orig_x0);
	OFFSET(TF_RECORD, trap_frame, record);
	OFFSET(TF_TYPE, trap_frame, type);
	OFFSET(TASK_WORK, task, work);
	DEFINE(ESR_SVC, ESR_SVC64);
	OFFSET(CPU_EMERGENCY, cpu, arch.emergency_stack);
	OFFSET(TASK_CPU, task, cpu);
	OFFSET(TASK_ARCH, task, arch);
	OFFSET(THREAD_X19, arch_thread, x19_x28);
	OFFSET(THREAD_FP, arch_thread, fp);
	OFFSET(THREAD_PC, arch_thread, pc);
	OFFSET(FP_FPSR, arch_fp, fpsr);
	DEFINE(RECORD_USER, TRAP_RECORD_USER);
	DEFINE(RECORD_KERNEL, TRAP_RECORD_KERNEL);
	DEFINE(TF_SIZE, sizeof(struct trap_frame));
}
