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
	return READ_ONCE(current_proc()->ppid);
}
