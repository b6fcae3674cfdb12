/* Symbols that the linker script defines: the only place where they are declared. */
#pragma once

#include <arch/extable.h>
#include <kernel/driver.h>
#include <kernel/types.h>
#include <kernel/virtio.h>

/* The image, page aligned at every border: text RX, rodata RO, data and bss RW. */
extern char _text[], _etext[];
extern char __rodata_start[], __rodata_end[];
extern char _data[], __boot_data_end[], _edata[], _end[];
extern char __bss_start[], __bss_stop[];

/* Code that runs at its physical address while a CPU turns its MMU on. */
extern char __idmap_start[], __idmap_end[];

/* The only code that may touch user memory. */
extern char __usercopy_text_start[], __usercopy_text_end[];

/* Pages for the kernel's translation tables before there is an allocator. */
extern char __early_tables_start[], __early_tables_stop[];

/* Tables collected by the linker. */
extern const struct extable_entry __extable_start[], __extable_stop[];
extern const struct driver __drivers_start[], __drivers_stop[];
extern const struct virtio_driver __virtio_drivers_start[], __virtio_drivers_stop[];

/* ELF note with the build id. */
extern char __build_id_start[], __build_id_stop[];

/* The symbol table, scripts/ksyms.sh. */
extern const u32 ksyms_count;
extern const u32 ksyms_offsets[]; /* from _text, ascending */
extern const u32 ksyms_names[];   /* into ksyms_text */
extern const char ksyms_text[];
