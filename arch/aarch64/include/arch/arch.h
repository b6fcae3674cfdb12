/*
 * The door between kernel/ and the processor: everything generic code may ask of it.
 * Constants of the address space are in <arch/layout.h>, the registers of an interrupted context in
 * <arch/trap.h> (struct trap_frame).
 */
#pragma once

#include <arch/layout.h>
#include <arch/pte.h>
#include <arch/trap.h>
#include <kernel/compiler.h>
#include <kernel/list.h>
#include <kernel/types.h>

struct cpu;
struct task;

/* ---- What generic structures embed ------------------------------------------------------------ */

/* v0 to v31 and the two control registers. */
struct arch_fp {
	u64 v[64] __aligned(16); /* register n is v[2n] (low), v[2n + 1] */
	u32 fpsr;
	u32 fpcr;
};

/* The registers of a task that does not run, embedded in struct task. */
struct arch_thread {
	u64 x19_x28[10];
	u64 fp;
	u64 sp;
	u64 pc;           /* a return address: where arch_switch() goes on */
	u64 tpidr_el0;    /* the user's TLS pointer; live in the register while it runs */
	bool has_user;    /* it has EL0 state: FP and TLS are switched with it */
	s32 fp_cpu;       /* id of the CPU that last loaded fp_state, -1 for none */
	u64 fault_address; /* of the last fault that became a signal, for its frame */
	u64 fault_esr;     /* its syndrome; 0: none yet */
	struct arch_fp fp_state;
};

/* The translation tables of an address space, embedded in struct mm. */
struct arch_mmu {
	paddr_t root;     /* level 0 table */
	u64 context;      /* (a) ASID in the low 16 bits, generation above; 0: none yet */
	u64 cpus;         /* (a) CPUs it has run on since that ASID was given */
	u32 table_count;    /* its tables, the root included */
	struct list tables; /* struct page.node of each, so that an exit need not look for them */
};

/* What the architecture keeps for each CPU, embedded in struct cpu. */
struct arch_cpu {
	u64 context;           /* (a) of the address space loaded here, 0 after a roll-over */
	u64 reserved_context;  /* (asid_lock) kept over a roll-over because it was loaded here */
	struct task *fp_owner; /* whose fp_state is in the registers, NULL for nobody's */
	vaddr_t emergency_stack; /* (!) top of the stack for reports of an overflow */
};

/* ---- This CPU --------------------------------------------------------------------------------- */

/* The running task: struct task *, see `current` in <kernel/task.h>. */
static __always_inline void *arch_current(void)
{
	void *task;

	/* Not volatile: constant for the code that computes with it. */
	__asm__("mrs %0, tpidr_el1" : "=r"(task));
	return task;
}

/* ---- Interrupts ------------------------------------------------------------------------------- */

enum { ARCH_DAIF_I = 1 << 7 };

static __always_inline unsigned long arch_irq_save(void)
{
	unsigned long flags;

	__asm__ volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(flags) : : "memory");
	return flags;
}

static __always_inline void arch_irq_restore(unsigned long flags)
{
	__asm__ volatile("msr daif, %0" : : "r"(flags) : "memory");
}

static __always_inline void arch_irq_enable(void)
{
	__asm__ volatile("msr daifclr, #2" : : : "memory");
}

static __always_inline void arch_irq_disable(void)
{
	__asm__ volatile("msr daifset, #2" : : : "memory");
}

/* Lets interrupts in that arch_irq_disable() does not mask.  Once per CPU. */
static __always_inline void arch_nmi_allow(void)
{
	__asm__ volatile("msr daifclr, #1" : : : "memory");
}

static __always_inline bool arch_irqs_enabled(void)
{
	unsigned long flags;

	__asm__ volatile("mrs %0, daif" : "=r"(flags));
	return !(flags & ARCH_DAIF_I);
}

/* ---- Order ------------------------------------------------------------------------------------ */

static __always_inline void arch_mb(void)
{
	__asm__ volatile("dmb ish" : : : "memory");
}

static __always_inline void arch_rmb(void)
{
	__asm__ volatile("dmb ishld" : : : "memory");
}

static __always_inline void arch_wmb(void)
{
	__asm__ volatile("dmb ishst" : : : "memory");
}

/* Orders memory against a device that reads or writes it. */
static __always_inline void arch_io_mb(void)
{
	__asm__ volatile("dsb sy" : : : "memory");
}

/* In a loop that waits for another CPU. */
static __always_inline void arch_cpu_relax(void)
{
	__asm__ volatile("yield" : : : "memory");
}

/* Stops until an interrupt is pending, masked or not. */
static __always_inline void arch_wait_for_interrupt(void)
{
	__asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

/* ---- Time ------------------------------------------------------------------------------------- */

/* The virtual counter, not read early. */
static __always_inline u64 arch_counter(void)
{
	u64 n;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(n) : : "memory");
	return n;
}

/* Counts of arch_counter() per second. */
static __always_inline u64 arch_counter_hz(void)
{
	u64 hz;

	__asm__("mrs %0, cntfrq_el0" : "=r"(hz));
	return hz;
}

/*
 * Arms this CPU's timer interrupt (level triggered) for when arch_counter() reaches `count`; in the
 * past means at once.  Any context.
 */
void arch_timer_set(u64 count);

/* Silences the timer until the next arch_timer_set(). */
void arch_timer_stop(void);

/* The same with the timer whose interrupt cannot be masked; watchdog_nmi() gets it.  Any context. */
void arch_watchdog_set(u64 count);
void arch_watchdog_stop(void);

/* Makes the timer usable on this CPU, silent.  Once per CPU. */
void arch_timer_init(void);

/* ---- Tasks ------------------------------------------------------------------------------------ */

/*
 * Makes `t`, whose kstack is set, go on in task_first_run() when arch_switch() first switches to it.
 * A struct trap_frame is reserved at the top of the stack.
 */
void arch_thread_init(struct task *t);

/*
 * Saves the registers of prev (= current) and goes on as next, FP and TLS included; `current` is next
 * from there.  Returns, in next, the task that ran before on this CPU.  Interrupts off.
 */
struct task *arch_switch(struct task *prev, struct task *next);

/* Makes a child's user registers, FP and TLS a copy of current's, with x0 = 0.  After arch_thread_init(). */
void arch_thread_fork(struct task *child);

/* Sets the TLS pointer of a child that has not run yet. */
void arch_thread_set_tls(struct task *child, u64 tls);

/* Sets current's EL0 registers for a new program: all zero but pc and sp; FP and TLS are zeroed. */
void arch_thread_exec(vaddr_t pc, vaddr_t sp);

/* Writes the live FP and TLS registers of current to its arch_thread, for fork, signals and ptrace. */
void arch_thread_save_live(void);

/* Makes these the FP registers of current. */
void arch_thread_set_fp(const struct arch_fp *fp);

/* current's FP registers are switched with it from here, as a user task's are. */
void arch_thread_own_fp(void);

/* For the stages: fills the registers that a call keeps, calls between(); how many were changed. */
u64 arch_check_kept_registers(u64 seed, void (*between)(void));
/* The same with v0 to v31 and a spin of this many rounds. */
u64 arch_check_fp_registers(u64 seed, u64 spins);

/* A core file's registers: x0 to x30, SP, PC, PSTATE. */
void arch_core_registers(const struct trap_frame *tf, u64 regs[34]);

static inline vaddr_t arch_user_sp(const struct trap_frame *tf)
{
	return tf->sp;
}

static inline vaddr_t arch_user_pc(const struct trap_frame *tf)
{
	return tf->pc;
}

/* ---- System calls in a frame -------------------------------------------------------------------- */

/* Whether the frame is of a system call whose result may still become a restart. */
static inline bool arch_syscall_pending(const struct trap_frame *tf)
{
	return tf->syscall >= 0;
}

static inline long arch_syscall_result(const struct trap_frame *tf)
{
	return (long)tf->x[0];
}

static inline void arch_syscall_set_result(struct trap_frame *tf, long result)
{
	tf->x[0] = (u64)result;
	tf->syscall = -1;
}

/* Makes the program execute its SVC again, with its arguments or as another system call. */
static inline void arch_syscall_restart(struct trap_frame *tf)
{
	tf->x[0] = tf->orig_x0;
	tf->pc -= 4;
	tf->syscall = -1;
}

static inline void arch_syscall_restart_as(struct trap_frame *tf, u64 number)
{
	tf->x[8] = number;
	arch_syscall_restart(tf);
}

/* ---- Translation tables, arch/aarch64/pagetable.c ---------------------------------------------- */

enum pt_flags {
	PT_READ   = 1 << 0,
	PT_WRITE  = 1 << 1,
	PT_EXEC   = 1 << 2,
	PT_USER   = 1 << 3, /* for EL0; without PT_READ, PT_WRITE and PT_EXEC nobody may use it */
	PT_DEVICE = 1 << 4, /* Device-nGnRE */
};

/* One mapping found by a lookup. */
struct pt_leaf {
	vaddr_t va;         /* where it starts */
	paddr_t pa;         /* of its first byte */
	u64 size;           /* PAGE_SIZE or BLOCK_SIZE (the linear map also: GIB_SIZE) */
	enum pt_flags flags;
};

/* The kernel's own tables, for addresses above LINEAR_BASE. */
extern struct arch_mmu kernel_mmu;

/* Makes an empty user root.  May sleep.  0 or -ENOMEM. */
int pt_create(struct arch_mmu *mmu) __must_check;

/* Frees the tables; nothing may be mapped any more and no CPU may use them. */
void pt_destroy(struct arch_mmu *mmu);

/*
 * Maps [va, va + size) to pa: whole pages, 2 MiB blocks where va, pa and size allow and `blocks`.
 * What is there already is an error.  May sleep for user tables.  0, -ENOMEM or -EEXIST; on an error
 * a part may be mapped.  The caller serialises changes of one mmu.
 */
int pt_map(struct arch_mmu *mmu, vaddr_t va, paddr_t pa, u64 size, enum pt_flags flags, bool blocks)
	__must_check;

/* Finds the mapping of va.  0 or -ENOENT. */
int pt_lookup(const struct arch_mmu *mmu, vaddr_t va, struct pt_leaf *leaf);

/*
 * Changes the permissions of what is mapped in the range (splitting blocks at its ends) and flushes.
 * 0, or -ENOMEM when a block could not be split.
 */
int pt_protect(struct arch_mmu *mmu, vaddr_t va, u64 size, enum pt_flags flags) __must_check;

/* Points the page mapped at va somewhere else, break before make (copy-on-write).  0 or -ENOENT. */
int pt_replace(struct arch_mmu *mmu, vaddr_t va, paddr_t pa, enum pt_flags flags);

/*
 * Unmaps the range and flushes; then calls gone(arg, leaf), if given, for each mapping that was there
 * (a page may be freed only then).  Blocks are split at the range's ends: 0 or -ENOMEM for that.
 */
int pt_unmap(struct arch_mmu *mmu, vaddr_t va, u64 size, void (*gone)(void *, const struct pt_leaf *),
	     void *arg) __must_check;

/* Calls found(arg, leaf) for every mapping in the range, in order, until it returns non-zero. */
int pt_for_each(const struct arch_mmu *mmu, vaddr_t va, u64 size,
		int (*found)(void *, const struct pt_leaf *), void *arg);

/*
 * Leaf entries of user memory, for loops over many pages in kernel/mm; arch/aarch64/user_tables.c.
 * User memory is mapped by pages only.  The caller serialises as above; in place of that it may hold
 * mm.pt_lock to look at and change entries that are there.
 */

/* The entry of the page at va, with its tables made as needed.  May sleep.  0 or -ENOMEM. */
int pt_entry(struct arch_mmu *mmu, vaddr_t va, pte_t **out) __must_check;

/*
 * The entries from va on, as far as they lie in one table: *next is where that ends, at most `end`.
 * NULL when there is no table; *next is then where the next one could start.
 */
pte_t *pt_slice(const struct arch_mmu *mmu, vaddr_t va, vaddr_t end, vaddr_t *next);

/* A page's descriptor. */
pte_t pte_make(paddr_t pa, enum pt_flags flags);

static inline pte_t pte_read(const pte_t *entry)
{
	return (pte_t){ READ_ONCE(entry->val) };
}

static inline bool pte_is_writable(pte_t pte)
{
	return !(pte.val & PTE_RDONLY);
}

static inline pte_t pte_write_protect(pte_t pte)
{
	return (pte_t){ pte.val | PTE_RDONLY };
}

/* The TLB model of stage mm.asid (<arch/tlb_model.h>) wants to see every store while it is on. */
extern bool tlb_model_on;
void tlb_model_store(const struct arch_mmu *mmu, vaddr_t va, int level, pte_t old, pte_t new);

/*
 * Every store to a live translation table.  From invalid to valid pt_publish() must follow, from valid
 * tlb_flush_range(); a valid entry never changes its address in one step (break before make).
 */
static __always_inline void pte_write(const struct arch_mmu *mmu, pte_t *entry, vaddr_t va, int level,
				      pte_t value)
{
	if (unlikely(tlb_model_on))
		tlb_model_store(mmu, va, level, *entry, value);
	WRITE_ONCE(entry->val, value.val);
}

/* Orders stores to tables before what walks them. */
static __always_inline void pt_publish(void)
{
	__asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

/*
 * Forgets the translations of [va, va + size) of an address space on every CPU that may have them.
 * On return nobody uses them.  Any context.
 */
void tlb_flush_range(const struct arch_mmu *mmu, vaddr_t va, u64 size);

/*
 * The same for one page of the address space loaded on this CPU, here only: enough when its entry
 * allows more than before, since a CPU that still knows less only faults in vain.  Any context.
 */
void tlb_flush_page_here(const struct arch_mmu *mmu, vaddr_t va);

/* What the hardware says of va now: its physical address through AT S1E1R/W or S1E0R/W, or -EFAULT. */
int arch_translate(vaddr_t va, bool user, bool write, paddr_t *pa);

/* Loads a user address space on this CPU (NULL: the empty one).  Interrupts off. */
void arch_mmu_switch(struct arch_mmu *next);

/* Adds RAM to the linear map: blocks where possible, the kernel's text read-only by pages. */
void arch_map_linear(paddr_t base, u64 size);

/*
 * Maps device registers for good.  Works from the first line of C on; never fails but by panic() when
 * the window is full.
 */
volatile void *arch_map_device(paddr_t pa, u64 size);

/* The physical address of something in the kernel's image. */
paddr_t arch_image_phys(const void *p);

/* ---- Pages, arch/aarch64/page.S ---------------------------------------------------------------- */

/* Zeroes normal memory, by the cache's own blocks where the CPU allows it; both multiples of 64. */
void arch_zero(void *to, size_t n);

/* Copies one page of normal memory; both page aligned. */
void arch_page_copy(void *to, const void *from);

/* ---- Caches ----------------------------------------------------------------------------------- */

/* Makes instructions written at [p, p + size) visible to every CPU's fetch. */
void arch_icache_sync(const void *p, u64 size);

/* Writes a range back to memory, for a reader that does not use the cache. */
void arch_dcache_clean(const void *p, u64 size);

/* Forgets cached copies of a range that was written around the cache. */
void arch_dcache_invalidate(const void *p, u64 size);

/* ---- User memory: only through <kernel/uaccess.h> ---------------------------------------------- */

/* Bytes not copied.  Faults are resolved or end the copy.  arch/aarch64/usercopy.S */
size_t arch_copy_from_user(void *to, const void __user *from, size_t n);
size_t arch_copy_to_user(void __user *to, const void *from, size_t n);
size_t arch_clear_user(void __user *to, size_t n);

/* One byte by an ordinary load that may fault (kernel addresses too): 0 or -EFAULT. */
int arch_probe_read(const void *p, u8 *byte);
int arch_probe_write(void *p, u8 byte);

/* One aligned word of kernel memory that may not be there.  0 or -EFAULT. */
int arch_probe_read_word(const void *p, u64 *word);

/* ---- Unwinding, arch/aarch64/unwind.c ----------------------------------------------------------- */

/* A place in a chain of calls. */
struct arch_unwind {
	vaddr_t pc;
	vaddr_t fp;
	const struct trap_frame *tf; /* pc was interrupted by this exception */
};

/* Begins at the caller, at what an exception interrupted, or where a task that does not run sleeps. */
void arch_unwind_here(struct arch_unwind *u);
void arch_unwind_trap(struct arch_unwind *u, const struct trap_frame *tf);
void arch_unwind_task(struct arch_unwind *u, const struct task *t);

/* Goes one step out.  False at the end of the chain.  Any context; never faults. */
bool arch_unwind_next(struct arch_unwind *u);

/* Logs the registers and the syndrome of an exception, or of the last one on this CPU. */
void arch_trap_print(const struct trap_frame *tf);
void arch_state_print(void);

/* ---- Machine ---------------------------------------------------------------------------------- */

/* Starts the CPU `id` whose affinity is mpidr; it comes up in secondary_main().  0 or negative errno. */
int arch_cpu_start(u32 id, u64 mpidr, struct task *idle);
u64 arch_mpidr(void);
void arch_power_off(void) __noreturn;
void arch_reset(void) __noreturn;

/* The instruction counter of the PMU (event 0x08), for budgets.  0 without one. */
bool arch_has_pmu(void);
u64 arch_instructions(void);
void arch_instructions_start(void);

/* What features the boot found: PAN, LSE ... */
bool arch_has_pan(void);
u64 arch_hwcap(void);
u64 arch_hwcap2(void);

/* ---- The vDSO, arch/aarch64/vdso.c ---------------------------------------------------------------- */

struct mm;

/* Prepares its pages.  Once, at boot, when there are pages. */
void arch_vdso_init(void);

/* Maps it and its data page; mm->vdso is AT_SYSINFO_EHDR.  By exec, early.  0 or -ENOMEM.  May sleep. */
int arch_vdso_map(struct mm *mm) __must_check;

/* ---- What kernel/ provides to the entry code ---------------------------------------------------- */

/* First C function, at the linked address, on boot_stack, interrupts masked. */
void kmain(paddr_t dtb) __noreturn;

/* First C function of a secondary CPU, on its idle task's stack, interrupts masked. */
void secondary_main(u32 id) __noreturn;

/*
 * First function of a new task; prev ran before on this CPU.  Runs the task's entry; if that returns,
 * the task goes on at EL0 with its trap frame.
 */
void task_first_run(struct task *prev);