/*
 * Reads the kernel's ELF file.  The tables that the kernel is built from are read from it, so that no
 * number or name is written twice.  Only fixed-width fields are used; sizes are checked against the
 * symbols' own.
 */
#include "image.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	IMAGE_TEXT_OFFSET = 8,         /* arm64 Image header, Documentation/arm64/booting.rst */
	IMAGE_MAGIC_AT    = 56,
	VIRT_RAM          = 0x40000000, /* QEMU's virt: where RAM begins */
	BOOTLOADER_MAX    = 4096,      /* below this QEMU moves the image on by 2 MiB */
	BOOTLOADER_STEP   = 2 << 20,
};

_Static_assert(sizeof(struct image_stage_info) == 48, "as the target lays it out");
_Static_assert(sizeof(struct image_stage_state) == 208, "as the target lays it out");

static const Elf64_Ehdr *elf_header(const struct image *img)
{
	return (const Elf64_Ehdr *)img->elf.data;
}

static const void *elf_bytes(const struct image *img, uint64_t offset, uint64_t len)
{
	if (offset > img->elf.len || len > img->elf.len - offset)
		return NULL;
	return img->elf.data + offset;
}

static const Elf64_Shdr *elf_section(const struct image *img, unsigned int i)
{
	const Elf64_Ehdr *h = elf_header(img);

	if (i >= h->e_shnum)
		return NULL;
	return elf_bytes(img, h->e_shoff + (uint64_t)i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
}

static const Elf64_Phdr *elf_segment(const struct image *img, unsigned int i)
{
	const Elf64_Ehdr *h = elf_header(img);

	if (i >= h->e_phnum)
		return NULL;
	return elf_bytes(img, h->e_phoff + (uint64_t)i * sizeof(Elf64_Phdr), sizeof(Elf64_Phdr));
}

const void *image_at(const struct image *img, uint64_t addr, size_t len)
{
	const Elf64_Phdr *p;

	for (unsigned int i = 0; (p = elf_segment(img, i)); i++)
		if (p->p_type == PT_LOAD && addr >= p->p_vaddr && addr - p->p_vaddr <= p->p_filesz &&
		    len <= p->p_filesz - (addr - p->p_vaddr))
			return elf_bytes(img, p->p_offset + (addr - p->p_vaddr), len);
	return NULL;
}

const char *image_string(const struct image *img, uint64_t addr)
{
	const char *s = addr ? image_at(img, addr, 1) : NULL;

	if (!s || !memchr(s, '\0', img->elf.data + img->elf.len - s))
		return "";
	return s;
}

/* The symbol table and, in *names, its strings. */
static const Elf64_Sym *elf_symbols(const struct image *img, size_t *count, const char **names)
{
	const Elf64_Shdr *s, *strings;

	for (unsigned int i = 0; (s = elf_section(img, i)); i++) {
		if (s->sh_type != SHT_SYMTAB)
			continue;
		strings = elf_section(img, s->sh_link);
		if (!strings)
			break;
		*count = s->sh_size / sizeof(Elf64_Sym);
		*names = elf_bytes(img, strings->sh_offset, strings->sh_size);
		return elf_bytes(img, s->sh_offset, s->sh_size);
	}
	*count = 0;
	return NULL;
}

bool image_symbol(const struct image *img, const char *name, uint64_t *addr, uint64_t *size)
{
	const char *names;
	size_t count;
	const Elf64_Sym *sym = elf_symbols(img, &count, &names);

	for (size_t i = 0; sym && i < count; i++) {
		if (strcmp(names + sym[i].st_name, name))
			continue;
		*addr = sym[i].st_value;
		if (size)
			*size = sym[i].st_size;
		return true;
	}
	return false;
}

const char *image_function(const struct image *img, uint64_t addr, uint64_t *offset)
{
	const char *names;
	size_t count;
	const Elf64_Sym *sym = elf_symbols(img, &count, &names);

	for (size_t i = 0; sym && i < count; i++) {
		if (ELF64_ST_TYPE(sym[i].st_info) != STT_FUNC || addr < sym[i].st_value ||
		    addr - sym[i].st_value >= sym[i].st_size)
			continue;
		*offset = addr - sym[i].st_value;
		return names + sym[i].st_name;
	}
	return NULL;
}

uint64_t image_physical(const struct image *img, uint64_t addr)
{
	return addr - img->start + img->load;
}

static void elf_check(const struct image *img)
{
	const Elf64_Ehdr *h = elf_header(img);

	if (img->elf.len < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) ||
	    h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != EM_AARCH64)
		die(EXIT_USAGE, "'%s' is no arm64 ELF file; run make", img->elf_path);
}

static void find_start(struct image *img)
{
	const Elf64_Phdr *p;

	img->start = UINT64_MAX;
	for (unsigned int i = 0; (p = elf_segment(img, i)); i++)
		if (p->p_type == PT_LOAD && p->p_vaddr < img->start)
			img->start = p->p_vaddr;
}

static void find_load(struct image *img)
{
	struct buf header = { 0 };
	uint64_t offset;

	if (!read_file(img->path, &header))
		die(EXIT_USAGE, "cannot read '%s': %s; run make", img->path, strerror(errno));
	if (header.len < 64 || memcmp(header.data + IMAGE_MAGIC_AT, "ARM\x64", 4))
		die(EXIT_USAGE, "'%s' is no arm64 Image; run make", img->path);
	memcpy(&offset, header.data + IMAGE_TEXT_OFFSET, sizeof(offset));
	if (offset < BOOTLOADER_MAX)
		offset += BOOTLOADER_STEP;
	img->load = VIRT_RAM + offset;
	buf_free(&header);
}

static void read_stages(struct image *img)
{
	const struct image_stage_info *info;
	uint64_t addr, size;

	if (!image_symbol(img, "stage_info", &addr, &size))
		die(EXIT_USAGE, "'%s' has no stage table", img->elf_path);
	info = image_at(img, addr, size);
	if (!info || size % sizeof(*info))
		die(EXIT_USAGE, "the stage table of '%s' has another layout than xtask's: run make",
		    img->elf_path);
	img->stage_count = size / sizeof(*info);
	img->stages = xmalloc(img->stage_count * sizeof(*img->stages));
	for (int i = 0; i < img->stage_count; i++)
		img->stages[i] = (struct stage){
			.number = i + 1,
			.id = image_string(img, info[i].id),
			.verified = image_string(img, info[i].verified),
			.meaning = image_string(img, info[i].meaning),
			.look = image_string(img, info[i].look),
			.by = info[i].by,
			.milestone = info[i].milestone,
			.exists = info[i].exists,
			.needs = info[i].needs,
		};
}

void image_open(struct image *img, const char *profile)
{
	*img = (struct image){
		.elf_path = tree_path("build/%s/cairn.elf", profile),
		.path = tree_path("build/%s/Image", profile),
	};
	if (!read_file(img->elf_path, &img->elf))
		die(EXIT_USAGE, "cannot read '%s': %s; run make PROFILE=%s", img->elf_path,
		    strerror(errno), profile);
	elf_check(img);
	find_start(img);
	find_load(img);
	read_stages(img);
}

void image_close(struct image *img)
{
	free(img->elf_path);
	free(img->path);
	free(img->stages);
	buf_free(&img->elf);
}

const struct stage *stage_find(const struct image *img, const char *word)
{
	uint64_t n;

	if (parse_u64(word, img->stage_count, &n))
		return n ? &img->stages[n - 1] : NULL;
	for (int i = 0; i < img->stage_count; i++)
		if (!strcmp(img->stages[i].id, word))
			return &img->stages[i];
	return NULL;
}

static const struct stage *stage_named(const struct image *img, const char *word)
{
	const struct stage *s = stage_find(img, word);

	if (!s)
		die(EXIT_USAGE, "'%s' names no stage: give an id or a number from 1 to %d (see xtask "
		    "stages)", word, img->stage_count);
	return s;
}

void stage_range(const struct image *img, const char *words, int *first, int *last)
{
	char *left = xstrdup(words), *right = strstr(left, "..");

	if (right) {
		*right = '\0';
		right += 2;
	}
	*first = stage_named(img, left)->number;
	*last = right ? stage_named(img, right)->number : *first;
	if (*first > *last)
		die(EXIT_USAGE, "'%s' is an empty range of stages", words);
	if (!right && !img->stages[*first - 1].exists)
		die(EXIT_USAGE, "stage %d (%s) is planned; there is nothing to run", *first,
		    img->stages[*first - 1].id);
	free(left);
}

const char *stage_by_name(enum stage_by by)
{
	static const char *const names[] = { "kernel", "user", "host" };

	return by < ARRAY_LEN(names) ? names[by] : "?";
}

const char *stage_need_words(uint32_t needs)
{
	static const char *const words[] = { "more than one CPU", "one CPU", "a deterministic clock",
					     "a CPU with PAN", "a virtio-serial device" };
	static char text[160];

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!(needs & (1u << i)))
			continue;
		if (text[0])
			strcat(text, " and ");
		strcat(text, words[i]);
	}
	return text;
}
