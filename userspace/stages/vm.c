/*
 * Stages of memory: the heap, anonymous mappings, pages on demand, pages for nobody.
 *
 * Whether an address can be used is asked by a system call that gets it as a buffer: EFAULT, and
 * the program lives.  Where a handler has been verified before, the instruction itself is tried.
 */
#include "expect.h"
#include "fault.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum { PAGE = 4096, PAGES = 16 };

static char *brk_set(const char *end)
{
	return (char *)syscall(SYS_brk, end);
}

/* Whether n bytes are all `value`. */
static int all_bytes(const volatile char *p, size_t n, char value)
{
	return p[0] == value && !memcmp((const char *)p, (const char *)p + 1, n - 1);
}

/* Through the kernel: 0 when memory can be read (written), else EFAULT.  No time there is long. */
static int probe_read(const void *p)
{
	return syscall(SYS_nanosleep, p, NULL) && errno == EFAULT ? EFAULT : 0;
}

static int probe_write(void *p)
{
	return syscall(SYS_clock_gettime, 1, p) ? errno : 0;
}

void stage_user_brk(void)
{
	char *start = brk_set(NULL), *page = (char *)(((uintptr_t)start + PAGE - 1) & -(uintptr_t)PAGE);

	EXPECT(start != NULL);
	EXPECT(brk_set(page + PAGES * PAGE) == page + PAGES * PAGE);
	EXPECT(all_bytes(start, page + PAGES * PAGE - start, 0));
	memset(start, 0x5a, page + PAGES * PAGE - start);

	/* Down to the middle of a page: what is below stays, what is above goes. */
	EXPECT(brk_set(page + 3 * PAGE + 100) == page + 3 * PAGE + 100);
	EXPECT(all_bytes(start, page + 4 * PAGE - start, 0x5a));
	EXPECT_EQ(probe_write(page + 4 * PAGE), EFAULT);
	EXPECT_EQ(probe_write(page + PAGES * PAGE - 16), EFAULT);

	EXPECT(brk_set(page + PAGES * PAGE) == page + PAGES * PAGE);
	EXPECT(all_bytes(page + 4 * PAGE, (PAGES - 4) * PAGE, 0));
	EXPECT(all_bytes(start, page + 4 * PAGE - start, 0x5a));

	/* What cannot be is answered with how it is. */
	EXPECT(brk_set(NULL) == page + PAGES * PAGE);
	EXPECT(brk_set((char *)1) == page + PAGES * PAGE);
	EXPECT(brk_set((char *)-PAGE) == page + PAGES * PAGE);
	EXPECT(brk_set((char *)(1UL << 47)) == page + PAGES * PAGE);

	EXPECT(brk_set(start) == start);
	EXPECT_EQ(probe_write(page), EFAULT);
}

static char *map(size_t length, int prot)
{
	char *p = mmap(NULL, length, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(p != MAP_FAILED);
	EXPECT_EQ((uintptr_t)p % PAGE, 0UL);
	return p;
}

/* The raw call: the library's checks stay out of it. */
static long raw_mmap(unsigned long addr, unsigned long length, long flags, long fd, long offset)
{
	return syscall(SYS_mmap, addr, length, (long)PROT_READ, flags, fd, offset);
}

static long raw_munmap(unsigned long addr, unsigned long length)
{
	return syscall(SYS_munmap, addr, length);
}

static void mmap_refused(void)
{
	long anonymous = MAP_PRIVATE | MAP_ANONYMOUS;

	EXPECT_ERRNO(raw_mmap(0, 0, anonymous, -1, 0), EINVAL);
	EXPECT_ERRNO(raw_mmap(0, PAGE, MAP_ANONYMOUS, -1, 0), EINVAL);
	EXPECT_ERRNO(raw_mmap(0, PAGE, MAP_PRIVATE, -1, 0), EBADF);
	EXPECT_ERRNO(raw_mmap(0, PAGE, anonymous, -1, 1), EINVAL);
	EXPECT_ERRNO(raw_mmap(1, PAGE, anonymous | MAP_FIXED, -1, 0), EINVAL);
	EXPECT_ERRNO(raw_mmap(0, 1UL << 48, anonymous, -1, 0), ENOMEM);
	EXPECT_ERRNO(raw_munmap(PAGE + 1, PAGE), EINVAL);
	EXPECT_ERRNO(raw_munmap(PAGE, 0), EINVAL);
	EXPECT_ERRNO(raw_munmap(-(unsigned long)PAGE, PAGE), EINVAL);
}

void stage_user_mmap(void)
{
	char *a = map(PAGES * PAGE, PROT_READ | PROT_WRITE), *b = map(PAGE - 5, PROT_READ | PROT_WRITE);

	EXPECT(a + PAGES * PAGE <= b || b + PAGE <= a);
	EXPECT(all_bytes(a, PAGES * PAGE, 0));
	EXPECT(all_bytes(b, PAGE, 0));
	for (int i = 0; i < PAGES; i++)
		memset(a + i * PAGE, i + 1, PAGE);
	memset(b, 0x77, PAGE);
	for (int i = 0; i < PAGES; i++)
		EXPECT(all_bytes(a + i * PAGE, PAGE, i + 1));

	/* Two pages in the middle go: exactly these fault. */
	EXPECT_OK(munmap(a + 4 * PAGE, 2 * PAGE));
	EXPECT_EQ(probe_read(a + 4 * PAGE), EFAULT);
	EXPECT_EQ(probe_read(a + 6 * PAGE - 1), EFAULT);
	EXPECT_EQ(probe_write(a + 4 * PAGE), EFAULT);
	EXPECT(all_bytes(a + 3 * PAGE, PAGE, 4));
	EXPECT(all_bytes(a + 6 * PAGE, PAGE, 7));

	/* New memory in the hole is new. */
	EXPECT(mmap(a + 4 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == a + 4 * PAGE);
	EXPECT(all_bytes(a + 4 * PAGE, 2 * PAGE, 0));

	EXPECT_OK(munmap(a, PAGES * PAGE));
	for (int i = 0; i < PAGES; i++)
		EXPECT_EQ(probe_write(a + i * PAGE), EFAULT);
	EXPECT(all_bytes(b, PAGE, 0x77));
	EXPECT_OK(munmap(b, PAGE));
	EXPECT_EQ(probe_read(b), EFAULT);
	/* Nothing there is no error. */
	EXPECT_OK(munmap(b, PAGE));
	mmap_refused();
}

static long minor_faults(void)
{
	struct rusage usage;

	EXPECT_OK(getrusage(RUSAGE_SELF, &usage));
	return usage.ru_minflt;
}

/* Pages of [p, p + PAGES pages) that are in memory. */
static int pages_present(void *p)
{
	unsigned char vec[PAGES];
	int n = 0;

	EXPECT_OK(mincore(p, PAGES * PAGE, vec));
	for (int i = 0; i < PAGES; i++)
		n += vec[i] & 1;
	return n;
}

void stage_vm_demand(void)
{
	volatile char *p = map(PAGES * PAGE, PROT_READ | PROT_WRITE);
	long faults;

	minor_faults();
	EXPECT_EQ(pages_present((void *)p), 0);
	faults = minor_faults();
	for (int i = 0; i < PAGES; i += 2)
		p[i * PAGE + 17] = 1;
	EXPECT_EQ(minor_faults() - faults, PAGES / 2L);
	EXPECT_EQ(pages_present((void *)p), PAGES / 2);

	/* A second touch costs nothing, and what was not written is zero. */
	faults = minor_faults();
	for (int i = 0; i < PAGES; i += 2)
		EXPECT_EQ(p[i * PAGE + 17], 1);
	EXPECT_EQ(minor_faults() - faults, 0L);
	for (int i = 1; i < PAGES; i += 2)
		EXPECT(all_bytes(p + i * PAGE, PAGE, 0));
	EXPECT_EQ(minor_faults() - faults, PAGES / 2L);
	EXPECT_EQ(pages_present((void *)p), PAGES);

	/* Given up, it is as at first. */
	EXPECT_OK(madvise((void *)p, PAGES * PAGE, MADV_DONTNEED));
	EXPECT_EQ(pages_present((void *)p), 0);
	EXPECT_EQ(p[17], 0);
	EXPECT_EQ(pages_present((void *)p), 1);
	EXPECT_OK(munmap((void *)p, PAGES * PAGE));
}

void stage_vm_prot_none(void)
{
	char *p = map(3 * PAGE, PROT_READ | PROT_WRITE), *fresh;

	fault_catch();
	memset(p, 0x42, 3 * PAGE);
	EXPECT_OK(mprotect(p + PAGE, PAGE, PROT_NONE));
	EXPECT_EQ(fault_of_read(p + PAGE), FAULT_DENIED);
	EXPECT(fault_where() == p + PAGE);
	EXPECT_EQ(fault_of_read(p + 2 * PAGE - 1), FAULT_DENIED);
	EXPECT_EQ(fault_of_write(p + PAGE + 8, 1), FAULT_DENIED);
	EXPECT(fault_where() == p + PAGE + 8);
	EXPECT_EQ(probe_read(p + PAGE), EFAULT);
	EXPECT_EQ(probe_write(p + PAGE), EFAULT);
	EXPECT(all_bytes(p, PAGE, 0x42));
	EXPECT(all_bytes(p + 2 * PAGE, PAGE, 0x42));

	/* What is there is kept for later. */
	EXPECT_OK(mprotect(p + PAGE, PAGE, PROT_READ));
	EXPECT(all_bytes(p, 3 * PAGE, 0x42));
	EXPECT_EQ(fault_of_write(p + PAGE, 1), FAULT_DENIED);
	EXPECT_OK(mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(fault_of_write(p + PAGE, 1), 0);

	/* Never touched, it is no more readable, until it is zero. */
	fresh = map(PAGE, PROT_NONE);
	EXPECT_EQ(fault_of_read(fresh), FAULT_DENIED);
	EXPECT_EQ(probe_read(fresh), EFAULT);
	EXPECT_OK(mprotect(fresh, PAGE, PROT_READ));
	EXPECT(all_bytes(fresh, PAGE, 0));
	EXPECT_OK(munmap(fresh, PAGE));
	EXPECT_EQ(fault_of_read(fresh), FAULT_UNMAPPED);
	EXPECT_OK(munmap(p, 3 * PAGE));
}
