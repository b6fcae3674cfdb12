/*
 * Stages of areas: what mprotect, munmap of a part, fixed addresses, mremap and the stack do to them.
 */
#include "expect.h"
#include "fault.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { PAGE = 4096, PAGES = 16 };

static char *area_map(size_t pages)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(p != MAP_FAILED);
	for (size_t i = 0; i < pages; i++)
		memset(p + i * PAGE, i + 1, PAGE);
	return p;
}

/* Page i of p holds what area_map() wrote to page `was`. */
static int area_holds(const char *p, int i, int was)
{
	p += i * PAGE;
	return p[0] == (char)(was + 1) && !memcmp(p, p + 1, PAGE - 1);
}

/* Grows the stack by one page a call. */
static __attribute__((noinline)) int stack_use(int pages)
{
	volatile char page[PAGE];

	page[0] = pages;
	if (pages > 1)
		return stack_use(pages - 1) + page[0] - page[0];
	return 1;
}

/* In a child whose stack may not grow beyond `limit`: uses `pages`, and dies if it must. */
static int stack_child(rlim_t limit, int pages)
{
	struct rlimit r = { limit, RLIM_INFINITY };
	int status;
	pid_t pid;

	IN_CHILD(pid) {
		/* A fault with no stack left for a handler is the end. */
		signal(SIGSEGV, SIG_DFL);
		EXPECT_OK(setrlimit(RLIMIT_STACK, &r));
		EXPECT_EQ(stack_use(pages), 1);
	}
	EXPECT_EQ(waitpid(pid, &status, 0), pid);
	return status;
}

void stage_vm_stack_growth(void)
{
	char here;

	EXPECT_EQ(stack_child(8 << 20, 1000), 0);
	EXPECT_EQ(stack_child(1 << 20, 200), 0);
	EXPECT_EQ(stack_child(1 << 20, 300) & 0x7f, SIGSEGV);
	/* Far below it is not the stack. */
	fault_catch();
	EXPECT_EQ(fault_of_read((char *)((uintptr_t)&here - (64 << 20))), FAULT_UNMAPPED);
}

void stage_vm_protect(void)
{
	char *p = area_map(PAGES);

	fault_catch();
	EXPECT_OK(mprotect(p + 4 * PAGE, 4 * PAGE, PROT_READ));
	EXPECT_EQ(fault_of_write(p + 4 * PAGE, 1), FAULT_DENIED);
	EXPECT(fault_where() == p + 4 * PAGE);
	EXPECT_EQ(fault_of_write(p + 8 * PAGE - 1, 1), FAULT_DENIED);
	EXPECT_EQ(fault_of_write(p + 4 * PAGE - 1, 4), 0);
	EXPECT_EQ(fault_of_write(p + 8 * PAGE, 9), 0);
	for (int i = 0; i < PAGES; i++)
		EXPECT(area_holds(p, i, i));

	/* Back to one piece: as one it can be grown in place by its last page. */
	EXPECT_OK(mprotect(p, PAGES * PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(fault_of_write(p + 4 * PAGE, 5), 0);
	EXPECT_OK(munmap(p + (PAGES - 1) * PAGE, PAGE));
	EXPECT(mremap(p, (PAGES - 1) * PAGE, PAGES * PAGE, 0) == p);

	EXPECT_OK(munmap(p + 2 * PAGE, PAGE));
	EXPECT_ERRNO(mprotect(p, 4 * PAGE, PROT_READ), ENOMEM);
	/* The library would align it. */
	EXPECT_ERRNO(syscall(SYS_mprotect, p + 1, (long)PAGE, (long)PROT_READ), EINVAL);
	EXPECT_ERRNO(mprotect(p, PAGE, 0x100), EINVAL);
	EXPECT_OK(mprotect(p, 0, PROT_READ));
	EXPECT_OK(munmap(p, PAGES * PAGE));
}

void stage_vm_partial(void)
{
	char *p = area_map(PAGES);

	fault_catch();
	EXPECT_OK(munmap(p + 5 * PAGE, 3 * PAGE));
	for (int i = 0; i < PAGES; i++) {
		if (i >= 5 && i < 8)
			EXPECT_EQ(fault_of_read(p + i * PAGE), FAULT_UNMAPPED);
		else
			EXPECT(area_holds(p, i, i));
	}
	/* Both ends, and a range over holes. */
	EXPECT_OK(munmap(p, PAGE));
	EXPECT_OK(munmap(p + (PAGES - 1) * PAGE, PAGE));
	EXPECT_EQ(fault_of_read(p), FAULT_UNMAPPED);
	EXPECT_EQ(fault_of_read(p + PAGES * PAGE - 1), FAULT_UNMAPPED);
	EXPECT(area_holds(p, 1, 1));
	EXPECT(area_holds(p, PAGES - 2, PAGES - 2));
	EXPECT_OK(munmap(p + 4 * PAGE, 5 * PAGE));
	EXPECT(area_holds(p, 3, 3));
	EXPECT(area_holds(p, 9, 9));
	EXPECT_EQ(fault_of_write(p + 8 * PAGE, 1), FAULT_UNMAPPED);
	EXPECT_OK(munmap(p, PAGES * PAGE));
}

void stage_vm_fixed(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS, rw = PROT_READ | PROT_WRITE;
	char *p = area_map(PAGES);

	EXPECT(mmap(p + 3 * PAGE, 2 * PAGE, rw, flags | MAP_FIXED, -1, 0) == p + 3 * PAGE);
	EXPECT(area_holds(p, 2, 2));
	EXPECT(area_holds(p, 3, -1));
	EXPECT(area_holds(p, 4, -1));
	EXPECT(area_holds(p, 5, 5));

	EXPECT_ERRNO(mmap(p + PAGE, PAGE, rw, flags | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	EXPECT_ERRNO(mmap(p - PAGE, 3 * PAGE, rw, flags | MAP_FIXED_NOREPLACE, -1, 0), EEXIST);
	EXPECT(area_holds(p, 1, 1));
	EXPECT_OK(munmap(p + PAGE, PAGE));
	EXPECT(mmap(p + PAGE, PAGE, rw, flags | MAP_FIXED_NOREPLACE, -1, 0) == p + PAGE);
	EXPECT(area_holds(p, 1, -1));

	/* A place without MAP_FIXED is a wish: granted when free, else somewhere else. */
	EXPECT(mmap(p + 2 * PAGE, PAGE, rw, flags, -1, 0) != p + 2 * PAGE);
	EXPECT_OK(munmap(p + 7 * PAGE, PAGE));
	EXPECT(mmap(p + 7 * PAGE, PAGE, rw, flags, -1, 0) == p + 7 * PAGE);
	EXPECT_ERRNO(mmap((void *)(1UL << 48), PAGE, rw, flags | MAP_FIXED, -1, 0), ENOMEM);
	EXPECT_OK(munmap(p, PAGES * PAGE));
}

static void mremap_refused(char *p)
{
	EXPECT_ERRNO(mremap(p + 1, PAGE, PAGE, 0), EINVAL);
	EXPECT_ERRNO(mremap(p, PAGE, 0, 0), EINVAL);
	EXPECT_ERRNO(mremap(p, PAGE, PAGE, 0x80), EINVAL);
	EXPECT_ERRNO(mremap(p, 2 * PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + PAGE), EINVAL);
	EXPECT_ERRNO(mremap(p + 1000 * PAGE, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT);
}

void stage_vm_mremap(void)
{
	char *p = area_map(PAGES), *q, *wall;

	fault_catch();
	mremap_refused(p);
	EXPECT(mremap(p, PAGES * PAGE, 6 * PAGE, 0) == p);
	EXPECT_EQ(fault_of_read(p + 6 * PAGE), FAULT_UNMAPPED);
	EXPECT(area_holds(p, 5, 5));
	EXPECT(mremap(p, 6 * PAGE, 8 * PAGE, 0) == p);
	EXPECT(area_holds(p, 5, 5));
	EXPECT(area_holds(p, 6, -1));

	/* With something in the way it moves, or may not. */
	wall = mmap(p + 8 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	EXPECT(wall == p + 8 * PAGE);
	EXPECT_ERRNO(mremap(p, 8 * PAGE, 600 * PAGE, 0), ENOMEM);
	q = mremap(p, 8 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
	EXPECT(q != MAP_FAILED && q != p);
	for (int i = 0; i < 600; i++)
		EXPECT(area_holds(q, i, i < 6 ? i : -1));
	EXPECT_EQ(fault_of_read(p), FAULT_UNMAPPED);

	/* A part of it, to a chosen place that held something. */
	p = area_map(2);
	EXPECT(mremap(q + 4 * PAGE, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p);
	EXPECT(area_holds(p, 0, 4));
	EXPECT(area_holds(p, 1, 5));
	EXPECT_EQ(fault_of_read(q + 4 * PAGE), FAULT_UNMAPPED);
	EXPECT(area_holds(q, 3, 3));
	EXPECT(area_holds(q, 6, -1));
	EXPECT_OK(munmap(q, 600 * PAGE));
	EXPECT_OK(munmap(p, 2 * PAGE));
	EXPECT_OK(munmap(wall, PAGE));
}
