/*
 * Is this an ELF file that we can run?  exec.c asks before it gives up the old program: a file that
 * passes here can only fail for want of memory.  As strict as Linux, and stricter where Linux would only
 * fail later (segments out of order, overlapping, or past the end of the file).
 */
#include <kernel/compiler.h>
#include <kernel/elf.h>
#include <kernel/errno.h>
#include <kernel/string.h>

enum { ELF_PAGE = 4096 };

static const u8 elf_magic[] = { 0x7f, 'E', 'L', 'F' };

static int elf_refuse(const char **problem, const char *why)
{
	*problem = why;
	return -ENOEXEC;
}

int elf_check_header(const struct elf64_ehdr *eh, u64 file_size, const char **problem)
{
	u64 table = (u64)eh->e_phnum * sizeof(struct elf64_phdr);

	if (file_size < sizeof(*eh))
		return elf_refuse(problem, "shorter than an ELF header");
	if (memcmp(eh->e_ident, elf_magic, sizeof(elf_magic)) != 0)
		return elf_refuse(problem, "no ELF magic");
	if (eh->e_ident[EI_CLASS] != ELF_CLASS_64 || eh->e_ident[EI_DATA] != ELF_DATA_LSB)
		return elf_refuse(problem, "not 64-bit little-endian");
	if (eh->e_ident[EI_VERSION] != ELF_VERSION_1 || eh->e_version != ELF_VERSION_1)
		return elf_refuse(problem, "unknown ELF version");
	if (eh->e_machine != ELF_EM_AARCH64)
		return elf_refuse(problem, "for another machine");
	if (eh->e_type != ELF_ET_EXEC && eh->e_type != ELF_ET_DYN)
		return elf_refuse(problem, "not a program");
	if (eh->e_phentsize != sizeof(struct elf64_phdr))
		return elf_refuse(problem, "program headers of a wrong size");
	if (eh->e_phnum == 0 || eh->e_phnum > ELF_SEGMENTS_MAX)
		return elf_refuse(problem, "no program headers, or too many");
	if (eh->e_phoff > file_size || table > file_size - eh->e_phoff)
		return elf_refuse(problem, "program headers behind the end of the file");
	return 0;
}

static int elf_check_load(const struct elf64_phdr *ph, u64 file_size, vaddr_t user_end,
			  const char **problem)
{
	if (ph->p_filesz > ph->p_memsz)
		return elf_refuse(problem, "a segment with more file than memory");
	if (ph->p_offset > file_size || ph->p_filesz > file_size - ph->p_offset)
		return elf_refuse(problem, "a segment behind the end of the file");
	if (ph->p_offset % ELF_PAGE != ph->p_vaddr % ELF_PAGE)
		return elf_refuse(problem, "a segment whose offset and address disagree");
	if (ph->p_align & (ph->p_align - 1))
		return elf_refuse(problem, "an alignment that is no power of two");
	if (ph->p_vaddr >= user_end || ph->p_memsz > user_end - ph->p_vaddr) {
		*problem = "a segment outside of the address space";
		return -ENOMEM;
	}
	return 0;
}

/* Where the program headers lie in memory, if this segment holds them whole. */
static void elf_note_phdr(const struct elf64_ehdr *eh, const struct elf64_phdr *ph,
			  struct elf_image *image)
{
	u64 size = (u64)eh->e_phnum * sizeof(*ph);

	if (image->phdr || eh->e_phoff < ph->p_offset)
		return;
	if (eh->e_phoff - ph->p_offset + size <= ph->p_filesz)
		image->phdr = ph->p_vaddr + (eh->e_phoff - ph->p_offset);
}

/* Adds one PT_LOAD to the summary; image->brk is where the one before it ended. */
static int elf_add_load(const struct elf64_ehdr *eh, const struct elf64_phdr *ph,
			struct elf_image *image, const char **problem)
{
	if (image->high && ph->p_vaddr < image->brk)
		return elf_refuse(problem, "segments overlap or are not in ascending order");
	if (!image->high)
		image->low = ALIGN_DOWN(ph->p_vaddr, (u64)ELF_PAGE);
	image->brk = ph->p_vaddr + ph->p_memsz;
	image->high = ALIGN_UP(image->brk, (u64)ELF_PAGE);
	image->align = MAX(image->align, ph->p_align);
	elf_note_phdr(eh, ph, image);
	return 0;
}

static int elf_add_interp(const struct elf64_phdr *ph, u64 file_size, struct elf_image *image,
			  const char **problem)
{
	if (image->interp_size)
		return elf_refuse(problem, "two interpreters");
	if (ph->p_filesz < 2 || ph->p_filesz > ELF_INTERP_MAX)
		return elf_refuse(problem, "senseless length of the interpreter's name");
	if (ph->p_offset > file_size || ph->p_filesz > file_size - ph->p_offset)
		return elf_refuse(problem, "interpreter's name behind the end of the file");
	image->interp_offset = ph->p_offset;
	image->interp_size = ph->p_filesz;
	return 0;
}

static int elf_add_segment(const struct elf64_ehdr *eh, const struct elf64_phdr *ph, u64 file_size,
			   vaddr_t user_end, struct elf_image *image, const char **problem)
{
	int err;

	switch (ph->p_type) {
	case ELF_PT_LOAD:
		if (ph->p_memsz == 0)
			return 0;
		err = elf_check_load(ph, file_size, user_end, problem);
		return err ? err : elf_add_load(eh, ph, image, problem);
	case ELF_PT_INTERP:
		return elf_add_interp(ph, file_size, image, problem);
	case ELF_PT_GNU_STACK:
		image->exec_stack = ph->p_flags & ELF_PF_X;
		return 0;
	default:
		return 0;
	}
}

int elf_check_segments(const struct elf64_ehdr *eh, const struct elf64_phdr *ph, u64 file_size,
		       vaddr_t user_end, struct elf_image *image, const char **problem)
{
	int err, i;

	*image = (struct elf_image){
		.position_free = eh->e_type == ELF_ET_DYN,
		.entry = eh->e_entry,
		.align = ELF_PAGE,
		.phdr_count = eh->e_phnum,
	};
	for (i = 0; i < eh->e_phnum; i++) {
		err = elf_add_segment(eh, &ph[i], file_size, user_end, image, problem);
		if (err)
			return err;
	}
	if (!image->high)
		return elf_refuse(problem, "nothing to load");
	if (image->entry < image->low || image->entry >= image->high)
		return elf_refuse(problem, "entry point outside of all segments");
	return 0;
}
