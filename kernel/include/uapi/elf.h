/* ELF for 64-bit little-endian machines (System V ABI, "Object Files"; ELF for the Arm 64-bit Architecture). */
#pragma once

#include <kernel/types.h>

enum elf_ident {
	EI_CLASS      = 4,
	EI_DATA       = 5,
	EI_VERSION    = 6,
	EI_OSABI      = 7,
	EI_NIDENT     = 16,
	ELF_CLASS_64  = 2,
	ELF_DATA_LSB  = 1,
	ELF_VERSION_1 = 1,
};

enum elf_type { ELF_ET_REL = 1, ELF_ET_EXEC = 2, ELF_ET_DYN = 3, ELF_ET_CORE = 4 };

enum { ELF_EM_AARCH64 = 183 };

enum elf_segment_type {
	ELF_PT_NULL         = 0,
	ELF_PT_LOAD         = 1,
	ELF_PT_DYNAMIC      = 2,
	ELF_PT_INTERP       = 3,
	ELF_PT_NOTE         = 4,
	ELF_PT_PHDR         = 6,
	ELF_PT_TLS          = 7,
	ELF_PT_GNU_STACK    = 0x6474e551,
	ELF_PT_GNU_RELRO    = 0x6474e552,
	ELF_PT_GNU_PROPERTY = 0x6474e553,
};

enum elf_segment_flags { ELF_PF_X = 1, ELF_PF_W = 2, ELF_PF_R = 4 };

struct elf64_ehdr {
	u8 e_ident[EI_NIDENT];
	u16 e_type;
	u16 e_machine;
	u32 e_version;
	u64 e_entry;
	u64 e_phoff;
	u64 e_shoff;
	u32 e_flags;
	u16 e_ehsize;
	u16 e_phentsize;
	u16 e_phnum;
	u16 e_shentsize;
	u16 e_shnum;
	u16 e_shstrndx;
};

struct elf64_phdr {
	u32 p_type;
	u32 p_flags;
	u64 p_offset;
	u64 p_vaddr;
	u64 p_paddr;
	u64 p_filesz;
	u64 p_memsz;
	u64 p_align;
};
