/* Stages of exec, seen from inside the kernel: what it builds, and the way to EL0. */
#include <kernel/stage.h>

#include <arch/arch.h>
#include <kernel/area.h>
#include <kernel/elf.h>
#include <kernel/file.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/proc.h>
#include <kernel/proc_internal.h>
#include <kernel/slab.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/vfs.h>
#include <uapi/auxvec.h>
#include <uapi/wait.h>

enum { SPAWN_LIMIT_SEC = 5, HEADERS_MAX = 4096 };

#define PROGRAM "/stages/run"

/* Starts the stage runner without arguments; it lists its stages and exits with 127. */
static struct proc *spawn_program(struct file *out)
{
	static const char *const argv[] = { PROGRAM, "one", "two words", NULL };
	static const char *const envp[] = { "A=1", NULL };
	struct spawn_args args = {
		.path = PROGRAM,
		.argv = argv,
		.envp = envp,
		.fds = { out, out, out },
	};
	struct proc *p;

	EXPECT_OK(proc_spawn(&args, &p));
	return p;
}

/* Takes what a process writes, and counts; the first write holds it until the stage lets go. */
static struct {
	struct wait_queue changed;
	bool held;             /* (a) the process waits in its first write */
	bool let_go;           /* (a) */
	struct mm *mm;         /* of the writer, looked at while it is held */
	const struct task *writer;
	struct trap_frame *frame;
} hold = { .changed = WAIT_QUEUE_INIT(hold.changed) };

static ssize_t hold_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	hold.mm = current->mm;
	hold.writer = current;
	store_release(&hold.held, true);
	wait_queue_wake_all(&hold.changed);
	wait_event(&hold.changed, load_acquire(&hold.let_go));
	return (ssize_t)from->left;
}

static const struct file_ops hold_ops = { .name = "hold", .write = hold_write };

static void hold_begin(struct file **out)
{
	hold.held = hold.let_go = false;
	EXPECT_OK(file_new(&hold_ops, O_RDWR, NULL, out));
}

static void hold_end(struct proc *p, struct file *out)
{
	int status = -1;

	store_release(&hold.let_go, true);
	wait_queue_wake_all(&hold.changed);
	EXPECT_OK(proc_wait_kernel(p, time_mono() + SPAWN_LIMIT_SEC * (nsec_t)NSEC_PER_SEC, &status));
	EXPECT_EQ(status, WSTATUS_EXIT(127));
	proc_put(p);
	file_put(out);
}

/* ---- exec.elf -------------------------------------------------------------------------------- */

static enum area_prot segment_prot(u32 flags)
{
	return (flags & ELF_PF_R ? PROT_READ : 0) | (flags & ELF_PF_W ? PROT_WRITE : 0) |
	       (flags & ELF_PF_X ? PROT_EXEC : 0);
}

/* The area at va, copied while the lock is held. */
static void area_at(struct mm *mm, vaddr_t va, struct area *out)
{
	struct area *a;

	mutex_lock(&mm->lock);
	a = mm_find_area(mm, va);
	EXPECT(a && a->start <= va && va < a->end);
	*out = *a;
	mutex_unlock(&mm->lock);
}

/* Behind the segment's memory its last page is zero, although the file goes on there. */
static void check_zero_tail(struct mm *mm, vaddr_t from)
{
	vaddr_t end = ALIGN_UP(from, PAGE_SIZE);
	u8 byte, any = 0;

	for (; from < end; from++) {
		EXPECT_EQ(mm_copy_from(mm, &byte, from, 1), (ssize_t)1);
		any |= byte;
	}
	EXPECT_EQ(any, 0);
}

/* A segment's first and last byte lie in areas with its permissions; its bytes are the file's. */
static void check_segment(struct mm *mm, const struct elf64_phdr *ph, const u8 *file)
{
	vaddr_t last = ph->p_vaddr + ph->p_memsz - 1;
	u8 bytes[64] = { 0 };
	struct area a;
	u64 n = MIN(ph->p_filesz, sizeof(bytes));

	area_at(mm, ph->p_vaddr, &a);
	EXPECT_EQ(a.prot, segment_prot(ph->p_flags));
	EXPECT_EQ(a.flags & AREA_SHARED, 0);
	area_at(mm, last, &a);
	EXPECT_EQ(a.prot, segment_prot(ph->p_flags));
	if (ph->p_flags & ELF_PF_W) {
		check_zero_tail(mm, last + 1);
		return;
	}
	/* What the program cannot have changed. */
	EXPECT_EQ(mm_copy_from(mm, bytes, ph->p_vaddr, n), (ssize_t)n);
	if (ph->p_offset + n <= HEADERS_MAX)
		EXPECT_EQ(memcmp(bytes, file + ph->p_offset, n), 0);
}

static void check_segments(struct mm *mm, const u8 *file)
{
	const struct elf64_ehdr *eh = (const void *)file;
	const struct elf64_phdr *ph = (const void *)(file + eh->e_phoff);
	vaddr_t end = 0;
	u32 i, loads = 0;

	for (i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type != ELF_PT_LOAD)
			continue;
		check_segment(mm, &ph[i], file);
		end = ph[i].p_vaddr + ph[i].p_memsz;
		loads++;
	}
	EXPECT_GE(loads, 2u);
	EXPECT_EQ(mm->brk_start, ALIGN_UP(end, PAGE_SIZE));
}

static u64 stack_word(struct mm *mm, vaddr_t at)
{
	u64 word = 0;

	EXPECT_EQ(mm_copy_from(mm, &word, at, sizeof(word)), (ssize_t)sizeof(word));
	return word;
}

/* The vector's value, the vector starting at `at`. */
static u64 auxv_value(struct mm *mm, vaddr_t at, enum auxv_type type)
{
	u64 found;

	for (; (found = stack_word(mm, at)) != AT_NULL; at += 2 * sizeof(u64)) {
		if (found == type)
			return stack_word(mm, at + sizeof(u64));
	}
	return ~(u64)0;
}

static void check_string(struct mm *mm, vaddr_t at, const char *want)
{
	char text[32] = { 0 };
	size_t n = strlen(want) + 1;

	EXPECT_EQ(mm_copy_from(mm, text, at, n), (ssize_t)n);
	EXPECT_EQ(strcmp(text, want), 0);
}

/*
 * Found from the top: the strings, then downwards the vector's end.  argc is the first word below the
 * strings that has three pointers to them behind it; exec left it at a multiple of 16.
 */
static vaddr_t find_argc(struct mm *mm)
{
	vaddr_t at = ALIGN_DOWN(mm->arg_start, (vaddr_t)16);
	int steps;

	for (steps = 0; steps < 64; steps++, at -= 16) {
		if (stack_word(mm, at) == 3 && stack_word(mm, at + 8) == mm->arg_start)
			return at;
	}
	return 0;
}

static void check_stack(struct mm *mm, const u8 *file)
{
	const struct elf64_ehdr *eh = (const void *)file;
	struct area a;
	vaddr_t argc, auxv;

	area_at(mm, mm->stack_top - 1, &a);
	EXPECT_EQ(a.prot, PROT_READ | PROT_WRITE);
	EXPECT(a.flags & AREA_GROWSDOWN);
	argc = find_argc(mm);
	EXPECT_NE(argc, 0ul);
	EXPECT_GE(argc, a.start);
	check_string(mm, stack_word(mm, argc + 8), PROGRAM);
	check_string(mm, stack_word(mm, argc + 24), "two words");
	EXPECT_EQ(stack_word(mm, argc + 32), 0ul);
	check_string(mm, stack_word(mm, argc + 40), "A=1");
	EXPECT_EQ(stack_word(mm, argc + 40), mm->env_start);
	EXPECT_EQ(stack_word(mm, argc + 48), 0ul);
	auxv = argc + 56;
	EXPECT_EQ(auxv_value(mm, auxv, AT_ENTRY), eh->e_entry);
	EXPECT_EQ(auxv_value(mm, auxv, AT_PHNUM), (u64)eh->e_phnum);
	EXPECT_EQ(auxv_value(mm, auxv, AT_PAGESZ), PAGE_SIZE);
	EXPECT_EQ(auxv_value(mm, auxv, AT_SYSINFO_EHDR), mm->vdso);
	check_string(mm, auxv_value(mm, auxv, AT_EXECFN), PROGRAM);
	check_string(mm, auxv_value(mm, auxv, AT_PLATFORM), "aarch64");
}

static void check_no_writable_code(struct mm *mm)
{
	struct rb_node *node;

	mutex_lock(&mm->lock);
	rb_for_each(node, &mm->areas) {
		const struct area *a = rb_entry(node, struct area, node);

		EXPECT_NE(a->prot & (PROT_WRITE | PROT_EXEC), PROT_WRITE | PROT_EXEC);
		EXPECT_GE(a->start, (vaddr_t)MM_LOWEST);
	}
	mutex_unlock(&mm->lock);
}

void stage_exec_elf(void)
{
	u8 *headers = kmalloc(HEADERS_MAX, 0);
	struct file *out, *f;
	loff_t pos = 0;
	struct proc *p;

	EXPECT(headers != NULL);
	EXPECT_OK(file_open_kernel(PROGRAM, O_RDONLY, 0, &f));
	EXPECT_EQ(file_read_kernel(f, headers, HEADERS_MAX, &pos), (ssize_t)HEADERS_MAX);
	hold_begin(&out);
	p = spawn_program(out);
	wait_event(&hold.changed, load_acquire(&hold.held));

	check_segments(hold.mm, headers);
	check_stack(hold.mm, headers);
	check_no_writable_code(hold.mm);
	EXPECT_EQ(hold.mm->exe->inode, f->inode);
	EXPECT_LT(atomic_load(&f->inode->writers), 0);
	EXPECT_EQ(strcmp(p->exe_path, PROGRAM), 0);

	hold_end(p, out);
	EXPECT_EQ(atomic_load(&f->inode->writers), 0);
	file_put(f);
	kfree(headers);
}

/* ---- exec.el0 -------------------------------------------------------------------------------- */

/*
 * The program's first write(2) shows that instructions ran at EL0: the trap frame came from there, with the
 * program's pc and stack pointer.
 */
void stage_exec_el0(void)
{
	struct trap_frame *tf;
	struct area code, stack;
	struct file *out;
	struct proc *p;

	hold_begin(&out);
	p = spawn_program(out);
	wait_event(&hold.changed, load_acquire(&hold.held));

	tf = task_trap_frame(hold.writer);
	EXPECT(trap_from_user(tf));
	area_at(hold.mm, arch_user_pc(tf), &code);
	EXPECT_EQ(code.prot, PROT_READ | PROT_EXEC);
	area_at(hold.mm, arch_user_sp(tf), &stack);
	EXPECT(stack.flags & AREA_GROWSDOWN);
	EXPECT_EQ(arch_user_sp(tf) % 16, 0ul);
	EXPECT_EQ(hold.writer->proc, p);
	EXPECT_EQ(p->thread_count, 1u);
	EXPECT_NE(hold.mm, current->mm);

	hold_end(p, out);
}
