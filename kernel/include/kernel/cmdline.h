/*
 * The kernel's command line, by Linux's rules: words apart by spaces, "double quotes" keep spaces,
 * name=value or a bare name.  Words that no option claims go to init: a bare word to its arguments, a
 * name=value to its environment (names with a dot are somebody's module option and are dropped), and
 * everything after "--" to its arguments.  Pure text work, nothing sleeps.
 */
#pragma once

#include <kernel/types.h>

enum {
	CMDLINE_MAX = 2048,
	CMDLINE_WORDS_MAX = 32, /* of each kind for init */
};

enum cmdline_kind {
	CMDLINE_FLAG,   /* bool: present, or =0/=1/=on/=off */
	CMDLINE_STRING, /* const char *: points into the copy; a bare word is "" */
	CMDLINE_NUMBER, /* u64 */
	CMDLINE_SIZE,   /* u64 with K, M, G */
};

struct cmdline_option {
	const char *name;
	enum cmdline_kind kind;
	void *target; /* bool, const char * or u64, by kind */
};

struct cmdline {
	char text[CMDLINE_MAX];                 /* the copy the words point into */
	char *init_args[CMDLINE_WORDS_MAX + 1]; /* NULL-terminated */
	char *init_env[CMDLINE_WORDS_MAX + 1];
	int init_arg_count;
	int init_env_count;
	const char *problem; /* the first word that made cmdline_parse fail */
};

/* Splits `line` and fills the options' targets; goes on after a bad word.  0, -E2BIG (too long or too
 * many words; what fitted is used) or -EINVAL (a value that does not parse). */
int cmdline_parse(struct cmdline *c, const char *line, const struct cmdline_option *options,
		  size_t count);
