/*
 * The kernel's own words of the command line, in one table.  Called by kmain before the first stage;
 * what no row claims is kept for init (<kernel/cmdline.h>).
 */
#include <kernel/boot.h>
#include <kernel/compiler.h>

struct boot_options boot_options = {.init = "/init"};
struct cmdline boot_cmdline;

static const struct cmdline_option option_table[] = {
	{"stages", CMDLINE_STRING, &boot_options.stages},
	{"keep-going", CMDLINE_FLAG, &boot_options.keep_going},
	{"icount", CMDLINE_FLAG, &boot_options.icount},
	{"panic", CMDLINE_STRING, &boot_options.panic},
	{"init", CMDLINE_STRING, &boot_options.init},
};

void boot_options_init(const char *bootargs)
{
	(void)cmdline_parse(&boot_cmdline, bootargs, option_table, ARRAY_SIZE(option_table));
}
