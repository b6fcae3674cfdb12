/*
 * The areas of an address space: which addresses mean something, and what.  kernel/mm/area.c
 * Pure: works on the tree alone; the caller holds the lock of the address space.
 */
#pragma once

#include <kernel/list.h>
#include <kernel/rbtree.h>
#include <kernel/types.h>

struct file;
struct mm;
struct page_mapping;
struct shared_memory;

enum area_prot { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum area_flags {
	AREA_SHARED    = 1 << 0,
	AREA_GROWSDOWN = 1 << 1, /* a stack */
	AREA_STACK     = 1 << 2, /* the main thread's */
	AREA_HEAP      = 1 << 3,
	AREA_SPECIAL   = 1 << 4, /* vDSO and vvar: never split, moved or made writable */
	AREA_DONTFORK  = 1 << 5,
	AREA_NO_WRITE  = 1 << 6, /* shared mapping of a file that was not opened for writing */
	AREA_LOCKED    = 1 << 7, /* mlock(): populated when it is made; nothing is ever paged out */
	AREA_WIPEFORK  = 1 << 8, /* madvise(MADV_WIPEONFORK): zero in a child */
};

/* [start, end) with one protection and one backing.  Fields: (m) mm.lock  (!) set at creation */
struct area {
	struct rb_node node;      /* (m) in mm->areas, augmented with the largest gap */
	vaddr_t start, end;       /* (m) page aligned */
	enum area_prot prot;      /* (m) */
	enum area_flags flags;    /* (m) */
	struct file *file;        /* (!) what it was mapped from; NULL for anonymous memory */
	struct page_mapping *mapping;  /* (!) where its pages are found; NULL: private and anonymous */
	struct shared_memory *shared;  /* (!) owner of mapping, for shared anonymous memory */
	u64 offset;               /* (m) bytes into the mapping at start */
	struct mm *mm;            /* (!) */
	u64 gap;                  /* (m) free bytes between this area and the one below */
	u64 gap_max;              /* (m) the largest gap in this subtree */
	struct list_node mapped;  /* (mapping.areas_lock) on mapping->areas */
};

void areas_init(struct rb_tree *areas);
/* The area that holds va, or NULL. */
struct area *area_find(const struct rb_tree *areas, vaddr_t va);
/* The lowest area that ends above va, or NULL. */
struct area *area_find_from(const struct rb_tree *areas, vaddr_t va);
/* Whether nothing is mapped in [start, end). */
bool area_range_free(const struct rb_tree *areas, vaddr_t start, vaddr_t end);
struct area *area_next(const struct area *a);
struct area *area_prev(const struct area *a);
/* Puts an area that overlaps nothing into the tree. */
void area_insert(struct rb_tree *areas, struct area *a);
void area_remove(struct rb_tree *areas, struct area *a);
/* Moves the borders of an area that stays between its neighbours. */
void area_resize(struct rb_tree *areas, struct area *a, vaddr_t start, vaddr_t end);
/*
 * The highest place for `length` bytes within [low, high): its address, or 0 when there is none.
 * Logarithmic, by the gaps in the tree.
 */
vaddr_t area_find_gap(const struct rb_tree *areas, u64 length, vaddr_t low, vaddr_t high);
