/*
 * xtask matrix: every system call of arm64 Linux: done, partial or absent, and the stages that use it.
 *
 * Names and what exists come from the kernel's own table in its ELF file; a row of syscalls.def whose
 * line ends in a comment "partial: ..." is partial.  The stages are found in the sources of the user
 * stages: a stage proves what its function, or one of its file that it calls, calls by name.
 */
#include "command.h"
#include "image.h"
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

/* struct syscall_info of <kernel/syscall.h>, as the target lays it out. */
struct image_syscall {
	uint64_t name;
	uint8_t  arg_count;
	uint8_t  user_mask;
	uint8_t  exists;
	uint8_t  pad[5];
	uint64_t arg_types[6];
	uint64_t arg_names[6];
};

_Static_assert(sizeof(struct image_syscall) == 112, "as the target lays it out");

/* Functions of the C library and the call that they become. */
static const char *const wrappers[][2] = {
	{ "open", "openat" }, { "creat", "openat" }, { "stat", "newfstatat" },
	{ "lstat", "newfstatat" }, { "fstatat", "newfstatat" }, { "fork", "clone" },
	{ "vfork", "clone" }, { "wait", "wait4" }, { "waitpid", "wait4" }, { "pause", "ppoll" },
	{ "poll", "ppoll" }, { "select", "pselect6" }, { "pselect", "pselect6" },
	{ "dup2", "dup3" }, { "pipe", "pipe2" }, { "access", "faccessat" },
	{ "mkdir", "mkdirat" }, { "rmdir", "unlinkat" }, { "unlink", "unlinkat" },
	{ "link", "linkat" }, { "symlink", "symlinkat" }, { "readlink", "readlinkat" },
	{ "rename", "renameat" }, { "chmod", "fchmodat" }, { "chown", "fchownat" },
	{ "lchown", "fchownat" }, { "mknod", "mknodat" }, { "mkfifo", "mknodat" },
	{ "futimens", "utimensat" }, { "utimes", "utimensat" }, { "sigaction", "rt_sigaction" },
	{ "signal", "rt_sigaction" }, { "sigprocmask", "rt_sigprocmask" },
	{ "sigpending", "rt_sigpending" }, { "sigsuspend", "rt_sigsuspend" },
	{ "sigtimedwait", "rt_sigtimedwait" }, { "sigqueue", "rt_sigqueueinfo" },
	{ "raise", "tkill" }, { "_exit", "exit_group" }, { "sbrk", "brk" },
	{ "getdents", "getdents64" }, { "readdir", "getdents64" }, { "execv", "execve" },
	{ "execvp", "execve" }, { "execl", "execve" }, { "alarm", "setitimer" },
	{ "pread", "pread64" }, { "pwrite", "pwrite64" }, { "tcgetattr", "ioctl" },
	{ "tcsetattr", "ioctl" }, { "isatty", "ioctl" }, { "tcsetpgrp", "ioctl" },
	{ "sleep", "nanosleep" }, { "getpgrp", "getpgid" }, { "time", "clock_gettime" },
};

struct function {
	char       *name;
	const char *body;
	size_t      len;
	bool        seen;
};

struct source {
	struct buf       text;
	struct function *f;
	size_t           n;
};

/* Whether the text has the word, as a call: word( or SYS_word or __NR_word. */
static bool calls(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);
	const char *end = text + len, *p = text;

	for (; (p = memmem(p, end - p, word, n)); p += n) {
		bool numbered = (p - text >= 4 && !memcmp(p - 4, "SYS_", 4)) ||
				(p - text >= 5 && !memcmp(p - 5, "__NR_", 5));
		unsigned char before = p > text ? p[-1] : ' ', after = p + n < end ? p[n] : ' ';

		if (numbered && !isalnum(after) && after != '_')
			return true;
		if (after == '(' && !isalnum(before) && before != '_' && before != '.' &&
		    before != '>')
			return true;
	}
	return false;
}

/* Functions in house style: the head begins a line, the body ends with a brace that does. */
static void source_read(struct source *s, const char *path)
{
	char *line, *next;

	if (!read_file(path, &s->text))
		die(EXIT_USAGE, "cannot read '%s': %s", path, strerror(errno));
	for (line = s->text.data; line && *line; line = next) {
		char *open = strchr(line, '('), *name = open, *end;

		next = strchr(line, '\n');
		next = next ? next + 1 : NULL;
		if (!isalpha((unsigned char)*line) || !open || (next && open >= next))
			continue;
		while (name > line && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
			name--;
		end = strstr(line, "\n}");
		if (!next || *next != '{' || !end)
			continue;
		s->f = xrealloc(s->f, (s->n + 1) * sizeof(*s->f));
		s->f[s->n] = (struct function){ .body = next, .len = end - next };
		s->f[s->n++].name = xasprintf("%.*s", (int)(open - name), name);
		next = end + 2;
	}
}

/* Whether the function, or one of its file that it calls, makes the system call. */
static bool reaches(struct source *s, struct function *f, const char *call)
{
	if (f->seen)
		return false;
	f->seen = true;
	if (calls(f->body, f->len, call))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(wrappers); i++)
		if (!strcmp(wrappers[i][1], call) && calls(f->body, f->len, wrappers[i][0]))
			return true;
	for (size_t i = 0; i < s->n; i++)
		if (calls(f->body, f->len, s->f[i].name) && reaches(s, &s->f[i], call))
			return true;
	return false;
}

static void add_proofs(struct buf *out, const struct image *img, struct source *s, const char *call)
{
	for (size_t i = 0; i < s->n; i++) {
		char *id;

		if (!starts_with(s->f[i].name, "stage_"))
			continue;
		for (size_t k = 0; k < s->n; k++)
			s->f[k].seen = false;
		if (!reaches(s, &s->f[i], call))
			continue;
		id = xstrdup(s->f[i].name + strlen("stage_"));
		if (strchr(id, '_'))
			*strchr(id, '_') = '.';
		if (stage_find(img, id))
			buf_printf(out, "%s%s", out->len ? " " : "", id);
		free(id);
	}
}

/* What the row's comment says is missing; NULL when it says nothing. */
static char *partial_note(const struct buf *def, const char *name)
{
	char *word = xasprintf(", %s", name);
	const char *p = def->data;
	char *note = NULL;

	for (; !note && (p = strstr(p, word)); p++) {
		size_t line = strcspn(p, "\n");
		const char *mark = memmem(p, line, "/* partial: ", 12);
		char after = p[strlen(word)];

		if ((after == ',' || after == ')') && mark)
			note = xasprintf("%.*s", (int)(p + line - mark - 12 - 3), mark + 12);
	}
	free(word);
	return note;
}

static void print_row(const struct image *img, const struct image_syscall *call, int number,
		      struct source *sources, size_t n, const struct buf *def, bool markdown)
{
	const char *name = image_string(img, call->name);
	char *note = call->exists ? partial_note(def, name) : NULL;
	struct buf proofs = { 0 };

	for (size_t i = 0; i < n && call->exists; i++)
		add_proofs(&proofs, img, &sources[i], name);
	printf(markdown ? "| %d | `%s` | %s | %s%s%s |\n" : "%3d %-24s %-8s %s%s%s\n", number, name,
	       !call->exists ? "absent" :
	       note          ? "partial" :
			       "done",
	       proofs.len ? proofs.data : "", note ? (proofs.len ? "; missing: " : "missing: ") : "",
	       note ? note : "");
	buf_free(&proofs);
	free(note);
}

static void print_matrix(const struct image *img, bool markdown)
{
	const struct image_syscall *table;
	struct source *sources;
	struct buf def = { 0 };
	uint64_t addr, size;
	glob_t g = { 0 };
	int done = 0, listed = 0;

	if (!image_symbol(img, "syscall_info", &addr, &size) || size % sizeof(*table) ||
	    !(table = image_at(img, addr, size)))
		die(EXIT_USAGE, "'%s' has no system call table of xtask's layout: run make",
		    img->elf_path);
	if (!read_file(tree_path("kernel/syscall/syscalls.def"), &def))
		die(EXIT_USAGE, "cannot read 'kernel/syscall/syscalls.def': %s", strerror(errno));
	glob(tree_path("userspace/stages/*.c"), 0, NULL, &g);
	sources = xmalloc((g.gl_pathc + 1) * sizeof(*sources));
	memset(sources, 0, (g.gl_pathc + 1) * sizeof(*sources));
	for (size_t i = 0; i < g.gl_pathc; i++)
		source_read(&sources[i], g.gl_pathv[i]);
	if (markdown)
		puts("# System calls\n\nGenerated by `build/xtask matrix --markdown`.\n\n"
		     "| n | call | state | stages that use it |\n|--:|------|-------|------|");
	for (size_t i = 0; i < size / sizeof(*table); i++) {
		if (!table[i].name)
			continue;
		print_row(img, &table[i], i, sources, g.gl_pathc, &def, markdown);
		listed++;
		done += table[i].exists;
	}
	printf("%s%d of %d system calls exist%s\n", markdown ? "\n" : "", done, listed,
	       markdown ? "." : "");
}

int cmd_matrix(int argc, char **argv)
{
	static const char usage[] = "matrix [--markdown]\n\nLists the system calls: done, partial or "
				    "absent, and the stages that use each.";
	const char *profile = "debug";
	bool markdown = false;
	struct image img;
	const struct opt own[] = {
		{ "markdown", NULL, OPT_FLAG, &markdown, 0, 0, NULL, "as a table for docs/planning" },
		{ "profile", "debug|fast", OPT_CHOICE, &profile, 0, 0, " debug fast ",
		  "which build of the kernel (default debug)" },
		{ 0 },
	};

	if (opts_parse(argc, argv, usage, own, NULL, false) < argc)
		die(EXIT_USAGE, "matrix takes no words, only options (see xtask matrix --help)");
	image_open(&img, profile);
	print_matrix(&img, markdown);
	image_close(&img);
	return EXIT_OK;
}
