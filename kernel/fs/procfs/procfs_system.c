/* Files of /proc about the machine as a whole.  Layouts: proc(5). */
#include "procfs.h"

#include <arch/arch.h>
#include <kernel/cpu.h>
#include <kernel/machine.h>
#include <kernel/page.h>
#include <kernel/time.h>
#include <kernel/uts.h>
#include <uapi/time.h>

enum {
	NSEC_PER_JIFFY = NSEC_PER_SEC / USER_HZ,
	NSEC_PER_CENTI = NSEC_PER_SEC / 100,
	PAGE_KIBS = PAGE_SIZE / 1024,
};

int procfs_show_meminfo(struct pseudo_text *t, u64 key)
{
	u64 total = page_total_count() * PAGE_KIBS;
	u64 free = page_free_count() * PAGE_KIBS;

	/* Nothing is ever paged out: what is not free is in use. */
	pseudo_printf(t, "MemTotal:       %8lu kB\n", total);
	pseudo_printf(t, "MemFree:        %8lu kB\n", free);
	pseudo_printf(t, "MemAvailable:   %8lu kB\n", free);
	pseudo_printf(t, "Buffers:        %8lu kB\n", (u64)0);
	pseudo_printf(t, "Cached:         %8lu kB\n", (u64)0);
	pseudo_printf(t, "SwapCached:     %8lu kB\n", (u64)0);
	pseudo_printf(t, "SwapTotal:      %8lu kB\n", (u64)0);
	pseudo_printf(t, "SwapFree:       %8lu kB\n", (u64)0);
	pseudo_printf(t, "Shmem:          %8lu kB\n", (u64)0);
	pseudo_printf(t, "SReclaimable:   %8lu kB\n", (u64)0);
	return 0;
}

/* Names of AT_HWCAP's bits, from bit 0 (Linux: Documentation/arm64/elf_hwcaps.rst). */
static const char *const cpuinfo_features[] = {
	"fp", "asimd", "evtstrm", "aes", "pmull", "sha1", "sha2", "crc32", "atomics", "fphp",
	"asimdhp", "cpuid", "asimdrdm", "jscvt", "fcma", "lrcpc", "dcpop", "sha3", "sm3", "sm4",
	"asimddp", "sha512", "sve", "asimdfhm", "dit", "uscat", "ilrcpc", "flagm", "ssbs", "sb",
};

int procfs_show_cpuinfo(struct pseudo_text *t, u64 key)
{
	u64 hwcap = arch_hwcap();
	u32 cpu, bit;

	for (cpu = 0; cpu < cpu_count; cpu++) {
		pseudo_printf(t, "processor\t: %u\n", cpu);
		/* Two counts of the timer per loop, as Linux computes it on Arm. */
		pseudo_printf(t, "BogoMIPS\t: %lu.%02lu\n", arch_counter_hz() / 500000,
			      arch_counter_hz() / 5000 % 100);
		pseudo_printf(t, "Features\t:");
		for (bit = 0; bit < ARRAY_SIZE(cpuinfo_features); bit++) {
			if (hwcap >> bit & 1)
				pseudo_printf(t, " %s", cpuinfo_features[bit]);
		}
		pseudo_printf(t, "\nCPU architecture: 8\n\n");
	}
	return 0;
}

/* How long a CPU has been idle, the idling that is going on included. */
static u64 system_idle_time(struct cpu *cpu, nsec_t now)
{
	irqflags_t flags = spin_lock_irqsave(&cpu->rq.lock);
	u64 idle = cpu->idle_ns;

	if (cpu->rq.running == cpu->idle && now > cpu->idle->exec_start)
		idle += now - cpu->idle->exec_start;
	spin_unlock_irqrestore(&cpu->rq.lock, flags);
	return MIN(idle, now);
}

/* User time of p's threads, of those that are gone, and of the children that it has waited for. */
static u64 system_proc_user(struct proc *p) REQUIRES(tree_lock)
{
	u64 total = p->child_utime;
	struct task *t;
	u64 user, system;

	spin_lock(&p->sig_lock);
	total += p->dead_utime;
	list_for_each(t, &p->threads, thread) {
		task_times(t, &user, &system);
		total += user;
	}
	spin_unlock(&p->sig_lock);
	return total;
}

/* User time of all processes, past ones too as long as somebody waited for them. */
static u64 system_user_time(void)
{
	irqflags_t flags = spin_lock_irqsave(&tree_lock);
	struct proc *p;
	u64 total = 0;

	list_for_each(p, &all_procs, all)
		total += system_proc_user(p);
	spin_unlock_irqrestore(&tree_lock, flags);
	return total;
}

/* Per CPU only the idle time is known; the rest of its time is called system's. */
static void stat_cpu(struct pseudo_text *t, u32 cpu, nsec_t now)
{
	u64 idle = system_idle_time(&cpus[cpu], now);

	pseudo_printf(t, "cpu%u 0 0 %lu %lu 0 0 0 0 0 0\n", cpu, (now - idle) / NSEC_PER_JIFFY,
		      idle / NSEC_PER_JIFFY);
}

int procfs_show_system_stat(struct pseudo_text *t, u64 key)
{
	nsec_t now = time_mono();
	u64 user, busy;
	u64 idle = 0, irqs = 0, switches = 0;
	u32 cpu, runnable = 0;

	for (cpu = 0; cpu < cpu_count; cpu++) {
		idle += system_idle_time(&cpus[cpu], now);
		irqs += cpus[cpu].irq_count;
		switches += cpus[cpu].rq.switches;
		runnable += cpus[cpu].rq.count;
	}
	/* What was not idle and not a program's was the kernel's. */
	busy = now * cpu_count > idle ? now * cpu_count - idle : 0;
	user = MIN(system_user_time(), busy);
	pseudo_printf(t, "cpu  %lu 0 %lu %lu 0 0 0 0 0 0\n", user / NSEC_PER_JIFFY,
		      (busy - user) / NSEC_PER_JIFFY, idle / NSEC_PER_JIFFY);
	for (cpu = 0; cpu < cpu_count; cpu++)
		stat_cpu(t, cpu, now);
	pseudo_printf(t, "intr %lu\nctxt %lu\nbtime %lu\n", irqs, switches,
		      (time_real() - now) / NSEC_PER_SEC);
	pseudo_printf(t, "processes %u\nprocs_running %u\nprocs_blocked 0\n", READ_ONCE(proc_count),
		      runnable);
	return 0;
}

int procfs_show_uptime(struct pseudo_text *t, u64 key)
{
	nsec_t now = time_mono();
	u64 idle = 0;
	u32 cpu;

	for (cpu = 0; cpu < cpu_count; cpu++)
		idle += system_idle_time(&cpus[cpu], now);
	pseudo_printf(t, "%lu.%02lu %lu.%02lu\n", now / NSEC_PER_SEC, now / NSEC_PER_CENTI % 100,
		      idle / NSEC_PER_SEC, idle / NSEC_PER_CENTI % 100);
	return 0;
}

/* The averages are not kept; the numbers of tasks are true. */
int procfs_show_loadavg(struct pseudo_text *t, u64 key)
{
	u32 runnable = 0;
	u32 cpu;

	for (cpu = 0; cpu < cpu_count; cpu++)
		runnable += cpus[cpu].rq.count;
	pseudo_printf(t, "0.00 0.00 0.00 %u/%u %d\n", runnable, READ_ONCE(proc_count),
		      current->proc ? current->proc->pid : 0);
	return 0;
}

int procfs_show_version(struct pseudo_text *t, u64 key)
{
	pseudo_printf(t, "%s version %s (cairn) %s\n", uts_name.sysname,
		      uts_name.release, uts_name.version);
	return 0;
}

int procfs_show_boot_cmdline(struct pseudo_text *t, u64 key)
{
	pseudo_printf(t, "%s\n", machine.cmdline);
	return 0;
}
