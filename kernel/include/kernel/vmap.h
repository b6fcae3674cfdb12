/*
 * Virtually contiguous kernel memory with guard pages on both sides.  kernel/mm/vmap.c, kstack.c
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/list.h>
#include <kernel/types.h>

/*
 * One piece of the vmap area; the pages right below and right above it are never mapped.
 * Fields: (v) vmap lock  (!) set at creation
 */
struct vmap_area {
	struct list_node all; /* (v) on all_vmaps, by address */
	vaddr_t start;        /* (!) */
	u64 size;             /* (!) whole pages, without the guards */
	const char *name;     /* (!) */
};

extern struct list all_vmaps;

/* size bytes (rounded up to pages) of RAM, read-write, never executable.  NULL.  May sleep. */
void *vmap_alloc(size_t size, const char *name) __must_check;
/* p as vmap_alloc() returned it; NULL is fine.  May sleep. */
void vmap_free(void *p);

/* A kernel stack of KSTACK_SIZE, aligned to twice its size, with a guard below.  NULL.  Cached. */
void *vmap_stack_alloc(void) __must_check;
/* Any context; nobody runs on it. */
void vmap_stack_free(void *lowest);
/* Gives the cached stacks back, before pages are counted.  Any context. */
void vmap_stack_drain(void);
/* Stacks in use. */
u64 vmap_stack_count(void);

/* The name of what the guard page that holds the address guards; NULL if it is none.  Any context. */
const char *vmap_guard_name(vaddr_t va);

/* Maps and unmaps single pages of the kernel's half, serialised.  For vmap.c and kstack.c. */
int vmap_map_page(vaddr_t va, paddr_t pa) __must_check;
/* Unmaps [va, va + size) and drops the pages that were there.  Any context. */
void vmap_unmap_pages(vaddr_t va, u64 size);
