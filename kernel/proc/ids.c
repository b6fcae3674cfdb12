/* The calls that only tell a thread its numbers. */
#include <kernel/proc.h>
#include <kernel/syscall.h>

long sys_getpid(void)
{
	return current_proc()->pid;
}

long sys_gettid(void)
{
	return current->tid;
}

/* 0 for a process of the kernel's own. */
long sys_getppid(void)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	struct proc *parent = current_proc()->parent;
	pid_t pid = parent ? parent->pid : 0;

	spin_unlock_irqrestore(&tree_lock, flags);
	return pid;
}
