/*
 * Virtually contiguous kernel memory with guard pages on both sides.  kernel/mm/vmap.c
 */
#pragma once

#include <kernel/compiler.h>
#include <kernel/types.h>

/* size bytes (rounded up to pages) of RAM, read-write, never executable.  NULL.  May sleep. */
void *vmap_alloc(size_t size, const char *name) __must_check;
void vmap_free(void *p);
/* Maps device registers Device-nGnRE.  NULL.  May sleep; works as soon as page_init() ran. */
void volatile *vmap_io(paddr_t pa, size_t size, const char *name) __must_check;
/* A kernel stack of KSTACK_SIZE, aligned to twice its size, with a guard page below.  NULL.  Cached. */
void *vmap_stack_alloc(void) __must_check;
void vmap_stack_free(void *lowest);
/* The guard page (or area) that holds the address, for fault reports: its name, or NULL. */
const char *vmap_guard_name(vaddr_t va);
