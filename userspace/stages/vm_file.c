/*
 * Stages of mapped files and shared memory: private and shared mappings, what read() and write() see,
 * the end of the file, and memory that crosses fork.
 */
#include "expect.h"
#include "fault.h"

#include <fcntl.h>
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 40 };

/* A file of PAGES pages without a name, page i full of i + 1, and 100 bytes more. */
static int file_make(int flags)
{
	char page[PAGE];
	int fd = open("/vm_file", O_RDWR | O_CREAT | O_TRUNC, 0600), again;

	EXPECT_OK(fd);
	for (int i = 0; i < PAGES; i++) {
		memset(page, i + 1, PAGE);
		EXPECT_EQ(write(fd, page, PAGE), PAGE);
	}
	memset(page, 0x7e, 100);
	EXPECT_EQ(write(fd, page, 100), 100);
	again = open("/vm_file", flags);
	EXPECT_OK(again);
	EXPECT_OK(close(fd));
	EXPECT_OK(unlink("/vm_file"));
	return again;
}

static int page_is(const char *p, char value)
{
	return p[0] == value && !memcmp(p, p + 1, PAGE - 1);
}

static char file_byte(int fd, off_t at)
{
	char c = 0;

	EXPECT_EQ(pread(fd, &c, 1, at), 1);
	return c;
}

void stage_vm_file_private(void)
{
	int fd = file_make(O_RDONLY);
	char *p = mmap(NULL, (PAGES + 2) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	char *q = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, 7 * PAGE);

	EXPECT(p != MAP_FAILED && q != MAP_FAILED);
	fault_catch();
	for (int i = PAGES - 1; i >= 0; i--)
		EXPECT(page_is(p + i * PAGE, i + 1));
	EXPECT(page_is(q, 8));
	EXPECT(page_is(q + PAGE, 9));

	/* The last page is zero behind the end of the file; behind that page is nothing. */
	EXPECT_EQ(p[PAGES * PAGE + 99], 0x7e);
	EXPECT_EQ(p[PAGES * PAGE + 100], 0);
	EXPECT_EQ(p[PAGES * PAGE + PAGE - 1], 0);
	EXPECT_EQ(fault_of_read(p + (PAGES + 1) * PAGE), FAULT_NO_FILE);
	EXPECT_EQ(fault_of_write(p + (PAGES + 1) * PAGE, 1), FAULT_NO_FILE);
	EXPECT_EQ(read(fd, p + (PAGES + 1) * PAGE, 1), -1);

	/* What is written is ours: neither the file nor another mapping has it. */
	p[7 * PAGE] = 'x';
	memset(p + 20 * PAGE, 'y', PAGE);
	EXPECT_EQ(p[7 * PAGE], 'x');
	EXPECT_EQ(p[7 * PAGE + 1], 8);
	EXPECT(page_is(q, 8));
	EXPECT_EQ(file_byte(fd, 7 * PAGE), 8);
	EXPECT_EQ(file_byte(fd, 20 * PAGE), 21);
	EXPECT_OK(madvise(p + 7 * PAGE, PAGE, MADV_DONTNEED));
	EXPECT(page_is(p + 7 * PAGE, 8));

	EXPECT_ERRNO(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0), EACCES);
	EXPECT_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100), EINVAL);
	/* The mapping outlives the descriptor and the name. */
	EXPECT_OK(close(fd));
	EXPECT(page_is(p + 30 * PAGE, 31));
	EXPECT_OK(munmap(p, (PAGES + 2) * PAGE));
	EXPECT_OK(munmap(q, 2 * PAGE));
}

void stage_vm_file_shared(void)
{
	int fd = file_make(O_RDWR);
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 3 * PAGE);
	pid_t pid;

	EXPECT(p != MAP_FAILED && q != MAP_FAILED);
	fault_catch();
	EXPECT(page_is(q, 4));
	p[3 * PAGE + 5] = 'm';
	EXPECT_EQ(q[5], 'm');
	EXPECT_EQ(file_byte(fd, 3 * PAGE + 5), 'm');
	EXPECT_EQ(pwrite(fd, "w", 1, 3 * PAGE + 6), 1);
	EXPECT_EQ(p[3 * PAGE + 6], 'w');
	EXPECT_EQ(q[6], 'w');

	IN_CHILD(pid)
		p[3 * PAGE + 7] = 'c';
	EXPECT_CHILD_OK(pid);
	EXPECT_EQ(q[7], 'c');
	EXPECT_EQ(file_byte(fd, 3 * PAGE + 7), 'c');
	EXPECT_OK(msync(p, PAGES * PAGE, MS_SYNC));

	/* A shorter file takes its pages out of every mapping. */
	EXPECT_EQ(p[10 * PAGE], 11);
	EXPECT_OK(ftruncate(fd, 5 * PAGE + 50));
	EXPECT_EQ(fault_of_read(p + 10 * PAGE), FAULT_NO_FILE);
	EXPECT_EQ(p[5 * PAGE + 49], 6);
	EXPECT_EQ(p[5 * PAGE + 50], 0);
	EXPECT_OK(ftruncate(fd, PAGES * PAGE));
	EXPECT_EQ(fault_of_read(p + 10 * PAGE), 0);
	EXPECT(page_is(p + 10 * PAGE, 0));
	EXPECT(page_is(p + 4 * PAGE, 5));

	/* Reading the file into its own mapping, over a page that is not there yet. */
	EXPECT_EQ(pread(fd, p + 20 * PAGE, PAGE, 4 * PAGE), PAGE);
	EXPECT(page_is(p + 20 * PAGE, 5));
	EXPECT_OK(close(fd));
	EXPECT_OK(munmap(p, PAGES * PAGE));
	EXPECT_OK(munmap(q, PAGE));
}

void stage_vm_shared_anon(void)
{
	int rw = PROT_READ | PROT_WRITE;
	volatile char *p = mmap(NULL, PAGES * PAGE, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	volatile char *other = mmap(NULL, PAGE, rw, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	EXPECT(p != MAP_FAILED && other != MAP_FAILED);
	p[0] = 'p';
	IN_CHILD(pid) {
		pid_t grandchild;

		EXPECT_EQ(p[0], 'p');
		p[0] = 'c';
		/* Touched by nobody before the fork. */
		p[5 * PAGE] = 'd';
		IN_CHILD(grandchild)
			p[6 * PAGE] = 'e';
		EXPECT_CHILD_OK(grandchild);
	}
	EXPECT_CHILD_OK(pid);
	EXPECT_EQ(p[0], 'c');
	EXPECT_EQ(p[5 * PAGE], 'd');
	EXPECT_EQ(p[6 * PAGE], 'e');
	EXPECT_EQ(p[7 * PAGE], 0);
	/* Each mapping is memory of its own, and one that is cut stays one memory. */
	EXPECT_EQ(other[0], 0);
	EXPECT_OK(munmap((void *)(p + 2 * PAGE), PAGE));
	IN_CHILD(pid)
		p[8 * PAGE + 1] = 'f';
	EXPECT_CHILD_OK(pid);
	EXPECT_EQ(p[8 * PAGE + 1], 'f');
	EXPECT_OK(munmap((void *)p, PAGES * PAGE));
	EXPECT_OK(munmap((void *)other, PAGE));
}
