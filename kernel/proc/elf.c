/*
 * Loading an ELF file into an address space: headers are read and checked (elf_check.c), segments become
 * private mappings of the file and are paged in on use, what lies behind the file's part is zero.
 * Called by exec, for the program and for its interpreter alike.
 */
#include <kernel/exec.h>

#include <kernel/errno.h>
#include <kernel/file.h>
#include <kernel/log.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/slab.h>
#include <kernel/string.h>

static const u8 elf_zeroes[PAGE_SIZE];

static int elf_read_at(struct file *f, void *buf, size_t n, u64 at)
{
	loff_t pos = (loff_t)at;
	ssize_t got = file_read_kernel(f, buf, n, &pos);

	if (got < 0)
		return (int)got;
	return (size_t)got == n ? 0 : -ENOEXEC;
}

/* The program headers: out of the bytes at hand if they are there, else from the file. */
static int elf_read_segments(struct exec_image *image, const char *head, size_t head_size)
{
	const struct elf64_ehdr *eh = &image->header;
	size_t size = eh->e_phnum * sizeof(struct elf64_phdr);

	image->segments = kmalloc(size, 0);
	if (!image->segments)
		return -ENOMEM;
	if (eh->e_phoff + size > head_size)
		return elf_read_at(image->file, image->segments, size, eh->e_phoff);
	memcpy(image->segments, head + eh->e_phoff, size);
	return 0;
}

int elf_read(struct exec_image *image, const char *head, size_t head_size)
{
	u64 file_size = (u64)image->file->inode->size;
	const char *problem = NULL;
	int err;

	if (head_size < sizeof(image->header))
		return -ENOEXEC;
	memcpy(&image->header, head, sizeof(image->header));
	err = elf_check_header(&image->header, file_size, &problem);
	if (!err)
		err = elf_read_segments(image, head, head_size);
	if (!err)
		err = elf_check_segments(&image->header, image->segments, file_size, TASK_SIZE,
					 &image->elf, &problem);
	if (problem && memcmp(image->header.e_ident, "\177ELF", 4) == 0)
		log_debug("exec: %s", problem);
	return err;
}

void elf_release(struct exec_image *image)
{
	kfree(image->segments);
	image->segments = NULL;
	if (image->file)
		file_put(image->file);
	image->file = NULL;
}

static enum area_prot elf_prot(u32 flags)
{
	enum area_prot prot = PROT_NONE;

	if (flags & ELF_PF_R)
		prot |= PROT_READ;
	if (flags & ELF_PF_W)
		prot |= PROT_WRITE;
	if (flags & ELF_PF_X)
		prot |= PROT_EXEC;
	return prot;
}

/*
 *        p_vaddr          + p_filesz               + p_memsz
 *  |-----#################|0000000|................|-----|
 *  ^ page of the file             ^ anonymous            ^
 *                          zeroed in place
 */
static int elf_map_segment(struct mm *mm, const struct exec_image *image, const struct elf64_phdr *ph)
{
	vaddr_t start = image->bias + ph->p_vaddr, end = start + ph->p_memsz;
	vaddr_t file_end = start + ph->p_filesz, zero_from = ALIGN_DOWN(start, PAGE_SIZE);
	struct mm_map_args args = {
		.addr = ALIGN_DOWN(start, PAGE_SIZE),
		.prot = elf_prot(ph->p_flags),
		.fixed = true,
	};
	vaddr_t where;
	int err = 0;

	if (ph->p_filesz) {
		zero_from = ALIGN_UP(file_end, PAGE_SIZE);
		args.length = zero_from - args.addr;
		args.file = image->file;
		args.offset = ph->p_offset - (start - args.addr);
		err = mm_map(mm, &args, &where);
	}
	if (!err && ph->p_filesz && end > file_end && zero_from > file_end &&
	    (ph->p_flags & ELF_PF_W) &&
	    mm_copy_to(mm, file_end, elf_zeroes, zero_from - file_end) < 0)
		err = -ENOMEM;
	if (err || ALIGN_UP(end, PAGE_SIZE) <= zero_from)
		return err;
	args.addr = zero_from;
	args.length = ALIGN_UP(end, PAGE_SIZE) - zero_from;
	args.file = NULL;
	args.offset = 0;
	return mm_map(mm, &args, &where);
}

/* Finds room for a position-free image that may go anywhere. */
static int elf_place(struct mm *mm, struct exec_image *image)
{
	struct mm_map_args args = {
		.length = image->elf.high - image->elf.low + image->elf.align,
		.prot = PROT_NONE,
	};
	vaddr_t where;
	int err;

	err = mm_map(mm, &args, &where);
	if (err)
		return err;
	image->bias = ALIGN_UP(where, image->elf.align) - image->elf.low;
	return mm_unmap(mm, where, args.length);
}

int elf_map(struct mm *mm, struct exec_image *image, vaddr_t base)
{
	const struct elf64_phdr *ph = image->segments;
	int err = 0, i;

	image->bias = 0;
	if (image->elf.position_free && base)
		image->bias = ALIGN_UP(base, image->elf.align) - image->elf.low;
	else if (image->elf.position_free)
		err = elf_place(mm, image);
	for (i = 0; i < image->header.e_phnum && !err; i++) {
		if (ph[i].p_type == ELF_PT_LOAD && ph[i].p_memsz)
			err = elf_map_segment(mm, image, &ph[i]);
	}
	return err;
}
