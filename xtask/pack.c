/*
 * xtask pack: builds the initramfs from a list, the same bytes each time (no times, no owners).
 *
 *   dir NAME MODE
 *   file NAME MODE HOST-PATH
 *   link NAME TARGET
 *   node NAME MODE c|b MAJOR MINOR
 *   applets FOLDER TARGET HOST-PATH    a link to TARGET for each applet named in that BusyBox
 */
#include "command.h"
#include "cpio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PACK_WORDS = 6 };

struct pack_line {
	const char *list; /* the list's path, for messages */
	int         number;
	char       *word[PACK_WORDS];
	int         words;
};

static void pack_die(const struct pack_line *l, const char *what)
{
	die(EXIT_USAGE, "%s:%d: %s", l->list, l->number, what);
}

static mode_t pack_mode(const struct pack_line *l)
{
	char *end;
	unsigned long mode = strtoul(l->word[2], &end, 8);

	if (*end || mode > 07777)
		pack_die(l, "the mode must be octal");
	return mode;
}

static void pack_read(const struct pack_line *l, const char *path, struct buf *data)
{
	if (!read_file(path, data))
		die(EXIT_USAGE, "%s:%d: cannot read '%s': %s", l->list, l->number, path,
		    strerror(errno));
}

/* BusyBox keeps its applets' names in one sorted run of strings that begins with "[" and "[[". */
static void pack_applets(struct cpio *c, const struct pack_line *l)
{
	static const char head[] = "\0[\0[["; /* with its own last NUL: 6 bytes */
	struct buf data = { 0 };
	const char *p, *end;

	pack_read(l, l->word[3], &data);
	end = data.data + data.len;
	p = memmem(data.data, data.len, head, sizeof(head));
	if (!p)
		pack_die(l, "this is no BusyBox: its list of applets is missing");
	for (p++; p < end && *p; p += strlen(p) + 1) {
		char *name;

		if (!strcmp(p, l->word[2])) /* it lists itself */
			continue;
		name = xasprintf("%s/%s", l->word[1], p);
		cpio_symlink(c, name, l->word[2]);
		free(name);
	}
	buf_free(&data);
}

static void pack_node(struct cpio *c, const struct pack_line *l)
{
	mode_t type = l->word[3][0] == 'b' ? S_IFBLK : S_IFCHR;

	cpio_node(c, l->word[1], type | pack_mode(l), strtoul(l->word[4], NULL, 10),
		  strtoul(l->word[5], NULL, 10));
}

static void pack_file(struct cpio *c, const struct pack_line *l)
{
	struct buf data = { 0 };

	pack_read(l, l->word[3], &data);
	cpio_file(c, l->word[1], pack_mode(l), data.data, data.len);
	buf_free(&data);
}

static void pack_dir(struct cpio *c, const struct pack_line *l)
{
	cpio_dir(c, l->word[1], pack_mode(l));
}

static void pack_link(struct cpio *c, const struct pack_line *l)
{
	cpio_symlink(c, l->word[1], l->word[2]);
}

static void pack_one(struct cpio *c, const struct pack_line *l)
{
	static const struct {
		const char *word;
		int         words;
		void      (*add)(struct cpio *c, const struct pack_line *l);
	} kinds[] = {
		{ "dir", 3, pack_dir },   { "file", 4, pack_file },       { "link", 3, pack_link },
		{ "node", 6, pack_node }, { "applets", 4, pack_applets },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(l->word[0], kinds[i].word))
			continue;
		if (l->words != kinds[i].words)
			pack_die(l, "wrong number of words");
		kinds[i].add(c, l);
		return;
	}
	pack_die(l, "unknown kind of line");
}

int cmd_pack(int argc, char **argv)
{
	struct pack_line l = { 0 };
	struct buf list = { 0 };
	struct cpio c = { 0 };

	if (argc != 3)
		die(EXIT_USAGE, "usage: xtask pack ARCHIVE LIST");
	l.list = argv[2];
	if (!read_file(argv[2], &list))
		die(EXIT_USAGE, "cannot read '%s': %s", argv[2], strerror(errno));
	for (char *line = list.data, *next; line; line = next) {
		char *save, *word;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		l.number++;
		l.words = 0;
		for (word = strtok_r(line, " \t", &save); word && l.words < PACK_WORDS;
		     word = strtok_r(NULL, " \t", &save))
			l.word[l.words++] = word;
		if (l.words && *l.word[0] != '#')
			pack_one(&c, &l);
	}
	cpio_end(&c);
	write_file(argv[1], c.out.data, c.out.len);
	buf_free(&c.out);
	buf_free(&list);
	return EXIT_OK;
}
