/*
 * The vDSO: code of the kernel's that programs run at EL0, and one page of data (vvar) below it.  Mapped
 * by exec; its pages are shared by every program and are never freed.
 */
#include <arch/vdso.h>

#include <arch/arch.h>
#include <kernel/errno.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <vdso_offsets.h>

enum { VDSO_PAGES_MAX = 4 };

static struct page *vdso_pages[VDSO_PAGES_MAX];
static u32 vdso_page_count;
static struct page *vvar_page;

u64 vdso_sigreturn_offset(void)
{
	return VDSO_SIGRETURN;
}

void arch_vdso_init(void)
{
	u64 size = (u64)(vdso_image_end - vdso_image);

	vdso_page_count = DIV_ROUND_UP(size, PAGE_SIZE);
	PANIC_IF(vdso_page_count > VDSO_PAGES_MAX);
	for (u32 i = 0; i < vdso_page_count; i++) {
		PANIC_IF(page_alloc(0, ALLOC_ZERO, &vdso_pages[i]));
		memcpy(page_virt(vdso_pages[i]), vdso_image + i * PAGE_SIZE,
		       MIN(size - i * PAGE_SIZE, PAGE_SIZE));
		arch_icache_sync(page_virt(vdso_pages[i]), PAGE_SIZE);
	}
	PANIC_IF(page_alloc(0, ALLOC_ZERO, &vvar_page));
	time_set_vvar(page_virt(vvar_page));
}

/* Above the stack, where one table serves both: a small program has no other up there. */
#define VDSO_PLACE (TASK_SIZE - 8 * PAGE_SIZE)

int arch_vdso_map(struct mm *mm)
{
	vaddr_t vdso, vvar;
	int err;

	err = mm_map_pages(mm, VDSO_PLACE, vdso_pages, vdso_page_count, PROT_READ | PROT_EXEC, &vdso);
	if (err)
		return err;
	err = mm_map_pages(mm, vdso - PAGE_SIZE, &vvar_page, 1, PROT_READ, &vvar);
	if (err)
		return err;
	/* In a new address space the place below is free. */
	if (vvar != vdso - PAGE_SIZE)
		return -ENOMEM;
	mm->vdso = vdso;
	return 0;
}
