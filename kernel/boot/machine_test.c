/* test: kernel/boot/machine.c kernel/boot/dt.c kernel/boot/dt_find.c kernel/lib/string.c -lfdt */
/* Trees made with libfdt's writer: what is read out of them, and which ones are refused and why. */
#include "../lib/test.h"

#include <libfdt.h>
#include <string.h>

#include <kernel/machine.h>

TEST_PANIC

enum { BLOB_MAX = 16384, PHANDLE_GIC = 1 };

static u8 blob[BLOB_MAX];
static struct dt dt;
static struct machine m;

/* What a test leaves out or changes. */
static struct plan {
	bool no_cpus, no_gic, no_timer, no_psci, no_chosen, gicv2, bad_spi;
	u32 memory[32]; /* pages: start, count ... */
	u32 memory_count;
	u32 cpus;
} plan;

static void cells(const char *name, const u32 *values, u32 count)
{
	u32 be[32];

	for (u32 i = 0; i < count; i++)
		be[i] = cpu_to_fdt32(values[i]);
	assert_int_equal(fdt_property(blob, name, be, 4 * count), 0);
}

#define CELLS(name, ...) cells(name, (u32[]){ __VA_ARGS__ }, sizeof((u32[]){ __VA_ARGS__ }) / 4)

static void write_cpus(void)
{
	char name[16];

	fdt_begin_node(blob, "cpus");
	CELLS("#address-cells", 1);
	CELLS("#size-cells", 0);
	for (u32 i = 0; i < plan.cpus; i++) {
		snprintf(name, sizeof(name), "cpu@%u", i);
		fdt_begin_node(blob, name);
		fdt_property_string(blob, "device_type", "cpu");
		fdt_property_string(blob, "enable-method", "psci");
		CELLS("reg", i << 8);
		fdt_end_node(blob);
	}
	fdt_end_node(blob);
}

static void write_gic(void)
{
	fdt_begin_node(blob, "intc@8000000");
	fdt_property_string(blob, "compatible", plan.gicv2 ? "arm,gic-400" : "arm,gic-v3");
	CELLS("#interrupt-cells", 3);
	fdt_property(blob, "interrupt-controller", NULL, 0);
	CELLS("phandle", PHANDLE_GIC);
	CELLS("reg", 0, 0x8000000, 0, 0x10000, 0, 0x80a0000, 0, 0xf60000);
	fdt_end_node(blob);
}

static void write_devices(void)
{
	static const char timer[] = "arm,armv8-timer\0arm,armv7-timer";
	static const char psci[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";

	if (!plan.no_timer) {
		fdt_begin_node(blob, "timer");
		fdt_property(blob, "compatible", timer, sizeof(timer));
		CELLS("interrupts", 1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4);
		fdt_end_node(blob);
	}
	if (!plan.no_psci) {
		fdt_begin_node(blob, "psci");
		fdt_property(blob, "compatible", psci, sizeof(psci));
		fdt_property_string(blob, "method", "smc");
		fdt_end_node(blob);
	}
	fdt_begin_node(blob, "pl011@9000000");
	fdt_property_string(blob, "compatible", "arm,pl011");
	CELLS("reg", 0, 0x9000000, 0, 0x1000);
	CELLS("interrupts", 0, plan.bad_spi ? 5000 : 1, 4);
	fdt_end_node(blob);
}

static void write_memory(void)
{
	for (u32 i = 0; i < plan.memory_count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "memory@%u", i);
		fdt_begin_node(blob, name);
		fdt_property_string(blob, "device_type", "memory");
		CELLS("reg", 0, plan.memory[2 * i], 0, plan.memory[2 * i + 1]);
		fdt_end_node(blob);
	}
	fdt_begin_node(blob, "reserved-memory");
	CELLS("#address-cells", 2);
	CELLS("#size-cells", 2);
	fdt_property(blob, "ranges", NULL, 0);
	fdt_begin_node(blob, "firmware@50000000");
	CELLS("reg", 0, 0x50000000, 0, 0x2000);
	fdt_end_node(blob);
	fdt_end_node(blob);
}

/* Writes the planned tree and parses it. */
static int parse_plan(void)
{
	fdt_create(blob, sizeof(blob));
	fdt_add_reservemap_entry(blob, 0x60000000, 0x1000);
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	CELLS("#address-cells", 2);
	CELLS("#size-cells", 2);
	CELLS("interrupt-parent", PHANDLE_GIC);
	fdt_property_string(blob, "model", "test");
	write_memory();
	if (!plan.no_cpus)
		write_cpus();
	if (!plan.no_gic)
		write_gic();
	write_devices();
	if (!plan.no_chosen) {
		fdt_begin_node(blob, "chosen");
		fdt_property_string(blob, "stdout-path", "/pl011@9000000:115200n8");
		fdt_property_string(blob, "bootargs", "stages quiet");
		CELLS("linux,initrd-start", 0x48000000);
		CELLS("linux,initrd-end", 0x48001234);
		fdt_end_node(blob);
	}
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	assert_int_equal(dt_open(&dt, blob, sizeof(blob)), 0);
	return machine_parse(&dt, &m);
}

static int setup(void **state)
{
	plan = (struct plan){ .memory = { 0x40000000, 0x10000000 }, .memory_count = 1, .cpus = 2 };
	return 0;
}

static void whole_machine(void **state)
{
	assert_int_equal(parse_plan(), 0);
	assert_int_equal(m.memory_count, 1);
	assert_int_equal(m.memory[0].base, 0x40000000);
	assert_int_equal(m.memory[0].size, 0x10000000);
	assert_int_equal(m.cpu_count, 2);
	assert_int_equal(m.cpu_mpidr[1], 0x100);
	assert_int_equal(m.gic, GIC_V3);
	assert_int_equal(m.gic_redist_count, 1);
	assert_int_equal(m.gic_redist[0].base, 0x80a0000);
	assert_int_equal(m.timer_intid, 27);
	assert_int_equal(m.uart.base, 0x9000000);
	assert_int_equal(m.uart_intid, 33);
	assert_int_equal(m.psci, PSCI_SMC);
	assert_int_equal(m.psci_system_off, PSCI_SYSTEM_OFF);
	assert_string_equal(m.cmdline, "stages quiet");
	assert_int_equal(m.initrd.size, 0x1234);
	assert_int_equal(m.reserved_count, 3);
	assert_string_equal(m.reserved[2].name, "firmware@50000000");
	assert_int_equal(m.reserved[2].base, 0x50000000);
}

static void what_is_missing_is_named(void **state)
{
	plan.no_timer = true;
	assert_int_equal(parse_plan(), -EINVAL);
	assert_non_null(strstr(m.problem, "timer"));
	plan.no_gic = true;
	assert_int_equal(parse_plan(), -EINVAL);
	assert_non_null(strstr(m.problem, "GIC"));
	plan.no_cpus = true;
	assert_int_equal(parse_plan(), -EINVAL);
	assert_non_null(strstr(m.problem, "CPU"));
	plan.memory_count = 0;
	assert_int_equal(parse_plan(), -EINVAL);
	assert_non_null(strstr(m.problem, "memory"));
	/* There is a console to say it on, all the same. */
	assert_int_equal(m.uart.base, 0x9000000);
}

static void what_can_be_missing(void **state)
{
	plan.no_psci = plan.no_chosen = plan.gicv2 = true;
	assert_int_equal(parse_plan(), 0);
	assert_int_equal(m.psci, PSCI_NONE);
	assert_int_equal(m.uart.size, 0);
	assert_string_equal(m.cmdline, "");
	assert_int_equal(m.initrd.size, 0);
	assert_int_equal(m.gic, GIC_V2);
	assert_int_equal(m.gic_cpu.base, 0x80a0000);
	plan.no_chosen = false;
	plan.bad_spi = true;
	assert_int_equal(parse_plan(), 0);
	assert_int_equal(m.uart_intid, 0);
}

static void too_many_cpus(void **state)
{
	plan.cpus = 11;
	assert_int_equal(parse_plan(), 0);
	assert_int_equal(m.cpu_count, MACHINE_CPUS_MAX);
	assert_int_equal(m.cpus_ignored, 3);
}

static void memory_is_sorted_and_joined(void **state)
{
	static const u32 ranges[] = {
		0x80000000, 0x1000, 0x40000000, 0x1000, 0x60000000, 0x1000, /* apart, out of order */
		0x41000800, 0x2000,                                         /* one whole page inside */
		0x40001000, 0x1000,                                         /* behind the second */
		0x5ffff000, 0x4000,                                         /* around the third */
		0x70000000, 0x800,                                          /* no whole page */
	};

	memcpy(plan.memory, ranges, sizeof(ranges));
	plan.memory_count = sizeof(ranges) / 8;
	assert_int_equal(parse_plan(), 0);
	assert_int_equal(m.memory_count, 4);
	assert_int_equal(m.memory[0].base, 0x40000000);
	assert_int_equal(m.memory[0].size, 0x2000);
	assert_int_equal(m.memory[1].base, 0x41001000);
	assert_int_equal(m.memory[1].size, 0x1000);
	assert_int_equal(m.memory[2].base, 0x5ffff000);
	assert_int_equal(m.memory[2].size, 0x4000);
	assert_int_equal(m.memory[3].base, 0x80000000);
}

/* Whatever a damaged tree says, it is read within its bounds and either taken or refused with a reason. */
static void damaged_trees_are_harmless(void **state)
{
	u8 *copy;
	u32 size;

	assert_int_equal(parse_plan(), 0);
	size = fdt_totalsize(blob);
	for (int round = 0; round < 20000; round++) {
		copy = malloc(size);
		memcpy(copy, blob, size);
		for (u32 flips = 1 + test_random() % 6; flips; flips--)
			copy[40 + test_random() % (size - 40)] = test_random();
		if (dt_open(&dt, copy, size) == 0 && machine_parse(&dt, &m))
			assert_true(m.problem[0]);
		assert_true(m.memory_count <= MACHINE_RANGES_MAX);
		assert_true(m.reserved_count <= MACHINE_RANGES_MAX);
		assert_true(m.cpu_count <= MACHINE_CPUS_MAX);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(whole_machine, setup),
		cmocka_unit_test_setup(what_is_missing_is_named, setup),
		cmocka_unit_test_setup(what_can_be_missing, setup),
		cmocka_unit_test_setup(too_many_cpus, setup),
		cmocka_unit_test_setup(memory_is_sorted_and_joined, setup),
		cmocka_unit_test_setup(damaged_trees_are_harmless, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
