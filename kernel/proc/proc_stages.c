/* Stages of exec, seen from inside the kernel: what it builds, and the way to EL0. */
#include <kernel/stage.h>

#include <arch/arch.h>
#include <kernel/area.h>
#include <kernel/exec.h>
#include <kernel/file.h>
#include <kernel/mm.h>
#include <kernel/page.h>
#include <kernel/proc.h>
#include <kernel/string.h>
#include <kernel/time.h>
#include <kernel/vfs.h>
#include <uapi/auxvec.h>
#include <uapi/wait.h>

enum { RUN_LIMIT_SEC = 5 };

#define PROGRAM "/stages/run"

static const char *const program_argv[] = { PROGRAM, "one", "two words", NULL };
static const char *const program_envp[] = { "A=1", NULL };

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

/* Memory behind the file's part, to the end of its last page, is zero although the file goes on. */
static void check_zeroes(struct mm *mm, vaddr_t from, vaddr_t end)
{
	u8 bytes[64], any = 0;
	size_t i, n;

	for (; from < end; from += n) {
		n = MIN(end - from, sizeof(bytes));
		EXPECT_EQ(mm_copy_from(mm, bytes, from, n), (ssize_t)n);
		for (i = 0; i < n; i++)
			any |= bytes[i];
	}
	EXPECT_EQ(any, 0);
}

/* [va, va + n) holds the file's bytes from `offset` on. */
static void check_file_bytes(struct mm *mm, struct file *f, vaddr_t va, u64 offset, u64 size)
{
	u8 memory[256], file[256];
	loff_t pos = (loff_t)offset;
	size_t n;

	for (; size; size -= n, va += n) {
		n = MIN(size, sizeof(memory));
		EXPECT_EQ(mm_copy_from(mm, memory, va, n), (ssize_t)n);
		EXPECT_EQ(file_read_kernel(f, file, n, &pos), (ssize_t)n);
		EXPECT_EQ(memcmp(memory, file, n), 0);
	}
}

static void check_segment(struct mm *mm, struct file *f, const struct elf64_phdr *ph)
{
	vaddr_t last = ph->p_vaddr + ph->p_memsz - 1;
	struct area a;

	area_at(mm, ph->p_vaddr, &a);
	EXPECT_EQ(a.prot, segment_prot(ph->p_flags));
	EXPECT_EQ(a.flags & AREA_SHARED, 0);
	area_at(mm, last, &a);
	EXPECT_EQ(a.prot, segment_prot(ph->p_flags));
	check_file_bytes(mm, f, ph->p_vaddr, ph->p_offset, ph->p_filesz);
	if (ph->p_flags & ELF_PF_W)
		check_zeroes(mm, ph->p_vaddr + ph->p_filesz, ALIGN_UP(last, PAGE_SIZE));
}

static void check_segments(const struct exec *x)
{
	const struct exec_image *p = &x->program;
	vaddr_t end = 0;
	u32 i, loads = 0;

	for (i = 0; i < p->header.e_phnum; i++) {
		if (p->segments[i].p_type != ELF_PT_LOAD)
			continue;
		check_segment(x->mm, p->file, &p->segments[i]);
		end = p->segments[i].p_vaddr + p->segments[i].p_memsz;
		loads++;
	}
	EXPECT_GE(loads, 2u);
	EXPECT_EQ(x->mm->brk_start, ALIGN_UP(end, PAGE_SIZE));
}

static u64 stack_word(struct mm *mm, vaddr_t at)
{
	u64 word = 0;

	EXPECT_EQ(mm_copy_from(mm, &word, at, sizeof(word)), (ssize_t)sizeof(word));
	return word;
}

/* The value of a type in the vector that starts at `at`; all ones if it is not there. */
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

static void check_auxv(const struct exec *x, vaddr_t auxv)
{
	const struct elf64_ehdr *eh = &x->program.header;
	struct mm *mm = x->mm;

	EXPECT_EQ(auxv_value(mm, auxv, AT_ENTRY), eh->e_entry);
	EXPECT_EQ(auxv_value(mm, auxv, AT_PHNUM), (u64)eh->e_phnum);
	EXPECT_EQ(auxv_value(mm, auxv, AT_PAGESZ), PAGE_SIZE);
	EXPECT_EQ(auxv_value(mm, auxv, AT_HWCAP), arch_hwcap());
	EXPECT_EQ(auxv_value(mm, auxv, AT_SYSINFO_EHDR), mm->vdso);
	check_string(mm, auxv_value(mm, auxv, AT_EXECFN), PROGRAM);
	check_string(mm, auxv_value(mm, auxv, AT_PLATFORM), "aarch64");
}

/* argc, argv, NULL, envp, NULL, auxv from the stack pointer up. */
static void check_stack(const struct exec *x)
{
	struct mm *mm = x->mm;
	vaddr_t sp = x->sp;
	struct area a;

	EXPECT_EQ(sp % 16, 0ul);
	area_at(mm, sp, &a);
	EXPECT_EQ(a.prot, PROT_READ | PROT_WRITE);
	EXPECT(a.flags & AREA_GROWSDOWN);
	EXPECT_EQ(a.end, mm->stack_top);
	EXPECT_EQ(stack_word(mm, sp), 3ul);
	check_string(mm, stack_word(mm, sp + 8), PROGRAM);
	check_string(mm, stack_word(mm, sp + 24), "two words");
	EXPECT_EQ(stack_word(mm, sp + 32), 0ul);
	check_string(mm, stack_word(mm, sp + 40), "A=1");
	EXPECT_EQ(stack_word(mm, sp + 48), 0ul);
	EXPECT_EQ(stack_word(mm, sp + 8), mm->arg_start);
	EXPECT_EQ(stack_word(mm, sp + 40), mm->env_start);
	check_auxv(x, sp + 56);
}

/* Nothing may be written and executed, and the lowest addresses stay empty. */
static void check_areas(struct mm *mm)
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
	struct inode *inode;
	struct exec *x;

	EXPECT_OK(exec_prepare_kernel(PROGRAM, program_argv, program_envp, &x));
	inode = x->program.file->inode;
	inode_get(inode);
	check_segments(x);
	check_stack(x);
	check_areas(x->mm);
	/* Nobody may write to it while it is a program. */
	EXPECT_EQ(x->mm->exe->inode, inode);
	EXPECT_LT(atomic_load(&inode->writers), 0);

	exec_free(x);
	EXPECT_EQ(atomic_load(&inode->writers), 0);
	inode_put(inode);
	EXPECT_EQ(exec_prepare_kernel("/no/such/file", program_argv, program_envp, &x), -ENOENT);
}

/* ---- exec.el0 -------------------------------------------------------------------------------- */

/* A file whose writer waits in the kernel until the stage has looked at it. */
static struct {
	struct wait_queue changed;
	bool held;             /* (a) somebody waits in its first write */
	bool let_go;           /* (a) */
	struct task *writer;   /* referenced */
} hold = { .changed = WAIT_QUEUE_INIT(hold.changed) };

static ssize_t hold_write(struct file *f, struct iov_iter *from, loff_t *pos)
{
	if (!hold.writer) {
		task_get(current);
		hold.writer = current;
		store_release(&hold.held, true);
		wait_queue_wake_all(&hold.changed);
	}
	wait_event(&hold.changed, load_acquire(&hold.let_go));
	return (ssize_t)from->left;
}

static const struct file_ops hold_ops = { .name = "hold", .write = hold_write };

static nsec_t run_limit(void)
{
	return time_mono() + RUN_LIMIT_SEC * (nsec_t)NSEC_PER_SEC;
}

/*
 * The program's first write(2) shows that instructions ran at EL0: the trap frame came from there, with the
 * program's pc and stack pointer, in an address space of its own.
 */
static void check_writer(struct proc *p)
{
	const struct trap_frame *tf = task_trap_frame(hold.writer);
	struct mm *mm = hold.writer->mm;
	struct area code, stack;

	EXPECT(trap_from_user(tf));
	area_at(mm, arch_user_pc(tf), &code);
	EXPECT_EQ(code.prot, PROT_READ | PROT_EXEC);
	area_at(mm, arch_user_sp(tf), &stack);
	EXPECT(stack.flags & AREA_GROWSDOWN);
	EXPECT_EQ(arch_user_sp(tf) % 16, 0ul);
	EXPECT_EQ(hold.writer->proc, p);
	EXPECT_EQ(hold.writer->tid, p->pid);
	EXPECT_NE(mm, current->mm);
	EXPECT_EQ(strcmp(p->exe_path, PROGRAM), 0);
	EXPECT_EQ(strcmp(hold.writer->name, "run"), 0);
}

/* Without a stage the program lists those it has and exits with 127. */
void stage_exec_el0(void)
{
	static const char *const argv[] = { PROGRAM, NULL };
	struct spawn_args args = { .path = PROGRAM, .argv = argv, .envp = program_envp };
	struct proc *p;
	int status = -1;

	EXPECT_OK(file_new(&hold_ops, O_RDWR, NULL, &args.fds[1]));
	EXPECT_OK(proc_spawn(&args, &p));
	EXPECT_OK(wait_event_state(&hold.changed, load_acquire(&hold.held), TASK_UNINTERRUPTIBLE,
				   run_limit()));
	check_writer(p);
	store_release(&hold.let_go, true);
	wait_queue_wake_all(&hold.changed);
	EXPECT_OK(proc_wait_kernel(p, run_limit(), &status));
	EXPECT_EQ(status, WSTATUS_EXIT(127));
	task_put(hold.writer);
	proc_put(p);
	file_put(args.fds[1]);
}
