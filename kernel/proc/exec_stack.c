/*
 * The first stack of a program, as the kernel leaves it and _start finds it (System V ABI for Arm,
 * "Process Initialization"; Linux's order):
 *
 *	top	8 bytes of zero
 *		the path (AT_EXECFN)
 *		environment strings, argument strings: argv[0] lowest
 *		"aarch64" (AT_PLATFORM)
 *		16 random bytes (AT_RANDOM)
 *		auxiliary vector, pairs, ended by AT_NULL
 *		environment pointers, NULL
 *		argument pointers, NULL
 *	sp	argc				a multiple of 16
 */
#include <kernel/exec.h>

#include <arch/arch.h>
#include <kernel/errno.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/proc.h>
#include <kernel/random.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <uapi/auxvec.h>
#include <uapi/time.h>

#define STACK_TOP (TASK_SIZE - 16 * PAGE_SIZE)

enum {
	STACK_ALIGN   = 16,
	STACK_SPARE   = 32 * PAGE_SIZE, /* mapped below the contents from the start */
	RANDOM_BYTES  = 16,
	AUXV_PAIRS    = 24,
	END_MARK      = sizeof(u64),
};

static const char stack_platform[8] = "aarch64";

/* The words below the strings while they are put together; `at` is where words[0] will be. */
struct stack_words {
	u64 *words;
	u32 count;
	vaddr_t at;
};

static void stack_push(struct stack_words *w, u64 word)
{
	w->words[w->count++] = word;
}

static void stack_push_aux(struct stack_words *w, enum auxv_type type, u64 value)
{
	stack_push(w, type);
	stack_push(w, value);
}

/* Pointers to `count` strings that lie one behind the other, and NULL.  Returns where they end. */
static size_t stack_push_strings(struct stack_words *w, const struct exec_strings *s, size_t at, u32 count,
				 vaddr_t base)
{
	while (count--) {
		stack_push(w, base + at);
		at += strlen(s->text + at) + 1;
	}
	stack_push(w, 0);
	return at;
}

static void stack_push_auxv(struct stack_words *w, const struct exec *x, vaddr_t random, vaddr_t platform,
			    vaddr_t path)
{
	const struct exec_image *p = &x->program;
	const struct cred *old = current_cred(), *c = x->cred ? x->cred : old;

	if (x->mm->vdso)
		stack_push_aux(w, AT_SYSINFO_EHDR, x->mm->vdso);
	stack_push_aux(w, AT_MINSIGSTKSZ, MINSIGSTKSZ);
	stack_push_aux(w, AT_HWCAP, arch_hwcap());
	stack_push_aux(w, AT_PAGESZ, PAGE_SIZE);
	stack_push_aux(w, AT_CLKTCK, USER_HZ);
	stack_push_aux(w, AT_PHDR, p->elf.phdr ? p->bias + p->elf.phdr : 0);
	stack_push_aux(w, AT_PHENT, sizeof(struct elf64_phdr));
	stack_push_aux(w, AT_PHNUM, p->elf.phdr_count);
	stack_push_aux(w, AT_BASE, x->interp.file ? x->interp.bias + x->interp.elf.low : 0);
	stack_push_aux(w, AT_FLAGS, 0);
	stack_push_aux(w, AT_ENTRY, p->bias + p->elf.entry);
	stack_push_aux(w, AT_UID, c->uid);
	stack_push_aux(w, AT_EUID, c->euid);
	stack_push_aux(w, AT_GID, c->gid);
	stack_push_aux(w, AT_EGID, c->egid);
	stack_push_aux(w, AT_SECURE, x->cred != NULL);
	stack_push_aux(w, AT_RANDOM, random);
	stack_push_aux(w, AT_HWCAP2, arch_hwcap2());
	stack_push_aux(w, AT_EXECFN, path);
	stack_push_aux(w, AT_PLATFORM, platform);
	stack_push_aux(w, AT_NULL, 0);
}

static int stack_map(struct exec *x, u64 contents)
{
	u64 size = ALIGN_UP(contents + STACK_SPARE, PAGE_SIZE);
	struct mm_map_args args = {
		.addr = STACK_TOP - size,
		.length = size,
		.prot = PROT_READ | PROT_WRITE,
		.flags = AREA_STACK | AREA_GROWSDOWN,
		.fixed = true,
	};
	vaddr_t where;

	if (x->program.elf.exec_stack)
		args.prot |= PROT_EXEC;
	x->mm->stack_top = STACK_TOP;
	return mm_map(x->mm, &args, &where);
}

static void stack_note_args(struct exec *x, vaddr_t base, vaddr_t words)
{
	const struct exec_strings *s = &x->strings;
	struct mm *mm = x->mm;

	mm->arg_start = base;
	mm->arg_end = mm->env_start = base + s->env_at;
	mm->env_end = base + s->path_at;
	/* Behind argc, the arguments and the environment with their NULLs. */
	mm->auxv_start = words + (1 + s->argc + 1 + s->envc + 1) * sizeof(u64);
	mm->auxv_end = mm->auxv_start + AUXV_PAIRS * 2 * sizeof(u64);
}

/* Everything below the strings, in one block that ends right under them. */
static int stack_write_words(struct exec *x, struct stack_words *w, vaddr_t base, size_t size)
{
	const struct exec_strings *s = &x->strings;
	size_t tail = RANDOM_BYTES + sizeof(stack_platform);
	u8 *end = (u8 *)w->words + size;
	vaddr_t random = w->at + size - tail;

	stack_push(w, s->argc);
	stack_push_strings(w, s, 0, s->argc, base);
	stack_push_strings(w, s, s->env_at, s->envc, base);
	stack_push_auxv(w, x, random, random + RANDOM_BYTES, base + s->path_at);
	random_bytes(end - tail, RANDOM_BYTES);
	memcpy(end - sizeof(stack_platform), stack_platform, sizeof(stack_platform));
	return mm_copy_to(x->mm, w->at, w->words, size) == (ssize_t)size ? 0 : -ENOMEM;
}

int exec_stack_build(struct exec *x)
{
	struct exec_strings *s = &x->strings;
	u64 words = 1 + s->argc + 1 + s->envc + 1 + AUXV_PAIRS * 2;
	size_t size = words * sizeof(u64) + RANDOM_BYTES + sizeof(stack_platform);
	vaddr_t base = STACK_TOP - END_MARK - s->used;
	struct stack_words w = { .at = ALIGN_DOWN(base - size, (vaddr_t)STACK_ALIGN) };
	int err;

	size = ALIGN_DOWN(base, (vaddr_t)sizeof(u64)) - w.at;
	err = stack_map(x, STACK_TOP - w.at);
	if (err)
		return err;
	if (mm_copy_to(x->mm, base, s->text, s->used) != (ssize_t)s->used)
		return -ENOMEM;
	w.words = kzalloc(size, 0);
	if (!w.words)
		return -ENOMEM;
	err = stack_write_words(x, &w, base, size);
	kfree(w.words);
	stack_note_args(x, base, w.at);
	x->sp = w.at;
	return err;
}
