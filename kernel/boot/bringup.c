/*
 * Weak stand-ins that let the kernel link while its parts arrive: each goes when the real one exists,
 * and the file with the last.
 */
#include <arch/arch.h>
#include <kernel/log.h>
#include <kernel/panic.h>
#include <kernel/printf.h>
#include <kernel/control.h>
#include <kernel/cpu.h>
#include <kernel/dev.h>
#include <kernel/driver.h>
#include <kernel/init.h>
#include <kernel/irq.h>
#include <kernel/machine.h>
#include <kernel/stage_user.h>
#include <kernel/mm.h>
#include <kernel/signal.h>
#include <kernel/task.h>
#include <kernel/smp.h>
#include <kernel/tmpfs.h>
#include <kernel/time.h>
#include <kernel/vfs.h>

#include <kernel/mm.h>
#include <kernel/proc.h>
#include <kernel/proc_internal.h>
#include <kernel/signal.h>
#include <kernel/syscall.h>
#include <kernel/uaccess.h>

#define WEAK __attribute__((weak))

WEAK struct machine machine = {
	.cmdline = "stages",
	.memory = { { 0x40000000, 0x20000000, "ram" } },
	.memory_count = 1,
	.reserved = { { 0x40000000, 0x1000000, "kernel" }, { 0x48000000, 0x200000, "dtb" } },
	.reserved_count = 2,
};

WEAK void machine_init(const void *blob, size_t limit)
{
}

WEAK nsec_t time_mono(void)
{
	return 0;
}

WEAK void control_write(const char *text, size_t n)
{
}

WEAK bool control_available(void)
{
	return false;
}

WEAK void time_init(void)
{
}

WEAK int drivers_probe(enum driver_phase phase)
{
	return 0;
}

WEAK void timers_init(void)
{
}

WEAK void vfs_init(void)
{
}

WEAK void initramfs_init(void)
{
}

WEAK void pseudo_mounts_init(void)
{
}

WEAK void init_start(void)
{
	panic("no init yet");
}

WEAK void stage_run_user(enum stage_number n)
{
}

WEAK void kernel_power_off(void)
{
	panic("no power-off yet");
}

__attribute__((weak)) void log_print(enum log_level level, const char *fmt, ...)
{
	static volatile unsigned int *uart;
	char line[256];
	va_list args;

	if (!uart)
		uart = arch_map_device(0x9000000, PAGE_SIZE);
	va_start(args, fmt);
	kvsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (const char *s = line; *s; s++)
		*uart = *s;
	*uart = '\n';
}

__attribute__((weak)) void log_dump_tail(int lines)
{
}

WEAK struct proc *init_proc;

WEAK void proc_exit(int status)
{
	panic("no processes yet");
}

WEAK int signal_send_task(struct task *t, const siginfo_t *info)
{
	panic("no signals yet");
}

WEAK void signal_set_blocked(sigset_t set)
{
	panic("no signals yet");
}

WEAK int inode_new_anonymous(mode_t mode, struct inode **out)
{
	panic("no inodes yet");
}

WEAK void file_detach(struct file *f)
{
}

WEAK int char_device_register(struct char_device *d)
{
	return 0;
}

WEAK struct task *task_find(pid_t tid)
{
	return NULL;
}

WEAK struct proc *proc_find(pid_t pid)
{
	return NULL;
}

WEAK void proc_put(struct proc *p)
{
}

WEAK struct spinlock tree_lock = SPINLOCK_INIT("tree");
WEAK struct list all_groups = LIST_INIT(all_groups);

WEAK struct proc_group *group_find(pid_t pgid)
{
	return NULL;
}

WEAK bool current_privileged(void)
{
	return true;
}

WEAK int devtmpfs_add(const struct char_device *device)
{
	return 0;
}

WEAK bool group_orphaned(const struct proc_group *g, const struct proc *leaving)
{
	return false;
}

WEAK struct list all_procs = LIST_INIT(all_procs);

WEAK void proc_notify_stop(struct proc *p, int code, int sig)
{
}

WEAK const struct cred *current_cred(void)
{
	return NULL;
}

WEAK struct cred *cred_get(struct proc *p)
{
	return p->cred;
}

WEAK void cred_put(struct cred *c)
{
}

WEAK u32 proc_count;
