/* Stages of advice and limits: madvise, mlock and mincore, running out of addresses, code and data. */
#include "expect.h"
#include "fault.h"

#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { PAGE = 4096, PAGES = 16 };

static char *advice_map(int prot)
{
	char *p = mmap(NULL, PAGES * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	EXPECT(p != MAP_FAILED);
	return p;
}

static int advice_present(void *p)
{
	unsigned char vec[PAGES];
	int n = 0;

	EXPECT_OK(mincore(p, PAGES * PAGE, vec));
	for (int i = 0; i < PAGES; i++)
		n += vec[i] & 1;
	return n;
}

void stage_vm_madvise(void)
{
	char *p = advice_map(PROT_READ | PROT_WRITE);
	pid_t pid;

	memset(p, 'a', PAGES * PAGE);
	EXPECT_OK(madvise(p, PAGES * PAGE, MADV_WILLNEED));
	EXPECT_EQ(p[PAGE], 'a');
	EXPECT_OK(madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(advice_present(p), PAGES - 2);
	EXPECT_EQ(p[0], 'a');
	EXPECT_EQ(p[PAGE], 0);
	EXPECT_EQ(p[3 * PAGE - 1], 0);
	EXPECT_EQ(p[3 * PAGE], 'a');

	/* May be dropped, but what is written afterwards stays. */
	EXPECT_OK(madvise(p + 4 * PAGE, PAGE, MADV_FREE));
	p[4 * PAGE] = 'b';
	EXPECT_EQ(p[4 * PAGE], 'b');

	EXPECT_OK(madvise(p + 8 * PAGE, PAGE, MADV_WIPEONFORK));
	IN_CHILD(pid) {
		EXPECT_EQ(p[8 * PAGE], 0);
		EXPECT_EQ(p[9 * PAGE], 'a');
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_OK(madvise(p + 8 * PAGE, PAGE, MADV_KEEPONFORK));
	EXPECT_OK(madvise(p + 10 * PAGE, PAGE, MADV_DONTFORK));
	IN_CHILD(pid) {
		fault_catch();
		EXPECT_EQ(fault_of_read(p + 10 * PAGE), FAULT_UNMAPPED);
		EXPECT_EQ(p[8 * PAGE], 'a');
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_EQ(p[10 * PAGE], 'a');

	EXPECT_ERRNO(madvise(p + 1, PAGE, MADV_DONTNEED), EINVAL);
	EXPECT_ERRNO(madvise(p, PAGE, 9999), EINVAL);
	EXPECT_OK(munmap(p + PAGE, PAGE));
	EXPECT_ERRNO(madvise(p, 3 * PAGE, MADV_DONTNEED), ENOMEM);
	EXPECT_EQ(p[2 * PAGE], 0);
	EXPECT_OK(munmap(p, PAGES * PAGE));
}

void stage_vm_mlock(void)
{
	char *p = advice_map(PROT_READ | PROT_WRITE);
	unsigned char vec[PAGES];

	EXPECT_EQ(advice_present(p), 0);
	EXPECT_OK(mlock(p + PAGE, 2 * PAGE));
	EXPECT_EQ(advice_present(p), 2);
	EXPECT_ERRNO(madvise(p + PAGE, PAGE, MADV_DONTNEED), EINVAL);
	EXPECT_OK(munlock(p + PAGE, 2 * PAGE));
	EXPECT_OK(madvise(p + PAGE, PAGE, MADV_DONTNEED));
	EXPECT_EQ(advice_present(p), 1);

	EXPECT_OK(mlockall(MCL_CURRENT));
	EXPECT_EQ(advice_present(p), PAGES);
	EXPECT_OK(mlockall(MCL_FUTURE));
	EXPECT_OK(munmap(p, PAGES * PAGE));
	p = advice_map(PROT_READ | PROT_WRITE);
	EXPECT_EQ(advice_present(p), PAGES);
	EXPECT_OK(munlockall());
	EXPECT_OK(munmap(p, PAGES * PAGE));
	p = advice_map(PROT_READ | PROT_WRITE);
	EXPECT_EQ(advice_present(p), 0);

	EXPECT_ERRNO(mincore(p + 1, PAGE, vec), EINVAL);
	EXPECT_ERRNO(mincore(p, PAGE, (void *)8), EFAULT);
	EXPECT_ERRNO(mlockall(0), EINVAL);
	EXPECT_OK(munmap(p + 2 * PAGE, PAGE));
	EXPECT_ERRNO(mincore(p, PAGES * PAGE, vec), ENOMEM);
	EXPECT_ERRNO(mlock(p, PAGES * PAGE), ENOMEM);
	EXPECT_OK(munmap(p, PAGES * PAGE));
}

void stage_vm_enomem(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS, rw = PROT_READ | PROT_WRITE;
	struct rlimit old, r;
	char *p;

	/* More than there is of memory, of addresses. */
	EXPECT_ERRNO(mmap(NULL, 1UL << 45, rw, flags, -1, 0), ENOMEM);
	EXPECT_ERRNO(mmap(NULL, 1UL << 47 | 1UL << 46, PROT_NONE, flags | MAP_FIXED, -1, 0), EPERM);
	EXPECT_ERRNO(mmap(NULL, -(size_t)PAGE, rw, flags, -1, 0), ENOMEM);
	p = mmap(NULL, 1UL << 40, PROT_NONE, flags | MAP_NORESERVE, -1, 0);
	EXPECT(p != MAP_FAILED);
	EXPECT_OK(munmap(p, 1UL << 40));

	/* More than the limit. */
	EXPECT_OK(getrlimit(RLIMIT_AS, &old));
	r = (struct rlimit){ 64 << 20, old.rlim_max };
	EXPECT_OK(setrlimit(RLIMIT_AS, &r));
	EXPECT_ERRNO(mmap(NULL, 64 << 20, rw, flags, -1, 0), ENOMEM);
	p = mmap(NULL, 16 << 20, rw, flags, -1, 0);
	EXPECT(p != MAP_FAILED);
	EXPECT_ERRNO(mremap(p, 16 << 20, 70 << 20, MREMAP_MAYMOVE), ENOMEM);
	p[(16 << 20) - 1] = 1;
	EXPECT_EQ(p[(16 << 20) - 1], 1);
	EXPECT_OK(munmap(p, 16 << 20));
	EXPECT_OK(setrlimit(RLIMIT_AS, &old));
	p = malloc(100000);
	EXPECT(p != NULL);
	free(p);
}

void stage_vm_nx(void)
{
	/* ret */
	static const uint32_t code[] = { 0xd65f03c0 };
	static uint32_t data[4];
	char *p = advice_map(PROT_READ | PROT_WRITE);

	fault_catch();
	memcpy(p, code, sizeof(code));
	memcpy(data, code, sizeof(code));
	EXPECT_EQ(fault_of_call(p), FAULT_DENIED);
	EXPECT(fault_where() == p);
	EXPECT_EQ(fault_of_call(data), FAULT_DENIED);
	EXPECT_OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	__builtin___clear_cache(p, p + sizeof(code));
	EXPECT_EQ(fault_of_call(p), 0);
	EXPECT_EQ(fault_of_write(p, 1), FAULT_DENIED);
	EXPECT_OK(mprotect(p, PAGE, PROT_READ));
	EXPECT_EQ(fault_of_call(p), FAULT_DENIED);
	EXPECT_OK(munmap(p, PAGES * PAGE));
}
