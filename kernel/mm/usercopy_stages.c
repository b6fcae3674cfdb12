/*
 * Stage 24: user copies.  The boot task borrows an address space for it, and interrupts are allowed for
 * as long (none is set up yet), since only then a fault of a copy may bring in a page.
 */
#include <kernel/uaccess.h>

#include <arch/arch.h>
#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/stage.h>
#include <kernel/string.h>
#include <kernel/task.h>

enum { PAGES = 4 };

#define USER(va) ((void __user *)(va))

/* A whole kernel page to copy from and to; wiped memory shows what was written. */
static u8 buffer[256];

/* Neither way, and a destination in the kernel is wiped. */
static void usercopy_check_bad(vaddr_t va, size_t n)
{
	memset(buffer, 0xee, sizeof(buffer));
	EXPECT_EQ(copy_from_user(buffer, USER(va), n), -EFAULT);
	EXPECT_EQ(buffer[0], 0);
	EXPECT_EQ(copy_to_user(USER(va), buffer, n), -EFAULT);
	EXPECT_EQ(clear_user(USER(va), n), -EFAULT);
	EXPECT_EQ(strncpy_from_user((char *)buffer, USER(va), n), -EFAULT);
	EXPECT_EQ(strnlen_user(USER(va), n), -EFAULT);
}

/* `va` starts PAGES pages of memory, the last of which is nobody's and the one before read-only. */
static void usercopy_check(vaddr_t va)
{
	vaddr_t read_only = va + (PAGES - 2) * PAGE_SIZE;
	vaddr_t end = va + (PAGES - 1) * PAGE_SIZE;
	u8 byte;

	/* Pages that were never touched come in by the fault, zeroed, over a page's border. */
	EXPECT_OK(copy_from_user(buffer, USER(va + PAGE_SIZE - 8), 16));
	EXPECT_EQ(buffer[0] | buffer[15], 0);
	memset(buffer, 0x5a, sizeof(buffer));
	EXPECT_OK(copy_to_user(USER(va + PAGE_SIZE - 100), buffer, 201));
	memset(buffer, 0, sizeof(buffer));
	EXPECT_OK(copy_from_user(buffer, USER(va + PAGE_SIZE - 101), 203));
	EXPECT_EQ(buffer[0], 0);
	EXPECT_EQ(buffer[1], 0x5a);
	EXPECT_EQ(buffer[201], 0x5a);
	EXPECT_EQ(buffer[202], 0);
	EXPECT_OK(clear_user(USER(va + PAGE_SIZE - 100), 201));
	EXPECT_OK(copy_from_user(buffer, USER(va + PAGE_SIZE - 100), 201));
	EXPECT_EQ(buffer[0] | buffer[200], 0);
	EXPECT_OK(copy_to_user(USER(va), "trail", 6));
	EXPECT_EQ(strncpy_from_user((char *)buffer, USER(va), sizeof(buffer)), 5);
	EXPECT_EQ(strncpy_from_user((char *)buffer, USER(va), 5), -ENAMETOOLONG);
	EXPECT_EQ(strnlen_user(USER(va), 100), 5);

	/* Read-only is for reading; partial counts are what was not copied. */
	EXPECT_OK(copy_from_user(buffer, USER(read_only), 8));
	EXPECT_EQ(copy_to_user(USER(read_only), buffer, 8), -EFAULT);
	EXPECT_EQ(copy_to_user_partial(USER(read_only - 24), buffer, 64), 40u);
	EXPECT_EQ(copy_from_user_partial(buffer, USER(end - 24), 64), 40u);
	EXPECT_EQ(clear_user_partial(USER(read_only - 24), 64), 40u);

	usercopy_check_bad(end, 8);
	usercopy_check_bad(va - 64, 8);
	usercopy_check_bad(TASK_SIZE, 8);
	usercopy_check_bad((vaddr_t)buffer, 8);
	usercopy_check_bad(LINEAR_BASE + page_phys(page_array), 8);
	usercopy_check_bad(~0UL - 3, 8);
	usercopy_check_bad(TASK_SIZE - 4, 8);
	EXPECT_EQ(copy_from_user_partial(buffer, USER(va), ~0UL), ~0UL);
	EXPECT_OK(copy_from_user(buffer, USER(TASK_SIZE), 0));

	/* Other code of the kernel does not get at user memory at all. */
	if (arch_has_pan())
		EXPECT_EQ(arch_probe_read((void *)va, &byte), -EFAULT);
}

void stage_mm_usercopy(void)
{
	struct mm_map_args args = {
		.length = PAGES * PAGE_SIZE, .prot = PROT_READ | PROT_WRITE,
	};
	unsigned long flags = arch_irq_save();
	struct mm *mm;
	vaddr_t va;

	EXPECT_OK(mm_create(&mm));
	EXPECT_OK(mm_map(mm, &args, &va));
	EXPECT_OK(mm_protect(mm, va + 2 * PAGE_SIZE, PAGE_SIZE, PROT_READ));
	EXPECT_OK(mm_protect(mm, va + 3 * PAGE_SIZE, PAGE_SIZE, PROT_NONE));
	mm_switch(current->mm, mm);
	current->mm = mm;
	arch_irq_enable();
	usercopy_check(va);
	arch_irq_disable();
	mm_switch(mm, NULL);
	current->mm = NULL;
	mm_put(mm);
	arch_irq_restore(flags);
}
