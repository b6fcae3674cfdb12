/* Stage 19: memory between guard pages. */
#include <kernel/vmap.h>

#include <arch/arch.h>
#include <kernel/errno.h>
#include <kernel/page.h>
#include <kernel/slab.h>
#include <kernel/stage.h>
#include <kernel/string.h>

enum { PAGES = 5 };

/* Both neighbours of [p, p + size) fault, and are known by name. */
static void vmap_check_guards(u8 *p, size_t size, const char *name)
{
	u8 byte;

	EXPECT_EQ(arch_probe_read(p - 1, &byte), -EFAULT);
	EXPECT_EQ(arch_probe_write(p - 1, 0), -EFAULT);
	EXPECT_EQ(arch_probe_read(p + size, &byte), -EFAULT);
	EXPECT_EQ(arch_probe_write(p + size, 0), -EFAULT);
	EXPECT_EQ(strcmp(vmap_guard_name((vaddr_t)p - 1), name), 0);
	EXPECT_EQ(strcmp(vmap_guard_name((vaddr_t)p + size), name), 0);
	EXPECT(vmap_guard_name((vaddr_t)p) == NULL);
}

void stage_mm_vmap(void)
{
	size_t size = PAGES * PAGE_SIZE;
	u8 *a, *b, *stack, byte;
	u64 free;

	cache_drain();
	free = page_free_count();
	a = vmap_alloc(size - 100, "stage-a");
	b = vmap_alloc(PAGE_SIZE, "stage-b");
	EXPECT(a != NULL);
	EXPECT(b != NULL);
	EXPECT_EQ((vaddr_t)a % PAGE_SIZE, 0u);
	for (size_t i = 0; i < size; i += 8)
		a[i] = i / 8;
	for (size_t i = 0; i < size; i += 8)
		if (a[i] != (u8)(i / 8))
			EXPECT_EQ(a[i], (u8)(i / 8));
	vmap_check_guards(a, size, "stage-a");
	vmap_check_guards(b, PAGE_SIZE, "stage-b");
	EXPECT(a + size + PAGE_SIZE <= b || b + 2 * PAGE_SIZE <= a);

	vmap_free(a);
	EXPECT_EQ(arch_probe_read(a, &byte), -EFAULT);
	EXPECT_EQ(arch_probe_read(a + size - 1, &byte), -EFAULT);
	EXPECT_OK(arch_probe_read(b, &byte));
	vmap_free(b);

	stack = vmap_stack_alloc();
	EXPECT(stack != NULL);
	EXPECT_EQ((vaddr_t)stack % KSTACK_ALIGN, 0u);
	EXPECT_OK(arch_probe_write(stack, 1));
	EXPECT_OK(arch_probe_write(stack + KSTACK_SIZE - 1, 1));
	EXPECT_EQ(arch_probe_read(stack - 1, &byte), -EFAULT);
	EXPECT_EQ(arch_probe_read(stack + KSTACK_SIZE, &byte), -EFAULT);
	EXPECT_EQ(strcmp(vmap_guard_name((vaddr_t)stack - 1), "kernel stack"), 0);
	vmap_stack_free(stack);
	vmap_stack_drain();
	EXPECT_EQ(arch_probe_read(stack, &byte), -EFAULT);
	cache_drain();
	EXPECT_EQ(page_free_count(), free);
}
