/* What the command line says to the kernel itself.  kernel/boot/options.c */
#pragma once

#include <kernel/cmdline.h>

struct boot_options {
	const char *stages;    /* NULL: plain boot; "": all; else "ID", "N" or "N..M" */
	bool keep_going;       /* a failed user stage does not end the walk */
	bool icount;           /* the machine counts instructions: 1 ns = 1 instruction */
	const char *panic;     /* "halt": a dead kernel spins; otherwise it resets the machine */
	const char *init;      /* program of pid 1, "/init" */
};

extern struct boot_options boot_options;
extern struct cmdline boot_cmdline;

/* Parses /chosen/bootargs.  Boot CPU, once; bad words are kept for a warning after the console is up. */
void boot_options_init(const char *bootargs);
