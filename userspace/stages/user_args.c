/*
 * Stages of the first program: its output, what the kernel puts on its stack, and calls that do not exist.
 * The stack is walked up from the environment, which musl leaves where the kernel put it.
 */
#include "expect.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>

enum { CONSOLE_MAJOR = 5, CONSOLE_MINOR = 1, STACK_ALIGN = 16, RANDOM_BYTES = 16 };

extern char **environ;
extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern void _start(void);

/* Linux's struct serial_icounter_struct: what a serial port has counted. */
struct port_counters {
	int cts, dsr, rng, dcd, rx, tx, frame, overrun, parity, brk, buf_overrun;
	int reserved[9];
};

void stage_user_hello(void)
{
	static const char hello[] = "hello from user space\n";
	struct port_counters before = { 0 }, after = { 0 };
	struct stat st;

	EXPECT_OK(fstat(STDOUT_FILENO, &st));
	EXPECT(S_ISCHR(st.st_mode));
	EXPECT_EQ(major(st.st_rdev), CONSOLE_MAJOR);
	EXPECT_EQ(minor(st.st_rdev), CONSOLE_MINOR);
	EXPECT_EQ(isatty(STDOUT_FILENO), 1);

	/* Every byte leaves through the port, and a carriage return before the newline. */
	EXPECT_OK(tcdrain(STDOUT_FILENO));
	EXPECT_OK(ioctl(STDOUT_FILENO, TIOCGICOUNT, &before));
	EXPECT_EQ(write(STDOUT_FILENO, hello, sizeof(hello) - 1), (ssize_t)sizeof(hello) - 1);
	EXPECT_OK(tcdrain(STDOUT_FILENO));
	EXPECT_OK(ioctl(STDOUT_FILENO, TIOCGICOUNT, &after));
	EXPECT_EQ(after.tx - before.tx, (int)sizeof(hello));

	EXPECT_EQ(write(STDOUT_FILENO, hello, 0), 0);
	EXPECT_ERRNO(write(STDOUT_FILENO, (void *)8, 1), EFAULT);
	EXPECT_ERRNO(write(-1, hello, 1), EBADF);
}

static const Elf64_auxv_t *auxv_first(void)
{
	char **p = environ;

	while (*p)
		p++;
	return (const Elf64_auxv_t *)(p + 1);
}

static const Elf64_auxv_t *auxv_find(unsigned long type)
{
	const Elf64_auxv_t *a;

	for (a = auxv_first(); a->a_type != AT_NULL; a++) {
		if (a->a_type == type)
			return a;
	}
	return NULL;
}

static unsigned long auxv_value(unsigned long type)
{
	const Elf64_auxv_t *a = auxv_find(type);

	EXPECT(a != NULL);
	return a->a_un.a_val;
}

/* argc, argv, NULL, envp, NULL, auxv: one behind the other, argc at a multiple of 16. */
static void args_check_order(void)
{
	char **argv = environ - 3;
	long *argc = (long *)(argv - 1);

	EXPECT_EQ(argc[0], 2L);
	EXPECT_EQ((unsigned long)argc % STACK_ALIGN, 0ul);
	EXPECT(argv[2] == NULL);
	EXPECT_STR(argv[0], "/stages/run");
	EXPECT_STR(argv[1], "user.args");
	/* The strings lie in the same order, arguments below the environment. */
	EXPECT(argv[1] == argv[0] + strlen(argv[0]) + 1);
	EXPECT(environ[0] == argv[1] + strlen(argv[1]) + 1);
	EXPECT(strncmp(environ[0], "PATH=", 5) == 0);
	EXPECT_STR(getenv("HOME"), "/");
	EXPECT((char *)auxv_first() < argv[0]);
}

static void args_check_program(void)
{
	const Elf64_Ehdr *eh = (const void *)__ehdr_start;

	EXPECT_EQ(auxv_value(AT_PHDR), (unsigned long)__ehdr_start + eh->e_phoff);
	EXPECT_EQ(auxv_value(AT_PHENT), sizeof(Elf64_Phdr));
	EXPECT_EQ(auxv_value(AT_PHNUM), (unsigned long)eh->e_phnum);
	EXPECT_EQ(auxv_value(AT_ENTRY), (unsigned long)_start);
	EXPECT_EQ(auxv_value(AT_BASE), 0ul);
	EXPECT_EQ(auxv_value(AT_FLAGS), 0ul);
	EXPECT_STR((const char *)auxv_value(AT_EXECFN), "/stages/run");
	EXPECT_STR((const char *)auxv_value(AT_PLATFORM), "aarch64");
}

static void args_check_machine(void)
{
	enum { HWCAP_FP_BIT = 1, HWCAP_ASIMD_BIT = 2 };
	const Elf64_Ehdr *vdso = (const void *)auxv_value(AT_SYSINFO_EHDR);

	EXPECT_EQ(auxv_value(AT_PAGESZ), 4096ul);
	EXPECT_EQ(auxv_value(AT_CLKTCK), 100ul);
	EXPECT(auxv_value(AT_HWCAP) & HWCAP_FP_BIT);
	EXPECT(auxv_value(AT_HWCAP) & HWCAP_ASIMD_BIT);
	EXPECT(auxv_find(AT_HWCAP2) != NULL);
	EXPECT_GE(auxv_value(AT_MINSIGSTKSZ), 4000ul);
	EXPECT_EQ((unsigned long)vdso % 4096, 0ul);
	EXPECT_MEM(vdso->e_ident, ELFMAG, SELFMAG);
	EXPECT_EQ((int)vdso->e_type, ET_DYN);
}

static void args_check_ids(void)
{
	EXPECT_EQ(auxv_value(AT_UID), 0ul);
	EXPECT_EQ(auxv_value(AT_EUID), 0ul);
	EXPECT_EQ(auxv_value(AT_GID), 0ul);
	EXPECT_EQ(auxv_value(AT_EGID), 0ul);
	EXPECT_EQ(auxv_value(AT_SECURE), 0ul);
}

/* 16 bytes on the stack that are not all alike. */
static void args_check_random(void)
{
	const unsigned char *random = (const void *)auxv_value(AT_RANDOM);
	unsigned int i, same = 0;

	EXPECT((char *)random > (char *)auxv_first());
	EXPECT((char *)random < environ[-3]);
	for (i = 1; i < RANDOM_BYTES; i++)
		same += random[i] == random[0];
	EXPECT_LT(same, (unsigned int)RANDOM_BYTES - 1);
}

void stage_user_args(void)
{
	args_check_order();
	args_check_program();
	args_check_machine();
	args_check_ids();
	args_check_random();
}

/* A system call by number with known values in x1 to x7; what they are afterwards. */
static long raw_call(long nr, unsigned long regs[8])
{
	register unsigned long x0 __asm__("x0") = regs[0];
	register unsigned long x1 __asm__("x1") = regs[1];
	register unsigned long x2 __asm__("x2") = regs[2];
	register unsigned long x3 __asm__("x3") = regs[3];
	register unsigned long x4 __asm__("x4") = regs[4];
	register unsigned long x5 __asm__("x5") = regs[5];
	register unsigned long x6 __asm__("x6") = regs[6];
	register unsigned long x7 __asm__("x7") = regs[7];
	register long x8 __asm__("x8") = nr;
	long number;

	__asm__ volatile("svc #0"
			 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6),
			   "+r"(x7), "+r"(x8)
			 :
			 : "memory", "cc");
	regs[0] = x0;
	regs[1] = x1;
	regs[2] = x2;
	regs[3] = x3;
	regs[4] = x4;
	regs[5] = x5;
	regs[6] = x6;
	regs[7] = x7;
	number = x8;
	EXPECT_EQ(number, nr);
	return (long)regs[0];
}

void stage_user_enosys(void)
{
	/* A hole in the table, its end, beyond, and numbers that a sign or a shift could turn valid. */
	static const long numbers[] = { 244, 259, 451, 4095, 0x7fffffff, 0xffffffff, 0x80000000, -1 };
	unsigned long regs[8], i, n;
	char *brk = sbrk(0);
	pid_t pid = getpid();

	for (n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++) {
		for (i = 0; i < 8; i++)
			regs[i] = 0x1111111111111111 * (i + 1);
		EXPECT_EQ(raw_call(numbers[n], regs), (long)-ENOSYS);
		for (i = 1; i < 8; i++)
			EXPECT_EQ(regs[i], 0x1111111111111111 * (i + 1));
	}
	EXPECT_ERRNO(syscall(244), ENOSYS);
	EXPECT_EQ(getpid(), pid);
	EXPECT(sbrk(0) == brk);
	/* As on Linux only the low half of the number counts. */
	for (i = 0; i < 8; i++)
		regs[i] = 0;
	EXPECT_EQ(raw_call(0x100000000 | SYS_getpid, regs), (long)pid);
}
