/* Command-line options: one parser for all commands, and the machine options that they share. */
#include "options.h"

#include <stdlib.h>
#include <string.h>

enum {
	MACHINE_OPTS = 9,
	HELP_COLUMN  = 24,
};

#define MEM_MIN (64ull << 20)
#define MEM_MAX (255ull << 30)

void machine_opts_default(struct machine_opts *m)
{
	*m = (struct machine_opts){
		.smp = 1, .cpu = "neoverse-n1", .gic = "3", .mem = 512ull << 20, .append = "",
		.profile = "debug",
	};
}

static void machine_table(struct machine_opts *m, struct opt table[MACHINE_OPTS + 1])
{
	const struct opt rows[MACHINE_OPTS + 1] = {
		{ "smp", "N", OPT_NUMBER, &m->smp, 1, SMP_MAX, NULL, "CPUs, 1 to 8 (default 1)" },
		{ "cpu", "MODEL", OPT_STRING, &m->cpu, 0, 0, NULL,
		  "QEMU's CPU model (default neoverse-n1)" },
		{ "gic", "2|3", OPT_CHOICE, &m->gic, 0, 0, " 2 3 ", "interrupt controller (default 3)" },
		{ "el2", NULL, OPT_FLAG, &m->el2, 0, 0, NULL, "enter at EL2 (virtualization=on)" },
		{ "mem", "SIZE", OPT_SIZE, &m->mem, MEM_MIN, MEM_MAX, NULL,
		  "memory, such as 64M or 4G (default 512M)" },
		{ "icount", NULL, OPT_FLAG, &m->icount, 0, 0, NULL,
		  "deterministic clock: 1 instruction is 1 ns; one CPU" },
		{ "append", "WORDS", OPT_STRING, &m->append, 0, 0, NULL,
		  "words for the kernel's command line" },
		{ "timeout", "S", OPT_NUMBER, &m->timeout, 1, 1000000, NULL,
		  "end the machine after so many seconds" },
		{ "profile", "debug|fast", OPT_CHOICE, &m->profile, 0, 0, " debug fast oracle ",
		  "which build of the kernel (default debug)" },
	};

	memcpy(table, rows, sizeof(rows));
}

static void print_table(const struct opt *o)
{
	for (; o && o->name; o++) {
		const char *dash = o->name[1] ? "--" : "-";
		int n = printf("  %s%s%s%s", dash, o->name, o->arg ? " " : "", o->arg ? o->arg : "");

		printf("%*s %s\n", n < HELP_COLUMN ? HELP_COLUMN - n : 0, "", o->help);
	}
}

static void print_usage(const char *usage, const struct opt *own, const struct opt *machine)
{
	printf("usage: build/xtask %s\n", usage);
	if (own && own->name)
		printf("\noptions:\n");
	print_table(own);
	if (machine)
		printf("\nthe machine:\n");
	print_table(machine);
	exit(EXIT_OK);
}

static const struct opt *opt_find(const struct opt *o, const char *name, size_t len)
{
	for (; o && o->name; o++)
		if (strlen(o->name) == len && !memcmp(o->name, name, len))
			return o;
	return NULL;
}

static void opt_set_number(const struct opt *o, const char *value)
{
	uint64_t n;

	if (!parse_u64(value, UINT64_MAX, &n) || n < o->min || n > o->max)
		die(EXIT_USAGE, "--%s: '%s' is not a number from %llu to %llu", o->name, value,
		    (unsigned long long)o->min, (unsigned long long)o->max);
	*(uint64_t *)o->dest = n;
}

static void opt_set_size(const struct opt *o, const char *value)
{
	uint64_t n;

	if (!parse_size(value, &n))
		die(EXIT_USAGE, "--%s: '%s' is not a size such as 64M or 4G", o->name, value);
	if (n < o->min || n > o->max)
		die(EXIT_USAGE, "--%s: '%s' is not within %lluM and %lluG", o->name, value,
		    (unsigned long long)o->min >> 20, (unsigned long long)o->max >> 30);
	*(uint64_t *)o->dest = n;
}

static void opt_set_choice(const struct opt *o, const char *value)
{
	char *word = xasprintf(" %s ", value);

	if (!*value || strchr(value, ' ') || !strstr(o->choices, word))
		die(EXIT_USAGE, "--%s: '%s' is not one of%s(%s)", o->name, value, " ", o->arg);
	free(word);
	*(const char **)o->dest = value;
}

static void opt_set(const struct opt *o, const char *value)
{
	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)o->dest = true;
		break;
	case OPT_STRING:
		*(const char **)o->dest = value;
		break;
	case OPT_NUMBER:
		opt_set_number(o, value);
		break;
	case OPT_SIZE:
		opt_set_size(o, value);
		break;
	case OPT_CHOICE:
		opt_set_choice(o, value);
		break;
	case OPT_LIST:
		strv_push(o->dest, value);
		break;
	}
}

/* Reads the option at argv[i] and returns how many words it took. */
static int opt_read(int argc, char **argv, int i, const struct opt *own, const struct opt *machine)
{
	const char *name = argv[i] + 1 + (argv[i][1] == '-'), *value = strchr(name, '=');
	size_t len = value ? (size_t)(value - name) : strlen(name);
	const struct opt *o = opt_find(own, name, len);

	if (!o)
		o = opt_find(machine, name, len);
	if (!o)
		die(EXIT_USAGE, "%s: unknown option '%s' (see xtask %s --help)", argv[0], argv[i],
		    argv[0]);
	if (o->kind == OPT_FLAG) {
		if (value)
			die(EXIT_USAGE, "--%s takes no value", o->name);
		opt_set(o, NULL);
		return 1;
	}
	if (value) {
		opt_set(o, value + 1);
		return 1;
	}
	if (i + 1 >= argc)
		die(EXIT_USAGE, "--%s needs a value: %s", o->name, o->arg);
	opt_set(o, argv[i + 1]);
	return 2;
}

static void machine_check(struct machine_opts *m)
{
	if (m->icount && m->smp > 1)
		die(EXIT_USAGE, "--icount has one CPU: leave out --smp %llu",
		    (unsigned long long)m->smp);
}

int opts_parse(int argc, char **argv, const char *usage, const struct opt *own,
	       struct machine_opts *m, bool stop)
{
	struct opt machine[MACHINE_OPTS + 1];
	uint64_t smp_default = m ? m->smp : 0;
	char **words = xmalloc(argc * sizeof(*words));
	int i = 1, n = 0;

	if (m) {
		machine_table(m, machine);
		m->smp = 0;
	}
	while (i < argc) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			print_usage(usage, own, m ? machine : NULL);
		if (!strcmp(argv[i], "--")) {
			i++;
			break;
		}
		if (argv[i][0] == '-' && argv[i][1])
			i += opt_read(argc, argv, i, own, m ? machine : NULL);
		else if (stop)
			break;
		else
			words[n++] = argv[i++];
	}
	/* What is left are words all the same. */
	while (i < argc)
		words[n++] = argv[i++];
	memcpy(argv + argc - n, words, n * sizeof(*words));
	free(words);
	if (m) {
		m->smp_given = m->smp != 0;
		if (!m->smp_given)
			m->smp = smp_default;
		machine_check(m);
	}
	return argc - n;
}
