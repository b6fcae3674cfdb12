/*
 * An address space: areas in a balanced tree, demand paging, copy-on-write.  kernel/mm/mm.c
 * Fields: (m) mm.lock  (!) set at creation  (a) atomic
 */
#pragma once

#include <arch/arch.h>
#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/rbtree.h>
#include <kernel/types.h>

struct file;
struct page;
struct trap_frame;

enum area_prot { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum area_flags {
	AREA_SHARED    = 1 << 0,
	AREA_GROWSDOWN = 1 << 1, /* a stack */
	AREA_STACK     = 1 << 2,
	AREA_HEAP      = 1 << 3,
	AREA_SPECIAL   = 1 << 4, /* vDSO and vvar: never split, moved or made writable */
	AREA_DONTFORK  = 1 << 5,
};

/* [start, end) with one protection and one backing. */
struct area {
	struct rb_node node;      /* (m) in mm->areas, augmented with the largest gap below */
	vaddr_t start, end;       /* (m) page aligned */
	enum area_prot prot;      /* (m) */
	enum area_flags flags;    /* (m) */
	struct file *file;        /* (m) NULL for anonymous memory */
	u64 offset;               /* (m) bytes into the file at start */
	struct mm *mm;            /* (!) */
	u64 gap;                  /* (m) augmentation */
};

struct mm {
	struct mutex lock;        /* a sleeping lock: the fault path allocates and reads files */
	struct rb_tree areas;     /* (m) by start */
	u32 area_count;           /* (m) */
	struct arch_mmu mmu;      /* root table, ASID */
	vaddr_t brk_start, brk;   /* (m) */
	vaddr_t stack_top;        /* (m) */
	vaddr_t arg_start, arg_end, env_start, env_end; /* (m) for /proc */
	vaddr_t vdso;             /* (m) */
	u64 mapped_pages;         /* (m) sum of areas */
	atomic64_t resident;      /* (a) pages in tables */
	atomic_t users;           /* (a) tasks */
	u64 cpu_mask;             /* (a) CPUs it has run on since its ASID was given */
	struct file *exe;         /* (m) */
	struct list_node all;     /* on all_mms */
};

extern struct list all_mms;

int mm_create(struct mm **out) __must_check;
void mm_get(struct mm *mm);
void mm_put(struct mm *mm);                              /* may sleep; frees everything with the last */
/* A copy for fork: private pages shared copy-on-write, shared ones shared.  0 or -ENOMEM. */
int mm_fork(struct mm *from, struct mm **out) __must_check;
/* Loads next's tables on this CPU (NULL: the empty table).  Interrupts off, by the scheduler and exec. */
void mm_switch(struct mm *prev, struct mm *next);

/*
 * Maps length bytes.  addr is a hint, or the place with fixed (what is there is unmapped first).
 * file may be NULL; takes its own reference.  0, -ENOMEM, -EINVAL, -EEXIST.
 */
struct mm_map_args {
	vaddr_t addr;
	u64 length;
	enum area_prot prot;
	enum area_flags flags;
	bool fixed, noreplace;
	struct file *file;
	u64 offset;
};
int mm_map(struct mm *mm, const struct mm_map_args *args, vaddr_t *out) __must_check;
int mm_unmap(struct mm *mm, vaddr_t start, u64 length) __must_check;
int mm_protect(struct mm *mm, vaddr_t start, u64 length, enum area_prot prot) __must_check;
struct area *mm_find_area(struct mm *mm, vaddr_t va) REQUIRES(mm->lock);

/* Why a user address could not be used; the signal that it means. */
struct mm_fault_result {
	int sig;      /* 0: resolved, go on */
	int si_code;
};
enum mm_access { MM_READ = 1, MM_WRITE = 2, MM_EXEC = 4, MM_USER = 8 };
/*
 * Resolves a fault of the current task at va: demand zero, file page, copy-on-write, stack growth.
 * May sleep.  Called from EL0 aborts and from EL1 aborts of user copies.
 */
struct mm_fault_result mm_fault(vaddr_t va, enum mm_access access);
/*
 * Looks up (and faults in, breaking copy-on-write for MM_WRITE) the page at va of any mm; takes a page
 * reference.  0, -EFAULT, -ENOMEM.  May sleep.  For ptrace, /proc/PID/mem, futexes and exec's stack.
 */
int mm_get_page(struct mm *mm, vaddr_t va, enum mm_access access, struct page **out) __must_check;
/* Copies between a kernel buffer and another address space; bytes done or -EFAULT. */
ssize_t mm_copy_to(struct mm *mm, vaddr_t dst, const void *src, size_t n);
ssize_t mm_copy_from(struct mm *mm, void *dst, vaddr_t src, size_t n);
