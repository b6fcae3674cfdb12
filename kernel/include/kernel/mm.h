/*
 * An address space: areas in a balanced tree, demand paging, copy-on-write.
 * kernel/mm/mm.c (life), mm_map.c (map, unmap, protect), fault.c, fork.c, mm_access.c
 *
 * Fields: (m) mm.lock  (p) mm.pt_lock  (!) set at creation  (a) atomic
 * Lock order: inode.lock, mm.lock, page_mapping.lock, page_mapping.areas_lock, mm.pt_lock.
 */
#pragma once

#include <arch/arch.h>
#include <kernel/area.h>
#include <kernel/atomic.h>
#include <kernel/list.h>
#include <kernel/mutex.h>
#include <kernel/rbtree.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>

struct file;
struct page;
struct trap_frame;

enum {
	/* Pages that stay free below a growing stack. */
	STACK_GUARD_PAGES = 256,
	/* The lowest address a program may map, so that NULL and small offsets of it fault. */
	MM_LOWEST = 0x10000,
};

struct mm {
	struct mutex lock;        /* a sleeping lock: the fault path allocates and reads files */
	struct rb_tree areas;     /* (m) by start */
	u32 area_count;           /* (m) */
	struct area *last_found;  /* (m) what the last lookup found, or NULL */
	struct spinlock pt_lock;  /* leaf entries of mmu, against truncation of a mapped file */
	struct arch_mmu mmu;      /* (m) root table, ASID */
	vaddr_t map_top;          /* (m) mappings are placed below */
	vaddr_t brk_start, brk;   /* (m) */
	vaddr_t stack_top;        /* (m) */
	vaddr_t arg_start, arg_end, env_start, env_end; /* (m) for /proc */
	vaddr_t auxv_start, auxv_end; /* (m) for /proc */
	vaddr_t vdso;             /* (m) */
	u64 mapped_pages;         /* (m) sum of areas */
	u64 locked_pages;         /* (m) of areas with AREA_LOCKED */
	enum area_flags default_flags; /* (m) AREA_LOCKED after mlockall(MCL_FUTURE) */
	atomic64_t resident;      /* (a) pages in tables */
	atomic_t users;           /* (a) tasks */
	struct file *exe;         /* (m) with inode_exec_begin() done on it */
	struct list_node all;     /* on all_mms */
};

extern struct list all_mms;          /* every address space; all_mms_lock */
extern struct spinlock all_mms_lock;

/* Before the first address space, at boot. */
void mm_setup(void);

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
/*
 * Maps `count` pages of the kernel's (the vDSO) for good: AREA_SPECIAL, a reference each.  May sleep.
 * 0 or -ENOMEM.
 */
int mm_map_pages(struct mm *mm, vaddr_t hint, struct page **pages, u32 count, enum area_prot prot,
		 vaddr_t *out) __must_check;
/* May sleep.  0, -EINVAL, -ENOMEM. */
int mm_unmap(struct mm *mm, vaddr_t start, u64 length) __must_check;
/* May sleep.  0, -EINVAL, -ENOMEM (a hole in the range), -EACCES. */
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
