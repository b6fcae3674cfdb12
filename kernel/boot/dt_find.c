/*
 * Questions to the device tree that take more than one node: by path, alias, compatible and phandle;
 * addresses through the buses above a device; interrupts through their controllers.
 */
#include <kernel/compiler.h>
#include <kernel/dt.h>
#include <kernel/errno.h>
#include <kernel/string.h>

enum {
	DT_CELL_SIZE = sizeof(u32),
	DT_ADDRESS_CELLS = 2, /* when a node does not say (2.3.5) */
	DT_SIZE_CELLS = 1,
	DT_BUS_CELLS_MAX = 4,
	DT_BUS_DEPTH_MAX = 16,
	DT_ROOT = 0,
};

/* ---- finding nodes ------------------------------------------------------------------------- */

/* Length of the first component of a path: up to '/', ':' or the end. */
static size_t dt_component_length(const char *path)
{
	size_t n = 0;

	while (path[n] && path[n] != '/' && path[n] != ':')
		n++;
	return n;
}

/* Whether a node of this name is meant by the component; without "@" any unit address is. */
static bool dt_component_matches(const char *name, const char *component, size_t n)
{
	if (strncmp(name, component, n) != 0)
		return false;
	return name[n] == '\0' || (name[n] == '@' && memchr(component, '@', n) == NULL);
}

static int dt_find_child(const struct dt *dt, int node, const char *component, size_t n)
{
	int child;

	dt_for_each_child(child, dt, node) {
		if (dt_component_matches(dt_name(dt, child), component, n))
			return child;
	}
	return -ENOENT;
}

static int dt_walk_path(const struct dt *dt, int node, const char *path)
{
	size_t n;

	while (node >= 0 && *path && *path != ':') {
		n = dt_component_length(path);
		if (n == 0) {
			path++;
			continue;
		}
		node = dt_find_child(dt, node, path, n);
		path += n;
	}
	return node;
}

/* The path that /aliases gives to the first component of `path`, or NULL. */
static const char *dt_alias(const struct dt *dt, const char *path)
{
	char name[32];
	size_t n = dt_component_length(path);
	int aliases = dt_walk_path(dt, DT_ROOT, "/aliases");

	if (aliases < 0 || n >= sizeof(name))
		return NULL;
	memcpy(name, path, n);
	name[n] = '\0';
	return dt_prop_string(dt, aliases, name);
}

int dt_find_path(const struct dt *dt, const char *path)
{
	const char *alias;
	int node;

	if (path[0] == '/')
		return dt_walk_path(dt, DT_ROOT, path);
	alias = dt_alias(dt, path);
	if (!alias || alias[0] != '/')
		return -ENOENT;
	node = dt_walk_path(dt, DT_ROOT, alias);
	return dt_walk_path(dt, node, path + dt_component_length(path));
}

int dt_find_compatible(const struct dt *dt, int after, const char *compatible)
{
	int node = after < 0 ? DT_ROOT : dt_next(dt, after);

	while (node >= 0 && !dt_is_compatible(dt, node, compatible))
		node = dt_next(dt, node);
	return node;
}

int dt_find_type(const struct dt *dt, int after, const char *type)
{
	int node = after < 0 ? DT_ROOT : dt_next(dt, after);
	const char *found;

	for (; node >= 0; node = dt_next(dt, node)) {
		found = dt_prop_string(dt, node, "device_type");
		if (found && strcmp(found, type) == 0)
			break;
	}
	return node;
}

int dt_find_phandle(const struct dt *dt, u32 phandle)
{
	u32 value;
	int node;

	dt_for_each(node, dt) {
		if (dt_prop_u32(dt, node, "phandle", 0, &value) == 0 && value == phandle)
			return node;
		if (dt_prop_u32(dt, node, "linux,phandle", 0, &value) == 0 && value == phandle)
			return node;
	}
	return -ENOENT;
}

/* ---- addresses ----------------------------------------------------------------------------- */

/* How the children of a bus write an address and a size. */
struct dt_bus {
	u32 address_cells;
	u32 size_cells;
};

static int dt_bus_read(const struct dt *dt, int node, struct dt_bus *bus)
{
	*bus = (struct dt_bus){ DT_ADDRESS_CELLS, DT_SIZE_CELLS };
	dt_prop_u32(dt, node, "#address-cells", 0, &bus->address_cells);
	dt_prop_u32(dt, node, "#size-cells", 0, &bus->size_cells);
	if (bus->address_cells > DT_BUS_CELLS_MAX || bus->size_cells > DT_BUS_CELLS_MAX)
		return -EINVAL;
	return 0;
}

/* The next `cells` cells of a list as a number (the low 64 bits); moves *p behind them. */
static u64 dt_take(const u8 **p, u32 cells)
{
	u64 n = 0;
	u32 i, b;

	for (i = 0; i < cells; i++) {
		for (b = 0; b < DT_CELL_SIZE; b++)
			n = n << 8 | *(*p)++;
	}
	return n;
}

/* Takes *address from the addresses of bus `node` to those of the bus above it.  0 or -EINVAL. */
static int dt_translate_up(const struct dt *dt, int node, int parent, u64 *address)
{
	struct dt_bus child, up;
	u64 from, to, length;
	u32 len, entry;
	const u8 *p = dt_prop(dt, node, "ranges", &len);
	const u8 *end;

	/* No `ranges`: the bus is not mapped into the one above; empty: one to one (2.3.8). */
	if (!p)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (dt_bus_read(dt, node, &child) || dt_bus_read(dt, parent, &up))
		return -EINVAL;
	entry = (child.address_cells + up.address_cells + child.size_cells) * DT_CELL_SIZE;
	if (entry == 0)
		return -EINVAL;
	for (end = p + len; (u32)(end - p) >= entry;) {
		from = dt_take(&p, child.address_cells);
		to = dt_take(&p, up.address_cells);
		length = dt_take(&p, child.size_cells);
		if (*address >= from && *address - from < length) {
			*address = *address - from + to;
			return 0;
		}
	}
	return -EINVAL;
}

int dt_reg(const struct dt *dt, int node, u32 index, paddr_t *base, u64 *size)
{
	int bus_node = dt_parent(dt, node);
	struct dt_bus bus;
	u64 address, length;
	u32 len, entry;
	const u8 *p = dt_prop(dt, node, "reg", &len);
	int parent;

	if (!p || bus_node < 0)
		return -ENOENT;
	if (dt_bus_read(dt, bus_node, &bus))
		return -EINVAL;
	entry = (bus.address_cells + bus.size_cells) * DT_CELL_SIZE;
	if (entry == 0 || index >= len / entry)
		return -ENOENT;
	p += index * entry;
	address = dt_take(&p, bus.address_cells);
	length = dt_take(&p, bus.size_cells);
	for (; bus_node != DT_ROOT; bus_node = parent) {
		parent = dt_parent(dt, bus_node);
		if (dt_translate_up(dt, bus_node, parent, &address))
			return -EINVAL;
	}
	*base = address;
	*size = length;
	return 0;
}

int dt_reserved(const struct dt *dt, u32 index, paddr_t *base, u64 *size)
{
	const u8 *p = dt->blob + dt->reserve_offset + index * 2 * sizeof(u64);

	if (index >= dt->reserve_count)
		return -ENOENT;
	*base = dt_take(&p, 2);
	*size = dt_take(&p, 2);
	return 0;
}

/* ---- interrupts ---------------------------------------------------------------------------- */

/* The controller of a node: its own or the nearest inherited interrupt-parent (2.4). */
static int dt_interrupt_parent(const struct dt *dt, int node)
{
	u32 phandle;

	for (; node >= 0; node = dt_parent(dt, node)) {
		if (dt_prop_u32(dt, node, "interrupt-parent", 0, &phandle) == 0)
			return dt_find_phandle(dt, phandle);
	}
	return -ENOENT;
}

/* Reads one specifier for `controller` from [p, end).  The bytes taken, or a negative errno. */
static int dt_specifier(const struct dt *dt, int controller, const u8 *p, const u8 *end,
			struct dt_irq *irq)
{
	u32 cells, i;

	if (controller < 0 || dt_prop_u32(dt, controller, "#interrupt-cells", 0, &cells))
		return -EINVAL;
	if (cells == 0 || cells > DT_IRQ_CELLS_MAX)
		return -EINVAL;
	if ((size_t)(end - p) < cells * DT_CELL_SIZE)
		return -ENOENT;
	irq->controller = controller;
	irq->cell_count = cells;
	for (i = 0; i < cells; i++)
		irq->cells[i] = (u32)dt_take(&p, 1);
	return (int)(cells * DT_CELL_SIZE);
}

static int dt_interrupt_extended(const struct dt *dt, const u8 *p, u32 len, u32 index,
				 struct dt_irq *irq)
{
	const u8 *end = p + len;
	int controller, n;
	u32 i;

	for (i = 0; i <= index; i++, p += n) {
		if ((size_t)(end - p) < DT_CELL_SIZE)
			return -ENOENT;
		controller = dt_find_phandle(dt, (u32)dt_take(&p, 1));
		n = dt_specifier(dt, controller, p, end, irq);
		if (n < 0)
			return n;
	}
	return 0;
}

int dt_interrupt(const struct dt *dt, int node, u32 index, struct dt_irq *irq)
{
	int controller, n;
	const u8 *p;
	u32 len, i;

	*irq = (struct dt_irq){ 0 };
	p = dt_prop(dt, node, "interrupts-extended", &len);
	if (p)
		return dt_interrupt_extended(dt, p, len, index, irq);
	p = dt_prop(dt, node, "interrupts", &len);
	if (!p)
		return -ENOENT;
	controller = dt_interrupt_parent(dt, node);
	for (i = 0, n = 0; i <= index; i++) {
		p += n;
		len -= (u32)n;
		n = dt_specifier(dt, controller, p, p + len, irq);
		if (n < 0)
			return n;
	}
	return 0;
}
