/* A program on the machine: what is laid over its root for it, and what init says of its end. */
#pragma once

#include "machine.h"

/* What init shall run. */
struct guest_command {
	const char *initrd; /* the base archive */
	const char *root;   /* a folder laid over it, or NULL */
	const char *cwd;
	char      **argv;   /* NULL-terminated */
	struct strv env;    /* NAME=VALUE */
};

struct guest {
	struct machine m;
	bool           started; /* init has taken over */
	bool           ended;   /* init has said how the program ended */
	int            status;  /* as a shell has it: 128+n for signal n */
};

/*
 * The archive for it: the base, the folder, the program where it is a file of the host, and what init
 * reads.  A file without a name; the caller closes it.  What is wrong with the caller's words ends the
 * program with one line.  Sets the working directory.
 */
int guest_archive(struct guest_command *c);
/* Takes what init wrote on the control port. */
void guest_control(struct guest *g);
/* Prints what the kernel said when it died, on standard error. */
void guest_panic(const struct guest *g);
