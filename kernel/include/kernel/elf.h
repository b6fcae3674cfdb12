/*
 * What exec believes of an ELF file, checked before anything is mapped.  kernel/proc/elf_check.c
 * Pure: looks at copies of the headers only; nothing sleeps.
 */
#pragma once

#include <uapi/elf.h>

enum { ELF_SEGMENTS_MAX = 64, ELF_INTERP_MAX = 4096 };

/* The summary that exec works from.  Addresses are as in the file, without a load bias. */
struct elf_image {
	bool position_free;  /* ET_DYN: may be moved by any page-aligned bias */
	vaddr_t entry;
	vaddr_t low, high;   /* page-aligned span of all PT_LOAD segments: [low, high) */
	u64 align;           /* largest p_align of a PT_LOAD, at least a page */
	vaddr_t phdr;        /* where the program headers are in memory; 0: in no segment */
	u16 phdr_count;
	u64 interp_offset;   /* PT_INTERP in the file; size 0: there is none */
	u64 interp_size;     /* with its NUL, at most ELF_INTERP_MAX */
	bool exec_stack;     /* PT_GNU_STACK with PF_X; absent means no */
	vaddr_t brk;         /* end of the highest segment's memory, not aligned */
};

/*
 * Checks the file's first `size` bytes (at least a header) as an AArch64 program.  0, or -ENOEXEC with
 * *problem set to one sentence.
 */
int elf_check_header(const struct elf64_ehdr *eh, u64 file_size, const char **problem);

/*
 * Checks eh->e_phnum program headers against the file and user_end (segments must end below it), and
 * fills *image.  0, -ENOEXEC, or -ENOMEM when a segment does not fit into the address space.
 */
int elf_check_segments(const struct elf64_ehdr *eh, const struct elf64_phdr *ph, u64 file_size,
		       vaddr_t user_end, struct elf_image *image, const char **problem);
