/*
 * The vDSO: found by AT_SYSINFO_EHDR, read as the ELF that it is, and called as libc would.
 */
#include "expect.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

enum { ROUNDS = 300 };

/* The dynamic section's tables, at their addresses in memory. */
struct vdso {
	const char *base;
	const Elf64_Sym *symbols;
	const char *strings;
	const unsigned int *hash;
	const unsigned short *versions;
	const Elf64_Verdef *definitions;
};

typedef int (*gettime_fn)(clockid_t, struct timespec *);
typedef int (*gettimeofday_fn)(struct timeval *, void *);

static const Elf64_Phdr *vdso_segment(const Elf64_Ehdr *eh, unsigned int type)
{
	const Elf64_Phdr *ph = (const void *)((const char *)eh + eh->e_phoff);

	for (int i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == type)
			return &ph[i];
	}
	return NULL;
}

static struct vdso vdso_open(void)
{
	const Elf64_Ehdr *eh = (const void *)getauxval(AT_SYSINFO_EHDR);
	struct vdso v = { .base = (const char *)eh };
	const Elf64_Phdr *load, *dynamic;

	EXPECT(eh != NULL);
	EXPECT_MEM(eh->e_ident, ELFMAG, SELFMAG);
	EXPECT_EQ((int)eh->e_type, ET_DYN);
	EXPECT_EQ((int)eh->e_machine, EM_AARCH64);
	load = vdso_segment(eh, PT_LOAD);
	dynamic = vdso_segment(eh, PT_DYNAMIC);
	EXPECT(load && dynamic);
	EXPECT_EQ((int)load->p_flags, PF_R | PF_X);
	for (const Elf64_Dyn *d = (const void *)(v.base + dynamic->p_offset); d->d_tag; d++) {
		const void *p = v.base + d->d_un.d_ptr;

		switch (d->d_tag) {
		case DT_SYMTAB: v.symbols = p; break;
		case DT_STRTAB: v.strings = p; break;
		case DT_HASH: v.hash = p; break;
		case DT_VERSYM: v.versions = p; break;
		case DT_VERDEF: v.definitions = p; break;
		}
	}
	EXPECT(v.symbols && v.strings && v.hash && v.versions && v.definitions);
	return v;
}

static int vdso_version_is(const struct vdso *v, int index, const char *name)
{
	const Elf64_Verdef *d = v->definitions;

	for (;;) {
		const Elf64_Verdaux *aux = (const void *)((const char *)d + d->vd_aux);

		if (d->vd_ndx == index)
			return strcmp(v->strings + aux->vda_name, name) == 0;
		if (!d->vd_next)
			return 0;
		d = (const void *)((const char *)d + d->vd_next);
	}
}

static void *vdso_symbol(const struct vdso *v, const char *name)
{
	for (unsigned int i = 0; i < v->hash[1]; i++) {
		const Elf64_Sym *s = &v->symbols[i];

		if (s->st_shndx &&
		    strcmp(v->strings + s->st_name, name) == 0 &&
		    vdso_version_is(v, v->versions[i] & 0x7fff, "LINUX_2.6.39"))
			return (void *)(v->base + s->st_value);
	}
	return NULL;
}

static long ns_of(const struct timespec *ts)
{
	return ts->tv_sec * 1000000000 + ts->tv_nsec;
}

/* The vDSO's reading lies between two of the kernel's, again and again, and never goes back. */
static void clock_agrees(gettime_fn gettime, clockid_t clock)
{
	struct timespec before, inside, after;
	long last = 0;

	for (int i = 0; i < ROUNDS; i++) {
		EXPECT_OK(syscall(SYS_clock_gettime, clock, &before));
		EXPECT_EQ(gettime(clock, &inside), 0);
		EXPECT_OK(syscall(SYS_clock_gettime, clock, &after));
		EXPECT_LT(inside.tv_nsec, 1000000000L);
		EXPECT_LE(ns_of(&before), ns_of(&inside));
		EXPECT_LE(ns_of(&inside), ns_of(&after));
		EXPECT_LE(last, ns_of(&inside));
		last = ns_of(&inside);
	}
}

/* The wall clock moves when it is set, in the vDSO too. */
static void clock_follows_settime(gettime_fn gettime)
{
	struct timespec now, set, back;

	EXPECT_OK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &now));
	set = now;
	set.tv_sec += 86400;
	EXPECT_OK(syscall(SYS_clock_settime, CLOCK_REALTIME, &set));
	EXPECT_EQ(gettime(CLOCK_REALTIME, &back), 0);
	EXPECT_GE(ns_of(&back), ns_of(&set));
	EXPECT_LT(ns_of(&back), ns_of(&set) + 1000000000);
	EXPECT_EQ(gettime(CLOCK_REALTIME, &set), 0);
	set.tv_sec -= 86400;
	EXPECT_OK(syscall(SYS_clock_settime, CLOCK_REALTIME, &set));
}

void stage_user_clock(void)
{
	struct vdso v = vdso_open();
	gettime_fn gettime = (gettime_fn)vdso_symbol(&v, "__kernel_clock_gettime");
	gettime_fn getres = (gettime_fn)vdso_symbol(&v, "__kernel_clock_getres");
	gettimeofday_fn getday = (gettimeofday_fn)vdso_symbol(&v, "__kernel_gettimeofday");
	struct timespec ts, res;
	struct timeval tv;

	EXPECT(gettime && getres && getday);
	EXPECT(vdso_symbol(&v, "__kernel_rt_sigreturn") != NULL);
	clock_agrees(gettime, CLOCK_MONOTONIC);
	clock_agrees(gettime, CLOCK_REALTIME);
	clock_agrees(gettime, CLOCK_BOOTTIME);
	clock_agrees(gettime, CLOCK_PROCESS_CPUTIME_ID);
	clock_follows_settime(gettime);

	EXPECT_EQ(gettime(CLOCK_REALTIME, &ts), 0);
	EXPECT_EQ(getday(&tv, NULL), 0);
	EXPECT_GE(tv.tv_sec * 1000000000 + (tv.tv_usec + 1) * 1000, ns_of(&ts));
	EXPECT_EQ(gettime(99, &ts), -EINVAL);
	EXPECT_EQ(getres(CLOCK_MONOTONIC, &ts), 0);
	EXPECT_OK(syscall(SYS_clock_getres, CLOCK_MONOTONIC, &res));
	EXPECT_EQ(ns_of(&ts), ns_of(&res));
}
