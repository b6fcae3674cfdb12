/* The boot, top to bottom. */
#include <arch/arch.h>
#include <kernel/log.h>
#include <kernel/panic.h>

void kmain(paddr_t dtb)
{
	log_info("Cairn: device tree at 0x%lx", dtb);
	panic("nothing more to do yet");
}
