/*
 * Stages 7 and 11: the device tree and the command line.  They run before there is an allocator, so
 * what they need to copy is in static memory.
 */
#include <arch/boot.h>
#include <kernel/boot.h>
#include <kernel/cpu.h>
#include <kernel/errno.h>
#include <kernel/machine.h>
#include <kernel/sections.h>
#include <kernel/stage.h>
#include <kernel/string.h>

enum { TREE_COPY_MAX = 32768, TREE_TOTALSIZE = 4, TREE_PPI_VIRTUAL_TIMER = 27 };

static u8 tree_copy[TREE_COPY_MAX] __aligned(8);
static struct machine machine_again;

/* A header field, big-endian (Devicetree Specification 5.2). */
static void tree_put_u32(u8 *at, u32 value)
{
	for (int i = 0; i < 4; i++)
		at[i] = value >> (24 - 8 * i);
}

/* A fresh copy of the machine's tree, cut down to what is used of it. */
static u32 tree_copy_make(void)
{
	const struct dt *dt = &machine_dt;
	u32 used = MAX(dt->struct_offset + dt->struct_size, dt->strings_offset + dt->strings_size);

	EXPECT_LE(used, (u32)TREE_COPY_MAX);
	memcpy(tree_copy, dt->blob, used);
	tree_put_u32(tree_copy + TREE_TOTALSIZE, used);
	return used;
}

/* Changes the first letter of every place where the copy holds this text. */
static u32 tree_damage(u32 size, const char *text)
{
	u32 length = strlen(text) + 1;
	u32 changed = 0;

	for (u32 i = 0; i + length <= size; i++) {
		if (memcmp(tree_copy + i, text, length))
			continue;
		tree_copy[i] = 'X';
		changed++;
	}
	return changed;
}

/* The tree without what this text names must be refused with a sentence that holds `problem`. */
static void expect_refused(const char *text, const char *problem)
{
	u32 size = tree_copy_make();
	struct dt dt;

	EXPECT_GT(tree_damage(size, text), 0u);
	EXPECT_OK(dt_open(&dt, tree_copy, size));
	EXPECT_EQ(machine_parse(&dt, &machine_again), -EINVAL);
	EXPECT(strstr(machine_again.problem, problem));
	/* The console is known all the same: there is where to say it. */
	EXPECT_EQ(machine_again.uart.base, machine.uart.base);
}

static void expect_broken_trees_refused(void)
{
	u32 size = tree_copy_make();
	struct dt dt;

	EXPECT_OK(dt_open(&dt, tree_copy, size));
	EXPECT_OK(machine_parse(&dt, &machine_again));
	EXPECT_EQ(machine_again.memory_count, machine.memory_count);

	EXPECT_EQ(dt_open(&dt, tree_copy, size - 1), -EINVAL);
	EXPECT(dt.problem);
	tree_copy[0] ^= 1;
	EXPECT_EQ(dt_open(&dt, tree_copy, size), -EINVAL);
	EXPECT(dt.problem);
	expect_refused("memory", "memory");
	expect_refused("cpu", "CPU");
	expect_refused("arm,armv8-timer", "timer");
	expect_refused(machine.gic == GIC_V3 ? "arm,gic-v3" : "arm,cortex-a15-gic", "GIC");
}

static bool machine_has_memory(paddr_t pa)
{
	for (u32 i = 0; i < machine.memory_count; i++)
		if (pa - machine.memory[i].base < machine.memory[i].size)
			return true;
	return false;
}

static bool machine_has_reserved(paddr_t pa)
{
	for (u32 i = 0; i < machine.reserved_count; i++)
		if (pa - machine.reserved[i].base < machine.reserved[i].size)
			return true;
	return false;
}

void stage_boot_dtb(void)
{
	bool found = false;

	EXPECT_OK(machine_parse(&machine_dt, &machine_again));
	EXPECT_GE(machine.memory_count, 1u);
	EXPECT(machine_has_memory(boot_record.phys_base));
	EXPECT(machine_has_reserved(boot_record.phys_base));
	EXPECT(machine_has_reserved(boot_record.phys_base + (_end - _text) - 1));
	EXPECT(machine_has_reserved(boot_record.dtb));
	for (u32 i = 1; i < machine.memory_count; i++)
		EXPECT_GT(machine.memory[i].base, machine.memory[i - 1].base);

	EXPECT_GE(machine.cpu_count, 1u);
	for (u32 i = 0; i < machine.cpu_count; i++)
		found = found || machine.cpu_mpidr[i] == cpus[0].mpidr;
	EXPECT(found);
	EXPECT_NE(machine.gic, GIC_NONE);
	EXPECT_GT(machine.gic_distributor.size, 0ul);
	EXPECT_EQ(machine.timer_intid, (u32)TREE_PPI_VIRTUAL_TIMER);
	/* QEMU: smc where we entered at EL2, hvc where we entered at EL1. */
	EXPECT_EQ(machine.psci, boot_record.cpus[0].el == 2 ? PSCI_SMC : PSCI_HVC);
	EXPECT_NE(machine.psci_cpu_on, 0u);
	expect_broken_trees_refused();
}

static struct cmdline test_cmdline;

/* Words for somebody else, in each of their forms. */
static void expect_words_kept(void)
{
	const char *name = NULL;
	bool flag = false;
	u64 size = 0;
	const struct cmdline_option options[] = {
		{ "name", CMDLINE_STRING, &name },
		{ "flag", CMDLINE_FLAG, &flag },
		{ "size", CMDLINE_SIZE, &size },
	};
	static const char line[] = "single name=x flag TERM=vt100 size=3M module.option=1 -- flag a=b";

	EXPECT_OK(cmdline_parse(&test_cmdline, line, options, ARRAY_SIZE(options)));
	EXPECT(!strcmp(name, "x"));
	EXPECT(flag);
	EXPECT_EQ(size, 3ul << 20);
	EXPECT_EQ(test_cmdline.init_arg_count, 3);
	EXPECT(!strcmp(test_cmdline.init_args[0], "single"));
	EXPECT(!strcmp(test_cmdline.init_args[1], "flag"));
	EXPECT(!strcmp(test_cmdline.init_args[2], "a=b"));
	EXPECT_EQ(test_cmdline.init_env_count, 1);
	EXPECT(!strcmp(test_cmdline.init_env[0], "TERM=vt100"));
	EXPECT_EQ(cmdline_parse(&test_cmdline, "size=many", options, ARRAY_SIZE(options)), -EINVAL);
	EXPECT(!strcmp(test_cmdline.problem, "size=many"));
}

void stage_boot_cmdline(void)
{
	int chosen = dt_find_path(&machine_dt, "/chosen");
	const char *bootargs = dt_prop_string(&machine_dt, chosen, "bootargs");

	EXPECT_GE(chosen, 0);
	EXPECT(bootargs);
	EXPECT_EQ(machine.cmdline, bootargs);
	/* We are here because the kernel found its word in there. */
	EXPECT(strstr(bootargs, "stages"));
	EXPECT(boot_options.stages);
	EXPECT_EQ(boot_options.icount, strstr(bootargs, "icount") != NULL);
	expect_words_kept();
}
