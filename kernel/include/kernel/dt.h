/*
 * Reading a flattened device tree (Devicetree Specification 0.4, chapters 2 and 5).
 *
 * A node is named by an `int`: the offset of its FDT_BEGIN_NODE in the structure block (the root is
 * 0); a negative one is an errno.  dt_open() checks the whole blob once, so the readers below trust
 * its framing afterwards and only check what they are asked for.  Nothing is allocated, nothing
 * sleeps, any context; the blob must stay mapped and unchanged.
 */
#pragma once

#include <kernel/types.h>

struct dt {
	const u8 *blob;
	u32 size;             /* totalsize of the header, bytes */
	u32 struct_offset;    /* structure block, from blob */
	u32 struct_size;
	u32 strings_offset;   /* strings block */
	u32 strings_size;
	u32 reserve_offset;   /* memory reservation block */
	u32 reserve_count;
	u32 boot_cpu;         /* boot_cpuid_phys */
	const char *problem;  /* set by dt_open when it refuses: one sentence */
};

enum { DT_IRQ_CELLS_MAX = 4 };

/* One interrupt as its controller describes it (GIC: type, number, flags). */
struct dt_irq {
	int controller; /* node of the interrupt controller */
	u32 cell_count;
	u32 cells[DT_IRQ_CELLS_MAX];
};

/* The machine's own tree, opened by kmain before anything that needs it. */
extern struct dt machine_dt;

/* Checks the `limit` bytes at blob as a device tree.  0, or -EINVAL with dt->problem set. */
int dt_open(struct dt *dt, const void *blob, size_t limit);

/* Reads `totalsize` of a header without trusting anything else.  0 or -EINVAL (no tree there). */
int dt_total_size(const void *blob, u32 *size);

/* The node after `node` in the order of the blob, or -ENOENT; start with 0 (the root). */
int dt_next(const struct dt *dt, int node);

/* First child, next sibling, parent: a node, or -ENOENT. */
int dt_first_child(const struct dt *dt, int node);
int dt_next_sibling(const struct dt *dt, int node);
int dt_parent(const struct dt *dt, int node);

/* The node's name with its unit address ("pl011@9000000"); "" for the root. */
const char *dt_name(const struct dt *dt, int node);

/* Finds "/cpus/cpu@0", or an alias ("serial0" and what follows); a component without "@" matches
 * any unit address; text after ":" (stdout-path's options) is ignored.  A node or -ENOENT. */
int dt_find_path(const struct dt *dt, const char *path);

/* The first node after `after` (-1: from the root) with this compatible.  A node or -ENOENT. */
int dt_find_compatible(const struct dt *dt, int after, const char *compatible);

/* The first node after `after` whose device_type is this ("cpu", "memory").  A node or -ENOENT. */
int dt_find_type(const struct dt *dt, int after, const char *type);

/* The node with this phandle, or -ENOENT. */
int dt_find_phandle(const struct dt *dt, u32 phandle);

/* The value of a property and its length in bytes (len may be NULL); NULL when it has none. */
const void *dt_prop(const struct dt *dt, int node, const char *name, u32 *len);

/* One big-endian cell of a property.  0, -ENOENT (no such property) or -ERANGE (too short). */
int dt_prop_u32(const struct dt *dt, int node, const char *name, u32 index, u32 *value);

/* A property of one or two cells as one number.  0, -ENOENT or -ERANGE. */
int dt_prop_number(const struct dt *dt, int node, const char *name, u64 *value);

/* A property that is one terminated string; NULL when there is none or it has no end. */
const char *dt_prop_string(const struct dt *dt, int node, const char *name);

/* Whether the list of strings `compatible` names this. */
bool dt_is_compatible(const struct dt *dt, int node, const char *compatible);

/* Whether `status` is absent or "okay" ("ok"). */
bool dt_is_available(const struct dt *dt, int node);

/* Entry `index` of reg, by the parent's #address-cells and #size-cells, translated through every
 * `ranges` up to a CPU address.  0, -ENOENT (no such entry) or -EINVAL (not translatable). */
int dt_reg(const struct dt *dt, int node, u32 index, paddr_t *base, u64 *size);

/* Interrupt `index` (interrupts-extended or interrupts with the inherited interrupt-parent).
 * 0, -ENOENT or -EINVAL. */
int dt_interrupt(const struct dt *dt, int node, u32 index, struct dt_irq *irq);

/* Entry `index` of the memory reservation block.  0 or -ENOENT. */
int dt_reserved(const struct dt *dt, u32 index, paddr_t *base, u64 *size);

#define dt_for_each(node, dt) for ((node) = 0; (node) >= 0; (node) = dt_next((dt), (node)))
#define dt_for_each_child(child, dt, node)                                                         \
	for ((child) = dt_first_child((dt), (node)); (child) >= 0;                                 \
	     (child) = dt_next_sibling((dt), (child)))
