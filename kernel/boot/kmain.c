/*
 * The boot, top to bottom: this file reads as a table of contents.  Called once by the entry code on
 * the boot CPU with interrupts masked; the second half runs as a task of its own.
 *
 * Every boot initialises the same things in the same order and passes the same checkpoints; the bodies
 * of the stages run only with `stages` on the command line.
 */
#include <arch/arch.h>
#include <kernel/accounting.h>
#include <kernel/boot.h>
#include <kernel/control.h>
#include <kernel/cpu.h>
#include <kernel/driver.h>
#include <kernel/file.h>
#include <kernel/irq.h>
#include <kernel/log.h>
#include <kernel/machine.h>
#include <kernel/panic.h>
#include <kernel/page.h>
#include <kernel/init.h>
#include <kernel/smp.h>
#include <kernel/stage.h>
#include <kernel/symbols.h>
#include <kernel/task.h>
#include <kernel/time.h>
#include <kernel/vfs.h>

/* Arm64 boot protocol: the device tree is at most this long. */
enum { DTB_SIZE_MAX = 2 << 20 };

/* From here there are tasks: whatever may sleep. */
static void boot_task(void *arg)
{
	/* The tick that some of these look at comes only while a task runs. */
	stage_run_range(STAGE_irq_gic, STAGE_debug_backtrace);

	smp_init();
	stage_run_range(STAGE_task_create, STAGE_debug_ktrace);

	drivers_probe(DRIVER_DEVICE);
	stages_control_up();
	stage_run_range(STAGE_dev_virtio, STAGE_dev_net);

	files_init();
	mem_devices_init();
	console_tty_init();
	vfs_init();
	stage_run(STAGE_fs_root);
	initramfs_init();
	stage_run(STAGE_fs_initramfs);
	pseudo_mounts_init();
	stage_run_range(STAGE_fs_pseudo, STAGE_fs_ext2);

	procs_init();
	if (!stages_enabled()) {
		init_start();
		return;
	}
	account_start();
	stage_run_range(STAGE_exec_elf, STAGE_end_accounting);
	stages_finish();
	kernel_power_off();
}

void kmain(paddr_t dtb)
{
	struct task *boot;

	symbols_init();
	task_init_boot(&cpus[0]);
	time_init();
	machine_init((const void *)(LINEAR_BASE + dtb), DTB_SIZE_MAX);
	boot_options_init(machine.cmdline);
	stages_init();
	stage_run_range(STAGE_boot_entry, STAGE_boot_stagetable);

	memory_init();
	arch_vdso_init();
	memory_mark_start();
	stage_run_range(STAGE_mm_map, STAGE_mm_accounting);

	drivers_probe(DRIVER_IRQCHIP);
	timers_init();
	drivers_probe(DRIVER_CONSOLE);
	sched_init();
	arch_irq_enable();
	PANIC_IF(kthread_run("boot", boot_task, NULL, &boot));
	task_put(boot);
	idle_run();
}
