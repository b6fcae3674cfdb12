/*
 * A model of what the TLBs may hold, for stage mm.asid: an emulator flushes so often that a missing TLBI
 * does not show there.  arch/aarch64/tlb_model.c.  Off, each hook is one load and a branch.
 */
#pragma once

#include <arch/arch.h>
#include <arch/pte.h>

enum tlb_violation {
	TLB_OK,
	TLB_CHANGED_VALID,  /* a valid entry got another output address or size: no break before make */
	TLB_MADE_STALE,     /* made valid again while the old translation may still be cached */
	TLB_LEFT_STALE,     /* an operation ended with its old translations not invalidated */
	TLB_RELEASED_STALE, /* a page went back to its owner while it may still be reached */
	TLB_USED_STALE,     /* a table was loaded whose ASID has stale translations on this CPU */
	TLB_ASID_REUSED,    /* an ASID of another address space was loaded without a flush */
	TLB_OVERFLOW,       /* the model itself is full */
};

struct tlb_model {
	u32 stores, invalidations, loads; /* events seen */
	u32 violations;
	enum tlb_violation first;         /* the first one, where it happened */
	vaddr_t first_va;
	u64 first_asid;
};

extern struct tlb_model tlb_model;

/* Starts with empty TLBs (after a real flush of them), and stops. */
void tlb_model_start(void);
void tlb_model_stop(void);

/* The slow sides of the hooks; pte_write() has its own, tlb_model_store(). */
void tlb_model_invalidate(const struct arch_mmu *mmu, vaddr_t va, u64 size, bool everywhere);
void tlb_model_invalidate_cpu(u32 cpu);
void tlb_model_load(u32 cpu, const struct arch_mmu *mmu);
void tlb_model_check(const struct arch_mmu *mmu, vaddr_t va, u64 size, enum tlb_violation what);

#define TLB_MODEL(event, ...)                                                                      \
	do {                                                                                       \
		if (unlikely(tlb_model_on))                                                        \
			tlb_model_##event(__VA_ARGS__);                                            \
	} while (0)
