/*
 * What a task has of the processor: kept registers, FP/SIMD, the TLS pointer, and its registers at EL0.
 * Called by the scheduler (arch_switch), by fork and exec, and by whoever looks at a stopped task.
 *
 * The kernel never uses FP, so the registers hold a user task's values all the time that it runs, in
 * the kernel too.  They are written to memory when it is switched away, and loaded when it comes back
 * unless nobody else has had them on that CPU in between.
 */
#include <arch/thread.h>

#include <kernel/cpu.h>
#include <kernel/string.h>
#include <kernel/task.h>

STATIC_ASSERT(offsetof(struct task, work) == 0, "vectors.S tests it with one load");

static u64 tls_read(void)
{
	u64 tls;

	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(tls));
	return tls;
}

static void tls_write(u64 tls)
{
	__asm__ volatile("msr tpidr_el0, %0" : : "r"(tls));
}

/* A frame as if the task had come from EL0, where unwinding ends. */
static void trap_frame_reset(struct trap_frame *tf)
{
	memset(tf, 0, sizeof(*tf));
	tf->syscall = -1;
	tf->type = TRAP_RECORD_USER;
}

void arch_thread_init(struct task *t)
{
	struct trap_frame *tf = task_trap_frame(t);

	trap_frame_reset(tf);
	memset(&t->arch, 0, sizeof(t->arch));
	t->arch.fp = (vaddr_t)tf->record;
	t->arch.sp = (vaddr_t)tf;
	t->arch.pc = (vaddr_t)thread_entry;
	t->arch.fp_cpu = -1;
}

/* Loads t's FP registers and TLS pointer on this CPU.  Interrupts off. */
static void thread_load_user(struct cpu *cpu, struct task *t)
{
	tls_write(t->arch.tpidr_el0);
	if (cpu->arch.fp_owner == t && t->arch.fp_cpu == (s32)cpu->id)
		return;
	fp_load(&t->arch.fp_state);
	cpu->arch.fp_owner = t;
	t->arch.fp_cpu = cpu->id;
}

struct task *arch_switch(struct task *prev, struct task *next)
{
	if (prev->arch.has_user) {
		prev->arch.tpidr_el0 = tls_read();
		fp_save(&prev->arch.fp_state);
	}
	if (next->arch.has_user)
		thread_load_user(prev->cpu, next);
	return switch_registers(prev, next);
}

void arch_thread_save_live(void)
{
	unsigned long flags = arch_irq_save();

	current->arch.tpidr_el0 = tls_read();
	fp_save(&current->arch.fp_state);
	arch_irq_restore(flags);
}

void arch_thread_set_fp(const struct arch_fp *fp)
{
	/* A switch in between would save the old registers over the new values. */
	unsigned long flags = arch_irq_save();

	current->arch.fp_state = *fp;
	fp_load(&current->arch.fp_state);
	arch_irq_restore(flags);
}

void arch_thread_own_fp(void)
{
	unsigned long flags = arch_irq_save();

	current->arch.has_user = true;
	current->arch.fp_cpu = -1;
	thread_load_user(current->cpu, current);
	arch_irq_restore(flags);
}

void arch_thread_fork(struct task *child)
{
	struct trap_frame *tf = task_trap_frame(child);

	arch_thread_save_live();
	*tf = *task_trap_frame(current);
	tf->x[0] = 0;
	tf->syscall = -1;
	child->arch.tpidr_el0 = current->arch.tpidr_el0;
	child->arch.fp_state = current->arch.fp_state;
	child->arch.fp_cpu = -1;
	child->arch.has_user = true;
}

void arch_thread_set_tls(struct task *child, u64 tls)
{
	child->arch.tpidr_el0 = tls;
}

void arch_thread_exec(vaddr_t pc, vaddr_t sp)
{
	struct trap_frame *tf = task_trap_frame(current);
	unsigned long flags;

	trap_frame_reset(tf);
	tf->pc = pc;
	tf->sp = sp;
	/* Live values must not be saved over the zeroes: no switch between here and the load. */
	flags = arch_irq_save();
	memset(&current->arch.fp_state, 0, sizeof(current->arch.fp_state));
	current->arch.tpidr_el0 = 0;
	current->arch.has_user = true;
	current->arch.fp_cpu = -1;
	thread_load_user(current->cpu, current);
	arch_irq_restore(flags);
}

void arch_core_registers(const struct trap_frame *tf, u64 regs[34])
{
	memcpy(regs, tf->x, sizeof(tf->x));
	regs[31] = tf->sp;
	regs[32] = tf->pc;
	regs[33] = tf->pstate;
}
