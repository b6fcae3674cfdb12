/*
 * Looks up addresses in the symbol table that scripts/ksyms.sh puts into the image: sorted 32-bit
 * offsets from the start of the text, searched by halves.  Functions only.  Linux compresses the names
 * and has variables too.
 */
#include <kernel/symbols.h>

#include <kernel/printf.h>
#include <kernel/sections.h>
#include <kernel/string.h>

const char *symbol_find(vaddr_t address, u64 *offset, u64 *size)
{
	u32 low = 0, high = ksyms_count, where = address - (vaddr_t)_text;

	if (address < (vaddr_t)_text || address >= (vaddr_t)_etext || !ksyms_count)
		return NULL;
	if (where < ksyms_offsets[0])
		return NULL;
	/* Invariant: offsets[low] <= where < offsets[high]. */
	while (high - low > 1) {
		u32 middle = low + (high - low) / 2;

		if (ksyms_offsets[middle] <= where)
			low = middle;
		else
			high = middle;
	}
	if (offset)
		*offset = where - ksyms_offsets[low];
	if (size)
		*size = low + 1 < ksyms_count ? ksyms_offsets[low + 1] - ksyms_offsets[low] : 0;
	return ksyms_text + ksyms_names[low];
}

vaddr_t symbol_address(const char *name)
{
	for (u32 i = 0; i < ksyms_count; i++) {
		if (strcmp(ksyms_text + ksyms_names[i], name) == 0)
			return (vaddr_t)_text + ksyms_offsets[i];
	}
	return 0;
}

/* Names `address` by the function that holds `within`. */
static int symbol_format_within(char *buf, size_t n, vaddr_t address, vaddr_t within)
{
	u64 offset, size;
	const char *name = symbol_find(within, &offset, &size);

	if (!name)
		return ksnprintf(buf, n, "0x%lx", address);
	return ksnprintf(buf, n, "%s+0x%lx/0x%lx", name, offset + (address - within), size);
}

int symbol_format(char *buf, size_t n, vaddr_t address)
{
	return symbol_format_within(buf, n, address, address);
}

int symbol_format_return(char *buf, size_t n, vaddr_t address)
{
	return symbol_format_within(buf, n, address, address - 1);
}

void symbols_init(void)
{
	printf_set_symbol_hook(symbol_format);
}
