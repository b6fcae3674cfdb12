/*
 * Weak stand-ins that let the kernel link while its parts arrive: each goes when the real one exists,
 * and the file with the last.
 */
#include <arch/arch.h>
#include <kernel/log.h>
#include <kernel/page.h>
#include <kernel/panic.h>
#include <kernel/printf.h>

__attribute__((weak)) void log_print(enum log_level level, const char *fmt, ...)
{
	static volatile unsigned int *uart;
	char line[256];
	va_list args;

	if (!uart)
		uart = arch_map_device(0x9000000, PAGE_SIZE);
	va_start(args, fmt);
	kvsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	for (const char *s = line; *s; s++)
		*uart = *s;
	*uart = '\n';
}

__attribute__((weak)) void log_dump_tail(int lines)
{
}

__attribute__((weak)) int page_alloc(u32 order, enum alloc_flags flags, struct page **out)
{
	panic("no page allocator yet");
}

__attribute__((weak)) void page_put(struct page *p)
{
	panic("no page allocator yet");
}

__attribute__((weak)) struct page *page_from_phys(paddr_t pa)
{
	panic("no page allocator yet");
}

__attribute__((weak)) paddr_t page_phys(const struct page *p)
{
	panic("no page allocator yet");
}

__attribute__((weak)) void secondary_main(u32 id)
{
	panic("no secondary CPUs yet");
}
