/*
 * Stage 82: CPUs are hung on purpose, for a little longer than a limit that is lowered meanwhile.
 * What the watchdog prints is part of the walk's console output.
 */
#include <kernel/cpu.h>
#include <kernel/crew.h>
#include <kernel/log.h>
#include <kernel/printf.h>
#include <kernel/sched.h>
#include <kernel/stage.h>
#include <kernel/string.h>
#include <kernel/symbols.h>
#include <kernel/time.h>
#include <kernel/watchdog.h>

enum {
	HANG_LIMIT_NS = 2 * TICK_NS,  /* meanwhile */
	HANG_MAX_MS   = 10000,        /* a hang that is not found ends too */
};

static struct crew hang_crew;
static u32 hang_reports; /* watchdog_last.count when the hang began */

static bool hang_found(void)
{
	return READ_ONCE(watchdog_last.count) != hang_reports;
}

/* Until it is found; with the limit lowered, and a host that stalls, there may be reports before it. */
static void hang(void)
{
	nsec_t end = time_mono() + HANG_MAX_MS * (nsec_t)NSEC_PER_MSEC;

	hang_reports = watchdog_last.count;
	while (!hang_found() && time_mono() < end)
		arch_cpu_relax();
}

/* The functions that are looked for in the report. */
static __noinline void hang_with_preemption_off(void)
{
	preempt_disable();
	hang();
	preempt_enable();
}

static __noinline void hang_with_interrupts_off(void)
{
	irqflags_t flags = arch_irq_save();

	hang();
	arch_irq_restore(flags);
}

static bool hang_named(const char *function)
{
	char name[64];

	for (int i = 0; i < watchdog_last.depth; i++) {
		symbol_format(name, sizeof(name), watchdog_last.entries[i].pc);
		if (!strncmp(name, function, strlen(function)))
			return true;
	}
	return false;
}

static void hang_check(enum watchdog_kind kind, u32 cpu, const char *task)
{
	EXPECT(hang_found());
	EXPECT_EQ(watchdog_last.kind, kind);
	EXPECT_EQ(watchdog_last.cpu, cpu);
	EXPECT(!strcmp(watchdog_last.task, task));
	EXPECT_GE(watchdog_last.found - watchdog_last.since, (nsec_t)HANG_LIMIT_NS);
}

/* At once, without waiting for a tick: on a starved host one may be late by more than the limit. */
static void hang_set_limit(nsec_t limit)
{
	irqflags_t flags = arch_irq_save();
	struct cpu *cpu = this_cpu();

	cpu->watchdog_limit = limit;
	watchdog_pet(cpu, time_mono());
	arch_irq_restore(flags);
}

/* The member on the last CPU hangs, unwatched but for its neighbour, whose tick needs somebody to run. */
static void hang_silent_body(struct crew_member *m)
{
	struct cpu *cpu = READ_ONCE(current->cpu);
	nsec_t end = time_mono() + HANG_MAX_MS * (nsec_t)NSEC_PER_MSEC;
	bool nmi = cpu->watchdog_nmi;

	if (m->index < cpu_count - 1) {
		while (atomic_load(&m->crew->left) == (int)cpu_count && time_mono() < end)
			arch_cpu_relax();
		return;
	}
	hang_set_limit(HANG_LIMIT_NS);
	cpu->watchdog_nmi = false;
	arch_watchdog_stop();
	hang_with_interrupts_off();
	cpu->watchdog_nmi = nmi;
	hang_set_limit(WATCHDOG_LIMIT_NS);
}

void stage_debug_watchdog(void)
{
	struct cpu *cpu = READ_ONCE(current->cpu);

	EXPECT_OK(sched_set_affinity(current, 1ul << cpu->id));
	cpu = current->cpu;
	hang_set_limit(HANG_LIMIT_NS);
	hang_with_preemption_off();
	hang_check(WATCHDOG_PREEMPT_OFF, cpu->id, current->name);
	EXPECT(hang_named("hang_with_preemption_off"));

	hang_set_limit(HANG_LIMIT_NS);
	hang_with_interrupts_off();
	hang_set_limit(WATCHDOG_LIMIT_NS);
	EXPECT_OK(sched_set_affinity(current, ~0ul));
	hang_check(WATCHDOG_IRQS_OFF, cpu->id, current->name);
	EXPECT(hang_named("hang_with_interrupts_off"));

	if (cpu_count > 1) {
		char task[TASK_NAME_MAX];

		ksnprintf(task, sizeof(task), "crew/%u", cpu_count - 1);
		EXPECT_OK(crew_start(&hang_crew, cpu_count, CREW_SPREAD, hang_silent_body));
		EXPECT_OK(crew_join(&hang_crew, 20 * (nsec_t)NSEC_PER_SEC));
		hang_check(WATCHDOG_SILENT, cpu_count - 1, task);
	}
}
