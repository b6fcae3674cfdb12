/* Reads the kernel's ELF file: the stage table, the system call table and symbols. */
#pragma once

#include "util.h"

/* struct stage_info of <kernel/stage.h>, as the target lays it out. */
struct image_stage_info {
	uint64_t id;       /* strings are addresses in the image */
	uint64_t verified;
	uint64_t meaning;
	uint64_t look;
	uint64_t body;
	uint8_t  by;
	uint8_t  milestone;
	uint8_t  exists;
	uint8_t  pad;
	uint32_t needs;
};

enum { IMAGE_WHY_MAX = 184 };

/* struct stage_state of <kernel/stage.h>. */
struct image_stage_state {
	uint32_t status;
	uint32_t expectations;
	uint64_t start_ns;
	uint64_t end_ns;
	char     why[IMAGE_WHY_MAX];
};

enum stage_by { STAGE_BY_KERNEL, STAGE_BY_USER, STAGE_BY_HOST };
enum stage_status {
	STAGE_PLANNED,
	STAGE_PENDING,
	STAGE_RUNNING,
	STAGE_PASSED,
	STAGE_FAILED,
	STAGE_SKIPPED,
};

struct stage {
	int         number;
	const char *id;
	const char *verified;
	const char *meaning;
	const char *look;
	enum stage_by by;
	int         milestone;
	bool        exists;
	uint32_t    needs;
};

/* The kernel of one profile. */
struct image {
	char         *elf_path;
	char         *path;   /* the arm64 Image that QEMU starts */
	struct buf    elf;
	uint64_t      start;  /* lowest linked address */
	uint64_t      load;   /* where QEMU puts it, physical */
	struct stage *stages; /* [stage_count], number - 1 */
	int           stage_count;
};

/* Opens build/PROFILE/cairn.elf and Image.  What is wrong ends the program with one line. */
void image_open(struct image *img, const char *profile);
void image_close(struct image *img);
/* False when there is no such symbol.  *size may be NULL. */
bool image_symbol(const struct image *img, const char *name, uint64_t *addr, uint64_t *size);
/* Bytes of the image at a linked address, or NULL when the range is not in the file. */
const void *image_at(const struct image *img, uint64_t addr, size_t len);
/* The string at a linked address; "" when there is none. */
const char *image_string(const struct image *img, uint64_t addr);
/* The physical address of a linked address. */
uint64_t image_physical(const struct image *img, uint64_t addr);
/* The function that holds addr, and the offset in it; NULL when it is in none. */
const char *image_function(const struct image *img, uint64_t addr, uint64_t *offset);

/* A stage by id or number; NULL when there is none. */
const struct stage *stage_find(const struct image *img, const char *word);
/*
 * Reads "ID|N[..M]", ids or numbers on both sides.  Ends the program with one line when it names no
 * stage, an empty range, or (as a single stage) one that is only planned.
 */
void stage_range(const struct image *img, const char *words, int *first, int *last);
const char *stage_by_name(enum stage_by by);
/* What a set of needs asks for, in words: "more than one CPU". */
const char *stage_need_words(uint32_t needs);
