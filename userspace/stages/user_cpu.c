/* Stages of the processor as a program sees it: calls, registers, what it may and may not do. */
#include "expect.h"
#include "registers.h"

#include <elf.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

void registers_fill(struct cpu_regs *r, uint64_t seed)
{
	for (int i = 0; i < 31; i++)
		r->x[i] = seed * 0x9e3779b97f4a7c15 + i * 0x0101010101010101;
	for (int i = 0; i < 64; i++)
		r->v[i] = ~seed * 0x9e3779b97f4a7c15 + i * 0x0202020202020202;
	r->sp = 0;
	r->nzcv = 0xa0000000;  /* N and C */
	r->fpcr = 0x00c00000;  /* round towards zero */
	r->fpsr = 0x08000011;  /* QC, IXC, IOC */
}

void registers_expect(const char *file, int line, const struct cpu_regs *in,
		      const struct cpu_regs *out)
{
	expect_count();
	for (int i = 1; i < 31; i++) {
		if (in->x[i] != out->x[i])
			expect_fail(file, line, "expected x%d kept (0x%lx, 0x%lx)", i, in->x[i],
				    out->x[i]);
	}
	for (int i = 0; i < 64; i++) {
		if (in->v[i] != out->v[i])
			expect_fail(file, line, "expected v%d kept (0x%lx, 0x%lx)", i / 2, in->v[i],
				    out->v[i]);
	}
	if (out->sp || in->nzcv != out->nzcv || in->fpcr != out->fpcr || in->fpsr != out->fpsr)
		expect_fail(file, line, "expected sp, nzcv, fpcr, fpsr kept (0x%lx 0x%lx 0x%lx 0x%lx)",
			    out->sp, out->nzcv, out->fpcr, out->fpsr);
}

/* ---- 61 ------------------------------------------------------------------------------------------ */

void stage_user_syscall(void)
{
	register long x0 __asm__("x0") = 0;
	register long x8 __asm__("x8") = SYS_getpid;
	long steps = 0, after, here, pid;

	__asm__ volatile("mov %1, #0\n\t"
			 "svc #0\n"
			 "1:\tadd %1, %1, #1\n\t"
			 "adr %2, 1b\n\t"
			 "adr %3, .\n\t"
			 : "+r"(x0), "=&r"(steps), "=&r"(after), "=&r"(here) : "r"(x8) : "memory");
	pid = x0;
	EXPECT_GT(pid, 0L);
	EXPECT_EQ(pid, (long)getpid());
	EXPECT_EQ(steps, 1L);
	EXPECT_EQ(here - after, 8L);

	/* The immediate of the instruction means nothing (as on Linux). */
	x0 = 0;
	__asm__ volatile("svc #0x1234" : "+r"(x0) : "r"(x8) : "memory");
	pid -= x0;
	EXPECT_EQ(pid, 0L);
}

/* ---- 64 ------------------------------------------------------------------------------------------ */

enum { PAGE = 4096 };

void stage_user_registers(void)
{
	struct cpu_regs in, out;
	volatile unsigned char *flag;
	unsigned char *pages;
	pid_t child, self = getpid();

	registers_fill(&in, 1);
	in.x[8] = SYS_getpid;
	EXPECT_EQ(registers_round(&in, &out, CPU_SVC, 0), (long)self);
	EXPECT_REGISTERS(&in, &out);

	/* Page faults: a first read, and a copy of what was shared by fork. */
	pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(pages != MAP_FAILED);
	registers_fill(&in, 2);
	EXPECT_EQ(registers_round(&in, &out, CPU_TOUCH, (long)pages + 7), 0L);
	EXPECT_REGISTERS(&in, &out);

	/* Interrupts and other tasks: spins until a child, which also uses every register, says so. */
	flag = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EXPECT(flag != MAP_FAILED);
	IN_CHILD(child) {
		struct timespec ms = { 0, 25000000 };

		nanosleep(&ms, NULL);
		registers_trash();
		*flag = 9;
	}
	registers_fill(&in, 3);
	in.x[1] = (uint64_t)flag;
	EXPECT_EQ(registers_round(&in, &out, CPU_SPIN, 0), 9L);
	EXPECT_REGISTERS(&in, &out);
	EXPECT_CHILD_OK(child);
}

/* ---- 77, and the handler that steps over a fault ------------------------------------------------- */

static struct fault_seen {
	volatile int count;
	volatile int sig;
	volatile int code;
	volatile unsigned long address;
	volatile unsigned long esr;
	volatile unsigned long far;
	volatile unsigned long resume; /* 0: the next instruction */
} fault_seen;

enum { ESR_RECORD = 0x45535201 };

static unsigned long fault_esr_record(const ucontext_t *uc)
{
	const unsigned char *p = (const unsigned char *)uc->uc_mcontext.__reserved;
	const unsigned int *head;

	for (head = (const void *)p; head[0]; head = (const void *)p) {
		if (head[0] == ESR_RECORD)
			return *(const unsigned long *)(p + 8);
		p += head[1];
	}
	return 0;
}

static void fault_step_over(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	fault_seen.count++;
	fault_seen.sig = sig;
	fault_seen.code = info->si_code;
	fault_seen.address = (unsigned long)info->si_addr;
	fault_seen.esr = fault_esr_record(uc);
	fault_seen.far = uc->uc_mcontext.fault_address;
	if (fault_seen.resume)
		uc->uc_mcontext.pc = fault_seen.resume;
	else
		uc->uc_mcontext.pc += 4;
	fault_seen.resume = 0;
}

static void fault_catch(void)
{
	struct sigaction sa = { .sa_sigaction = fault_step_over, .sa_flags = SA_SIGINFO };

	EXPECT_OK(sigaction(SIGSEGV, &sa, NULL));
	EXPECT_OK(sigaction(SIGILL, &sa, NULL));
	EXPECT_OK(sigaction(SIGBUS, &sa, NULL));
	EXPECT_OK(sigaction(SIGTRAP, &sa, NULL));
	memset((void *)&fault_seen, 0, sizeof(fault_seen));
}

#define EXPECT_FAULT(statement, signal_number)                                                     \
	do {                                                                                       \
		int before_ = fault_seen.count;                                                    \
		statement;                                                                         \
		EXPECT_EQ(fault_seen.count, before_ + 1);                                          \
		EXPECT_EQ(fault_seen.sig, signal_number);                                          \
	} while (0)

#define INSN(text) __asm__ volatile(text : : : "x0", "x1", "memory")

static inline unsigned long load_from(unsigned long address)
{
	unsigned long value = 0;

	__asm__ volatile("ldr %0, [%1]" : "+r"(value) : "r"(address) : "memory");
	return value;
}

static inline void store_to(unsigned long address)
{
	__asm__ volatile("str xzr, [%0]" : : "r"(address) : "memory");
}

/* Kernel addresses that are mapped, and one that is not: a program cannot tell them apart. */
static const unsigned long kernel_addresses[] = {
	0xffffc00000000000, 0xffff000040200000, 0xffff9ffffffff000, 0xffffffffffffff00,
};

static void isolation_of_memory(void)
{
	unsigned long esr = 0;

	for (unsigned int i = 0; i < sizeof(kernel_addresses) / sizeof(kernel_addresses[0]); i++) {
		unsigned long value = 1, address = kernel_addresses[i];

		EXPECT_FAULT(value = load_from(address), SIGSEGV);
		EXPECT_EQ(value, 0ul);
		EXPECT_EQ(fault_seen.code, SEGV_MAPERR);
		EXPECT_EQ(fault_seen.address, address);
		if (i)
			EXPECT_EQ(fault_seen.esr, esr);
		esr = fault_seen.esr;
		EXPECT_FAULT(store_to(address), SIGSEGV);
		EXPECT_EQ(write(1, (void *)address, 1), -1L);
		EXPECT_EQ(errno, EFAULT);
		EXPECT_FAULT(
			({
				void (*jump)(void) = (void (*)(void))address;
				__asm__ goto("adr x0, %l[back]\n\tstr x0, [%0]"
					     : : "r"(&fault_seen.resume) : "x0", "memory" : back);
				jump();
			back:
				(void)0;
			}),
			SIGSEGV);
		EXPECT_EQ(fault_seen.address, address);
	}
}

/* What only the kernel may execute. */
static void isolation_of_instructions(void)
{
	EXPECT_FAULT(INSN("mrs x0, sctlr_el1"), SIGILL);
	EXPECT_FAULT(INSN("mrs x0, tpidr_el1"), SIGILL);
	EXPECT_FAULT(INSN("mrs x0, ttbr1_el1"), SIGILL);
	EXPECT_FAULT(INSN("msr vbar_el1, x0"), SIGILL);
	EXPECT_FAULT(INSN("msr daifset, #2"), SIGILL);
	EXPECT_FAULT(INSN("mrs x0, daif"), SIGILL);
	EXPECT_FAULT(INSN("eret"), SIGILL);
	EXPECT_FAULT(INSN("hvc #0"), SIGILL);
	EXPECT_FAULT(INSN("smc #0"), SIGILL);
	EXPECT_FAULT(INSN("tlbi vmalle1"), SIGILL);
	EXPECT_FAULT(INSN("ic iallu"), SIGILL);
	EXPECT_FAULT(INSN("at s1e1r, x0"), SIGILL);
	EXPECT_FAULT(INSN("mrs x0, pmccntr_el0"), SIGILL);
	EXPECT_FAULT(INSN("msr cntv_ctl_el0, x0"), SIGILL);
	EXPECT_FAULT(INSN("udf #0"), SIGILL);
	EXPECT_EQ(fault_seen.code, ILL_ILLOPC);
}

void stage_user_isolation(void)
{
	unsigned long tpidrro;

	fault_catch();
	isolation_of_memory();
	isolation_of_instructions();
	__asm__ volatile("mrs %0, tpidrro_el0" : "=r"(tpidrro));
	EXPECT_EQ(tpidrro, 0ul);
}

/* ---- 79 ------------------------------------------------------------------------------------------ */

#define READ_ID(name)                                                                              \
	({                                                                                         \
		unsigned long id_;                                                                 \
		__asm__ volatile("mrs %0, " name : "=r"(id_));                                     \
		id_;                                                                               \
	})

enum { CAP_ATOMICS = 1 << 8, CAP_CRC32 = 1 << 7, CAP_AES = 1 << 3, CAP_CPUID = 1 << 11,
       CAP_DCPOP = 1 << 16, CAP_SVE = 1 << 22, CAP_PACA = 1 << 30, CAP_FP = 1, CAP_ASIMD = 2 };

/* An instruction works exactly where its capability is announced. */
#define EXPECT_FEATURE(cap, text)                                                                  \
	do {                                                                                       \
		int before_ = fault_seen.count;                                                    \
		INSN(text);                                                                        \
		if (caps & (cap))                                                                  \
			EXPECT_EQ(fault_seen.count, before_);                                      \
		else                                                                               \
			EXPECT_EQ(fault_seen.count, before_ + 1);                                  \
	} while (0)

static void features_of_id_registers(unsigned long caps)
{
	unsigned long isar0 = READ_ID("id_aa64isar0_el1"), pfr0 = READ_ID("id_aa64pfr0_el1");

	EXPECT_EQ(fault_seen.count, 0);
	EXPECT_EQ((isar0 >> 20 & 15) >= 2, (caps & CAP_ATOMICS) != 0);
	EXPECT_EQ((isar0 >> 16 & 15) >= 1, (caps & CAP_CRC32) != 0);
	EXPECT_EQ((isar0 >> 4 & 15) >= 1, (caps & CAP_AES) != 0);
	EXPECT_NE(pfr0 >> 16 & 15, 15ul);
	EXPECT_EQ(pfr0 >> 32 & 15, 0ul); /* SVE is withheld */
	EXPECT_EQ(pfr0 & 0xff, 0x11ul);
	EXPECT_NE(READ_ID("midr_el1"), 0ul);
	EXPECT_EQ(READ_ID("mpidr_el1"), 1ul << 31);
	EXPECT_EQ(READ_ID("id_aa64mmfr1_el1") >> 20 & 15, 0ul); /* PAN is the kernel's affair */
	EXPECT_EQ(READ_ID("s3_0_c0_c7_7"), 0ul);
	EXPECT_EQ(fault_seen.count, 0);
}

static unsigned char zva_block[2048] __attribute__((aligned(2048)));

static void features_of_caches(void)
{
	unsigned long dczid, ctr, size;

	__asm__ volatile("mrs %0, dczid_el0" : "=r"(dczid));
	__asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
	EXPECT_EQ(dczid & 16, 0ul);
	size = 4ul << (dczid & 15);
	EXPECT_LE(size, sizeof(zva_block) / 2);
	memset(zva_block, 0xff, sizeof(zva_block));
	__asm__ volatile("dc zva, %0" : : "r"(zva_block) : "memory");
	for (unsigned long i = 0; i < size; i++)
		EXPECT_EQ(zva_block[i], 0);
	EXPECT_EQ(zva_block[size], 0xff);
	EXPECT_GT(ctr & 15, 0ul);
	__asm__ volatile("dc cvau, %0\n\tdc civac, %0\n\tdc cvac, %0\n\tic ivau, %0"
			 : : "r"(zva_block) : "memory");
	EXPECT_EQ(fault_seen.count, 0);
}

void stage_user_features(void)
{
	static unsigned long word;
	unsigned long caps = getauxval(AT_HWCAP), a, b;

	fault_catch();
	EXPECT_EQ(caps & (CAP_FP | CAP_ASIMD | CAP_CPUID), (unsigned long)(CAP_FP | CAP_ASIMD | CAP_CPUID));
	EXPECT_EQ(caps & (CAP_SVE | CAP_PACA), 0ul);
	features_of_id_registers(caps);
	features_of_caches();

	/* The timer's counter, and hints that must not stop the program. */
	__asm__ volatile("mrs %0, cntvct_el0\n\tisb\n\tmrs %1, cntvct_el0" : "=r"(a), "=r"(b));
	EXPECT_LE(a, b);
	INSN("wfe\n\twfi\n\tyield\n\tsevl\n\twfe");
	EXPECT_EQ(fault_seen.count, 0);

	__asm__ volatile("mov x1, %0" : : "r"(&word) : "x1");
	EXPECT_FEATURE(CAP_ATOMICS, ".arch_extension lse\n\tsub sp, sp, #16\n\tmov x0, #1\n\t"
				    "mov x1, sp\n\tstadd x0, [x1]\n\tadd sp, sp, #16");
	EXPECT_FEATURE(CAP_CRC32, ".arch_extension crc\n\tcrc32b w0, w0, w1");
	EXPECT_FEATURE(CAP_AES, ".arch_extension crypto\n\taese v0.16b, v1.16b");
	EXPECT_FEATURE(CAP_SVE, ".inst 0x04bf5020"); /* rdvl x0, #1 */
}

/* ---- 80 ------------------------------------------------------------------------------------------ */

enum { CODE_MOV_W0 = 0x52800000, CODE_RET = 0xd65f03c0 };

/* int f(void) { return n; } at p, made coherent as the architecture asks (Arm ARM B2.4.4). */
static int code_write_and_run(unsigned int *p, unsigned int n)
{
	unsigned long line, ctr, a;

	p[0] = CODE_MOV_W0 | n << 5;
	p[1] = CODE_RET;
	__asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
	line = 4ul << (ctr >> 16 & 15);
	for (a = (unsigned long)p & -line; a < (unsigned long)(p + 2); a += line)
		__asm__ volatile("dc cvau, %0" : : "r"(a) : "memory");
	__asm__ volatile("dsb ish" : : : "memory");
	line = 4ul << (ctr & 15);
	for (a = (unsigned long)p & -line; a < (unsigned long)(p + 2); a += line)
		__asm__ volatile("ic ivau, %0" : : "r"(a) : "memory");
	__asm__ volatile("dsb ish\n\tisb" : : : "memory");
	return ((int (*)(void))p)();
}

void stage_user_icache(void)
{
	unsigned int *code;
	int round;

	code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EXPECT(code != MAP_FAILED);
	for (round = 0; round < 64; round++)
		EXPECT_EQ(code_write_and_run(code + round % 7, round), round);

	/* The same address with another page: written while writable, run once executable. */
	for (round = 0; round < 8; round++) {
		EXPECT_OK(munmap(code, PAGE));
		EXPECT(mmap(code, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
			    -1, 0) == (void *)code);
		code[0] = CODE_MOV_W0 | (100 + round) << 5;
		code[1] = CODE_RET;
		EXPECT_OK(mprotect(code, PAGE, PROT_READ | PROT_EXEC));
		__builtin___clear_cache((char *)code, (char *)(code + 2));
		EXPECT_EQ(((int (*)(void))code)(), 100 + round);
	}
	EXPECT_OK(munmap(code, PAGE));
}
