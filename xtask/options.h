/* Command-line options: one parser for all commands, and the machine options that they share. */
#pragma once

#include "util.h"

enum opt_kind {
	OPT_FLAG,    /* bool */
	OPT_STRING,  /* const char * */
	OPT_NUMBER,  /* uint64_t within min..max */
	OPT_SIZE,    /* uint64_t bytes within min..max */
	OPT_CHOICE,  /* const char *, one of the words in choices */
	OPT_LIST,    /* struct strv, may be given more than once */
};

struct opt {
	const char   *name; /* without the dashes; a single letter is given with one dash */
	const char   *arg;  /* what --help calls its argument */
	enum opt_kind kind;
	void         *dest;
	uint64_t      min;
	uint64_t      max;
	const char   *choices; /* words with a space on both sides: " 2 3 " */
	const char   *help;
};

/* What kind of machine to start.  Every command that starts one takes these, from one table. */
struct machine_opts {
	uint64_t    smp;
	const char *cpu;
	const char *gic;
	bool        el2;
	uint64_t    mem; /* bytes */
	bool        icount;
	const char *append;
	uint64_t    timeout; /* seconds, 0: the command's own limit */
	const char *profile;
	bool        smp_given;
};

enum { SMP_MAX = 8 };

void machine_opts_default(struct machine_opts *m);

/*
 * Reads the options of argv[1..], the command's own (ended by a row without a name; may be NULL) and
 * the machine's (m may be NULL); --help prints the usage text with a table of both and ends.  Stops at
 * "--" or, with `stop` set, at the first word that is no option.  Words are moved behind the options.
 * Returns the index of the first word.  What is wrong ends the program with one line and EXIT_USAGE.
 */
int opts_parse(int argc, char **argv, const char *usage, const struct opt *own,
	       struct machine_opts *m, bool stop);
