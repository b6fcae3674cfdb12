/* test: kernel/proc/elf_check.c */
#include "../lib/test.h"

#include <string.h>

#include <kernel/elf.h>

enum { FILE_SIZE = 0x5000, SEGMENTS = 5 };
static const vaddr_t user_end = 1ull << 48;

struct program {
	struct elf64_ehdr eh;
	struct elf64_phdr ph[SEGMENTS];
	struct elf_image image;
	const char *problem;
};

/* A static program with text and data, an interpreter and a stack note. */
static struct program good(void)
{
	return (struct program){
		.eh = { .e_ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 }, .e_type = ELF_ET_EXEC,
			.e_machine = ELF_EM_AARCH64, .e_version = 1, .e_entry = 0x400100, .e_phoff = 64,
			.e_ehsize = 64, .e_phentsize = 56, .e_phnum = SEGMENTS },
		.ph = { { ELF_PT_LOAD, ELF_PF_R | ELF_PF_X, 0, 0x400000, 0, 0x1800, 0x1800, 0x1000 },
			{ ELF_PT_LOAD, ELF_PF_R | ELF_PF_W, 0x1800, 0x412800, 0, 0x100, 0x3000, 0x10000 },
			{ ELF_PT_INTERP, ELF_PF_R, 0x200, 0x400200, 0, 27, 27, 1 },
			{ ELF_PT_GNU_STACK, ELF_PF_R | ELF_PF_W, 0, 0, 0, 0, 0, 16 },
			{ ELF_PT_NOTE, ELF_PF_R, 0xffffffff, 0, 0, 0xffffffff, 0, 4 } },
	};
}

static int check(struct program *p)
{
	int err = elf_check_header(&p->eh, FILE_SIZE, &p->problem);

	return err ? err : elf_check_segments(&p->eh, p->ph, FILE_SIZE, user_end, &p->image, &p->problem);
}

static void good_program(void **state)
{
	struct program p = good();

	assert_int_equal(check(&p), 0);
	assert_false(p.image.position_free);
	assert_int_equal(p.image.low, 0x400000);
	assert_int_equal(p.image.high, 0x416000);
	assert_int_equal(p.image.brk, 0x415800);
	assert_int_equal(p.image.align, 0x10000);
	assert_int_equal(p.image.phdr, 0x400040);
	assert_int_equal(p.image.phdr_count, SEGMENTS);
	assert_int_equal(p.image.interp_offset, 0x200);
	assert_int_equal(p.image.interp_size, 27);
	assert_false(p.image.exec_stack);
	p.ph[3].p_flags |= ELF_PF_X;
	p.eh.e_type = ELF_ET_DYN;
	assert_int_equal(check(&p), 0);
	assert_true(p.image.exec_stack);
	assert_true(p.image.position_free);
}

/* Changes one field of the good program and expects the refusal. */
#define REFUSED(err, field, value)                                                                 \
	do {                                                                                       \
		struct program p_ = good();                                                        \
		p_.field = (value);                                                                \
		assert_int_equal(check(&p_), err);                                                 \
		assert_non_null(p_.problem);                                                       \
	} while (0)

static void bad_headers(void **state)
{
	struct program p = good();

	assert_int_equal(elf_check_header(&p.eh, 63, &p.problem), -ENOEXEC);
	REFUSED(-ENOEXEC, eh.e_ident[0], 0x7e);
	REFUSED(-ENOEXEC, eh.e_ident[EI_CLASS], 1);
	REFUSED(-ENOEXEC, eh.e_ident[EI_DATA], 2);
	REFUSED(-ENOEXEC, eh.e_ident[EI_VERSION], 0);
	REFUSED(-ENOEXEC, eh.e_version, 2);
	REFUSED(-ENOEXEC, eh.e_machine, 62);
	REFUSED(-ENOEXEC, eh.e_type, ELF_ET_REL);
	REFUSED(-ENOEXEC, eh.e_type, ELF_ET_CORE);
	REFUSED(-ENOEXEC, eh.e_phentsize, 32);
	REFUSED(-ENOEXEC, eh.e_phnum, 0);
	REFUSED(-ENOEXEC, eh.e_phnum, ELF_SEGMENTS_MAX + 1);
	REFUSED(-ENOEXEC, eh.e_phoff, FILE_SIZE - 8);
	REFUSED(-ENOEXEC, eh.e_phoff, ~0ull);
	REFUSED(-ENOEXEC, eh.e_entry, 0x3fffff);
	REFUSED(-ENOEXEC, eh.e_entry, 0x416000);
}

static void bad_segments(void **state)
{
	struct program p = good();

	REFUSED(-ENOEXEC, ph[0].p_filesz, 0x1801);
	REFUSED(-ENOEXEC, ph[1].p_offset, ~0ull - 0x7ff);
	REFUSED(-ENOEXEC, ph[1].p_offset, 0x1900);
	REFUSED(-ENOEXEC, ph[1].p_align, 3);
	REFUSED(-ENOEXEC, ph[1].p_vaddr, 0x401700);
	REFUSED(-ENOEXEC, ph[0].p_vaddr, 0x500000);
	REFUSED(-ENOMEM, ph[1].p_vaddr, user_end + 0x800);
	REFUSED(-ENOMEM, ph[1].p_memsz, user_end);
	REFUSED(-ENOMEM, ph[1].p_memsz, ~0ull);
	REFUSED(-ENOEXEC, ph[2].p_filesz, 1);
	REFUSED(-ENOEXEC, ph[2].p_filesz, ELF_INTERP_MAX + 1);
	REFUSED(-ENOEXEC, ph[2].p_offset, FILE_SIZE - 5);
	p.ph[3] = p.ph[2];
	assert_int_equal(check(&p), -ENOEXEC);
	p = good();
	p.ph[0].p_type = p.ph[1].p_type = ELF_PT_NULL;
	assert_int_equal(check(&p), -ENOEXEC);
	assert_string_equal(p.problem, "nothing to load");
}

static void random_damage_is_harmless(void **state)
{
	for (int round = 0; round < 100000; round++) {
		struct program p = good();
		u8 *bytes = (u8 *)&p;

		for (u32 n = 1 + test_random() % 3; n > 0; n--)
			bytes[test_random() % offsetof(struct program, image)] = (u8)test_random();
		p.eh.e_phnum = SEGMENTS;
		if (check(&p) == 0) {
			assert_true(p.image.low < p.image.high);
			assert_true(p.image.high <= user_end);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_program),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(bad_segments),
		cmocka_unit_test(random_damage_is_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
