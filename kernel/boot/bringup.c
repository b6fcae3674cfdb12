/*
 * Weak stand-ins that let the kernel link while its parts arrive: each goes when the real one exists,
 * and the file with the last.
 */
#include <kernel/init.h>

__attribute__((weak)) void pseudo_mounts_init(void)
{
}
