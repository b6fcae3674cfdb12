/*
 * reboot(2): the orderly end.  Processes are ended, file systems unmounted, the other CPUs stopped, and the
 * firmware (PSCI) turns the machine off or resets it.
 */
#include <kernel/reboot.h>

#include <kernel/errno.h>
#include <kernel/init.h>
#include <kernel/log.h>
#include <kernel/proc.h>
#include <kernel/smp.h>
#include <kernel/syscall.h>
#include <kernel/uart.h>
#include <kernel/vfs.h>
#include <kernel/virtio_console.h>
#include <arch/arch.h>
#include <uapi/reboot.h>

static bool reboot_magic_ok(u32 magic1, u32 magic2)
{
	return magic1 == LINUX_REBOOT_MAGIC1 &&
	       (magic2 == LINUX_REBOOT_MAGIC2 || magic2 == LINUX_REBOOT_MAGIC2A ||
		magic2 == LINUX_REBOOT_MAGIC2B || magic2 == LINUX_REBOOT_MAGIC2C);
}

struct reboot_record reboot_record;

/* Nothing is written after this; what was written before has left the machine. */
static void reboot_settle(const char *what)
{
	vfs_umount_all();
	log_info("%s", what);
	vport_drain_all();
	uart_drain();
	smp_stop_others();
	reboot_record.mounts = list_length(&all_mounts);
	reboot_record.cpus = smp_online_mask();
	reboot_record.settled = 1;
}

void kernel_power_off(void)
{
	reboot_settle("power off");
	arch_power_off();
}

static __noreturn void kernel_restart(void)
{
	reboot_settle("restart");
	arch_reset();
}

long sys_reboot(u32 magic1, u32 magic2, u32 cmd, void __user *arg)
{
	if (!current_privileged())
		return -EPERM;
	if (!reboot_magic_ok(magic1, magic2))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0;
	case LINUX_REBOOT_CMD_HALT:
	case LINUX_REBOOT_CMD_POWER_OFF:
		kernel_power_off();
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
		kernel_restart();
	default:
		return -EINVAL;
	}
}
