/*
 * xtask: builds, starts and judges Cairn's machines from the host.  Each command is a function in
 * the file of its name; machine.c is the one place that knows how QEMU is called.
 */
#include "command.h"
#include "util.h"

#include <signal.h>
#include <string.h>

static const struct command {
	const char *name;
	int       (*run)(int argc, char **argv);
	const char *summary; /* NULL: used by the build, not listed */
} commands[] = {
	{ "boot-stages", cmd_boot_stages, "walk the trail of stages and judge it" },
	{ "run",         cmd_run,         "run a program on a machine of its own" },
	{ "shell",       cmd_shell,       "an interactive shell on a machine" },
	{ "mutate",      cmd_mutate,      "break what a stage verifies, and see it go red" },
	{ "stages",      cmd_stages,      "list the stages" },
	{ "matrix",      cmd_matrix,      "list the system calls and what proves them" },
	{ "symbolise",   cmd_symbolise,   "name the functions behind addresses" },
	{ "qemu",        cmd_qemu,        "show or start the machine that the others start" },
	{ "pack",        cmd_pack,        NULL },
};

static void print_help(FILE *to)
{
	fputs("usage: build/xtask COMMAND [OPTION...]\n\ncommands:\n", to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (commands[i].summary)
			fprintf(to, "  %-12s %s\n", commands[i].name, commands[i].summary);
	fputs("\n`xtask COMMAND --help` tells more.\n", to);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return EXIT_OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	die(EXIT_USAGE, "unknown command '%s' (see xtask --help)", argv[1]);
}
