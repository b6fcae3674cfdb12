/* xtask qemu: shows or starts the machine that all commands start. */
#include "command.h"
#include "machine.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int cmd_qemu(int argc, char **argv)
{
	static const char usage[] =
		"qemu [--print] [OPTION...]\n\n"
		"Starts the machine with its console on this terminal (end it with `poweroff` or\n"
		"Ctrl-C), or with --print shows QEMU's command line.  The other commands start the\n"
		"same machine; they connect its console and virtio-serial ports to themselves.";
	const char *initrd = tree_path("build/initramfs.cpio");
	struct machine_opts m;
	bool print = false;
	struct machine_setup setup;
	struct strv qemu = { 0 };
	const struct opt own[] = {
		{ "print", NULL, OPT_FLAG, &print, 0, 0, NULL, "only show the command line" },
		{ "initrd", "FILE", OPT_STRING, &initrd, 0, 0, NULL,
		  "another archive (default build/initramfs.cpio)" },
		{ 0 },
	};

	machine_opts_default(&m);
	if (opts_parse(argc, argv, usage, own, &m, false) < argc)
		die(EXIT_USAGE, "qemu takes no words, only options (see xtask qemu --help)");
	setup = (struct machine_setup){
		.opts = &m, .kernel = tree_path("build/%s/Image", m.profile), .initrd = initrd,
		.initrd_fd = -1, .words = "",
	};
	if (print) {
		puts(machine_command_text(&setup));
		return EXIT_OK;
	}
	machine_command(&setup, true, &qemu);
	alarm(m.timeout); /* exec keeps it; 0 is none */
	execvp(qemu.v[0], qemu.v);
	die(EXIT_KERNEL, "cannot start %s: %s", qemu.v[0], strerror(errno));
}
