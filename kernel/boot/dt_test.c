/* test: kernel/boot/dt.c kernel/boot/dt_find.c -lfdt */
/* libfdt is the oracle, on trees made with its own writer; every damaged blob must be refused or harmless. */
#include "../lib/test.h"

#include <libfdt.h>
#include <string.h>

#include <kernel/dt.h>

enum { BLOB_MAX = 8192 };

/* Exactly as long as the tree, on the heap: reading past it is caught by the sanitizer. */
static void *blob;
static u32 blob_size;

static void prop_cells(void *fdt, const char *name, const u32 *cells, int n)
{
	u32 be[16];

	for (int i = 0; i < n; i++)
		be[i] = cpu_to_fdt32(cells[i]);
	fdt_property(fdt, name, be, n * 4);
}

#define CELLS(name, ...)                                                                           \
	do {                                                                                       \
		const u32 c_[] = { __VA_ARGS__ };                                                  \
		prop_cells(fdt, name, c_, ARRAY_SIZE(c_));                                         \
	} while (0)

static void build_soc(void *fdt)
{
	fdt_begin_node(fdt, "soc@10000000");
	fdt_property(fdt, "compatible", "acme,soc\0simple-bus", 20);
	CELLS("#address-cells", 1);
	CELLS("#size-cells", 1);
	CELLS("ranges", 0x1000, 0, 0x10000000, 0x1000, 0x4000, 0x8, 0x20000000, 0x1000);
	fdt_begin_node(fdt, "uart@1200");
	fdt_property_string(fdt, "compatible", "acme,uart");
	CELLS("reg", 0x1200, 0x100, 0x4010, 0x20, 0x9000, 4);
	CELLS("interrupts", 0, 33, 4, 0, 34, 1);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "timer");
	fdt_property_string(fdt, "status", "disabled");
	CELLS("interrupts-extended", 7, 1, 27, 4, 8, 5);
	fdt_begin_node(fdt, "deep");
	CELLS("reg", 1, 1);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
}

static int build(void **state)
{
	void *fdt = malloc(BLOB_MAX);

	fdt_create(fdt, BLOB_MAX);
	fdt_add_reservemap_entry(fdt, 0x48000000, 0x10000);
	fdt_add_reservemap_entry(fdt, 0x100000000, 0x2000);
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	CELLS("#address-cells", 2);
	CELLS("#size-cells", 1);
	CELLS("interrupt-parent", 7);
	fdt_begin_node(fdt, "aliases");
	fdt_property_string(fdt, "serial0", "/soc@10000000/uart@1200");
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "memory@40000000");
	fdt_property_string(fdt, "device_type", "memory");
	CELLS("reg", 0, 0x40000000, 0x8000000, 1, 0, 0x1000);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "gic");
	CELLS("#interrupt-cells", 3);
	CELLS("phandle", 7);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "gpio");
	CELLS("#interrupt-cells", 1);
	CELLS("phandle", 8);
	fdt_property(fdt, "empty", NULL, 0);
	fdt_property(fdt, "unterminated", "abc", 3);
	fdt_property_u64(fdt, "big", 0x123456789abcdef0);
	fdt_end_node(fdt);
	build_soc(fdt);
	fdt_end_node(fdt);
	if (fdt_finish(fdt))
		return -1;
	fdt_set_boot_cpuid_phys(fdt, 3);
	blob_size = fdt_totalsize(fdt);
	blob = malloc(blob_size);
	memcpy(blob, fdt, blob_size);
	free(fdt);
	return 0;
}

static int drop(void **state)
{
	free(blob);
	return 0;
}

/* Walks both readers over the whole tree: names, parents, properties. */
static void walk_both(void *blob, u32 blob_size)
{
	int theirs = -1, depth = -1, nodes = 0, node, p, len;
	const char *name;
	struct dt dt;
	u32 ours_len;

	assert_int_equal(dt_open(&dt, blob, blob_size), 0);
	dt_for_each(node, &dt) {
		theirs = fdt_next_node(blob, theirs, &depth);
		assert_true(theirs >= 0);
		assert_string_equal(dt_name(&dt, node), fdt_get_name(blob, theirs, NULL));
		assert_int_equal(node, theirs);
		assert_int_equal(dt_parent(&dt, node) < 0 ? -1 : dt_parent(&dt, node),
				 depth == 0 ? -1 : fdt_parent_offset(blob, theirs));
		int child = fdt_first_subnode(blob, theirs), next = depth ? fdt_next_subnode(blob, theirs) : -1;
		assert_int_equal(dt_first_child(&dt, node) < 0 ? -1 : dt_first_child(&dt, node), child < 0 ? -1 : child);
		assert_int_equal(dt_next_sibling(&dt, node) < 0 ? -1 : dt_next_sibling(&dt, node), next < 0 ? -1 : next);
		fdt_for_each_property_offset(p, blob, theirs) {
			const void *value = fdt_getprop_by_offset(blob, p, &name, &len);

			assert_ptr_equal(dt_prop(&dt, node, name, &ours_len), value);
			assert_int_equal(ours_len, len);
		}
		assert_null(dt_prop(&dt, node, "absent", NULL));
		nodes++;
	}
	assert_true(fdt_next_node(blob, theirs, &depth) < 0 || depth < 0);
	assert_true(nodes > 0);
}

static void agrees_with_libfdt(void **state)
{
	struct dt dt;

	walk_both(blob, blob_size);
	assert_int_equal(dt_open(&dt, blob, blob_size), 0);
	assert_int_equal(dt.boot_cpu, 3);
}

/* The tree of the machine we run on, from QEMU itself. */
static void qemu_virt(void **state)
{
	static const char path[] = "build/host/qemu-virt.dtb";
	void *tree = calloc(1, 1 << 20);
	u64 base = 0, size = 0;
	struct dt_irq irq;
	struct dt dt;
	FILE *f;
	int uart;

	assert_int_equal(system("qemu-system-aarch64 -nodefaults -display none -m 64 -smp 2 "
				"-M virt,gic-version=3,dumpdtb=build/host/qemu-virt.dtb"),
			 0);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_true(fread(tree, 1, 1 << 20, f) > 0);
	fclose(f);
	walk_both(tree, 1 << 20);
	assert_int_equal(dt_open(&dt, tree, 1 << 20), 0);
	uart = dt_find_path(&dt, dt_prop_string(&dt, dt_find_path(&dt, "/chosen"), "stdout-path"));
	assert_true(dt_is_compatible(&dt, uart, "arm,pl011"));
	assert_int_equal(dt_reg(&dt, uart, 0, &base, &size), 0);
	assert_int_equal(base, 0x9000000);
	assert_int_equal(dt_interrupt(&dt, uart, 0, &irq), 0);
	assert_true(dt_is_compatible(&dt, irq.controller, "arm,gic-v3"));
	assert_int_equal(irq.cells[1], 1);
	assert_int_equal(dt_reg(&dt, dt_find_type(&dt, -1, "memory"), 0, &base, &size), 0);
	assert_int_equal(base, 0x40000000);
	assert_int_equal(size, 64 << 20);
	free(tree);
}

static void finds(void **state)
{
	struct dt dt;
	int uart, node;
	u32 cell;
	u64 number;

	assert_int_equal(dt_open(&dt, blob, blob_size), 0);
	uart = fdt_path_offset(blob, "/soc@10000000/uart@1200");
	assert_int_equal(dt_find_path(&dt, "/"), 0);
	assert_int_equal(dt_find_path(&dt, "/soc@10000000/uart@1200"), uart);
	assert_int_equal(dt_find_path(&dt, "/soc/uart:115200n8"), uart);
	assert_int_equal(dt_find_path(&dt, "serial0"), uart);
	assert_int_equal(dt_find_path(&dt, "serial0:115200"), uart);
	assert_int_equal(dt_find_path(&dt, "serial"), -ENOENT);
	assert_int_equal(dt_find_path(&dt, "/soc@1/uart"), -ENOENT);
	assert_int_equal(dt_find_path(&dt, "/so"), -ENOENT);
	assert_int_equal(dt_find_compatible(&dt, -1, "acme,uart"), uart);
	assert_int_equal(dt_find_compatible(&dt, uart, "acme,uart"), -ENOENT);
	assert_int_equal(dt_find_compatible(&dt, -1, "acme"), -ENOENT);
	assert_true(dt_is_compatible(&dt, dt_find_path(&dt, "/soc"), "simple-bus"));
	assert_int_equal(dt_find_type(&dt, -1, "memory"), fdt_path_offset(blob, "/memory"));
	assert_int_equal(dt_find_phandle(&dt, 8), fdt_node_offset_by_phandle(blob, 8));
	assert_int_equal(dt_find_phandle(&dt, 9), -ENOENT);
	assert_true(dt_is_available(&dt, uart));
	assert_false(dt_is_available(&dt, dt_find_path(&dt, "/soc/timer")));
	node = dt_find_path(&dt, "/gpio");
	assert_non_null(dt_prop(&dt, node, "empty", &cell));
	assert_int_equal(cell, 0);
	assert_null(dt_prop_string(&dt, node, "unterminated"));
	assert_int_equal(dt_prop_number(&dt, node, "big", &number), 0);
	assert_int_equal(number, 0x123456789abcdef0);
	assert_int_equal(dt_prop_u32(&dt, node, "big", 1, &cell), 0);
	assert_int_equal(cell, 0x9abcdef0);
	assert_int_equal(dt_prop_u32(&dt, node, "big", 2, &cell), -ERANGE);
	assert_int_equal(dt_prop_number(&dt, node, "unterminated", &number), -ERANGE);
	assert_int_equal(dt_prop_number(&dt, node, "none", &number), -ENOENT);
}

static void reg_is(const struct dt *dt, const char *path, u32 index, int err, u64 base, u64 size)
{
	u64 b = 0, s = 0;

	assert_int_equal(dt_reg(dt, dt_find_path(dt, path), index, &b, &s), err);
	assert_int_equal(b, base);
	assert_int_equal(s, size);
}

static void addresses(void **state)
{
	struct dt dt;
	u64 base, size;

	assert_int_equal(dt_open(&dt, blob, blob_size), 0);
	reg_is(&dt, "/memory", 0, 0, 0x40000000, 0x8000000);
	reg_is(&dt, "/memory", 1, 0, 0x100000000, 0x1000);
	reg_is(&dt, "/memory", 2, -ENOENT, 0, 0);
	reg_is(&dt, "/gic", 0, -ENOENT, 0, 0);
	reg_is(&dt, "/soc/uart", 0, 0, 0x10000200, 0x100);
	reg_is(&dt, "/soc/uart", 1, 0, 0x820000010, 0x20);
	reg_is(&dt, "/soc/uart", 2, -EINVAL, 0, 0);     /* no range holds it */
	reg_is(&dt, "/soc/timer/deep", 0, -ENOENT, 0, 0); /* two and one cells do not fit */
	assert_int_equal(dt_reserved(&dt, 0, &base, &size), 0);
	assert_int_equal(base, 0x48000000);
	assert_int_equal(dt_reserved(&dt, 1, &base, &size), 0);
	assert_int_equal(base, 0x100000000);
	assert_int_equal(size, 0x2000);
	assert_int_equal(dt_reserved(&dt, 2, &base, &size), -ENOENT);
}

static void interrupts(void **state)
{
	struct dt_irq irq;
	struct dt dt;

	assert_int_equal(dt_open(&dt, blob, blob_size), 0);
	assert_int_equal(dt_interrupt(&dt, dt_find_path(&dt, "/soc/uart"), 1, &irq), 0);
	assert_int_equal(irq.controller, dt_find_path(&dt, "/gic"));
	assert_int_equal(irq.cell_count, 3);
	assert_int_equal(irq.cells[1], 34);
	assert_int_equal(dt_interrupt(&dt, dt_find_path(&dt, "/soc/uart"), 2, &irq), -ENOENT);
	assert_int_equal(dt_interrupt(&dt, dt_find_path(&dt, "/soc/timer"), 0, &irq), 0);
	assert_int_equal(irq.cells[1], 27);
	assert_int_equal(dt_interrupt(&dt, dt_find_path(&dt, "/soc/timer"), 1, &irq), 0);
	assert_int_equal(irq.controller, dt_find_path(&dt, "/gpio"));
	assert_int_equal(irq.cells[0], 5);
	assert_int_equal(dt_interrupt(&dt, dt_find_path(&dt, "/soc/timer"), 2, &irq), -ENOENT);
	assert_int_equal(dt_interrupt(&dt, dt_find_path(&dt, "/gic"), 0, &irq), -ENOENT);
}

/* Asks everything; the sanitizers watch. */
static void use_all(const struct dt *dt)
{
	struct dt_irq irq;
	u64 base, size;
	int node;

	dt_for_each(node, dt) {
		dt_reg(dt, node, 0, &base, &size);
		dt_interrupt(dt, node, 1, &irq);
		dt_is_compatible(dt, node, "x");
		dt_is_available(dt, node);
		dt_parent(dt, node);
	}
	dt_find_path(dt, "/soc/timer/deep");
	dt_find_path(dt, "serial0");
}

static void damaged_blobs(void **state)
{
	u32 *copy = malloc(blob_size);
	int refused = 0;
	struct dt dt;

	for (int round = 0; round < 20000; round++) {
		memcpy(copy, blob, blob_size);
		for (u32 n = 1 + test_random() % 3; n > 0; n--)
			((u8 *)copy)[test_random() % blob_size] = (u8)test_random();
		if (dt_open(&dt, copy, blob_size) == 0) {
			use_all(&dt);
		} else {
			assert_non_null(dt.problem);
			refused++;
		}
	}
	assert_true(refused > 1000);
	free(copy);
}

static void truncated_blobs(void **state)
{
	struct dt dt;

	for (u32 n = 0; n < blob_size; n++) {
		/* As it is, and with a header that owns up to the length. */
		u32 *copy = malloc(n + !n);

		memcpy(copy, blob, n);
		assert_int_equal(dt_open(&dt, copy, n), -EINVAL);
		if (n >= 8) {
			copy[1] = cpu_to_fdt32(n);
			assert_int_equal(dt_open(&dt, copy, n), -EINVAL);
		}
		assert_non_null(dt.problem);
		free(copy);
	}
}

static void refusals_by_name(void **state)
{
	static const struct { int word; u32 value; const char *problem; } cases[] = {
		{ 0, 0xd00dfeee, "no device tree magic" },
		{ 1, BLOB_MAX * 2, "total size does not fit" },
		{ 2, 0x7fffffff & ~3, "structure block out of bounds" },
		{ 2, 57, "structure block out of bounds" },
		{ 3, 0xfffffff0, "strings block out of bounds" },
		{ 4, 44, "memory reservations misaligned" },
		{ 5, 3, "unknown version" },
		{ 6, 18, "unknown version" },
		{ 9, 8, "structure block does not end" },
	};
	u32 *copy = malloc(blob_size);
	struct dt dt;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(copy, blob, blob_size);
		copy[cases[i].word] = cpu_to_fdt32(cases[i].value);
		assert_int_equal(dt_open(&dt, copy, blob_size), -EINVAL);
		assert_string_equal(dt.problem, cases[i].problem);
	}
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_libfdt), cmocka_unit_test(finds),
		cmocka_unit_test(addresses),          cmocka_unit_test(interrupts),
		cmocka_unit_test(damaged_blobs),      cmocka_unit_test(truncated_blobs),
		cmocka_unit_test(refusals_by_name),   cmocka_unit_test(qemu_virt),
	};

	return cmocka_run_group_tests(tests, build, drop);
}
